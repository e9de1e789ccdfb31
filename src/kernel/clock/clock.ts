/**
 * The one source of time in the code; its twin in SQL is `kernel.now()`. The offset can be set in tests and
 * development only (`POST /api/v1/dev/clock`), so that holds, lockouts and schedules can be tried by moving time.
 */
export class Clock {
  private offsetMs = 0;

  /** Milliseconds since the epoch, kernel time. */
  nowMs(): number {
    return Date.now() + this.offsetMs;
  }

  /** Kernel time as a Date (UTC). */
  now(): Date {
    return new Date(this.nowMs());
  }

  /** Seconds that kernel time is ahead of the machine's clock. */
  get offsetSeconds(): number {
    return this.offsetMs / 1000;
  }

  /** Sets the offset in seconds; the caller has checked that this is allowed. */
  setOffset(seconds: number): void {
    this.offsetMs = Math.round(seconds * 1000);
  }
}

/** The process's clock: one instance, injectable as `Clock` and reachable where injection is not (ids, cache). */
export const clock = new Clock();
