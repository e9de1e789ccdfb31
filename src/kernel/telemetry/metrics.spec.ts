import { registerGauge, registry } from './metrics';

describe('gauges', () => {
  it('that cannot be read are left out, and the others are told', async () => {
    registerGauge({
      name: 'spec_away',
      help: 'Is away.',
      read: () => Promise.reject(new Error('The database is away.')),
    });
    registerGauge({
      name: 'spec_broken',
      help: 'Throws.',
      read: () => {
        throw new Error('The queue is away.');
      },
    });
    registerGauge({ name: 'spec_here', help: 'Is here.', read: () => 7 });
    const told = await registry.metrics();
    expect(told).toContain('spec_here 7');
    expect(told).not.toMatch(/^spec_(?:away|broken) /m);
    for (const name of ['spec_away', 'spec_broken', 'spec_here']) registry.removeSingleMetric(name);
  });
});
