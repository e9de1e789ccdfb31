import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { Client } from 'pg';
import { asTenant, testApp, type TestApp } from '../../../test/support/app';
import { RecordedRealtimeModule, SENT } from '../../../test/support/realtime';
import { STOCK_FAULTS } from '../../../test/support/stock-identity';
import {
  BATCHES,
  expectBatchesSold,
  crossedOrders,
  expectExactlySold,
  expectNoDeadlock,
  oversell,
} from '../../../test/scenarios/stock-races';
import { clock } from '../../kernel/clock/clock';
import { Database } from '../../kernel/database/database';
import { UnitOfWork } from '../../kernel/database/unit-of-work';
import { newId } from '../../kernel/ids/ids';
import { DeliveryWorker } from '../../kernel/messaging/delivery-worker';
import { AvailabilityQuery } from './contracts/availability';
import {
  CommitHoldCommand,
  FulfilHoldCommand,
  HoldStockCommand,
  ReleaseHoldCommand,
  type HoldReference,
} from './contracts/hold-stock';
import { SetStockCommand } from './contracts/set-stock';
import { IncomingRepository } from './data/incoming.repository';
import { canMoveReservation, RESERVATION_STATES } from './domain/reservation';
import { InventoryModule } from './inventory.module';

describe('inventory', () => {
  let app: TestApp;
  let commands: CommandBus;
  let worker: DeliveryWorker;
  let tenant: string;

  const run = <T>(work: () => Promise<T>): Promise<T> => asTenant(tenant, work);
  const set = (lines: { sku: string; onHand: number; reorderLevel?: number; incoming?: number }[]) =>
    run(() => commands.execute(new SetStockCommand({ lines, reason: 'count', document: 'test' })));
  const order = (): HoldReference => ({ type: 'order', id: newId() });
  const hold = (reference: HoldReference, lines: { sku: string; quantity: number }[], seconds = 1800) =>
    run(() =>
      commands.execute(new HoldStockCommand({ reference, lines, expiresAt: new Date(clock.nowMs() + seconds * 1000) })),
    );
  const commit = (reference: HoldReference) => run(() => commands.execute(new CommitHoldCommand({ reference })));
  const stock = async (sku: string) =>
    (await run(() => app.get(QueryBus).execute(new AvailabilityQuery({ skus: [sku] }))))[0];
  const rows = <Row extends object>(text: string): Promise<Row[]> => app.get(Database).readAs<Row>(tenant, text);
  const events = async (type: string) =>
    (await rows<{ payload: never }>(`select payload from kernel.events where type = '${type}' order by id`)).map(
      (row) => row.payload as Record<string, never>,
    );

  beforeAll(async () => {
    app = await testApp([InventoryModule, RecordedRealtimeModule]);
    commands = app.get(CommandBus);
    worker = app.get(DeliveryWorker);
  });
  afterAll(() => app?.close());
  beforeEach(() => {
    tenant = newId();
  });
  afterEach(async () => {
    clock.setOffset(0);
    expect(await rows(STOCK_FAULTS)).toEqual([]);
  });

  it('holds, commits and ships, and the journal adds up', async () => {
    await set([{ sku: 'A', onHand: 10 }]);
    const reference = order();
    await hold(reference, [{ sku: 'A', quantity: 3 }]);
    expect(await stock('A')).toMatchObject({ onHand: 10, reserved: 3, available: 7 });
    expect(await commit(reference)).toMatchObject({ outcome: 'committed', shortSkus: [] });
    expect(await commit(reference)).toMatchObject({ outcome: 'committed', shortSkus: [] });
    await run(() => commands.execute(new FulfilHoldCommand({ reference })));
    await run(() => commands.execute(new FulfilHoldCommand({ reference })));
    expect(await stock('A')).toMatchObject({ onHand: 7, reserved: 0, available: 7 });
    expect(
      await rows(
        'select kind, quantity, on_hand_after as after, document_type as doc from inventory.stock_movements order by id',
      ),
    ).toEqual([
      { kind: 'count', quantity: 10, after: 10, doc: 'count' },
      { kind: 'shipment', quantity: -3, after: 7, doc: 'order' },
    ]);
    expect((await events('inventory.stock-changed.v1')).map((event) => event.cause)).toEqual([
      'count',
      'hold',
      'shipment',
    ]);
  });

  it('adds up the lines of one SKU before it looks, names what is short, and holds nothing of the order', async () => {
    await set([
      { sku: 'A', onHand: 5 },
      { sku: 'B', onHand: 5 },
    ]);
    const lines = [
      { sku: 'A', quantity: 3 },
      { sku: 'B', quantity: 1 },
      { sku: 'A', quantity: 3 },
      { sku: 'NONE', quantity: 1 },
    ];
    await expect(hold(order(), lines)).rejects.toMatchObject({
      code: 'inventory.out-of-stock',
      data: {
        skus: [
          { sku: 'A', requested: 6, available: 5 },
          { sku: 'NONE', requested: 1, available: 0 },
        ],
      },
    });
    expect(await stock('B')).toMatchObject({ reserved: 0 });
  });

  it('spreads a hold over locations, the default one first', async () => {
    await set([{ sku: 'A', onHand: 2 }]);
    const annex = newId();
    await run(() =>
      app
        .get(Database)
        .read(
          `insert into inventory.locations (tenant_id, id, code, name, created_at) values ($1, $2, 'annex', 'Annex', kernel.now())`,
          [tenant, annex],
        ),
    );
    await run(() =>
      commands.execute(
        new SetStockCommand({ lines: [{ sku: 'A', onHand: 4 }], locationId: annex, reason: 'count', document: 'test' }),
      ),
    );
    await hold(order(), [{ sku: 'A', quantity: 5 }]);
    expect(
      await rows(
        `select p.code, l.reserved from inventory.stock_levels l join inventory.locations p on p.id = l.location_id order by p.code`,
      ),
    ).toEqual([
      { code: 'annex', reserved: 3 },
      { code: 'main', reserved: 2 },
    ]);
  });

  it('makes the levels of a first count with what was counted, once, however many count at a time', async () => {
    const lines = Array.from({ length: 40 }, (_, n) => ({ sku: `NEW-${n}`, onHand: n % 4, incoming: n % 3 }));
    const counted = await Promise.all([set(lines), set([...lines].reverse()), set(lines.slice(10))]);
    expect(counted.reduce((sum, { created }) => sum + created, 0)).toBe(40);
    expect(counted.reduce((sum, { updated }) => sum + updated, 0)).toBe(0);
    expect(await set(lines)).toEqual({ created: 0, updated: 0, unchanged: 40 });
    const found = await rows<{ sku: string }>(
      `select l.sku, l.on_hand::int as "onHand", l.incoming::int, l.version, t.on_hand::int as lot, coalesce(sum(m.quantity), 0)::int as moved
       from inventory.stock_levels l join inventory.stock_lots t on t.level_id = l.id left join inventory.stock_movements m on m.level_id = l.id
       group by l.id, l.sku, l.on_hand, l.incoming, l.version, t.on_hand`,
    );
    const bySku = new Map(found.map((row) => [row.sku, row]));
    for (const { sku, onHand, incoming } of lines)
      expect(bySku.get(sku)).toEqual({ sku, onHand, incoming, version: 2, lot: onHand, moved: onHand });
    expect(found).toHaveLength(40);
  });

  it('refuses a second open hold of one order', async () => {
    await set([{ sku: 'A', onHand: 5 }]);
    const reference = order();
    await hold(reference, [{ sku: 'A', quantity: 1 }]);
    await expect(hold(reference, [{ sku: 'A', quantity: 1 }])).rejects.toMatchObject({
      code: 'inventory.already-held',
    });
    expect(await stock('A')).toMatchObject({ reserved: 1 });
  });

  it('releases a hold, and only once', async () => {
    await set([{ sku: 'A', onHand: 5 }]);
    const reference = order();
    await hold(reference, [{ sku: 'A', quantity: 2 }]);
    const release = () => run(() => commands.execute(new ReleaseHoldCommand({ reference, reason: 'cancelled' })));
    expect(await release()).toEqual({ released: true });
    expect(await release()).toEqual({ released: false });
    expect(await stock('A')).toMatchObject({ reserved: 0, available: 5 });
    await expect(run(() => commands.execute(new FulfilHoldCommand({ reference })))).rejects.toMatchObject({
      code: 'inventory.not-committed',
    });
  });

  it('gives the stock back when the hold lapses, by a timer', async () => {
    await set([{ sku: 'A', onHand: 5 }]);
    await hold(order(), [{ sku: 'A', quantity: 5 }], 60);
    await worker.drain();
    expect(await stock('A')).toMatchObject({ reserved: 5 });
    clock.setOffset(61);
    await worker.drain();
    expect(await stock('A')).toMatchObject({ reserved: 0 });
    expect(await rows('select state from inventory.inventory_reservations')).toEqual([{ state: 'expired' }]);
  });

  it('takes over what lapsed before any timer ran, line by line, and the timer then gives back the rest', async () => {
    await set([
      { sku: 'A', onHand: 5 },
      { sku: 'B', onHand: 5 },
    ]);
    const late = order();
    await hold(
      late,
      [
        { sku: 'A', quantity: 4 },
        { sku: 'B', quantity: 2 },
      ],
      60,
    );
    await expect(hold(order(), [{ sku: 'A', quantity: 5 }])).rejects.toMatchObject({ code: 'inventory.out-of-stock' });
    clock.setOffset(61);
    await hold(order(), [{ sku: 'A', quantity: 5 }], 600);
    expect(await stock('A')).toMatchObject({ reserved: 5 });
    expect(await stock('B')).toMatchObject({ reserved: 2 });
    await worker.drain();
    expect(await stock('A')).toMatchObject({ reserved: 5 });
    expect(await stock('B')).toMatchObject({ reserved: 0 });
    expect(await commit(late)).toMatchObject({ outcome: 'short', shortSkus: ['A'] });
  });

  it('never commits a lapsed hold as it is: made anew while there is stock, else given back', async () => {
    await set([{ sku: 'A', onHand: 5 }]);
    const first = order();
    await hold(first, [{ sku: 'A', quantity: 3 }], 60);
    clock.setOffset(61);
    expect(await commit(first)).toMatchObject({ outcome: 'committed' });
    expect(await rows('select state from inventory.inventory_reservations order by id')).toEqual([
      { state: 'expired' },
      { state: 'committed' },
    ]);
    await worker.drain();
    expect(await stock('A')).toMatchObject({ reserved: 3 });
    const second = order();
    await hold(second, [{ sku: 'A', quantity: 2 }], 60);
    clock.setOffset(200);
    await hold(order(), [{ sku: 'A', quantity: 2 }], 600);
    expect(await commit(second)).toMatchObject({ outcome: 'short', shortSkus: ['A'] });
  });

  it('shows changed levels to the staff, and only to the staff of its tenant', async () => {
    await set([{ sku: 'A', onHand: 7 }]);
    await worker.drain();
    expect(SENT.filter((each) => each.to === `staff:${tenant}`)).toMatchObject([
      { event: 'stock.changed', payload: { cause: 'count', levels: [{ sku: 'A', onHand: 7, available: 7 }] } },
    ]);
  });

  it('counts again without change, and never below what is promised', async () => {
    expect(await set([{ sku: 'A', onHand: 5, reorderLevel: 2 }])).toEqual({ created: 1, updated: 0, unchanged: 0 });
    expect(await set([{ sku: 'A', onHand: 5, reorderLevel: 2 }])).toEqual({ created: 0, updated: 0, unchanged: 1 });
    await hold(order(), [{ sku: 'A', quantity: 3 }]);
    await expect(set([{ sku: 'A', onHand: 2 }])).rejects.toMatchObject({ code: 'inventory.below-reserved' });
    expect(await set([{ sku: 'A', onHand: 3 }])).toEqual({ created: 0, updated: 1, unchanged: 0 });
    expect(await rows('select count(*)::int as n from inventory.stock_movements')).toEqual([{ n: 2 }]);
  });

  it('expects what papers say beside what imports say, until it came', async () => {
    await set([{ sku: 'A', onHand: 1 }]);
    const locationId = (await rows<{ id: string }>('select id from inventory.locations'))[0].id;
    const within = (work: (incoming: IncomingRepository) => Promise<void>) =>
      run(() => app.get(UnitOfWork).run(() => work(app.get(IncomingRepository))));
    const line = (quantity: number, sku = 'A') => ({ sku, locationId, quantity });
    const incoming = () => rows('select sku, incoming, expected from inventory.stock_levels order by sku');
    await within((it) => it.expect([line(3), line(2), line(4, 'NEW')]));
    await set([{ sku: 'A', onHand: 1, incoming: 40 }]);
    await within((it) => it.arrive([line(4)]));
    await set([{ sku: 'A', onHand: 1, incoming: 40 }]);
    expect(await incoming()).toEqual([
      { sku: 'A', incoming: 41, expected: 1 },
      { sku: 'NEW', incoming: 4, expected: 4 },
    ]);
    await expect(within((it) => it.arrive([line(2)]))).rejects.toMatchObject({ code: '23514' });
  });

  it('has the same edges of a hold in the database as in the code', async () => {
    for (const from of RESERVATION_STATES) {
      for (const to of RESERVATION_STATES.filter((state) => state !== from)) {
        const [row] = await rows<{ ok: boolean }>(
          `select inventory.reservation_edge_allowed('${from}', '${to}') as ok`,
        );
        expect(`${from} → ${to}: ${row.ok}`).toBe(`${from} → ${to}: ${canMoveReservation(from, to)}`);
      }
    }
  });

  it('keeps its last lines when the code is wrong: checks, end states, append-only journal', async () => {
    await set([{ sku: 'A', onHand: 1 }]);
    const reference = order();
    await hold(reference, [{ sku: 'A', quantity: 1 }]);
    await run(() => commands.execute(new ReleaseHoldCommand({ reference, reason: 'x' })));
    await expect(rows('update inventory.stock_levels set reserved = 2')).rejects.toMatchObject({ code: '23514' });
    await expect(rows(`update inventory.inventory_reservations set state = 'active'`)).rejects.toMatchObject({
      code: '23514',
    });
    await expect(rows('delete from inventory.stock_movements')).rejects.toMatchObject({ code: '42501' });
  });

  describe('races', () => {
    it('sells 10 units to 200 buyers of two pools exactly ten times', async () => {
      expectExactlySold(await oversell(InventoryModule), 10, 200);
    });

    it('promises beyond the stock exactly what the limit allows, to 200 buyers', async () => {
      expectExactlySold(await oversell(InventoryModule, { beyond: 5 }), 10, 200, 1, 5);
    });

    it('adds up two lines of one SKU under a race', async () => {
      expectExactlySold(await oversell(InventoryModule, { buyers: 60, units: 11, twoLines: true }), 11, 60, 2);
    });

    it('sells batches to 200 buyers of two lines exactly ten times, and none of the expired one, while unpaid holds lapse', async () => {
      expectBatchesSold(await oversell(InventoryModule, BATCHES));
    });

    it('never deadlocks over crossed orders', async () => {
      expectNoDeadlock(await crossedOrders(InventoryModule, 600), 600);
    });

    it('lets many take over one lapsed hold without promising it twice', async () => {
      await set([{ sku: 'A', onHand: 10 }]);
      for (let i = 0; i < 5; i++) await hold(order(), [{ sku: 'A', quantity: 2 }], 60);
      clock.setOffset(61);
      const results = await Promise.allSettled([
        ...Array.from({ length: 20 }, () => hold(order(), [{ sku: 'A', quantity: 1 }], 600)),
        worker.drain(),
      ]);
      const won = results.slice(0, 20).filter((result) => result.status === 'fulfilled').length;
      await worker.drain();
      expect(await stock('A')).toMatchObject({ reserved: won });
      expect(won).toBeLessThanOrEqual(10);
      const codes = results.flatMap((result) =>
        result.status === 'rejected' ? [(result.reason as { code: string }).code] : [],
      );
      expect(new Set(codes)).toEqual(new Set(['inventory.out-of-stock']));
    });
  });

  it('left nothing below zero in any tenant', async () => {
    const client = new Client({ connectionString: app.database.superuserUrl });
    await client.connect();
    const found = await client.query(
      'select count(*)::int as n from inventory.stock_levels where on_hand - unavailable - reserved < -backordered or reserved < 0',
    );
    await client.end();
    expect(found.rows).toEqual([{ n: 0 }]);
  });
});
