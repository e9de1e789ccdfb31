import type { Command } from '@nestjs/cqrs';
import { code, DAY, EUR, inDays, StockRoom } from '../../../test/support/stock-desk';
import { clock } from '../../kernel/clock/clock';
import { UnitOfWork } from '../../kernel/database/unit-of-work';
import { ListQuery } from '../../kernel/http/pagination';
import { newId } from '../../kernel/ids/ids';
import { AdjustStockCommand } from './commands/adjust-stock';
import { ApproveCountCommand } from './commands/approve-count';
import { RenameSerialCommand, SaveItemSettingsCommand } from './commands/item-settings';
import { MoveStockStatesCommand, type StateMoveLine } from './commands/move-stock-states';
import { CancelTransferCommand, ReceiveTransferCommand } from './commands/receive-transfer';
import { OpenCountCommand, RecordCountCommand } from './commands/stock-counts';
import { CreateTransferCommand, ShipTransferCommand } from './commands/transfers';
import { CommitHoldCommand, FulfilHoldCommand, RestockCommand, type HoldReference } from './contracts/hold-stock';
import { SetStockCommand } from './contracts/set-stock';
import { ListSerialEventsQuery, ListSerialsQuery, type SerialRow } from './queries/serials';

const named = (...serials: string[]) => serials.map((serial) => ({ sku: 'A', serial }));

describe('serial numbers', () => {
  let room: StockRoom;
  const send = <T>(command: Command<T>): Promise<T> => room.run(() => room.commands.execute(command));
  const track = (serials = true, sku = 'A') =>
    send(new SaveItemSettingsCommand([{ sku, serials, warrantyMonths: 24 }]));
  const find = async (filter: object = {}): Promise<SerialRow[]> =>
    (await room.run(() => room.queries.execute(new ListSerialsQuery(Object.assign(new ListQuery(), filter))))).data;
  const where = async (...serials: string[]): Promise<string[]> =>
    (await find())
      .filter((piece) => serials.includes(piece.serial))
      .map((piece) => `${piece.serial} ${piece.state} ${piece.lotNumber}`);
  const history = async (serial: string): Promise<string[]> => {
    const [{ id }] = await find({ serial });
    const events = await room.run(() => room.queries.execute(new ListSerialEventsQuery(id, new ListQuery())));
    return events.data.map((event) => event.kind).reverse();
  };
  const committed = async (quantity: number): Promise<HoldReference> => {
    const reference = await room.hold(quantity);
    await send(new CommitHoldCommand({ reference }));
    return reference;
  };
  const ship = (reference: HoldReference, quantity: number, ...serials: string[]) =>
    send(new FulfilHoldCommand({ reference, lines: [{ sku: 'A', quantity }], serials: named(...serials) }));
  const back = (reference: HoldReference, quantity: number, disposition: 'restock' | 'scrap', ...serials: string[]) =>
    send(
      new RestockCommand({
        reference,
        lines: [{ sku: 'A', quantity, disposition }],
        serials: named(...serials).map((one) => ({ ...one, disposition })),
      }),
    );
  const move = (line: Partial<StateMoveLine>) =>
    send(
      new MoveStockStatesCommand([
        { sku: 'A', quantity: 1, from: 'available', to: 'damaged', reason: 'looked at', ...line },
      ]),
    );

  beforeAll(async () => {
    room = await StockRoom.open();
  });
  afterAll(() => room?.close());
  beforeEach(async () => {
    await room.shop(['A', 'B'], ['annex']);
    await track();
    await room.receive(
      { quantity: 3, lot: { number: 'L1', expiresAt: inDays(20), unitCost: EUR(300) }, serials: ['S1', 'S2', 'S3'] },
      { quantity: 2, serials: ['S4', 'S5'] },
    );
  });
  afterEach(async () => {
    expect(await room.faults()).toEqual([]);
    clock.setOffset(0);
  });

  it('follows a piece through the house: received, shipped with its warranty, returned, shipped anew, scrapped', async () => {
    const order = await committed(2);
    await ship(order, 1, 'S2');
    const [piece] = await find({ serial: 'S2' });
    const end = new Date(clock.nowMs());
    end.setUTCMonth(end.getUTCMonth() + 24);
    expect(piece).toMatchObject({ state: 'shipped', reference: order, underWarranty: true, unitCost: EUR(300) });
    expect(piece.warrantyUntil!.slice(0, 7)).toBe(end.toISOString().slice(0, 7));
    await ship(order, 1);
    expect(await find({ reference: [order.id] })).toMatchObject([{ serial: 'S1' }, { serial: 'S2' }]);
    await back(order, 1, 'restock', 'S2');
    expect(await where('S2')).toEqual(['S2 in_stock L1']);
    await ship(await committed(1), 1, 'S2');
    await back(order, 1, 'scrap');
    expect(await history('S1')).toEqual(['received', 'shipped', 'scrapped']);
    expect(await history('S2')).toEqual(['received', 'shipped', 'returned', 'shipped']);
    const told = await room.events<{ lines: { lots: { serials: string[] }[] }[] }>('stock-shipped');
    expect(told.map(({ lines }) => lines[0].lots[0].serials)).toEqual([['S2'], ['S1'], ['S2']]);
    clock.setOffset(800 * DAY);
    expect(await find({ serial: 'S2' })).toMatchObject([{ state: 'shipped', underWarranty: false }]);
  });

  it('gives one piece to one of two shipments that name it at once', async () => {
    const orders = [await committed(1), await committed(1), await committed(1)];
    const outcomes = await Promise.all(
      orders.map((order) =>
        ship(order, 1, 'S3').then(
          () => 'done',
          (error: { code: string }) => error.code,
        ),
      ),
    );
    expect(outcomes.sort()).toEqual(['done', 'inventory.serial-unavailable', 'inventory.serial-unavailable']);
    expect(await history('S3')).toEqual(['received', 'shipped']);
  });

  it('gives an order the lot of the piece that was picked, where others are not promised it', async () => {
    const order = await committed(2);
    await ship(order, 2, 'S4', 'S1');
    expect(await where('S1', 'S4')).toEqual(['S1 shipped L1', 'S4 shipped null']);
    // Two of L1 are left and both are promised; of the nameless lot one is free.
    const [second, third] = [await committed(2), await committed(1)];
    await expect(ship(third, 1, 'S2')).rejects.toMatchObject(code('serial-promised'));
    await expect(ship(second, 1, 'S4')).rejects.toMatchObject(code('serial-unavailable'));
    await ship(third, 1);
    await ship(second, 2);
    expect((await find({ state: ['in_stock'] })).length).toBe(0);
  });

  it('wants a number for every piece that comes, each once', async () => {
    await expect(room.receive({ quantity: 2 })).rejects.toMatchObject(code('serials-needed'));
    await expect(room.receive({ quantity: 2, serials: ['X1'] })).rejects.toMatchObject(code('serials-needed'));
    await expect(room.receive({ quantity: 1, sku: 'B', serials: ['X1'] })).rejects.toMatchObject(
      code('not-serialized'),
    );
    await expect(room.receive({ quantity: 2, serials: ['X1', 'S1'] })).rejects.toMatchObject({
      ...code('serial-known'),
      data: { serials: [{ sku: 'A', serial: 'S1' }] },
    });
    await expect(
      room.receive({ quantity: 1, serials: ['X1'] }, { quantity: 1, serials: ['X1'] }),
    ).rejects.toMatchObject(code('serial-known'));
    const outcomes = await Promise.all(
      Array.from({ length: 4 }, (_, n) =>
        room.receive({ quantity: 1, serials: ['X1'], locationId: n % 2 ? room.places.annex : undefined }).then(
          () => 'done',
          (error: { code: string }) => error.code,
        ),
      ),
    );
    expect(outcomes.sort()).toEqual(['done', ...Array.from({ length: 3 }, () => 'inventory.serial-known')]);
    // Numbers are unique within an article.
    await track(true, 'B');
    await room.receive({ quantity: 1, sku: 'B', serials: ['S1'] });
  });

  it('travels between locations with its lot, arrives in parts, is lost or called back', async () => {
    const lines = [{ sku: 'A', quantity: 3 }];
    const plan = () =>
      send(new CreateTransferCommand({ fromLocationId: room.places.main, toLocationId: room.places.annex, lines }));
    const sent = await send(new ShipTransferCommand((await plan()).id, named('S5', 'S2')));
    expect(await where('S1', 'S2', 'S5')).toEqual(['S1 under_way L1', 'S2 under_way L1', 'S5 under_way null']);
    await expect(send(new ShipTransferCommand((await plan()).id, named('S2')))).rejects.toMatchObject(
      code('serial-unavailable'),
    );
    const lineId = sent.lines[0].id;
    const arrive = (received: number, lost: number, serials?: string[]) =>
      send(new ReceiveTransferCommand({ id: sent.id, lines: [{ lineId, received, lost, serials }] }));
    await expect(arrive(1, 0, ['S3'])).rejects.toMatchObject(code('serial-unavailable'));
    await arrive(1, 0, ['S5']);
    await arrive(1, 1, ['S2']);
    expect(await find({ locationId: [room.places.annex] })).toMatchObject(
      [
        { serial: 'S1', state: 'gone' },
        { serial: 'S2', state: 'in_stock' },
        { serial: 'S5', state: 'in_stock' },
      ].filter(({ state }) => state !== 'gone'),
    );
    expect(await history('S1')).toEqual(['received', 'transfer_sent', 'transfer_lost']);
    lines[0].quantity = 1;
    const again = await send(new ShipTransferCommand((await plan()).id));
    await send(new CancelTransferCommand({ id: again.id, reason: null }));
    expect(await history('S3')).toEqual(['received', 'transfer_sent', 'transfer_returned']);
  });

  it('is corrected by name alone: missing, found, damaged, written off; numbers without names are refused', async () => {
    const adjust = (expectedOnHand: number, onHand: number, serials?: string[], lotNumber?: string) =>
      send(
        new AdjustStockCommand({ lines: [{ sku: 'A', expectedOnHand, onHand, serials, lotNumber, reason: 'saw' }] }),
      );
    await expect(adjust(5, 4)).rejects.toMatchObject(code('serials-needed'));
    await expect(adjust(3, 2, ['S4'], 'L1')).rejects.toMatchObject(code('serial-unavailable'));
    await adjust(5, 3, ['S1', 'S4']);
    expect(await where('S1', 'S4')).toEqual(['S1 gone L1', 'S4 gone null']);
    await adjust(3, 5, ['S1', 'NEW']);
    expect(await history('S1')).toEqual(['received', 'missing', 'found']);
    await move({ serials: ['S5'] });
    await expect(move({ serials: ['S5'] })).rejects.toMatchObject(code('serial-unavailable'));
    await expect(ship(await committed(1), 1, 'S5')).rejects.toMatchObject(code('serial-unavailable'));
    await move({ from: 'damaged', to: 'written_off', serials: ['S5'] });
    expect(await where('S5')).toEqual(['S5 gone null']);
    const set = { lines: [{ sku: 'A', onHand: 9 }], reason: 'import', document: 'import:x' };
    await expect(send(new SetStockCommand(set))).rejects.toMatchObject(code('serials-uncounted'));
    const count = await send(new OpenCountCommand({ skus: ['A'] }));
    await send(new RecordCountCommand(count.id, [{ sku: 'A', counted: 1 }]));
    const approve = new ApproveCountCommand(count.id, { uncounted: 'keep', version: null });
    await expect(send(approve)).rejects.toMatchObject(code('serials-uncounted'));
  });

  it('begins with provisional numbers for what lies there, keeps those that came back without one, and can end', async () => {
    await room.receive({ quantity: 3, sku: 'B' });
    const early: HoldReference = await room.hold(1, 'B');
    await send(new CommitHoldCommand({ reference: early }));
    await send(new FulfilHoldCommand({ reference: early }));
    await track(true, 'B');
    const [first, second] = await find({ sku: 'B' });
    expect([first, second]).toMatchObject([{ provisional: true }, { provisional: true, condition: 'available' }]);
    expect(await send(new RenameSerialCommand(first.id, 'S1'))).toMatchObject({ serial: 'S1', provisional: false });
    await expect(send(new RenameSerialCommand(second.id, 'S1'))).rejects.toMatchObject(code('serial-known'));
    await expect(send(new RenameSerialCommand(newId(), 'S1'))).rejects.toMatchObject(code('serial-not-found'));
    const lines = [{ sku: 'B', quantity: 1, disposition: 'restock' as const }];
    await send(new RestockCommand({ reference: early, lines }));
    expect((await find({ sku: 'B', state: ['in_stock'] })).map((piece) => piece.provisional).sort()).toEqual([
      false,
      true,
      true,
    ]);
    await track(false, 'B');
    await room.receive({ quantity: 1, sku: 'B' });
    expect(await find({ sku: 'B', state: ['in_stock'] })).toEqual([]);
  });

  it('is refused by the database itself where a lot would have more or fewer pieces than numbers', async () => {
    const broken = room.run(() =>
      room.app
        .get(UnitOfWork)
        .run((tx) =>
          tx.execute(`update inventory.stock_lots set on_hand = on_hand + 1 where tenant_id = $1 and number = 'L1'`, [
            tx.tenantId,
          ]),
        ),
    );
    await expect(broken).rejects.toMatchObject({ constraint: 'stock_lots_serialized' });
  });
});
