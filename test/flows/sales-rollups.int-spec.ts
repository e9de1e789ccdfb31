import { AsyncLocalStorage } from 'node:async_hooks';
import { QueryBus } from '@nestjs/cqrs';
import fc from 'fast-check';
import { FoldSalesCommand } from '../../src/commerce/orders/commands/fold-sales';
import { RecountSalesCommand } from '../../src/commerce/orders/commands/recount-sales';
import { ImportOrdersCommand, type ImportedOrder } from '../../src/commerce/orders/contracts/import-orders';
import { onePeriod, salesWindow } from '../../src/commerce/orders/domain/sales-window';
import { SalesSchedule } from '../../src/commerce/orders/jobs/sales-schedule';
import { GROUPS, OrderAnalyticsQuery, type GroupBy } from '../../src/commerce/orders/queries/order-analytics';
import { SalesByDayQuery } from '../../src/commerce/orders/queries/sales-reports';
import { UnitOfWork } from '../../src/kernel/database/unit-of-work';
import { OrderDesk } from '../support/order-desk';

/** Longer by hand: `SALES_ROLLUP_RUNS=500 npx jest sales-rollups`. */
const RUNS = Number(process.env.SALES_ROLLUP_RUNS ?? 6);

const SOLD = `from orders.orders o join orders.order_lines l on l.tenant_id = o.tenant_id and l.order_id = o.id
  where o.payment_status = 'paid' and o.cancelled_at is null
    and o.placed_at >= coalesce($1::timestamptz, '-infinity') and o.placed_at < coalesce($2::timestamptz, 'infinity')`;
const SUMS = `sum(l.quantity)::bigint as quantity, sum(l.unit_price * l.quantity)::bigint as gross, sum(l.total)::bigint as net`;
const UTC = `o.placed_at at time zone 'UTC'`;
/** What a group is counted by, in plain SQL; those of lines split an order. */
const RECOUNT: Record<GroupBy, { key: string; lines?: true; sort: string }> = {
  day: { key: `to_char(${UTC}, 'YYYY-MM-DD')`, sort: 'key' },
  month: { key: `to_char(${UTC}, 'YYYY-MM')`, sort: 'key' },
  year: { key: `to_char(${UTC}, 'YYYY')`, sort: 'key' },
  channel: { key: `o.channel`, sort: 'net desc, key' },
  customer: { key: `coalesce(o.customer_id::text, o.email, 'unknown')`, sort: 'net desc, key' },
  product: { key: `coalesce(l.product_id::text, l.sku)`, lines: true, sort: 'net desc, key' },
  category: { key: `coalesce(l.category_id::text, l.category_name, 'none')`, lines: true, sort: 'net desc, key' },
};

/** Runs work in no context, so that it joins no transaction. */
const outside = AsyncLocalStorage.snapshot();

describe('sales, added up', () => {
  let desk: OrderDesk;
  const usd = (amount: number) => ({ amount, currency: 'USD' });
  const execute = <T>(command: object): Promise<T> => desk.asStaff(() => desk.commands.execute(command as never));
  const fold = () => execute<{ days: number }>(new FoldSalesCommand());
  const take = (orders: ImportedOrder[]) => execute(new ImportOrdersCommand({ orders }));
  const report = (groupBy: GroupBy, window: { from?: string; to?: string } = {}, limit = 1000) =>
    desk.asStaff(() => desk.app.get(QueryBus).execute(new OrderAnalyticsQuery({ groupBy, ...window, limit })));

  /** The report by the orders themselves. */
  async function recount(groupBy: GroupBy, { from, to }: { from?: string; to?: string }, limit: number) {
    const { key, lines, sort } = RECOUNT[groupBy];
    const found = await desk.rows<{ key: string; net: number }>(
      lines
        ? `select ${key} as key, count(distinct o.id)::int as orders, ${SUMS}, null as shipping ${SOLD} group by 1 order by ${sort} limit $3`
        : `select key, count(*)::int as orders, sum(quantity)::bigint as quantity, sum(gross)::bigint as gross, sum(net)::bigint as net,
             sum(shipping)::bigint as shipping
           from (select ${key} as key, o.shipping_total as shipping, ${SUMS} ${SOLD} group by o.tenant_id, o.id) x
           group by 1 order by ${sort} limit $3`,
      [from ?? null, to ?? null, limit],
    );
    return found;
  }

  async function agree(groupBy: GroupBy, window: { from?: string; to?: string } = {}, limit = 1000): Promise<void> {
    const told = (await report(groupBy, window, limit)).data.map((row) => ({
      key: row.key,
      orders: row.orders,
      quantity: row.quantity,
      gross: row.gross.amount,
      net: row.net.amount,
      shipping: row.shipping && row.shipping.amount,
    }));
    expect({ groupBy, window, told }).toEqual({ groupBy, window, told: await recount(groupBy, window, limit) });
  }

  beforeAll(async () => {
    desk = await OrderDesk.start();
  });
  afterAll(() => desk?.app.close());
  beforeEach(() => desk.open());

  const sale = (number: number, placedAt: string, more: Partial<ImportedOrder> = {}, pieces = 1): ImportedOrder => ({
    line: number,
    number: String(number),
    customerId: null,
    email: `${'abc'[number % 3]}@example.com`,
    customerName: null,
    placedAt,
    shippedAt: null,
    shippingAddress: null,
    shipping: usd(number * 10),
    lines: [0, 1].slice(0, 1 + (number % 2)).map((line) => ({
      line,
      sku: `S${(number + line) % 4}`,
      variantId: null,
      productId: null,
      productName: `Thing ${(number + line) % 4}`,
      variantName: null,
      categoryId: null,
      categoryName: number % 5 === 0 ? null : `Shelf ${number % 2}`,
      quantity: pieces,
      unitPrice: usd(100 + number),
      discountBasisPoints: 333,
    })),
    ...more,
  });

  it('are a recount after any history, for any time', async () => {
    const day = fc.integer({ min: 0, max: 420 });
    const at = (days: number, ms: number) => new Date(Date.UTC(2025, 0, 1) + days * 86_400_000 + ms).toISOString();
    const time = fc.tuple(day, fc.constantFrom(0, 0, 1, 43_200_000, 86_399_999)).map(([days, ms]) => at(days, ms));
    const number = fc.integer({ min: 1, max: 14 });
    const change = (text: string, params: unknown[] = []) => desk.rows(text, params).then(() => undefined);
    // Whoever writes past the code leaves no event, but a mark.
    const past = `channel = 'web' and number = $1`;
    const act = fc.oneof(
      {
        weight: 5,
        arbitrary: fc.tuple(number, time, fc.integer({ min: 1, max: 9 })).map(
          ([n, when, pieces]) =>
            () =>
              take([sale(n, when, {}, pieces)]),
        ),
      },
      {
        weight: 1,
        arbitrary: number.map(
          (n) => () =>
            change(
              `update orders.orders set channel = 'web' where channel = 'import' and number = $1
          and not exists (select from orders.orders x where x.channel = 'web' and x.number = $1)`,
              [String(n)],
            ),
        ),
      },
      {
        weight: 2,
        arbitrary: number.map(
          (n) => () => change(`update orders.orders set refunded_total = total / 2 where ${past}`, [String(n)]),
        ),
      },
      {
        weight: 1,
        arbitrary: number.map(
          (n) => () => change(`update orders.orders set payment_status = 'refunded' where ${past}`, [String(n)]),
        ),
      },
      {
        weight: 1,
        arbitrary: number.map(
          (n) => () => change(`update orders.orders set customer_id = gen_random_uuid() where ${past}`, [String(n)]),
        ),
      },
      { weight: 3, arbitrary: fc.constant(() => fold().then(() => undefined)) },
      { weight: 1, arbitrary: fc.constant(() => execute(new RecountSalesCommand())) },
    );
    const window = fc
      .tuple(fc.option(time, { nil: undefined }), fc.option(time, { nil: undefined }))
      .map(([a, b]) => (a && b && a > b ? { from: b, to: a } : { from: a, to: b }));
    await fc.assert(
      fc.asyncProperty(
        fc.array(act, { minLength: 4, maxLength: 24 }),
        fc.array(window, { minLength: 2, maxLength: 2 }),
        async (acts, windows) => {
          desk.open();
          for (const one of acts) await one();
          for (const one of [{}, { from: '2025-01-01', to: '2026-01-01' }, ...windows]) {
            await Promise.all(GROUPS.map((groupBy) => agree(groupBy, one)));
            await agree('product', one, 2);
          }
        },
      ),
      { numRuns: RUNS, seed: 4 },
    );
  });

  it('hold a sale that commits while its day is added up', async () => {
    await take([sale(1, '2025-03-01T10:00:00Z'), sale(2, '2025-03-01T11:00:00Z'), sale(3, '2025-03-02T10:00:00Z')]);
    let folded: unknown;
    await desk.asStaff(() =>
      desk.app.get(UnitOfWork).run(async (tx) => {
        await tx.execute(
          `update orders.orders set refunded_total = 7, total = total where tenant_id = $1 and number = '1'`,
          [tx.tenantId],
        );
        await tx.execute(
          `update orders.orders set customer_id = gen_random_uuid() where tenant_id = $1 and number = '2'`,
          [tx.tenantId],
        );
        // Another connection, another context: it sees neither the change nor its mark.
        folded = await outside(fold);
      }),
    );
    expect(folded).toEqual({ days: 2 });
    await agree('customer');
    expect((await desk.rows(`select distinct day from orders.sales_marks`)).length).toBe(1);
    const days = await desk.asStaff(() => desk.app.get(QueryBus).execute(new SalesByDayQuery({ from: '2025-03-01' })));
    expect(days.data.map(({ day, orders, reduced }) => [day, orders, reduced.amount])).toEqual([
      ['2025-03-01', 2, 7],
      ['2025-03-02', 1, 0],
    ]);
    expect(await fold()).toEqual({ days: 1 });
    await agree('customer');
    expect(await fold()).toEqual({ days: 0 });
  });

  it('are made by whichever worker looks first, once an hour', async () => {
    await take([sale(1, '2025-03-01T10:00:00Z')]);
    const schedule = desk.app.get(SalesSchedule);
    await Promise.all([schedule.look(), schedule.look()]);
    await schedule.look();
    const asked = await desk.rows(`select id from kernel.deliveries where name = 'orders.fold-sales'`);
    expect(asked).toHaveLength(1);
    // In one period, named as sold last, with the average; nobody else's.
    await fold();
    await take([sale(4, '2025-03-01T12:00:00Z', { customerName: 'Bo' })]);
    const { data, total } = await report('customer', { from: '2025-01-01', to: '2026-01-01' });
    expect(data).toMatchObject([{ key: 'b@example.com', label: 'Bo', orders: 2, averageOrder: total.averageOrder }]);
    expect(total).toMatchObject({ orders: 2, net: usd(98 + 98 + 101), averageOrder: usd(149) });
    desk.open();
    expect((await report('customer')).data).toEqual([]);
  });

  it('are asked for whole periods, each day once', () => {
    const days = (text: string) => Date.parse(text) / 86_400_000;
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 2_000 }),
        fc.integer({ min: 0, max: 2_000 }),
        fc.constantFrom('all', 'year', 'month', 'day'),
        (a, b, grain) => {
          const text = (day: number) => new Date(Date.UTC(2020, 0, 1) + day * 86_400_000).toISOString().slice(0, 10);
          const { covers } = salesWindow({ from: text(a), to: text(b) }, grain as never);
          const sum = covers.reduce((all, { low, high }) => all + days(high) - days(low), 0);
          expect(sum).toBe(Math.max(0, b - a));
          for (let i = 1; i < covers.length; i++) expect(covers[i].low).toBe(covers[i - 1].high);
        },
      ),
    );
    expect(
      salesWindow({ from: '2025-11-30', to: '2027-02-02' }, 'all').covers.map(({ grain, low }) => [grain, low]),
    ).toEqual([
      ['day', '2025-11-30'],
      ['month', '2025-12-01'],
      ['year', '2026-01-01'],
      ['month', '2027-01-01'],
      ['day', '2027-02-01'],
    ]);
    expect(onePeriod(salesWindow({ from: '2025-01-01', to: '2026-01-01' }, 'all'))).toEqual({
      grain: 'year',
      period: '2025-01-01',
    });
    expect(onePeriod(salesWindow({ from: '2025-01-01', to: '2027-01-01' }, 'all'))).toBeNull();
    expect(onePeriod(salesWindow({ from: '2025-02-01' }, 'all'))).toBeNull();
  });
});
