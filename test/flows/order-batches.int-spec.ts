import { CreateProductCommand } from '../../src/commerce/catalog/commands/create-product';
import { ReceiveStockCommand } from '../../src/commerce/inventory/commands/receive-stock';
import { CancelOrderLinesCommand } from '../../src/commerce/orders/commands/cancel-order-lines';
import { ChangeOrderAddressCommand } from '../../src/commerce/orders/commands/change-order-address';
import { EditOrderCommand, type EditedOrder } from '../../src/commerce/orders/commands/edit-order';
import { HoldOrderCommand, LetOrderGoCommand } from '../../src/commerce/orders/commands/hold-order';
import { ShipOrderCommand } from '../../src/commerce/orders/commands/ship-order';
import type { OrderView } from '../../src/commerce/orders/domain/order-view';
import { ADDRESS, OrderDesk } from '../support/order-desk';
import { EUR, inDays } from '../support/stock-desk';

describe('batches of orders', () => {
  let desk: OrderDesk;
  const act = <T>(command: object): Promise<T> => desk.asStaff(() => desk.commands.execute(command as never));
  const lotsOf = ({ lines }: OrderView) => lines.map(({ allocations }) => allocations);
  const receive = (sku: string, number: string, quantity: number, days: number) =>
    act(new ReceiveStockCommand({ lines: [{ sku, quantity, lot: { number, expiresAt: inDays(days) } }] }));
  const lot = (lotNumber: string, quantity: number, sku?: string) => ({ lotNumber, quantity, ...(sku ? { sku } : {}) });

  beforeAll(async () => {
    desk = await OrderDesk.start();
  });
  afterAll(() => desk?.app.close());
  beforeEach(async () => {
    desk.open();
    for (const sku of ['TEA', 'CUP']) await desk.product(sku, 1000, 0);
    await receive('TEA', 'LATE', 10, 90);
    await receive('TEA', 'SOON', 3, 30);
    await receive('TEA', 'GONE', 5, -1);
  });

  it('are told by every answer about the order: first expired first out, and never what is past its day', async () => {
    const { order } = await desk.checkout(await desk.cart(['TEA', 5]));
    const five = [[lot('SOON', 3), lot('LATE', 2)]];
    expect(lotsOf(order)).toEqual(five);
    expect(await desk.find(order.id)).toEqual(order);
    const [{ id: lineId }] = order.lines;
    const address = { ...ADDRESS, line1: 'Quay 8' };
    expect(lotsOf(await act(new ChangeOrderAddressCommand({ orderId: order.id, address })))).toEqual(five);
    expect(lotsOf(await act(new HoldOrderCommand({ orderId: order.id })))).toEqual(five);
    expect(lotsOf(await act(new LetOrderGoCommand({ orderId: order.id })))).toEqual(five);
    const shipped = await act<{ order: OrderView }>(
      new ShipOrderCommand({ orderId: order.id, lines: [{ lineId, quantity: 2 }] }),
    );
    expect(lotsOf(shipped.order)).toEqual(five);
    const edited = await act<EditedOrder>(
      new EditOrderCommand({ orderId: order.id, change: [{ lineId, quantity: 4 }] }),
    );
    // What would expire last is given up first.
    expect(lotsOf(edited.order)).toEqual([[lot('SOON', 3), lot('LATE', 1)]]);
    const added = await act<EditedOrder>(
      new EditOrderCommand({ orderId: order.id, add: [{ sku: 'TEA', quantity: 1 }] }),
    );
    expect(lotsOf(added.addition!)).toEqual([[lot('LATE', 1)]]);
    const left = [{ lineId, quantity: 1 }];
    const fewer = await act<OrderView>(new CancelOrderLinesCommand({ orderId: order.id, lines: left }));
    expect(lotsOf(fewer)).toEqual([[lot('SOON', 3)]]);
    const all = await act<{ order: OrderView }>(new ShipOrderCommand({ orderId: order.id }));
    expect(all.order).toMatchObject({ status: 'fulfilled' });
    expect(lotsOf(all.order)).toEqual([[lot('SOON', 3)]]);
    expect(lotsOf(await desk.find(order.id))).toEqual([[lot('SOON', 3)]]);
  });

  it('of bundles are those of their parts, beside the same article by itself', async () => {
    await receive('CUP', 'KILN', 20, 900);
    await act(
      new CreateProductCommand({
        name: 'Tea for two',
        variants: [
          {
            sku: 'SET',
            price: EUR(2500),
            components: [
              { sku: 'TEA', quantity: 2 },
              { sku: 'CUP', quantity: 2 },
            ],
          },
        ],
      }),
    );
    const { order } = await desk.checkout(await desk.cart(['SET', 2], ['TEA', 1]));
    const lots = [[lot('KILN', 4, 'CUP'), lot('SOON', 3, 'TEA'), lot('LATE', 1, 'TEA')], [lot('LATE', 1)]];
    expect(lotsOf(order)).toEqual(lots);
    expect(await desk.find(order.id)).toEqual(order);
    const [{ id: lineId }] = order.lines;
    const one = [{ lineId, quantity: 1 }];
    expect(
      lotsOf((await act<{ order: OrderView }>(new ShipOrderCommand({ orderId: order.id, lines: one }))).order),
    ).toEqual(lots);
    const fewer = await act<OrderView>(new CancelOrderLinesCommand({ orderId: order.id, lines: one }));
    expect(lotsOf(fewer)).toEqual([[lot('KILN', 2, 'CUP'), lot('SOON', 2, 'TEA')], [lot('SOON', 1)]]);
  });

  it('are told when a payment is tried again', async () => {
    const { order } = await desk.checkout(await desk.cart(['TEA', 4]), 'declined');
    const paid = await desk.pay(order.id);
    expect(paid.order.status).toBe('paid');
    expect(lotsOf(paid.order)).toEqual([[lot('SOON', 3), lot('LATE', 1)]]);
  });
});
