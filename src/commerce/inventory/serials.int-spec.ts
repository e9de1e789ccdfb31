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
import {
  CommitHoldCommand,
  FulfilHoldCommand,
  HoldStockCommand,
  RestockCommand,
  type HoldReference,
} from './contracts/hold-stock';
import { IssueStockCommand } from './contracts/issue-stock';
import { SetStockCommand } from './contracts/set-stock';
import type { Uncounted } from './domain/stock-count';
import { ListSerialEventsQuery, ListSerialsQuery, type SerialRow } from './queries/serials';
import { ListCountSerialsQuery } from './queries/stock-counts';

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
    expect(piece).toMatchObject({ state: 'shipped', reference: order, underWarranty: true, unitCost: EUR(300) });
    // The same month two years later, on a leap day too.
    const [year, month] = piece.shippedAt!.split('-');
    expect(piece.warrantyUntil!.slice(0, 7)).toBe(`${Number(year) + 2}-${month}`);
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

  it('gives the house itself what is nobody else’s, and says what it cost where that is known of all', async () => {
    const issue = (sku: string, ...serials: string[]) => {
      const lines = [{ sku, quantity: serials.length, serials }];
      const document = { type: 'work_order' as const, id: newId() };
      return send(new IssueStockCommand({ document, key: newId(), lines, reason: 'test' }));
    };
    await track(true, 'B');
    await room.hold(2);
    await expect(issue('A', 'S1', 'S2')).rejects.toMatchObject(code('serial-promised'));
    expect(await issue('A', 'S1')).toMatchObject([{ sku: 'A', cost: [EUR(300)] }]);
    expect(await issue('A', 'S4')).toMatchObject([{ sku: 'A', cost: null }]);
    await room.receive({ sku: 'B', quantity: 1, serials: ['B1'] });
    await send(
      new HoldStockCommand({
        reference: { type: 'order', id: newId() },
        lines: [{ sku: 'B', quantity: 2, beyond: 'backorder' }],
        expiresAt: new Date(clock.nowMs() + 600_000),
      }),
    );
    await room.receive(
      { sku: 'B', quantity: 1, serials: ['B2'], lot: { number: null, unitCost: EUR(5) } },
      { sku: 'B', quantity: 1, serials: ['B3'], lot: { number: 'NEW' } },
    );
    // One of them is waited for, whichever.
    expect(await issue('B', 'B2')).toMatchObject([{ cost: [EUR(5)] }]);
    await expect(issue('B', 'B3')).rejects.toMatchObject(code('out-of-stock'));
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

  describe('read in a count', () => {
    const open = (more: object = { skus: ['A'] }) => send(new OpenCountCommand(more));
    const read = (count: { id: string }, serials: string[], more: object = {}) =>
      send(new RecordCountCommand(count.id, [{ sku: 'A', serials, ...more }]));
    const approve = (count: { id: string }, uncounted?: Uncounted) =>
      send(new ApproveCountCommand(count.id, { uncounted, version: null }));
    const noted = async (count: { id: string }): Promise<string[]> =>
      (await room.run(() => room.queries.execute(new ListCountSerialsQuery(count.id, new ListQuery())))).data.map(
        (row) => `${row.serial} ${row.lotNumber} ${row.finding}`,
      );
    const outcome = (promise: Promise<unknown>): Promise<string> =>
      promise.then(
        () => 'done',
        (error: { code: string }) => error.code,
      );

    it('takes what is missing out of its lot and what was found into one, each as a movement', async () => {
      const count = await open({ skus: ['A'], blind: true });
      expect(await read(count, ['S1', 'S2'])).toMatchObject({ counted: 2, missingPieces: null });
      const seen = await read(count, ['S1', 'S4', 'N1', 'N2'], { lotNumber: 'L1' });
      expect(seen).toMatchObject({ lines: 2, counted: 2, missingPieces: null, foundPieces: null });
      expect(await noted(count)).toEqual([
        'N1 L1 found',
        'N2 L1 found',
        'S1 L1 seen',
        'S2 L1 missing',
        'S3 L1 missing',
        'S4 null seen',
        'S5 null missing',
      ]);
      // Of L1 two are missing and two were found: the number is right, the pieces are not.
      expect(await approve(count)).toMatchObject({ differing: 2, missingPieces: 3, foundPieces: 2, value: [EUR(0)] });
      expect(await where('S2', 'S5', 'N1')).toEqual(['N1 in_stock L1', 'S2 gone L1', 'S5 gone null']);
      const journal = await room.rows(
        `select quantity, kind, reason from inventory.stock_movements where document_id = $1 order by quantity`,
        [count.id],
      );
      expect(journal).toMatchObject([{ quantity: -2 }, { quantity: -1 }, { quantity: 2 }]);
      expect(journal[0]).toMatchObject({ kind: 'count', reason: 'count' });
      expect([await history('S2'), await history('N1')]).toEqual([['received', 'missing'], ['found']]);
      // A piece that was missing comes to light again, in the batch in which it lay.
      const again = await open();
      await read(again, ['S1', 'S4', 'N1', 'N2', 'S2']);
      await approve(again);
      expect(await where('S2')).toEqual(['S2 in_stock L1']);
      expect(await history('S2')).toEqual(['received', 'missing', 'found']);
    });

    it('leaves alone what was shipped, received or changed after it was counted', async () => {
      const [early, late] = [await open(), await open()];
      const countedAt = new Date(clock.nowMs() + 1000).toISOString();
      clock.setOffset(60);
      await ship(await committed(1), 1, 'S1');
      await room.receive({ quantity: 1, serials: ['S6'] });
      // What was read before that: S1 was there, S6 stood there without its paper; S2 and S5 were not to be found.
      const seen = await read(early, ['S1', 'S3', 'S4', 'S6'], { countedAt });
      expect(seen).toMatchObject({ missingPieces: 2, foundPieces: 0 });
      await read(late, ['S3', 'S4', 'S6', 'S7', 'S8']);
      clock.setOffset(120);
      await ship(await committed(1), 1, 'S5');
      await move({ serials: ['S2'] });
      await room.receive({ quantity: 1, serials: ['S8'] });
      await approve(early);
      expect(await where('S1', 'S2', 'S5', 'S6')).toEqual([
        'S1 shipped L1',
        'S2 in_stock L1',
        'S5 shipped null',
        'S6 in_stock null',
      ]);
      // Nothing was changed by the first, so that the second is not superseded; it finds S7 alone.
      expect(await approve(late)).toMatchObject({ missingPieces: 0, foundPieces: 1 });
      expect(await where('S7', 'S8')).toEqual(['S7 in_stock null', 'S8 in_stock null']);
    });

    it('counts what is set aside, all where nothing is there, and never what is promised', async () => {
      await move({ serials: ['S5'] });
      const promised = await committed(3);
      const count = await open();
      await read(count, []);
      await expect(approve(count)).rejects.toMatchObject(code('below-reserved'));
      await read(count, ['S1', 'S2', 'S3']);
      await approve(count);
      expect(await where('S4', 'S5')).toEqual(['S4 gone null', 'S5 gone null']);
      await ship(promised, 3);
      await room.receive({ quantity: 2, serials: ['S6', 'S7'] });
      await approve(await open(), 'zero');
      expect(await find({ state: ['in_stock'] })).toEqual([]);
    });

    it('is refused where the books know better, and for articles without numbers', async () => {
      await ship(await committed(1), 1, 'S1');
      const count = await open({});
      await expect(read(count, ['S1', 'S2'])).rejects.toMatchObject({
        ...code('serial-elsewhere'),
        data: { serials: [{ sku: 'A', serial: 'S1', state: 'shipped' }] },
      });
      const strange = [{ sku: 'B', serials: ['X'] }];
      await expect(send(new RecordCountCommand(count.id, strange))).rejects.toMatchObject(code('not-serialized'));
      await expect(send(new RecordCountCommand(count.id, [{ sku: 'A' }]))).rejects.toMatchObject(
        code('nothing-counted'),
      );
      const twice = [
        { sku: 'A', serials: ['S2'] },
        { sku: 'A', lotNumber: 'L1', counted: 2 },
      ];
      await expect(send(new RecordCountCommand(count.id, twice))).rejects.toMatchObject(code('repeated-line'));
      // Counted anew by number alone: what was read of that batch is forgotten.
      await read(count, ['S2', 'S4']);
      await send(new RecordCountCommand(count.id, [{ sku: 'A', lotNumber: 'L1', counted: 1 }]));
      expect(await noted(count)).toEqual(['S4 null seen', 'S5 null missing']);
      await expect(approve(count, 'keep')).rejects.toMatchObject(code('serials-uncounted'));
      const elsewhere = await open({ locationId: room.places.annex, skus: ['A'] });
      await expect(read(elsewhere, ['S2'])).rejects.toMatchObject(code('serial-elsewhere'));
    });

    it('agrees with shipments that race for the missing piece, and with a second count that found the same one', async () => {
      for (let round = 0; round < 4; round++) {
        const [order, count] = [await committed(1), await open()];
        const [free, ...others] = (await find({ state: ['in_stock'] })).map((piece) => piece.serial);
        await read(count, others);
        const [shipped, approved] = await Promise.all([outcome(ship(order, 1, free)), outcome(approve(count))]);
        const [piece] = await find({ serial: free });
        // Either it was shipped and the count leaves it alone, or it is gone and cannot be shipped.
        if (piece.state === 'shipped') expect([shipped, approved]).toEqual(['done', 'done']);
        else expect([shipped, approved]).toEqual(['inventory.serial-unavailable', 'done']);
        expect(await room.faults()).toEqual([]);
        await room.receive({ quantity: 2, serials: [`R${round}`, `Q${round}`] });
      }
      const counts = [await open(), await open({ locationId: room.places.annex, skus: ['A'] })];
      const here = (await find({ state: ['in_stock'] })).map((piece) => piece.serial);
      await read(counts[0], [...here, 'N1']);
      await read(counts[1], ['N1']);
      const outcomes = await Promise.all(counts.map((count) => outcome(approve(count))));
      // Whoever comes second sees it in the house, or meets it at the unique number.
      expect(outcomes).toContain('done');
      expect(await find({ serial: 'N1' })).toHaveLength(1);
    });
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
