import { setTimeout as pause } from 'node:timers/promises';

const colours = process.stdout.isTTY && !process.env.NO_COLOR;
const paint = (code: number, text: string): string => (colours ? `\u001b[${code}m${text}\u001b[0m` : text);

/** Walks through the steps of a tour: a tick and a time for each, a reason for one that failed. */
export class Guide {
  private passed = 0;
  private failed = 0;
  /** What steps failed with, and told already. */
  private readonly told = new Set<unknown>();

  chapter(title: string): void {
    process.stdout.write(`\n${paint(1, title)}\n`);
  }

  /** One step. A text that it returns is printed beside it: never a secret. A failed one is told with its reason; steps that need its result cannot go on, so it throws. */
  async step<T>(title: string, work: () => Promise<T>): Promise<T> {
    const started = process.hrtime.bigint();
    try {
      const value = await work();
      this.passed += 1;
      const told = typeof value === 'string' ? `  ${paint(2, value)}` : '';
      process.stdout.write(`  ${paint(32, '✓')} ${title} ${paint(2, `(${milliseconds(started)} ms)`)}${told}\n`);
      return value;
    } catch (error) {
      this.failed += 1;
      this.told.add(error);
      process.stdout.write(
        `  ${paint(31, '✗')} ${title} ${paint(2, `(${milliseconds(started)} ms)`)}\n    ${reason(error)}\n`,
      );
      throw error;
    }
  }

  /** A part of the tour. One that ends early is followed by the next; what failed in it outside of a step counts as a failure too. */
  async part(work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (this.told.has(error)) return;
      this.failed += 1;
      process.stdout.write(`  ${paint(31, '✗')} between two steps\n    ${reason(error)}\n`);
    }
  }

  /** The last line. @returns whether everything passed */
  end(): boolean {
    process.stdout.write(`\n${this.passed} passed, ${this.failed} failed\n`);
    return this.failed === 0;
  }
}

/** Never nothing: what was thrown need not be an error. */
const reason = (error: unknown): string => (error instanceof Error && error.message) || String(error);
const milliseconds = (started: bigint): number => Math.round(Number(process.hrtime.bigint() - started) / 1e6);

/** Asks again until the answer is there. @throws Error naming what did not happen */
export async function until<T>(
  what: string,
  probe: () => Promise<T | undefined | false> | T | undefined | false,
  seconds = 20,
): Promise<T> {
  const ends = process.hrtime.bigint() + BigInt(seconds) * 1_000_000_000n;
  for (;;) {
    const found = await probe();
    if (found) return found;
    if (process.hrtime.bigint() > ends) throw new Error(`${what} did not happen within ${seconds} s.`);
    await pause(50);
  }
}

/** @throws Error with `what` when the two differ */
export function same(what: string, found: unknown, expected: unknown): void {
  const [a, b] = [JSON.stringify(found), JSON.stringify(expected)];
  if (a !== b) throw new Error(`${what}: expected ${b}, found ${a}.`);
}
