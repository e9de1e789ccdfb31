import { Client } from 'pg';
import { newId } from '../../src/kernel/ids/ids';
import { expectStatus, TestClient } from '../support/client';
import { testDatabase } from '../support/cluster';
import { eventually } from '../support/eventually';
import { pair, startServer, type TestServer } from '../support/server';
import { checkOut, fillCart, openShop, stock, type Placed, type Shop } from '../support/shop';

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

export interface CompletionRaceResult {
  carts: number;
  /** Answers of the returning tabs. */
  statuses: number[];
  /** What was counted afterwards; each must be the number of carts. */
  left: Record<string, number>;
}

/**
 * Approves so many payments on the bank's page, whereupon browser returns of two processes, the webhook and two polls
 * settle each of them at once.
 * @param variant settings of two servers of its own; without any the pair of this worker is taken
 */
export async function completionRace(carts: number, variant?: Record<string, string>): Promise<CompletionRaceResult> {
  const servers = variant ? await startTwo(variant) : await pair();
  const admin = new Client({ connectionString: servers[0].database.superuserUrl });
  await admin.connect();
  try {
    const shop = await openShop(servers[0].url, 'Race');
    const there = new TestClient(servers[1].url);
    const { sku } = await stock(shop, { quantity: carts * 2 });
    const pages = await inParallel(20, carts, () => place(shop, sku));
    const statuses = await inParallel(25, carts, async (index) => {
      // The pollers of all payments come due twice in the midst of it: a minute and five minutes after the checkout.
      if (index === Math.floor(carts / 4)) await advance(shop, 60);
      if (index === Math.floor((carts * 3) / 4)) await advance(shop, 240);
      return approve(shop, there, pages[index]);
    });
    await eventually(
      async () => {
        const [now] = (await admin.query<{ webhooks: number; waiting: number; working: number }>(RACERS, [shop.id]))
          .rows;
        if (now.webhooks !== carts || now.waiting + now.working > 0) throw new Error(JSON.stringify(now));
        return true;
      },
      { timeoutMs: 90_000, everyMs: 100 },
    );
    const left = (await admin.query<Record<string, number>>(LEFT, [shop.id])).rows[0];
    return { carts, statuses: statuses.flat(), left };
  } finally {
    await admin.end();
    if (variant) for (const { pid } of servers) process.kill(pid, 'SIGTERM');
  }
}

async function startTwo(env: Record<string, string>): Promise<TestServer[]> {
  const database = await testDatabase({ fresh: true });
  const servers: TestServer[] = [];
  for (const name of ['race-one', 'race-two'])
    servers.push(await startServer({ database, name: `${name}-${process.env.JEST_WORKER_ID ?? 1}`, env }));
  return servers;
}

/** One order, capture and mail for every cart, and no shopper saw an error. */
export function expectCompletedOnce({ carts, statuses, left }: CompletionRaceResult): void {
  expect(left).toEqual(Object.fromEntries(Object.keys(left).map((name) => [name, carts])));
  expect(statuses).toHaveLength(carts * 3);
  expect(new Set(statuses)).toEqual(new Set([303]));
}

const advance = async (shop: Shop, advanceSeconds: number): Promise<unknown> =>
  expectStatus(await shop.asOwner.post('/dev/clock', { advanceSeconds }), 200);

/** An order whose shopper stands on the bank's page; answers where that is. */
async function place(shop: Shop, sku: string): Promise<string> {
  const cart = await fillCart(shop.asGuest, [{ sku, quantity: 1 }]);
  const email = `racer-${newId().slice(-12)}@example.com`;
  const placed = expectStatus<Placed>(await checkOut(shop.asGuest, cart, 'requires_action', newId(), email), 201);
  expect(placed.order.status).toBe('pending_payment');
  return new URL(placed.payment.nextAction!.url).pathname;
}

/** Approves on the bank's page, whereupon its webhook sets out, and comes back in several tabs of two processes. */
async function approve(shop: Shop, there: TestClient, challenge: string): Promise<number[]> {
  const approved = await shop.asGuest.call('POST', challenge, 'decision=approve', {
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  });
  expect(approved.status).toBe(303);
  const back = new URL(approved.headers.get('location')!).pathname;
  const anyone = new TestClient(shop.url);
  const tabs = await Promise.all([anyone.get(back), there.get(back), there.get(back)]);
  return tabs.map(({ status }) => status);
}

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
