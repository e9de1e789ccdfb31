import { setTimeout as pause } from 'node:timers/promises';
import { monotonicMs } from '../../clock/monotonic';

/** Probes until `test` is true; false when `ms` milliseconds have passed. */
export async function until(test: () => boolean | Promise<boolean>, ms: number, stepMs = 20): Promise<boolean> {
  const end = monotonicMs() + ms;
  for (;;) {
    if (await test()) return true;
    if (monotonicMs() >= end) return false;
    await pause(stepMs);
  }
}
