import { setTimeout as pause } from 'node:timers/promises';

/**
 * Probes until `probe` answers something truthy or stops throwing; fails with its last word after the deadline, which is
 * a safety net and no promise: a machine that is busy with something else is given its time.
 */
export async function eventually<T>(
  probe: () => Promise<T> | T,
  options: { timeoutMs?: number; everyMs?: number } = {},
): Promise<NonNullable<T>> {
  const deadline = process.hrtime.bigint() + BigInt(options.timeoutMs ?? 30_000) * 1_000_000n;
  let last: unknown = 'nothing';
  for (;;) {
    try {
      const value = await probe();
      if (value) return value;
      last = value;
    } catch (error) {
      last = error;
    }
    if (process.hrtime.bigint() > deadline) {
      throw last instanceof Error ? last : new Error(`It did not happen in time; the last probe said ${String(last)}.`);
    }
    await pause(options.everyMs ?? 25);
  }
}
