import { Client } from 'pg';
import { TestClient } from '../../../test/support/client';
import { testDatabase } from '../../../test/support/cluster';
import { eventually } from '../../../test/support/eventually';
import { startServer, type TestServer } from '../../../test/support/server';
import { openShop, signUp, type Shop } from '../../../test/support/shop';

interface View {
  now: string;
  offsetSeconds: number;
}

describe('the clock of several processes', () => {
  const servers: TestServer[] = [];
  let shop: Shop;
  let there: TestClient;

  beforeAll(async () => {
    const database = await testDatabase({ fresh: true });
    for (const name of ['clock-one', 'clock-two']) servers.push(await startServer({ database, name }));
    shop = await openShop(servers[0].url);
    there = new TestClient(servers[1].url, { token: shop.owner.accessToken });
  }, 90_000);
  afterAll(() => {
    for (const { pid } of servers) process.kill(pid, 'SIGTERM');
  });

  it('moves for owners, in every process and in SQL', async () => {
    const moved = await shop.asOwner.post<View>('/dev/clock', { advanceSeconds: 120 });
    expect(moved.status).toBe(200);
    expect(moved.body.offsetSeconds).toBe(120);
    expect(Math.abs(Date.parse(moved.body.now) - Date.now() - 120_000)).toBeLessThan(2_000);
    await eventually(async () => (await there.get<View>('/dev/clock')).body.offsetSeconds === 120);
    await there.post('/dev/clock', { advanceSeconds: 30 });
    await eventually(async () => (await shop.asOwner.get<View>('/dev/clock')).body.offsetSeconds === 150);
    const target = new Date(Date.now() + 300_000).toISOString();
    const set = await shop.asOwner.post<View>('/dev/clock', { set: target });
    expect(Math.abs(Date.parse(set.body.now) - Date.parse(target))).toBeLessThan(2_000);
  });

  it('refuses what is no move, and those who may not', async () => {
    for (const body of [
      {},
      { advanceSeconds: 1, set: '2030-01-01T00:00:00Z' },
      { advanceSeconds: 'x' },
      { set: 'soon' },
    ]) {
      expect((await shop.asOwner.post('/dev/clock', body)).status).toBe(400);
    }
    expect((await shop.asOwner.post('/dev/clock', { set: '9999-01-01T00:00:00Z' })).body).toMatchObject({
      code: 'clock.out-of-range',
    });
    expect((await new TestClient(servers[0].url).get('/dev/clock')).status).toBe(401);
    const shopper = await signUp(shop.asGuest, { email: `clock-${process.pid}@example.org`, name: 'Shopper' });
    expect((await shop.asGuest.get('/dev/clock', { token: shopper.accessToken })).status).toBe(403);
  });

  it('has no routes and no offset in production', async () => {
    const database = servers[0].database;
    const production = await startServer({
      database,
      name: 'clock-production',
      env: {
        NODE_ENV: 'production',
        MAINSTAY_SECRET_KEY: 'k3V0cHNzZWNyZXQtZm9yLXRoaXMtdGVzdC1ydW4tMDE=',
        MAINSTAY_PUBLIC_URL: 'http://127.0.0.1',
      },
    });
    servers.push(production);
    const admin = new Client({ connectionString: database.superuserUrl });
    await admin.connect();
    expect((await admin.query('select offset_seconds from kernel.clock')).rows[0].offset_seconds).toBeGreaterThan(200);
    await admin.end();
    const client = new TestClient(production.url);
    expect((await client.get('/dev/clock')).status).toBe(404);
    expect((await client.post('/dev/clock', { advanceSeconds: 1 })).status).toBe(404);
    const status = await client.get<{ time: string }>('/status');
    expect(Math.abs(Date.parse(status.body.time) - Date.now())).toBeLessThan(5_000);
  });
});
