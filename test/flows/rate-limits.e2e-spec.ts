import { randomInt } from 'node:crypto';
import { parseList } from 'structured-headers';
import { TestClient, type Answer } from '../support/client';
import { describeWithRedis, startRedis, type TestRedis } from '../support/redis';
import { server, startServer, type TestServer } from '../support/server';
import { openShop, type Shop } from '../support/shop';

const LIMIT = 100;
const CALLS = 1_000;

/** Whatever a client could say about where it comes from. */
const spoofed = (): Record<string, string> => {
  const address = `${randomInt(1, 224)}.${randomInt(256)}.${randomInt(256)}.${randomInt(256)}`;
  return {
    'x-forwarded-for': `${address}, 127.0.0.1`,
    'x-real-ip': address,
    'x-client-ip': address,
    forwarded: `for=${address};proto=https`,
  };
};

/** A structured field of one item (RFC 9651): its name and its parameters. */
function fieldOf(answer: Answer, name: string): { name: unknown; parameters: Map<string, unknown> } {
  const list = parseList(answer.headers.get(name)!);
  expect(list).toHaveLength(1);
  const [item, parameters] = list[0] as [unknown, Map<string, unknown>];
  return { name: item, parameters };
}

/** Processes that have nothing in common but their store. */
function proof(processes: number, env: () => Record<string, string>): void {
  const servers: TestServer[] = [];
  let shop: Shop;

  beforeAll(async () => {
    // Signing up would use the limit: it happens at a server that limits nobody.
    const { url, database } = await server();
    shop = await openShop(url, 'Limits');
    const limited = { ...env(), MAINSTAY_ROLES: 'api,realtime', MAINSTAY_RATE_LIMIT: String(LIMIT) };
    const start = (number: number): Promise<TestServer> =>
      startServer({ database, name: `limits-${process.env.JEST_WORKER_ID ?? 1}-${number}`, env: limited });
    servers.push(...(await Promise.all(Array.from({ length: processes }, (_, number) => start(number)))));
  }, 240_000);
  afterAll(() => {
    for (const { pid } of servers) process.kill(pid, 'SIGTERM');
  });

  /** So many calls, spread over the processes, so many at a time. */
  async function calls(count: number, call: (client: TestClient) => Promise<Answer>): Promise<Answer[]> {
    const answers: Answer[] = [];
    let next = 0;
    const caller = async (): Promise<void> => {
      while (next < count)
        answers.push(await call(new TestClient(servers[next++ % processes].url, { tenant: shop.slug })));
    };
    await Promise.all(Array.from({ length: 40 }, caller));
    return answers;
  }

  it(`lets ${LIMIT} of ${CALLS} calls of one address through, whatever it says that it is`, async () => {
    const answers = await calls(CALLS, (client) => client.get('/products', { headers: spoofed() }));
    const accepted = answers.filter(({ status }) => status === 200);
    const refused = answers.filter(({ status }) => status === 429);
    expect([accepted.length, refused.length]).toEqual([LIMIT, CALLS - LIMIT]);
    const rests = accepted.map((answer) => {
      const { name, parameters } = fieldOf(answer, 'ratelimit');
      expect(name).toBe('default');
      const seconds = parameters.get('t') as number;
      expect(Number.isInteger(seconds) && seconds >= 1 && seconds <= 60).toBe(true);
      return parameters.get('r') as number;
    });
    // Every call that was let through had a place of its own.
    expect(rests.sort((a, b) => a - b)).toEqual(Array.from({ length: LIMIT }, (_, i) => i));
    for (const answer of refused) {
      expect(answer.body).toMatchObject({ code: 'rate-limit.exceeded', status: 429 });
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
      expect(fieldOf(answer, 'ratelimit').parameters.get('r')).toBe(0);
    }
    const policy = fieldOf(answers[0], 'ratelimit-policy');
    expect([policy.name, policy.parameters.get('q'), policy.parameters.get('w')]).toEqual(['default', LIMIT, 60]);
  }, 60_000);

  it('counts somebody who is signed in apart, wherever they come from', async () => {
    const answers = await calls(600, (client) =>
      client.get('/products', { token: shop.owner.accessToken, headers: spoofed() }),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(LIMIT * 5);
  }, 60_000);
}

describe('a limit over four processes, counted in PostgreSQL', () => {
  proof(4, () => ({}));
});

describeWithRedis('a limit over two processes, counted in Redis', () => {
  let redis: TestRedis;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis.stop());
  proof(2, () => ({ REDIS_URL: redis.url }));
});
