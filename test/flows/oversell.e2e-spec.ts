import { Client } from 'pg';
import { eventually } from '../support/eventually';
import { pair } from '../support/server';
import { checkOut, fillCart, openShop, stock } from '../support/shop';
import { TestClient } from '../support/client';

const BUYERS = 200;
const UNITS = 10;

/** The same race as in `scenarios/stock-races.ts`, from the outside: two servers, whole checkouts, one database. */
describe('two servers and two hundred buyers for ten units', () => {
  it('sell ten, refuse the others cleanly, and promise nothing twice', async () => {
    const servers = await pair();
    const shop = await openShop(servers[0].url, 'Rush');
    const { sku } = await stock(shop, { quantity: UNITS });
    const guests = servers.map(({ url }) => new TestClient(url, { tenant: shop.slug }));
    const carts: string[] = [];
    for (let from = 0; from < BUYERS; from += 20) {
      const made = Array.from({ length: 20 }, (_, i) => fillCart(guests[i % 2], [{ sku, quantity: 1 }]));
      carts.push(...(await Promise.all(made)));
    }
    const answers = await Promise.all(carts.map((cart, i) => checkOut(guests[i % 2], cart)));
    const codes = answers.map((answer) => (answer.body as { code?: string }).code ?? String(answer.status));
    const counted = Object.fromEntries(
      [...new Set(codes)].map((code) => [code, codes.filter((c) => c === code).length]),
    );
    expect(counted).toEqual({ 201: UNITS, 'inventory.out-of-stock': BUYERS - UNITS });
    const admin = new Client({ connectionString: servers[0].database.superuserUrl });
    await admin.connect();
    // On a busy machine a gateway may be too slow for the answer to wait for: whoever asks it again completes the order.
    const paid = (): Promise<{ rows: { n: number }[] }> =>
      admin.query(
        `select count(*)::int as n from orders.orders where tenant_id = $1 and payment_status = 'paid' and on_hold_reason is null`,
        [shop.id],
      );
    await eventually(async () => (await paid()).rows[0].n === UNITS, { timeoutMs: 60_000 });
    const { rows } = await admin.query(
      `select (select count(*)::int from orders.orders where tenant_id = $1) as orders,
         (select count(*)::int from payments.intents where tenant_id = $1) as intents,
         (select sum(reserved)::int from inventory.stock_levels where tenant_id = $1) as reserved,
         (select sum(x.quantity)::int from inventory.reservation_lines x where x.tenant_id = $1) as held`,
      [shop.id],
    );
    await admin.end();
    expect(rows).toEqual([{ orders: UNITS, intents: UNITS, reserved: UNITS, held: UNITS }]);
  }, 180_000);
});
