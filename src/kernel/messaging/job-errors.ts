import { randomInt } from 'node:crypto';
import { AppError } from '../errors/app-error';

/** Longest time that a provider's Retry-After is obeyed: a day, in seconds. */
const LONGEST_WAIT_SECONDS = 86_400;
const LONGEST_BACK_OFF_SECONDS = 3_600;

/** Thrown by a job that must not be tried again (a refused address, a payload nobody understands): it is dead at once. */
export class GiveUp extends Error {
  constructor(
    reason: string,
    override readonly cause?: unknown,
  ) {
    super(reason);
    this.name = 'GiveUp';
  }
}

/** Thrown by a job whose provider said when to come back (Retry-After); an AppError with `retryAfterSeconds` says it too. */
export class RetryLater extends Error {
  constructor(
    reason: string,
    readonly retryAfterSeconds: number,
    override readonly cause?: unknown,
  ) {
    super(reason);
    this.name = 'RetryLater';
  }
}

/**
 * Milliseconds until the next attempt: 1 s, 4 s, 16 s, ... up to an hour, of which half is jitter, and never before the
 * moment that the provider named.
 * @param attempts failed attempts so far, at least 1
 */
export function retryDelayMs(attempts: number, error: unknown): number {
  const most = Math.min(LONGEST_BACK_OFF_SECONDS, 4 ** Math.min(attempts - 1, 10)) * 1_000;
  const backOff = most / 2 + randomInt(0, most / 2 + 1);
  const asked = retryAfterSecondsOf(error);
  if (asked === undefined) return Math.round(backOff);
  return Math.round(Math.min(asked, LONGEST_WAIT_SECONDS) * 1_000 + randomInt(0, 1_000));
}

function retryAfterSecondsOf(error: unknown): number | undefined {
  const asked =
    error instanceof RetryLater
      ? error.retryAfterSeconds
      : error instanceof AppError
        ? error.data.retryAfterSeconds
        : undefined;
  return asked !== undefined && Number.isFinite(asked) && asked >= 0 ? asked : undefined;
}
