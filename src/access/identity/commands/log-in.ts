import { Command, CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import { clock } from '../../../kernel/clock/clock';
import { Config } from '../../../kernel/config/config';
import { currentContext, PLATFORM_TENANT } from '../../../kernel/context/request-context';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { MembershipsOfUserQuery, type Membership } from '../../organizations/contracts/memberships-of-user';
import { AccountRepository, type AccountFacts } from '../data/account.repository';
import { ThrottleRepository } from '../data/throttle.repository';
import { credentialsRefused, organizationUnavailable } from '../domain/identity.errors';
import { RefreshToken } from '../domain/refresh-token';
import { Session } from '../domain/session';
import { TokenIssuer } from '../domain/signing-keys';
import { actingAs } from './acting-as';
import { PasswordCheck } from './password-check';
import { signedInUser, type TokenAnswer } from './token-answer';

/**
 * Signs a user in with a password and starts a session. `organization` (slug or id) says where it works; without it
 * the shop that the request names, else an operator works in none and others in their first organization.
 */
export class LogInCommand extends Command<TokenAnswer> {
  constructor(readonly form: { email: string; password: string; organization?: string }) {
    super();
  }
}

@CommandHandler(LogInCommand)
export class LogInHandler implements ICommandHandler<LogInCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly passwords: PasswordCheck,
    private readonly accounts: AccountRepository,
    private readonly throttles: ThrottleRepository,
    private readonly queries: QueryBus,
    private readonly issuer: TokenIssuer,
    private readonly config: Config,
  ) {}

  async execute({ form }: LogInCommand): Promise<TokenAnswer> {
    const { account, reservation, rehashed } = await this.passwords.check(form.email, form.password);
    const memberships = await this.queries.execute(new MembershipsOfUserQuery(account.id));
    const membership = placeOfWork(account, memberships, form.organization, currentContext().tenantId);
    const organizationId = membership?.organization.id ?? null;
    const signer = await this.issuer.signer();
    const { ip, userAgent } = currentContext();
    return actingAs(account.id, () =>
      this.uow.run(
        async (tx) => {
          const now = clock.now();
          const idleSeconds = this.config.refreshTokenSeconds;
          const session = Session.start({ userId: account.id, organizationId, ip, userAgent, now, idleSeconds });
          const { token, text } = RefreshToken.issue(session.id, null, now);
          await tx.store.save(session);
          await tx.store.insert(token);
          if (!(await this.accounts.credentialUsed(tx, account.credential, rehashed))) throw credentialsRefused();
          await this.throttles.succeed(tx, reservation);
          const user = signedInUser(account, membership);
          return { ...signer.sign(session), refreshToken: text, tokenType: 'Bearer' as const, user };
        },
        { tenantId: organizationId ?? PLATFORM_TENANT },
      ),
    );
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
