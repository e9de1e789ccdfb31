/**
 * When a gateway is asked about an attempt that nobody heard of again, in seconds since the attempt began: a minute
 * (the process may have died between writing and calling), five minutes, an hour, then daily five times.
 */
export const ASK_AFTER_SECONDS = [60, 300, 3_600, 86_400, 172_800, 259_200, 345_600, 432_000] as const;

/** When a person is told, in seconds since the attempt began. */
export const GIVE_UP_AFTER_SECONDS = 518_400;

/** Kernel time of a step; the step after the last is the giving up; null beyond. */
export function askAgainAt(begun: Date, step: number): Date | null {
  const seconds =
    step < ASK_AFTER_SECONDS.length
      ? ASK_AFTER_SECONDS[step]
      : step === ASK_AFTER_SECONDS.length
        ? GIVE_UP_AFTER_SECONDS
        : null;
  return seconds === null ? null : new Date(begun.getTime() + seconds * 1000);
}

/** Kernel time of the look after a step at or beyond the giving up, for what need not be given up: a day later each. */
export const dailyAfter = (begun: Date, step: number): Date =>
  new Date(begun.getTime() + GIVE_UP_AFTER_SECONDS * 1000 + (step - ASK_AFTER_SECONDS.length + 1) * 86_400_000);

export const isGivingUp = (step: number): boolean => step >= ASK_AFTER_SECONDS.length;

/** Seconds between two looks at a refund that is still open; the first is later than the last try of its job. */
const LOOK_AT_REFUND_SECONDS = [7_200, 86_400, 86_400, 259_200] as const;

/** Kernel time of a look at a refund, counted from the look before it (or the asking); null beyond the last. */
export const refundDueAt = (from: Date, step: number): Date | null =>
  step < LOOK_AT_REFUND_SECONDS.length ? new Date(from.getTime() + LOOK_AT_REFUND_SECONDS[step] * 1000) : null;
