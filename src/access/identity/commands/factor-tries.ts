import { Injectable } from '@nestjs/common';
import { currentContext } from '../../../kernel/context/request-context';
import type { Transaction } from '../../../kernel/database/transaction';
import { ThrottleRepository, type Reservation } from '../data/throttle.repository';
import { normalizeEmail } from '../domain/email.policy';
import { tooManyCodes } from '../domain/factor.errors';
import { tooManyTries } from '../domain/identity.errors';
import { ADDRESS_LANE, addressBucket, CODE_LANE } from '../domain/login-throttle.policy';
import { Places } from '../../../kernel/geo/places';

/** Counts tries of second factors under the keys of the password: guesses at any door are guesses at one account. */
@Injectable()
export class FactorTries {
  constructor(
    private readonly throttles: ThrottleRepository,
    private readonly places: Places,
  ) {}

  /** Counts a try before it is looked at. @throws AppError too-many */
  async reserve(email: string): Promise<Reservation> {
    const { ip, deviceId } = currentContext();
    const country = await this.places.countryOf(ip);
    const identifier = normalizeEmail(email) ?? email;
    const { reservation } = await this.throttles.reserveSignIn({ identifier, ip, deviceId, country });
    if (!reservation.allowed) throw tooManyTries(reservation.retryAfterSeconds);
    return reservation;
  }

  /** Counts a try of somebody who is not known yet. @throws AppError too-many */
  async reserveAddress(): Promise<Reservation> {
    const value = addressBucket(currentContext().ip ?? '');
    const reservation = await this.throttles.reserve([{ lane: ADDRESS_LANE, value }]);
    if (!reservation.allowed) throw tooManyTries(reservation.retryAfterSeconds);
    return reservation;
  }

  /** Counts a code that is about to be sent to a number or an address. @throws AppError too-many */
  async reserveCode(recipient: string): Promise<void> {
    const { allowed, retryAfterSeconds } = await this.throttles.reserve([{ lane: CODE_LANE, value: recipient }]);
    if (!allowed) throw tooManyCodes(retryAfterSeconds);
  }

  succeed(tx: Transaction, reservation: Reservation): void {
    this.throttles.succeed(tx, reservation);
  }

  giveBack(reservation: Reservation): Promise<void> {
    return this.throttles.giveBack(reservation);
  }
}
