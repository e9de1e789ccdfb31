import { Command, CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import type { PublicKeyCredentialRequestOptionsJSON } from '@simplewebauthn/server';
import { noteAudit } from '../../../kernel/audit/audit';
import { clock } from '../../../kernel/clock/clock';
import { currentContext, PLATFORM_TENANT } from '../../../kernel/context/request-context';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { AppError } from '../../../kernel/errors/app-error';
import { MembershipsOfUserQuery } from '../../organizations/contracts/memberships-of-user';
import { PasskeyHost } from '../adapters/passkey-host';
import { WebAuthn } from '../adapters/web-authn';
import { AccountRepository } from '../data/account.repository';
import { AuthFlowRepository } from '../data/auth-flow.repository';
import { amrOf, withProof } from '../domain/assurance';
import { AuthFlow } from '../domain/auth-flow';
import { methodUnavailable, passkeyRefused } from '../domain/factor.errors';
import { allowedSteps } from '../domain/mfa-section.policy';
import { actingAs } from './acting-as';
import { BeginSession, type Admission } from './begin-session';
import { FactorCheck } from './factor-check';
import { handleOf } from './factor-enrolment';
import { FactorNews } from './factor-news';
import { FactorTries } from './factor-tries';
import { placeOfWork } from './log-in';
import { SecondFactor } from './second-factor';
import type { TokenAnswer } from './token-answer';

/** Options for a sign-in by passkey, and the name of the challenge in them. */
export interface PasskeyRequest {
  challengeId: string;
  options: PublicKeyCredentialRequestOptionsJSON;
}

/**
 * Makes options for a sign-in by passkey. No account is asked for and no key is named: every passkey is discoverable
 * (its authenticator offers it), and a list of keys would tell by their number, length and transports of an account.
 */
export class StartPasskeyLoginCommand extends Command<PasskeyRequest> {}

@CommandHandler(StartPasskeyLoginCommand)
export class StartPasskeyLoginHandler implements ICommandHandler<StartPasskeyLoginCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly flows: AuthFlowRepository,
    private readonly webAuthn: WebAuthn,
    private readonly host: PasskeyHost,
  ) {}

  async execute(): Promise<PasskeyRequest> {
    const rpId = this.host.current().id;
    const now = clock.now();
    const { flow } = AuthFlow.open({ purpose: 'passkey-login', userId: null, client: this.flows.client(), now });
    const challenge = flow.challengeWith(now);
    const options = await this.webAuthn.requestOptions({ rpId, challenge, userVerification: 'required' });
    await this.uow.run((tx) => tx.store.insert(flow), { tenantId: currentContext().tenantId ?? PLATFORM_TENANT });
    return { challengeId: flow.id, options };
  }
}

/**
 * Signs in with a passkey that verified its user (PIN, finger, face): two factors in one.
 * @throws AppError 401 `identity.passkey-refused`, whatever is wrong
 */
export class LogInWithPasskeyCommand extends Command<TokenAnswer> {
  constructor(readonly form: { challengeId: string; credential: object; organization?: string }) {
    super();
  }
}

@CommandHandler(LogInWithPasskeyCommand)
export class LogInWithPasskeyHandler implements ICommandHandler<LogInWithPasskeyCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly accounts: AccountRepository,
    private readonly flows: AuthFlowRepository,
    private readonly check: FactorCheck,
    private readonly tries: FactorTries,
    private readonly secondFactor: SecondFactor,
    private readonly sessions: BeginSession,
    private readonly news: FactorNews,
    private readonly queries: QueryBus,
  ) {}

  async execute({ form }: LogInWithPasskeyCommand): Promise<TokenAnswer> {
    const reservation = await this.tries.reserveAddress();
    const place = await this.flows.byId(form.challengeId);
    const login = place?.purpose === 'passkey-login' ? place : null;
    const prepared = await this.check.assertion(form.credential, login, null, true);
    const account = prepared.passkey && (await this.accounts.byId(prepared.passkey.userId));
    if (!login || account?.status !== 'active' || !account.verified || !namesUser(form.credential, account.id))
      throw passkeyRefused();
    noteAudit({ target: { userId: account.id }, subjectId: account.id });
    const memberships = await this.queries.execute(new MembershipsOfUserQuery(account.id));
    const membership = placeOfWork(account, memberships, form.organization, currentContext().tenantId);
    const organizationId = membership?.organization.id ?? null;
    const rules = await this.secondFactor.rulesOf(organizationId);
    await this.sessions.prepare(organizationId);
    const outcome = await actingAs(account.id, () =>
      this.uow.run(
        async (tx): Promise<TokenAnswer | AppError> => {
          await this.sessions.lockUser(tx, account.id);
          const flow = await this.flows.lock(tx, login.id);
          if (!flow?.isOpen(clock.now()) || !flow.isOf(this.flows.client())) return passkeyRefused();
          const verdict = await this.check.settle(tx, account.id, prepared, flow, rules.copiedPasskeys);
          if (verdict.copied) await this.news.copied(tx, account, verdict.copied, !verdict.ok);
          flow.consume(clock.now());
          await tx.store.update(flow);
          if (!verdict.ok) return passkeyRefused();
          if (!allowedSteps(rules).includes('passkey')) return methodUnavailable('passkey');
          return this.sessions.beginOrRefuse(tx, admissionOf(account, membership, verdict.proof));
        },
        { tenantId: organizationId ?? PLATFORM_TENANT },
      ),
    );
    if (outcome instanceof AppError) throw outcome;
    await this.tries.giveBack(reservation);
    return outcome;
  }
}

/** True unless the authenticator says that the key is of somebody else. */
function namesUser(credential: object, userId: string): boolean {
  const { userHandle } = (credential as { response?: { userHandle?: unknown } }).response ?? {};
  if (userHandle === undefined || userHandle === null) return true;
  return typeof userHandle === 'string' && Buffer.from(userHandle, 'base64url').equals(handleOf(userId));
}

function admissionOf(
  account: Admission['account'],
  membership: Admission['membership'],
  proof: Parameters<typeof withProof>[1],
): Admission {
  const now = clock.now();
  return {
    account,
    membership,
    aal: 2,
    amr: amrOf([proof], 2),
    authTime: now,
    factorTimes: withProof({}, proof, now),
  };
}
