import { Command, CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import { clock } from '../../../kernel/clock/clock';
import { Config } from '../../../kernel/config/config';
import { currentContext } from '../../../kernel/context/request-context';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { AppError } from '../../../kernel/errors/app-error';
import { MembershipsOfUserQuery } from '../../organizations/contracts/memberships-of-user';
import { AccountRepository } from '../data/account.repository';
import { SessionRepository } from '../data/session.repository';
import { SecurityPolicyRepository } from '../data/security-policy.repository';
import { AnswerSeal } from '../data/answer-seal';
import { secondFactorMissing } from '../domain/factor.errors';
import { sessionEnded, sessionWithoutUser } from '../domain/identity.errors';
import { limitsOf } from '../domain/session-section.policy';
import { sessionLimits } from '../domain/session-limits.policy';
import { TokenIssuer } from '../domain/signing-keys';
import { placeOfWork } from './log-in';
import { succeed } from './refresh-tokens';
import { SessionCap } from './session-cap';
import { SecondFactor } from './second-factor';
import { signedInUser, type TokenAnswer } from './token-answer';

/**
 * Lets the caller's session work in another of its organizations. The session stays the same one: its live refresh
 * token is used up for a new one, so that a stolen access token cannot start a family of its own unnoticed.
 */
export class SwitchOrganizationCommand extends Command<TokenAnswer> {
  constructor(
    /** Slug or id. */
    readonly organization: string,
  ) {
    super();
  }
}

@CommandHandler(SwitchOrganizationCommand)
export class SwitchOrganizationHandler implements ICommandHandler<SwitchOrganizationCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly sessions: SessionRepository,
    private readonly accounts: AccountRepository,
    private readonly queries: QueryBus,
    private readonly policies: SecurityPolicyRepository,
    private readonly cap: SessionCap,
    private readonly secondFactor: SecondFactor,
    private readonly issuer: TokenIssuer,
    private readonly seal: AnswerSeal,
    private readonly config: Config,
  ) {}

  async execute({ organization }: SwitchOrganizationCommand): Promise<TokenAnswer> {
    const { userId, sessionId } = currentContext().principal;
    if (!userId || !sessionId) throw sessionWithoutUser();
    const account = await this.accounts.byId(userId);
    if (account?.status !== 'active') throw sessionEnded();
    const memberships = await this.queries.execute(new MembershipsOfUserQuery(userId));
    const membership = placeOfWork(account, memberships, organization)!;
    const signer = await this.issuer.signer();
    const { sessions: rules } = await this.policies.of(membership.organization.id);
    const insists = await this.secondFactor.insists(userId, membership);
    const outcome = await this.uow.run(
      async (tx) => {
        // The user before the session, as signing in does: sessions of one user are counted one after the other.
        await this.accounts.lockById(tx, userId);
        const session = await this.sessions.lock(tx, sessionId);
        const token = await this.sessions.liveToken(tx, sessionId);
        if (!session?.isLive(clock.now()) || !token) throw sessionEnded();
        if (insists && session.aal < 2) throw secondFactorMissing();
        const refusal = await this.cap.makeRoom(tx, rules, {
          userId,
          organizationId: membership.organization.id,
          role: membership.role,
          sessionId,
        });
        if (refusal) return refusal;
        session.workIn(membership.organization.id);
        session.use(
          clock.now(),
          sessionLimits(session.aal, limitsOf(rules), { idle: this.config.refreshTokenSeconds }),
        );
        await tx.store.save(session);
        return succeed(tx, session, token, this.seal, (refreshToken) => ({
          ...signer.sign(session),
          refreshToken,
          tokenType: 'Bearer',
          deviceToken: null,
          user: signedInUser(account, membership),
        }));
      },
      { tenantId: membership.organization.id },
    );
    if (outcome instanceof AppError) throw outcome;
    return outcome;
  }
}
