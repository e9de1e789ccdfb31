import { CreateProductCommand } from '../../src/commerce/catalog/commands/create-product';
import { AllocateBackordersCommand } from '../../src/commerce/inventory/commands/allocate-backorders';
import { CreateLocationCommand } from '../../src/commerce/inventory/commands/create-location';
import { ReceiveStockCommand } from '../../src/commerce/inventory/commands/receive-stock';
import { SaveBackorderTermsCommand } from '../../src/commerce/inventory/commands/save-backorder-terms';
import { SetStockCommand } from '../../src/commerce/inventory/contracts/set-stock';
import { ListBackordersQuery } from '../../src/commerce/inventory/queries/list-backorders';
import { CancelOrderCommand } from '../../src/commerce/orders/commands/cancel-order';
import { CancelOrderLinesCommand } from '../../src/commerce/orders/commands/cancel-order-lines';
import { HoldOrderCommand, LetOrderGoCommand } from '../../src/commerce/orders/commands/hold-order';
import { ShipOrderCommand } from '../../src/commerce/orders/commands/ship-order';
import type { OrderView } from '../../src/commerce/orders/domain/order-view';
import { ListOrdersQuery } from '../../src/commerce/orders/queries/list-orders';
import { OrderTimelineQuery } from '../../src/commerce/orders/queries/order-timeline';
import { QueryBus } from '@nestjs/cqrs';
import { clock } from '../../src/kernel/clock/clock';
import { ListQuery } from '../../src/kernel/http/pagination';
import { OrderDesk, STAFF } from '../support/order-desk';
import { STOCK_FAULTS } from '../support/stock-identity';

const EUR = { amount: 1000, currency: 'EUR' };
const JANUARY = new Date('2030-01-15T00:00:00Z');

describe('backorders and preorders', () => {
  let desk: OrderDesk;
  const act = <T>(command: object): Promise<T> => desk.asStaff(() => desk.commands.execute(command as never));
  const ask = <T>(query: object): Promise<T> => desk.asStaff(() => desk.app.get(QueryBus).execute(query as never));
  const refused = (code: string, more: object = {}) => expect.objectContaining({ code, ...more });
  const variant = async (
    sku: string,
    backorder: 'no' | 'backorder' | 'preorder',
    onHand?: number,
    more: object = {},
  ) => {
    await act(new CreateProductCommand({ name: `Thing ${sku}`, variants: [{ sku, price: EUR, backorder, ...more }] }));
    if (onHand !== undefined)
      await act(new SetStockCommand({ lines: [{ sku, onHand }], reason: 'count', document: 'test' }));
  };
  const terms = (sku: string, most: number | null, promisedAt: Date | null = null) =>
    act(new SaveBackorderTermsCommand([{ sku, most, promisedAt }]));
  const receive = (quantity: number, locationId?: string, sku = 'A') =>
    act(new ReceiveStockCommand({ lines: [{ sku, quantity, locationId }] }));
  const buy = async (quantity: number, sku = 'A', token = 'success') =>
    (await desk.checkout(await desk.cart([sku, quantity]), token)).order;
  /** Pieces that each order still waits for. */
  const waiting = async (...orders: { id: string }[]) =>
    Promise.all(orders.map(async ({ id }) => (await desk.find(id)).lines[0].backordered));
  const ship = (order: { id: string; lines: { id: string }[] }, quantity?: number) =>
    act(
      new ShipOrderCommand({
        orderId: order.id,
        lines: quantity === undefined ? undefined : [{ lineId: order.lines[0].id, quantity }],
      }),
    );
  const told = () =>
    desk.rows<{ id: string; lines: { quantity: number }[] }>(
      `select aggregate_id as id, payload->'lines' as lines from kernel.events where type = 'inventory.backorders-allocated.v1' order by id`,
    );

  beforeAll(async () => {
    desk = await OrderDesk.start();
  });
  afterAll(() => desk?.app.close());
  beforeEach(() => desk.open());
  afterEach(async () => {
    clock.setOffset(0);
    expect(await desk.rows(STOCK_FAULTS)).toEqual([]);
  });

  it('sells beyond the stock up to the limit, says so to the shopper, and ships only what is here', async () => {
    await variant('A', 'backorder', 2);
    await variant('N', 'no', 2);
    await terms('A', 5, JANUARY);
    const order = await buy(4);
    expect(order.lines[0]).toMatchObject({ backordered: 2, promisedAt: JANUARY.toISOString() });
    expect((await desk.find(order.id)).lines[0]).toMatchObject({ backordered: 2, promisedAt: JANUARY.toISOString() });
    expect(await desk.stock('A')).toMatchObject({ available: -2, backordered: 2, mostBackordered: 5 });
    await expect(buy(4)).rejects.toMatchObject({
      code: 'inventory.out-of-stock',
      data: { skus: [{ sku: 'A', requested: 4, available: 3 }] },
    });
    await expect(buy(3, 'N')).rejects.toEqual(refused('inventory.out-of-stock'));
    await expect(ship(order)).rejects.toEqual(refused('inventory.backordered'));
    await ship(order, 2);
    await expect(ship(order, 1)).rejects.toEqual(refused('inventory.backordered'));
    await receive(2);
    await desk.worker.drain();
    expect(await waiting(order)).toEqual([0]);
    await ship(order);
    expect((await desk.find(order.id)).status).toBe('fulfilled');
    const { data } = await ask<{ data: { kind: string; data: object }[] }>(new OrderTimelineQuery(order.id, STAFF));
    expect(data.find(({ kind }) => kind === 'backorder_allocated')?.data).toEqual({
      lines: [{ sku: 'A', quantity: 2 }],
      waiting: 0,
    });
    expect(await desk.events()).toContain('backorder-allocated');
    expect(await ask(new ListBackordersQuery(new ListQuery()))).toMatchObject({
      data: [{ sku: 'A', mostBackordered: 5, backordered: 0 }],
    });
  });

  it('shows which paid orders wait for goods, and which of these have them by now', async () => {
    await variant('A', 'backorder', 4);
    const here = await buy(2);
    expect(here).toMatchObject({ status: 'paid', fulfilmentStatus: 'none' });
    const [waits, given, cancelled] = [await buy(3), await buy(1), await buy(1)];
    for (const order of [waits, given, cancelled])
      expect(order).toMatchObject({ status: 'paid', fulfilmentStatus: 'backordered' });
    const listed = async (filter: Record<string, string[]>): Promise<string[]> => {
      const page = await ask<{ data: { id: string }[] }>(
        new ListOrdersQuery(Object.assign(new ListQuery(), filter) as never, null),
      );
      return page.data.map(({ id }) => id).sort();
    };
    const ids = (...orders: { id: string }[]) => orders.map(({ id }) => id).sort();
    expect(await listed({ fulfilmentStatus: ['backordered'] })).toEqual(ids(waits, given, cancelled));
    const gone = await act<OrderView>(new CancelOrderCommand({ orderId: cancelled.id, reason: 'staff' }));
    expect(gone).toMatchObject({ status: 'cancelled', fulfilmentStatus: 'none' });
    // What is not here yet is given up: the rest is all here.
    const lineId = waits.lines[0].id;
    const fewer = await act<OrderView>(
      new CancelOrderLinesCommand({ orderId: waits.id, lines: [{ lineId, quantity: 1 }] }),
    );
    expect(fewer).toMatchObject({ status: 'allocated', fulfilmentStatus: 'allocated' });
    await receive(1);
    await desk.worker.drain();
    expect(await desk.find(given.id)).toMatchObject({ status: 'allocated', fulfilmentStatus: 'allocated' });
    expect(await listed({ fulfilmentStatus: ['backordered'] })).toEqual([]);
    expect(await listed({ status: ['allocated'] })).toEqual(ids(waits, given));
    await act(new HoldOrderCommand({ orderId: given.id }));
    expect(await act(new LetOrderGoCommand({ orderId: given.id }))).toMatchObject({ status: 'allocated' });
    await ship(given);
    expect(await desk.find(given.id)).toMatchObject({ status: 'fulfilled' });
    await act(new CancelOrderCommand({ orderId: waits.id, reason: 'staff' }));
    expect(await desk.find(waits.id)).toMatchObject({ status: 'cancelled', fulfilmentStatus: 'none' });
  });

  it('gives what arrives to who was promised first, and to nobody who comes later', async () => {
    await variant('A', 'backorder', 0);
    const [first, second, third] = [await buy(2), await buy(2), await buy(2)];
    await receive(3);
    // Before it is given out it is nobody else's.
    const late = await buy(1);
    expect(late.lines[0].backordered).toBe(1);
    await desk.worker.drain();
    expect(await waiting(first, second, third, late)).toEqual([0, 1, 2, 1]);
    await act(new CancelOrderCommand({ orderId: first.id, reason: 'staff' }));
    await desk.worker.drain();
    expect(await waiting(second, third, late)).toEqual([0, 1, 1]);
    await receive(5);
    await desk.worker.drain();
    expect(await waiting(third, late)).toEqual([0, 0]);
    expect(await desk.stock('A')).toMatchObject({ available: 3, backordered: 0 });
  });

  it('gives each piece once, however many give at the same time', async () => {
    await variant('A', 'backorder', 0);
    const orders: { id: string }[] = [];
    for (let i = 0; i < 8; i += 1) orders.push(await buy(1));
    const allocate = () => act<{ allocated: number }>(new AllocateBackordersCommand(['A']));
    await Promise.all([
      ...Array.from({ length: 5 }, () => receive(1)),
      ...Array.from({ length: 6 }, allocate),
      act(new CancelOrderCommand({ orderId: orders[6].id, reason: 'staff' })),
    ]);
    await desk.worker.drain();
    expect(await waiting(...orders)).toEqual([0, 0, 0, 0, 0, 1, 0, 1]);
    const given = await told();
    expect(given).toHaveLength(5);
    expect(new Set(given.map(({ id }) => id))).toEqual(new Set(orders.slice(0, 5).map(({ id }) => id)));
  });

  it('waits for what never lay anywhere, and takes it where it arrives', async () => {
    await variant('A', 'preorder');
    await terms('A', null, JANUARY);
    const order = await buy(5);
    expect(order.lines[0]).toMatchObject({ backordered: 5, promisedAt: JANUARY.toISOString() });
    const { id } = await act<{ id: string }>(new CreateLocationCommand({ code: 'north', name: 'North' }));
    await receive(3, id);
    await receive(1);
    await desk.worker.drain();
    expect(await waiting(order)).toEqual([1]);
    await act(new CancelOrderLinesCommand({ orderId: order.id, lines: [{ lineId: order.lines[0].id, quantity: 2 }] }));
    // What is waited for is given up first.
    expect(await waiting(order)).toEqual([0]);
    await ship(order);
    expect(await desk.stock('A')).toMatchObject({ onHand: 1, reserved: 0, backordered: 0 });
  });

  it('lets a bundle wait for its parts', async () => {
    await variant('A', 'backorder', 3);
    await variant('B', 'no', 10);
    const parts = [
      { sku: 'A', quantity: 2 },
      { sku: 'B', quantity: 1 },
    ];
    await variant('SET', 'no', undefined, { components: parts });
    const order = await buy(3, 'SET');
    expect(order.lines[0].backordered).toBe(2);
    await receive(3);
    await desk.worker.drain();
    await ship(order);
    expect(await desk.stock('A')).toMatchObject({ onHand: 0, reserved: 0 });
  });

  it('takes no account of who does not pay in time', async () => {
    await variant('A', 'backorder', 0);
    const unpaid = await buy(2, 'A', 'declined');
    const paid = await buy(2);
    clock.setOffset(3_600);
    await receive(2);
    await desk.worker.drain();
    expect(await waiting(paid)).toEqual([0]);
    expect((await desk.find(unpaid.id)).status).toBe('cancelled');
    expect(await desk.stock('A')).toMatchObject({ reserved: 2, backordered: 0 });
  });
});
