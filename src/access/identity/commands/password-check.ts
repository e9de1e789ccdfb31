import { Injectable } from '@nestjs/common';
import { noteAudit } from '../../../kernel/audit/audit';
import { currentContext } from '../../../kernel/context/request-context';
import { AppError } from '../../../kernel/errors/app-error';
import { AccountRepository, type AccountFacts, type LivePassword } from '../data/account.repository';
import { ThrottleRepository, type Reservation } from '../data/throttle.repository';
import { normalizeEmail } from '../domain/email.policy';
import { credentialsRefused, emailUnverified, tooManyTries } from '../domain/identity.errors';
import { ADDRESS_LANE, addressBucket, IDENTIFIER_LANE } from '../domain/login-throttle.policy';
import { PasswordHasher, type StoredSecret } from '../domain/password-hasher';

/** A right guess; the caller settles the reservation in its transaction (`ThrottleRepository.succeed`). */
export interface CheckedPassword {
  account: AccountFacts & { credential: LivePassword };
  reservation: Reservation;
  /** The hash made anew, where the stored one was out of date. */
  rehashed: StoredSecret | null;
}

/** The one door through which passwords are tried: every way in counts under the same keys. */
@Injectable()
export class PasswordCheck {
  constructor(
    private readonly accounts: AccountRepository,
    private readonly throttles: ThrottleRepository,
    private readonly hasher: PasswordHasher,
  ) {}

  /**
   * Counts the try, then verifies. Unknown address, wrong password and disabled user end alike and cost alike.
   * @throws AppError `identity.invalid-credentials`, `identity.too-many-tries`, `identity.busy`, and for the right
   *   password of an unproven address `identity.email-unverified`.
   */
  async check(email: string, password: string): Promise<CheckedPassword> {
    const identifier = normalizeEmail(email) ?? email.slice(0, 254);
    noteAudit({ pii: { email: identifier } });
    const reservation = await this.throttles.reserve([
      { lane: ADDRESS_LANE, value: addressBucket(currentContext().ip ?? '') },
      { lane: IDENTIFIER_LANE, value: identifier },
    ]);
    if (!reservation.allowed) throw tooManyTries(reservation.retryAfterSeconds);
    const account = await this.accounts.byEmail(identifier);
    if (account) noteAudit({ target: { userId: account.id }, subjectId: account.id });
    const credential = account?.credential ?? null;
    const { ok, stale } = await this.verify(password, credential, reservation);
    if (!ok || !account || !credential || account.status !== 'active') throw credentialsRefused();
    if (!account.verified) {
      await this.throttles.giveBack(reservation);
      throw emailUnverified();
    }
    return { account: { ...account, credential }, reservation, rehashed: stale ? await this.rehash(password) : null };
  }

  private async verify(
    password: string,
    credential: StoredSecret | null,
    reservation: Reservation,
  ): Promise<{ ok: boolean; stale: boolean }> {
    try {
      return await this.hasher.verify(password, credential);
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
}
