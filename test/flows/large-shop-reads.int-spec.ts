import { QueryBus } from '@nestjs/cqrs';
import { Client } from 'pg';
import { fillLargeShop } from '../../bench/large-shop';
import { ListCustomersQuery } from '../../src/commerce/customers/queries/list-customers';
import { InventoryReportQuery, REPORTS } from '../../src/commerce/inventory/queries/inventory-report';
import { FoldSalesCommand } from '../../src/commerce/orders/commands/fold-sales';
import { ListOrdersQuery } from '../../src/commerce/orders/queries/list-orders';
import { GROUPS, OrderAnalyticsQuery } from '../../src/commerce/orders/queries/order-analytics';
import { CohortsQuery, FunnelQuery, SalesByDayQuery } from '../../src/commerce/orders/queries/sales-reports';
import { clock } from '../../src/kernel/clock/clock';
import { UnitOfWork } from '../../src/kernel/database/unit-of-work';
import { LargeListQuery, ListQuery } from '../../src/kernel/http/pagination';
import { OrderDesk } from '../support/order-desk';

/** Days before now, as a date. */
const ago = (days: number): string => new Date(clock.nowMs() - days * 86_400_000).toISOString().slice(0, 10);
const asked = <T extends ListQuery>(list: T, more: object = {}): T => Object.assign(list, { limit: 20 }, more);

describe('a shop with many orders and articles', () => {
  let desk: OrderDesk;
  let admin: Client;

  beforeAll(async () => {
    desk = await OrderDesk.start();
    admin = new Client({ connectionString: desk.app.database.superuserUrl });
    await admin.connect();
    await fillLargeShop(admin, desk.tenant, { products: 10_000, orders: 10_000 });
    while ((await desk.asStaff(() => desk.commands.execute(new FoldSalesCommand()))).days > 0);
    await admin.query('analyze orders.sales_rollups, orders.sales_marks');
  }, 180_000);
  afterAll(async () => {
    await admin.end();
    await desk.app.close();
  });

  /** Tables that were read as a whole meanwhile, of those that grow with the shop; and what was read has something in it. */
  async function wholeReads(read: () => Promise<unknown>): Promise<string[]> {
    return desk.asStaff(() =>
      desk.app.get(UnitOfWork).run(async (tx) => {
        // A connection counts on from its transactions before.
        const scans = async () =>
          new Map(
            (
              await tx.query<{ name: string; scans: number }>(
                `select schemaname || '.' || relname as name, seq_scan::int as scans from pg_stat_xact_user_tables
                 where schemaname in ('orders', 'inventory', 'customers') and relname = any($1::text[])`,
                [LARGE],
              )
            ).map((row) => [row.name, row.scans] as const),
          );
        const before = await scans();
        expect(JSON.stringify(await read()).length).toBeGreaterThan(100);
        return [...(await scans())].filter(([name, count]) => count > (before.get(name) ?? 0)).map(([name]) => name);
      }),
    );
  }
  // Not carts: those of its period, which the funnel counts, are all that there are here.
  const LARGE = [
    'orders',
    'order_lines',
    'sales_rollups',
    'customers',
    'stock_levels',
    'stock_lots',
    'stock_movements',
  ];
  const ask = <T>(query: object): Promise<T> => desk.app.get(QueryBus).execute(query as never);

  /** A page, and the one behind it. */
  async function pages(query: (list: LargeListQuery) => object, terms: object = {}): Promise<unknown> {
    const page = await ask<{ data: unknown[]; page: { nextCursor: string | null } }>(
      query(asked(new LargeListQuery(), terms)),
    );
    if (page.page.nextCursor) await ask(query(asked(new LargeListQuery(), { ...terms, cursor: page.page.nextCursor })));
    return page.data;
  }

  it.each<[string, object]>([
    ['the newest', {}],
    ['the oldest', { sort: 'placedAt' }],
    ['those of a state', { status: ['allocated'] }],
    ['those of a payment state', { paymentStatus: ['authorized'] }],
    ['those of a fulfilment state', { fulfilmentStatus: ['allocated'] }],
    ['those of an address', { email: 'buyer-7@example.com' }],
    ['those of a period', { placedAt: { gte: ago(40), lt: ago(20) } }],
    ['those of a range of totals', { total: { gte: 45_000 }, sort: '-total' }],
    ['those with a SKU', { sku: 'LARGE-77' }],
    ['one by its number', { number: 'L77' }],
    ['those with a word', { q: 'buyer-77' }],
  ])('lists orders by indexes: %s', async (_, terms) => {
    expect(await wholeReads(() => pages((list) => new ListOrdersQuery(list, null), terms))).toEqual([]);
  });

  describe('a search of orders', () => {
    beforeAll(async () => {
      // Some words that the newest alone have.
      await admin.query(
        `update orders.orders set customer_name = 'Freshly made' where tenant_id = $1 and id in (
           select id from orders.orders where tenant_id = $1 and placed_at is not null order by placed_at desc limit 400)`,
        [desk.tenant],
      );
      await admin.query('analyze orders.orders');
    });

    type Row = { number: string; total: number; status: string };
    it.each(['Example', 'buyer-7', 'buyer-77', 'L99', 'er 1', 'freshly', 'fresh_y', 'nobody'])(
      'finds the newest as a plain recount does: %s',
      async (q) => {
        const { rows: newest } = await admin.query<Row>(
          `select number, total::int, status from orders.orders where tenant_id = $1 and placed_at is not null
             and strpos(lower(number || ' ' || coalesce(email, '') || ' ' || coalesce(customer_name, '')), $2) > 0
           order by placed_at desc, id desc limit 1000`,
          [desk.tenant, q.toLowerCase()],
        );
        const numbers = async (terms: object): Promise<string[]> => {
          const found: string[] = [];
          let cursor: string | undefined;
          do {
            const query = new ListOrdersQuery(asked(new LargeListQuery(), { q, limit: 200, ...terms, cursor }), null);
            const page = await ask<{ data: Row[]; page: { nextCursor: string | null } }>(query);
            found.push(...page.data.map((it) => it.number));
            cursor = page.page.nextCursor ?? undefined;
          } while (cursor);
          return found;
        };
        await desk.asStaff(async () => {
          expect(await numbers({})).toEqual(newest.map((it) => it.number));
          for (const status of ['allocated', 'fulfilled']) {
            const ofState = newest.filter((it) => it.status === status).map((it) => it.number);
            expect(await numbers({ status: [status] })).toEqual(ofState);
          }
          const falling = await numbers({ sort: '-total' });
          expect(new Set(falling)).toEqual(new Set(newest.map((it) => it.number)));
          const totals = new Map(newest.map((it) => [it.number, it.total]));
          expect(falling.map((it) => totals.get(it))).toEqual([...totals.values()].sort((a, b) => b - a));
        });
      },
    );
  });

  it.each(GROUPS)('adds up sales by %s from sums and the index of the period', async (groupBy) => {
    expect(await wholeReads(() => ask(new OrderAnalyticsQuery({ groupBy, limit: 20 })))).toEqual([]);
    const month = new OrderAnalyticsQuery({ groupBy, limit: 20, from: ago(45), to: `${ago(10)}T11:30:00Z` });
    expect(await wholeReads(() => ask(month))).toEqual([]);
    const last = new OrderAnalyticsQuery({ groupBy, limit: 20, from: ago(31) });
    expect(await wholeReads(() => ask(last))).toEqual([]);
  });

  it.each<[string, () => object]>([
    ['sales by day', () => new SalesByDayQuery({ from: ago(30) })],
    ['cohorts of a month', () => new CohortsQuery({ from: ago(60), to: ago(30) })],
    ['the funnel', () => new FunnelQuery({ from: ago(700) })],
    ['customers', () => new ListCustomersQuery(asked(new ListQuery()) as never, null)],
  ])('reads no table as a whole for %s', async (_, query) => {
    expect(await wholeReads(() => ask(query()))).toEqual([]);
  });

  it.each(REPORTS)('asks the stock for the report of %s by indexes', async (report) => {
    const query = (list: ListQuery) => new InventoryReportQuery(report, {}, list);
    expect(await wholeReads(() => pages(query))).toEqual([]);
    const falling = report === 'expiring' ? '-removeAt' : '-sku';
    expect(await wholeReads(() => pages(query, { sort: falling }))).toEqual([]);
  });
});
