import IORedis from 'ioredis';
import { describeWithRedis, startRedis, type TestRedis } from '../../../test/support/redis';
import { subscribingWhenReady } from './fan-out';

describeWithRedis('copies of a connection to Redis', () => {
  let redis: TestRedis;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis.stop());

  it('subscribe, whenever they are asked to', async () => {
    const client = subscribingWhenReady(new IORedis(redis.url));
    // Before there is a connection, on one that is not ready, and on one that is.
    for (const moment of ['connecting', 'connect', 'ready']) {
      const copy = client.duplicate();
      const faults: unknown[] = [];
      copy.on('error', (error) => faults.push(error));
      const heard = new Promise((resolve) => copy.on('message', (_, text) => resolve(text)));
      if (moment !== 'connecting') await new Promise<void>((resolve) => copy.once(moment, () => resolve()));
      await copy.subscribe(moment);
      await client.publish(moment, 'hello');
      expect([moment, await heard, faults]).toEqual([moment, 'hello', []]);
      copy.disconnect();
    }
    await client.quit();
  });

  it('give up with their connection', async () => {
    const client = subscribingWhenReady(new IORedis(redis.url, { lazyConnect: true }));
    const copy = client.duplicate();
    const subscribed = copy.subscribe('never');
    copy.disconnect();
    expect(await subscribed).toBe(0);
    client.disconnect();
  });
});
