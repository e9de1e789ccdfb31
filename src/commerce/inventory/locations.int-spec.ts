import { closedWhileGoodsArrive } from '../../../test/scenarios/location-races';
import { code, EUR, StockRoom } from '../../../test/support/stock-desk';
import { ListQuery } from '../../kernel/http/pagination';
import { newId } from '../../kernel/ids/ids';
import { ChangeLocationCommand } from './commands/change-location';
import { ChangeThresholdsCommand } from './commands/change-thresholds';
import { CreatePurchaseOrderCommand, EndPurchaseOrderCommand } from './commands/purchase-orders';
import { CancelTransferCommand, ReceiveTransferCommand } from './commands/receive-transfer';
import { CancelCountCommand, OpenCountCommand } from './commands/stock-counts';
import { CreateSupplierCommand } from './commands/suppliers';
import { CreateTransferCommand, ShipTransferCommand } from './commands/transfers';
import { CommitHoldCommand, FulfilHoldCommand, RestockCommand } from './contracts/hold-stock';
import { SetStockCommand } from './contracts/set-stock';
import type { LocationChange } from './domain/location';
import { FindLocationQuery, ListLocationsQuery } from './queries/list-locations';

describe('locations', () => {
  let room: StockRoom;
  const act = <T>(command: object): Promise<T> => room.run(() => room.commands.execute(command as never));
  const change = (place: string, to: LocationChange, version: number | null = null) =>
    act(new ChangeLocationCommand(room.places[place], to, version));
  const close = () => change('annex', { active: false });
  const listed = async () =>
    (await room.run(() => room.queries.execute(new ListLocationsQuery(Object.assign(new ListQuery(), { limit: 20 })))))
      .data;
  const inUse = (use: object) => ({
    ...code('location-in-use'),
    data: expect.objectContaining({ use: expect.objectContaining(use) }) as object,
  });

  beforeAll(async () => {
    room = await StockRoom.open();
  });
  afterAll(() => room?.close());
  beforeEach(() => room.shop(['A', 'B'], ['annex', 'cellar']));
  afterEach(async () => {
    expect(await room.faults()).toEqual([]);
    // Nothing lies where nobody looks.
    expect(
      await room.rows(`select l.sku from inventory.stock_levels l join inventory.locations p on p.id = l.location_id
        where not p.active and (l.on_hand > 0 or l.reserved > 0 or l.incoming > 0)`),
    ).toEqual([]);
  });

  it('are read one by one, also when they are closed, and not by another shop', async () => {
    const annex = room.places.annex;
    const read = (id: string) => room.run(() => room.queries.execute(new FindLocationQuery(id)));
    const open = { id: annex, code: 'annex', name: 'annex', isDefault: false, active: true, version: 1 };
    expect(await read(annex)).toEqual(open);
    await close();
    expect(await read(annex)).toEqual({ ...open, active: false, version: 2 });
    expect(await read(room.places.main)).toMatchObject({ code: 'main', isDefault: true });
    await room.shop();
    await expect(read(annex)).rejects.toMatchObject(code('location-not-found'));
  });

  it('are renamed, one change after the other', async () => {
    expect(await change('annex', { code: 'shed', name: 'Shed' }, 1)).toMatchObject({
      code: 'shed',
      name: 'Shed',
      active: true,
      version: 2,
    });
    expect(await change('annex', { name: 'Shed' })).toMatchObject({ version: 2 });
    await expect(change('annex', { name: 'Hut' }, 1)).rejects.toMatchObject(code('location-stale'));
    await expect(change('cellar', { code: 'shed' })).rejects.toMatchObject(code('location-code-taken'));
    await expect(act(new ChangeLocationCommand(newId(), { name: 'X' }))).rejects.toMatchObject(
      code('location-not-found'),
    );
    expect((await listed()).map((each) => [each.code, each.name, each.version])).toEqual([
      ['cellar', 'cellar', 1],
      ['main', 'Main location', 1],
      ['shed', 'Shed', 2],
    ]);
    // Somebody else's is not there.
    const { annex } = room.places;
    await room.shop(['A'], []);
    await expect(act(new ChangeLocationCommand(annex, { name: 'X' }))).rejects.toMatchObject(
      code('location-not-found'),
    );
  });

  it('are closed, and opened again: nothing is put into a closed one', async () => {
    await room.receive({ quantity: 1 });
    expect(await close()).toMatchObject({ active: false, version: 2 });
    expect(await close()).toMatchObject({ active: false, version: 2 });
    const there = { locationId: room.places.annex, quantity: 1 };
    await expect(room.receive(there)).rejects.toMatchObject(code('location-not-found'));
    const sent = new CreateTransferCommand({
      fromLocationId: room.places.main,
      toLocationId: room.places.annex,
      lines: [{ sku: 'A', quantity: 1 }],
    });
    await expect(act(sent)).rejects.toMatchObject(code('location-not-found'));
    expect(await change('annex', { active: true })).toMatchObject({ active: true, version: 3 });
    await room.receive(there);
    await expect(change('main', { active: false })).rejects.toMatchObject(code('default-location'));
  });

  it('stay open while pieces lie there, promised or not, or are to come', async () => {
    await room.receive({ quantity: 2, locationId: room.places.annex });
    await expect(close()).rejects.toMatchObject(inUse({ stocked: 1, incoming: 0 }));
    const reference = await room.hold(2);
    await expect(close()).rejects.toMatchObject(inUse({ stocked: 1 }));
    await act(new CommitHoldCommand({ reference }));
    await act(new FulfilHoldCommand({ reference }));
    const announce = (incoming: number) =>
      act(
        new SetStockCommand({
          lines: [{ sku: 'A', onHand: 0, incoming }],
          reason: 'count',
          document: 'test',
          locationId: room.places.annex,
        }),
      );
    await announce(5);
    await expect(close()).rejects.toMatchObject(inUse({ stocked: 0, incoming: 1 }));
    await announce(0);
    expect(await close()).toMatchObject({ active: false });
  });

  it('stay open while a transfer, a purchase order or a count names them', async () => {
    await room.receive({ quantity: 4 });
    const [fromLocationId, toLocationId] = [room.places.main, room.places.annex];
    const plan = new CreateTransferCommand({ fromLocationId, toLocationId, lines: [{ sku: 'A', quantity: 1 }] });
    const { id } = await act<{ id: string }>(plan);
    await expect(close()).rejects.toMatchObject(inUse({ transfers: 1, incoming: 0 }));
    await act(new ShipTransferCommand(id));
    await expect(close()).rejects.toMatchObject(inUse({ transfers: 1, incoming: 1 }));
    await act(new CancelTransferCommand({ id, reason: null }));
    const second = await act<{ id: string; lines: { id: string }[] }>(plan);
    await act(new ShipTransferCommand(second.id));
    await act(
      new ReceiveTransferCommand({ id: second.id, lines: [{ lineId: second.lines[0].id, received: 0, lost: 1 }] }),
    );

    const supplier = await act<{ id: string }>(new CreateSupplierCommand({ name: 'Teas', currency: 'EUR' }));
    const order = await act<{ id: string }>(
      new CreatePurchaseOrderCommand({
        supplierId: supplier.id,
        locationId: toLocationId,
        lines: [{ sku: 'A', quantity: 3, unitCost: EUR(100).amount }],
      } as never),
    );
    await expect(close()).rejects.toMatchObject(inUse({ transfers: 0, purchaseOrders: 1 }));
    await act(new EndPurchaseOrderCommand({ orderId: order.id, as: 'cancelled' }));

    const count = await act<{ id: string }>(new OpenCountCommand({ locationId: toLocationId, skus: ['A'] }));
    await expect(close()).rejects.toMatchObject(inUse({ purchaseOrders: 0, counts: 1 }));
    await act(new CancelCountCommand(count.id, null));
    expect(await close()).toMatchObject({ active: false });
  });

  it('are told of as short no more once they are closed', async () => {
    await room.receive({ quantity: 1, locationId: room.places.annex });
    const line = { sku: 'A', locationId: room.places.annex, reorderLevel: 5 };
    await act(new ChangeThresholdsCommand([line]));
    const open = () => room.rows(`select kind from inventory.stock_alerts where state = 'open'`);
    expect(await open()).toEqual([{ kind: 'low_stock' }]);
    const reference = await room.hold(1);
    await act(new CommitHoldCommand({ reference }));
    await act(new FulfilHoldCommand({ reference }));
    await close();
    expect(await open()).toEqual([]);
    // What happened before is looked at after it.
    await room.drain();
    expect(await open()).toEqual([]);
  });

  it('are opened again by goods that are sent back, not by those that are thrown away', async () => {
    await room.receive({ quantity: 2, locationId: room.places.annex });
    const reference = await room.hold(2);
    await act(new CommitHoldCommand({ reference }));
    await act(new FulfilHoldCommand({ reference }));
    await close();
    const back = (disposition: 'restock' | 'scrap') =>
      act(new RestockCommand({ reference, lines: [{ sku: 'A', quantity: 1, disposition }] }));
    const annex = async () => (await listed()).find(({ id }) => id === room.places.annex);
    await back('scrap');
    expect(await annex()).toMatchObject({ active: false });
    await back('restock');
    expect(await annex()).toMatchObject({ active: true, version: 3 });
    await room.hold(1);
  });

  it('are not closed while goods arrive', async () => {
    expect(await closedWhileGoodsArrive(room)).toEqual({ closing: 'inventory.location-in-use', lost: 0 });
  });
});
