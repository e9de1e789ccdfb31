import { AsyncLocalStorage } from 'node:async_hooks';
import { QueryBus } from '@nestjs/cqrs';
import fc from 'fast-check';
import { Client } from 'pg';
import type { QueryRunner } from 'typeorm';
import { OrdersMarksByOrder1764002590300 } from '../../migrations/1764002590300-orders-marks-by-order';
import { OrdersFunnelDays1764002590400 } from '../../migrations/1764002590400-orders-funnel-days';
import { OrdersRollingWindows1764002590500 } from '../../migrations/1764002590500-orders-rolling-windows';
import { FoldSalesCommand } from '../../src/commerce/orders/commands/fold-sales';
import { RecountSalesCommand } from '../../src/commerce/orders/commands/recount-sales';
import { ImportOrdersCommand, type ImportedOrder } from '../../src/commerce/orders/contracts/import-orders';
import { SalesRollups } from '../../src/commerce/orders/data/sales-rollups';
import { onePeriod, rollingWindow, salesWindow } from '../../src/commerce/orders/domain/sales-window';
import { SalesSchedule } from '../../src/commerce/orders/jobs/sales-schedule';
import { GROUPS, OrderAnalyticsQuery, type GroupBy } from '../../src/commerce/orders/queries/order-analytics';
import { SalesByDayQuery } from '../../src/commerce/orders/queries/sales-reports';
import { clock } from '../../src/kernel/clock/clock';
import { UnitOfWork } from '../../src/kernel/database/unit-of-work';
import { testDatabase } from '../support/cluster';
import { eventually } from '../support/eventually';
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

/** Windows that are not the sum of their days. */
const WINDOWS = `select dimension, grain, currency, key, sum(sign * orders)::int as orders, sum(sign * net)::int as net from (
    select dimension, grain, currency, key, orders, net, 1 as sign from orders.sales_rollups where grain like '% days'
    union all
    select r.dimension, w.grain, r.currency, r.key, r.orders, r.net, -1 from orders.sales_folds f,
      (values ('7 days', 7), ('30 days', 30), ('90 days', 90), ('365 days', 365)) as w(grain, days), orders.sales_rollups r
    where r.grain = 'day' and r.dimension <> 'channel' and r.period >= f.rolled - w.days
  ) each group by 1, 2, 3, 4 having sum(sign * orders) <> 0 or sum(sign * net) <> 0`;

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
  afterEach(() => clock.setOffset(0));

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

  /** What the release before does where all sums are to be made anew, and up to where its jobs are refused. */
  async function recountAsBefore(): Promise<void> {
    for (const table of ['sales_rollups', 'sales_labels', 'sales_cohorts'])
      await desk.rows(`delete from orders.${table}`);
    await desk.rows(`update orders.sales_folds set until = '-infinity'`);
    await desk.rows(
      `insert into orders.sales_marks (tenant_id, id, day) select tenant_id, gen_random_uuid(), day from (
         select distinct tenant_id, (placed_at at time zone 'UTC')::date as day from orders.orders
         where payment_status = 'paid' and cancelled_at is null and placed_at < date_trunc('day', kernel.now())) passed
       where not exists (select from orders.sales_marks m where m.day = passed.day)`,
    );
    await desk.rows(`update orders.sales_folds set until = (kernel.now() at time zone 'UTC')::date`);
    await expect(desk.rows('delete from orders.sales_marks')).rejects.toThrow('sales are added up by order');
  }

  it('are a recount after any history, for any time', async () => {
    const day = fc.integer({ min: 0, max: 420 });
    const at = (days: number, ms: number) => new Date(Date.UTC(2025, 0, 1) + days * 86_400_000 + ms).toISOString();
    const past = fc.tuple(day, fc.constantFrom(0, 0, 1, 43_200_000, 86_399_999)).map(([days, ms]) => at(days, ms));
    const lately = fc.constantFrom(1_000, 60_000, 3_600_000).map((ms) => new Date(clock.nowMs() - ms).toISOString());
    const time = fc.oneof({ weight: 3, arbitrary: past }, { weight: 1, arbitrary: lately });
    const number = fc.integer({ min: 1, max: 14 });
    const change = (text: string, params: unknown[] = []) => desk.rows(text, params).then(() => undefined);
    // Whoever writes past the code leaves no event, but a mark.
    const beside = `channel = 'web' and number = $1`;
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
          (n) => () => change(`update orders.orders set refunded_total = total / 2 where ${beside}`, [String(n)]),
        ),
      },
      {
        weight: 1,
        arbitrary: number.map(
          (n) => () => change(`update orders.orders set payment_status = 'refunded' where ${beside}`, [String(n)]),
        ),
      },
      {
        weight: 1,
        arbitrary: number.map(
          (n) => () => change(`update orders.orders set customer_id = gen_random_uuid() where ${beside}`, [String(n)]),
        ),
      },
      { weight: 3, arbitrary: fc.constant(() => fold().then(() => undefined)) },
      { weight: 1, arbitrary: fc.constant(() => execute(new RecountSalesCommand())) },
      { weight: 1, arbitrary: fc.constant(() => recountAsBefore()) },
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

  const reduced = async (): Promise<number[]> => {
    const sales = await desk.asStaff(() =>
      desk.app.get(QueryBus).execute(new SalesByDayQuery({ from: '2025-01-01T00:00:00Z', to: '2100-01-01T00:00:00Z' })),
    );
    return sales.data.map((day) => day.reduced.amount);
  };
  const refund = (number: number, amount: number) =>
    desk.rows(`update orders.orders set refunded_total = $2 where number = $1`, [String(number), amount]);

  it('count the orders that changed since, today too, and nothing else of their day', async () => {
    const today = new Date(clock.nowMs() - 1_000).toISOString();
    await take([sale(1, today), sale(2, today), sale(3, '2025-03-01T10:00:00Z'), sale(4, '2025-03-01T11:00:00Z')]);
    expect(await fold()).toEqual({ days: 2 });
    await Promise.all(GROUPS.map((groupBy) => agree(groupBy)));
    // Past triggers, so that it shows in a recount alone.
    const admin = new Client({ connectionString: desk.app.database.superuserUrl });
    await admin.connect();
    try {
      await admin.query('set session_replication_role = replica');
      const hidden = `update orders.orders set refunded_total = 50 where tenant_id = $1 and number in ('2', '4')`;
      await admin.query(hidden, [desk.tenant]);
    } finally {
      await admin.end();
    }
    for (const amount of [1, 2, 3, 4, 5]) {
      await refund(1, amount);
      await refund(3, amount + 10);
    }
    expect(await reduced()).toEqual([15, 5]);
    expect(await fold()).toEqual({ days: 2 });
    expect(await reduced()).toEqual([15, 5]);
    // All of a day whose lines are others.
    await take([sale(3, '2025-03-01T10:00:00Z', {}, 2)]);
    expect(await reduced()).toEqual([65, 5]);
  });

  it('hold an order that changes again while it is added up', async () => {
    await take([sale(1, '2025-03-01T10:00:00Z'), sale(2, '2025-03-01T10:00:00Z')]);
    await fold();
    await refund(1, 1);
    await desk.asStaff(() =>
      desk.app.get(UnitOfWork).run(async (tx) => {
        const change = `update orders.orders set refunded_total = $2 where tenant_id = $1 and number = '1'`;
        for (const amount of [2, 3]) await tx.execute(change, [tx.tenantId, amount]);
        expect(await outside(fold)).toEqual({ days: 1 });
        expect(await outside(reduced)).toEqual([1]);
        await tx.execute(change, [tx.tenantId, 4]);
      }),
    );
    await refund(1, 5);
    expect(await reduced()).toEqual([5]);
    await fold();
    expect(await reduced()).toEqual([5]);
    await agree('customer');
    // Sales go on: those after it began are left for the next time.
    await refund(1, 6);
    await desk.asStaff(async () => {
      const [rollups, uow] = [desk.app.get(SalesRollups), desk.app.get(UnitOfWork)];
      const last = (await uow.run(() => rollups.advance())) ?? 0;
      await refund(2, 7);
      expect([await uow.run(() => rollups.foldSome(last)), await uow.run(() => rollups.foldSome(last))]).toEqual([
        1, 0,
      ]);
    });
    expect(await desk.rows(`select order_before from orders.sales_marks`)).toHaveLength(1);
    expect(await reduced()).toEqual([13]);
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

  it('are left to whoever adds them up already, and what changed meanwhile to the next', async () => {
    const [uow, rollups, schedule] = [
      desk.app.get(UnitOfWork),
      desk.app.get(SalesRollups),
      desk.app.get(SalesSchedule),
    ];
    const jobs = () => desk.rows(`select id from kernel.deliveries where name = 'orders.fold-sales'`);
    await take([sale(1, '2025-03-01T10:00:00Z')]);
    await fold();
    await refund(1, 1);
    await desk.rows(`update orders.sales_folds set asked_at = kernel.now() - interval '2 hours'`);
    await desk.asStaff(() =>
      uow.run(async () => {
        const last = await rollups.advance();
        expect(await outside(fold)).toEqual({ days: 0 });
        expect(await rollups.foldSome(last ?? 0)).toBe(1);
        await outside(() => refund(1, 2));
        expect(await outside(fold)).toEqual({ days: 0 });
        await outside(() => schedule.look());
        expect(await outside(jobs)).toEqual([]);
      }),
    );
    expect(await reduced()).toEqual([2]);
    await schedule.look();
    expect(await jobs()).toHaveLength(1);
    expect(await fold()).toEqual({ days: 1 });
    expect(await reduced()).toEqual([2]);
    // Where all was forgotten there may be no mark to ask again: that fold waits.
    await execute(new RecountSalesCommand());
    let waiting: Promise<unknown> = Promise.resolve();
    await desk.asStaff(() =>
      uow.run(async () => {
        expect(await rollups.foldSome(0)).toBe(0);
        waiting = outside(fold);
        await outside(waits);
      }),
    );
    expect(await waiting).toEqual({ days: 1 });
    await agree('customer');
  });

  /** Until somebody waits for who folds. */
  async function waits(): Promise<void> {
    const blocked = `select 1 from pg_stat_activity where wait_event_type = 'Lock' and query like '%orders.sales_folds%'
      and datname = current_database()`;
    const admin = new Client({ connectionString: desk.app.database.superuserUrl });
    await admin.connect();
    await eventually(async () => (await admin.query(blocked)).rows.length > 0).finally(() => admin.end());
  }

  it('keep no address of a customer who is known in what is marked', async () => {
    await take([sale(1, '2025-03-01T10:00:00Z')]);
    await fold();
    const kept = () => desk.rows(`select order_before ->> 'email' as email from orders.sales_marks order by seq`);
    await desk.rows(`update orders.orders set customer_id = gen_random_uuid() where number = '1'`);
    expect(await kept()).toEqual([{ email: 'b@example.com' }]);
    await agree('customer');
    await fold();
    await refund(1, 1);
    expect(await kept()).toEqual([{ email: null }]);
    await agree('customer');
    await fold();
    await agree('customer');
  });

  it('are counted by days where the release before began anew', async () => {
    await take([sale(1, '2025-03-01T10:00:00Z'), sale(2, '2025-03-01T10:00:00Z'), sale(3, '2025-03-02T10:00:00Z')]);
    await fold();
    await refund(1, 1);
    await recountAsBefore();
    await Promise.all(GROUPS.map((groupBy) => agree(groupBy)));
    await fold();
    await Promise.all(GROUPS.map((groupBy) => agree(groupBy)));
    expect(await reduced()).toEqual([1, 0]);
  });

  it('are folded again within minutes where much is to be counted meanwhile', async () => {
    const due = async () =>
      (await desk.rows<{ tenant: string }>('select tenant_id as tenant from orders.shops_to_fold(100000)'))
        .map(({ tenant }) => tenant)
        .includes(desk.tenant);
    const asked = (minutes: number) =>
      desk.rows(`update orders.sales_folds set asked_at = kernel.now() - make_interval(mins => $1)`, [minutes]);
    await take([sale(1, '2025-03-01T10:00:00Z')]);
    expect(await due()).toBe(true);
    await fold();
    expect(await due()).toBe(false);
    await refund(1, 1);
    await asked(59);
    expect(await due()).toBe(false);
    await asked(61);
    expect(await due()).toBe(true);
    for (let amount = 2; amount <= 50; amount++) await refund(1, amount);
    await asked(1);
    expect(await due()).toBe(false);
    await asked(3);
    expect(await due()).toBe(true);
    await fold();
    // A whole day.
    await take([sale(1, '2025-03-01T10:00:00Z', {}, 2)]);
    await asked(3);
    expect(await due()).toBe(true);
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

  it('are marked by day where marks by order are taken back', async () => {
    const database = await testDatabase({ fresh: true });
    const [owner, admin] = [database.ownerUrl, database.superuserUrl].map(
      (url) => new Client({ connectionString: url }),
    );
    await Promise.all([owner.connect(), admin.connect()]);
    try {
      const runner = { query: async (text: string) => (await owner.query(text)).rows as unknown } as QueryRunner;
      const [marks, funnel] = [new OrdersMarksByOrder1764002590300(), new OrdersFunnelDays1764002590400()];
      const windows = new OrdersRollingWindows1764002590500();
      const summed = (grain: string) =>
        admin.query(
          `insert into orders.sales_rollups values ($1, 'product', $2, '-infinity', 'EUR', 'S', 1, 1, 1, 1, 0, 0, 0, 0, 0, 0)`,
          [desk.tenant, grain],
        );
      for (const grain of ['all', '30 days']) await summed(grain);
      const placed = `insert into orders.orders (tenant_id, id, number, channel, currency, subtotal, discount_total, shipping_total, tax_total,
          total, payment_status, fulfilment_status, return_status, placed_at, created_at, updated_at)
        values ($1, $1, '1', 'import', 'EUR', 1, 0, 0, 0, 1, 'paid', 'none', 'none', '2025-03-01', now(), now())`;
      const change = `update orders.orders set refunded_total = 1`;
      const marked = async () => (await admin.query<{ day: string }>('select * from orders.sales_marks')).rows;
      await windows.down(runner);
      await funnel.down(runner);
      await marks.down(runner);
      expect((await admin.query('select grain from orders.sales_rollups')).rows).toEqual([{ grain: 'all' }]);
      await expect(summed('30 days')).rejects.toThrow('sales_rollups_grain_check');
      await admin.query(placed, [desk.tenant]);
      await admin.query(change);
      expect(Object.keys((await marked())[0])).toEqual(['tenant_id', 'id', 'day']);
      expect((await admin.query('select * from orders.shops_to_fold(10)')).rows).toHaveLength(1);
      await marks.up(runner);
      await funnel.up(runner);
      await windows.up(runner);
      await summed('30 days');
      await admin.query(change.replace('= 1', '= 0'));
      const before = { id: desk.tenant, total: 1, refunded_total: 1, lines: null };
      expect(await marked()).toMatchObject([{ order_id: null }, { order_id: null }, { order_before: before }]);
      expect((await admin.query('select * from orders.shops_to_fold(10)')).rows).toHaveLength(1);
    } finally {
      await Promise.all([owner.end(), admin.end()]);
    }
  });

  it('are kept for the last days, from which other times differ by few days', () => {
    const kept = (window: { from?: string; to?: string }, rolled: string | null = '2026-11-22') =>
      rollingWindow(salesWindow(window, 'all'), rolled);
    expect(kept({ from: '2026-10-23' })).toEqual({ grain: '30 days', differs: [] });
    expect(kept({ from: '2026-10-24' })).toEqual({
      grain: '30 days',
      differs: [{ low: '2026-10-23', high: '2026-10-24', sign: -1 }],
    });
    expect(kept({ from: '2026-11-14', to: '2026-11-22' })).toBeNull();
    expect(kept({ from: '2026-11-15', to: '2026-11-22T10:00:00Z' })).toEqual({
      grain: '7 days',
      differs: [{ low: '2026-11-22', high: 'infinity', sign: -1 }],
    });
    expect(kept({ from: '2025-11-21' })).toEqual({
      grain: '365 days',
      differs: [{ low: '2025-11-21', high: '2025-11-22', sign: 1 }],
    });
    for (const none of [{}, { to: '2026-11-22' }, { from: '2026-11-22' }, { from: '2026-10-01' }])
      expect(kept(none)).toBeNull();
    expect(kept({ from: '2026-10-23' }, null)).toBeNull();
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
