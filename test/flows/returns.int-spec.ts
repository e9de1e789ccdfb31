import { QueryBus } from '@nestjs/cqrs';
import { SaveItemSettingsCommand } from '../../src/commerce/inventory/commands/item-settings';
import { CancelOrderCommand } from '../../src/commerce/orders/commands/cancel-order';
import { CancelOrderLinesCommand } from '../../src/commerce/orders/commands/cancel-order-lines';
import { CloseOrderCommand } from '../../src/commerce/orders/commands/close-order';
import { DeliverOrderCommand } from '../../src/commerce/orders/commands/deliver-order';
import { HoldOrderCommand } from '../../src/commerce/orders/commands/hold-order';
import { IssueInvoiceCommand } from '../../src/commerce/orders/commands/issue-invoice';
import {
  ApproveReturnCommand,
  CancelReturnCommand,
  CloseReturnCommand,
  InspectReturnCommand,
  ReceiveReturnCommand,
  RefundReturnCommand,
  RejectReturnCommand,
} from '../../src/commerce/orders/commands/manage-return';
import { NoteOrderCommand } from '../../src/commerce/orders/commands/note-order';
import { RequestReturnCommand } from '../../src/commerce/orders/commands/request-return';
import { ShipOrderCommand } from '../../src/commerce/orders/commands/ship-order';
import type { ReturnState } from '../../src/commerce/orders/contracts/order-status';
import { RETURN_STATE_EDGES, OrderReturn } from '../../src/commerce/orders/domain/order-return';
import type { ReturnView } from '../../src/commerce/orders/domain/return-view';
import { OrderTimelineQuery } from '../../src/commerce/orders/queries/order-timeline';
import { FindReturnQuery } from '../../src/commerce/orders/queries/returns';
import { RequestRefundCommand } from '../../src/money/payments/contracts/request-refund';
import { RefundChargeCommand } from '../../src/money/payments/commands/refund-charge';
import { clock } from '../../src/kernel/clock/clock';
import { newId } from '../../src/kernel/ids/ids';
import { OrderDesk, STAFF } from '../support/order-desk';

describe('returns and what is given up', () => {
  let desk: OrderDesk;
  const refused = (code: string) => expect.objectContaining({ code });
  const act = <T>(command: object): Promise<T> => desk.asStaff(() => desk.commands.execute(command as never));
  const ask = <T>(query: object): Promise<T> => desk.run(() => desk.app.get(QueryBus).execute(query as never));
  /** A paid order of `a` A at 10.00 and `b` B at 3.33. */
  const paid = async (a = 5, b = 2) => {
    await desk.product('A', 1000, 10);
    await desk.product('B', 333, 10);
    return (await desk.checkout(await desk.cart(['A', a], ['B', b]))).order;
  };
  const shipped = async () => {
    const order = await paid();
    await act(new ShipOrderCommand({ orderId: order.id }));
    return order;
  };
  const announce = (orderId: string, lines: { lineId: string; quantity: number }[], viewer: object = STAFF) =>
    act<ReturnView>(
      new RequestReturnCommand({
        orderId,
        viewer: viewer as typeof STAFF,
        lines: lines.map((line) => ({ ...line, reason: 'Too small' })),
      }),
    );
  /** What the worker and the gateway do about refunds. */
  const settle = async (): Promise<void> => {
    await desk.worker.drain();
    const open = await desk.rows<{ id: string }>(`select id from payments.refunds where state = 'requested'`);
    for (const { id } of open) await act(new RefundChargeCommand(id));
    await desk.worker.drain();
  };
  const status = async (id: string) => (await desk.find(id)).status;
  /** Money that the gateway gave back, minor units. */
  const refunded = async (): Promise<number> => {
    const [row] = await desk.rows<{ sum: number }>(
      'select coalesce(sum(refunded), 0)::float8 as sum from payments.attempts',
    );
    return row.sum;
  };

  beforeAll(async () => {
    desk = await OrderDesk.start();
  });
  afterAll(() => desk?.app.close());
  beforeEach(() => desk.open());
  afterEach(() => clock.setOffset(0));

  it('ships and takes back the very pieces that are named, where they have serial numbers', async () => {
    const order = await paid(3, 1);
    await act(new SaveItemSettingsCommand([{ sku: 'A', serials: true, warrantyMonths: 12 }]));
    const pieces = async (state: string): Promise<string[]> =>
      (
        await desk.rows<{ serial: string }>(`select serial from inventory.serials where state = $1 order by serial`, [
          state,
        ])
      ).map(({ serial }) => serial);
    const [, , third, , fifth] = await pieces('in_stock');
    const serials = [third, fifth].map((serial) => ({ sku: 'A', serial }));
    const lines = [{ lineId: order.lines[0].id, quantity: 2 }];
    await expect(
      act(new ShipOrderCommand({ orderId: order.id, lines, serials: [{ sku: 'B', serial: third }] })),
    ).rejects.toThrow(refused('inventory.not-serialized'));
    await act(new ShipOrderCommand({ orderId: order.id, lines, serials }));
    expect(await pieces('shipped')).toEqual([third, fifth].sort());
    const { id: returnId } = await announce(order.id, lines);
    await act(new ReceiveReturnCommand({ returnId }));
    const inspected = [
      { lineId: lines[0].lineId, restock: true, quantity: 1 },
      { lineId: lines[0].lineId, restock: false, quantity: 1 },
    ];
    const named = [
      { ...serials[0], restock: false },
      { ...serials[1], restock: true },
    ];
    await act(new InspectReturnCommand({ returnId, lines: inspected, serials: named }));
    expect(await pieces('gone')).toEqual([third]);
    expect(await pieces('in_stock')).toContain(fifth);
  });

  it('brings goods back to the shelf and the money to the shopper, step by step', async () => {
    const order = await shipped();
    const [a, b] = order.lines;
    const back = await announce(order.id, [
      { lineId: a.id, quantity: 2 },
      { lineId: b.id, quantity: 2 },
    ]);
    expect(back).toMatchObject({ status: 'approved', number: '1001-R1', requestedBy: 'staff' });
    expect(await status(order.id)).toBe('returning');
    const returnId = back.id;
    await expect(act(new RefundReturnCommand({ returnId }))).rejects.toThrow(
      refused('orders.return-transition-refused'),
    );
    const received = await act<ReturnView>(
      new ReceiveReturnCommand({
        returnId,
        lines: [
          { lineId: a.id, quantity: 2 },
          { lineId: b.id, quantity: 1 },
        ],
      }),
    );
    expect(received.lines.map((line) => [line.receivedQuantity, line.amount?.amount])).toEqual([
      [2, 2000],
      [1, 333],
    ]);
    expect(await desk.stock('A')).toMatchObject({ onHand: 5 });
    await expect(act(new InspectReturnCommand({ returnId, lines: [{ lineId: a.id, restock: true }] }))).rejects.toThrow(
      refused('orders.inspection-incomplete'),
    );
    await act(
      new InspectReturnCommand({
        returnId,
        lines: [
          { lineId: a.id, restock: true, quantity: 1 },
          { lineId: a.id, restock: false },
          { lineId: b.id, restock: true },
        ],
      }),
    );
    expect(await desk.stock('A')).toMatchObject({ onHand: 6, reserved: 0 });
    expect(await desk.stock('B')).toMatchObject({ onHand: 9 });
    await act(new RefundReturnCommand({ returnId }));
    await settle();
    const done = await ask<ReturnView>(new FindReturnQuery(returnId, STAFF));
    expect(done).toMatchObject({ status: 'refunded', refund: { amount: 2333 } });
    expect(await refunded()).toBe(2333);
    const after = await desk.find(order.id);
    expect(after).toMatchObject({ status: 'fulfilled', paymentStatus: 'paid', refundedTotal: { amount: 2333 } });
    expect(after.lines.map((line) => line.returnedQuantity)).toEqual([2, 1]);
  });

  it('gives back to the cent what was paid, when everything comes back in parts', async () => {
    const order = await shipped();
    for (const quantity of [2, 3])
      for (const line of order.lines) {
        const count = line.sku === 'A' ? quantity : 1;
        const { id: returnId } = await announce(order.id, [{ lineId: line.id, quantity: count }]);
        await act(new ReceiveReturnCommand({ returnId }));
        await act(new InspectReturnCommand({ returnId, lines: [{ lineId: line.id, restock: true }] }));
        await act(new RefundReturnCommand({ returnId }));
        await settle();
      }
    expect(await refunded()).toBe(order.total.amount);
    expect(await desk.find(order.id)).toMatchObject({
      status: 'returned',
      paymentStatus: 'refunded',
      refundedTotal: order.total,
    });
    expect(await desk.stock('A')).toMatchObject({ onHand: 10, reserved: 0 });
    expect(await act(new CloseOrderCommand({ orderId: order.id }))).toMatchObject({ status: 'closed' });
  });

  it('can be refunded again when the gateway refused', async () => {
    const order = await shipped();
    const { id: returnId } = await announce(order.id, [{ lineId: order.lines[0].id, quantity: 1 }]);
    await act(new ReceiveReturnCommand({ returnId }));
    await act(new InspectReturnCommand({ returnId, lines: [{ lineId: order.lines[0].id, restock: true }] }));
    await act(new RefundReturnCommand({ returnId }));
    await desk.worker.drain();
    await desk.rows(
      `insert into sandbox.refunds (tenant_id, id, account_id, payment_id, key, amount, currency, status, error_code, error_message, created_at)
       select p.tenant_id, $1, p.account_id, p.id, r.id::text, r.amount, r.currency, 'failed', 'refused', 'No.', now()
       from sandbox.payments p, payments.refunds r where p.key = r.attempt_id::text`,
      [newId()],
    );
    await settle();
    expect(await ask(new FindReturnQuery(returnId, STAFF))).toMatchObject({ status: 'inspected', refundId: null });
    await act(new RefundReturnCommand({ returnId }));
    await settle();
    expect(await ask(new FindReturnQuery(returnId, STAFF))).toMatchObject({ status: 'refunded' });
    expect(await refunded()).toBe(1000);
  });

  it('takes a right to another order for none: its holder asks, and sees, as a shopper', async () => {
    const order = await shipped();
    await act(new NoteOrderCommand({ orderId: order.id, note: 'For us alone.', shownToCustomer: false }));
    const [row] = await desk.rows<{ hash: Buffer }>('select access_token_hash as hash from orders.orders');
    const mine = { all: false, userId: null, tokenHash: row.hash, maySee: ({ id }: { id: string }) => id !== order.id };
    const asked = await announce(order.id, [{ lineId: order.lines[0].id, quantity: 1 }], mine);
    expect(asked).toMatchObject({ status: 'requested', requestedBy: 'customer' });
    const { data } = await ask<{ data: { kind: string }[] }>(new OrderTimelineQuery(order.id, mine));
    expect(data.map(({ kind }) => kind)).not.toContain('note');
  });

  it('takes no piece back twice, whoever asks at once, and none that did not leave', async () => {
    const order = await paid();
    const [a] = order.lines;
    await expect(announce(order.id, [{ lineId: a.id, quantity: 1 }])).rejects.toThrow(refused('orders.not-returnable'));
    await act(new ShipOrderCommand({ orderId: order.id, lines: [{ lineId: a.id, quantity: 3 }] }));
    await expect(announce(order.id, [{ lineId: a.id, quantity: 4 }])).rejects.toThrow(
      refused('orders.quantity-exceeded'),
    );
    const tries = await Promise.allSettled(
      Array.from({ length: 6 }, () => announce(order.id, [{ lineId: a.id, quantity: 1 }])),
    );
    expect(tries.filter((each) => each.status === 'fulfilled')).toHaveLength(3);
    const [first] = tries.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
    const twice = await Promise.allSettled([1, 2, 3].map(() => act(new ReceiveReturnCommand({ returnId: first.id }))));
    expect(twice.filter((each) => each.status === 'fulfilled')).toHaveLength(1);
    expect((await desk.find(order.id)).lines[0].returnedQuantity).toBe(1);
    // What is given up makes room again, and the rest of the order can still leave.
    await act(new ShipOrderCommand({ orderId: order.id })).catch((error: unknown) =>
      expect(error).toEqual(refused('orders.transition-refused')),
    );
  });

  it('lets shoppers ask within their time, and staff decide', async () => {
    const order = await shipped();
    const [row] = await desk.rows<{ hash: Buffer }>('select access_token_hash as hash from orders.orders');
    const guest = { all: false, userId: null, tokenHash: row.hash };
    const lines = [{ lineId: order.lines[0].id, quantity: 1 }];
    await expect(announce(order.id, lines, { ...guest, tokenHash: Buffer.alloc(32) })).rejects.toThrow(
      refused('orders.order-not-found'),
    );
    const asked = await announce(order.id, lines, guest);
    expect(asked).toMatchObject({ status: 'requested', requestedBy: 'customer' });
    expect(await status(order.id)).toBe('fulfilled');
    expect(await act(new RejectReturnCommand({ returnId: asked.id, note: 'Opened.' }))).toMatchObject({
      status: 'rejected',
    });
    const again = await announce(order.id, lines, guest);
    await act(new ApproveReturnCommand({ returnId: again.id }));
    expect(await status(order.id)).toBe('returning');
    await act(new CancelReturnCommand({ returnId: again.id }));
    expect(await status(order.id)).toBe('fulfilled');
    await act(new DeliverOrderCommand({ orderId: order.id }));
    clock.setOffset(31 * 86_400);
    await expect(announce(order.id, lines, guest)).rejects.toThrow(refused('orders.return-window-over'));
    const late = await announce(order.id, lines);
    await act(new ReceiveReturnCommand({ returnId: late.id, lines: [] }));
    await act(new InspectReturnCommand({ returnId: late.id, lines: [] }));
    await expect(act(new RefundReturnCommand({ returnId: late.id }))).rejects.toThrow(
      refused('orders.nothing-to-refund'),
    );
    await expect(act(new RefundReturnCommand({ returnId: late.id, amount: 999_999 }))).rejects.toThrow(
      refused('orders.refund-too-large'),
    );
    expect(await act(new CloseReturnCommand({ returnId: late.id }))).toMatchObject({ status: 'closed' });
  });

  it('gives up exactly the pieces that are named, their stock and their money', async () => {
    const order = await paid();
    const [a, b] = order.lines;
    const cancel = (lines: { lineId: string; quantity: number }[]) =>
      act<{ status: string }>(new CancelOrderLinesCommand({ orderId: order.id, lines, note: 'Sold out.' }));
    await expect(cancel([{ lineId: a.id, quantity: 6 }])).rejects.toThrow(refused('orders.quantity-exceeded'));
    expect(await cancel([{ lineId: a.id, quantity: 2 }])).toMatchObject({ status: 'paid' });
    expect(await desk.stock('A')).toMatchObject({ onHand: 10, reserved: 3 });
    await act(new ShipOrderCommand({ orderId: order.id, lines: [{ lineId: a.id, quantity: 3 }] }));
    expect(await cancel([{ lineId: b.id, quantity: 2 }])).toMatchObject({ status: 'fulfilled' });
    await settle();
    expect(await refunded()).toBe(2666);
    expect(await desk.stock('B')).toMatchObject({ onHand: 10, reserved: 0 });
    expect(await desk.find(order.id)).toMatchObject({ refundedTotal: { amount: 2666 }, paymentStatus: 'paid' });
  });

  it('is not cancelled as a whole when a part has left, held up or not', async () => {
    const order = await paid();
    await act(new ShipOrderCommand({ orderId: order.id, lines: [{ lineId: order.lines[0].id, quantity: 1 }] }));
    await act(new HoldOrderCommand({ orderId: order.id }));
    await expect(act(new CancelOrderCommand({ orderId: order.id, reason: 'staff' }))).rejects.toThrow(
      refused('orders.transition-refused'),
    );
    await settle();
    expect(await refunded()).toBe(0);
    expect(await desk.stock('A')).toMatchObject({ onHand: 9, reserved: 4 });
  });

  it('ends refunded when it is cancelled after all of its money went back by hand', async () => {
    const order = await paid();
    const { paymentStatus } = await desk.find(order.id);
    expect(paymentStatus).toBe('paid');
    const payable = { type: 'order' as const, id: order.id };
    await act(new RequestRefundCommand({ payable, amount: order.total, reason: 'goodwill' }));
    await settle();
    expect(await desk.find(order.id)).toMatchObject({ status: 'paid', refundedTotal: order.total });
    expect(await act(new CancelOrderCommand({ orderId: order.id, reason: 'staff' }))).toMatchObject({
      status: 'cancelled',
      paymentStatus: 'refunded',
    });
    await settle();
    expect(await refunded()).toBe(order.total.amount);
  });

  it('moves on by itself although its last open pieces were given up, and once its return has ended', async () => {
    const order = await paid();
    const [a, b] = order.lines;
    await act(new ShipOrderCommand({ orderId: order.id, lines: [{ lineId: a.id, quantity: 5 }] }));
    await act(new CancelOrderLinesCommand({ orderId: order.id, lines: [{ lineId: b.id, quantity: 2 }] }));
    const at = async (days: number): Promise<string> => {
      clock.setOffset(days * 86_400);
      await desk.worker.drain();
      return status(order.id);
    };
    expect(await at(15)).toBe('fulfilled');
    expect((await desk.find(order.id)).deliveredAt).not.toBeNull();
    const { id: returnId } = await announce(order.id, [{ lineId: a.id, quantity: 1 }]);
    expect(await at(46)).toBe('returning');
    await act(new CancelReturnCommand({ returnId }));
    expect(await at(48)).toBe('closed');
  });

  it('is cancelled when every piece is given up', async () => {
    const order = await paid();
    const lines = order.lines.map(({ id, quantity }) => ({ lineId: id, quantity }));
    expect(await act(new CancelOrderLinesCommand({ orderId: order.id, lines }))).toMatchObject({ status: 'cancelled' });
    await settle();
    expect(await refunded()).toBe(order.total.amount);
    expect(await desk.stock('A')).toMatchObject({ onHand: 10, reserved: 0 });
    expect(await desk.find(order.id)).toMatchObject({ paymentStatus: 'refunded', refundedTotal: order.total });
  });

  it('numbers invoices without gaps, one an order, and they never change', async () => {
    const order = await paid(1, 1);
    const unpaid = (await desk.checkout(await desk.cart(['A', 1]), 'declined')).order;
    const other = (await desk.checkout(await desk.cart(['B', 1]))).order;
    await expect(act(new IssueInvoiceCommand(unpaid.id))).rejects.toThrow(refused('orders.not-invoiced'));
    const both = [order.id, other.id, order.id, other.id];
    const numbers = await Promise.all(
      both.map(async (id) => (await act<{ number: string }>(new IssueInvoiceCommand(id))).number),
    );
    expect(new Set(numbers)).toEqual(new Set(['INV-000001', 'INV-000002']));
    expect(numbers.slice(0, 2)).toEqual(numbers.slice(2));
    await expect(desk.rows(`update orders.invoices set number = 'x'`)).rejects.toThrow(/permission denied/);
  });

  it('moves along its table of edges alone, in the code and in the database', async () => {
    const states = Object.keys(RETURN_STATE_EDGES) as ReturnState[];
    const pairs = states.flatMap((from) => states.map((to) => ({ from, to })));
    const found = await desk.rows<{ from: ReturnState; to: ReturnState; ok: boolean }>(
      `select x."from", x."to", orders.return_edge_allowed(x."from", x."to") as ok
       from json_to_recordset($1::json) as x("from" text, "to" text)`,
      [JSON.stringify(pairs)],
    );
    for (const { from, to, ok } of found)
      expect(`${from} → ${to}: ${ok}`).toBe(`${from} → ${to}: ${from === to || RETURN_STATE_EDGES[from].includes(to)}`);
    const at = new Date(0);
    const events: [ReturnState, (back: OrderReturn) => void][] = [
      ['approved', (back) => back.approve(at)],
      ['rejected', (back) => back.reject(at, null)],
      ['cancelled', (back) => back.cancel(at)],
      ['received', (back) => back.receive({} as never, at)],
      ['inspected', (back) => back.inspect(at, [])],
      ['refunding', (back) => back.refund(newId(), 1)],
      ['refunded', (back) => back.settle(at)],
      ['closed', (back) => back.close(at)],
    ];
    for (const status of states)
      for (const [to, run] of events) {
        const back = OrderReturn.of({ status } as never, []);
        if (RETURN_STATE_EDGES[status].includes(to)) {
          run(back);
          expect(back.status).toBe(to);
        } else expect(() => run(back)).toThrow(refused('orders.return-transition-refused'));
      }
  });
});
