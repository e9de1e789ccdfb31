import { Client } from 'pg';
import { newId } from '../../src/kernel/ids/ids';
import { expectStatus, TestClient } from '../support/client';
import { testDatabase } from '../support/cluster';
import { eventually } from '../support/eventually';
import { startServer, type TestServer } from '../support/server';
import { checkOut, fillCart, openShop, stock, type Placed, type Shop } from '../support/shop';

const CARTS = 100;

/** What the completions left, looked at past every wall. */
const LEFT = `select
  (select count(*)::int from orders.orders where tenant_id = $1 and status = 'paid') as paid,
  (select count(*)::int from payments.intents where tenant_id = $1 and status = 'succeeded') as succeeded,
  (select count(*)::int from payments.attempts where tenant_id = $1 and captured = amount and refunded = 0) as captured,
  (select count(*)::int from sandbox.payments where tenant_id = $1 and captured = amount and refunded = 0) as charged,
  (select count(*)::int from kernel.events where tenant_id = $1 and type = 'payments.payment-captured.v1') as "saidCaptured",
  (select count(*)::int from kernel.events where tenant_id = $1 and type = 'orders.order-paid.v1') as "saidPaid",
  (select count(*)::int from inventory.inventory_reservations where tenant_id = $1 and state = 'committed') as committed,
  (select sum(reserved)::int from inventory.stock_levels where tenant_id = $1) as reserved,
  (select count(*)::int from notifications.messages where tenant_id = $1 and template = 'order-confirmation') as messages,
  (select count(*)::int from notifications.dev_mailbox d join orders.orders o on o.email = d.recipient
    where o.tenant_id = $1 and d.text_body like '%' || o.number || '%') as mails,
  (select count(distinct d.recipient)::int from notifications.dev_mailbox d join orders.orders o on o.email = d.recipient
    where o.tenant_id = $1 and d.text_body like '%' || o.number || '%') as mailed`;

/** How far each of the racing paths is: webhooks worked off, pollers that have not yet asked, work that is not done. */
const RACERS = `select
  (select count(distinct attempt_id)::int from payments.provider_events
    where tenant_id = $1 and state = 'processed' and type = 'payment.succeeded') as webhooks,
  (select count(*)::int from kernel.deliveries
    where tenant_id = $1 and name = 'payments.ask-gateway-again' and payload->>'step' = '0') as waiting,
  (select count(*)::int from kernel.deliveries where tenant_id = $1 and kind <> 'timer') as working`;

describe('a payment that browser return, webhook and poller settle at once', () => {
  const servers: TestServer[] = [];
  let admin: Client;
  let shop: Shop;
  let there: TestClient;

  beforeAll(async () => {
    const database = await testDatabase({ fresh: true });
    for (const name of ['race-one', 'race-two']) servers.push(await startServer({ database, name }));
    admin = new Client({ connectionString: database.superuserUrl });
    await admin.connect();
    shop = await openShop(servers[0].url, 'Race');
    there = new TestClient(servers[1].url);
  }, 120_000);
  afterAll(async () => {
    await admin?.end();
    for (const { pid } of servers) process.kill(pid, 'SIGTERM');
  });

  /** An order whose shopper stands on the bank's page; answers where that is. */
  async function place(sku: string): Promise<string> {
    const cart = await fillCart(shop.asGuest, [{ sku, quantity: 1 }]);
    const email = `racer-${newId().slice(-12)}@example.com`;
    const placed = expectStatus<Placed>(await checkOut(shop.asGuest, cart, 'requires_action', newId(), email), 201);
    expect(placed.order.status).toBe('pending_payment');
    return new URL(placed.payment.nextAction!.url).pathname;
  }

  /** Approves on the bank's page, whereupon its webhook sets out, and comes back in several tabs of two processes. */
  async function approve(challenge: string): Promise<number[]> {
    const approved = await shop.asGuest.call('POST', challenge, 'decision=approve', {
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
    expect(approved.status).toBe(303);
    const back = new URL(approved.headers.get('location')!).pathname;
    const anyone = new TestClient(shop.url);
    const tabs = await Promise.all([anyone.get(back), there.get(back), there.get(back)]);
    return tabs.map(({ status }) => status);
  }

  it(`completes ${CARTS} carts once each: ${CARTS} orders, captures and mails`, async () => {
    const { sku } = await stock(shop, { quantity: CARTS * 2 });
    const pages = await inParallel(20, CARTS, () => place(sku));
    let approved = 0;
    const statuses = await inParallel(25, CARTS, async (index) => {
      // The pollers of all payments come due twice in the midst of it: a minute and five minutes after the checkout.
      if (index === 25) expectStatus(await shop.asOwner.post('/dev/clock', { advanceSeconds: 60 }), 200);
      if (index === 75) expectStatus(await shop.asOwner.post('/dev/clock', { advanceSeconds: 240 }), 200);
      const tabs = await approve(pages[index]);
      approved += 1;
      return tabs;
    });
    expect(approved).toBe(CARTS);
    expect(new Set(statuses.flat())).toEqual(new Set([303]));
    await eventually(
      async () => {
        const [now] = (await admin.query<{ webhooks: number; waiting: number; working: number }>(RACERS, [shop.id]))
          .rows;
        if (now.webhooks !== CARTS || now.waiting + now.working > 0) throw new Error(JSON.stringify(now));
        return true;
      },
      { timeoutMs: 45_000, everyMs: 100 },
    );
    const left = (await admin.query<Record<string, number>>(LEFT, [shop.id])).rows[0];
    expect(left).toEqual(Object.fromEntries(Object.keys(left).map((name) => [name, CARTS])));
  }, 120_000);
});

/** Runs `work` for 0 … count - 1, so many at a time. */
async function inParallel<T>(width: number, count: number, work: (index: number) => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  let next = 0;
  const runner = async (): Promise<void> => {
    while (next < count) {
      const index = next++;
      results[index] = await work(index);
    }
  };
  await Promise.all(Array.from({ length: width }, runner));
  return results;
}
