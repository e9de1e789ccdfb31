import { QueryBus } from '@nestjs/cqrs';
import { CancelOrderCommand } from '../../src/commerce/orders/commands/cancel-order';
import { CancelOrderLinesCommand } from '../../src/commerce/orders/commands/cancel-order-lines';
import { ChangeOrderAddressCommand } from '../../src/commerce/orders/commands/change-order-address';
import { ChangeOrderPolicyCommand } from '../../src/commerce/orders/commands/change-order-policy';
import { DeliverOrderCommand } from '../../src/commerce/orders/commands/deliver-order';
import { HoldOrderCommand, LetOrderGoCommand } from '../../src/commerce/orders/commands/hold-order';
import { ManyOrdersCommand } from '../../src/commerce/orders/commands/many-orders';
import { RejectReturnCommand } from '../../src/commerce/orders/commands/manage-return';
import { NoteOrderCommand } from '../../src/commerce/orders/commands/note-order';
import { RequestReturnCommand } from '../../src/commerce/orders/commands/request-return';
import { ShipOrderCommand } from '../../src/commerce/orders/commands/ship-order';
import { ListShipmentsQuery } from '../../src/commerce/orders/queries/list-shipments';
import { OrderTimelineQuery } from '../../src/commerce/orders/queries/order-timeline';
import { clock } from '../../src/kernel/clock/clock';
import { runInContext, type IdempotencyRequest } from '../../src/kernel/context/request-context';
import { newId } from '../../src/kernel/ids/ids';
import { ADDRESS, OrderDesk, STAFF } from '../support/order-desk';

const DAY = 86_400;

describe('fulfilment', () => {
  let desk: OrderDesk;
  const refused = (code: string) => expect.objectContaining({ code });
  const ship = (orderId: string, lines?: { lineId: string; quantity: number }[], more: object = {}) =>
    desk.asStaff(() => desk.commands.execute(new ShipOrderCommand({ orderId, lines, ...more })));
  const act = <T>(command: { execute?: never } & object): Promise<T> =>
    desk.asStaff(() => desk.commands.execute(command as never));
  const ask = <T>(query: object): Promise<T> => desk.run(() => desk.app.get(QueryBus).execute(query as never));
  /** A paid order of five A and two B. */
  const paid = async () => {
    await desk.product('A', 1000, 10);
    await desk.product('B', 333, 10);
    return (await desk.checkout(await desk.cart(['A', 5], ['B', 2]))).order;
  };

  beforeAll(async () => {
    desk = await OrderDesk.start();
  });
  afterAll(() => desk?.app.close());
  beforeEach(() => desk.open());
  afterEach(() => clock.setOffset(0));

  it('ships an order in parcels, each taking its own stock, until nothing is left', async () => {
    const order = await paid();
    const [a, b] = order.lines;
    const first = await ship(order.id, [{ lineId: a.id, quantity: 2 }], { carrier: 'DHL', trackingNumber: 'T1' });
    expect(first.order).toMatchObject({ status: 'partly_fulfilled', fulfilmentStatus: 'partly_fulfilled' });
    expect(first.order.lines.map((line) => line.shippedQuantity)).toEqual([2, 0]);
    expect(await desk.stock('A')).toMatchObject({ onHand: 8, reserved: 3 });
    expect(await desk.stock('B')).toMatchObject({ onHand: 10, reserved: 2 });
    await expect(ship(order.id, [{ lineId: a.id, quantity: 4 }])).rejects.toThrow(refused('orders.quantity-exceeded'));
    await expect(ship(order.id, [{ lineId: newId(), quantity: 1 }])).rejects.toThrow(refused('orders.unknown-line'));
    await expect(
      ship(order.id, [
        { lineId: a.id, quantity: 2 },
        { lineId: a.id, quantity: 2 },
      ]),
    ).rejects.toThrow(refused('orders.quantity-exceeded'));
    await ship(order.id, [
      { lineId: b.id, quantity: 1 },
      { lineId: a.id, quantity: 1 },
    ]);
    const last = await ship(order.id);
    expect(last.order).toMatchObject({ status: 'fulfilled' });
    expect(last.order.lines.map((line) => line.shippedQuantity)).toEqual([5, 2]);
    expect(await desk.stock('A')).toMatchObject({ onHand: 5, reserved: 0 });
    expect(await desk.stock('B')).toMatchObject({ onHand: 8, reserved: 0 });
    await expect(ship(order.id)).rejects.toThrow(refused('orders.transition-refused'));
    const { data } = await ask<{ data: { number: string; lines: object[] }[] }>(
      new ListShipmentsQuery(order.id, STAFF),
    );
    expect(data.map(({ number }) => number)).toEqual(['1001-1', '1001-2', '1001-3']);
    expect(data[0]).toMatchObject({ carrier: 'DHL', trackingNumber: 'T1', lines: [{ sku: 'A', quantity: 2 }] });
    await desk.worker.drain();
    expect((await desk.events()).slice(3)).toEqual([
      'order-shipped',
      'order-shipped',
      'order-shipped',
      'order-fulfilled',
    ]);
  });

  it('lets one of two who ship the last pieces at once do it', async () => {
    const order = await paid();
    const results = await Promise.allSettled(Array.from({ length: 6 }, () => ship(order.id)));
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const result of results)
      if (result.status === 'rejected')
        expect(['orders.transition-refused', 'orders.stale-order']).toContain((result.reason as { code: string }).code);
    expect(await desk.stock('A')).toMatchObject({ onHand: 5, reserved: 0 });
  });

  it('moves on by itself: delivered, then closed, after the times of the shop', async () => {
    await act(
      new ChangeOrderPolicyCommand({ deliverShippedAfterDays: 5, closeDeliveredAfterDays: 10, returnWindowDays: 7 }),
    );
    const order = await paid();
    await ship(order.id);
    const at = async (days: number): Promise<string> => {
      clock.setOffset(days * DAY);
      await desk.worker.drain();
      const { status, deliveredAt } = await desk.find(order.id);
      return `${status}${deliveredAt ? ', delivered' : ''}`;
    };
    expect(await at(4)).toBe('fulfilled');
    expect(await at(5.1)).toBe('fulfilled, delivered');
    expect(await at(15)).toBe('fulfilled, delivered');
    expect(await at(15.2)).toBe('closed, delivered');
  });

  it('reminds once of an order whose payments failed, while it can be paid', async () => {
    await act(new ChangeOrderPolicyCommand({ remindUnpaidAfterMinutes: 10 }));
    await desk.product('A', 1000, 10);
    const { order } = await desk.checkout(await desk.cart(['A', 1]), 'declined');
    await desk.pay(order.id, 'declined');
    const told = async (minutes: number): Promise<number> => {
      clock.setOffset(minutes * 60);
      await desk.worker.drain();
      return (await desk.events()).filter((event) => event === 'order-payment-reminded').length;
    };
    expect(await told(9)).toBe(0);
    expect(await told(11)).toBe(1);
    expect(await told(29)).toBe(1);
    expect(await told(31)).toBe(1);
    expect((await desk.find(order.id)).status).toBe('cancelled');
  });

  it('reminds whoever left at the bank, and nobody whose payment came', async () => {
    await act(new ChangeOrderPolicyCommand({ remindUnpaidAfterMinutes: 10 }));
    await desk.product('A', 1000, 10);
    const left = await desk.checkout(await desk.cart(['A', 1]), 'requires_action');
    expect(left.payment).toMatchObject({ status: 'requires_action' });
    await desk.checkout(await desk.cart(['A', 1]));
    const told = async (minutes: number) => {
      clock.setOffset(minutes * 60);
      await desk.worker.drain();
      return (
        await desk.rows<{ id: string }>(
          `select payload ->> 'orderId' as id from kernel.events where type = 'orders.order-payment-reminded.v1'`,
        )
      ).map(({ id }) => id);
    };
    expect(await told(9)).toEqual([]);
    expect(await told(11)).toEqual([left.order.id]);
    expect(await told(29)).toEqual([left.order.id]);
  });

  it('is closed only once its goods cannot be sent back any more, and not while somebody asks to', async () => {
    await act(new ChangeOrderPolicyCommand({ closeDeliveredAfterDays: 30, returnWindowDays: 60 }));
    const [order, asked] = [await paid(), (await desk.checkout(await desk.cart(['A', 1]))).order];
    for (const { id: orderId } of [order, asked]) {
      await ship(orderId);
      await act(new DeliverOrderCommand({ orderId }));
    }
    const at = async (days: number): Promise<string[]> => {
      clock.setOffset(days * DAY);
      await desk.worker.drain();
      return [(await desk.find(order.id)).status, (await desk.find(asked.id)).status];
    };
    expect(await at(30.5)).toEqual(['fulfilled', 'fulfilled']);
    expect(await at(59)).toEqual(['fulfilled', 'fulfilled']);
    const [{ hash }] = await desk.rows<{ hash: Buffer }>(
      'select access_token_hash as hash from orders.orders where id = $1',
      [asked.id],
    );
    const lines = [{ lineId: asked.lines[0].id, quantity: 1, reason: 'Too small' }];
    const viewer = { all: false, userId: null, tokenHash: hash };
    const { id: returnId, status } = await desk.run(() =>
      desk.commands.execute(new RequestReturnCommand({ orderId: asked.id, viewer, lines })),
    );
    expect(status).toBe('requested');
    expect(await at(60.5)).toEqual(['closed', 'fulfilled']);
    expect(await at(75)).toEqual(['closed', 'fulfilled']);
    await act(new RejectReturnCommand({ returnId }));
    expect(await at(76.5)).toEqual(['closed', 'closed']);
  });

  it('that was held up and then cancelled is not let go, and nothing is given up beside a line of somebody else', async () => {
    const order = await paid();
    const other = (await desk.checkout(await desk.cart(['A', 1]))).order;
    await act(new HoldOrderCommand({ orderId: order.id }));
    await act(new CancelOrderCommand({ orderId: order.id, reason: 'staff' }));
    await expect(act(new LetOrderGoCommand({ orderId: order.id }))).rejects.toThrow(
      refused('orders.transition-refused'),
    );
    const lines = [...other.lines, ...order.lines].map(({ id: lineId, quantity }) => ({ lineId, quantity }));
    await expect(act(new CancelOrderLinesCommand({ orderId: other.id, lines }))).rejects.toThrow(
      refused('orders.unknown-line'),
    );
    expect((await desk.find(other.id)).status).toBe('paid');
  });

  it('counts as delivered with its last parcel, and not before everything left', async () => {
    const order = await paid();
    const [a] = order.lines;
    await expect(act(new DeliverOrderCommand({ orderId: order.id }))).rejects.toThrow(
      refused('orders.transition-refused'),
    );
    const { shipmentId } = await ship(order.id, [{ lineId: a.id, quantity: 5 }]);
    expect(await act(new DeliverOrderCommand({ orderId: order.id, shipmentId }))).toMatchObject({ deliveredAt: null });
    const second = await ship(order.id);
    await expect(act(new DeliverOrderCommand({ orderId: order.id, shipmentId: newId() }))).rejects.toThrow(
      refused('orders.shipment-not-found'),
    );
    const delivered = await act<{ deliveredAt: string }>(
      new DeliverOrderCommand({ orderId: order.id, shipmentId: second.shipmentId }),
    );
    expect(delivered.deliveredAt).not.toBeNull();
    // Again changes nothing.
    expect(await act(new DeliverOrderCommand({ orderId: order.id, shipmentId: second.shipmentId }))).toEqual(delivered);
  });

  it('holds an order up, tells its story, and corrects where it goes', async () => {
    const order = await paid();
    const orderId = order.id;
    await act(new HoldOrderCommand({ orderId, note: 'Looks odd.' }));
    await expect(ship(orderId)).rejects.toThrow(refused('orders.transition-refused'));
    await act(new ChangeOrderAddressCommand({ orderId, address: { ...ADDRESS, line1: 'Quay 8' } }));
    await expect(
      act(new ChangeOrderAddressCommand({ orderId, address: { ...ADDRESS, country: 'ES' } })),
    ).rejects.toThrow(refused('orders.country-fixed'));
    await act(new LetOrderGoCommand({ orderId }));
    await act(new NoteOrderCommand({ orderId, note: 'With a card.', shownToCustomer: true }));
    // The note has the database's time, the parcel the process's: within a millisecond either may come first.
    clock.setOffset(1);
    await ship(orderId);
    clock.setOffset(0);
    await expect(act(new ChangeOrderAddressCommand({ orderId, address: ADDRESS }))).rejects.toThrow(
      refused('orders.not-editable'),
    );
    expect((await desk.find(orderId)).shippingAddress).toMatchObject({ line1: 'Quay 8' });
    const kinds = async (viewer: typeof STAFF): Promise<string[]> =>
      (await ask<{ data: { kind: string }[] }>(new OrderTimelineQuery(orderId, viewer))).data.map(({ kind }) => kind);
    const all = ['placed', 'paid', 'held', 'address_changed', 'let_go', 'note', 'shipped', 'fulfilled'];
    expect(await kinds(STAFF)).toEqual(all);
    const [row] = await desk.rows<{ hash: Buffer }>('select access_token_hash as hash from orders.orders');
    const guest = { all: false, userId: null, tokenHash: row.hash } as never;
    expect(await kinds(guest)).toEqual(all.filter((kind) => kind !== 'held' && kind !== 'let_go'));
  });

  it('does the same to many orders, each by itself', async () => {
    const order = await paid();
    const unpaid = (await desk.checkout(await desk.cart(['A', 1]), 'declined')).order;
    const orderIds = [order.id, unpaid.id, newId()];
    const idempotency = (bodyHash = 'b'.repeat(64)): IdempotencyRequest => {
      return { scope: desk.tenant.replaceAll('-', '').repeat(2), bodyHash, status: 200, phase: 'new' };
    };
    const many = (claim?: IdempotencyRequest) =>
      desk.asStaff(() =>
        runInContext({ idempotency: claim }, () =>
          desk.commands.execute(new ManyOrdersCommand({ action: 'ship', orderIds })),
        ),
      );
    const answer = await many(idempotency());
    expect(answer.data).toEqual([
      expect.objectContaining({ done: true, status: 'fulfilled', code: null }),
      expect.objectContaining({ done: false, code: 'orders.transition-refused' }),
      expect.objectContaining({ done: false, code: 'orders.order-not-found' }),
    ]);
    // Sent again under its key it is answered as before; with another body the key is refused.
    await expect(many(idempotency())).rejects.toMatchObject({ status: 200, body: answer });
    await expect(many(idempotency('c'.repeat(64)))).rejects.toMatchObject({ code: 'idempotency.key-reused' });
    expect((await many()).data[0]).toMatchObject({ done: false, code: 'orders.transition-refused' });
    await expect(act(new CancelOrderCommand({ orderId: order.id, reason: 'staff' }))).rejects.toThrow(
      refused('orders.transition-refused'),
    );
  });
});
