import type { FastifyReply } from 'fastify';
import { testApp, testConfig, type TestApp } from '../../../test/support/app';
import { describeWithRedis, startRedis, type TestRedis } from '../../../test/support/redis';
import { GUEST } from '../auth/principal';
import { Database } from '../database/database';
import { newId } from '../ids/ids';
import { addressKey, RateLimits } from './rate-limits';

/** A reply that only remembers its header fields. */
const reply = (): FastifyReply & { fields: Record<string, string> } => {
  const fields: Record<string, string> = {};
  return { fields, header: (name: string, value: string) => (fields[name] = value) } as never;
};

let app: TestApp;
beforeAll(async () => {
  app = await testApp([]);
});
afterAll(() => app.close());

/** 4 processes, of which each is one `RateLimits` with nothing in common but the store. */
async function acceptedOf(env: Record<string, string>, calls: number): Promise<{ store: string; accepted: number }> {
  const config = testConfig(app.database, { MAINSTAY_RATE_LIMIT: '100', ...env });
  const processes = Array.from({ length: 4 }, () => new RateLimits(config, app.get(Database)));
  const address = `2001:db8:${Math.floor(process.hrtime()[1] % 65_535).toString(16)}::1`;
  try {
    await Promise.all(processes.map((one) => one.ready()));
    const outcomes = await Promise.all(
      Array.from({ length: calls }, (_, i) =>
        (async () => processes[i % 4].consume('default', GUEST, address, reply()))().then(
          () => true,
          (error: { code?: string }) => {
            expect(error.code).toBe('rate-limit.exceeded');
            return false;
          },
        ),
      ),
    );
    return { store: processes[0].store, accepted: outcomes.filter(Boolean).length };
  } finally {
    for (const one of processes) one.onApplicationShutdown();
  }
}

describe('rate limits over processes', () => {
  it('count exactly in PostgreSQL where roles are split', async () => {
    expect(await acceptedOf({ MAINSTAY_ROLES: 'api' }, 400)).toEqual({ store: 'postgres', accepted: 100 });
  });

  it('keep refusing a caller that goes on', async () => {
    const config = testConfig(app.database, { MAINSTAY_RATE_LIMIT: '3', MAINSTAY_ROLES: 'api' });
    const limits = new RateLimits(config, app.get(Database));
    const outcomes: string[] = [];
    for (let i = 0; i < 12; i++)
      outcomes.push(
        await Promise.resolve(limits.consume('default', GUEST, '192.0.2.17', reply())).then(
          () => 'let in',
          (error: { code: string }) => error.code,
        ),
      );
    expect(outcomes.slice(0, 3)).toEqual(['let in', 'let in', 'let in']);
    expect(new Set(outcomes.slice(3))).toEqual(new Set(['rate-limit.exceeded']));
  });

  it('share trips: requests of one caller that come together cost two', async () => {
    const config = testConfig(app.database, { MAINSTAY_RATE_LIMIT: '1000', MAINSTAY_ROLES: 'api' });
    const { pool } = app.get(Database);
    const query = jest.spyOn(pool, 'query');
    const limits = new RateLimits(config, app.get(Database));
    const answers = await Promise.all(
      Array.from({ length: 50 }, async () => {
        const answer = reply();
        await limits.consume('default', GUEST, '192.0.2.18', answer);
        return Number(/r=(\d+)/.exec(answer.fields.ratelimit)![1]);
      }),
    );
    // Each of them was counted for itself.
    expect(answers.sort((a, b) => b - a)).toEqual(Array.from({ length: 50 }, (_, i) => 999 - i));
    expect(query.mock.calls.filter(([text]) => /rate_limits/.test(JSON.stringify(text)))).toHaveLength(2);
    query.mockRestore();
  });

  it('count locally while the store is away', async () => {
    const config = testConfig(app.database, { MAINSTAY_RATE_LIMIT: '3', REDIS_URL: 'redis://127.0.0.1:1' });
    const limits = new RateLimits(config, app.get(Database));
    const one = async (): Promise<void> => limits.consume('default', GUEST, '192.0.2.9', reply());
    try {
      for (let i = 0; i < 3; i++) await one();
      await expect(one()).rejects.toMatchObject({ code: 'rate-limit.exceeded' });
    } finally {
      limits.onApplicationShutdown();
    }
  });

  it('know a principal wherever it comes from, and give it more', async () => {
    const limits = new RateLimits(testConfig(app.database, { MAINSTAY_RATE_LIMIT: '2' }), app.get(Database));
    const user = { ...GUEST, kind: 'user' as const, userId: newId() };
    const answer = reply();
    for (let i = 0; i < 10; i++) await limits.consume('default', user, `192.0.2.${i}`, answer);
    expect(answer.fields).toMatchObject({ 'ratelimit-policy': '"default";q=10;w=60' });
    expect(answer.fields.ratelimit).toMatch(/^"default";r=0;t=\d+$/);
    const again = async (): Promise<void> => limits.consume('default', user, '192.0.2.99', answer);
    await expect(again()).rejects.toMatchObject({ kind: 'too-many' });
  });
});

describeWithRedis('rate limits over processes, with Redis', () => {
  let redis: TestRedis;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis.stop());

  it('count exactly there', async () => {
    expect(await acceptedOf({ REDIS_URL: redis.url }, 400)).toEqual({ store: 'redis', accepted: 100 });
  });
});

it('an IPv6 client counts as its network', () => {
  expect(addressKey('2001:db8:1:2:3:4:5:6')).toBe('2001:db8:1:2::/64');
  expect(addressKey('2001:0db8:0001::ffff')).toBe('2001:db8:1:0::/64');
  expect(addressKey('::1')).toBe('0:0:0:0::/64');
  expect(addressKey('::ffff:192.0.2.1')).toBe('192.0.2.1');
  expect(addressKey('192.0.2.1')).toBe('192.0.2.1');
});
