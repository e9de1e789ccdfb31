import { setTimeout as pause } from 'node:timers/promises';
import { Registry } from 'prom-client';
import { collectProcessMetrics } from './event-loop-lag';

it('tells how late the event loop was, from one scrape to the next, under the usual names', async () => {
  const registry = new Registry();
  collectProcessMetrics(registry);
  const scraped = async (): Promise<Record<string, number>> =>
    Object.fromEntries(
      [...(await registry.metrics()).matchAll(/^nodejs_eventloop_lag_(?:(\w+)_)?seconds (\S+)$/gm)].map(
        ([, name = 'now', value]) => [name, Number(value)],
      ),
    );
  const names = ['max', 'mean', 'min', 'now', 'p50', 'p90', 'p99', 'stddev'];
  const before = await scraped();
  expect(Object.keys(before).sort()).toEqual(names);
  expect(before).toMatchObject({ min: 0, max: 0, mean: 0, p99: 0, stddev: 0 });
  // Looked at once at least, then held up for longer than the pause between two looks.
  await pause(150);
  const until = process.hrtime.bigint() + 400_000_000n;
  while (process.hrtime.bigint() < until);
  await pause(1);
  const held = await scraped();
  expect(held.max).toBeGreaterThan(0.1);
  expect(held.p99).toBeGreaterThan(0.1);
  expect((await scraped()).max).toBeLessThan(held.max);
});
