import { QueryBus } from '@nestjs/cqrs';
import fc from 'fast-check';
import { Client } from 'pg';
import { OrdersCohortCells1764002590100 } from '../../migrations/1764002590100-orders-cohort-cells';
import { FoldSalesCommand } from '../../src/commerce/orders/commands/fold-sales';
import { RecountSalesCommand } from '../../src/commerce/orders/commands/recount-sales';
import { ImportOrdersCommand, type ImportedOrder } from '../../src/commerce/orders/contracts/import-orders';
import { CohortsQuery, type Cohort } from '../../src/commerce/orders/queries/sales-reports';
import { clock } from '../../src/kernel/clock/clock';
import { newId } from '../../src/kernel/ids/ids';
import { OrderDesk } from '../support/order-desk';

/** Longer by hand: `COHORT_RUNS=500 npx jest cohorts`. */
const RUNS = Number(process.env.COHORT_RUNS ?? 12);

/** Customers by the month of their first sale, from the orders themselves. */
const RECOUNT = `with sold as (
    select customer_id, to_char(placed_at at time zone 'UTC', 'YYYY-MM') as month, currency, total - refunded_total - uncollected_total as revenue
    from orders.orders where payment_status = 'paid' and cancelled_at is null and customer_id is not null
  ), firsts as (select customer_id, min(month) as cohort from sold group by 1)
  select cohort, month, count(distinct customer_id)::int as customers, count(*)::int as orders,
    (select json_agg(json_build_object('amount', amount, 'currency', currency) order by currency) from (
      select x.currency, sum(x.revenue)::bigint as amount from sold x join firsts f on f.customer_id = x.customer_id
      where f.cohort = firsts.cohort and x.month = sold.month group by 1) each) as revenue
  from sold join firsts using (customer_id) where cohort >= $1 and cohort < $2 group by 1, 2 order by 1, 2`;

describe('cohorts', () => {
  let desk: OrderDesk;
  const execute = <T>(command: object): Promise<T> => desk.asStaff(() => desk.commands.execute(command as never));
  const fold = () => execute<{ days: number }>(new FoldSalesCommand());
  const take = (orders: ImportedOrder[]) => execute(new ImportOrdersCommand({ orders }));
  const told = (window: { from: string; to?: string }): Promise<Cohort[]> =>
    desk.asStaff(() => desk.app.get(QueryBus).execute(new CohortsQuery(window)));
  const monthOf = (month: string, later: number): string => {
    const [year, number] = month.split('-').map(Number);
    return new Date(Date.UTC(year, number - 1 + later, 1)).toISOString().slice(0, 7);
  };

  /** What is told of a time is what the orders say. */
  async function agree(from: string, to: string): Promise<void> {
    const cohorts = await told({ from: `${from}-01`, to: `${to}-01` });
    for (const { customers, periods } of cohorts) expect(customers).toBe(periods[0].customers);
    const cells = cohorts.flatMap(({ month, periods }) =>
      periods.map(({ monthsLater, ...cell }) => ({ cohort: month, month: monthOf(month, monthsLater), ...cell })),
    );
    expect({ from, to, cells }).toEqual({ from, to, cells: await desk.rows(RECOUNT, [from, to]) });
  }

  beforeAll(async () => {
    desk = await OrderDesk.start();
  });
  afterAll(() => desk?.app.close());
  beforeEach(() => desk.open());

  const CUSTOMERS = Array.from({ length: 4 }, () => newId());
  const sale = (number: number, customer: number, placedAt: string, currency = 'USD'): ImportedOrder => ({
    line: number,
    number: String(number),
    customerId: CUSTOMERS[customer] ?? null,
    email: 'guest@example.com',
    customerName: null,
    placedAt,
    shippedAt: null,
    shippingAddress: null,
    shipping: { amount: number, currency },
    lines: [
      {
        line: 0,
        sku: 'S',
        variantId: null,
        productId: null,
        productName: 'Thing',
        variantName: null,
        categoryId: null,
        categoryName: null,
        quantity: 1,
        unitPrice: { amount: 100 * number, currency },
        discountBasisPoints: 0,
      },
    ],
  });

  it('are a recount after any history', async () => {
    const day = fc.integer({ min: 0, max: 200 });
    const time = day.map((days) => new Date(Date.UTC(2025, 0, 1, 7) + days * 86_400_000).toISOString());
    // Today's are not added up yet.
    const today = fc.constant(null);
    const number = fc.integer({ min: 1, max: 16 });
    const change = (text: string, params: unknown[]) => desk.rows(text, params).then(() => undefined);
    const its = `where number = $1 and placed_at is not null`;
    const act = fc.oneof(
      {
        weight: 10,
        arbitrary: fc
          .tuple(
            number,
            // The last one is a guest.
            fc.integer({ min: 0, max: CUSTOMERS.length }),
            fc.oneof({ weight: 5, arbitrary: time }, { weight: 1, arbitrary: today }),
            fc.constantFrom('USD', 'USD', 'EUR', 'CHF'),
          )
          .map(
            ([n, customer, when, currency]) =>
              () =>
                take([sale(n, customer, when ?? new Date(clock.nowMs() - 1_000).toISOString(), currency)]),
          ),
      },
      {
        weight: 2,
        arbitrary: number.map(
          (n) => () => change(`update orders.orders set refunded_total = total / 3 ${its}`, [String(n)]),
        ),
      },
      {
        weight: 2,
        arbitrary: number.map(
          (n) => () => change(`update orders.orders set payment_status = 'refunded' ${its}`, [String(n)]),
        ),
      },
      {
        weight: 2,
        arbitrary: fc.tuple(number, fc.constantFrom(...CUSTOMERS)).map(
          ([n, id]) =>
            () =>
              change(`update orders.orders set customer_id = $2 ${its}`, [String(n), id]),
        ),
      },
      { weight: 4, arbitrary: fc.constant(() => fold().then(() => undefined)) },
      { weight: 1, arbitrary: fc.constant(() => execute(new RecountSalesCommand())) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(act, { minLength: 6, maxLength: 40 }), async (acts) => {
        desk.open();
        for (const one of acts) {
          await one();
          await agree('2024-01', '2100-01');
        }
        await agree('2025-02', '2025-04');
        await fold();
        await agree('2024-01', '2100-01');
        await agree('2025-03', '2025-04');
        const [kept] = await desk.rows<{ cells: number }>(
          `select count(*)::int as cells from orders.sales_cohorts where orders <= 0 or customers < 0`,
        );
        expect(kept).toEqual({ cells: 0 });
      }),
      { numRuns: RUNS, seed: 7 },
    );
  });

  it('begin with what was added up before they were kept', async () => {
    await take([
      sale(1, 0, '2025-01-05T10:00:00Z'),
      sale(2, 0, '2025-01-06T10:00:00Z', 'EUR'),
      sale(3, 0, '2025-03-05T10:00:00Z'),
      sale(4, 1, '2025-03-05T10:00:00Z'),
      sale(5, 9, '2025-03-05T10:00:00Z'),
    ]);
    await fold();
    const kept = await desk.rows(`select * from orders.sales_cohorts order by cohort, month, currency`);
    expect(kept).toHaveLength(4);
    const admin = new Client({ connectionString: desk.app.database.superuserUrl });
    await admin.connect();
    try {
      const migration = new OrdersCohortCells1764002590100();
      const runner = { query: (text: string) => admin.query(text) } as never;
      await migration.down(runner);
      await admin.query('begin');
      await migration.up(runner);
      await admin.query('commit');
    } finally {
      await admin.end();
    }
    expect(await desk.rows(`select * from orders.sales_cohorts order by cohort, month, currency`)).toEqual(kept);
    await take([sale(1, 1, '2025-01-05T10:00:00Z'), sale(6, 1, '2025-02-05T10:00:00Z')]);
    await agree('2024-01', '2100-01');
  });
});
