import { readFileSync } from 'node:fs';
import { io, type Socket } from 'socket.io-client';
import { expectStatus } from '../support/client';
import { testDatabase } from '../support/cluster';
import { eventually } from '../support/eventually';
import { describeWithRedis, startRedis, type TestRedis } from '../support/redis';
import { startServer, type TestServer } from '../support/server';
import { fillCart, checkOut, openShop, stock, type Login, type Shop } from '../support/shop';

/** Three processes of the product: two that serve, one that works; the journey crosses all of them. */
function behaves(store: () => Promise<Record<string, string>>): void {
  const servers: TestServer[] = [];
  const sockets: Socket[] = [];
  let shop: Shop;

  const connect = async (url: string, token: string): Promise<Socket> => {
    const socket = io(url, { auth: { token }, transports: ['websocket'], reconnection: false, forceNew: true });
    sockets.push(socket);
    await eventually(() => socket.connected);
    return socket;
  };

  beforeAll(async () => {
    const env = await store();
    const database = await testDatabase({ fresh: true });
    for (const roles of ['worker', 'api,realtime', 'api,realtime']) {
      const name = `split-${roles.split(',')[0]}-${servers.length}${env.REDIS_URL ? '-redis' : ''}`;
      servers.push(await startServer({ database, name, env: { ...env, MAINSTAY_ROLES: roles, LOG_LEVEL: 'info' } }));
    }
    // The mail of the registration is a job that only the worker runs.
    shop = await openShop(servers[1].url);
  }, 300_000);
  afterAll(() => {
    for (const socket of sockets) socket.disconnect();
    for (const { pid } of servers) process.kill(pid, 'SIGTERM');
  });

  it('shows an order that one process took to staff on the other', async () => {
    const { sku } = await stock(shop);
    const staff = await connect(servers[2].url, shop.owner.accessToken);
    const updates: { status?: string }[] = [];
    staff.on('order.updated', (payload: { status?: string }) => updates.push(payload));
    const cart = await fillCart(shop.asGuest, [{ sku, quantity: 2 }]);
    const placed = await checkOut(shop.asGuest, cart);
    expect(placed.status).toBe(201);
    await eventually(() => updates.length > 0, { timeoutMs: 15_000 });
  });

  it('serves no API where it is not asked to', async () => {
    const answer = await fetch(`${servers[0].url}/api/v1/products`, { headers: { 'x-tenant': shop.slug } });
    expect(answer.status).toBe(404);
    for (const path of ['/health/live', '/health/ready', '/health', '/api/status']) {
      expect([path, (await fetch(servers[0].url + path)).status]).toEqual([path, 200]);
    }
    // Metrics are there too, for operators and the holder of their token.
    expect((await fetch(`${servers[0].url}/metrics`)).status).toBe(403);
  });

  it('names at its start only what it serves', () => {
    const facts = (server: TestServer): Record<string, string> =>
      JSON.parse(
        readFileSync(server.log, 'utf8')
          .split('\n')
          .find((line) => line.includes(' ready in '))!,
      ) as Record<string, string>;
    const [worker, api] = [facts(servers[0]), facts(servers[1])];
    expect(worker).toMatchObject({ roles: 'worker', health: expect.stringMatching(/\/health\/ready$/) as string });
    expect(worker).toHaveProperty('metrics');
    for (const name of ['api', 'docs', 'queues', 'mailbox']) expect(worker).not.toHaveProperty(name);
    for (const name of ['api', 'docs', 'queues', 'health']) expect(api).toHaveProperty(name);
  });

  it('closes the sockets of a session that signs out on another process within two seconds', async () => {
    const credentials = { email: shop.owner.user.email, password: shop.owner.password };
    // Another session where the machine was too busy for it: what needs longer by itself always does.
    await eventually(
      async () => {
        const login = expectStatus(await shop.asGuest.post<Login>('/auth/login', credentials), 200);
        const socket = await connect(servers[2].url, login.accessToken);
        const from = process.hrtime.bigint();
        const out = await shop.asGuest.post(
          '/auth/logout',
          { refreshToken: login.refreshToken },
          { token: login.accessToken },
        );
        expect(out.status).toBeLessThan(300);
        await eventually(() => socket.disconnected);
        const took = Number(process.hrtime.bigint() - from) / 1e6;
        expect((await shop.asGuest.get('/auth/profile', { token: login.accessToken })).status).toBe(401);
        return took < 2_000;
      },
      { timeoutMs: 40_000 },
    );
  });
}

describe('split roles over PostgreSQL', () => behaves(() => Promise.resolve({})));

describeWithRedis('split roles over Redis', () => {
  let redis: TestRedis;
  afterAll(() => redis?.stop());
  behaves(async () => {
    redis = await startRedis();
    return { REDIS_URL: redis.url };
  });
});
