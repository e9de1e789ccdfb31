import { QueryBus } from '@nestjs/cqrs';
import { SaveCheckoutSettingsCommand } from '../../src/commerce/orders/commands/save-checkout-settings';
import { SetCartDestinationCommand } from '../../src/commerce/orders/commands/change-cart';
import { ShipOrderCommand } from '../../src/commerce/orders/commands/ship-order';
import { NO_SETTINGS } from '../../src/commerce/orders/domain/checkout-settings';
import type { OrderView } from '../../src/commerce/orders/domain/order-view';
import { clock } from '../../src/kernel/clock/clock';
import { UnitOfWork } from '../../src/kernel/database/unit-of-work';
import { newId } from '../../src/kernel/ids/ids';
import { LedgerModule } from '../../src/money/ledger/ledger.module';
import { TrialBalanceQuery } from '../../src/money/ledger/queries/trial-balance';
import { CreateRefundCommand } from '../../src/money/payments/commands/create-refund';
import { RefundChargeCommand } from '../../src/money/payments/commands/refund-charge';
import { SandboxGateway } from '../../src/money/payments/adapters/sandbox.gateway';
import { RefundSandboxPaymentCommand } from '../../src/money/sandbox/contracts/sandbox-provider';
import { REFUND_EDGES, type RefundState } from '../../src/money/payments/domain/refund';
import {
  analyticsSql,
  PAYMENT_GROUPS,
  PaymentAnalyticsQuery,
  type PaymentReport,
} from '../../src/money/payments/queries/payment-analytics';
import { ListRefundsQuery, type RefundView } from '../../src/money/payments/queries/refunds';
import { OrderDesk } from '../support/order-desk';
import { refundStorm } from '../scenarios/refund-storm';

const IVA = { country: 'PT', category: 'standard', name: 'IVA', basisPoints: 2300 };
const PT = { country: 'PT', region: null, postalCode: '4000-001' };
const eur = (amount: number) => ({ amount, currency: 'EUR' });

describe('money that goes back', () => {
  let desk: OrderDesk;
  const refused = (code: string) => expect.objectContaining({ code });
  const act = <T>(command: object): Promise<T> => desk.asStaff(() => desk.commands.execute(command as never));
  const ask = <T>(query: object): Promise<T> => desk.asStaff(() => desk.app.get(QueryBus).execute(query as never));
  const refund = (request: CreateRefundCommand['request']) => act<RefundView>(new CreateRefundCommand(request));
  /** What worker and gateway do about refunds. */
  const settle = async (): Promise<void> => {
    await desk.worker.drain();
    for (const { id } of await desk.rows<{ id: string }>(`select id from payments.refunds where state = 'requested'`))
      await act(new RefundChargeCommand(id));
    await desk.worker.drain();
  };
  const balances = async (): Promise<Record<string, number>> => {
    const { data } = await ask<{ data: { account: string; balance: { amount: number } }[] }>(
      new TrialBalanceQuery(clock.now()),
    );
    return Object.fromEntries(data.map(({ account, balance }) => [account, balance.amount]).filter(([, sum]) => sum));
  };
  /** A paid order of `a` A at 10.00 and `b` B at 3.33, with 23 % on top. */
  const bought = async (a = 3, b = 2): Promise<{ order: OrderView; paymentId: string }> => {
    await desk.product('A', 1000, 10);
    await desk.product('B', 333, 10);
    await act(new SaveCheckoutSettingsCommand({ ...NO_SETTINGS, taxRates: [IVA] }, null));
    const cartSecret = await desk.cart(['A', a], ['B', b]);
    await desk.run(() => desk.commands.execute(new SetCartDestinationCommand({ cartSecret, destination: PT })));
    const { order, payment } = await desk.checkout(cartSecret);
    return { order, paymentId: payment!.id };
  };

  beforeAll(async () => {
    desk = await OrderDesk.start({}, [LedgerModule]);
  });
  afterAll(() => desk?.app.close());
  beforeEach(() => desk.open());

  it('is never more than was captured: of 50 refunds of 10.00 at once, 10 of 100.00', async () => {
    expect(await refundStorm(desk)).toEqual({ asked: 50, accepted: 10, refused: 40, promised: 10_000 });
    await settle();
    const sums = await desk.rows(`select refunded::int, refund_pending::int from payments.attempts`);
    expect(sums).toEqual([{ refunded: 10_000, refund_pending: 0 }]);
    expect(await desk.rows(`select sum(refunded)::int as given from sandbox.payments`)).toEqual([{ given: 10_000 }]);
    const page = await ask<{ data: RefundView[]; page: { total: number } }>(
      new ListRefundsQuery({ limit: 3, count: 'exact', status: ['succeeded'], sort: '-amount' } as never),
    );
    expect(page.page.total).toBe(10);
    expect(page.data[0]).toMatchObject({
      cause: 'staff',
      amount: eur(1_000),
      tax: null,
      lines: [],
      provider: 'sandbox',
    });
  });

  it('reaches order, stock and books by line: what left comes back, what has not left stays', async () => {
    const { order, paymentId } = await bought();
    const [a, b] = order.lines;
    expect(order.total).toEqual(eur(4509));
    await act(new ShipOrderCommand({ orderId: order.id, lines: [{ lineId: a.id, quantity: 2 }] }));
    await desk.worker.drain();
    const before = await balances();
    const asked = await refund({
      paymentId,
      note: 'Scratched',
      lines: [
        { lineId: a.id, quantity: 2, restock: true },
        { lineId: b.id, quantity: 1 },
      ],
    });
    expect(asked).toMatchObject({
      status: 'requested',
      amount: eur(2 * 1230 + 410),
      tax: eur(2 * 230 + 77),
      reason: 'Scratched',
      lines: [
        { lineId: a.id, quantity: 2, amount: eur(2460), tax: eur(460), restocked: 2 },
        { lineId: b.id, quantity: 1, amount: eur(410), tax: eur(77), restocked: 0 },
      ],
    });
    expect(await desk.stock('A')).toMatchObject({ onHand: 8, reserved: 1 });
    await settle();
    // One of the two had not left: it is given up. The other is back on the shelf.
    expect(await desk.stock('A')).toMatchObject({ onHand: 9, reserved: 0 });
    expect(await desk.stock('B')).toMatchObject({ onHand: 10, reserved: 2 });
    const after = await desk.find(order.id);
    expect(after).toMatchObject({ refundedTotal: eur(2870), paymentStatus: 'paid', status: 'partly_fulfilled' });
    expect(after.lines).toMatchObject([{ returnedQuantity: 1 }, { returnedQuantity: 0 }]);
    const moved = await balances();
    // Tax of exactly these pieces; revenue of the one that had left.
    expect((moved['2200'] ?? 0) - before['2200']).toBe(537);
    expect(moved['4095']).toBe(1000);
    expect(moved['1100']).toBe(before['1100'] - 2870);
    const rest = await refund({
      paymentId,
      lines: [
        { lineId: a.id, quantity: 1 },
        { lineId: b.id, quantity: 1 },
      ],
    });
    expect(rest.amount).toEqual(eur(4509 - 2870));
    await settle();
    expect(await balances()).toMatchObject({ '4095': 2000 });
    expect((await desk.find(order.id)).refundedTotal).toEqual(order.total);
  });

  it('cancels an order of which nothing left, when all of it goes back with its goods', async () => {
    const { order, paymentId } = await bought();
    const lines = order.lines.map(({ id, quantity }) => ({ lineId: id, quantity, restock: true }));
    await refund({ paymentId, lines });
    await settle();
    expect(await desk.find(order.id)).toMatchObject({ status: 'cancelled', paymentStatus: 'refunded' });
    expect(await desk.stock('A')).toMatchObject({ onHand: 10, reserved: 0 });
    expect(await balances()).toEqual({});
  });

  it('leaves goods alone that left between the asking and the answer of the gateway', async () => {
    const { order, paymentId } = await bought(1, 1);
    const [a] = order.lines;
    await refund({ paymentId, lines: [{ lineId: a.id, quantity: 1, restock: true }] });
    await act(new ShipOrderCommand({ orderId: order.id }));
    await settle();
    expect(await desk.stock('A')).toMatchObject({ onHand: 9 });
    expect(await desk.find(order.id)).toMatchObject({ status: 'fulfilled', refundedTotal: eur(1230) });
  });

  it('is refused where it is not owed, with the reason', async () => {
    const { order, paymentId } = await bought(2, 1);
    const [a] = order.lines;
    const table: [Omit<CreateRefundCommand['request'], 'paymentId'> & { paymentId?: string }, string][] = [
      [{ paymentId: newId(), amount: 1 }, 'payments.payment-not-found'],
      [{}, 'payments.refund-amount-required'],
      [{ amount: 2871 }, 'payments.refund-exceeds-charge'],
      [{ amount: 1, lines: [{ lineId: a.id, quantity: 1 }] }, 'payments.refund-sum-differs'],
      [{ lines: [{ lineId: newId(), quantity: 1 }] }, 'payments.refund-line-unknown'],
      [
        {
          lines: [
            { lineId: a.id, quantity: 2 },
            { lineId: a.id, quantity: 1 },
          ],
        },
        'payments.refund-pieces-exceeded',
      ],
      [{ shipping: true }, 'payments.nothing-to-refund'],
    ];
    for (const [request, code] of table) await expect(refund({ paymentId, ...request })).rejects.toThrow(refused(code));
    await desk.rows(`update orders.order_lines set cancelled_quantity = 2 where id = $1`, [a.id]);
    const restock = { paymentId, lines: [{ lineId: a.id, quantity: 1, restock: true }] };
    await expect(refund(restock)).rejects.toThrow(refused('payments.restock-exceeded'));
    expect(await desk.rows('select id from payments.refunds')).toEqual([]);
  });

  it('is looked for at the gateway before it is asked for again', async () => {
    const { paymentId } = await bought(1, 1);
    const { id } = await refund({ paymentId, amount: 500 });
    const [charge] = await desk.rows<{ account_id: string; key: string }>(
      'select account_id, key from sandbox.payments',
    );
    // The gateway took it, and the answer never arrived.
    const taken = { accountId: charge.account_id, paymentKey: charge.key, key: id, amount: eur(500) };
    await act(new RefundSandboxPaymentCommand(taken));
    const asked = jest.spyOn(desk.app.get(SandboxGateway), 'refund');
    await act(new RefundChargeCommand(id, true));
    expect(asked).not.toHaveBeenCalled();
    expect(await desk.rows('select state, provider_refund_id is not null as named from payments.refunds')).toEqual([
      { state: 'succeeded', named: true },
    ]);
    asked.mockRestore();
  });

  it('is part of the figures: success, refunds, disputes and fees by whatever one asks', async () => {
    await desk.product('A', 1000, 10);
    const tokens = ['success', 'declined', 'disputed', 'broken', 'requires_action'];
    const paid: string[] = [];
    for (const token of tokens) paid.push((await desk.checkout(await desk.cart(['A', 1]), token)).payment!.id);
    const { id } = await refund({ paymentId: paid[0], amount: 250 });
    await act(new RefundChargeCommand(id));
    await desk.rows(
      `insert into payments.disputes (tenant_id, id, gateway_id, provider, provider_dispute_id, intent_id, attempt_id, amount, currency,
         reason, state, opened_at, updated_at)
       select tenant_id, $1, gateway_id, provider, 'd', intent_id, id, captured, currency, 'x', 'needs_response', now(), now()
       from payments.attempts where intent_id = $2`,
      [newId(), paid[2]],
    );
    await desk.rows(
      `insert into payments.dispute_movements (tenant_id, id, dispute_id, provider_movement_id, kind, amount, fee, currency, moved_at)
       select tenant_id, $1, id, 'm', 'withdrawn', amount, 1500, currency, now() from payments.disputes`,
      [newId()],
    );
    const report = (request: Partial<PaymentAnalyticsQuery['request']>) =>
      ask<PaymentReport>(new PaymentAnalyticsQuery({ groupBy: 'method', ...request }));
    const figures = {
      currency: 'EUR',
      attempts: 5,
      succeeded: 2,
      failed: 2,
      successRate: 0.5,
      captured: eur(2000),
      refunded: eur(250),
      refundRate: 0.125,
      disputes: 1,
      disputeRate: 0.5,
      fees: eur(1500),
    };
    expect(await report({})).toMatchObject({ data: [{ key: 'sandbox', ...figures }], total: [figures] });
    const { data } = await report({ groupBy: 'decline_code' });
    expect(data.map(({ key, attempts, successRate }) => [key, attempts, successRate])).toEqual([
      ['card_declined', 1, 0],
      ['invalid_token', 1, 0],
      ['none', 3, 1],
    ]);
    expect((await report({ currency: 'USD' })).total).toEqual([]);
    const upside = { from: '2026-03-01T00:00:00Z', to: '2026-02-01T00:00:00Z' };
    await expect(report(upside)).rejects.toThrow(refused('payments.period-invalid'));
    for (const groupBy of PAYMENT_GROUPS) {
      const [plan] = await desk.asStaff(() =>
        desk.app.get(UnitOfWork).run(async (tx) => {
          await tx.execute('set local enable_seqscan = off');
          const params = [desk.tenant, new Date(0), clock.now(), null];
          return tx.query<{ 'QUERY PLAN': object }>(`explain (format json) ${analyticsSql(groupBy)}`, params);
        }),
      );
      const text = JSON.stringify(plan);
      expect(text).toContain('attempts_by_creation');
      expect(text).not.toContain('Seq Scan');
    }
  });

  it('moves along its table of edges alone, in the code and in the database', async () => {
    const states = Object.keys(REFUND_EDGES) as RefundState[];
    for (const from of states)
      for (const to of states) {
        const [{ ok }] = await desk.rows<{ ok: boolean }>('select payments.refund_edge_allowed($1, $2) as ok', [
          from,
          to,
        ]);
        expect(`${from} → ${to}: ${ok}`).toBe(`${from} → ${to}: ${REFUND_EDGES[from].includes(to)}`);
      }
  });
});
