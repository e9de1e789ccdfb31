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
  (select count(*)::int from orders.orders where tenant_id = $1 and status not in ('paid', 'cancelled')) as unsettled,
  (select count(*)::int from orders.orders o where o.tenant_id = $1 and not exists (
     select 1 from payments.intents i join payments.attempts a on a.tenant_id = i.tenant_id and a.id = i.latest_attempt_id
     where i.tenant_id = o.tenant_id and i.payable_id = o.id and (o.status, o.payment_status, i.status, a.captured - a.refunded) in (
       ('paid', 'paid', 'succeeded', i.amount), ('cancelled', 'voided', 'canceled', 0), ('cancelled', 'refunded', 'succeeded', 0)))) as unaccounted,
  (select count(*)::int from payments.attempts where tenant_id = $1 and state not in ('charged', 'failed', 'voided')) as "inFlight",
  (select count(*)::int from (
     select 1 from sandbox.payments p join payments.attempts a on a.tenant_id = p.tenant_id and a.id::text = p.key
       join payments.intents i on i.tenant_id = a.tenant_id and i.id = a.intent_id
     where p.tenant_id = $1 and p.status = 'succeeded' and p.refunded < p.amount group by i.payable_id) x) as charged,
  (select count(*)::int from sandbox.payments where tenant_id = $1 and status = 'succeeded' and refunded < amount) as charges,
  (select count(*)::int from inventory.inventory_reservations where tenant_id = $1 and state = 'active') as held,
  (select coalesce(sum(reserved), 0)::int from inventory.stock_levels where tenant_id = $1) as reserved,
  (select count(*)::int from inventory.stock_levels l where l.tenant_id = $1 and l.reserved <> (
     select coalesce(sum(x.quantity), 0) from inventory.reservation_lines x
       join inventory.inventory_reservations r on r.tenant_id = x.tenant_id and r.id = x.reservation_id
     where x.tenant_id = l.tenant_id and x.level_id = l.id and x.taken_over_at is null and r.state in ('active', 'committed'))) as drifted,
  (select count(*)::int from kernel.deliveries where tenant_id = $1 and (kind <> 'timer' or state = 'dead')) as deliveries`;

interface State {
  orders: number;
  paid: number;
  /** Orders that are neither paid nor cancelled. */
  unsettled: number;
  /** Orders that are neither paid with their money here, nor cancelled with it voided or given back. */
  unaccounted: number;
  /** Attempts of which nobody knows how they ended. */
  inFlight: number;
  /** Orders for which the gateway holds money, and how often it does. */
  charged: number;
  charges: number;
  /** Holds that are neither taken nor given back. */
  held: number;
  reserved: number;
  /** Levels whose reserved quantity is not the sum of their holds. */
  drifted: number;
  deliveries: number;
}

const SETTLED = { unsettled: 0, unaccounted: 0, inFlight: 0, held: 0, drifted: 0, deliveries: 0 };

describe('a server that is killed between the transactions of a checkout', () => {
  let database: TestDatabase;
  let admin: Client;
  let running: TestServer | undefined;
  let started = 0;

  const start = async (env: Record<string, string> = {}): Promise<TestServer> => {
    const name = `kill-${process.env.JEST_WORKER_ID ?? 1}-${started++}`;
    return (running = await startServer({ database, name, env }));
  };
  const kill = (): void => {
    const pid = running?.pid;
    running = undefined;
    try {
      if (pid) process.kill(pid, 'SIGKILL');
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
    kill();
    await admin?.end();
  });

  async function moveClock(server: TestServer, shop: Shop, advanceSeconds: number): Promise<void> {
    const anyone = new TestClient(server.url);
    const { email } = shop.owner.user;
    const login = await anyone.post<{ accessToken: string }>('/auth/login', { email, password: shop.owner.password });
    const token = expectStatus(login, 200).accessToken;
    expectStatus(await anyone.post('/dev/clock', { advanceSeconds }, { token }), 200);
  }

  /** Moves time past every hold and every poller, and waits until nothing is left to do. */
  async function settle(server: TestServer, shop: Shop, first = 2_000, then = 300): Promise<State> {
    let seconds = first;
    return eventually(
      async () => {
        await moveClock(server, shop, seconds);
        seconds = then;
        const now = await state(shop.id);
        if (now.unsettled + now.unaccounted + now.inFlight + now.held + now.deliveries > 0)
          throw new Error(JSON.stringify(now));
        return now;
      },
      { timeoutMs: 60_000, everyMs: 500 },
    );
  }

  /** How many confirmations lie in the mailbox of each paid order's buyer. */
  const confirmations = async (shop: Shop): Promise<number[]> => {
    const mails = await admin.query<{ n: number }>(
      `select (select count(*)::int from notifications.dev_mailbox d
                where d.recipient = o.email and d.text_body like '%' || o.number || '%') as n
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
    const queue = carts.map((_, index) => index);
    const statuses: number[] = [];
    const buyer = async (): Promise<void> => {
      for (let index = queue.shift(); index !== undefined; index = queue.shift()) {
        const email = `buyer-${newId().slice(-12)}@example.com`;
        const answer = await checkOut(shop.asGuest, carts[index], 'success', newId(), email).catch(() => undefined);
        statuses.push(answer?.status ?? 0);
        if (statuses.length === 60) kill();
      }
    };
    await Promise.all(Array.from({ length: 20 }, buyer));
    const answered = statuses.filter((status) => status === 201).length;
    expect(answered).toBeGreaterThanOrEqual(50);
    expect(statuses).toContain(0);
    const done = await settle(await start(), shop);
    expect(done).toMatchObject({ ...SETTLED, charged: done.paid, charges: done.paid, reserved: done.paid });
    expect(done.paid).toBeGreaterThanOrEqual(answered);
    expect((await confirmations(shop)).filter((count) => count !== 1)).toEqual([]);
  }, 150_000);

  describe('at a named point', () => {
    interface Victim {
      shop: Shop;
      cart: string;
      key: string;
      email: string;
    }
    const points = ['checkout.after-t1', 'checkout.after-gateway', 'checkout.after-t2'];
    /** Of each point one shopper who asks again, and one who never does. */
    const asking = new Map<string, Victim>();
    const silent = new Map<string, Victim>();
    let after: TestServer;

    const guest = (server: TestServer, { shop }: Victim): TestClient =>
      new TestClient(server.url, { tenant: shop.slug });
    const pay = (server: TestServer, victim: Victim) =>
      checkOut(guest(server, victim), victim.cart, 'success', victim.key, victim.email);

    beforeAll(async () => {
      kill();
      const { url } = await start();
      const open = async (victims: Map<string, Victim>, point: string): Promise<void> => {
        const shop = await openShop(url, 'Point');
        const { sku } = await stock(shop, { quantity: 10 });
        const cart = await fillCart(shop.asGuest, [{ sku, quantity: 2 }]);
        victims.set(point, { shop, cart, key: newId(), email: `buyer-${newId().slice(-12)}@example.com` });
      };
      await Promise.all(points.flatMap((point) => [open(asking, point), open(silent, point)]));
      kill();
      for (const [point, victim] of [...asking, ...silent]) {
        await expect(pay(await start({ MAINSTAY_KILL_POINT: point }), victim)).rejects.toThrow();
        expect(await state(victim.shop.id)).toMatchObject({ orders: 1, reserved: 2, drifted: 0 });
      }
      after = await start();
      await moveClock(after, asking.get(points[0])!.shop, 61);
    }, 150_000);

    it.each(points)('%s: the same request takes over after the lease and answers the one order', async (point) => {
      const victim = asking.get(point)!;
      const retried = await eventually(
        async () => {
          const answer = await pay(after, victim);
          return answer.status === 409 ? undefined : answer;
        },
        { timeoutMs: 20_000, everyMs: 250 },
      );
      expect(expectStatus<Placed>(retried, 201).order.status).toBe('paid');
    });

    it.each(points.slice(1))('%s: of a shopper who never asks again the poller finds the charge', async (point) => {
      const { shop } = silent.get(point)!;
      const done = await settle(after, shop, 1, 1);
      expect(done).toMatchObject({ ...SETTLED, orders: 1, paid: 1, charged: 1, charges: 1, reserved: 2 });
      expect(await confirmations(shop)).toEqual([1]);
    });

    it('checkout.after-t1: of a shopper who never asks again nothing is charged, and the stock comes back', async () => {
      const { shop } = silent.get(points[0])!;
      const done = await settle(after, shop);
      expect(done).toMatchObject({ ...SETTLED, orders: 1, paid: 0, charged: 0, charges: 0, reserved: 0 });
      expect(await confirmations(shop)).toEqual([]);
    });

    it.each(points)('%s: nothing is charged, held or mailed twice, however far time moves', async (point) => {
      const { shop } = asking.get(point)!;
      const done = await settle(after, shop);
      expect(done).toMatchObject({ ...SETTLED, orders: 1, paid: 1, charged: 1, charges: 1, reserved: 2 });
      expect(await confirmations(shop)).toEqual([1]);
    });
  });
});
