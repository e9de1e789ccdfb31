import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { asTenant, testApp, type TestApp } from '../../../test/support/app';
import { RecordedRealtimeModule } from '../../../test/support/realtime';
import { eventually } from '../../../test/support/eventually';
import { STOCK_FAULTS } from '../../../test/support/stock-identity';
import { clock } from '../../kernel/clock/clock';
import { Database } from '../../kernel/database/database';
import { ListQuery } from '../../kernel/http/pagination';
import { newId } from '../../kernel/ids/ids';
import { GoodsIn } from './commands/goods-in';
import { AllocationsOfQuery } from './contracts/allocations-of';
import { AvailabilityQuery } from './contracts/availability';
import {
  CommitHoldCommand,
  FulfilHoldCommand,
  HoldStockCommand,
  ReleaseHoldCommand,
  RestockCommand,
  type HoldLine,
  type HoldReference,
} from './contracts/hold-stock';
import { SetStockCommand } from './contracts/set-stock';
import { LocationRepository } from './data/location.repository';
import { InventoryModule } from './inventory.module';
import { CostLayers } from './domain/valuation';
import { InventoryReportQuery, type ReportName } from './queries/inventory-report';
import { ListLotsQuery } from './queries/list-lots';
import { LotLabelQuery } from './queries/lot-label';
import type { ReceiptLot } from './commands/receive-stock';
import { UnitOfWork } from '../../kernel/database/unit-of-work';

const DAY = 86_400;
const inDays = (days: number): string => new Date(clock.nowMs() + days * DAY * 1000).toISOString();
const EUR = (amount: number) => ({ amount, currency: 'EUR' });

describe('lots', () => {
  let app: TestApp;
  let commands: CommandBus;
  let tenant: string;

  const run = <T>(work: () => Promise<T>): Promise<T> => asTenant(tenant, work);
  const rows = <Row extends object>(text: string): Promise<Row[]> => app.get(Database).readAs<Row>(tenant, text);
  const receiveWithin = async (lines: { sku?: string; quantity: number; lot?: ReceiptLot }[]) => {
    const locationId = await app.get(LocationRepository).defaultId();
    const paper = { document: { type: 'receipt', id: newId() }, reason: 'received' };
    return app.get(GoodsIn).take(
      lines.map((line) => ({ sku: 'A', ...line, locationId })),
      paper,
    );
  };
  const receive = (lines: Parameters<typeof receiveWithin>[0]) =>
    run(() => app.get(UnitOfWork).run(() => receiveWithin(lines)));
  /** Two batches, `OLD` (5 pieces, 10 days, 4.00) and `NEW` (5 pieces, 100 days, 5.00), the newer one received first. */
  const twoBatches = () =>
    receive([
      { quantity: 5, lot: { number: 'NEW', expiresAt: inDays(100), unitCost: EUR(500) } },
      { quantity: 5, lot: { number: 'OLD', expiresAt: inDays(10), unitCost: EUR(400) } },
    ]);
  const order = (): HoldReference => ({ type: 'order', id: newId() });
  const hold = (
    reference: HoldReference,
    quantity: number,
    more: { seconds?: number; needBy?: Date; sku?: string } = {},
  ) =>
    run(() =>
      commands.execute(
        new HoldStockCommand({
          reference,
          lines: [{ sku: more.sku ?? 'A', quantity }],
          expiresAt: new Date(clock.nowMs() + (more.seconds ?? 1800) * 1000),
          needBy: more.needBy,
        }),
      ),
    );
  const commit = (reference: HoldReference) => run(() => commands.execute(new CommitHoldCommand({ reference })));
  const fulfil = (reference: HoldReference, lines?: HoldLine[]) =>
    run(() => commands.execute(new FulfilHoldCommand({ reference, lines })));
  const release = (reference: HoldReference, lines?: HoldLine[]) =>
    run(() => commands.execute(new ReleaseHoldCommand({ reference, lines, reason: 'changed' })));
  const restock = (reference: HoldReference, lines: RestockCommand['request']['lines']) =>
    run(() => commands.execute(new RestockCommand({ reference, lines })));
  const lots = async () =>
    (await run(() => app.get(QueryBus).execute(new ListLotsQuery(new ListQuery())))).data.map(
      ({ number, onHand, reserved }) => `${number} ${onHand}/${reserved}`,
    );
  const given = async (reference: HoldReference) =>
    (await run(() => app.get(QueryBus).execute(new AllocationsOfQuery({ references: [reference.id] }))))[0]?.lines.map(
      ({ lotNumber, quantity }) => `${lotNumber} ${quantity}`,
    );
  const available = async () =>
    (await run(() => app.get(QueryBus).execute(new AvailabilityQuery({ skus: ['A'] }))))[0].available;
  const events = async (type: string) =>
    (
      await rows<{ payload: { lines: unknown[] } }>(
        `select payload from kernel.events where type = '${type}' order by id`,
      )
    ).map((row) => row.payload.lines);

  beforeAll(async () => {
    app = await testApp([InventoryModule, RecordedRealtimeModule]);
    commands = app.get(CommandBus);
  });
  afterAll(() => app?.close());
  beforeEach(() => {
    tenant = newId();
  });
  afterEach(async () => {
    clock.setOffset(0);
    expect(await rows(STOCK_FAULTS)).toEqual([]);
  });

  it('gives what expires first, splits over batches and over what has none, and tells what each cost', async () => {
    await twoBatches();
    await receive([{ quantity: 3 }]);
    expect(await lots()).toEqual(['OLD 5/0', 'NEW 5/0', 'null 3/0']);
    const reference = order();
    await hold(reference, 12);
    expect(await given(reference)).toEqual(['OLD 5', 'NEW 5']);
    expect(await lots()).toEqual(['OLD 5/5', 'NEW 5/5', 'null 3/2']);
    await commit(reference);
    await fulfil(reference);
    expect(await given(reference)).toEqual(['OLD 5', 'NEW 5']);
    expect(await lots()).toEqual(['OLD 0/0', 'NEW 0/0', 'null 1/0']);
    expect(await events('inventory.stock-shipped.v1')).toMatchObject([
      [
        {
          sku: 'A',
          quantity: 12,
          lots: [
            { number: 'OLD', quantity: 5, unitCost: EUR(400) },
            { number: 'NEW', quantity: 5, unitCost: EUR(500) },
            { number: null, quantity: 2, unitCost: null },
          ],
        },
      ],
    ]);
  });

  it('never gives a batch that expired, nor one that will be before it is wanted', async () => {
    await receive([{ quantity: 4, lot: { number: 'GONE', expiresAt: inDays(-1) } }]);
    await twoBatches();
    expect(await available()).toBe(10);
    await expect(hold(order(), 11)).rejects.toMatchObject({
      code: 'inventory.out-of-stock',
      data: { skus: [{ available: 10 }] },
    });
    const late = order();
    await hold(late, 3, { needBy: new Date(inDays(20)) });
    expect(await given(late)).toEqual(['NEW 3']);
    clock.setOffset(11 * DAY);
    expect(await available()).toBe(2);
    await expect(hold(order(), 6, { seconds: 60 })).rejects.toMatchObject({ code: 'inventory.out-of-stock' });
  });

  it('exchanges a batch that expires between hold and commit, or says that stock is short', async () => {
    await twoBatches();
    const [first, second] = [order(), order()];
    const long = { seconds: 30 * DAY };
    await hold(first, 3, long);
    await hold(second, 2, long);
    clock.setOffset(11 * DAY);
    expect(await commit(first)).toMatchObject({ outcome: 'committed', shortSkus: [] });
    expect(await given(first)).toEqual(['NEW 3']);
    await hold(order(), 2, long);
    expect(await commit(second)).toMatchObject({ outcome: 'short', shortSkus: ['A'] });
    expect(await lots()).toEqual(['OLD 5/0', 'NEW 5/5']);
  });

  it('exchanges a batch that expires between commit and shipment, or ships nothing', async () => {
    await twoBatches();
    const [first, second] = [order(), order()];
    for (const reference of [first, second]) {
      await hold(reference, 2);
      await commit(reference);
    }
    await fulfil(first, [{ sku: 'A', quantity: 1 }]);
    clock.setOffset(11 * DAY);
    await hold(order(), 4, { seconds: 100 });
    await fulfil(first);
    expect(await given(first)).toEqual(['OLD 1', 'NEW 1']);
    await expect(fulfil(second)).rejects.toMatchObject({ code: 'inventory.out-of-stock' });
    expect(await lots()).toEqual(['OLD 4/2', 'NEW 4/4']);
  });

  it('ships in parts, exactly what is named, and no more than is committed', async () => {
    await twoBatches();
    const reference = order();
    await hold(reference, 7);
    await expect(fulfil(reference, [{ sku: 'A', quantity: 1 }])).rejects.toMatchObject({
      code: 'inventory.not-committed',
    });
    await commit(reference);
    await fulfil(reference, [{ sku: 'A', quantity: 2 }]);
    await fulfil(reference, [
      { sku: 'A', quantity: 1 },
      { sku: 'A', quantity: 3 },
    ]);
    await expect(fulfil(reference, [{ sku: 'A', quantity: 2 }])).rejects.toMatchObject({
      code: 'inventory.exceeds-hold',
      data: { wanted: 2, held: 1 },
    });
    expect(await lots()).toEqual(['OLD 0/0', 'NEW 4/1']);
    await fulfil(reference);
    await fulfil(reference);
    expect(await lots()).toEqual(['OLD 0/0', 'NEW 3/0']);
    await expect(fulfil(reference, [{ sku: 'A', quantity: 1 }])).rejects.toMatchObject({
      code: 'inventory.not-committed',
    });
    expect((await events('inventory.stock-shipped.v1')).length).toBe(3);
    expect(
      await rows(`select on_hand_after as n from inventory.stock_movements where kind = 'shipment' order by id`),
    ).toEqual([8, 5, 4, 3].map((n) => ({ n })));
  });

  it('releases exactly what is named, the freshest first, and ends a hold of which nothing is left', async () => {
    await twoBatches();
    const [first, second] = [order(), order()];
    await hold(first, 7);
    await release(first, [{ sku: 'A', quantity: 3 }]);
    expect(await given(first)).toEqual(['OLD 4']);
    await expect(release(first, [{ sku: 'A', quantity: 5 }])).rejects.toMatchObject({ code: 'inventory.exceeds-hold' });
    await commit(first);
    await fulfil(first, [{ sku: 'A', quantity: 1 }]);
    await release(first, [{ sku: 'A', quantity: 3 }]);
    await hold(second, 1);
    await release(second, [{ sku: 'A', quantity: 1 }]);
    expect(await rows('select state from inventory.inventory_reservations order by id')).toEqual([
      { state: 'fulfilled' },
      { state: 'released' },
    ]);
    expect(await lots()).toEqual(['OLD 4/0', 'NEW 5/0']);
  });

  it('takes goods back into the batches they left, or writes them off, and never more than left', async () => {
    await twoBatches();
    const reference = order();
    await hold(reference, 7);
    await commit(reference);
    await fulfil(reference);
    const [{ id: oldLot }] = await rows<{ id: string }>(`select id from inventory.stock_lots where number = 'OLD'`);
    await restock(reference, [
      { sku: 'A', quantity: 3, disposition: 'restock' },
      { sku: 'A', quantity: 2, lotId: oldLot, disposition: 'scrap' },
    ]);
    expect(await lots()).toEqual(['OLD 1/0', 'NEW 5/0']);
    expect(await events('inventory.stock-returned.v1')).toMatchObject([
      [
        { sku: 'A', quantity: 2, disposition: 'restock', unitCost: EUR(500) },
        { sku: 'A', quantity: 1, disposition: 'restock', unitCost: EUR(400) },
        { sku: 'A', quantity: 2, disposition: 'scrap', lotId: oldLot, unitCost: EUR(400) },
      ],
    ]);
    await expect(restock(reference, [{ sku: 'A', quantity: 3, disposition: 'scrap' }])).rejects.toMatchObject({
      code: 'inventory.exceeds-shipment',
      data: { wanted: 3, out: 2 },
    });
  });

  it('keeps one lot a batch and cost, refuses a batch with two expiries, and counts down to what is promised', async () => {
    await twoBatches();
    await receive([{ quantity: 1, lot: { number: 'OLD' } }]);
    await receive([{ quantity: 2, lot: { number: 'OLD', unitCost: EUR(450) } }]);
    expect(await lots()).toEqual(['OLD 6/0', 'OLD 2/0', 'NEW 5/0']);
    await expect(receive([{ quantity: 1, lot: { number: 'OLD', expiresAt: inDays(11) } }])).rejects.toMatchObject({
      code: 'inventory.lot-conflict',
    });
    await expect(
      receive([{ quantity: 1, lot: { number: 'X', expiresAt: inDays(1), removeAt: inDays(2) } }]),
    ).rejects.toMatchObject({ code: 'inventory.lot-dates' });
    await hold(order(), 3);
    const count = (onHand: number) =>
      run(() =>
        commands.execute(new SetStockCommand({ lines: [{ sku: 'A', onHand }], reason: 'count', document: 'x' })),
      );
    await count(15);
    await count(8);
    expect(await lots()).toEqual(['OLD 3/3', 'OLD 0/0', 'NEW 5/0', 'null 0/0'].slice(0, 3));
    await expect(count(2)).rejects.toMatchObject({ code: 'inventory.below-reserved' });
  });

  it('sees a batch that came while it waited for the lock before it says that stock is short', async () => {
    await receive([{ quantity: 1, lot: { number: 'ONE' } }]);
    let locked!: () => void;
    const isLocked = new Promise<void>((resolve) => (locked = resolve));
    // Locks are those of the whole cluster: who waits for this transaction, whatever others wait for meanwhile.
    const blocked = `select count(*)::int as n from pg_locks where not granted and pg_backend_pid() = any(pg_blocking_pids(pid))`;
    const receipt = run(() =>
      app.get(UnitOfWork).run(async (tx) => {
        await tx.query(`select id from inventory.stock_levels where sku = 'A' for no key update`);
        locked();
        await eventually(async () => (await tx.query<{ n: number }>(blocked))[0].n === 1);
        await receiveWithin([{ quantity: 4, lot: { number: 'TWO' } }]);
      }),
    );
    await Promise.all([receipt, isLocked.then(() => hold(order(), 3))]);
    expect(await lots()).toEqual(['ONE 1/1', 'TWO 4/2']);
  });

  it('prints labels as pictures and pages, and says what does not fit on one', async () => {
    await receive([
      { quantity: 1, lot: { number: 'L1', expiresAt: inDays(10) } },
      { quantity: 1, lot: { number: 'has space', expiresAt: inDays(10) } },
    ]);
    const [spaced, plain] = await rows<{ id: string }>(
      'select id from inventory.stock_lots where number is not null order by length(number) desc',
    );
    const label = (id: string, format: 'png' | 'pdf', gtin: string | null) =>
      run(() => app.get(QueryBus).execute(new LotLabelQuery(id, format, gtin)));
    const [own, named] = [await label(plain.id, 'png', null), await label(plain.id, 'png', '6291041500213')];
    expect([own, named].map((png) => png.subarray(1, 4).toString())).toEqual(['PNG', 'PNG']);
    expect(own.equals(named)).toBe(false);
    expect((await label(plain.id, 'pdf', null)).subarray(0, 5).toString()).toBe('%PDF-');
    await expect(label(spaced.id, 'png', null)).rejects.toMatchObject({ code: 'inventory.label-impossible' });
    await expect(label(plain.id, 'png', '6291041500214')).rejects.toMatchObject({ code: 'inventory.gtin-invalid' });
    await expect(label(newId(), 'png', null)).rejects.toMatchObject({ code: 'inventory.lot-not-found' });
  });

  describe('reports', () => {
    const report = async (name: ReportName, terms: { from?: string; to?: string; days?: number } = {}) =>
      (await run(() => app.get(QueryBus).execute(new InventoryReportQuery(name, terms, new ListQuery())))).data;
    const ship = async (quantity: number): Promise<HoldReference> => {
      const reference = order();
      await hold(reference, quantity);
      await commit(reference);
      await fulfil(reference);
      return reference;
    };

    it('agree with what a plain recount says', async () => {
      const begin = clock.nowMs();
      const at = (days: number): string => new Date(begin + days * DAY * 1000).toISOString();
      await receive([{ quantity: 10, lot: { number: 'ONE', expiresAt: at(50), unitCost: EUR(100) } }]);
      clock.setOffset(10 * DAY);
      await receive([{ quantity: 10, lot: { number: 'TWO', expiresAt: at(300), unitCost: EUR(200) } }]);
      await receive([{ sku: 'DEAD', quantity: 7 }]);
      clock.setOffset(20 * DAY);
      const reference = await ship(12);
      await restock(reference, [{ sku: 'A', quantity: 1, disposition: 'restock' }]);
      await restock(reference, [{ sku: 'A', quantity: 1, disposition: 'scrap' }]);
      clock.setOffset(30 * DAY);
      const period = { from: at(0), to: at(30) };
      // 10 pieces for 10 days, 20 for 10, 9 for 10: 13 on average. 12 left, 2 came back.
      const [turnover] = await report('turnover', period);
      expect(turnover).toMatchObject({ sku: 'A', onHand: 9, shipped: 10 });
      expect(turnover.averageOnHand).toBeCloseTo(13, 2);
      expect(turnover.turnover).toBeCloseTo(10 / 13, 3);
      expect(await report('cover', period)).toMatchObject([
        { sku: 'A', shipped: 10, shippedPerDay: 0.3333, daysOfCover: 27 },
        { sku: 'DEAD', shipped: 0, daysOfCover: null },
      ]);
      expect(await report('ageing')).toMatchObject([
        { sku: 'A', onHand: 9, ages: { upTo30: 9, upTo60: 0, older: 0 } },
        { sku: 'DEAD', onHand: 7, ages: { upTo30: 7 } },
      ]);
      expect(await report('expiring')).toEqual([]);
      expect(await report('expiring', { days: 400 })).toMatchObject([
        { sku: 'A', lotNumber: 'TWO', onHand: 9, removeAt: at(300), value: [EUR(1800)] },
      ]);
      expect(await report('shrinkage', period)).toEqual([{ sku: 'A', lost: 1, found: 0, value: [EUR(200)] }]);
      clock.setOffset(105 * DAY);
      expect(await report('dead')).toEqual([{ sku: 'DEAD', onHand: 7, lastShippedAt: null, value: [] }]);
      expect(await report('ageing')).toMatchObject([{ ages: { upTo90: 0, upTo180: 9 } }, { ages: { upTo180: 7 } }]);
      await expect(report('cover', { from: at(1), to: at(1) })).rejects.toMatchObject({
        code: 'inventory.empty-period',
      });
      // The same in plain SQL, from the journal alone.
      const [plain] = await rows<{ shipped: number; lost: number; value: number }>(`select
        -sum(quantity) filter (where kind in ('shipment', 'return'))::bigint as shipped, -sum(quantity) filter (where kind = 'scrap')::bigint as lost,
        sum(quantity * unit_cost)::bigint as value from inventory.stock_movements where sku = 'A'`);
      expect(plain).toEqual({ shipped: 10, lost: 1, value: 1800 });
      expect(await report('valuation')).toEqual([
        { sku: 'A', onHand: 9, value: [EUR(1800)], fifoValue: EUR(1800), averageValue: EUR(1440) },
      ]);
    });

    it('value stock as the layers of costs and the moving average do, whatever came and went', async () => {
      let seed = 7;
      const next = (below: number): number => (seed = (seed * 1103515245 + 12345) % 2147483648) % below;
      const layers = new CostLayers();
      let [there, value] = [0, 0];
      for (let i = 0; i < 14; i++) {
        const quantity = 1 + next(6);
        if (there < quantity || next(2) === 0) {
          const cost = 100 + next(400);
          await receive([{ quantity, lot: { number: `B${i}`, unitCost: EUR(cost) } }]);
          layers.receive(quantity, cost);
          [there, value] = [there + quantity, value + quantity * cost];
        } else {
          await ship(quantity);
          layers.issue(quantity);
          [there, value] = [there - quantity, value - (value / there) * quantity];
        }
      }
      expect(await report('valuation')).toEqual([
        {
          sku: 'A',
          onHand: there,
          value: [EUR(layers.value)],
          fifoValue: EUR(layers.value),
          averageValue: EUR(Math.round(value)),
        },
      ]);
    });
  });
});
