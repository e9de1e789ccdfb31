import type { Command } from '@nestjs/cqrs';
import { code, DAY, EUR, inDays, StockRoom } from '../../../test/support/stock-desk';
import { clock } from '../../kernel/clock/clock';
import { newId } from '../../kernel/ids/ids';
import { ListQuery } from '../../kernel/http/pagination';
import { AdjustStockCommand } from './commands/adjust-stock';
import { ApproveCountCommand } from './commands/approve-count';
import { MoveStockStatesCommand } from './commands/move-stock-states';
import { CancelCountCommand, OpenCountCommand, RecordCountCommand, type CountedLine } from './commands/stock-counts';
import { CommitHoldCommand, FulfilHoldCommand } from './contracts/hold-stock';
import { canMoveCount, COUNT_STATES, type CountState, type Uncounted } from './domain/stock-count';
import { InventoryReportQuery } from './queries/inventory-report';
import { FindCountQuery, ListCountLinesQuery } from './queries/stock-counts';

describe('stock counts', () => {
  let room: StockRoom;
  const send = <T>(command: Command<T>): Promise<T> => room.run(() => room.commands.execute(command));
  const open = (more: object = {}) => send(new OpenCountCommand(more));
  const count = ({ id }: { id: string }, ...lines: (Partial<CountedLine> & { counted: number })[]) =>
    send(
      new RecordCountCommand(
        id,
        lines.map((line) => ({ sku: 'A', ...line })),
      ),
    );
  const approve = ({ id }: { id: string }, uncounted?: Uncounted, version: number | null = null) =>
    send(new ApproveCountCommand(id, { uncounted, version }));
  const lines = async ({ id }: { id: string }, differing = false) =>
    (await room.run(() => room.queries.execute(new ListCountLinesQuery(id, differing, new ListQuery())))).data;
  const told = async (one: { id: string }, differing = false): Promise<string[]> =>
    (await lines(one, differing)).map((l) => `${l.sku} ${l.lotNumber} ${l.counted}/${l.expected}`).sort();
  const lots = async (): Promise<string[]> =>
    (
      await room.rows<{ sku: string; number: string | null; on_hand: number }>(
        `select sku, number, on_hand from inventory.stock_lots where on_hand > 0 order by sku, number nulls last`,
      )
    ).map((lot) => `${lot.sku} ${lot.number} ${lot.on_hand}`);
  const ship = async (quantity: number): Promise<void> => {
    const reference = await room.hold(quantity);
    await send(new CommitHoldCommand({ reference }));
    await send(new FulfilHoldCommand({ reference }));
  };

  beforeAll(async () => {
    room = await StockRoom.open();
  });
  afterAll(() => room?.close());
  beforeEach(async () => {
    await room.shop(['A', 'B', 'C'], ['annex']);
    await room.receive(
      { quantity: 4, lot: { number: 'OLD', expiresAt: inDays(10), unitCost: EUR(300) } },
      { quantity: 4, lot: { number: 'NEW', expiresAt: inDays(90), unitCost: EUR(500) } },
      { quantity: 2 },
      { quantity: 5, sku: 'B' },
    );
  });
  afterEach(async () => {
    expect(await room.faults()).toEqual([]);
    clock.setOffset(0);
  });

  it('compares with what lay there when it was counted, whatever moved before and after', async () => {
    const one = await open();
    expect(one).toMatchObject({ state: 'open', lines: 4, counted: 0, differing: 0, value: null });
    await ship(1);
    await count(one, { lotNumber: 'OLD', counted: 2 }, { lotNumber: 'NEW', counted: 5 });
    await ship(2);
    await count(one, { counted: 2 }, { sku: 'B', counted: 5 });
    expect(await told(one)).toEqual(['A NEW 5/4', 'A OLD 2/3', 'A null 2/2', 'B null 5/5']);
    expect(await told(one, true)).toEqual(['A NEW 5/4', 'A OLD 2/3']);
    const done = await approve(one);
    expect(done).toMatchObject({
      state: 'approved',
      differing: 2,
      missingPieces: 1,
      foundPieces: 1,
      value: [EUR(200)],
    });
    // 4 − 1 shipped − 2 shipped − 1 missing; 4 + 1 found.
    expect(await lots()).toEqual(['A NEW 5', 'A null 2', 'B null 5']);
    const journal = await room.rows<{ reason: string }>(
      `select kind, reason, quantity, document_type from inventory.stock_movements where document_id = $1 order by quantity`,
      [one.id],
    );
    expect(journal).toEqual([
      { kind: 'count', reason: 'count', quantity: -1, document_type: 'stock_count' },
      { kind: 'count', reason: 'count', quantity: 1, document_type: 'stock_count' },
    ]);
    const shrinkage = await room.run(() =>
      room.queries.execute(new InventoryReportQuery('shrinkage', { to: inDays(1) }, new ListQuery())),
    );
    expect(shrinkage.data).toMatchObject([{ sku: 'A', lost: 1, found: 1, value: [EUR(-200)] }]);
    expect(await told(one, true)).toEqual(['A NEW 5/4', 'A OLD 2/3']);
  });

  it('takes what was counted earlier as of then, and counts anew what was counted wrong', async () => {
    const one = await open({ skus: ['A'] });
    const countedAt = new Date(clock.nowMs() + 1000).toISOString();
    clock.setOffset(60);
    await ship(3);
    await room.receive({ quantity: 10 });
    clock.setOffset(120);
    await count(one, { lotNumber: 'OLD', counted: 4, countedAt }, { counted: 1, countedAt });
    expect(await told(one)).toEqual(['A NEW null/null', 'A OLD 4/4', 'A null 1/2']);
    await count(one, { counted: 11 }, { lotNumber: 'NEW', counted: 4 });
    expect(await lines(one)).toContainEqual(
      expect.objectContaining({ lotNumber: null, timesCounted: 2, variance: -1 }),
    );
    await approve(one);
    expect(await lots()).toEqual(['A NEW 4', 'A OLD 1', 'A null 11', 'B null 5']);
    for (const wrong of [-DAY, 3600]) {
      const two = await open();
      const line = { counted: 1, countedAt: new Date(clock.nowMs() + wrong * 1000).toISOString() };
      await expect(count(two, line)).rejects.toMatchObject(code('counted-at'));
    }
  });

  it('hides from who counts blind what should be there, and shows it to who approves', async () => {
    const one = await open({ blind: true });
    await count(one, { lotNumber: 'OLD', counted: 3 });
    expect(await told(one)).toContain('A OLD 3/null');
    expect(await told(one, true)).toEqual(['A OLD 3/4']);
    const seen = await room.run(() => room.queries.execute(new FindCountQuery(one.id)));
    expect(seen).toMatchObject({ counted: 1, differing: null, missingPieces: null, foundPieces: null });
    await approve(one, 'keep');
    expect(await told(one)).toContain('A OLD 3/4');
    expect(await lots()).toEqual(['A NEW 4', 'A OLD 3', 'A null 2', 'B null 5']);
  });

  it('finds what nobody knew of: articles in a count of the whole location, batches that say what they are', async () => {
    const one = await open();
    await expect(count(one, { lotNumber: 'X', counted: 3 })).rejects.toMatchObject(code('lot-not-found'));
    await count(
      one,
      { sku: 'C', counted: 2 },
      { lotNumber: 'X', counted: 3, lot: { expiresAt: inDays(5), unitCost: EUR(100) } },
    );
    await expect(approve(one)).rejects.toMatchObject({ ...code('count-incomplete'), data: { missing: 4 } });
    const done = await approve(one, 'zero');
    expect(done).toMatchObject({ missingPieces: 15, foundPieces: 5 });
    expect(await lots()).toEqual(['A X 3', 'C null 2']);
  });

  it('refuses what is no longer true: corrections by others, versions that were not looked at', async () => {
    const [one, two] = [await open({ skus: ['A'] }), await open()];
    const before = new Date(clock.nowMs()).toISOString();
    await count(one, { lotNumber: 'OLD', counted: 3 });
    const { version } = await count(two, { lotNumber: 'OLD', counted: 3 });
    await expect(approve(two, 'keep', version - 1)).rejects.toMatchObject({
      ...code('count-stale'),
      data: { version },
    });
    await approve(two, 'keep', version);
    await expect(approve(one, 'keep')).rejects.toMatchObject({
      ...code('count-superseded'),
      data: { lines: [{ sku: 'A', lotNumber: 'OLD' }] },
    });
    await count(one, { lotNumber: 'OLD', counted: 3 }, { lotNumber: 'NEW', counted: 3 });
    await send(
      new AdjustStockCommand({
        lines: [{ sku: 'A', lotNumber: 'NEW', expectedOnHand: 4, onHand: 3, reason: 'saw it' }],
      }),
    );
    await expect(approve(one, 'keep')).rejects.toMatchObject(code('count-superseded'));
    await expect(count(one, { lotNumber: 'NEW', counted: 3, countedAt: before })).rejects.toMatchObject(
      code('count-superseded'),
    );
    await count(one, { lotNumber: 'NEW', counted: 3 });
    expect(await approve(one, 'keep')).toMatchObject({ differing: 0 });
    expect(await lots()).toEqual(['A NEW 3', 'A OLD 3', 'A null 2', 'B null 5']);
  });

  it('never takes what is promised or set aside, and then changes nothing', async () => {
    await room.hold(3);
    await send(
      new MoveStockStatesCommand([
        { sku: 'A', lotNumber: 'NEW', quantity: 2, from: 'available', to: 'damaged', reason: 'wet' },
      ]),
    );
    const one = await open({ skus: ['A', 'B'] });
    await count(one, { lotNumber: 'OLD', counted: 2 }, { lotNumber: 'NEW', counted: 1 }, { sku: 'B', counted: 4 });
    await expect(approve(one, 'keep')).rejects.toMatchObject({
      ...code('below-reserved'),
      data: {
        skus: [
          { sku: 'A', onHand: 1, reserved: 2 },
          { sku: 'A', onHand: 2, reserved: 3 },
        ],
      },
    });
    expect(await lots()).toEqual(['A NEW 4', 'A OLD 4', 'A null 2', 'B null 5']);
    await count(one, { lotNumber: 'OLD', counted: 3 }, { lotNumber: 'NEW', counted: 2 });
    await approve(one, 'keep');
    expect(await lots()).toEqual(['A NEW 2', 'A OLD 3', 'A null 2', 'B null 4']);
  });

  it('takes each step only while it is open', async () => {
    const steps: Record<string, (one: { id: string }) => Promise<{ state: string }>> = {
      record: (one) => count(one, { counted: 9, lotNumber: 'OLD' }),
      approve: (one) => approve(one, 'keep'),
      cancel: ({ id }) => send(new CancelCountCommand(id, null)),
    };
    const whileOpen: Record<string, CountState> = { record: 'open', approve: 'approved', cancel: 'cancelled' };
    for (const state of COUNT_STATES)
      for (const [name, step] of Object.entries(steps)) {
        const one = await open({ skus: ['A'] });
        await count(one, { counted: 4, lotNumber: 'OLD' });
        if (state !== 'open') await steps[state === 'approved' ? 'approve' : 'cancel'](one);
        const before = await lots();
        const found = await step(one).then(
          (row) => row.state,
          (error: { code: string }) => error.code,
        );
        const expected = state === 'open' ? whileOpen[name] : 'inventory.count-state';
        expect(`${state}, ${name}: ${found}`).toBe(`${state}, ${name}: ${expected}`);
        if (name !== 'approve' || state !== 'open') expect(await lots()).toEqual(before);
      }
  });

  it('refuses what contradicts itself, and ends once', async () => {
    const one = await open({ skus: ['A'] });
    await expect(count(one, { sku: 'B', counted: 1 })).rejects.toMatchObject(code('not-in-count'));
    await expect(count(one, { sku: 'NONE', counted: 1 })).rejects.toMatchObject(code('not-in-count'));
    await expect(count(one, { counted: 1 }, { counted: 2 })).rejects.toMatchObject(code('repeated-line'));
    await expect(count(await open(), { sku: 'NONE', counted: 1 })).rejects.toMatchObject(code('unknown-sku'));
    await expect(open({ skus: ['NONE'] })).rejects.toMatchObject(code('unknown-sku'));
    await expect(open({ locationId: newId() })).rejects.toMatchObject(code('location-not-found'));
    expect(await send(new CancelCountCommand(one.id, 'fire drill'))).toMatchObject({
      state: 'cancelled',
      reason: 'fire drill',
    });
    await expect(count(one, { counted: 1 })).rejects.toMatchObject(code('count-state'));
    await expect(approve(one)).rejects.toMatchObject(code('count-state'));
    await expect(approve({ id: newId() })).rejects.toMatchObject(code('count-not-found'));
    for (const from of COUNT_STATES)
      for (const to of COUNT_STATES) {
        const [row] = await room.rows<{ ok: boolean }>(`select inventory.count_edge_allowed('${from}', '${to}') as ok`);
        expect(`${from} → ${to}: ${row.ok}`).toBe(`${from} → ${to}: ${canMoveCount(from, to)}`);
      }
  });

  it('loses no piece when people count, sell and approve at once: the variance is applied, once', async () => {
    await room.receive({ quantity: 40 });
    const one = await open({ skus: ['A'] });
    const outcome = (work: Promise<unknown>): Promise<string> =>
      work.then(
        () => 'done',
        (error: { code: string }) => error.code,
      );
    await count(one, { lotNumber: 'OLD', counted: 4 }, { lotNumber: 'NEW', counted: 4 }, { counted: 42 - 3 });
    const all = await Promise.all([
      ...Array.from({ length: 10 }, () => outcome(ship(2))),
      ...Array.from({ length: 4 }, () => outcome(approve(one))),
    ]);
    expect(all.slice(0, 10)).toEqual(Array.from({ length: 10 }, () => 'done'));
    expect(all.slice(10).sort()).toEqual(['done', ...Array.from({ length: 3 }, () => 'inventory.count-state')]);
    const [{ left }] = await room.rows<{ left: number }>(
      `select sum(on_hand)::bigint as left from inventory.stock_levels where sku = 'A'`,
    );
    expect(left).toBe(50 - 20 - 3);
  });
});
