import { QueryBus } from '@nestjs/cqrs';
import fc from 'fast-check';
import { CancelOrderCommand } from '../../src/commerce/orders/commands/cancel-order';
import { CancelOrderLinesCommand } from '../../src/commerce/orders/commands/cancel-order-lines';
import { EditOrderCommand, type EditedOrder } from '../../src/commerce/orders/commands/edit-order';
import { ExchangeReturnCommand, type ExchangedReturn } from '../../src/commerce/orders/commands/exchange-return';
import { IssueInvoiceCommand } from '../../src/commerce/orders/commands/issue-invoice';
import { CreateCouponCommand } from '../../src/commerce/orders/commands/manage-coupons';
import {
  InspectReturnCommand,
  ReceiveReturnCommand,
  RefundReturnCommand,
} from '../../src/commerce/orders/commands/manage-return';
import { RequestReturnCommand } from '../../src/commerce/orders/commands/request-return';
import { SaveCheckoutSettingsCommand } from '../../src/commerce/orders/commands/save-checkout-settings';
import { ShipOrderCommand } from '../../src/commerce/orders/commands/ship-order';
import { AddCartCouponCommand } from '../../src/commerce/orders/commands/cart-coupons';
import { exchangeOf } from '../../src/commerce/orders/domain/exchange';
import type { OrderView } from '../../src/commerce/orders/domain/order-view';
import type { ReturnView } from '../../src/commerce/orders/domain/return-view';
import { OrderTimelineQuery, type TimelineEntry } from '../../src/commerce/orders/queries/order-timeline';
import { FindReturnQuery } from '../../src/commerce/orders/queries/returns';
import { CreateRefundCommand } from '../../src/money/payments/commands/create-refund';
import { RequestRefundCommand } from '../../src/money/payments/contracts/request-refund';
import { RefundChargeCommand } from '../../src/money/payments/commands/refund-charge';
import { IdentityModule } from '../../src/access/identity/identity.module';
import { NotificationsModule } from '../../src/engagement/notifications/notifications.module';
import { clock } from '../../src/kernel/clock/clock';
import { COUPON } from '../scenarios/coupon-races';
import { exchangeRace } from '../scenarios/sales-races';
import { OrderDesk, STAFF } from '../support/order-desk';

describe('orders that are changed after they were placed', () => {
  let desk: OrderDesk;
  const refused = (code: string) => expect.objectContaining({ code });
  const act = <T>(command: object): Promise<T> => desk.asStaff(() => desk.commands.execute(command as never));
  const edit = (orderId: string, more: Omit<EditOrderCommand['request'], 'orderId'>) =>
    act<EditedOrder>(new EditOrderCommand({ orderId, ...more }));
  const unpaid = async (...lines: [string, number][]) =>
    (await desk.checkout(await desk.cart(...lines), 'declined')).order;
  const paid = async (...lines: [string, number][]) => (await desk.checkout(await desk.cart(...lines))).order;
  const figures = ({ lines, total }: OrderView) => [
    ...lines.map(({ sku, quantity, unitPrice }) => [sku, quantity, unitPrice.amount]),
    total.amount,
  ];
  const reserved = async (sku: string) => (await desk.stock(sku)).reserved;
  /** What the worker and the gateway do about refunds. */
  const settle = async (): Promise<void> => {
    await desk.worker.drain();
    const open = await desk.rows<{ id: string }>(`select id from payments.refunds where state = 'requested'`);
    for (const { id } of open) await act(new RefundChargeCommand(id));
    await desk.worker.drain();
  };
  const story = async (orderId: string) => {
    const query = new OrderTimelineQuery(orderId, STAFF);
    const { data } = await desk.asStaff<{ data: TimelineEntry[] }>(() => desk.app.get(QueryBus).execute(query));
    return data.map(({ kind }) => kind);
  };

  /** Letters about what an order goes on to, with what they say of the money. */
  const letters = async () => {
    await desk.worker.drain();
    return desk.rows<{ template: string; data: Record<string, unknown> }>(
      `select template, data from notifications.messages where template in ('order-added', 'return-exchanged') order by id`,
    );
  };
  const cents = (amount: number) => ({ amount, currency: 'EUR' });

  beforeAll(async () => {
    desk = await OrderDesk.start({}, [NotificationsModule, IdentityModule]);
  });
  afterAll(() => desk?.app.close());
  beforeEach(async () => {
    desk.open();
    await desk.product('A', 1000, 10);
    await desk.product('B', 300, 10);
  });
  afterEach(() => clock.setOffset(0));

  describe('before they are paid', () => {
    it('are priced anew, hold other stock, and are paid at the new price', async () => {
      const order = await unpaid(['A', 2]);
      // What was in it keeps its price, all else has today's.
      await desk.rows(`update catalog.variants set price_amount = price_amount * 2`);
      const line = order.lines[0].id;
      const { order: edited, addition } = await edit(order.id, {
        add: [{ sku: 'B', quantity: 3 }],
        change: [{ lineId: line, quantity: 1 }],
      });
      expect(addition).toBeNull();
      expect(figures(edited)).toEqual([['A', 1, 1000], ['B', 3, 600], 2800]);
      expect(edited.lines[0].id).toBe(line);
      expect([await reserved('A'), await reserved('B')]).toEqual([1, 3]);
      const { order: now, payment } = await desk.pay(order.id);
      expect([now.status, payment!.amount.amount, now.version]).toEqual(['paid', 2800, edited.version + 1]);
      expect(await story(order.id)).toContain('edited');
      await expect(edit(order.id, { change: [{ lineId: line, quantity: 1 }] })).rejects.toThrow(
        refused('orders.nothing-changed'),
      );
    });

    it('keep the coupon they were given while it applies, and give back its use when it does not', async () => {
      await act(
        new CreateCouponCommand({
          ...COUPON,
          basisPoints: 1_000,
          code: 'TEN',
          minimumAmount: 2000,
          currency: 'EUR',
        } as never),
      );
      const cart = await desk.cart(['A', 3]);
      await desk.run(() => desk.commands.execute(new AddCartCouponCommand({ cartSecret: cart, code: 'TEN' })));
      const { order } = await desk.checkout(cart, 'declined');
      const [before] = order.discounts;
      const lineId = order.lines[0].id;
      const { order: two } = await edit(order.id, { change: [{ lineId, quantity: 2 }] });
      expect(two.discounts.map(({ couponId }) => couponId)).toEqual([before.couponId]);
      const { order: one } = await edit(order.id, { change: [{ lineId, quantity: 1 }] });
      expect([one.discounts, one.total.amount]).toEqual([[], 1000]);
      expect(await desk.rows('select used from orders.coupons')).toEqual([{ used: 0 }]);
    });

    it('are not changed while a payment is made, too late, beyond the stock, or to nothing', async () => {
      const challenged = (await desk.checkout(await desk.cart(['A', 1]), 'requires_action')).order;
      await expect(edit(challenged.id, { add: [{ sku: 'B', quantity: 1 }] })).rejects.toThrow(
        refused('orders.payment-underway'),
      );
      const order = await unpaid(['A', 1]);
      for (const [more, code] of [
        [{ add: [{ sku: 'B', quantity: 11 }] }, 'inventory.out-of-stock'],
        [{ add: [{ sku: 'NO-SUCH', quantity: 1 }] }, 'orders.unknown-sku'],
        [
          {
            add: [
              { sku: 'B', quantity: 600_000 },
              { sku: 'B', quantity: 600_000 },
            ],
          },
          'orders.quantity-too-large',
        ],
        [{ change: [{ lineId: order.id, quantity: 1 }] }, 'orders.unknown-line'],
        [{ change: [{ lineId: order.lines[0].id, quantity: 0 }] }, 'orders.cart-empty'],
        [{}, 'orders.nothing-changed'],
      ] as const)
        await expect(edit(order.id, more)).rejects.toThrow(refused(code));
      expect(figures(await desk.find(order.id))).toEqual([['A', 1, 1000], 1000]);
      expect([await reserved('A'), await reserved('B')]).toEqual([2, 0]);
      clock.setOffset(3_600);
      await expect(edit(order.id, { add: [{ sku: 'B', quantity: 1 }] })).rejects.toThrow(
        refused('orders.payment-window-closed'),
      );
      await act(new CancelOrderCommand({ orderId: order.id, reason: 'staff' }));
      await expect(edit(order.id, { add: [{ sku: 'B', quantity: 1 }] })).rejects.toThrow(
        refused('orders.not-editable'),
      );
    });

    it('raced by their payment are charged what they are made of', async () => {
      const orders = await Promise.all([1, 2, 3, 4].map(() => unpaid(['A', 1])));
      // Where the payment comes first, what is added is an order of its own.
      const additions: { id: string }[] = [];
      const more = async (id: string): Promise<void> => {
        const { addition } = await edit(id, { add: [{ sku: 'B', quantity: 1 }] });
        if (addition) additions.push(addition);
      };
      await Promise.allSettled(orders.flatMap(({ id }) => [more(id), desk.pay(id)]));
      for (const { id } of orders) {
        const order = await desk.find(id);
        const [{ captured }] = await desk.rows<{ captured: number }>(
          `select coalesce(sum(a.captured), 0)::float8 as captured from payments.attempts a
             join payments.intents i on i.tenant_id = a.tenant_id and i.id = a.intent_id where i.payable_id = $1`,
          [id],
        );
        expect(captured).toBe(order.status === 'paid' ? order.total.amount : 0);
        expect(order.total.amount).toBe(order.lines.reduce((sum, line) => sum + line.total.amount, 0));
      }
      const sum = async (sku: string) =>
        (await Promise.all([...orders, ...additions].map(({ id }) => desk.find(id))))
          .flatMap(({ lines }) => lines)
          .filter((line) => line.sku === sku)
          .reduce((all, line) => all + line.quantity, 0);
      expect([await reserved('A'), await reserved('B')]).toEqual([await sum('A'), await sum('B')]);
    });
  });

  describe('that are paid', () => {
    it('are refunded what is taken off, and what is added is an order of its own', async () => {
      const order = await paid(['A', 2]);
      const { order: less, addition } = await edit(order.id, {
        add: [{ sku: 'B', quantity: 1 }],
        change: [{ lineId: order.lines[0].id, quantity: 1 }],
        note: 'By phone',
      });
      expect(less.lines[0]).toMatchObject({ quantity: 2, cancelledQuantity: 1 });
      expect(addition).toMatchObject({
        status: 'pending_payment',
        origin: { kind: 'addition', id: order.id },
        email: order.email,
        number: '1002',
      });
      expect(figures(addition!)).toEqual([['B', 1, 300], 300]);
      expect(await letters()).toMatchObject([
        {
          template: 'order-added',
          data: {
            ...{ addedTo: order.number, number: '1002', lines: [{ sku: 'B', quantity: 1, total: cents(300) }] },
            ...{ due: cents(300), payUntil: expect.stringMatching(/Z$/) },
          },
        },
      ]);
      await settle();
      expect(await desk.find(order.id)).toMatchObject({ status: 'paid', refundedTotal: { amount: 1000 } });
      expect((await desk.pay(addition!.id)).order.status).toBe('paid');
      expect(await story(order.id)).toEqual(expect.arrayContaining(['added_to', 'lines_cancelled', 'refunded']));
      // Both leave, each with its own stock and invoice.
      for (const id of [order.id, addition!.id]) await act(new ShipOrderCommand({ orderId: id }));
      expect([(await desk.stock('A')).onHand, (await desk.stock('B')).onHand]).toEqual([9, 9]);
      await expect(edit(order.id, { add: [{ sku: 'B', quantity: 1 }] })).rejects.toThrow(
        refused('orders.not-editable'),
      );
    });

    it('give up what was added and not paid, and nothing else', async () => {
      const order = await paid(['A', 1]);
      const { addition } = await edit(order.id, { add: [{ sku: 'A', quantity: 9 }] });
      await expect(edit(order.id, { add: [{ sku: 'A', quantity: 1 }] })).rejects.toThrow(
        refused('inventory.out-of-stock'),
      );
      clock.setOffset(73 * 3_600);
      await desk.worker.drain();
      expect((await desk.find(addition!.id)).status).toBe('cancelled');
      expect([(await desk.find(order.id)).status, await reserved('A')]).toEqual(['paid', 1]);
    });
  });

  describe('whose goods are exchanged', () => {
    /** An inspected return of one A. */
    const inspected = async (quantity = 1): Promise<{ order: OrderView; returnId: string }> => {
      const order = await paid(['A', 2]);
      await act(new ShipOrderCommand({ orderId: order.id }));
      const lineId = order.lines[0].id;
      const lines = [{ lineId, quantity, reason: 'Broken' }];
      const { id: returnId } = await act<ReturnView>(
        new RequestReturnCommand({ orderId: order.id, viewer: STAFF, lines }),
      );
      await act(new ReceiveReturnCommand({ returnId }));
      await act(new InspectReturnCommand({ returnId, lines: [{ lineId, restock: true }] }));
      return { order, returnId };
    };
    const exchange = (returnId: string, sku: string, quantity: number) =>
      act<ExchangedReturn>(new ExchangeReturnCommand({ returnId, lines: [{ sku, quantity }] }));

    it('for the same send it at once; for less give the rest back; for more ask for the difference', async () => {
      const same = await inspected();
      const sent = await exchange(same.returnId, 'A', 1);
      expect(sent.return).toMatchObject({ status: 'exchanged', replacementOrderId: sent.order.id, refund: null });
      expect(sent.order).toMatchObject({
        status: 'paid',
        total: { amount: 0 },
        discountTotal: { amount: 1000 },
        origin: { kind: 'exchange', id: same.returnId },
      });
      expect(await desk.find(same.order.id)).toMatchObject({ status: 'fulfilled', refundedTotal: { amount: 0 } });
      await act(new ShipOrderCommand({ orderId: sent.order.id }));
      expect((await desk.find(sent.order.id)).status).toBe('fulfilled');
      expect((await act<{ total: number }>(new IssueInvoiceCommand(sent.order.id))).total).toBe(0);

      const less = await inspected();
      const cheap = await exchange(less.returnId, 'B', 2);
      expect([cheap.order.status, cheap.return.refund?.amount]).toEqual(['paid', 400]);
      await settle();
      expect((await desk.find(less.order.id)).refundedTotal.amount).toBe(400);

      const more = await inspected();
      const dear = await exchange(more.returnId, 'B', 4);
      expect([dear.order.status, dear.order.total.amount]).toEqual(['pending_payment', 200]);
      expect((await desk.pay(dear.order.id)).payment!.amount.amount).toBe(200);
      expect(await story(more.order.id)).toContain('exchanged');
      await expect(exchange(more.returnId, 'B', 1)).rejects.toThrow(refused('orders.return-transition-refused'));
      // Each is told once what it comes to: nothing, something back, or the difference.
      expect((await letters()).map(({ data: { worth, traded, due, back } }) => ({ worth, traded, due, back }))).toEqual(
        [
          { worth: cents(1000), traded: cents(1000), due: cents(0), back: null },
          { worth: cents(600), traded: cents(600), due: cents(0), back: cents(400) },
          { worth: cents(1200), traded: cents(1000), due: cents(200), back: null },
        ],
      );
    });

    it('are decided anew where the other goods are given up', async () => {
      const { returnId, order } = await inspected(2);
      const { order: unpaidOne } = await exchange(returnId, 'B', 7);
      clock.setOffset(73 * 3_600);
      await desk.worker.drain();
      expect((await desk.find(unpaidOne.id)).status).toBe('cancelled');
      const find = () =>
        desk.asStaff<ReturnView>(() => desk.app.get(QueryBus).execute(new FindReturnQuery(returnId, STAFF)));
      expect(await find()).toMatchObject({ status: 'inspected', replacementOrderId: null });
      // The rest that went back by an exchange is not given back twice.
      const again = await exchange(returnId, 'B', 5);
      expect(again.return.refund?.amount).toBe(500);
      await settle();
      await act(new CancelOrderCommand({ orderId: again.order.id, reason: 'staff' }));
      await settle();
      const back = await act<ReturnView>(new RefundReturnCommand({ returnId }));
      expect(back.refund?.amount).toBe(1500);
      await settle();
      expect(await find()).toMatchObject({ status: 'refunded' });
      expect(await desk.find(order.id)).toMatchObject({ paymentStatus: 'refunded', refundedTotal: { amount: 2000 } });
    });

    it('are exchanged once, however many ask, and never beyond the stock', async () => {
      const refusals = ['orders.return-transition-refused'];
      expect(await exchangeRace(desk)).toEqual({ done: 1, refused: refusals, orders: 1, traded: 1000 });
      const { returnId } = await inspected();
      await desk.product('C', 10, 2);
      await expect(exchange(returnId, 'C', 3)).rejects.toThrow(refused('inventory.out-of-stock'));
      expect(await desk.rows(`select id from orders.orders where origin = 'exchange'`)).toHaveLength(1);
    });

    it('pay once: by hand goes back what the exchange left, and an exchange takes what went back by hand', async () => {
      const { order, returnId } = await inspected();
      await exchange(returnId, 'A', 1);
      const [{ id: paymentId }] = await desk.rows<{ id: string }>(
        `select id from payments.intents where payable_id = $1`,
        [order.id],
      );
      const byHand = (amount: number) => act(new CreateRefundCommand({ paymentId, amount }));
      await expect(byHand(2000)).rejects.toThrow(refused('payments.refund-exceeds-charge'));
      const tries = await Promise.allSettled([1, 2, 3, 4].map(() => byHand(500)));
      expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(2);
      await settle();
      expect((await desk.find(order.id)).refundedTotal.amount).toBe(1000);

      const other = await inspected(2);
      await act(
        new RequestRefundCommand({
          payable: { type: 'order', id: other.order.id },
          amount: { amount: 1600, currency: 'EUR' },
          reason: 'goodwill',
        }),
      );
      // What is on its way back is not spent either.
      await expect(exchange(other.returnId, 'A', 2)).rejects.toThrow(refused('payments.refund-exceeds-charge'));
      await settle();
      expect((await exchange(other.returnId, 'A', 2)).order.total.amount).toBe(1600);
    });

    it('take the worth of what is given up, or comes back too, to the payment of the first order', async () => {
      const { order, returnId } = await inspected(2);
      const given = async () =>
        (await desk.rows<{ sum: number }>(`select sum(refunded)::float8 as sum from payments.attempts`))[0].sum;
      // 20.00 for five B at 3.00, which leaves 5.00, and one of them is given up.
      const { order: sent } = await exchange(returnId, 'B', 5);
      await settle();
      expect(await given()).toBe(500);
      const lineId = sent.lines[0].id;
      const giveUp = new CancelOrderLinesCommand({ orderId: sent.id, lines: [{ lineId, quantity: 1 }] });
      await act(giveUp);
      await settle();
      expect(await given()).toBe(800);
      await act(new ShipOrderCommand({ orderId: sent.id }));
      // Two of the others come back: one is exchanged again and given up, the other one's money is wanted.
      const returned = async (quantity: number) => {
        const lines = [{ lineId, quantity, reason: 'Broken' }];
        const { id } = await act<ReturnView>(new RequestReturnCommand({ orderId: sent.id, viewer: STAFF, lines }));
        await act(new ReceiveReturnCommand({ returnId: id }));
        await act(new InspectReturnCommand({ returnId: id, lines: [{ lineId, restock: true }] }));
        return id;
      };
      const once = await returned(1);
      expect(await act(new RefundReturnCommand({ returnId: once }))).toMatchObject({
        status: 'refunded',
        settled: { amount: 300 },
      });
      await settle();
      expect(await given()).toBe(1100);
      const again = await returned(1);
      const { order: third } = await exchange(again, 'B', 1);
      expect(third.total.amount).toBe(0);
      await act(new CancelOrderCommand({ orderId: third.id, reason: 'staff' }));
      await settle();
      expect(await given()).toBe(1100);
      await act(new RefundReturnCommand({ returnId: again }));
      await settle();
      expect(await given()).toBe(1400);
      // 20.00 were paid: 14.00 went back, two B are kept.
      expect((await desk.find(order.id)).refundedTotal.amount).toBe(1400);
      expect(
        await desk.rows(`select refunded::float8 as refunded, withheld::float8 as withheld from payments.attempts`),
      ).toEqual([{ refunded: 1400, withheld: 600 }]);
    });

    it('are not changed while the difference is unpaid', async () => {
      const { returnId } = await inspected();
      const { order } = await exchange(returnId, 'B', 4);
      const change = [{ lineId: order.lines[0].id, quantity: 3 }];
      await expect(edit(order.id, { change })).rejects.toThrow(refused('orders.exchange-not-edited'));
    });

    it('come to the difference with their taxes, to the minor unit', async () => {
      await act(
        new SaveCheckoutSettingsCommand(
          {
            pricesIncludeTax: false,
            inclusiveRounding: 'net',
            shippingTaxCategory: 'standard',
            defaultCountry: 'PT',
            taxRates: [{ country: 'PT', category: 'standard', name: 'VAT', basisPoints: 2300 }],
          },
          null,
        ),
      );
      const { returnId } = await inspected();
      // 12.30 came back, 14.76 goes out.
      expect((await exchange(returnId, 'B', 4)).order).toMatchObject({
        total: { amount: 246 },
        taxTotal: { amount: 46 },
      });
      const line = fc.record({
        quantity: fc.integer({ min: 1, max: 9 }),
        unitPrice: fc.integer({ min: 0, max: 5_000 }),
        taxCategory: fc.constantFrom('a', 'b'),
      });
      fc.assert(
        fc.property(
          fc.array(line, { minLength: 1, maxLength: 4 }),
          fc.integer({ min: 1, max: 40_000 }),
          fc.boolean(),
          (lines, worth, included) => {
            const terms = {
              included,
              rounding: 'tax' as const,
              ratesOf: (category: string) => [{ name: 'VAT', basisPoints: category === 'a' ? 2300 : 700 }],
            };
            const whole = exchangeOf('EUR', lines, terms as never, 0).figures.total;
            const { figures: now, rest, discount } = exchangeOf('EUR', lines, terms as never, worth);
            const due = Math.max(0, whole - worth);
            expect(now.total).toBeLessThanOrEqual(due);
            expect(now.total).toBeGreaterThanOrEqual(Math.max(0, due - (included ? 0 : 2)));
            expect(rest).toBe(Math.max(0, worth - whole));
            expect(now.discountTotal).toBe(discount);
          },
        ),
      );
    });
  });
});
