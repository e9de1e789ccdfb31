import { SpanKind } from '@opentelemetry/api';
import type { PoolClient } from 'pg';
import { monotonicMs } from '../clock/monotonic';
import { maybeContext } from '../context/request-context';
import { isTraced, span } from '../telemetry/tracing';
import { sendBatch, submitBatch, type BatchResult, type BatchStatement } from './batch-query';

/** What a piece of work asked of the database; kept per request for the `Server-Timing` field and the bench. */
export interface SqlUsage {
  trips: number;
  statements: number;
  commits: number;
  milliseconds: number;
}

type Observer = (seconds: number) => void;
let observer: Observer = () => undefined;

/** Registers where the duration of each trip (seconds) is counted; set once by the metrics registry. */
export const onSqlTrip = (next: Observer): void => {
  observer = next;
};

/** Counts a trip that began at `startedMs` (of `monotonicMs`), for the metrics and for the work that `usage` belongs to. */
function count(startedMs: number, statements: BatchStatement[], usage: SqlUsage | undefined): void {
  const milliseconds = monotonicMs() - startedMs;
  observer(milliseconds / 1e3);
  if (!usage) return;
  usage.trips += 1;
  usage.statements += statements.length;
  usage.milliseconds += milliseconds;
  if (statements.some(({ text, commits }) => commits === true || text === 'commit')) usage.commits += 1;
}

/** Sends a batch and counts it for the running request and for the metrics. */
export function observeBatch(client: PoolClient, statements: BatchStatement[]): Promise<BatchResult[]> {
  if (!isTraced()) {
    return new Promise((resolve, reject) => {
      observedSubmit(client, statements, maybeContext()?.sql, (error, results) => {
        if (!error) return resolve(results!);
        Error.captureStackTrace(error);
        reject(error);
      });
    });
  }
  return traced(client, statements);
}

/**
 * As `observeBatch` without a promise of its own, counted for `usage`. The callback comes in whatever asynchronous
 * context the answer arrives in. Not traced.
 */
export function observedSubmit(
  client: PoolClient,
  statements: BatchStatement[],
  usage: SqlUsage | undefined,
  callback: (error: Error | null, results?: BatchResult[]) => void,
): void {
  const startedMs = monotonicMs();
  submitBatch(client, statements, (error, results) => {
    count(startedMs, statements, usage);
    callback(error, results);
  });
}

async function traced(client: PoolClient, statements: BatchStatement[]): Promise<BatchResult[]> {
  const startedMs = monotonicMs();
  try {
    return await span(
      nameOf(statements),
      attributesOf(statements),
      () => sendBatch(client, statements),
      SpanKind.CLIENT,
    );
  } finally {
    count(startedMs, statements, maybeContext()?.sql);
  }
}

/** The statement that a batch is about: not the one that sets the tenant, nor those that open and close. */
const subjectOf = (statements: BatchStatement[]): string =>
  statements.find(({ text }) => !/^\s*(?:begin|commit|rollback|savepoint|release|select set_config)/i.test(text))
    ?.text ?? statements[0].text;

const nameOf = (statements: BatchStatement[]): string =>
  `sql ${/^\s*(\w+)/.exec(subjectOf(statements))?.[1]?.toLowerCase() ?? 'batch'}`;

/** Texts only: values travel as parameters and are never told. */
const attributesOf = (statements: BatchStatement[]): Record<string, string | number> => ({
  'db.system.name': 'postgresql',
  'db.operation.batch.size': statements.length,
  'db.query.text': subjectOf(statements).replace(/\s+/g, ' ').slice(0, 500),
});
