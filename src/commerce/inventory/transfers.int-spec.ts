import { code, DAY, EUR, inDays, StockRoom } from '../../../test/support/stock-desk';
import { clock } from '../../kernel/clock/clock';
import { ListQuery } from '../../kernel/http/pagination';
import { newId } from '../../kernel/ids/ids';
import { CancelTransferCommand, ReceiveTransferCommand } from './commands/receive-transfer';
import { CreateTransferCommand, ShipTransferCommand } from './commands/transfers';
import { canMoveTransfer, TRANSFER_STATES, type Arrived, type TransferState } from './domain/transfer';
import { InventoryReportQuery, type ReportName } from './queries/inventory-report';
import { ListTransfersQuery, type TransferRow } from './queries/transfer-view';

type Line = { sku?: string; quantity: number; lotNumber?: string };

describe('transfers', () => {
  let room: StockRoom;

  const plan = (lines: Line[], from = 'main', to = 'annex') =>
    room.run(() =>
      room.commands.execute(
        new CreateTransferCommand({
          fromLocationId: room.places[from],
          toLocationId: room.places[to],
          lines: lines.map((line) => ({ sku: 'A', ...line })),
        }),
      ),
    );
  const ship = ({ id }: { id: string }) => room.run(() => room.commands.execute(new ShipTransferCommand(id)));
  const send = async (...lines: Line[]): Promise<TransferRow> => ship(await plan(lines));
  const receive = ({ id, lines }: TransferRow, ...arrived: Omit<Arrived, 'lineId'>[]) =>
    room.run(() =>
      room.commands.execute(
        new ReceiveTransferCommand({
          id,
          lines: arrived.length > 0 ? arrived.map((each) => ({ lineId: lines[0].id, ...each })) : undefined,
        }),
      ),
    );
  const cancel = ({ id }: { id: string }) =>
    room.run(() => room.commands.execute(new CancelTransferCommand({ id, reason: 'no van' })));
  const levels = async (): Promise<string[]> =>
    (
      await room.rows<{ code: string; on_hand: number; incoming: number }>(
        `select p.code, l.on_hand, l.incoming from inventory.stock_levels l join inventory.locations p on p.id = l.location_id
         where l.sku = 'A' order by p.code desc`,
      )
    ).map((level) => `${level.code} ${level.on_hand} +${level.incoming}`);
  const lotsAt = async (place: string): Promise<string[]> =>
    (
      await room.rows<{ number: string | null; on_hand: number; unit_cost: number | null }>(
        `select number, on_hand, unit_cost from inventory.stock_lots where location_id = $1 and on_hand > 0 order by remove_at nulls last, number`,
        [room.places[place]],
      )
    ).map((lot) => `${lot.number} ${lot.on_hand} at ${lot.unit_cost}`);
  const report = async (name: ReportName) =>
    (await room.run(() => room.queries.execute(new InventoryReportQuery(name, {}, new ListQuery())))).data;

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

  it('moves nothing as a draft, then takes lots with dates and costs along, in parts, and says what was lost', async () => {
    const draft = await plan([{ quantity: 6 }]);
    expect(await levels()).toEqual(['main 10 +0']);
    const sent = await ship(draft);
    expect(sent).toMatchObject({
      state: 'shipped',
      lines: [
        {
          shipped: 6,
          lots: [
            { lotNumber: 'OLD', quantity: 4, unitCost: EUR(300) },
            { lotNumber: 'NEW', quantity: 2 },
          ],
        },
      ],
    });
    expect(await levels()).toEqual(['main 4 +0', 'annex 0 +6']);
    await receive(sent, { received: 3, lost: 0 });
    expect(await levels()).toEqual(['main 4 +0', 'annex 3 +3']);
    const done = await receive(sent, { received: 1, lost: 1, lotNumber: 'NEW' }, { received: 0, lost: 1 });
    expect(done).toMatchObject({ state: 'received', lines: [{ received: 4, lost: 2, returned: 0 }] });
    expect(await levels()).toEqual(['main 4 +0', 'annex 4 +0']);
    expect(await lotsAt('annex')).toEqual(['OLD 3 at 300', 'NEW 1 at 500']);
    const moved = await room.events<{ movements: { kind: string; quantity: number; unitCost: object }[] }>(
      'stock-moved',
    );
    expect(moved.flatMap(({ movements }) => movements).filter(({ kind }) => kind === 'scrap')).toMatchObject([
      { quantity: -1, unitCost: EUR(300) },
      { quantity: -1, unitCost: EUR(500) },
    ]);
    const back = await room.run(() => room.queries.execute(new ListTransfersQuery(new ListQuery())));
    expect(back.data).toEqual([done]);
  });

  it('changes neither worth nor age of what the shop owns, whatever is under way', async () => {
    clock.setOffset(40 * DAY);
    const before = [await report('valuation')];
    expect(before[0]).toMatchObject([{ onHand: 8, value: [EUR(3200)], fifoValue: EUR(3200), averageValue: EUR(3200) }]);
    const sent = await send({ quantity: 3, lotNumber: 'NEW' });
    expect(await report('valuation')).toEqual(before[0]);
    await receive(sent);
    expect(await report('valuation')).toEqual(before[0]);
    expect(await report('ageing')).toMatchObject([{ onHand: 10, ages: { upTo30: 0, upTo60: 10 } }]);
  });

  it('sends what can be sold: not what is promised, nor what is past its day unless it is named', async () => {
    await room.hold(3);
    await expect(send({ quantity: 8 })).rejects.toMatchObject({
      ...code('out-of-stock'),
      data: { skus: [{ sku: 'A', requested: 8, available: 7 }] },
    });
    clock.setOffset(11 * DAY);
    await expect(send({ quantity: 7 })).rejects.toMatchObject(code('out-of-stock'));
    await send({ quantity: 6 }, { quantity: 1, lotNumber: 'OLD' });
    expect(await lotsAt('main')).toEqual(['OLD 3 at 300']);
    await expect(send({ quantity: 1, sku: 'B' })).rejects.toMatchObject({
      data: { skus: [{ sku: 'B', available: 0 }] },
    });
  });

  it('puts what is still under way back into its lots when it is given up', async () => {
    const sent = await send({ quantity: 6 });
    await receive(sent, { received: 1, lost: 0 });
    expect(await cancel(sent)).toMatchObject({
      state: 'cancelled',
      reason: 'no van',
      lines: [{ received: 1, returned: 5 }],
    });
    expect(await levels()).toEqual(['main 9 +0', 'annex 1 +0']);
    expect(await lotsAt('main')).toEqual(['OLD 3 at 300', 'NEW 4 at 500', 'null 2 at null']);
    expect(await cancel(await plan([{ quantity: 1 }]))).toMatchObject({ state: 'cancelled', lines: [{ returned: 0 }] });
  });

  it('refuses what contradicts itself: states, lines, more than is under way, a batch with another day', async () => {
    const draft = await plan([{ quantity: 2 }]);
    await expect(receive(draft)).rejects.toMatchObject(code('transfer-state'));
    const sent = await ship(draft);
    await expect(ship(draft)).rejects.toMatchObject(code('transfer-state'));
    await expect(receive(sent, { received: 2, lost: 1 })).rejects.toMatchObject({
      ...code('exceeds-transfer'),
      data: { underWay: 2 },
    });
    await expect(receive(sent, { received: 1, lost: 0, lotNumber: 'NEW' })).rejects.toMatchObject({
      data: { underWay: 0 },
    });
    await expect(
      room.run(() =>
        room.commands.execute(
          new ReceiveTransferCommand({ id: sent.id, lines: [{ lineId: newId(), received: 1, lost: 0 }] }),
        ),
      ),
    ).rejects.toMatchObject(code('transfer-line-not-found'));
    await room.receive({
      quantity: 1,
      locationId: room.places.annex,
      lot: { number: 'OLD', expiresAt: inDays(11), unitCost: EUR(300) },
    });
    await expect(receive(sent)).rejects.toMatchObject(code('lot-conflict'));
    await cancel(sent);
    await expect(cancel(sent)).rejects.toMatchObject(code('transfer-state'));
    await expect(ship({ id: newId() })).rejects.toMatchObject(code('transfer-not-found'));
    await expect(plan([{ quantity: 1 }], 'main', 'main')).rejects.toMatchObject(code('same-location'));
    await expect(plan([{ quantity: 1 }, { quantity: 2 }])).rejects.toMatchObject(code('repeated-line'));
    await expect(plan([{ quantity: 1, sku: 'NONE' }])).rejects.toMatchObject(code('unknown-sku'));
  });

  it('conserves every piece when transfers there and back, receipts of the same and buyers race', async () => {
    await room.receive({ quantity: 20, locationId: room.places.annex }, { quantity: 30 });
    const outcome = (work: Promise<unknown>) =>
      work.then(
        () => 'done',
        (error: { code: string }) => error.code,
      );
    const drafts = await Promise.all(
      Array.from({ length: 8 }, (_, n) => (n % 2 ? plan([{ quantity: 2 }], 'annex', 'main') : plan([{ quantity: 2 }]))),
    );
    const all = await Promise.all([
      ...drafts.map(async (draft) => {
        const sent = await ship(draft);
        return Promise.all([receive(sent), receive(sent)].map(outcome));
      }),
      ...Array.from({ length: 6 }, () => outcome(room.hold(3)).then((one) => [one])),
    ]);
    // Of two who receive the same, one does.
    expect(all.slice(0, 8)).toEqual(
      Array.from({ length: 8 }, () => expect.arrayContaining(['done', 'inventory.transfer-state'])),
    );
    expect(all.slice(8).flat()).toEqual(Array.from({ length: 6 }, () => 'done'));
    const [{ owned }] = await room.rows<{ owned: number }>(
      'select sum(on_hand)::bigint as owned from inventory.stock_levels',
    );
    expect(owned).toBe(60);
  });

  it('takes each step only from the states that it is for, and changes nothing from others', async () => {
    const draft = () => plan([{ quantity: 1 }]);
    const reach: Record<TransferState, () => Promise<TransferRow>> = {
      draft,
      shipped: async () => ship(await draft()),
      received: async () => receive(await ship(await draft())),
      cancelled: async () => cancel(await draft()),
    };
    const steps: Record<string, (one: TransferRow) => Promise<TransferRow>> = { ship, receive, cancel };
    const outcomes: Record<string, Partial<Record<TransferState, TransferState>>> = {
      ship: { draft: 'shipped' },
      receive: { shipped: 'received' },
      cancel: { draft: 'cancelled', shipped: 'cancelled' },
    };
    for (const state of TRANSFER_STATES)
      for (const [name, step] of Object.entries(steps)) {
        const one = await reach[state]();
        const before = await levels();
        const found = await step(one).then(
          (row) => row.state,
          (error: { code: string }) => error.code,
        );
        const expected = outcomes[name][state];
        expect(`${state}, ${name}: ${found}`).toBe(`${state}, ${name}: ${expected ?? 'inventory.transfer-state'}`);
        if (!expected) expect(await levels()).toEqual(before);
      }
  });

  it('has the same edges in the database as in the code', async () => {
    for (const from of TRANSFER_STATES)
      for (const to of TRANSFER_STATES.filter((state) => state !== from)) {
        const [row] = await room.rows<{ ok: boolean }>(
          `select inventory.transfer_edge_allowed('${from}', '${to}') as ok`,
        );
        expect(`${from} → ${to}: ${row.ok}`).toBe(`${from} → ${to}: ${canMoveTransfer(from, to)}`);
      }
  });
});
