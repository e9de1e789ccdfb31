import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { type TestApp } from '../support/app';
import { SENT } from '../support/realtime';
import { clock } from '../../src/kernel/clock/clock';
import { runInContext } from '../../src/kernel/context/request-context';
import type { SqlUsage } from '../../src/kernel/database/sql-metrics';
import { toAppError } from '../../src/kernel/http/problem';
import { newId } from '../../src/kernel/ids/ids';
import { DeliveryWorker } from '../../src/kernel/messaging/delivery-worker';
import { UnitOfWork } from '../../src/kernel/database/unit-of-work';
import { ContactGatewayCommand } from '../../src/money/payments/contracts/contact-gateway';
import { RefundSucceeded } from '../../src/money/payments/contracts/payment-events';
import { PaymentViewQuery } from '../../src/money/payments/contracts/payment-view-query';
import { RecordOutcomeCommand } from '../../src/money/payments/contracts/record-outcome';
import { CancelOrderCommand } from '../../src/commerce/orders/commands/cancel-order';
import { CheckoutCommand } from '../../src/commerce/orders/commands/checkout';
import { FulfilOrderCommand } from '../../src/commerce/orders/commands/fulfil-order';
import { PayOrderCommand } from '../../src/commerce/orders/commands/pay-order';
import { CompleteOrderCommand } from '../../src/commerce/orders/contracts/complete-order';
import { ADDRESS, lookedUp, OrderDesk, STAFF } from '../support/order-desk';

describe('orders', () => {
  let desk: OrderDesk;
  let commands: CommandBus;
  let worker: DeliveryWorker;
  let app: TestApp;
  const run = <T>(work: () => Promise<T>): Promise<T> => desk.run(work);
  const product = (sku: string, amount?: number, onHand?: number) => desk.product(sku, amount, onHand);
  const cart = (...lines: [sku: string, quantity: number][]) => desk.cart(...lines);
  const checkout = (cart: string, token?: string, more?: object) => desk.checkout(cart, token, more);
  const find = (id: string) => desk.find(id);
  const stock = (sku: string) => desk.stock(sku);
  const rows = <Row extends object>(text: string, params?: unknown[]) => desk.rows<Row>(text, params);
  const events = () => desk.events();

  beforeAll(async () => {
    desk = await OrderDesk.start();
    commands = desk.commands;
    worker = desk.worker;
    app = desk.app;
  });
  afterAll(() => desk?.app.close());
  beforeEach(() => desk.open());
  afterEach(() => clock.setOffset(0));

  describe('checkout', () => {
    it('turns a cart into a paid order with its own copies, and moves stock from free to promised', async () => {
      await product('A', 1250);
      await product('B', 300);
      const result = await checkout(await cart(['A', 2], ['B', 1], ['A', 1]));
      expect(result.order).toMatchObject({
        number: '1001',
        status: 'paid',
        paymentStatus: 'paid',
        email: 'sasha@example.com',
        total: { amount: 4050, currency: 'EUR' },
        lines: [
          { sku: 'A', quantity: 3, unitPrice: { amount: 1250 }, total: { amount: 3750 } },
          { sku: 'B', quantity: 1, total: { amount: 300 } },
        ],
      });
      expect(result.payment).toMatchObject({ status: 'succeeded', error: null, nextAction: null });
      expect(result.accessToken).toMatch(/^ot_/);
      expect(await stock('A')).toMatchObject({ onHand: 100, reserved: 3 });
      await worker.drain();
      expect(await events()).toEqual(['order-placed', 'payment-captured', 'order-paid']);
      // The answer of a checkout does not look batches up.
      expect(await find(result.order.id)).toEqual(lookedUp(result.order));
      const updates = SENT.filter((each) => each.to === `staff:${desk.tenant}` && each.event === 'order.updated');
      expect(updates.map((each) => (each.payload as { status: string }).status)).toEqual(['pending_payment', 'paid']);
    });

    it('costs few statements and two commits', async () => {
      await product('A', 1250);
      await checkout(await cart(['A', 1]));
      const cartId = await cart(['A', 1]);
      const sql: SqlUsage = { trips: 0, statements: 0, commits: 0, milliseconds: 0 };
      await run(() =>
        runInContext({ sql }, () =>
          commands.execute(
            new CheckoutCommand({
              cartSecret: cartId,
              email: 'sasha@example.com',
              shippingAddress: ADDRESS,
              paymentMethod: { type: 'sandbox', token: 'success' },
            }),
          ),
        ),
      );
      // Begin, tenant and commit included; two statements and one of the commits are the provider double's. Accounts and
      // what guards against fraud are looked up here, and a key of idempotency is not.
      expect(sql.commits).toBeLessThanOrEqual(3);
      expect(sql.trips).toBeLessThanOrEqual(10);
      expect(sql.statements).toBeLessThanOrEqual(25);
    });

    it('names what is out of stock and leaves nothing behind', async () => {
      await product('A', 1000, 1);
      await product('B', 1000, 5);
      const id = await cart(['B', 1], ['A', 2]);
      await expect(checkout(id)).rejects.toMatchObject({
        code: 'inventory.out-of-stock',
        data: { skus: [{ sku: 'A', requested: 2, available: 1 }] },
      });
      expect(await stock('B')).toMatchObject({ reserved: 0 });
      expect(await rows('select id from orders.orders')).toEqual([]);
      expect(await rows('select id from payments.intents')).toEqual([]);
    });

    it('makes one order of a cart, whoever asks how often at once, and numbers without gaps', async () => {
      await product('A');
      const id = await cart(['A', 1]);
      const tries = await Promise.allSettled(Array.from({ length: 8 }, () => checkout(id)));
      expect(tries.filter((it) => it.status === 'fulfilled')).toHaveLength(1);
      for (const it of tries)
        if (it.status === 'rejected') expect(it.reason).toMatchObject({ code: 'orders.cart-already-ordered' });
      const carts = await Promise.all(Array.from({ length: 10 }, () => cart(['A', 1])));
      await Promise.all(carts.map((each) => checkout(each)));
      const numbers = await rows<{ number: number }>('select number::int as number from orders.orders order by 1');
      expect(numbers.map((row) => row.number)).toEqual(Array.from({ length: 11 }, (_, i) => 1001 + i));
      expect(await stock('A')).toMatchObject({ reserved: 11 });
    });

    it('refuses empty carts, withdrawn products and a total that the shopper did not see', async () => {
      await product('A', 1000);
      await expect(checkout(await cart())).rejects.toMatchObject({ code: 'orders.cart-empty' });
      await expect(checkout('x'.repeat(32))).rejects.toMatchObject({ code: 'orders.cart-not-found' });
      const id = await cart(['A', 2]);
      await expect(checkout(id, 'success', { expectedTotal: { amount: 1999, currency: 'EUR' } })).rejects.toMatchObject(
        { code: 'orders.price-changed', data: { total: { amount: 2000, currency: 'EUR' } } },
      );
      const { order } = await checkout(id, 'success', { expectedTotal: { amount: 2000, currency: 'EUR' } });
      expect(order.status).toBe('paid');
    });

    it('refuses more money than can be counted, as the client’s fault', async () => {
      await product('A', 1_000_000_000_000);
      const told = await cart(['A', 1_000_000]).catch(toAppError);
      expect(told).toMatchObject({ code: 'money.out-of-range', status: 422 });
      await product('B', 1_000_000_000_000);
      const both = await cart(['A', 9_000], ['B', 9_000]).catch(toAppError);
      expect(both).toMatchObject({ code: 'money.out-of-range', status: 422 });
    });

    it('completes an order that costs nothing without a payment', async () => {
      await product('GIFT', 0);
      const result = await checkout(await cart(['GIFT', 1]));
      expect(result).toMatchObject({ order: { status: 'paid' }, payment: null });
    });

    it('keeps a declined order waiting, and takes a further try', async () => {
      await product('A');
      const { order, payment } = await checkout(await cart(['A', 1]), 'declined');
      expect(order.status).toBe('pending_payment');
      expect(payment?.error?.code).toBeTruthy();
      const again = await run(() =>
        commands.execute(
          new PayOrderCommand({
            orderId: order.id,
            viewer: STAFF,
            paymentMethod: { type: 'sandbox', token: 'success' },
          }),
        ),
      );
      expect(again).toMatchObject({ order: { status: 'paid' }, payment: { status: 'succeeded', error: null } });
      await expect(
        run(() =>
          commands.execute(
            new PayOrderCommand({
              orderId: order.id,
              viewer: STAFF,
              paymentMethod: { type: 'sandbox', token: 'success' },
            }),
          ),
        ),
      ).rejects.toMatchObject({ code: 'orders.not-payable' });
    });

    it('is completed once, by whom ever', async () => {
      await product('A');
      const { order } = await checkout(await cart(['A', 1]));
      await Promise.all(
        Array.from({ length: 5 }, () => run(() => commands.execute(new CompleteOrderCommand({ orderId: order.id })))),
      );
      await worker.drain();
      expect((await events()).filter((type) => type === 'order-paid')).toHaveLength(1);
    });

    it('does not believe that an unpaid order is paid', async () => {
      await product('A');
      const { order } = await checkout(await cart(['A', 1]), 'declined');
      expect(await run(() => commands.execute(new CompleteOrderCommand({ orderId: order.id })))).toEqual({
        status: 'pending_payment',
      });
    });
  });

  describe('an unpaid order', () => {
    it('is given up when its hold lapses: stock back, payment void', async () => {
      await product('A');
      const { order } = await checkout(await cart(['A', 4]), 'declined');
      clock.setOffset(29 * 60);
      await worker.drain();
      expect((await find(order.id)).status).toBe('pending_payment');
      clock.setOffset(31 * 60);
      await worker.drain();
      expect(await find(order.id)).toMatchObject({
        status: 'cancelled',
        cancelReason: 'unpaid',
        paymentStatus: 'voided',
      });
      expect(await stock('A')).toMatchObject({ reserved: 0 });
      expect(await events()).toContain('order-cancelled');
    });

    it('cannot be paid after its time', async () => {
      await product('A');
      const { order } = await checkout(await cart(['A', 1]), 'declined');
      clock.setOffset(31 * 60);
      await expect(
        run(() =>
          commands.execute(
            new PayOrderCommand({
              orderId: order.id,
              viewer: STAFF,
              paymentMethod: { type: 'sandbox', token: 'success' },
            }),
          ),
        ),
      ).rejects.toMatchObject({ code: 'orders.payment-window-closed' });
    });
  });

  describe('an order whose hold lapsed before its payment was known', () => {
    /** The gateway charged, its answer was lost, and the time of the hold is over. */
    const chargedTooLate = async (onHand: number) => {
      await product('A', 1000, onHand);
      const { order } = await checkout(await cart(['A', 4]), 'timeout_after_success');
      expect(order.status).toBe('pending_payment');
      clock.setOffset(31 * 60);
      return order.id;
    };
    const learnOfPayment = (orderId: string) =>
      run(async () => {
        const [payment] = await app.get(QueryBus).execute(new PaymentViewQuery({ payableIds: [orderId] }));
        const attemptId = payment.attemptId!;
        const outcome = await commands.execute(new ContactGatewayCommand({ attemptId }));
        await app.get(UnitOfWork).run(() => commands.execute(new RecordOutcomeCommand({ attemptId, outcome })));
        await commands.execute(new CompleteOrderCommand({ orderId }));
      });

    it('is promised anew while there is stock', async () => {
      const id = await chargedTooLate(10);
      await learnOfPayment(id);
      expect(await find(id)).toMatchObject({ status: 'paid' });
      expect(await stock('A')).toMatchObject({ onHand: 10, reserved: 4 });
      await worker.drain();
      expect(await find(id)).toMatchObject({ status: 'paid' });
      expect(await stock('A')).toMatchObject({ onHand: 10, reserved: 4 });
    });

    it('goes on hold where the goods were sold meanwhile, its money goes back, and then it is cancelled', async () => {
      const id = await chargedTooLate(5);
      const other = await checkout(await cart(['A', 3]));
      expect(other.order.status).toBe('paid');
      await learnOfPayment(id);
      expect(await find(id)).toMatchObject({
        status: 'on_hold',
        onHoldReason: 'shortfall',
        paymentStatus: 'refunding',
      });
      expect(await stock('A')).toMatchObject({ reserved: 3 });
      await worker.drain();
      const [refund] = await rows<{ id: string; intent: string; attempt: string }>(
        'select id, intent_id as intent, attempt_id as attempt from payments.refunds',
      );
      const amount = { amount: 4000, currency: 'EUR' };
      const payable = { type: 'order' as const, id };
      await run(() =>
        app.get(UnitOfWork).run(async (tx) =>
          tx.record(
            new RefundSucceeded(refund.intent, {
              intentId: refund.intent,
              attemptId: refund.attempt,
              refundId: refund.id,
              payable,
              amount,
              reason: 'shortfall',
            }),
          ),
        ),
      );
      await worker.drain();
      expect(await find(id)).toMatchObject({
        status: 'cancelled',
        cancelReason: 'shortfall',
        paymentStatus: 'refunded',
      });
      expect(await stock('A')).toMatchObject({ reserved: 3 });
    });
  });

  describe('staff', () => {
    it('fulfils a paid order once: goods leave, movements are written', async () => {
      await product('A');
      const { order } = await checkout(await cart(['A', 4]));
      const fulfil = () => desk.asStaff(() => commands.execute(new FulfilOrderCommand({ orderId: order.id })));
      expect(await fulfil()).toMatchObject({ status: 'fulfilled', fulfilmentStatus: 'fulfilled' });
      await expect(fulfil()).rejects.toMatchObject({ code: 'orders.transition-refused' });
      expect(await stock('A')).toMatchObject({ onHand: 96, reserved: 0, available: 96 });
      await expect(
        desk.asStaff(() => commands.execute(new CancelOrderCommand({ orderId: order.id, reason: 'staff' }))),
      ).rejects.toMatchObject({ code: 'orders.transition-refused' });
    });

    it('sees an order stay paid when the second charge of it goes back', async () => {
      await product('A');
      const { order, payment } = await checkout(await cart(['A', 1]));
      await desk.asStaff(() => commands.execute(new FulfilOrderCommand({ orderId: order.id })));
      await run(() =>
        app.get(UnitOfWork).run(async (tx) =>
          tx.record(
            new RefundSucceeded(payment!.id, {
              intentId: payment!.id,
              attemptId: newId(),
              refundId: newId(),
              payable: { type: 'order', id: order.id },
              amount: order.total,
              reason: 'paid_twice',
            }),
          ),
        ),
      );
      await worker.drain();
      expect(await find(order.id)).toMatchObject({ status: 'fulfilled', paymentStatus: 'paid' });
    });

    it('cancels a paid order: stock back, money on its way back', async () => {
      await product('A');
      const { order } = await checkout(await cart(['A', 4]));
      const cancelled = await desk.asStaff(() =>
        commands.execute(new CancelOrderCommand({ orderId: order.id, reason: 'staff', note: 'asked to' })),
      );
      expect(cancelled).toMatchObject({ status: 'cancelled', paymentStatus: 'refunding', cancelReason: 'staff' });
      expect(await stock('A')).toMatchObject({ reserved: 0, available: 100 });
      await expect(
        desk.asStaff(() => commands.execute(new FulfilOrderCommand({ orderId: order.id }))),
      ).rejects.toMatchObject({
        code: 'orders.transition-refused',
      });
    });
  });

  it('keeps totals equal to a recount, in every order', async () => {
    await product('A', 333);
    await product('B', 1);
    await checkout(await cart(['A', 3], ['B', 7]));
    expect(
      await rows(`select o.id from orders.orders o where o.total <> o.shipping_total + o.tax_total + (
        select sum(round(l.unit_price::numeric * l.quantity * (10000 - l.discount_basis_points) / 10000))
        from orders.order_lines l where l.order_id = o.id)`),
    ).toEqual([]);
  });
});
