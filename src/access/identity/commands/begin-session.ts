import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { signDevice } from '../../../kernel/auth/device-token';
import { withTerms } from '../../../kernel/auth/session-terms';
import { clock } from '../../../kernel/clock/clock';
import { Config } from '../../../kernel/config/config';
import { currentContext, PLATFORM_TENANT } from '../../../kernel/context/request-context';
import { Keyring } from '../../../kernel/crypto/keyring';
import { together } from '../../../kernel/database/together';
import type { Transaction } from '../../../kernel/database/transaction';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { AppError } from '../../../kernel/errors/app-error';
import { newId } from '../../../kernel/ids/ids';
import { SendMessageCommand } from '../../../engagement/notifications/contracts/send-message';
import type { Membership } from '../../organizations/contracts/memberships-of-user';
import { AccountRepository } from '../data/account.repository';
import { DeviceRepository } from '../data/device.repository';
import { SecurityPolicyRepository } from '../data/security-policy.repository';
import { SignInLog } from '../data/sign-in-log';
import type { FactorTimes } from '../domain/assurance';
import { credentialsRefused } from '../domain/identity.errors';
import { Places } from '../../../kernel/geo/places';
import { RefreshToken } from '../domain/refresh-token';
import { Session } from '../domain/session';
import { NOT_REMEMBERED, sessionLimits, type AssuranceLevel } from '../domain/session-limits.policy';
import { limitsOf } from '../domain/session-section.policy';
import { TokenIssuer } from '../domain/signing-keys';
import { actingAs } from './acting-as';
import { signalsOf, type ClientSignals } from './client-signals';
import { placeName } from '../domain/place-name';
import { SessionCap } from './session-cap';
import { signedInUser, type TokenAnswer } from './token-answer';

/** Somebody who has proven who it is, and how. */
export interface Admission {
  account: { id: string; email: string; name: string; platformRole: 'operator' | null };
  /** Where the session works; null for operators and users without an organization. */
  membership: Membership | null;
  aal: AssuranceLevel;
  /** Methods of the proof (RFC 8176): `pwd`, `otp`, `hwk`, ... */
  amr: string[];
  authTime: Date;
  /** When each kind of proof was given (`domain/assurance.ts`). */
  factorTimes: FactorTimes;
}

/**
 * The one end of every way in: password, second factor, passkey, invitation, recovery. Makes the session on the
 * client's device within the limits of its level, notes the device, and tells the user of one that was never seen.
 */
@Injectable()
export class BeginSession {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly accounts: AccountRepository,
    private readonly devices: DeviceRepository,
    private readonly log: SignInLog,
    private readonly places: Places,
    private readonly policies: SecurityPolicyRepository,
    private readonly cap: SessionCap,
    private readonly issuer: TokenIssuer,
    private readonly keyring: Keyring,
    private readonly commands: CommandBus,
    private readonly config: Config,
  ) {}

  /**
   * Begins a session in a transaction of its own, in which `settle` first uses up what was proven (the password's
   * reservation, a one-time code). The user's row is locked before anything else, so that sign-ins of one user, a
   * change of its password and its suspension take turns.
   */
  async admit(admission: Admission, settle: (tx: Transaction) => Promise<void> = async () => {}): Promise<TokenAnswer> {
    const { account, membership } = admission;
    const organizationId = membership?.organization.id ?? null;
    await this.prepare(organizationId);
    const outcome = await actingAs(account.id, () =>
      this.uow.run(
        async (tx) => {
          // In one trip, the lock first: what follows is undone with the transaction should the user be none that may come in.
          const [, begun] = await together(
            () => this.lockUser(tx, account.id),
            async () => {
              await settle(tx);
              return this.beginOrRefuse(tx, admission);
            },
          );
          return begun;
        },
        { tenantId: organizationId ?? PLATFORM_TENANT, keepPlans: true },
      ),
    );
    // Returned, not thrown: what was proven is used up, and the ticket for resuming is there.
    if (outcome instanceof AppError) throw outcome;
    return outcome;
  }

  /** Reads from files and the database what `begin` needs: not while a transaction holds its connection. */
  async prepare(organizationId: string | null): Promise<void> {
    await Promise.all([
      this.issuer.signer(),
      this.places.countryOf(currentContext().ip),
      this.policies.of(organizationId),
    ]);
  }

  /** Locks the user's row. @throws AppError 401 for a user who was disabled meanwhile */
  async lockUser(tx: Transaction, userId: string): Promise<void> {
    if ((await this.accounts.lockById(tx, userId)) !== 'active') throw credentialsRefused();
  }

  /**
   * Begins a session within the caller's transaction, which is of the organization that the session works in (of the
   * platform where there is none) and holds the user's row. A refusal for too many sessions undoes that transaction,
   * so ways in that use something up prefer `admit`.
   */
  async begin(tx: Transaction, admission: Admission): Promise<TokenAnswer> {
    const outcome = await this.beginOrRefuse(tx, admission);
    if (outcome instanceof AppError) throw outcome;
    return outcome;
  }

  /**
   * The same for ways in that use something up: a refusal for too many sessions is returned, to be thrown after the
   * commit, so that what was proven stays used up and the ticket for resuming is there.
   */
  async beginOrRefuse(tx: Transaction, admission: Admission): Promise<TokenAnswer | AppError> {
    return (await this.refusal(tx, admission)) ?? this.start(tx, admission);
  }

  private async refusal(tx: Transaction, { account, membership, ...proof }: Admission): Promise<AppError | null> {
    const organizationId = membership?.organization.id ?? null;
    const { sessions: rules } = await this.policies.of(organizationId);
    return this.cap.makeRoom(tx, rules, {
      userId: account.id,
      organizationId,
      role: membership?.role ?? null,
      proof: { ...proof, authTime: proof.authTime.toISOString() },
    });
  }

  private async start(tx: Transaction, { account, membership, ...proof }: Admission): Promise<TokenAnswer> {
    const { ip, userAgent, deviceId, signIn } = currentContext();
    const now = clock.now();
    const signer = await this.issuer.signer();
    const organizationId = membership?.organization.id ?? null;
    const { sessions: rules } = await this.policies.of(organizationId);
    const signals = signalsOf(currentContext());
    const country = await this.places.countryOf(ip);
    const device = { userId: account.id, deviceId: deviceId ?? newId(), country };
    const fingerprint = this.fingerprintOf(organizationId, signals, country);
    const remember = rules.remember && (signIn?.remember ?? true);
    const session = Session.start({
      ...device,
      ...proof,
      organizationId,
      deviceName: signals.name,
      fingerprint,
      ip,
      userAgent,
      transport: signIn?.transport ?? 'bearer',
      remember,
      now,
      limits: sessionLimits(
        proof.aal,
        limitsOf(rules),
        { idle: this.config.refreshTokenSeconds },
        remember ? {} : NOT_REMEMBERED,
      ),
    });
    const { token, text } = RefreshToken.issue(session.id, null, now);
    // In this order: whether the device is strange is judged by the sessions before this one.
    const [strange] = await together(
      () => this.devices.seen(tx, { ...device, name: signals.name, kind: signals.kind, fingerprint }),
      () => tx.store.save(session),
      () => tx.store.insert(token),
    );
    this.log.note(tx, {
      userId: account.id,
      result: 'success',
      organizationId,
      sessionId: session.id,
      amr: proof.amr,
      country,
      deviceId: device.deviceId,
      deviceName: signals.name,
    });
    if (strange) await this.tellOfDevice(account, session, now);
    const answer: TokenAnswer = {
      ...signer.sign(session),
      refreshToken: text,
      tokenType: 'Bearer',
      deviceToken: signDevice(this.keyring, device.deviceId),
      user: signedInUser(account, membership),
    };
    return withTerms(answer, session.terms(now));
  }

  /** Tells alike devices from others; keyed, and keyed apart for each tenant, so that nobody can follow it around. */
  private fingerprintOf(organizationId: string | null, { trait }: ClientSignals, country: string | null): Buffer {
    return this.keyring.hmac(`device fingerprint ${organizationId ?? PLATFORM_TENANT}`, `${trait}\n${country ?? ''}`);
  }

  private async tellOfDevice(account: Admission['account'], session: Session, now: Date): Promise<void> {
    await this.commands.execute(
      new SendMessageCommand({
        to: account.email,
        template: 'new-device',
        data: {
          name: account.name,
          device: session.deviceName ?? 'Unknown device',
          place: placeName(session.country) ?? 'unknown',
          at: now.toISOString(),
        },
        dedupeKey: `new-device:${session.id}`,
      }),
    );
  }
}
