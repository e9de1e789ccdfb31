import { Injectable } from '@nestjs/common';
import { AppError } from '../../../kernel/errors/app-error';
import type { Reservation } from '../data/throttle.repository';
import { ThrottleRepository } from '../data/throttle.repository';
import { passwordNotProven } from '../domain/identity.errors';
import { PasswordCheck, type CheckedPassword } from './password-check';

/** Lets somebody who is signed in prove the password once more, before what only the owner of an account may do. */
@Injectable()
export class ProveAgain {
  constructor(
    private readonly passwords: PasswordCheck,
    private readonly throttles: ThrottleRepository,
  ) {}

  /**
   * Counted with the sign-ins of the account.
   * @throws AppError forbidden `identity.password-not-proven`: the session itself is good, so it is no 401
   */
  async password(userId: string, password: string): Promise<Omit<CheckedPassword, 'memberships'>> {
    try {
      return await this.passwords.checkOwn(userId, password);
    } catch (error) {
      if (error instanceof AppError && error.code === 'identity.invalid-credentials') throw passwordNotProven();
      throw error;
    }
  }

  /** Runs what follows a proof; when that is refused, the try that proved right is not counted as a failure. */
  async keeping<T>(reservation: Reservation, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      await this.throttles.giveBack(reservation);
      throw error;
    }
  }
}
