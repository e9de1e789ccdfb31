import { AsyncLocalStorage } from 'node:async_hooks';
import { QueryBus } from '@nestjs/cqrs';
import fc from 'fast-check';
import { Client } from 'pg';
import { OrdersFunnel1764002580100 } from '../../migrations/1764002580100-orders-funnel';
import { AddCartLineCommand, RemoveCartLineCommand } from '../../src/commerce/orders/commands/change-cart';
import { FoldSalesCommand } from '../../src/commerce/orders/commands/fold-sales';
import { RecountSalesCommand } from '../../src/commerce/orders/commands/recount-sales';
import type { CartView } from '../../src/commerce/orders/domain/cart-view';
import { SalesSchedule } from '../../src/commerce/orders/jobs/sales-schedule';
import { FunnelQuery, type Funnel } from '../../src/commerce/orders/queries/sales-reports';
import { clock } from '../../src/kernel/clock/clock';
import { sha256 } from '../../src/kernel/crypto/hashing';
import { UnitOfWork } from '../../src/kernel/database/unit-of-work';
import { newId } from '../../src/kernel/ids/ids';
import { testDatabase } from '../support/cluster';
import { migrating } from '../support/migrating';
import { OrderDesk } from '../support/order-desk';

/** Longer by hand: `FUNNEL_RUNS=100 npx jest checkout-funnel`. */
const RUNS = Number(process.env.FUNNEL_RUNS ?? 6);
const DAY = 86_400_000;

/** What a cart came to. */
interface Fact {
  id: string;
  begun: Date;
  filled: number;
  ordered: number;
  paid: number;
}

/** Carts in plain SQL, those that were brought into another left out. */
const FACTS = `select c.id, c.created_at as begun, (c.order_id is not null or exists (select 1 from orders.cart_lines l where l.cart_id = c.id))::int as filled,
    (c.order_id is not null)::int as ordered, (o.paid_at is not null)::int as paid
  from orders.carts c left join orders.orders o on o.id = c.order_id where c.merged_into is null`;

/** Runs work in no context, so that it joins no transaction. */
const outside = AsyncLocalStorage.snapshot();

describe('the checkout funnel', () => {
  let desk: OrderDesk;
  /** What carts that are gone had come to: nobody else remembers them. */
  let gone: Fact[];
  beforeAll(async () => {
    desk = await OrderDesk.start({ MAINSTAY_UNPAID_ORDERS_LIMIT: '0' });
  });
  afterAll(() => desk?.app.close());
  beforeEach(() => open());
  afterEach(() => clock.setOffset(0));

  async function open(): Promise<void> {
    desk.open();
    gone = [];
    await desk.product('A', 1000, 1_000);
  }
  /** A shop at noon: what is begun some days back, and a little before or after it, lies on one day. */
  async function openAtNoon(): Promise<void> {
    const now = Date.now();
    clock.setOffset((Math.floor(now / DAY) * DAY + DAY / 2 - now) / 1_000);
    await open();
  }
  const act = <T>(command: object): Promise<T> => desk.asStaff(() => desk.commands.execute(command as never));
  const fold = () => act<{ days: number }>(new FoldSalesCommand());
  const ask = (request: { from?: string; to?: string } = {}): Promise<Funnel> =>
    desk.asStaff(() => desk.app.get(QueryBus).execute(new FunnelQuery(request)));
  const ago = (days: number): string => new Date(clock.nowMs() - days * DAY).toISOString();

  /** Notes the carts that are gone after it: beginning a cart clears a few away that are over. */
  async function noting<T>(work: () => Promise<T>): Promise<T> {
    const before = await desk.rows<Fact>(FACTS);
    const result = await work();
    const left = new Set((await desk.rows<{ id: string }>('select id from orders.carts')).map(({ id }) => id));
    gone.push(...before.filter(({ id }) => !left.has(id)));
    return result;
  }
  /** A cart of so many days ago, by its secret. */
  const begin = (days: number, pieces = 0): Promise<string> =>
    noting(async () => {
      const secret = await desk.cart(...(pieces > 0 ? [['A', pieces] as [string, number]] : []));
      await desk.rows(`update orders.carts set created_at = $2 where secret_hash = $1`, [sha256(secret), ago(days)]);
      return secret;
    });
  const abandon = (secret: string) =>
    desk.rows(
      `update orders.carts set expires_at = kernel.now() - interval '2 days' where secret_hash = $1 and order_id is null`,
      [sha256(secret)],
    );
  const forget = () =>
    noting(() => desk.rows('delete from orders.carts where order_id is null and expires_at < kernel.now()'));

  /** What a report of this time is to say, by the carts that there are and those that there were. */
  async function recount(from: Date, to: Date) {
    const facts = [...(await desk.rows<Fact>(FACTS)), ...gone].filter(({ begun }) => begun >= from && begun < to);
    const sum = (of: 'filled' | 'ordered' | 'paid') => facts.reduce((all, fact) => all + fact[of], 0);
    return { carts: facts.length, filled: sum('filled'), checkedOut: sum('ordered'), paid: sum('paid') };
  }
  /** Compares a report with the recount of the time that it says it counted, which holds the one that was asked for. */
  async function agree(asked: { from?: string; to?: string } = {}): Promise<Funnel> {
    const told = await ask(asked);
    const { from, to, carts, filled, checkedOut, paid } = told;
    if (asked.from) expect(Date.parse(from)).toBeLessThanOrEqual(Date.parse(asked.from));
    if (asked.to) expect(Date.parse(to)).toBeGreaterThanOrEqual(Date.parse(asked.to));
    expect({ from, to, carts, filled, checkedOut, paid }).toEqual({
      from,
      to,
      ...(await recount(new Date(from), new Date(to))),
    });
    return told;
  }

  /** What the release before does where all sums are to be made anew. */
  async function recountAsBefore(): Promise<void> {
    await desk.rows(
      `update orders.funnel_days set carts = gone_carts, filled = gone_filled, checked_out = 0, paid = 0`,
    );
    await desk.rows(`update orders.funnel_folds set until = '-infinity'`);
    const old = `(kernel.now() at time zone 'UTC')::date - 31`;
    await desk.rows(
      `insert into orders.funnel_marks (tenant_id, id, begun_at) select tenant_id, gen_random_uuid(), created_at from orders.carts
       where merged_into is null and (created_at at time zone 'UTC')::date < ${old}`,
    );
    await desk.rows(`update orders.funnel_folds set until = ${old}`);
  }

  it('is a recount of all carts that there ever were, after any history, for any time', async () => {
    const days = fc.constantFrom(0.5, 1.5, 1.6, 10, 10.1, 29, 30.5, 31.2, 32, 33.5, 33.6, 40, 61, 400);
    const which = fc.nat(20);
    type Act = (carts: string[], declined: string[]) => Promise<unknown>;
    const one = (carts: string[], n: number): string | undefined => carts[n % Math.max(1, carts.length)];
    const ofCart = (of: (secret: string, declined: string[]) => Promise<unknown>) =>
      which.map((n): Act => async (carts, declined) => {
        const secret = one(carts, n);
        // One that was ordered or is over refuses.
        if (secret)
          await of(secret, declined).catch((error: { code?: string }) => expect(error.code).toMatch(/^orders\./));
      });
    const steps = fc.oneof(
      {
        weight: 5,
        arbitrary: fc.tuple(days, fc.nat(2)).map(
          ([age, pieces]): Act =>
            async (carts) =>
              carts.push(await begin(age, pieces)),
        ),
      },
      {
        weight: 2,
        arbitrary: ofCart((cartSecret) =>
          desk.run(() => desk.commands.execute(new AddCartLineCommand({ cartSecret, sku: 'A', quantity: 1 }))),
        ),
      },
      {
        weight: 1,
        arbitrary: ofCart(async (cartSecret) => {
          const cart = await desk.run<CartView>(() =>
            desk.commands.execute(new AddCartLineCommand({ cartSecret, sku: 'A', quantity: 1 })),
          );
          const removed = new RemoveCartLineCommand({ cartSecret, lineId: cart.lines[0].id });
          return desk.run(() => desk.commands.execute(removed));
        }),
      },
      { weight: 2, arbitrary: ofCart((secret) => desk.checkout(secret)) },
      {
        weight: 1,
        arbitrary: ofCart(async (secret, declined) => {
          declined.push((await desk.checkout(secret, 'declined')).order.id);
        }),
      },
      {
        weight: 1,
        arbitrary: which.map((n): Act => async (_, declined) => {
          const id = one(declined, n);
          if (id) await desk.pay(id).catch(() => undefined);
        }),
      },
      { weight: 3, arbitrary: ofCart((secret) => abandon(secret)) },
      { weight: 2, arbitrary: fc.constant<Act>(() => forget()) },
      { weight: 3, arbitrary: fc.constant<Act>(() => fold()) },
      { weight: 1, arbitrary: fc.constant<Act>(() => act(new RecountSalesCommand())) },
      { weight: 1, arbitrary: fc.constant<Act>(() => recountAsBefore()) },
    );
    const window = fc.tuple(days, days).map(([a, b]) => [Math.max(a, b) + 0.01, Math.min(a, b) - 0.01] as const);
    await fc.assert(
      fc.asyncProperty(
        fc.array(steps, { minLength: 20, maxLength: 50, size: 'max' }),
        fc.array(window, { minLength: 2, maxLength: 2 }),
        async (acts, windows) => {
          await open();
          const [carts, declined]: string[][] = [[], []];
          for (const step of acts) await step(carts, declined);
          const check = async () => {
            await agree();
            await agree({ from: '2000-01-01T00:00:00Z' });
            for (const [from, to] of windows) await agree({ from: ago(from), to: ago(to) });
          };
          await check();
          await fold();
          await check();
        },
      ),
      { numRuns: RUNS, seed: 4 },
    );
  });

  it('counts carts of days that are over from sums, those that changed, of the ends and of today as they are', async () => {
    await openAtNoon();
    for (const days of [10, 10, 5, 5, 0]) await begin(days, 1);
    await fold();
    const admin = new Client({ connectionString: desk.app.database.superuserUrl });
    await admin.connect();
    const hide = async (days: number) => {
      await admin.query(
        `delete from orders.carts where ctid = (select ctid from orders.carts where tenant_id = $1
           and created_at between $2::timestamptz - interval '1 minute' and $2::timestamptz + interval '1 minute' limit 1)`,
        [desk.tenant, ago(days)],
      );
    };
    try {
      // Past triggers.
      await admin.query('set session_replication_role = replica');
      for (const days of [10, 5, 0]) await hide(days);
    } finally {
      await admin.end();
    }
    expect(await ask({ from: ago(20) })).toMatchObject({ carts: 4 });
    expect(await ask({ from: ago(10.001) })).toMatchObject({ carts: 3 });
    expect(await ask({ from: ago(20), to: ago(4.999) })).toMatchObject({ carts: 3 });
    await desk.rows(`update orders.carts set updated_at = kernel.now() where created_at < $1`, [ago(9)]);
    expect(await ask({ from: ago(20) })).toMatchObject({ carts: 3 });
    await fold();
    expect(await ask({ from: ago(20) })).toMatchObject({ carts: 3 });
    expect(await desk.rows('select 1 from orders.funnel_marks')).toEqual([]);
    // Paid only now, after its day was folded.
    const { order } = await desk.checkout(await begin(3, 1), 'declined');
    await fold();
    expect(await ask()).toMatchObject({ carts: 4, checkedOut: 1, paid: 0 });
    await desk.pay(order.id);
    expect(await ask()).toMatchObject({ carts: 4, checkedOut: 1, paid: 1 });
  });

  it('holds a cart that is begun before midnight and commits after it', async () => {
    const midnight = Math.ceil(clock.nowMs() / DAY) * DAY;
    const at = (ms: number) => clock.setOffset(clock.offsetSeconds + (ms - clock.nowMs()) / 1_000);
    try {
      at(midnight - 60_000);
      await desk.asStaff(() =>
        desk.app.get(UnitOfWork).run(async (tx) => {
          await tx.execute(
            `insert into orders.carts (tenant_id, id, secret_hash, expires_at, created_at, updated_at)
             values ($1, $1, 'secret', kernel.now() + interval '30 days', kernel.now(), kernel.now())`,
            [tx.tenantId],
          );
          at(midnight + 1_800_000);
          await outside(() => fold());
        }),
      );
      const day = { from: new Date(midnight - DAY).toISOString(), to: new Date(midnight).toISOString() };
      expect(await agree(day)).toMatchObject({ carts: 1 });
      at(midnight + 7_200_000);
      await fold();
      expect(await agree(day)).toMatchObject({ carts: 1 });
      expect(await desk.rows('select carts from orders.funnel_days')).toEqual([{ carts: 1 }]);
    } finally {
      clock.setOffset(0);
    }
  });

  it('holds carts that are begun on days that were over before the clock was moved back', async () => {
    const offset = (days: number) => clock.setOffset(days * 86_400);
    try {
      for (const days of [3, 40]) {
        await open();
        for (const day of [0, days]) {
          offset(day);
          await begin(0, 1);
          await desk.rows(`update orders.carts set expires_at = kernel.now() + interval '90 days'`);
        }
        offset(days + 2);
        await fold();
        offset(0);
        await fold();
        await begin(0);
        await agree({ from: ago(1) });
        offset(days);
        await begin(0);
        await agree({ from: ago(1) });
        offset(days + 2);
        await fold();
        await agree();
        await agree({ from: ago(days + 3), to: ago(days - 1) });
        offset(0);
        await fold();
      }
    } finally {
      clock.setOffset(0);
    }
  });

  it('is folded within the hour where a cart of before changed, and not for what is gone of the last month', async () => {
    const due = async () =>
      (await desk.rows<{ tenant: string }>('select tenant_id as tenant from orders.shops_to_fold(100000)'))
        .map(({ tenant }) => tenant)
        .includes(desk.tenant);
    const asked = (minutes: number) =>
      desk.rows(
        `insert into orders.sales_folds (tenant_id, id, until, asked_at)
         values ($1, $1, 'infinity', kernel.now() - make_interval(mins => $2))
         on conflict (tenant_id, id) do update set asked_at = excluded.asked_at`,
        [desk.tenant, minutes],
      );
    const secret = await begin(10, 1);
    await fold();
    await asked(61);
    expect(await due()).toBe(false);
    await abandon(secret);
    expect(await due()).toBe(true);
    await asked(3);
    expect(await due()).toBe(false);
    // Many.
    for (let changed = 1; changed < 50; changed++) await abandon(secret);
    expect(await due()).toBe(true);
    await forget();
    await fold();
    await asked(61);
    expect(await desk.rows('select carts from orders.funnel_marks')).toEqual([{ carts: 1 }]);
    expect(await due()).toBe(false);
    expect(await agree()).toMatchObject({ carts: 1, filled: 1 });
  });

  it('counts on what was forgotten, each cart once in each step', async () => {
    await openAtNoon();
    await desk.checkout(await begin(40, 1));
    const { order } = await desk.checkout(await begin(40, 1), 'declined');
    await begin(40);
    for (const pieces of [0, 1, 1]) await abandon(await begin(40, pieces));
    const year = { from: ago(365), to: ago(0) };
    const whole = { carts: 6, filled: 4, checkedOut: 2, paid: 1, checkoutRate: 5_000, paidRate: 2_500 };
    expect(await agree(year)).toMatchObject(whole);
    await forget();
    expect(await agree(year)).toMatchObject(whole);
    await fold();
    await fold();
    expect(await agree(year)).toMatchObject(whole);
    expect(await desk.rows(`select carts, gone_carts as gone from orders.funnel_days`)).toEqual([
      { carts: 6, gone: 3 },
    ]);
    expect(await desk.rows(`select 1 from orders.funnel_marks`)).toEqual([]);
    // Paid only now, after its day was folded.
    await desk.pay(order.id);
    const paid = { ...whole, paid: 2, paidRate: 5_000 };
    expect(await agree(year)).toMatchObject(paid);
    await act(new RecountSalesCommand());
    expect(await agree(year)).toMatchObject(paid);
    await fold();
    expect(await agree(year)).toMatchObject(paid);
    // Nobody else's.
    desk.open();
    expect(await ask(year)).toMatchObject({ carts: 0, filled: 0, checkoutRate: null });
  });

  it('holds a cart that is forgotten or ordered while its day is added up', async () => {
    const [left, bought] = [await begin(50, 1), await begin(50, 1)];
    await abandon(left);
    await fold();
    await desk.asStaff(() =>
      desk.app.get(UnitOfWork).run(async (tx) => {
        gone = await tx.query<Fact>(`${FACTS} and c.secret_hash = $1 and c.tenant_id = $2`, [
          sha256(left),
          tx.tenantId,
        ]);
        await tx.execute(`delete from orders.carts where tenant_id = $1 and secret_hash = $2`, [
          tx.tenantId,
          sha256(left),
        ]);
        // Another connection, another context: it sees neither the change nor its mark.
        await outside(() => fold());
      }),
    );
    const year = { from: ago(365) };
    expect(await agree(year)).toMatchObject({ carts: 2, filled: 2, checkedOut: 0 });
    await Promise.all([fold(), desk.checkout(bought), fold()]);
    expect(await agree(year)).toMatchObject({ carts: 2, filled: 2, checkedOut: 1, paid: 1 });
    await fold();
    expect(await agree(year)).toMatchObject({ carts: 2, filled: 2, checkedOut: 1, paid: 1 });
  });

  it('is folded for whichever shop has old carts that changed', async () => {
    await abandon(await begin(45, 1));
    await forget();
    const schedule = desk.app.get(SalesSchedule);
    await Promise.all([schedule.look(), schedule.look()]);
    await schedule.look();
    expect(await desk.rows(`select id from kernel.deliveries where name = 'orders.fold-sales'`)).toHaveLength(1);
  });

  it('tells no time of which carts were forgotten before they were counted', async () => {
    const since = new Date(clock.nowMs() - 100 * DAY);
    await desk.rows(`insert into orders.funnel_folds (tenant_id, id, until, since) values ($1, $1, '-infinity', $2)`, [
      desk.tenant,
      since,
    ]);
    const midnight = new Date(Math.ceil(since.getTime() / DAY) * DAY).toISOString();
    await expect(ask({ from: ago(101) })).rejects.toMatchObject({
      code: 'orders.funnel-too-old',
      data: { hint: `Ask from ${midnight} on.` },
    });
    await agree({ from: midnight });
    await agree();
  });

  it('is told of shops of before from thirty days before the migration on, which can be taken back', async () => {
    await migrating(await testDatabase({ fresh: true }), async ({ admin, runner }) => {
      const migration = new OrdersFunnel1764002580100();
      const cart = (tenant: string) =>
        admin.query(
          `insert into orders.carts (tenant_id, id, secret_hash, expires_at, created_at, updated_at)
           values ($1, gen_random_uuid(), $1::uuid::text::bytea, now() - interval '10 days', now() - interval '40 days', now())`,
          [tenant],
        );
      const old = newId();
      await migration.down(runner);
      await cart(old);
      await migration.up(runner);
      await cart(newId());
      const folds = await admin.query<{ tenant_id: string; told: boolean }>(
        `select tenant_id, since between now() - interval '30 days 1 hour' and now() - interval '30 days' as told from orders.funnel_folds`,
      );
      expect(folds.rows).toEqual([{ tenant_id: old, told: true }]);
      await migration.down(runner);
      expect((await admin.query(`select orders.purge_carts(1, 10) as gone`)).rows).toEqual([{ gone: 2 }]);
      expect((await admin.query('select * from orders.shops_to_fold(10)')).rows).toEqual([]);
      await migration.up(runner);
    });
  });
});
