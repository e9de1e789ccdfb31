import { setTimeout as pause } from 'node:timers/promises';

/** Probes until `test` is true; false when `ms` milliseconds have passed. */
export async function until(test: () => boolean | Promise<boolean>, ms: number, stepMs = 20): Promise<boolean> {
  const end = performance.now() + ms;
  for (;;) {
    if (await test()) return true;
    if (performance.now() >= end) return false;
    await pause(stepMs);
  }
}
