import { SpanKind } from '@opentelemetry/api';
import type { PoolClient } from 'pg';
import { maybeContext } from '../context/request-context';
import { isTraced, span } from '../telemetry/tracing';
import { sendBatch, type BatchResult, type BatchStatement } from './batch-query';

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

/** Sends a batch and counts it for the running request and for the metrics. */
export async function observeBatch(client: PoolClient, statements: BatchStatement[]): Promise<BatchResult[]> {
  const started = process.hrtime.bigint();
  try {
    if (!isTraced()) return await sendBatch(client, statements);
    return await span(
      nameOf(statements),
      attributesOf(statements),
      () => sendBatch(client, statements),
      SpanKind.CLIENT,
    );
  } finally {
    const seconds = Number(process.hrtime.bigint() - started) / 1e9;
    observer(seconds);
    const usage = maybeContext()?.sql;
    if (usage) {
      usage.trips += 1;
      usage.statements += statements.length;
      usage.milliseconds += seconds * 1e3;
      if (statements[statements.length - 1].text === 'commit') usage.commits += 1;
    }
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
