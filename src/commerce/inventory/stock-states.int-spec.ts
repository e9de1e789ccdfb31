import type { Command } from '@nestjs/cqrs';
import { code, DAY, EUR, inDays, StockRoom } from '../../../test/support/stock-desk';
import { newId } from '../../kernel/ids/ids';
import { clock } from '../../kernel/clock/clock';
import { ListQuery } from '../../kernel/http/pagination';
import { MoveStockStatesCommand, type StateMoveLine } from './commands/move-stock-states';
import { HoldStockCommand } from './contracts/hold-stock';
import { CreatePurchaseOrderCommand, OrderGoodsCommand } from './commands/purchase-orders';
import { CreateSupplierCommand } from './commands/suppliers';
import { CreateTransferCommand, ShipTransferCommand } from './commands/transfers';
import { InventoryReportQuery } from './queries/inventory-report';
import { ListAvailabilityQuery } from './queries/list-availability';
import { ListStateChangesQuery, ListUnavailableQuery } from './queries/stock-states';

describe('states in which stock cannot be sold', () => {
  let room: StockRoom;

  const move = (...lines: Partial<StateMoveLine>[]) =>
    room.run(() =>
      room.commands.execute(
        new MoveStockStatesCommand(
          lines.map((line) => ({
            sku: 'A',
            quantity: 1,
            from: 'available',
            to: 'damaged',
            reason: 'looked at it',
            ...line,
          })),
        ),
      ),
    );
  const kept = async (): Promise<string[]> =>
    (await room.run(() => room.queries.execute(new ListUnavailableQuery(new ListQuery())))).data
      .map((row) => `${row.lotNumber} ${row.state} ${row.quantity}`)
      .sort();
  const level = async () =>
    (
      await room.rows<{ onHand: number; reserved: number; unavailable: number }>(
        `select on_hand as "onHand", reserved, unavailable from inventory.stock_levels where sku = 'A'`,
      )
    )[0];

  beforeAll(async () => {
    room = await StockRoom.open();
  });
  afterAll(() => room?.close());
  beforeEach(async () => {
    await room.shop(['A', 'B'], ['annex']);
    await room.receive(
      { quantity: 4, lot: { number: 'OLD', expiresAt: inDays(10), unitCost: EUR(300) } },
      { quantity: 4, lot: { number: 'NEW', expiresAt: inDays(90), unitCost: EUR(500) } },
      { quantity: 2 },
    );
  });
  afterEach(async () => {
    expect(await room.faults()).toEqual([]);
    clock.setOffset(0);
  });

  it('takes pieces out of sale, on from state to state, back, and off for good at their cost', async () => {
    const first = await move({ quantity: 5, to: 'quality_control' });
    expect(first.lines).toMatchObject([
      {
        onHand: 10,
        unavailable: 5,
        available: 5,
        lots: [
          { lotNumber: 'OLD', quantity: 4 },
          { lotNumber: 'NEW', quantity: 1 },
        ],
      },
    ]);
    // What a line brought into a state the next takes on.
    await move(
      { quantity: 3, from: 'quality_control', to: 'damaged' },
      { quantity: 2, from: 'damaged', to: 'written_off', reason: 'broken' },
      { quantity: 1, from: 'quality_control', to: 'available', lotNumber: 'NEW' },
      { quantity: 1, to: 'safety', lotNumber: 'NEW' },
    );
    expect(await kept()).toEqual(['NEW safety 1', 'OLD damaged 1', 'OLD quality_control 1']);
    expect(await level()).toEqual({ onHand: 8, reserved: 0, unavailable: 3 });
    const [{ movements }] = (await room.events<{ movements: object[] }>('stock-moved')).slice(-1);
    expect(movements).toMatchObject([{ kind: 'scrap', quantity: -2, unitCost: EUR(300) }]);
    const shrinkage = await room.run(() =>
      room.queries.execute(new InventoryReportQuery('shrinkage', { to: inDays(1) }, new ListQuery())),
    );
    expect(shrinkage.data).toMatchObject([{ sku: 'A', lost: 2, found: 0, value: [EUR(600)] }]);
    const log = await room.run(() => room.queries.execute(new ListStateChangesQuery(new ListQuery())));
    expect(log.data.map((row) => `${row.from} → ${row.to} ${row.quantity}`)).toEqual([
      'available → safety 1',
      'quality_control → available 1',
      'damaged → written_off 2',
      'quality_control → damaged 3',
      'available → quality_control 1',
      'available → quality_control 4',
    ]);
  });

  it('leaves what is promised alone, and orders cannot have what is unavailable', async () => {
    await room.hold(6);
    await expect(move({ quantity: 5 })).rejects.toMatchObject({ ...code('exceeds-state'), data: { there: 4 } });
    await move({ quantity: 4 });
    await expect(room.hold(1)).rejects.toMatchObject(code('out-of-stock'));
    await move({ quantity: 2, from: 'damaged', to: 'available' });
    await room.hold(2);
    expect(await level()).toEqual({ onHand: 10, reserved: 8, unavailable: 2 });
  });

  it('sends what is past its day away first, and finds it where a batch is named', async () => {
    clock.setOffset(11 * DAY);
    const { lines } = await move({ quantity: 4, to: 'quarantine' });
    expect(lines[0].lots).toMatchObject([{ lotNumber: 'OLD', quantity: 4 }]);
    await move({ quantity: 4, from: 'quarantine', to: 'written_off', lotNumber: 'OLD', reason: 'expired' });
    await expect(move({ lotNumber: 'OLD' })).rejects.toMatchObject(code('lot-not-found'));
  });

  it('refuses what contradicts itself, and then does nothing of it', async () => {
    const wrong: [Partial<StateMoveLine>, string][] = [
      [{ to: 'available' }, 'same-state'],
      [{ sku: 'NONE' }, 'unknown-sku'],
      [{ sku: 'B' }, 'exceeds-state'],
      [{ from: 'safety' }, 'exceeds-state'],
      [{ locationId: newId() }, 'location-not-found'],
      [{ locationId: room.places.annex }, 'exceeds-state'],
      [{ lotNumber: 'NONE' }, 'lot-not-found'],
    ];
    for (const [line, refusal] of wrong) await expect(move({}, line)).rejects.toMatchObject(code(refusal));
    expect(await kept()).toEqual([]);
  });

  it('wakes who waits for stock when pieces can be sold again', async () => {
    await move({ quantity: 10, to: 'quarantine' });
    await room.run(() => room.commands.execute(waiting()));
    await move({ quantity: 3, from: 'quarantine', to: 'available' });
    await room.drain();
    expect(await level()).toMatchObject({ reserved: 2, unavailable: 7 });
    expect(await room.events('backorders-allocated')).toMatchObject([{ lines: [{ sku: 'A', quantity: 2 }] }]);
  });

  it('gives each piece to one: buyers and people who set aside race for ten', async () => {
    const outcome = (work: Promise<unknown>): Promise<string> =>
      work.then(
        () => 'done',
        (error: { code: string }) => error.code,
      );
    const all = await Promise.all([
      ...Array.from({ length: 12 }, () => outcome(room.hold(1))),
      ...Array.from({ length: 12 }, (_, n) => outcome(move({ to: n % 2 ? 'damaged' : 'safety' }))),
    ]);
    expect(all.filter((each) => each === 'done')).toHaveLength(10);
    expect(new Set(all)).toEqual(new Set(['done', 'inventory.out-of-stock', 'inventory.exceeds-state']));
    const { onHand, reserved, unavailable } = await level();
    expect([onHand, reserved + unavailable]).toEqual([10, 10]);
  });

  it('tells what can be promised, where, why the rest cannot, and what is to come when', async () => {
    await room.hold(3);
    await move({ quantity: 1, lotNumber: 'NEW' }, { quantity: 1, to: 'safety', lotNumber: 'NEW' });
    const { annex, main } = room.places;
    const send = <T>(command: Command<T>): Promise<T> => room.run(() => room.commands.execute(command));
    const { id: supplierId } = await send(
      new CreateSupplierCommand({ name: 'Leaf & Co', currency: 'EUR', leadDays: 3 }),
    );
    const expectedAt = new Date(clock.nowMs() + 5 * DAY * 1000);
    const bought = { supplierId, locationId: annex, expectedAt, lines: [{ sku: 'A', quantity: 20, unitCost: 100 }] };
    const { id: orderId } = await send(new CreatePurchaseOrderCommand(bought));
    await send(new OrderGoodsCommand(orderId));
    const lines = [{ sku: 'A', quantity: 2, lotNumber: 'NEW' }];
    const moved = await send(new CreateTransferCommand({ fromLocationId: main, toLocationId: annex, lines }));
    await send(new ShipTransferCommand(moved.id));
    clock.setOffset(11 * DAY);
    const { data } = await room.run(() => room.queries.execute(new ListAvailabilityQuery(new ListQuery())));
    const here = { onHand: 8, available: 2, reserved: 3, backordered: 0, expired: 1, incoming: 0, arrivals: [] };
    const apart = { damaged: 1, quarantine: 0, quality_control: 0, safety: 1 };
    const none = { onHand: 0, available: 0, reserved: 0, backordered: 0, expired: 0, incoming: 22 };
    expect(data).toEqual([
      {
        sku: 'A',
        ...none,
        onHand: 8,
        available: 2,
        reserved: 3,
        expired: 1,
        apart,
        promisedAt: null,
        locations: [
          { locationId: main, locationName: 'Main location', ...here, apart },
          {
            locationId: annex,
            locationName: 'annex',
            ...none,
            apart: { ...apart, damaged: 0, safety: 0 },
            arrivals: [
              { quantity: 20, source: 'purchase_order', documentId: orderId, expectedAt: expectedAt.toISOString() },
              { quantity: 2, source: 'transfer', documentId: moved.id, expectedAt: null },
            ],
          },
        ],
      },
    ]);
  });

  const waiting = () =>
    new HoldStockCommand({
      reference: { type: 'order', id: newId() },
      lines: [{ sku: 'A', quantity: 2, beyond: 'backorder' }],
      expiresAt: new Date(clock.nowMs() + 600_000),
    });
});
