import { Client } from 'pg';
import { newId } from '../../src/kernel/ids/ids';
import { expectStatus, TestClient } from '../support/client';
import { testDatabase, type TestDatabase } from '../support/cluster';
import { eventually } from '../support/eventually';
import { startServer, type TestServer } from '../support/server';
import { checkOut, fillCart, openShop, stock, type Placed, type Shop } from '../support/shop';

/** What is left in the database after a crash and a restart, looked at past every wall. */
const STATE = `select
  (select count(*)::int from orders.orders where tenant_id = $1) as orders,
  (select count(*)::int from orders.orders where tenant_id = $1 and status = 'paid') as paid,
  (select count(*)::int from orders.orders o where o.tenant_id = $1 and o.status not in ('paid', 'cancelled')) as unsettled,
  (select count(*)::int from inventory.inventory_reservations r where r.tenant_id = $1 and r.state = 'active') as held,
  (select count(*)::int from inventory.stock_levels l where l.tenant_id = $1 and l.reserved <> (
     select coalesce(sum(x.quantity), 0) from inventory.reservation_lines x join inventory.inventory_reservations r on r.tenant_id = x.tenant_id and r.id = x.reservation_id
     where x.tenant_id = l.tenant_id and x.level_id = l.id and x.taken_over_at is null and r.state in ('active', 'committed'))) as drifted,
  (select count(*)::int from kernel.deliveries where tenant_id = $1 and (kind <> 'timer' or state = 'dead')) as deliveries`;

interface State {
  orders: number;
  paid: number;
  unsettled: number;
  held: number;
  drifted: number;
  deliveries: number;
}

describe('a server that is killed between the transactions of a checkout', () => {
  let database: TestDatabase;
  let admin: Client;
  const servers: TestServer[] = [];

  const start = async (env: Record<string, string> = {}): Promise<TestServer> => {
    const started = await startServer({
      database,
      name: `kill-${process.env.JEST_WORKER_ID ?? 1}-${servers.length}`,
      env,
    });
    servers.push(started);
    return started;
  };
  const kill = (server: TestServer): void => {
    try {
      process.kill(server.pid, 'SIGKILL');
    } catch {
      // It ended itself at its kill point.
    }
  };
  const state = async (tenantId: string): Promise<State> => (await admin.query<State>(STATE, [tenantId])).rows[0];

  beforeAll(async () => {
    database = await testDatabase({ fresh: true });
    admin = new Client({ connectionString: database.superuserUrl });
    await admin.connect();
  });
  afterAll(async () => {
    servers.forEach(kill);
    await admin?.end();
  });

  /** Moves time past every hold and every poller, and waits until nothing is left to do. */
  async function settle(server: TestServer, shop: Shop): Promise<State> {
    const owner = new TestClient(server.url, { token: shop.owner.accessToken });
    return eventually(
      async () => {
        const login = await new TestClient(server.url).post<{ accessToken: string }>('/auth/login', {
          email: shop.owner.user.email,
          password: shop.owner.password,
        });
        const moved = await owner.as({ token: login.body.accessToken }).post('/dev/clock', { advanceSeconds: 2_000 });
        if (moved.status !== 200 && moved.status !== 201) throw new Error(`clock: ${moved.text}`);
        const now = await state(shop.id);
        if (now.unsettled > 0 || now.held > 0 || now.deliveries > 0) throw new Error(JSON.stringify(now));
        return now;
      },
      { timeoutMs: 40_000, everyMs: 500 },
    );
  }

  const confirmations = async (shop: Shop): Promise<number[]> => {
    const mails = await admin.query<{ n: number }>(
      `select (select count(*)::int from notifications.dev_mailbox d where d.tenant_id = o.tenant_id and d.recipient = o.email and d.subject ilike '%' || o.number || '%') as n
       from orders.orders o where o.tenant_id = $1 and o.status = 'paid'`,
      [shop.id],
    );
    return mails.rows.map((row) => row.n);
  };

  it('loses nothing of 200 checkouts: every order has a payment state, no hold outlives its time, each paid order is mailed once', async () => {
    const first = await start();
    const shop = await openShop(first.url, 'Crash');
    const { sku } = await stock(shop, { quantity: 1_000 });
    const carts = await Promise.all(Array.from({ length: 200 }, () => fillCart(shop.asGuest, [{ sku, quantity: 1 }])));
    const keys = carts.map(() => newId());
    const emails = carts.map(() => `buyer-${newId().slice(-12)}@example.com`);
    let answered = 0;
    const buy = async (guest: TestClient, index: number): Promise<number> => {
      const answer = await checkOut(guest, carts[index], 'success', keys[index], emails[index]).catch(() => undefined);
      answered += 1;
      if (answered === 60) kill(first);
      return answer?.status ?? 0;
    };
    const queue = carts.map((_, index) => index);
    const statuses: number[] = [];
    await Promise.all(
      Array.from({ length: 20 }, async () => {
        for (let next = queue.shift(); next !== undefined; next = queue.shift())
          statuses.push(await buy(shop.asGuest, next));
      }),
    );
    expect(statuses).toContain(0);
    const second = await start();
    const done = await settle(second, shop);
    expect(done).toMatchObject({ unsettled: 0, held: 0, drifted: 0, deliveries: 0 });
    expect(done.paid).toBeGreaterThanOrEqual(statuses.filter((status) => status === 201).length);
    const mails = await confirmations(shop);
    expect(mails.every((count) => count === 1)).toBe(true);
    kill(second);
  });

  it.each(['checkout.after-t1', 'checkout.after-gateway', 'checkout.after-t2'])(
    'killed at %s: the same request takes over after the lease and answers the one order',
    async (point) => {
      const calm = await start();
      const shop = await openShop(calm.url, 'Point');
      const { sku } = await stock(shop, { quantity: 10 });
      const cart = await fillCart(shop.asGuest, [{ sku, quantity: 2 }]);
      kill(calm);
      const doomed = await start({ MAINSTAY_KILL_POINT: point });
      const key = newId();
      const email = `buyer-${newId().slice(-12)}@example.com`;
      const guest = (server: TestServer): TestClient => new TestClient(server.url, { tenant: shop.slug });
      await expect(checkOut(guest(doomed), cart, 'success', key, email)).rejects.toThrow();
      const after = await start();
      const owner = new TestClient(after.url, { token: shop.owner.accessToken });
      expectStatus(await owner.post('/dev/clock', { advanceSeconds: 61 }), 200);
      const retried = await eventually(
        async () => {
          const answer = await checkOut(guest(after), cart, 'success', key, email);
          return answer.status === 409 ? undefined : answer;
        },
        { timeoutMs: 20_000, everyMs: 250 },
      );
      const placed = expectStatus<Placed>(retried, 201);
      expect(placed.order.status).toBe('paid');
      const done = await settle(after, shop);
      expect(done).toMatchObject({ orders: 1, paid: 1, held: 0, drifted: 0 });
      expect(await confirmations(shop)).toEqual([1]);
      kill(after);
    },
  );
});
