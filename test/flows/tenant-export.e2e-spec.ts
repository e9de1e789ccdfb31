import { Client } from 'pg';
import { newId } from '../../src/kernel/ids/ids';
import { expectStatus } from '../support/client';
import { testDatabase, type TestDatabase } from '../support/cluster';
import { eventually } from '../support/eventually';
import { startServer, type TestServer } from '../support/server';
import { checkOut, fillCart, openShop, signUp, stock, type Placed, type Shop } from '../support/shop';
import {
  exportTenant,
  importTenant,
  tenantChecksums,
  tenantTables,
  type TenantArchive,
} from '../support/tenant-archive';

/** A table of each context, of which a shop that traded has rows. */
const TRADED = [
  'audit.entries',
  'catalog.categories',
  'catalog.products',
  'catalog.variants',
  'customers.customers',
  'inventory.inventory_reservations',
  'inventory.locations',
  'inventory.reservation_allocations',
  'inventory.reservation_lines',
  'inventory.stock_levels',
  'inventory.stock_lots',
  'inventory.stock_movements',
  'kernel.data_keys',
  'kernel.events',
  'kernel.idempotency_keys',
  'notifications.messages',
  'orders.cart_lines',
  'orders.carts',
  'orders.order_counters',
  'orders.order_lines',
  'orders.orders',
  'organizations.members',
  'organizations.tenants',
  'payments.attempts',
  'payments.gateways',
  'payments.intents',
  'payments.provider_events',
  'sandbox.accounts',
  'sandbox.payments',
  'sandbox.webhooks',
];

/** Has no row-level security: the development mailbox shows the mail of all tenants. */
const UNWALLED = ['notifications.dev_mailbox'];

describe('one tenant taken out of a database that many share', () => {
  let source: TestDatabase;
  let server: TestServer;
  let admin: Client;
  let tables: string[];
  const shops: Shop[] = [];

  /** Sells a little: rows in every context. */
  async function trade(shop: Shop): Promise<void> {
    const { sku } = await stock(shop, { quantity: 20 });
    const name = `Shelf ${newId().slice(-8)}`;
    expectStatus(await shop.asOwner.post('/categories', { name }), 201);
    await signUp(shop.asGuest, { email: `shopper-${newId().slice(-10)}@example.com`, name: 'Sasha Shopper' });
    const buy = async (token: string): Promise<Placed> => {
      const cart = await fillCart(shop.asGuest, [{ sku, quantity: 2 }]);
      return expectStatus<Placed>(await checkOut(shop.asGuest, cart, token), 201);
    };
    for (const token of ['success', 'declined', 'requires_action']) await buy(token);
    const { order } = await buy('success');
    expectStatus(await shop.asOwner.post(`/orders/${order.id}/fulfil`, undefined, { key: newId() }), 200);
    await fillCart(shop.asGuest, [{ sku, quantity: 1 }]);
  }

  beforeAll(async () => {
    source = await testDatabase({ fresh: true });
    server = await startServer({ database: source, name: 'tenant-export' });
    admin = new Client({ connectionString: source.superuserUrl });
    await admin.connect();
    tables = (await tenantTables(admin)).filter((table) => !UNWALLED.includes(table));
    shops.push(...(await Promise.all([openShop(server.url, 'Leaving'), openShop(server.url, 'Staying')])));
    await Promise.all(shops.map(trade));
    await eventually(
      async () => {
        const left = await admin.query(`select name from kernel.deliveries where kind <> 'timer'`);
        if (left.rows.length > 0) throw new Error(JSON.stringify(left.rows));
        return true;
      },
      { timeoutMs: 90_000 },
    );
    // Nothing writes any more: what is counted after what was taken out is the same.
    process.kill(server.pid, 'SIGTERM');
    await eventually(
      () => {
        try {
          return !process.kill(server.pid, 0);
        } catch {
          return true;
        }
      },
      { timeoutMs: 60_000 },
    );
  }, 300_000);
  afterAll(async () => {
    await admin?.end();
    try {
      process.kill(server.pid, 'SIGKILL');
    } catch {
      // Ended already.
    }
  });

  it('holds every row of it and no row of another, by the wall alone', async () => {
    for (const shop of shops) {
      const archive = await exportTenant(source.appUrl, shop.id, tables);
      const foreign = [...archive].flatMap(([table, rows]) =>
        rows.filter((row) => row.tenant_id !== shop.id).map((row) => `${table} ${String(row.tenant_id)}`),
      );
      expect(foreign).toEqual([]);
      const counts = await tenantChecksums(source.superuserUrl, shop.id, tables);
      for (const table of tables) expect([table, archive.get(table)!.length]).toEqual([table, countOf(counts[table])]);
      expect(TRADED.filter((table) => !archive.get(table)?.length)).toEqual([]);
    }
  });

  it('comes into an empty database row for row: counts and checksums are those of the source', async () => {
    const [shop] = shops;
    const archive: TenantArchive = await exportTenant(source.appUrl, shop.id, tables);
    const target = await testDatabase({ fresh: true });
    await importTenant(target.superuserUrl, archive);
    const sums = await tenantChecksums(target.superuserUrl, shop.id, tables);
    expect(sums).toEqual(await tenantChecksums(source.superuserUrl, shop.id, tables));
    expect(Object.values(sums).reduce((total, sum) => total + countOf(sum), 0)).toBeGreaterThan(100);
    const again = await exportTenant(target.appUrl, shop.id, tables);
    expect([...again].map(([table, rows]) => [table, rows.length])).toEqual(
      [...archive].map(([table, rows]) => [table, rows.length]),
    );
    const other = await tenantChecksums(target.superuserUrl, shops[1].id, tables);
    expect(Object.values(other).every((sum) => countOf(sum) === 0)).toBe(true);
  });

  it('shows nothing to a caller without a tenant', async () => {
    const nobody = await exportTenant(source.appUrl, '', tables);
    expect([...nobody].filter(([, rows]) => rows.length > 0).map(([table]) => table)).toEqual([]);
  });
});

const countOf = (sum: string): number => Number(sum.split(' ')[0]);
