import { setTimeout as pause } from 'node:timers/promises';

/** Something that was started and must be ended. */
interface Closer {
  name: string;
  close: () => Promise<void>;
  /** Longest time it gets, milliseconds; the database is never cut off by it. */
  withinMs: number;
}

/**
 * What runs in this process and how it ends: in the reverse order of its start, once, whatever asks for it. A signal
 * during the start waits for the step under way (bounded by that step) and then ends what is there.
 */
export class Lifecycle {
  private readonly closers: Closer[] = [];
  private ending: Promise<boolean> | null = null;
  private started: Promise<void> = Promise.resolve();

  /** Told about closers that failed or took too long. */
  onTrouble: (name: string, trouble: unknown) => void = () => undefined;

  /** True from the first request to end: readiness says no, the start goes no further. */
  get stopping(): boolean {
    return this.ending !== null;
  }

  /** Remembers how to end something that has just been started. */
  opened(name: string, close: () => Promise<void>, withinMs = 60_000): void {
    this.closers.push({ name, close, withinMs });
  }

  /** Runs the start; `end` waits for it. */
  starting(work: () => Promise<void>): Promise<void> {
    const run = work();
    this.started = run.catch(() => undefined);
    return run;
  }

  /** Throws when the end was asked for meanwhile: called between the steps of the start. */
  goOn(): void {
    if (this.stopping) throw new Interrupted();
  }

  /** Ends everything; resolves to whether all of it ended by itself. */
  end(): Promise<boolean> {
    this.ending ??= (async () => {
      await this.started;
      let clean = true;
      for (const closer of this.closers.splice(0).reverse()) clean = (await this.close(closer)) && clean;
      return clean;
    })();
    return this.ending;
  }

  private async close({ name, close, withinMs }: Closer): Promise<boolean> {
    const timer = new AbortController();
    try {
      const late = pause(withinMs, 'late' as const, { signal: timer.signal }).catch(() => 'done' as const);
      if ((await Promise.race([close().then(() => 'done' as const), late])) === 'done') return true;
      this.onTrouble(name, `did not end within ${withinMs / 1000} s`);
    } catch (error) {
      this.onTrouble(name, error);
    } finally {
      timer.abort();
    }
    return false;
  }
}

/** The start was given up because the process is to end. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
}
