import { setImmediate as othersTurn } from 'node:timers/promises';
import { monotonicMs } from '../clock/monotonic';

/** Milliseconds for which a computation may keep the process to itself. */
const AT_A_STRETCH = 8;

/** Lets others have their turn in a long computation, a few milliseconds after the last time. */
export class Breather {
  private since = monotonicMs();

  /** To be awaited between any two of its steps; hardly ever waits. */
  pause(): Promise<void> | undefined {
    return monotonicMs() - this.since < AT_A_STRETCH ? undefined : this.breathe();
  }

  private async breathe(): Promise<void> {
    await othersTurn();
    this.since = monotonicMs();
  }

  /** Runs a computation that stops of itself now and then. @returns what it returns */
  async run<T>(steps: Generator<void, T>): Promise<T> {
    for (;;) {
      const { done, value } = steps.next();
      if (done) return value;
      await this.pause();
    }
  }
}
