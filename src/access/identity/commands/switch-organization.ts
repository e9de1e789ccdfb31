import { Command, CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import { clock } from '../../../kernel/clock/clock';
import { Config } from '../../../kernel/config/config';
import { currentContext } from '../../../kernel/context/request-context';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { MembershipsOfUserQuery } from '../../organizations/contracts/memberships-of-user';
import { AccountRepository } from '../data/account.repository';
import { SessionRepository } from '../data/session.repository';
import { AnswerSeal } from '../data/answer-seal';
import { sessionEnded, sessionWithoutUser } from '../domain/identity.errors';
import { sessionLimits } from '../domain/session-limits.policy';
import { TokenIssuer } from '../domain/signing-keys';
import { placeOfWork } from './log-in';
import { succeed } from './refresh-tokens';
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
    return this.uow.run(
      async (tx) => {
        const session = await this.sessions.lock(tx, sessionId);
        const token = await this.sessions.liveToken(tx, sessionId);
        if (!session?.isLive(clock.now()) || !token) throw sessionEnded();
        session.workIn(membership.organization.id);
        session.seen(clock.now(), sessionLimits(session.aal, { idle: this.config.refreshTokenSeconds }).idle);
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
  }
}
