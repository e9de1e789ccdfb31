import type { PoolClient } from 'pg';
import { logger } from '../telemetry/logger';
import { doneBefore, type BatchResult, type BatchStatement } from './batch-query';
import { observeBatch } from './sql-metrics';

/** Statements on their way to the next trip. */
interface Outgoing {
  statements: BatchStatement[];
  /** How many of them only travel along. */
  waited: number;
  resolve: (results: BatchResult[]) => void;
  reject: (error: Error) => void;
}

/** SQLSTATE of `kernel.expect_rows`. */
const UNEXPECTED = 'MA001';

const NOTHING: BatchResult = { rows: [], count: 0 };

/**
 * From BEGIN to COMMIT in one trip: what stands under one Sync is a transaction by itself, and neither has to be said.
 * Savepoints ask for them.
 */
const isWhole = (statements: readonly BatchStatement[]): boolean =>
  statements.length > 2 &&
  statements[0].text === 'begin' &&
  statements[statements.length - 1].text === 'commit' &&
  !statements.some(({ text }) => text.startsWith('savepoint'));

/** The last one says that the transaction ends with it. */
const withoutEnds = (statements: readonly BatchStatement[]): BatchStatement[] =>
  statements.slice(1, -1).map((each, i, all) => (i === all.length - 1 ? { ...each, commits: true } : each));

const afterTheEnd = (): Error => new Error('The transaction has ended.');

/** The way of a transaction's statements to the server: one trip at a time, and with it all that is asked for by then. */
export class Trips {
  /** Set when nothing may be sent any more. */
  ended = false;

  private outgoing: Outgoing[] = [];
  /** The trip that is under way; never rejects. */
  private flight: Promise<void> | undefined;
  private readonly expectations = new Map<string, () => Error>();

  constructor(private readonly client: PoolClient) {}

  /** True when BEGIN went to the server: there is something to roll back. */
  opened = false;

  /** True while something is asked for that was not sent yet. */
  get waiting(): boolean {
    return this.outgoing.length > 0;
  }

  /** The label by which a statement's `kernel.expect_rows` is told as this error. */
  expect(otherwise: () => Error): string {
    const label = String(this.expectations.size + 1);
    this.expectations.set(label, otherwise);
    return label;
  }

  /** Takes statements along with the next trip, behind those that only travel along; answers the results of `statements`. */
  take(along: BatchStatement[], statements: BatchStatement[]): Promise<BatchResult[]> {
    if (this.ended) return Promise.reject(afterTheEnd());
    return new Promise((resolve, reject) => {
      const all = along.length > 0 ? [...along, ...statements] : statements;
      this.outgoing.push({ statements: all, waited: along.length, resolve, reject });
      if (this.outgoing.length === 1 && !this.flight) this.schedule();
    });
  }

  /** Forgets what was not sent, and waits for what was. */
  async end(): Promise<void> {
    this.ended = true;
    const unsent = this.outgoing;
    this.outgoing = [];
    for (const each of unsent) each.reject(afterTheEnd());
    await this.flight;
  }

  /** After every promise that can go on has gone on: whatever else is asked for by then comes along. */
  private schedule(): void {
    process.nextTick(() => this.dispatch());
  }

  private dispatch(): void {
    const sent = this.outgoing;
    this.outgoing = [];
    if (sent.length === 0) return;
    const statements = sent.length === 1 ? sent[0].statements : sent.flatMap((each) => each.statements);
    const whole = isWhole(statements);
    this.opened ||= !whole;
    this.flight = observeBatch(this.client, whole ? withoutEnds(statements) : statements).then(
      (found) => {
        this.landed();
        const results = whole ? [NOTHING, ...found, NOTHING] : found;
        let at = 0;
        for (const each of sent) {
          each.resolve(results.slice(at + each.waited, at + each.statements.length));
          at += each.statements.length;
        }
      },
      (error: Error & { code?: string }) => {
        this.landed();
        const commit = statements.findIndex(({ text }) => text === 'commit');
        if (commit >= 0 && doneBefore(error) > commit) {
          // What stands behind COMMIT is best effort and nobody reads its answer.
          logger.warn({ err: error }, 'work behind a commit failed');
          for (const each of sent) each.resolve([]);
          return;
        }
        const told = (error.code === UNEXPECTED && this.expectations.get(error.message)?.()) || error;
        for (const each of sent) each.reject(told);
      },
    );
  }

  private landed(): void {
    this.flight = undefined;
    if (this.outgoing.length > 0) this.schedule();
  }
}
