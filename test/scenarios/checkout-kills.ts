import { Client } from 'pg';
import { newId } from '../../src/kernel/ids/ids';
import { expectStatus, TestClient } from '../support/client';
import { testDatabase, type TestDatabase } from '../support/cluster';
import { eventually } from '../support/eventually';
import { startServer, type TestServer } from '../support/server';
import { checkOut, fillCart, openShop, stock, type Shop } from '../support/shop';

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
  (select count(*)::int from (
     select 1 from ledger.postings where tenant_id = $1 group by journal_id, currency having sum(amount) <> 0) x) as unbalanced,
  (select count(*)::int from payments.intents i where i.tenant_id = $1 and (
       select coalesce(sum(a.captured - a.refunded), 0) from payments.attempts a where a.tenant_id = i.tenant_id and a.intent_id = i.id
     ) <> (
       select coalesce(sum(p.amount), 0) from ledger.journals j
         join ledger.postings p on p.tenant_id = j.tenant_id and p.journal_id = j.id
         join ledger.accounts c on c.tenant_id = p.tenant_id and c.id = p.account_id
       where j.tenant_id = i.tenant_id and j.payment_id = i.id and j.kind <> 'pending' and c.code = '1100'
         and j.purpose in ('payment-captured', 'charge-unused', 'refund', 'refund-reversed'))) as misbooked,
  (select count(*)::int from kernel.deliveries where tenant_id = $1 and (kind <> 'timer' or state = 'dead')) as deliveries`;

export interface State {
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
  /** Journals whose postings do not come to zero. */
  unbalanced: number;
  /** Payments of which the books say that the provider holds another amount than was captured and not given back. */
  misbooked: number;
  deliveries: number;
}

export const SETTLED = {
  unsettled: 0,
  unaccounted: 0,
  inFlight: 0,
  held: 0,
  drifted: 0,
  unbalanced: 0,
  misbooked: 0,
  deliveries: 0,
};

/** A shopper at whose checkout the server is killed. */
export interface Victim {
  shop: Shop;
  cart: string;
  key: string;
  email: string;
}

/** The named points between the transactions of a checkout. */
export const KILL_POINTS = ['checkout.after-t1', 'checkout.after-gateway', 'checkout.after-t2'] as const;

/** One server at a time over one database, killed and started again. */
export class CheckoutKills {
  private database!: TestDatabase;
  private admin!: Client;
  private running: TestServer | undefined;
  private started = 0;

  /** @param env further settings of every server @param patienceMs how long `settle` waits */
  constructor(
    private readonly env: Record<string, string> = {},
    private readonly patienceMs = 120_000,
  ) {}

  async open(): Promise<void> {
    this.database = await testDatabase({ fresh: true });
    this.admin = new Client({ connectionString: this.database.superuserUrl });
    await this.admin.connect();
  }

  async close(): Promise<void> {
    this.kill();
    await this.admin?.end();
  }

  async start(env: Record<string, string> = {}): Promise<TestServer> {
    const name = `kill-${process.env.JEST_WORKER_ID ?? 1}-${this.started++}`;
    return (this.running = await startServer({
      database: this.database,
      name,
      env: { MAINSTAY_JOB_LOCK_SECONDS: '4', ...this.env, ...env },
    }));
  }

  kill(): void {
    const pid = this.running?.pid;
    this.running = undefined;
    try {
      if (pid) process.kill(pid, 'SIGKILL');
    } catch {
      // It ended itself at its kill point.
    }
  }

  /** A shop with ten pieces and a cart of two of them. */
  async victim(server: TestServer): Promise<Victim> {
    const shop = await openShop(server.url, 'Point');
    const { sku } = await stock(shop, { quantity: 10 });
    const cart = await fillCart(shop.asGuest, [{ sku, quantity: 2 }]);
    return { shop, cart, key: newId(), email: `buyer-${newId().slice(-12)}@example.com` };
  }

  pay(server: TestServer, { shop, cart, key, email }: Victim) {
    return checkOut(new TestClient(server.url, { tenant: shop.slug }), cart, 'success', key, email);
  }

  /** Lets the shopper pay at a server that ends itself at the point. */
  async dieAt(point: string, victim: Victim, env: Record<string, string> = {}): Promise<void> {
    await expect(this.pay(await this.start({ ...env, MAINSTAY_KILL_POINT: point }), victim)).rejects.toThrow();
  }

  /** Sends the shopper's request again until it is no longer told to wait. */
  payAgain(server: TestServer, victim: Victim) {
    return eventually(
      async () => {
        const answer = await this.pay(server, victim);
        const { code } = answer.body as { code?: string };
        return code === 'idempotency.in-progress' ? undefined : answer;
      },
      { timeoutMs: 45_000, everyMs: 250 },
    );
  }

  async state(tenantId: string): Promise<State> {
    return (await this.admin.query<State>(STATE, [tenantId])).rows[0];
  }

  async moveClock(server: TestServer, shop: Shop, advanceSeconds: number): Promise<void> {
    const anyone = new TestClient(server.url);
    const { email } = shop.owner.user;
    const login = await anyone.post<{ accessToken: string }>('/auth/login', { email, password: shop.owner.password });
    const token = expectStatus(login, 200).accessToken;
    expectStatus(await anyone.post('/dev/clock', { advanceSeconds }, { token }), 200);
  }

  /** Moves time past every hold and every poller, and waits until nothing is left to do. */
  async settle(server: TestServer, shop: Shop, first = 2_000, then = 300): Promise<State> {
    let seconds = first;
    return eventually(
      async () => {
        await this.moveClock(server, shop, seconds);
        seconds = then;
        const now = await this.state(shop.id);
        if (now.unsettled + now.unaccounted + now.inFlight + now.held + now.deliveries > 0)
          throw new Error(JSON.stringify(now));
        return now;
      },
      { timeoutMs: this.patienceMs, everyMs: 500 },
    );
  }

  /** How many confirmations lie in the mailbox of each paid order's buyer. */
  async confirmations(shop: Shop): Promise<number[]> {
    const mails = await this.admin.query<{ n: number }>(
      `select (select count(*)::int from notifications.dev_mailbox d
                where d.recipient = o.email and d.text_body like '%' || o.number || '%') as n
       from orders.orders o where o.tenant_id = $1 and o.status = 'paid'`,
      [shop.id],
    );
    return mails.rows.map((row) => row.n);
  }
}
