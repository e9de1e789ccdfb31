import { QueryBus } from '@nestjs/cqrs';
import { ShipOrderCommand } from '../../src/commerce/orders/commands/ship-order';
import { LetOrderGoCommand } from '../../src/commerce/orders/commands/hold-order';
import { runInContext } from '../../src/kernel/context/request-context';
import { UnitOfWork } from '../../src/kernel/database/unit-of-work';
import { newId } from '../../src/kernel/ids/ids';
import { DecideReviewCommand } from '../../src/money/fraud/commands/decide-review';
import { CreateRuleCommand } from '../../src/money/fraud/commands/manage-rules';
import { AssessPaymentCommand } from '../../src/money/fraud/contracts/assess-payment';
import { ListAssessmentsQuery, type AssessmentFacts } from '../../src/money/fraud/queries/assessments';
import { ListReviewsQuery, type ReviewFacts } from '../../src/money/fraud/queries/reviews';
import { CompleteReturnCommand } from '../../src/money/payments/commands/complete-return';
import { CreateRefundCommand } from '../../src/money/payments/commands/create-refund';
import { RefundChargeCommand } from '../../src/money/payments/commands/refund-charge';
import { OpenGatewayCommand } from '../../src/money/payments/commands/manage-gateways';
import { DisputeClosed, DisputeOpened } from '../../src/money/payments/contracts/dispute-events';
import { StripeDouble } from '../doubles/stripe-double';
import { OrderDesk } from '../support/order-desk';
import { SENT } from '../support/realtime';

describe('what fraud prevention and payments tell each other', () => {
  let desk: OrderDesk;
  const act = <T>(command: object): Promise<T> => desk.asStaff(() => desk.commands.execute(command as never));
  const ask = <T>(query: object): Promise<T> => desk.asStaff(() => desk.app.get(QueryBus).execute(query as never));
  const rule = (terms: { name: string; decision: 'review' | null; weight?: number }) =>
    act(
      new CreateRuleCommand({
        description: null,
        mode: 'live',
        condition: { signal: 'shopper.guest', op: 'eq', value: true },
        weight: 0,
        ...terms,
      }),
    );
  const buy = async (token = 'success', more: object = {}) =>
    desk.checkout(await desk.cart(['THING', 1]), token, { email: `${newId().slice(-12)}@example.com`, ...more });
  const drained = () => desk.worker.drain();
  const assessments = async (): Promise<AssessmentFacts[]> =>
    (await ask<{ data: AssessmentFacts[] }>(new ListAssessmentsQuery({ limit: 100 }))).data;
  const reviews = async (): Promise<ReviewFacts[]> =>
    (await ask<{ data: ReviewFacts[] }>(new ListReviewsQuery({ limit: 100 }))).data;

  beforeAll(async () => {
    desk = await OrderDesk.start();
  });
  afterAll(() => desk.app.close());
  beforeEach(async () => {
    desk.open();
    await desk.product('THING', 1000, 100);
  });

  it('asks the database nothing for a try where no rule is on', async () => {
    const assess = () =>
      new AssessPaymentCommand({
        attemptId: newId(),
        payable: { type: 'order', id: newId() },
        amount: { amount: 1_000, currency: 'EUR' },
        method: { type: 'sandbox', token: 'success' },
        provider: 'sandbox',
        channel: 'online',
      });
    const statements = async (work: () => Promise<unknown>): Promise<number> => {
      const sql = { trips: 0, statements: 0, commits: 0, milliseconds: 0 };
      await desk.asStaff(() => runInContext({ sql }, () => desk.app.get(UnitOfWork).run(work)));
      return sql.statements;
    };
    const judge = () => desk.commands.execute(assess());
    await statements(judge);
    expect(await statements(judge)).toBe(await statements(() => Promise.resolve()));
    await rule({ name: 'Guest', decision: null, weight: 1 });
    expect(await statements(judge)).toBeGreaterThan(await statements(() => Promise.resolve()));
  });

  it('labels tries by what becomes of their disputes, where these are about fraud', async () => {
    await rule({ name: 'Guest', decision: null, weight: 1 });
    const [first, second] = [await buy(), await buy()];
    const label = async (orderId: string) => {
      await drained();
      const one = (await assessments()).find(({ payable }) => payable.id === orderId)!;
      return [one.label, one.labelSource];
    };
    const told = async ({ order, payment }: Awaited<ReturnType<typeof buy>>, reason: string) => {
      const [attempt] = await desk.rows<{ id: string; gateway_id: string }>(
        'select id, gateway_id from payments.attempts where intent_id = $1',
        [payment!.id],
      );
      const facts = {
        disputeId: newId(),
        intentId: payment!.id,
        attemptId: attempt.id,
        payable: { type: 'order' as const, id: order.id },
        gatewayId: attempt.gateway_id,
        provider: 'sandbox',
        amount: { amount: 1_000, currency: 'EUR' },
        reason,
        evidenceDueBy: null,
      };
      const say = (event: DisputeOpened | DisputeClosed) =>
        desk.asStaff(() => desk.app.get(UnitOfWork).run(async (tx) => tx.record(event)));
      return {
        opened: (inquiry = false) => say(new DisputeOpened(facts.disputeId, { ...facts, inquiry })),
        closed: (outcome: 'won' | 'lost') =>
          say(new DisputeClosed(facts.disputeId, { ...facts, outcome, kept: facts.amount })),
      };
    };
    await drained();
    const about = await told(first, 'fraudulent');
    await about.opened(true);
    expect(await label(first.order.id)).toEqual([null, null]);
    await about.opened();
    expect(await label(first.order.id)).toEqual(['fraud', 'dispute']);
    await about.closed('won');
    expect(await label(first.order.id)).toEqual(['legitimate', 'dispute']);
    await about.closed('lost');
    expect(await label(first.order.id)).toEqual(['fraud', 'dispute']);
    const other = await told(second, 'product_not_received');
    await other.opened();
    await other.closed('lost');
    expect(await label(second.order.id)).toEqual([null, null]);
  });

  it('labels tries by refunds whose reason begins with fraud, and by no other word of a person', async () => {
    await rule({ name: 'Guest', decision: null, weight: 1 });
    const refunded = async (note: string) => {
      const { order, payment } = await buy();
      await drained();
      const asked = new CreateRefundCommand({ paymentId: payment!.id, amount: 400, note });
      const { id, cause } = await act<{ id: string; cause: string }>(asked);
      await act(new RefundChargeCommand(id));
      await drained();
      const { label, labelSource } = (await assessments()).find(({ payable }) => payable.id === order.id)!;
      return [cause, label, labelSource];
    };
    expect(await refunded('Fraudulent order, the bank called')).toEqual(['fraud', 'fraud', 'refund']);
    expect(await refunded('This was no fraud: scratched')).toEqual(['staff', null, null]);
    const said = await desk.rows<{ payload: { reason: string } }>(
      `select payload from kernel.events where type = 'payments.refund-succeeded.v1'`,
    );
    expect(said.map(({ payload }) => payload.reason).sort()).toEqual(['fraud', 'staff']);
  });

  it('shows staff at once that a payment waits for them', async () => {
    await rule({ name: 'Guest', decision: 'review' });
    const { order } = await buy();
    await drained();
    const [review] = await reviews();
    expect(SENT.filter(({ to, event }) => to === `staff:${desk.tenant}` && event.startsWith('fraud.'))).toEqual([
      {
        to: `staff:${desk.tenant}`,
        event: 'fraud.review-opened',
        payload: expect.objectContaining({
          reviewId: review.id,
          payable: { type: 'order', id: order.id },
          status: 'open',
        }),
      },
    ]);
  });

  it('hold an order that was charged at once, and let it go or end it by the decision', async () => {
    const double = new StripeDouble();
    try {
      const stripe = { provider: 'stripe' as const, credentials: { secretKey: `sk_test_${'k'.repeat(24)}` } };
      await act(new OpenGatewayCommand({ ...stripe, apiBase: await double.listen() }));
      await rule({ name: 'Guest', decision: 'review' });
      const charged = async () => {
        const { order, payment } = await buy('success', { paymentMethod: { type: 'ideal', token: 'new' } });
        await fetch(`${payment!.nextAction!.url}/approve`, { method: 'POST', redirect: 'manual' });
        await desk.run(() => desk.commands.execute(new CompleteReturnCommand(payment!.id)));
        await drained();
        const [review] = await reviews();
        expect(await desk.find(order.id)).toMatchObject({ status: 'on_hold', onHoldReason: 'review' });
        for (const forbidden of [
          new ShipOrderCommand({ orderId: order.id }),
          new LetOrderGoCommand({ orderId: order.id }),
        ])
          await expect(act(forbidden)).rejects.toMatchObject({ kind: 'conflict' });
        return { id: order.id, review };
      };
      const good = await charged();
      await act(new DecideReviewCommand(good.review.id, 'approved', null));
      await drained();
      expect(await desk.find(good.id)).toMatchObject({ status: 'paid', onHoldReason: null });
      await act(new ShipOrderCommand({ orderId: good.id }));
      const bad = await charged();
      await act(new DecideReviewCommand(bad.review.id, 'rejected', null));
      await drained();
      expect(await desk.find(bad.id)).toMatchObject({ status: 'cancelled', paymentStatus: 'refunding' });
    } finally {
      await double.close();
    }
  });
});
