import { QueryBus } from '@nestjs/cqrs';
import { creditNotePdf } from '../../src/commerce/orders/adapters/invoice-pdf';
import { CancelOrderCommand } from '../../src/commerce/orders/commands/cancel-order';
import { CancelOrderLinesCommand } from '../../src/commerce/orders/commands/cancel-order-lines';
import { CaptureOrderCommand } from '../../src/commerce/orders/commands/capture-order';
import { ChangeOrderPolicyCommand } from '../../src/commerce/orders/commands/change-order-policy';
import { IssueCreditNotesCommand } from '../../src/commerce/orders/commands/credit-notes';
import { HoldOrderCommand, LetOrderGoCommand } from '../../src/commerce/orders/commands/hold-order';
import { CompleteOrderCommand } from '../../src/commerce/orders/contracts/complete-order';
import { IssueInvoiceCommand } from '../../src/commerce/orders/commands/issue-invoice';
import { SaveCheckoutSettingsCommand } from '../../src/commerce/orders/commands/save-checkout-settings';
import { ShipOrderCommand } from '../../src/commerce/orders/commands/ship-order';
import { NO_SETTINGS } from '../../src/commerce/orders/domain/checkout-settings';
import type { InvoiceDocument } from '../../src/commerce/orders/domain/invoice';
import type { OrderView } from '../../src/commerce/orders/domain/order-view';
import { ListCreditNotesQuery } from '../../src/commerce/orders/queries/credit-notes';
import { clock } from '../../src/kernel/clock/clock';
import { CapturePaymentCommand } from '../../src/money/payments/contracts/capture-payment';
import { RefundChargeCommand } from '../../src/money/payments/commands/refund-charge';
import { SettleAttemptCommand } from '../../src/money/payments/commands/settle-attempt';
import { VoidPaymentCommand } from '../../src/money/payments/contracts/void-payment';
import { OrderDesk, STAFF } from '../support/order-desk';

const DAY = 86_400;

describe('orders whose payment is only reserved, and what invoices say of money that goes back', () => {
  let desk: OrderDesk;
  const refused = (code: string) => expect.objectContaining({ code });
  const act = <T>(command: object): Promise<T> => desk.asStaff(() => desk.commands.execute(command as never));
  /** An order of 4 A at 10.00 whose payment is reserved, beside a stock of 10. */
  const reserved = async (quantity = 4) => {
    await desk.product('A', 1000, 10);
    // The sandbox's account is opened by the first payment.
    await desk.product('Z');
    await desk.checkout(await desk.cart(['Z', 1]), 'declined');
    await desk.rows(`update payments.gateways set capture = 'manual'`);
    const placed = await desk.checkout(await desk.cart(['A', quantity]));
    return { order: placed.order, paymentId: placed.payment!.id, status: placed.payment!.status };
  };
  const free = async (): Promise<number> => (await desk.stock('A')).available;
  const captured = async (): Promise<number> => {
    const [row] = await desk.rows<{ sum: number }>('select sum(captured)::float8 as sum from payments.attempts');
    return row.sum;
  };
  const pass = async (seconds: number): Promise<void> => {
    clock.setOffset(seconds);
    await desk.worker.drain();
  };
  /** The bank lets the reservation lapse. */
  const lapse = (): Promise<unknown> =>
    desk.rows(`update sandbox.payments set status = 'canceled' where status = 'authorized'`);

  beforeAll(async () => {
    desk = await OrderDesk.start();
  });
  afterAll(() => desk?.app.close());
  beforeEach(() => desk.open());
  afterEach(() => clock.setOffset(0));

  it('keep their stock beyond the hold, are confirmed once, and are charged when they ship', async () => {
    const { order, status } = await reserved();
    expect(status).toBe('requires_capture');
    expect(order).toMatchObject({ status: 'authorized', paymentStatus: 'authorized', paidAt: null });
    await pass(2 * DAY);
    expect(await free()).toBe(6);
    expect(await captured()).toBe(0);
    const part = [{ lineId: order.lines[0].id, quantity: 1 }];
    const { order: shipped } = await act<{ order: OrderView }>(
      new ShipOrderCommand({ orderId: order.id, lines: part }),
    );
    expect(shipped).toMatchObject({ status: 'partly_fulfilled', paymentStatus: 'paid' });
    expect(await captured()).toBe(4000);
    await act(new ShipOrderCommand({ orderId: order.id }));
    await pass(9 * DAY);
    expect(await desk.find(order.id)).toMatchObject({ status: 'fulfilled', paymentStatus: 'paid' });
    expect(await captured()).toBe(4000);
    const said = (await desk.events()).filter((name) => /order-(authorized|paid)/.test(name));
    expect(said).toEqual(['order-authorized', 'order-paid']);
  });

  it('are charged once, whoever ships, captures and cancels at the same time', async () => {
    const { order, paymentId } = await reserved();
    const tries = await Promise.allSettled([
      act(new ShipOrderCommand({ orderId: order.id })),
      act(new CaptureOrderCommand({ orderId: order.id })),
      act(new CapturePaymentCommand({ paymentId })),
      act(new ShipOrderCommand({ orderId: order.id })),
      act(new CancelOrderCommand({ orderId: order.id, reason: 'staff' })),
    ]);
    for (const each of tries)
      if (each.status === 'rejected')
        expect((each.reason as { code: string }).code).toMatch(
          /^(payments\.(payment-in-flight|not-capturable)|orders\.(transition-refused|capture-refused|stale-order))$/,
        );
    await desk.worker.drain();
    const { status, paymentStatus } = await desk.find(order.id);
    const [money] = await desk.rows<{ captured: number; back: number }>(
      `select sum(captured)::float8 as captured, sum(refunded + refund_pending)::float8 as back from payments.attempts`,
    );
    if (status === 'cancelled') {
      expect(money.captured - money.back).toBe(0);
      expect(await free()).toBe(10);
    } else {
      expect(`${status} ${paymentStatus}`).toMatch(/^(paid|fulfilled) paid$/);
      expect(money).toEqual({ captured: 4000, back: 0 });
    }
  });

  it('are charged less what was given up before, and nothing goes back for it', async () => {
    const { order } = await reserved();
    const lines = [{ lineId: order.lines[0].id, quantity: 1 }];
    const less = await act<OrderView>(new CancelOrderLinesCommand({ orderId: order.id, lines }));
    expect(less).toMatchObject({
      status: 'authorized',
      uncollectedTotal: { amount: 1000 },
      refundedTotal: { amount: 0 },
    });
    expect(await free()).toBe(7);
    const paid = await act<OrderView>(new CaptureOrderCommand({ orderId: order.id }));
    expect(paid).toMatchObject({ status: 'paid', uncollectedTotal: { amount: 1000 } });
    expect(await captured()).toBe(3000);
    expect(await desk.rows('select 1 from payments.refunds')).toHaveLength(0);
    // What is given up now goes back; the whole rest cancels the order.
    await act(new CancelOrderLinesCommand({ orderId: order.id, lines }));
    await act(new CancelOrderCommand({ orderId: order.id, reason: 'staff' }));
    const [{ back }] = await desk.rows<{ back: number }>(
      `select sum(refunded + refund_pending)::float8 as back from payments.attempts`,
    );
    expect(back).toBe(3000);
    expect(await free()).toBe(10);
  });

  it('are paid with what staff captures, the rest being let go', async () => {
    const { order, paymentId } = await reserved();
    await act(new CapturePaymentCommand({ paymentId, amount: 2500 }));
    await desk.worker.drain();
    expect(await desk.find(order.id)).toMatchObject({ status: 'paid', uncollectedTotal: { amount: 1500 } });
    expect(await desk.stock('A')).toMatchObject({ reserved: 4 });
  });

  it('are not shipped before staff captured, where the shop wants it so; a hold by hand outlives the capture', async () => {
    const { order } = await reserved();
    await act(new ChangeOrderPolicyCommand({ captureOn: 'request' }));
    const ship = () => act(new ShipOrderCommand({ orderId: order.id }));
    await expect(ship()).rejects.toThrow(refused('orders.payment-not-captured'));
    await act(new HoldOrderCommand({ orderId: order.id }));
    expect(await act(new CaptureOrderCommand({ orderId: order.id }))).toMatchObject({
      status: 'on_hold',
      paymentStatus: 'paid',
    });
    await expect(ship()).rejects.toThrow(refused('orders.transition-refused'));
    await act(new LetOrderGoCommand({ orderId: order.id }));
    await ship();
    await expect(act(new CaptureOrderCommand({ orderId: order.id }))).resolves.toMatchObject({ status: 'fulfilled' });
  });

  it('let the money go with the order, and the order with the money', async () => {
    const { order } = await reserved();
    await act(new CancelOrderCommand({ orderId: order.id, reason: 'staff' }));
    expect(await desk.find(order.id)).toMatchObject({ status: 'cancelled', paymentStatus: 'voided' });
    const other = await desk.checkout(await desk.cart(['A', 2]));
    await act(new VoidPaymentCommand({ paymentId: other.payment!.id }));
    await desk.worker.drain();
    expect(await desk.find(other.order.id)).toMatchObject({ status: 'cancelled', cancelReason: 'payment_voided' });
    expect(await free()).toBe(10);
  });

  it('are cancelled where nobody captures in the time of the shop', async () => {
    const { order } = await reserved();
    await desk.worker.drain();
    await pass(6.9 * DAY);
    expect(await desk.find(order.id)).toMatchObject({ status: 'authorized' });
    await pass(7.1 * DAY);
    expect(await desk.find(order.id)).toMatchObject({ status: 'cancelled', cancelReason: 'payment_voided' });
    expect(await free()).toBe(10);
  });

  it('wait for another payment when the bank let the reservation lapse or refuses the capture', async () => {
    const { order } = await reserved();
    await lapse();
    await expect(act(new ShipOrderCommand({ orderId: order.id }))).rejects.toThrow(refused('orders.capture-refused'));
    await desk.worker.drain();
    expect(await desk.find(order.id)).toMatchObject({ status: 'pending_payment', paymentStatus: 'pending' });
    expect(await free()).toBe(10);
    expect(await desk.pay(order.id)).toMatchObject({ order: { status: 'authorized' } });
    expect(await free()).toBe(6);
    await lapse();
    const [{ id }] = await desk.rows<{ id: string }>(`select id from payments.attempts where state = 'authorized'`);
    await act(new SettleAttemptCommand(id));
    await desk.worker.drain();
    expect(await desk.find(order.id)).toMatchObject({ status: 'pending_payment' });
    await pass(25 * 3600);
    expect(await desk.find(order.id)).toMatchObject({ status: 'cancelled', cancelReason: 'unpaid' });
    expect(await free()).toBe(10);
  });

  it('are called off unpaid where the goods went before the money was reserved', async () => {
    await reserved();
    const { order } = await desk.checkout(await desk.cart(['A', 6]), 'requires_action');
    clock.setOffset(31 * 60);
    // Takes over what the other held too long.
    expect((await desk.checkout(await desk.cart(['A', 6]))).order.status).toBe('authorized');
    await desk.rows(`update sandbox.payments set status = 'authorized' where status = 'requires_action'`);
    const [{ id }] = await desk.rows<{ id: string }>(
      `select id from payments.attempts where state = 'authentication_pending'`,
    );
    await act(new SettleAttemptCommand(id));
    await act(new CompleteOrderCommand({ orderId: order.id }));
    expect(await desk.find(order.id)).toMatchObject({ status: 'cancelled', cancelReason: 'shortfall' });
    expect((await desk.find(order.id)).paymentStatus).toBe('voided');
    expect(await desk.stock('A')).toMatchObject({ reserved: 10, available: 0 });
    expect(await captured()).toBe(0);
  });

  describe('and their papers', () => {
    const notes = (orderId: string) =>
      desk.run(() => desk.app.get(QueryBus).execute(new ListCreditNotesQuery(orderId, STAFF)));
    const invoice = (orderId: string): Promise<InvoiceDocument> => act(new IssueInvoiceCommand(orderId));
    /** What the worker and the gateway do about refunds. */
    const settle = async (): Promise<void> => {
      await desk.worker.drain();
      const open = await desk.rows<{ id: string }>(`select id from payments.refunds where state = 'requested'`);
      for (const { id } of open) await act(new RefundChargeCommand(id));
      await desk.worker.drain();
    };
    const sums = (list: Awaited<ReturnType<typeof notes>>) =>
      list.map(({ document }) => [document.total, document.tax]);
    const give = (orderId: string, lineId: string, quantity: number) =>
      act(new CancelOrderLinesCommand({ orderId, lines: [{ lineId, quantity }] }));
    /** 3 S at 3.33 with 23 %, 1 R at 10.00 with 6 %, on top. */
    const taxed = async () => {
      await desk.asStaff(() =>
        desk.commands.execute(
          new SaveCheckoutSettingsCommand(
            {
              ...NO_SETTINGS,
              defaultCountry: 'PT',
              taxRates: [
                { country: 'PT', category: 'standard', name: 'IVA', basisPoints: 2300 },
                { country: 'PT', category: 'reduced', name: 'IVA', basisPoints: 600 },
              ],
            },
            null,
          ),
        ),
      );
      await desk.product('S', 333, 10);
      await desk.product('R', 1000, 10);
      await desk.rows(`update catalog.products set tax_category = 'reduced' where name = 'Thing R'`);
      return (await desk.checkout(await desk.cart(['S', 3], ['R', 1]))).order;
    };

    it('follow each refund of an invoiced order by one credit note, which add up to the invoice tax by tax', async () => {
      const order = await taxed();
      const document = await invoice(order.id);
      expect(document).toMatchObject({ total: 2289, tax: 290, paid: { amount: 2289 }, credited: { amount: 0 } });
      await give(order.id, order.lines[0].id, 1);
      await settle();
      await give(order.id, order.lines[0].id, 1);
      await settle();
      await act(new CancelOrderCommand({ orderId: order.id, reason: 'staff' }));
      await settle();
      await Promise.all([1, 2, 3].map(() => act(new IssueCreditNotesCommand({ orderId: order.id }))));
      const list = await notes(order.id);
      expect(list.map(({ document: { number } }) => number)).toEqual(['CN-000001', 'CN-000002', 'CN-000003']);
      expect(list[0].document).toMatchObject({
        invoiceNumber: document.number,
        reason: 'lines_cancelled',
        lines: [{ sku: 'S', quantity: 1, total: 410 }],
        taxes: [{ label: 'IVA 23 %', amount: 77 }],
      });
      const all = list.map((each) => each.document);
      expect(all.reduce((sum, note) => sum + note.total, 0)).toBe(document.total);
      for (const { label, amount } of document.taxes)
        expect(
          all.flatMap((note) => note.taxes).reduce((sum, tax) => sum + (tax.label === label ? tax.amount : 0), 0),
        ).toBe(amount);
      // A copy that nobody changes, not even by asking again.
      expect(await invoice(order.id)).toEqual(document);
      await expect(desk.rows(`update orders.credit_notes set number = 'X'`)).rejects.toMatchObject({ code: '42501' });
    });

    it('come together where the invoice is asked for after the refunds', async () => {
      const order = await taxed();
      await give(order.id, order.lines[1].id, 1);
      await settle();
      expect(await notes(order.id)).toEqual([]);
      const documents = await Promise.all([invoice(order.id), invoice(order.id)]);
      expect(documents[0]).toEqual(documents[1]);
      expect(documents[0]).toMatchObject({ total: 2289, paid: { amount: 1229 }, credited: { amount: 1060 } });
      expect(sums(await notes(order.id))).toEqual([[1060, 60]]);
    });

    it('credit what was given up before it was charged, and all of a cancelled order line by line', async () => {
      const { order } = await reserved();
      await give(order.id, order.lines[0].id, 1);
      await act(new CaptureOrderCommand({ orderId: order.id }));
      expect(await invoice(order.id)).toMatchObject({
        total: 4000,
        paid: { amount: 3000 },
        credited: { amount: 1000 },
      });
      expect((await notes(order.id)).map(({ document }) => document.reason)).toEqual(['uncollected']);
      const other = await taxed();
      await act(new CaptureOrderCommand({ orderId: other.id }));
      await invoice(other.id);
      await act(new CancelOrderCommand({ orderId: other.id, reason: 'staff' }));
      await settle();
      const [whole] = await notes(other.id);
      expect(whole.document).toMatchObject({ reason: 'cancelled', total: 2289, tax: 290, number: 'CN-000002' });
      expect(whole.document.lines).toHaveLength(2);
      expect((await creditNotePdf(whole.document)).subarray(0, 5).toString()).toBe('%PDF-');
    });
  });
});
