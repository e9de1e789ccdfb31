import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { clock } from '../../../kernel/clock/clock';
import { currentContext, PLATFORM_TENANT } from '../../../kernel/context/request-context';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import type { Membership } from '../../organizations/contracts/memberships-of-user';
import { AccountRepository, type AccountFacts } from '../data/account.repository';
import { FactorRepository, type FactorFacts } from '../data/factor.repository';
import { ThrottleRepository } from '../data/throttle.repository';
import { credentialsRefused, organizationUnavailable } from '../domain/identity.errors';
import { actingAs } from './acting-as';
import { BeginSession } from './begin-session';
import { PasswordCheck, type CheckedPassword } from './password-check';
import { SecondFactor, type SecondFactorAnswer } from './second-factor';
import type { TokenAnswer } from './token-answer';

/**
 * Signs a user in with a password and starts a session, or says what second factor is needed for one. `organization` (slug or id) says where it works; without it
 * the shop that the request names, else an operator works in none and others in their first organization.
 */
export class LogInCommand extends Command<TokenAnswer | SecondFactorAnswer> {
  constructor(readonly form: { email: string; password: string; organization?: string }) {
    super();
  }
}

/** The user got a factor after it was read which ones there are. */
class FactorAdded extends Error {}

@CommandHandler(LogInCommand)
export class LogInHandler implements ICommandHandler<LogInCommand> {
  constructor(
    private readonly passwords: PasswordCheck,
    private readonly accounts: AccountRepository,
    private readonly factors: FactorRepository,
    private readonly throttles: ThrottleRepository,
    private readonly sessions: BeginSession,
    private readonly secondFactor: SecondFactor,
    private readonly uow: UnitOfWork,
  ) {}

  async execute({ form }: LogInCommand): Promise<TokenAnswer | SecondFactorAnswer> {
    const checked = await this.passwords.check(form.email, form.password);
    const { account, memberships } = checked;
    const membership = placeOfWork(account, memberships, form.organization, currentContext().tenantId);
    try {
      return await this.admit(checked, membership, checked.factors);
    } catch (error) {
      if (!(error instanceof FactorAdded)) throw error;
      // Somebody who has just set up a second factor must not be let in without it.
      return this.admit(checked, membership, await this.factors.active(account.id));
    }
  }

  private async admit(
    { account, reservation, rehashed }: CheckedPassword,
    membership: Membership | null,
    factors: FactorFacts[],
  ): Promise<TokenAnswer | SecondFactorAnswer> {
    const need = await this.secondFactor.need(account, membership, factors);
    if (need) {
      const answer = await actingAs(account.id, () =>
        this.uow.run(
          async (tx) => {
            if (!(await this.accounts.credentialUsed(tx, account.credential, rehashed))) throw credentialsRefused();
            return this.secondFactor.ask(tx, need, account, membership);
          },
          { tenantId: membership?.organization.id ?? PLATFORM_TENANT },
        ),
      );
      // Not a failure, and not yet a success: failures before it go on counting until the second factor is right.
      await this.throttles.giveBack(reservation);
      return answer;
    }
    const now = clock.now();
    const proof = { aal: 1 as const, amr: ['pwd'], authTime: now, factorTimes: { password: now.toISOString() } };
    return this.sessions.admit({ account, membership, ...proof }, async (tx) => {
      this.accounts.useCredential(tx, account.credential, rehashed, credentialsRefused);
      this.factors.expectNoOther(tx, account.id, factors, () => new FactorAdded());
      this.throttles.succeed(tx, reservation);
    });
  }
}

/** Where a session works. @throws AppError 403 for an organization that the user does not belong to, or that is none. */
export function placeOfWork(
  account: Pick<AccountFacts, 'platformRole'>,
  memberships: Membership[],
  asked: string | undefined,
  shopId: string | null = null,
): Membership | null {
  const wanted = asked?.toLowerCase() ?? shopId;
  if (wanted !== null && wanted !== undefined) {
    const found = memberships.find(({ organization }) => organization.id === wanted || organization.slug === wanted);
    if (!found) throw organizationUnavailable();
    return found;
  }
  if (account.platformRole === 'operator') return null;
  return memberships[0] ?? null;
}
