import { ProviderRecord } from './provider-record';

describe('the line of health of a provider', () => {
  it('follows what became of the last call, and forgets a failure that nobody repeats', async () => {
    let at = 0;
    const record = new ProviderRecord('ways-osrm', 'OSRM', () => at);
    expect(await record.check()).toEqual({
      message: 'OSRM is configured; nothing was asked of it since the start.',
    });
    record.answered();
    at += 5_000;
    expect(await record.check()).toEqual({ message: 'OSRM answered 5 s ago.' });
    record.failed('did not answer in time');
    at += 240_000;
    expect(await record.check()).toEqual({
      status: 'degraded',
      message: 'OSRM did not answer in time, 4 min ago.',
    });
    at += 360_000;
    expect(await record.check()).toEqual({ message: 'OSRM did not answer in time, 10 min ago.' });
    record.failed();
    record.answered();
    expect(await record.check()).toEqual({ message: 'OSRM answered 0 s ago.' });
    expect(record.critical).toBe(false);
  });
});
