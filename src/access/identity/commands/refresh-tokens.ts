import { Command, CommandBus, CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import { withTerms } from '../../../kernel/auth/session-terms';
import { clock } from '../../../kernel/clock/clock';
import { Config } from '../../../kernel/config/config';
import { currentContext, PLATFORM_TENANT } from '../../../kernel/context/request-context';
import { sha256 } from '../../../kernel/crypto/hashing';
import type { Transaction } from '../../../kernel/database/transaction';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { AppError } from '../../../kernel/errors/app-error';
import { SendMessageCommand } from '../../../engagement/notifications/contracts/send-message';
import { reach } from '../../../kernel/lifecycle/kill-points';
import { MembershipsOfUserQuery, type Membership } from '../../organizations/contracts/memberships-of-user';
import { AccountRepository, type AccountFacts } from '../data/account.repository';
import { SessionRepository } from '../data/session.repository';
import { SecurityPolicyRepository } from '../data/security-policy.repository';
import { AnswerSeal } from '../data/answer-seal';
import { secondFactorMissing } from '../domain/factor.errors';
import { refreshRefused, sessionEnded } from '../domain/identity.errors';
import { Places } from '../../../kernel/geo/places';
import { judgeRefresh, RefreshToken } from '../domain/refresh-token';
import type { Session } from '../domain/session';
import { limitsOf } from '../domain/session-section.policy';
import { sessionLimits } from '../domain/session-limits.policy';
import { TokenIssuer, type AccessTokenSigner } from '../domain/signing-keys';
import { actingAs } from './acting-as';
import { clientOf } from './client-signals';
import { SecondFactor } from './second-factor';
import { signedInUser, type TokenAnswer } from './token-answer';

/**
 * Rotates a refresh token: it is used up and answered with its one successor. The session's row is the lock, so the
 * loser of a race sees a committed state and gets the stored answer once more; a token that is presented later, or by
 * somebody else, ends the session. The user's other sessions live on.
 * @throws AppError unauthenticated
 */
export class RefreshTokensCommand extends Command<TokenAnswer> {
  constructor(
    readonly form: {
      refreshToken: string;
      /** Refuses a session that the caller's page does not belong to. */
      assertSession?: (sessionId: string) => void;
    },
  ) {
    super();
  }
}

/** What is read before the session is locked. */
interface Facts {
  account: AccountFacts;
  memberships: Membership[];
  signer: AccessTokenSigner;
  country: string | null;
}

@CommandHandler(RefreshTokensCommand)
export class RefreshTokensHandler implements ICommandHandler<RefreshTokensCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly sessions: SessionRepository,
    private readonly accounts: AccountRepository,
    private readonly queries: QueryBus,
    private readonly commands: CommandBus,
    private readonly policies: SecurityPolicyRepository,
    private readonly places: Places,
    private readonly secondFactor: SecondFactor,
    private readonly issuer: TokenIssuer,
    private readonly seal: AnswerSeal,
    private readonly config: Config,
  ) {}

  async execute({ form }: RefreshTokensCommand): Promise<TokenAnswer> {
    const place = await this.sessions.placeOf(sha256(form.refreshToken));
    if (!place) throw refreshRefused();
    form.assertSession?.(place.sessionId);
    const account = await this.accounts.byId(place.userId);
    if (account?.status !== 'active') throw sessionEnded();
    const memberships = await this.queries.execute(new MembershipsOfUserQuery(place.userId));
    const [signer, country] = await Promise.all([
      this.issuer.signer(),
      this.places.countryOf(currentContext().ip),
      this.policies.of(place.organizationId),
    ]);
    const at = memberships.find(({ organization }) => organization.id === place.organizationId) ?? null;
    const insists = await this.secondFactor.insists(account.id, at);
    const outcome = await actingAs(place.userId, () =>
      this.uow.run(
        async (tx) => {
          const session = await this.sessions.lock(tx, place.sessionId);
          const token = await this.sessions.token(tx, place.tokenId);
          if (!session || !token) return refreshRefused();
          const successor = token.successorId ? await this.sessions.token(tx, token.successorId) : null;
          switch (judgeRefresh(session, token, successor, clientOf(currentContext()), clock.now())) {
            case 'rotate':
              // What the organization asks of a sign-in, it asks of one that goes on.
              if (insists && session.aal < 2) return secondFactorMissing();
              return this.rotate(tx, session, token, { account, memberships, signer, country });
            case 'replay':
              return withTerms(this.seal.open<TokenAnswer>(token), session.terms(clock.now()));
            case 'ended':
              return sessionEnded();
            case 'reuse':
              // Returned, not thrown: the end of the family must be committed.
              await this.sessions.revoke(tx, session, 'token-reuse');
              await this.tellOwner(account, session);
              return refreshRefused();
          }
        },
        { tenantId: place.organizationId ?? PLATFORM_TENANT },
      ),
    );
    reach('refresh.after-commit');
    if (outcome instanceof AppError) throw outcome;
    return outcome;
  }

  private async rotate(
    tx: Transaction,
    session: Session,
    token: RefreshToken,
    { account, memberships, signer, country }: Facts,
  ): Promise<TokenAnswer> {
    const membership = memberships.find(({ organization }) => organization.id === session.organizationId) ?? null;
    // Who is no member any more goes on without an organization and may choose another one.
    if (!membership) session.workIn(null);
    const { sessions: rules } = await this.policies.of(session.organizationId);
    session.use(clock.now(), sessionLimits(session.aal, limitsOf(rules), { idle: this.config.refreshTokenSeconds }));
    session.isAt(currentContext().ip ?? null, country);
    await tx.store.save(session);
    return succeed(tx, session, token, this.seal, (refreshToken) => ({
      ...signer.sign(session),
      refreshToken,
      tokenType: 'Bearer',
      deviceToken: null,
      user: signedInUser(account, membership),
    }));
  }

  /** Two parties held tokens of one family: the owner shall know, and from which device. */
  private async tellOwner({ email, name }: AccountFacts, session: Session): Promise<void> {
    await this.commands.execute(
      new SendMessageCommand({
        to: email,
        template: 'session-ended-for-safety',
        data: { name, device: session.deviceName ?? 'Unknown device', at: clock.now().toISOString() },
        dedupeKey: `token-reuse:${session.id}`,
      }),
    );
  }
}

/** Uses `token` up for a successor whose text goes into the answer; the caller holds the session's lock. */
export async function succeed(
  tx: Transaction,
  session: Session,
  token: RefreshToken,
  seal: AnswerSeal,
  answerWith: (refreshToken: string) => TokenAnswer,
): Promise<TokenAnswer> {
  const now = clock.now();
  const { token: successor, text } = RefreshToken.issue(session.id, token.id, now);
  const answer = answerWith(text);
  token.consume(successor, clientOf(currentContext()), seal.seal(token, answer), now);
  // The used one first: a family has one live token at every moment, and a unique index holds it to that.
  await tx.store.update(token);
  await tx.store.insert(successor);
  reach('refresh.before-commit');
  return withTerms(answer, session.terms(now));
}
