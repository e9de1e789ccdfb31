import { Injectable } from '@nestjs/common';
import { noteAudit } from '../../../kernel/audit/audit';
import { monotonicMs } from '../../../kernel/clock/monotonic';
import { currentContext } from '../../../kernel/context/request-context';
import { AppError } from '../../../kernel/errors/app-error';
import { logger } from '../../../kernel/telemetry/logger';
import type { Membership } from '../../organizations/contracts/memberships-of-user';
import { AccountRepository, type AccountFacts, type LivePassword } from '../data/account.repository';
import { FactorRepository, type FactorFacts } from '../data/factor.repository';
import { SignInLog } from '../data/sign-in-log';
import { ThrottleRepository, type Reservation } from '../data/throttle.repository';
import { normalizeEmail } from '../domain/email.policy';
import { credentialsRefused, emailUnverified, sessionEnded, tooManyTries } from '../domain/identity.errors';
import { PasswordHasher, type StoredSecret } from '../domain/password-hasher';
import { Places } from '../../../kernel/geo/places';
import type { SignInResult } from '../domain/sign-in-result';
import { signalsOf } from './client-signals';
import { PasswordStanding } from './password-standing';

/** A right guess; the caller settles the reservation in its transaction (`ThrottleRepository.succeed`). */
export interface CheckedPassword {
  account: AccountFacts & { credential: LivePassword };
  /** Where the user belongs, which the rules of passwords were read for. */
  memberships: Membership[];
  /** What else proves who the user is, as it was when the try was counted. */
  factors: FactorFacts[];
  reservation: Reservation;
  /** The hash made anew, where the stored one was out of date. */
  rehashed: StoredSecret | null;
}

/** The one door through which passwords are tried: every way in counts under the same keys. */
@Injectable()
export class PasswordCheck {
  constructor(
    private readonly accounts: AccountRepository,
    private readonly factors: FactorRepository,
    private readonly throttles: ThrottleRepository,
    private readonly hasher: PasswordHasher,
    private readonly log: SignInLog,
    private readonly places: Places,
    private readonly standing: PasswordStanding,
  ) {}

  /**
   * Counts the try, then verifies. Unknown address, wrong password, disabled user and an account whose tries must wait
   * end alike and take alike; those that wait cost no hash.
   * @throws AppError `identity.invalid-credentials`, `identity.too-many-tries` where too much comes from one source,
   *   `identity.busy`, and for a right password `identity.email-unverified` where the address is unproven,
   *   `identity.password-change-required` where it may not be used any longer.
   */
  async check(email: string, password: string): Promise<CheckedPassword> {
    const checked = await this.verify(normalizeEmail(email) ?? email.slice(0, 254), password);
    try {
      return { ...checked, memberships: await this.standing.assert(checked, password) };
    } catch (error) {
      // The guess was right: it is no failure.
      await this.throttles.giveBack(checked.reservation);
      if (error instanceof AppError && error.code === 'identity.password-change-required')
        this.note(checked.account, 'password_change_required', null);
      throw error;
    }
  }

  /** Lets somebody who is signed in prove the password again; counted like a sign-in. */
  async checkOwn(userId: string, password: string): Promise<Omit<CheckedPassword, 'memberships'>> {
    const account = await this.accounts.byId(userId);
    if (account?.status !== 'active') throw sessionEnded();
    return this.verify(normalizeEmail(account.email) ?? account.email, password);
  }

  private async verify(identifier: string, password: string): Promise<Omit<CheckedPassword, 'memberships'>> {
    const { ip, deviceId } = currentContext();
    // Counting a try that must wait is quicker than counting one that may go on: both end by this clock.
    const begun = monotonicMs();
    noteAudit({ pii: { email: identifier } });
    const country = await this.places.countryOf(ip);
    const { reservation, results } = await this.throttles.reserveSignIn({ identifier, ip, deviceId, country }, [
      this.accounts.byEmailStatement(identifier),
      this.factors.activeOfStatement(identifier),
    ]);
    if (reservation.refusedBy === 'source') throw tooManyTries(reservation.retryAfterSeconds);
    if (!reservation.allowed) {
      await this.hasher.pretend(begun);
      this.note(null, 'wrong_password', country);
      throw credentialsRefused();
    }
    const account = this.accounts.factsIn(results[0]);
    if (account) noteAudit({ target: { userId: account.id }, subjectId: account.id });
    const credential = account?.credential ?? null;
    const { ok, stale } = await this.compare(password, credential, reservation, begun);
    if (!ok || !account || !credential || account.status !== 'active') {
      this.note(account, ok ? 'account_disabled' : 'wrong_password', country);
      throw credentialsRefused();
    }
    if (!account.verified) {
      await this.throttles.giveBack(reservation);
      this.note(account, 'email_unverified', country);
      throw emailUnverified();
    }
    return {
      account: { ...account, credential },
      factors: this.factors.factsIn(results[1]),
      reservation,
      rehashed: stale ? await this.rehash(password) : null,
    };
  }

  private async compare(
    password: string,
    credential: StoredSecret | null,
    reservation: Reservation,
    begun: number,
  ): Promise<{ ok: boolean; stale: boolean }> {
    try {
      return await this.hasher.verify(password, credential, begun);
    } catch (error) {
      await this.throttles.giveBack(reservation);
      throw error;
    }
  }

  /** A hash can be brought up to date another day: a full queue does not refuse a right password. */
  private async rehash(password: string): Promise<StoredSecret | null> {
    try {
      return await this.hasher.hash(password);
    } catch (error) {
      if (error instanceof AppError && error.kind === 'unavailable') return null;
      throw error;
    }
  }

  /**
   * Tells the owner's history of a failure. Nobody waits for it, and for an absent account the same is sent for nobody,
   * so that neither this answer nor the next one tells by its time.
   */
  private note(account: AccountFacts | null, result: SignInResult, country: string | null): void {
    const { deviceId } = currentContext();
    const userId = account?.id ?? this.accounts.nobody;
    this.log
      .noteAlone({ userId, result, country, deviceId, deviceName: signalsOf(currentContext()).name })
      .catch((error: unknown) => logger.warn({ err: error }, 'a failed sign-in could not be noted'));
  }
}
