import { monitorEventLoopDelay } from 'node:perf_hooks';
import { collectDefaultMetrics, Gauge, type Registry } from 'prom-client';

/**
 * How often the event loop is looked at (milliseconds). prom-client does so each 10 ms: a hundred wake-ups a second were
 * nearly half of what an idle process took of a core.
 */
const LOOK_MS = 100;
/** prom-client's own look, which cannot be left out: as seldom as a timer allows. */
const NEVER_MS = 2 ** 31 - 1;

/** What is told of the lags between two scrapes. */
const LAGS = ['min', 'max', 'mean', 'stddev', 'p50', 'p90', 'p99'] as const;

/**
 * prom-client's metrics of the process, with the lag of the event loop under its usual names: seconds beyond the pause
 * between two looks, so that an idle process has none.
 */
export function collectProcessMetrics(registry: Registry): void {
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: NEVER_MS });
  const delays = monitorEventLoopDelay({ resolution: LOOK_MS });
  delays.enable();
  const beyond = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e9 - LOOK_MS / 1e3);
  const lag = (of: (typeof LAGS)[number]): number => {
    if (delays.count === 0) return 0;
    if (of === 'stddev') return delays.stddev / 1e9;
    return beyond(of.startsWith('p') ? delays.percentile(Number(of.slice(1))) : delays[of as 'min']);
  };
  for (const of of LAGS) {
    const name = `nodejs_eventloop_lag_${of}_seconds`;
    registry.removeSingleMetric(name);
    const collect = function (this: Gauge): void {
      this.set(lag(of));
      // The last of them is told: the next scrape tells of what comes from now on.
      if (of === LAGS.at(-1)) delays.reset();
    };
    new Gauge({
      name,
      help: `Lag of the event loop since the last look at it: ${of}.`,
      registers: [registry],
      collect,
    });
  }
}
