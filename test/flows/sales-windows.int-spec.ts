import fc from 'fast-check';
import { RecountSalesCommand } from '../../src/commerce/orders/commands/recount-sales';
import { SalesRollups } from '../../src/commerce/orders/data/sales-rollups';
import { GROUPS } from '../../src/commerce/orders/queries/order-analytics';
import { clock } from '../../src/kernel/clock/clock';
import { UnitOfWork } from '../../src/kernel/database/unit-of-work';
import { OrderDesk } from '../support/order-desk';
import { sale, salesDesk } from '../support/sales-desk';

/** Longer by hand: `SALES_ROLLUP_RUNS=500 npx jest sales-windows`. */
const RUNS = Number(process.env.SALES_ROLLUP_RUNS ?? 6);

/** Windows that are not the sum of their days. */
const WINDOWS = `select dimension, grain, currency, key, sum(sign * orders)::int as orders, sum(sign * net)::int as net from (
    select dimension, grain, currency, key, orders, net, 1 as sign from orders.sales_rollups where grain like '% days'
    union all
    select r.dimension, w.grain, r.currency, r.key, r.orders, r.net, -1 from orders.sales_folds f,
      (values ('7 days', 7), ('30 days', 30), ('90 days', 90), ('365 days', 365)) as w(grain, days), orders.sales_rollups r
    where r.grain = 'day' and r.dimension <> 'channel' and r.period >= f.rolled - w.days
  ) each group by 1, 2, 3, 4 having sum(sign * orders) <> 0 or sum(sign * net) <> 0`;

describe('sales of times that go by, added up', () => {
  let desk: OrderDesk;
  const { execute, fold, take, refund, agree } = salesDesk(() => desk);
  beforeAll(async () => {
    desk = await OrderDesk.start();
  });
  afterAll(() => desk?.app.close());
  beforeEach(() => desk.open());
  afterEach(() => clock.setOffset(0));

  it('are a recount for the last days, whichever day it is', async () => {
    const DAY = 86_400;
    const day = (ago: number) => new Date((Math.floor(clock.nowMs() / 1000 / DAY) - ago) * DAY * 1000).toISOString();
    const ago = fc.constantFrom(0, 0, 1, 5, 6, 6, 7, 7, 8, 28, 29, 29, 30, 30, 31, 40, 88, 89, 90, 91, 95, 365, 366);
    const number = fc.integer({ min: 1, max: 14 });
    const acts = fc.oneof(
      {
        weight: 6,
        arbitrary: fc
          .tuple(fc.uniqueArray(number, { minLength: 1, maxLength: 5 }), ago, fc.integer({ min: 1, max: 9 }))
          .map(
            ([numbers, days, pieces]) =>
              () =>
                take(numbers.map((n, i) => sale(n, day(days + i).replace('T00', 'T05'), {}, pieces))),
          ),
      },
      {
        weight: 2,
        arbitrary: number.map(
          (n) => () =>
            desk.rows(`update orders.orders set customer_id = gen_random_uuid() where number = $1`, [String(n)]),
        ),
      },
      { weight: 4, arbitrary: fc.constant(() => fold()) },
      { weight: 1, arbitrary: fc.constant(() => execute(new RecountSalesCommand())) },
      {
        weight: 3,
        arbitrary: fc.constantFrom(1, 1, 2, 7, 30, -1).map((days) => async () => {
          clock.setOffset(clock.offsetSeconds + days * DAY);
          await Promise.resolve();
        }),
      },
    );
    const window = fc.tuple(ago, fc.constantFrom(undefined, undefined, 0, 1, -1, 0.3), fc.constantFrom(0, 0, 0, 0.4));
    await fc.assert(
      fc.asyncProperty(
        fc.array<() => Promise<unknown>>(acts, { minLength: 6, maxLength: 24 }),
        fc.array(window, { minLength: 4, maxLength: 6 }),
        async (history, windows) => {
          desk.open();
          clock.setOffset(0);
          for (const act of history) {
            await act();
            await agree('product', { from: day(30) }, 3);
            expect(await desk.rows(WINDOWS)).toEqual([]);
          }
          for (const [from, end, edge] of windows) {
            const time = { from: day(from + edge), ...(end === undefined ? {} : { to: day(-end) }) };
            if (time.to && time.to < time.from) continue;
            for (const groupBy of ['product', 'customer', 'category'] as const) {
              await agree(groupBy, time);
              await agree(groupBy, time, 2);
            }
          }
        },
      ),
      { numRuns: RUNS, seed: 9 },
    );
  });

  it('are made anew for the last days where the clock was moved back', async () => {
    const DAY = 86_400;
    const ago = (days: number) => new Date(clock.nowMs() - days * DAY * 1_000).toISOString();
    await take([sale(1, ago(3)), sale(2, ago(6)), sale(3, ago(40))]);
    for (const offset of [8 * DAY, 0]) {
      clock.setOffset(offset);
      await fold();
      expect(await desk.rows(WINDOWS)).toEqual([]);
      for (const days of [7, 30]) await agree('product', { from: ago(days).slice(0, 10) }, 2);
    }
  });

  it('are made anew where all was forgotten while they were added up', async () => {
    const ago = (days: number) => new Date(clock.nowMs() - days * 86_400_000).toISOString();
    const recent = { from: ago(29).slice(0, 10) };
    const all = async () => {
      for (const window of [{}, { from: '2025-03-01', to: '2025-04-01' }, { from: '2025-03-20' }, recent])
        await Promise.all(GROUPS.map((groupBy) => agree(groupBy, window)));
      await agree('product', recent, 2);
      expect(await desk.rows(WINDOWS)).toEqual([]);
    };
    const set = (number: number, change: string) =>
      desk.rows(`update orders.orders set ${change} where number = $1`, [String(number)]);
    const lately = [sale(5, ago(5)), sale(6, ago(5)), sale(7, ago(6))];
    const early = [1, 2, 3, 4].map((n) => sale(n, `2025-03-0${Math.ceil(n / 2)}T10:00:00Z`));
    await take([...early, ...lately]);
    for (const number of [2, 6]) await set(number, `payment_status = 'pending'`);
    await fold();
    for (const number of [1, 5]) await set(number, `cancelled_at = kernel.now()`);
    for (const number of [2, 6]) await set(number, `payment_status = 'paid'`);
    for (const number of [3, 7]) await refund(number, 7);
    await desk.asStaff(async () => {
      const [rollups, uow] = [desk.app.get(SalesRollups), desk.app.get(UnitOfWork)];
      const last = (await uow.run(() => rollups.advance())) ?? 0;
      await execute(new RecountSalesCommand());
      expect(await uow.run(() => rollups.foldSome(last))).toBe(0);
      await uow.run(() => rollups.roll());
    });
    await all();
    await fold();
    await all();
    expect(await desk.rows('select id from orders.sales_marks')).toEqual([]);
  });
});
