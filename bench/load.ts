import autocannon from 'autocannon';
import { Agent, request } from 'node:http';

export interface Load {
  /** requests per second */
  rate: number;
  p50: number;
  p95: number;
  p99: number;
  /** answers other than 2xx, and broken connections */
  bad: number;
}

export interface Target {
  url: string;
  headers?: Record<string, string>;
  method?: 'GET' | 'POST';
  body?: unknown;
}

/** Loads one address with so many connections for so long (seconds), after a short warm-up. */
export async function load(target: Target, connections: number, seconds: number): Promise<Load> {
  const options = {
    url: target.url,
    method: target.method ?? 'GET',
    headers: { ...target.headers, ...(target.body ? { 'content-type': 'application/json' } : {}) },
    body: target.body ? JSON.stringify(target.body) : undefined,
    connections,
  } as const;
  await autocannon({ ...options, duration: Math.min(2, seconds) });
  const run = autocannon({ ...options, duration: seconds });
  // autocannon itself tells the 97.5th percentile and no 95th.
  const times: number[] = [];
  (run as unknown as autocannon.Instance).on('response', (_client, _status, _bytes, milliseconds) => {
    times.push(milliseconds);
  });
  const result = await run;
  return { rate: result.requests.average, ...percentiles(times), bad: result.non2xx + result.errors };
}

const percentiles = (times: number[]): Pick<Load, 'p50' | 'p95' | 'p99'> => ({
  p50: quantile(times, 0.5),
  p95: quantile(times, 0.95),
  p99: quantile(times, 0.99),
});

export interface Exchange {
  status: number;
  body: string;
  headers: Record<string, string | string[] | undefined>;
  milliseconds: number;
}

/** One HTTP exchange on a kept connection: cheaper than fetch, so that the client does not become the bottleneck. */
export function exchange(agent: Agent, target: Target): Promise<Exchange> {
  const started = process.hrtime.bigint();
  const text = target.body === undefined ? undefined : JSON.stringify(target.body);
  return new Promise((resolve, reject) => {
    const call = request(
      target.url,
      {
        agent,
        method: target.method ?? (text ? 'POST' : 'GET'),
        headers: {
          ...target.headers,
          ...(text ? { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) } : {}),
        },
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () =>
          resolve({
            status: response.statusCode!,
            body: Buffer.concat(chunks).toString(),
            headers: response.headers,
            milliseconds: Number(process.hrtime.bigint() - started) / 1e6,
          }),
        );
      },
    );
    call.once('error', reject);
    call.end(text);
  });
}

export const agentOf = (sockets: number): Agent => new Agent({ keepAlive: true, maxSockets: sockets });

/** The value below which `share` of the sorted values lie. */
export function quantile(values: number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

/** Runs the tasks with so many at once and says how it went. */
export async function drive(tasks: (() => Promise<Exchange>)[], atOnce: number): Promise<Load> {
  const times: number[] = [];
  let bad = 0;
  let next = 0;
  const started = process.hrtime.bigint();
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      while (next < tasks.length) {
        const answer = await tasks[next++]();
        times.push(answer.milliseconds);
        if (answer.status >= 300) bad += 1;
      }
    }),
  );
  const seconds = Number(process.hrtime.bigint() - started) / 1e9;
  return { rate: tasks.length / seconds, ...percentiles(times), bad };
}
