import { Histogram, Registry } from 'prom-client';
import { FastHistogram } from './fast-histogram';

describe('FastHistogram', () => {
  it('says to the registry what a histogram of prom-client says', async () => {
    const options = { name: 'seconds', help: 'Durations.', labelNames: ['route'], buckets: [0.1, 0.5, 1] };
    const fast = new FastHistogram(options);
    const ours = new Registry();
    ours.registerMetric(fast as never);
    const theirs = new Registry();
    const slow = new Histogram({ ...options, labelNames: ['route'], registers: [theirs] });
    const child = fast.child('/a');
    for (const value of [0.05, 0.1, 0.3, 0.9, 7]) {
      child.observe(value);
      slow.labels('/a').observe(value);
    }
    expect(await ours.metrics()).toBe(await theirs.metrics());
    fast.reset();
    expect(await ours.metrics()).toContain('seconds_count{route="/a"} 0');
  });

  it('shows nothing before anything was observed', async () => {
    const registry = new Registry();
    registry.registerMetric(
      new FastHistogram({ name: 'seconds', help: 'Durations.', labelNames: ['route'], buckets: [1] }) as never,
    );
    expect(await registry.metrics()).not.toContain('seconds_bucket');
  });
});
