import { Client } from 'pg';
import { TestClient } from '../../../test/support/client';
import { eventually } from '../../../test/support/eventually';
import { pair, startServer, type TestServer } from '../../../test/support/server';
import { openShop, signUp, type Shop } from '../../../test/support/shop';
import { isAlive } from '../database/embedded/lock';

interface View {
  now: string;
  offsetSeconds: number;
}

/** Sends a request, and says how many ms the time that it answers lies ahead of the machine's, at least and at most. */
async function ahead<T extends { status: number; body: object }>(
  send: () => Promise<T>,
  time: 'now' | 'time',
): Promise<T & { ms: [number, number] }> {
  const from = Date.now();
  const answer = await send();
  const told = Date.parse((answer.body as Record<string, string>)[time]);
  return { ...answer, ms: [told - Date.now(), told - from] };
}
const between = ([least, most]: [number, number], seconds: number): void => {
  expect(least).toBeLessThanOrEqual(Math.round(seconds * 1000));
  expect(most).toBeGreaterThanOrEqual(Math.round(seconds * 1000));
};

describe('the clock of several processes', () => {
  let servers: TestServer[];
  let production: TestServer | undefined;
  let shop: Shop;
  let there: TestClient;

  beforeAll(async () => {
    servers = await pair();
    shop = await openShop(servers[0].url);
    there = new TestClient(servers[1].url, { token: shop.owner.accessToken });
  }, 90_000);
  afterAll(async () => {
    if (!production) return;
    process.kill(production.pid, 'SIGTERM');
    // Until it has gone it takes work of the files that come next, by its own clock and settings.
    await eventually(() => !isAlive(production!.pid));
  });

  it('moves for owners, in every process and in SQL', async () => {
    const before = (await shop.asOwner.get<View>('/dev/clock')).body.offsetSeconds;
    const moved = await ahead(() => shop.asOwner.post<View>('/dev/clock', { advanceSeconds: 120 }), 'now');
    expect(moved.status).toBe(200);
    expect(moved.body.offsetSeconds).toBe(before + 120);
    between(moved.ms, before + 120);
    await eventually(async () => (await there.get<View>('/dev/clock')).body.offsetSeconds === before + 120);
    await there.post('/dev/clock', { advanceSeconds: 30 });
    await eventually(async () => (await shop.asOwner.get<View>('/dev/clock')).body.offsetSeconds === before + 150);
    const target = Date.now() + (before + 300) * 1000;
    const from = Date.now();
    const set = await shop.asOwner.post<View>('/dev/clock', { set: new Date(target).toISOString() });
    const passed = Date.parse(set.body.now) - target;
    // The database rounds to the millisecond.
    expect(passed).toBeGreaterThanOrEqual(-1);
    expect(passed).toBeLessThanOrEqual(Date.now() - from + 1);
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

  it('has no routes and no offset in production, as no tool of development has', async () => {
    const database = servers[0].database;
    production = await startServer({
      database,
      name: 'clock-production',
      env: {
        NODE_ENV: 'production',
        MAINSTAY_SECRET_KEY: 'k3V0cHNzZWNyZXQtZm9yLXRoaXMtdGVzdC1ydW4tMDE=',
        MAINSTAY_PUBLIC_URL: 'http://127.0.0.1',
      },
    });
    const admin = new Client({ connectionString: database.superuserUrl });
    await admin.connect();
    expect((await admin.query('select offset_seconds from kernel.clock')).rows[0].offset_seconds).toBeGreaterThan(200);
    await admin.end();
    const client = new TestClient(production.url);
    expect((await client.get('/dev/clock')).status).toBe(404);
    expect((await client.post('/dev/clock', { advanceSeconds: 1 })).status).toBe(404);
    // Nor any other tool of development: the mailbox as data and as a page; metrics are for operators.
    expect((await client.get('/dev/mailbox?to=ada@example.org')).status).toBe(404);
    for (const [place, status] of [
      ['/dev/mailbox', 404],
      ['/metrics', 403],
    ] as const)
      expect([place, (await fetch(production.url + place)).status]).toEqual([place, status]);
    between((await ahead(() => client.get<{ time: string }>('/status'), 'time')).ms, 0);
  });
});
