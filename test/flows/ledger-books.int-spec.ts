import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { asTenant, testApp, type TestApp } from '../support/app';
import { testDatabase } from '../support/cluster';
import { RecordedRealtimeModule } from '../support/realtime';
import { GoodsIn } from '../../src/commerce/inventory/commands/goods-in';
import {
  CommitHoldCommand,
  FulfilHoldCommand,
  HoldStockCommand,
  RestockCommand,
} from '../../src/commerce/inventory/contracts/hold-stock';
import { SetStockCommand } from '../../src/commerce/inventory/contracts/set-stock';
import { LocationRepository } from '../../src/commerce/inventory/data/location.repository';
import { InventoryModule } from '../../src/commerce/inventory/inventory.module';
import {
  OrderCancelled,
  OrderFulfilled,
  OrderLinesCancelled,
  OrderPaid,
  OrderShipped,
  type OrderFacts,
} from '../../src/commerce/orders/contracts/order-events';
import { clock } from '../../src/kernel/clock/clock';
import { Database } from '../../src/kernel/database/database';
import { UnitOfWork } from '../../src/kernel/database/unit-of-work';
import { newId } from '../../src/kernel/ids/ids';
import { DeliveryWorker } from '../../src/kernel/messaging/delivery-worker';
import type { DomainEvent } from '../../src/kernel/messaging/domain-event';
import {
  ChargeUnused,
  PaymentAuthorized,
  PaymentCaptured,
  PaymentPartlyCaptured,
  PaymentVoided,
  RefundSucceeded,
} from '../../src/money/payments/contracts/payment-events';
import { VerifyLedgerQuery } from '../../src/money/ledger/contracts/verify-ledger';
import { LedgerModule } from '../../src/money/ledger/ledger.module';
import { ResolveSuspenseCommand } from '../../src/money/ledger/commands/resolve-suspense';
import { ListSuspenseQuery } from '../../src/money/ledger/queries/list-suspense';
import { BalanceMoved } from '../../src/money/payments/contracts/settlement-events';
import { TrialBalanceQuery } from '../../src/money/ledger/queries/trial-balance';

const eur = (amount: number) => ({ amount, currency: 'EUR' });

describe('the ledger books what other contexts say', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await testApp([LedgerModule, InventoryModule, RecordedRealtimeModule], {
      database: await testDatabase({ fresh: true }),
    });
  });
  afterAll(() => app.close());

  /** An order of 100.00, 19.00 tax, 5.95 shipping with 0.95 tax in it: 124.95. */
  const world = () => {
    const tenant = newId();
    const [orderId, intentId, attemptId] = [newId(), newId(), newId()];
    const facts: OrderFacts = {
      orderId,
      number: '1000001',
      channel: 'web',
      email: null,
      customerId: newId(),
      userId: null,
      status: 'paid',
      subtotal: eur(10_000),
      discount: eur(0),
      shipping: eur(500),
      tax: eur(1_995),
      taxIncluded: false,
      total: eur(12_495),
      lines: [
        {
          lineId: newId(),
          sku: 'TEA',
          name: 'Tea',
          quantity: 4,
          unitPrice: eur(2_500),
          discount: eur(0),
          tax: eur(1_900),
          total: eur(10_000),
        },
      ],
    };
    const payment = {
      intentId,
      attemptId,
      payable: { type: 'order' as const, id: orderId },
      amount: eur(12_495),
      provider: 'sandbox',
    };
    const capturedAt = clock.now().toISOString();
    return {
      tenant,
      orderId,
      captured: () => new PaymentCaptured(intentId, { ...payment, capturedAt, fee: eur(61) }),
      partly: (amount: number) =>
        new PaymentPartlyCaptured(intentId, {
          ...payment,
          amount: eur(amount),
          authorized: payment.amount,
          capturedAt,
        }),
      authorized: () => new PaymentAuthorized(intentId, payment),
      voided: () => new PaymentVoided(intentId, payment),
      unused: (attempt: string) => new ChargeUnused(intentId, { ...payment, attemptId: attempt, why: 'paid-twice' }),
      refunded: (amount = 12_495, attempt = attemptId) =>
        new RefundSucceeded(intentId, {
          ...payment,
          attemptId: attempt,
          amount: eur(amount),
          refundId: newId(),
          reason: 'staff',
        }),
      paid: () => new OrderPaid(orderId, facts),
      fulfilled: () => new OrderFulfilled(orderId, facts),
      shipped: (quantity: number) =>
        new OrderShipped(orderId, {
          ...facts,
          shipment: {
            shipmentId: newId(),
            number: '1000001-1',
            carrier: null,
            trackingNumber: null,
            trackingUrl: null,
            complete: false,
            lines: [{ lineId: facts.lines[0].lineId, sku: 'TEA', name: 'Tea', quantity, total: eur(quantity * 2_500) }],
          },
        }),
      given: (quantity: number) =>
        new OrderLinesCancelled(orderId, {
          ...facts,
          cancelled: [{ lineId: facts.lines[0].lineId, sku: 'TEA', name: 'Tea', quantity }],
          refund: eur(quantity * 2_975),
          note: null,
        }),
      cancelled: () => new OrderCancelled(orderId, { ...facts, reason: 'staff', note: null }),
    };
  };
  type World = ReturnType<typeof world>;

  const say = ({ tenant }: World, ...events: DomainEvent[]) =>
    asTenant(tenant, () =>
      app.get(UnitOfWork).run(async (tx) => {
        tx.record(...events);
      }),
    );
  const settle = () => app.get(DeliveryWorker).drain();
  const balances = async ({ tenant }: World): Promise<Record<string, number>> => {
    const { data, total } = await asTenant(tenant, () => app.get(QueryBus).execute(new TrialBalanceQuery(clock.now())));
    for (const { balance } of total) expect(balance.amount).toBe(0);
    expect(await asTenant(tenant, () => app.get(QueryBus).execute(new VerifyLedgerQuery()))).toMatchObject({
      ok: true,
    });
    return Object.fromEntries(
      data.filter(({ balance }) => balance.amount !== 0).map((l) => [l.account, l.balance.amount]),
    );
  };
  const journals = ({ tenant }: World) =>
    app
      .get(Database)
      .readAs<{ purpose: string; kind: string }>(
        tenant,
        'select purpose, kind from ledger.journals where tenant_id = $1 order by id',
        [tenant],
      );

  const SHIPPED = { 1100: 12_434, 2200: -1_995, 4000: -10_000, 4010: -500, 5200: 61 };
  const cases: [string, (w: World) => DomainEvent[], Record<string, number>][] = [
    ['captured: a deposit', (w) => [w.captured()], { 1100: 12_434, 2100: -12_495, 5200: 61 }],
    ['paid: tax is due', (w) => [w.captured(), w.paid()], { 1100: 12_434, 2100: -10_500, 2200: -1_995, 5200: 61 }],
    ['delivered: revenue', (w) => [w.captured(), w.paid(), w.fulfilled()], SHIPPED],
    ['delivered in two parcels', (w) => [w.captured(), w.paid(), w.shipped(1), w.shipped(3), w.fulfilled()], SHIPPED],
    [
      'a piece given up before the others left',
      (w) => [w.captured(), w.paid(), w.given(1), w.shipped(3), w.fulfilled(), w.refunded(2_975)],
      { 1100: 9_459, 2200: -1_520, 4000: -7_500, 4010: -500, 5200: 61 },
    ],
    ['told backwards', (w) => [w.fulfilled(), w.paid(), w.captured()], SHIPPED],
    ['reserved, then captured', (w) => [w.authorized(), w.captured(), w.paid(), w.fulfilled()], SHIPPED],
    [
      'captured before the reservation is told',
      (w) => [w.captured(), w.authorized(), w.paid(), w.fulfilled()],
      SHIPPED,
    ],
    ['delivered while it was reserved', (w) => [w.authorized(), w.fulfilled(), w.captured(), w.paid()], SHIPPED],
    ['reserved', (w) => [w.authorized()], {}],
    ['reserved and let go', (w) => [w.authorized(), w.voided()], {}],
    ['let go before the reservation is told', (w) => [w.voided(), w.authorized()], {}],
    ['captured in part', (w) => [w.authorized(), w.partly(10_000)], { 1100: 10_000, 2100: -10_000 }],
    [
      'let go, but charged late, and given back',
      (w) => {
        const late = newId();
        return [w.authorized(), w.voided(), w.unused(late), w.refunded(12_495, late)];
      },
      {},
    ],
    [
      'charged twice',
      (w) => {
        const second = newId();
        return [w.captured(), w.refunded(12_495, second), w.paid(), w.unused(second), w.fulfilled()];
      },
      SHIPPED,
    ],
    ['cancelled and given back', (w) => [w.captured(), w.paid(), w.cancelled(), w.refunded()], { 1100: -61, 5200: 61 }],
    [
      'half given back after delivery',
      (w) => [w.captured(), w.paid(), w.fulfilled(), w.refunded(6_248)],
      { 1100: 6_186, 2200: -997, 4000: -10_000, 4010: -500, 4095: 5_250, 5200: 61 },
    ],
  ];

  it.each(cases)('%s', async (_what, events, expected) => {
    // Each event by itself, as they come mostly; then all at once, as after a stop of the workers.
    const [apart, together] = [world(), world()];
    for (const event of events(apart)) {
      await say(apart, event);
      await settle();
    }
    await say(together, ...events(together));
    await settle();
    expect(await balances(apart)).toEqual(expected);
    expect(await balances(together)).toEqual(expected);
  });

  it('a payment of any of 24 orders of events, each told twice, has one journal per event', async () => {
    const permutations = <T>(of: T[]): T[][] =>
      of.length < 2 ? [of] : of.flatMap((one, i) => permutations(of.toSpliced(i, 1)).map((rest) => [one, ...rest]));
    for (const order of permutations([0, 1, 2, 3])) {
      const w = world();
      const events = [w.authorized(), w.captured(), w.paid(), w.fulfilled()];
      for (const i of order) await say(w, events[i]);
      await settle();
      // A reaction that is run over past events again.
      await asTenant(w.tenant, () =>
        app.get(Database).readAs(
          w.tenant,
          `insert into kernel.deliveries (tenant_id, id, event_id, kind, name, due_at)
           select tenant_id, gen_random_uuid(), id, 'reaction', 'ledger.book-when-' || split_part(type, '.', 2), kernel.now()
           from kernel.events where tenant_id = $1 and type like any('{payments.%,orders.%}')`,
          [w.tenant],
        ),
      );
      expect(await settle()).toBe(4);
      expect(await balances(w)).toEqual(SHIPPED);
      const purposes = (await journals(w)).filter(({ kind }) => kind !== 'pending' && kind !== 'void');
      expect(purposes.filter(({ purpose }) => purpose === 'payment-captured')).toHaveLength(1);
      expect(purposes.filter(({ purpose }) => purpose === 'payment-fee')).toHaveLength(1);
    }
  });

  it('goods are booked at the cost of their lots, and the inventory account is what lies on the shelves', async () => {
    const w = world();
    const within = <T>(work: () => Promise<T>) => asTenant(w.tenant, work);
    const commands = app.get(CommandBus);
    const shelves = async () =>
      (
        await app
          .get(Database)
          .readAs<{ value: number }>(
            w.tenant,
            'select coalesce(sum(on_hand * unit_cost), 0)::bigint as value from inventory.stock_lots where tenant_id = $1',
            [w.tenant],
          )
      )[0].value;
    const booked = async (expected: Record<string, number>) => {
      await settle();
      expect(await balances(w)).toEqual(expected);
      expect(await shelves()).toBe(expected['1300'] ?? 0);
    };
    await within(() =>
      app.get(UnitOfWork).run(async () => {
        const locationId = await app.get(LocationRepository).defaultId();
        const lot = (number: string, unitCost?: number) => ({ number, unitCost: unitCost ? eur(unitCost) : undefined });
        await app.get(GoodsIn).take(
          [
            { sku: 'TEA', quantity: 3, locationId, lot: lot('A', 400) },
            { sku: 'TEA', quantity: 3, locationId, lot: lot('B', 500) },
            { sku: 'JAM', quantity: 9, locationId, lot: lot('C') },
          ],
          { document: { type: 'receipt', id: newId() }, reason: 'received' },
        );
      }),
    );
    await booked({ 1300: 2_700, 2050: -2_700 });
    const reference = { type: 'order' as const, id: w.orderId };
    const expiresAt = new Date(clock.nowMs() + 600_000);
    const lines = [
      { sku: 'TEA', quantity: 4 },
      { sku: 'JAM', quantity: 1 },
    ];
    await within(() => commands.execute(new HoldStockCommand({ reference, lines, expiresAt })));
    await within(() => commands.execute(new CommitHoldCommand({ reference })));
    await within(() => commands.execute(new FulfilHoldCommand({ reference, lines: [{ sku: 'TEA', quantity: 2 }] })));
    await booked({ 1300: 1_900, 2050: -2_700, 5000: 800 });
    await within(() => commands.execute(new FulfilHoldCommand({ reference })));
    await booked({ 1300: 1_000, 2050: -2_700, 5000: 1_700 });
    const back = (quantity: number, disposition: 'restock' | 'scrap') => ({ sku: 'TEA', quantity, disposition });
    await within(() =>
      commands.execute(new RestockCommand({ reference, lines: [back(1, 'restock'), back(1, 'scrap')] })),
    );
    const { 1300: left } = await balances(w);
    expect(left).toBe(1_000);
    await settle();
    const after = await balances(w);
    expect(after['1300']).toBe(await shelves());
    expect(after['5000'] + after['5110'] + after['1300']).toBe(2_700);
    await within(() =>
      commands.execute(new SetStockCommand({ lines: [{ sku: 'TEA', onHand: 0 }], reason: 'count', document: 'c1' })),
    );
    await settle();
    expect((await balances(w))['1300'] ?? 0).toBe(await shelves());
    const [{ purposes }] = await app
      .get(Database)
      .readAs<{ purposes: string[] }>(
        w.tenant,
        'select array_agg(distinct purpose order by purpose) as purposes from ledger.journals where tenant_id = $1',
        [w.tenant],
      );
    expect(purposes).toEqual(['cost-of-goods', 'goods-received', 'goods-returned', 'stock-adjusted']);
  });

  it('lets people explain what a provider moved and nobody knew, once, to one account', async () => {
    const w = world();
    const within = <T>(work: () => Promise<T>): Promise<T> => asTenant(w.tenant, work);
    const moved = { gatewayId: newId(), provider: 'stripe', kind: 'other' as const, intentId: null };
    await within(() =>
      app.get(UnitOfWork).run(async (tx) =>
        tx.record(
          new BalanceMoved(moved.gatewayId, {
            ...moved,
            entryId: 'txn_1',
            out: eur(700),
            at: '2026-03-01T12:00:00Z',
          }),
          new BalanceMoved(moved.gatewayId, {
            ...moved,
            entryId: 'txn_2',
            out: eur(-50),
            at: '2026-03-01T12:00:00Z',
          }),
        ),
      ),
    );
    await settle();
    expect(await balances(w)).toEqual({ 1100: -650, 1900: 650 });
    const list = (state?: 'resolved') =>
      within<{ data: { id: string }[] }>(() =>
        app.get(QueryBus).execute(new ListSuspenseQuery({ limit: 20, state } as never) as never),
      );
    const [, { id: journalId }] = (await list()).data;
    const explain = (account: string, of = journalId) =>
      within<{ id: string }>(() =>
        app
          .get(CommandBus)
          .execute(new ResolveSuspenseCommand({ journalId: of, account, description: 'Terminal' }) as never),
      );
    await expect(explain('9999')).rejects.toThrow(expect.objectContaining({ code: 'ledger.unknown-account' }));
    await expect(explain('5200', newId())).rejects.toThrow(
      expect.objectContaining({ code: 'ledger.suspense-not-found' }),
    );
    const done = await Promise.all([1, 2, 3, 4].map(() => explain('5200')));
    expect(new Set(done.map(({ id }) => id)).size).toBe(1);
    await expect(explain('1000')).rejects.toThrow(expect.objectContaining({ code: 'ledger.suspense-resolved' }));
    expect(await balances(w)).toEqual({ 1100: -650, 1900: -50, 5200: 700 });
    expect([(await list()).data, (await list('resolved')).data].map(({ length }) => length)).toEqual([1, 1]);
  });
});
