import { AsyncLocalStorage } from 'node:async_hooks';
import { QueryBus } from '@nestjs/cqrs';
import fc from 'fast-check';
import { Client } from 'pg';
import { RecountSalesCommand } from '../../src/commerce/orders/commands/recount-sales';
import { SalesRollups } from '../../src/commerce/orders/data/sales-rollups';
import { SalesSchedule } from '../../src/commerce/orders/jobs/sales-schedule';
import { GROUPS } from '../../src/commerce/orders/queries/order-analytics';
import { SalesByDayQuery } from '../../src/commerce/orders/queries/sales-reports';
import { clock } from '../../src/kernel/clock/clock';
import { UnitOfWork } from '../../src/kernel/database/unit-of-work';
import { eventually } from '../support/eventually';
import { OrderDesk } from '../support/order-desk';
import { sale, salesDesk, usd } from '../support/sales-desk';

/** Longer by hand: `SALES_ROLLUP_RUNS=500 npx jest sales-rollups`. */
const RUNS = Number(process.env.SALES_ROLLUP_RUNS ?? 6);

/** Runs work in no context, so that it joins no transaction. */
const outside = AsyncLocalStorage.snapshot();

describe('sales, added up', () => {
  let desk: OrderDesk;
  const { execute, fold, take, refund, report, agree } = salesDesk(() => desk);
  beforeAll(async () => {
    desk = await OrderDesk.start();
  });
  afterAll(() => desk?.app.close());
  beforeEach(() => desk.open());

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
});
