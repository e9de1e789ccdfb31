import { Counter, Gauge, Registry } from 'prom-client';
import { cacheStats } from '../cache/cache';
import { onSqlTrip } from '../database/sql-metrics';
import { collectProcessMetrics } from './event-loop-lag';
import { logger } from './logger';
import { FastHistogram, type HistogramChild } from './fast-histogram';

/** The process's metrics. Labels never name a tenant, a user or a concrete path. */
export const registry = new Registry();
collectProcessMetrics(registry);

/** Buckets of the OpenTelemetry convention for request durations, seconds. */
const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

const requests = new FastHistogram({
  name: 'http_server_request_duration_seconds',
  help: 'Duration of HTTP requests by route template.',
  labelNames: ['http_request_method', 'http_route', 'http_response_status_code'],
  buckets: BUCKETS,
});
registry.registerMetric(requests as never);
const errors = new Counter({
  name: 'http_server_errors_total',
  help: 'HTTP requests answered with a status of 500 or above, by route template.',
  labelNames: ['http_request_method', 'http_route', 'http_response_status_code'],
  registers: [registry],
});
const sql = new FastHistogram({
  name: 'db_client_operation_duration_seconds',
  help: 'Duration of trips to PostgreSQL.',
  labelNames: [],
  buckets: [0.0005, 0.001, 0.0025, ...BUCKETS],
});
registry.registerMetric(sql as never);
const trips = sql.child();
onSqlTrip((seconds) => trips.observe(seconds));

// By method, route and status, kept so that a request makes no key of its own (routes are few).
const children = new Map<string, Map<string, Map<number, HistogramChild>>>();

function childOf(method: string, route: string, status: number): HistogramChild {
  let routes = children.get(method);
  if (!routes) children.set(method, (routes = new Map()));
  let statuses = routes.get(route);
  if (!statuses) routes.set(route, (statuses = new Map()));
  let child = statuses.get(status);
  if (!child) statuses.set(status, (child = requests.child(method, route, String(status))));
  return child;
}

/** Counts an answered request. `route` is the template, undefined for no route. */
export function observeRequest(method: string, route: string | undefined, status: number, seconds: number): void {
  const known = METHODS.has(method) ? method : '_OTHER';
  childOf(known, route ?? '_none', status).observe(seconds);
  if (status >= 500) errors.labels(known, route ?? '_none', String(status)).inc();
}

/** Counts a trip to the database, for callers that do not go through `observeBatch`. */
export const observeSql = (milliseconds: number): void => trips.observe(milliseconds / 1000);

/** What a gauge shows when it is read: one value, or one per label value. */
export type GaugeReading = number | Iterable<readonly [labelValue: string, value: number]>;

/**
 * Registers a gauge that is read on each scrape (queue depths, live sockets, sessions). A name may be registered again:
 * the later reading wins, so that a restarted part replaces its own. One that cannot be read just then is left out: the others are
 * wanted most when a part (database, queue) is away.
 */
export function registerGauge(options: {
  name: string;
  help: string;
  /** Label of the values, when `read` returns several. */
  label?: string;
  read: () => GaugeReading | Promise<GaugeReading>;
}): void {
  registry.removeSingleMetric(options.name);
  const gauge: Gauge = new Gauge({
    name: options.name,
    help: options.help,
    labelNames: options.label ? [options.label] : [],
    registers: [registry],
    async collect() {
      gauge.reset();
      let reading: GaugeReading;
      try {
        reading = await options.read();
      } catch (error) {
        logger.debug({ err: error, metric: options.name }, 'A metric could not be read');
        // Without labels it is 0 after a reset, which nobody said.
        if (!options.label) gauge.remove();
        return;
      }
      if (typeof reading === 'number') gauge.set(reading);
      else for (const [value, number] of reading) gauge.labels(value).set(number);
    },
  });
}

/** The pool's connections by state. */
export function registerPool(
  name: string,
  pool: { totalCount: number; idleCount: number; waitingCount: number },
): void {
  registerGauge({
    name: `db_client_connections_${name}`,
    help: `Connections of the ${name} pool by state; waiting are requests for one.`,
    label: 'state',
    read: () => [
      ['used', pool.totalCount - pool.idleCount],
      ['idle', pool.idleCount],
      ['waiting', pool.waitingCount],
    ],
  });
}

for (const kind of ['hits', 'misses', 'evictions', 'size'] as const) {
  registerGauge({
    name: kind === 'size' ? 'cache_entries' : `cache_${kind}`,
    help: kind === 'size' ? 'Entries held by each cache.' : `Cache ${kind} since the process began.`,
    label: 'cache',
    read: () => cacheStats().map((stats) => [stats.name, stats[kind]] as const),
  });
}
