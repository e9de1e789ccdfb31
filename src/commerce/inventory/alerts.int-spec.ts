import { code, DAY, EUR, inDays, StockRoom } from '../../../test/support/stock-desk';
import { SENT } from '../../../test/support/realtime';
import { skewed } from '../../../test/support/skew';
import { clock } from '../../kernel/clock/clock';
import { ListQuery } from '../../kernel/http/pagination';
import { newId } from '../../kernel/ids/ids';
import { AcknowledgeAlertCommand } from './commands/acknowledge-alert';
import { AdjustStockCommand } from './commands/adjust-stock';
import { ChangeAlertDefaultsCommand, ChangeThresholdsCommand, type ThresholdLine } from './commands/change-thresholds';
import { PlanStockDigestCommand } from './commands/plan-stock-digest';
import { ReleaseHoldCommand } from './contracts/hold-stock';
import type { StockAlertRaised, StockDigestDue } from './contracts/inventory-events';
import { SetStockCommand } from './contracts/set-stock';
import { TellStaffOfStockAlert } from './jobs/tell-staff-of-stock-alert';
import { ListAlertsQuery } from './queries/list-alerts';
import { ListThresholdsQuery, StockDigestPlanQuery } from './queries/thresholds';

describe('alerts of stock', () => {
  let room: StockRoom;

  const thresholds = (...lines: ThresholdLine[]) =>
    room.run(() => room.commands.execute(new ChangeThresholdsCommand(lines)));
  const raised = () => room.events<StockAlertRaised['payload']>('stock-alert-raised');
  const list = async (filter: object = {}) =>
    (await room.run(() => room.queries.execute(new ListAlertsQuery(Object.assign(new ListQuery(), filter))))).data;
  /** Every alert there ever was, in order, after all that was to be done is done. */
  const alerts = async (): Promise<string[]> => {
    await room.drain();
    return (await list()).reverse().map(({ kind, state }) => `${kind} ${state}`);
  };
  const release = (reference: Awaited<ReturnType<StockRoom['hold']>>) =>
    room.run(() => room.commands.execute(new ReleaseHoldCommand({ reference, reason: 'cancelled' })));
  const count = (expectedOnHand: number, onHand: number) => {
    const lines = [{ sku: 'A', expectedOnHand, onHand, reason: 'recount' }];
    return room.run(() => room.commands.execute(new AdjustStockCommand({ lines })));
  };

  beforeAll(async () => {
    room = await StockRoom.open();
  });
  afterAll(() => room?.close());
  beforeEach(() => room.shop());
  afterEach(async () => {
    expect(await room.faults()).toEqual([]);
  });

  it('are raised once per crossing, and again only after the stock was back', async () => {
    await thresholds({ sku: 'A', reorderLevel: 4 });
    await room.receive({ quantity: 10 });
    const first = await room.hold(5);
    expect(await alerts()).toEqual([]);
    await room.hold(1);
    await room.hold(1);
    expect(await alerts()).toEqual(['low_stock open']);
    expect(await raised()).toMatchObject([{ kind: 'low_stock', sku: 'A', reorderLevel: 4 }]);
    await room.hold(3);
    expect(await alerts()).toEqual(['low_stock open', 'out_of_stock open']);
    await release(first);
    expect(await alerts()).toEqual(['low_stock resolved', 'out_of_stock resolved']);
    await room.hold(5);
    expect((await alerts()).slice(2)).toEqual(['out_of_stock open']);
    await room.receive({ quantity: 1 });
    expect((await alerts()).slice(2)).toEqual(['out_of_stock resolved', 'low_stock open']);
    await room.receive({ quantity: 50 });
    expect(await raised()).toHaveLength(4);
  });

  it('are raised once however many buy at once, and told once however often the worker tries', async () => {
    await thresholds({ sku: 'A', reorderLevel: 5 });
    await room.receive({ quantity: 12 });
    await Promise.all([...Array.from({ length: 10 }, () => room.hold(1)), room.drain(), room.drain()]);
    expect(await alerts()).toEqual(['low_stock open']);
    const [{ levelId: _, ...notice }] = await raised();
    const tell = () =>
      room.run(() =>
        room.app.get(TellStaffOfStockAlert).run(notice, { id: newId(), attempt: 1, tenantId: room.tenant }),
      );
    await Promise.all([tell(), tell(), tell()]);
    await tell();
    const heard = SENT.filter(({ to, event }) => to === `staff:${room.tenant}` && event === 'stock.alert');
    expect(heard.map(({ payload }) => payload)).toEqual([notice]);
  });

  it('count only what can be sold: an expired lot makes stock low, at its hour and without any sale', async () => {
    await thresholds({ sku: 'A', reorderLevel: 3, expiryAlertDays: 2 });
    await room.receive(
      { quantity: 4 },
      { quantity: 6, lot: { number: 'MILK', expiresAt: inDays(10) } },
      { quantity: 1, lot: { number: 'EARLY', expiresAt: inDays(30), alertAt: inDays(5) } },
    );
    await room.hold(1);
    expect(await alerts()).toEqual([]);
    clock.setOffset(5.1 * DAY);
    await room.drain();
    clock.setOffset(8.1 * DAY);
    expect(await alerts()).toEqual(['expiring open', 'expiring open']);
    expect((await raised()).map(({ lotNumber, onHand }) => [lotNumber, onHand])).toEqual([
      ['EARLY', 1],
      ['MILK', 6],
    ]);
    clock.setOffset(10.1 * DAY);
    expect((await alerts()).slice(2)).toEqual([]);
    await room.hold(2);
    expect((await alerts()).slice(2)).toEqual(['low_stock open']);
    expect((await list({ kind: ['low_stock'] }))[0]).toMatchObject({ available: 3, onHand: 11 });
  });

  it('say so when a lot that expires takes what can be sold below the level, and close when it is gone', async () => {
    await thresholds({ sku: 'A', reorderLevel: 5 });
    await room.receive({ quantity: 3 }, { quantity: 6, lot: { number: 'MILK', expiresAt: inDays(3) } });
    expect(await alerts()).toEqual([]);
    clock.setOffset(3.1 * DAY);
    expect(await alerts()).toEqual(['low_stock open', 'expiring open']);
    const lines = [{ sku: 'A', lotNumber: 'MILK', expectedOnHand: 6, onHand: 0, reason: 'thrown away' }];
    await room.run(() => room.commands.execute(new AdjustStockCommand({ lines })));
    expect(await alerts()).toEqual(['low_stock open', 'expiring resolved']);
    await room.drain();
    clock.setOffset(5 * DAY);
    expect(await alerts()).toEqual(['low_stock open', 'expiring resolved']);
  });

  it('tell of too much, and follow the thresholds of shop and item', async () => {
    await room.run(() =>
      room.commands.execute(
        new ChangeAlertDefaultsCommand({ overstockLevel: 20, reorderLevel: 2, expiryAlertDays: null }),
      ),
    );
    await room.receive({ quantity: 25 }, { sku: 'B', quantity: 5 });
    expect(await alerts()).toEqual(['overstock open']);
    await count(25, 20);
    expect(await alerts()).toEqual(['overstock resolved']);
    const [changed] = await thresholds({ sku: 'B', overstockLevel: 4 });
    expect(changed).toMatchObject({
      own: { reorderLevel: null, overstockLevel: 4 },
      effective: { reorderLevel: 2, overstockLevel: 4, expiryAlertDays: 0 },
    });
    expect((await alerts()).slice(1)).toEqual(['overstock open']);
    await thresholds({ sku: 'B', overstockLevel: null }, { sku: 'A', reorderLevel: 20 });
    expect((await alerts()).slice(1)).toEqual(['overstock resolved', 'low_stock open']);
    const { data } = await room.run(() => room.queries.execute(new ListThresholdsQuery(new ListQuery())));
    expect(data.map(({ sku, effective }) => [sku, effective.reorderLevel])).toEqual([
      ['A', 20],
      ['B', 2],
    ]);
    await expect(thresholds({ sku: 'A' }, { sku: 'A' })).rejects.toMatchObject(code('repeated-line'));
  });

  it('are not raised by an import of what was never there, nor forgotten by one that says no level', async () => {
    const set = (onHand: number, reorderLevel?: number) =>
      room.run(() =>
        room.commands.execute(
          new SetStockCommand({ lines: [{ sku: 'A', onHand, reorderLevel }], reason: 'import', document: 'x' }),
        ),
      );
    await set(0, 4);
    await set(3);
    expect(await alerts()).toEqual([]);
    await set(9);
    await set(2);
    expect(await alerts()).toEqual(['low_stock open']);
  });

  it('are taken on by somebody, the first stays, and lists tell them apart', async () => {
    await room.receive({ quantity: 1 });
    await room.hold(1);
    await room.drain();
    const [{ id }] = await list({ state: ['open'], kind: ['out_of_stock'] });
    const take = (note: string | null, alert = id) =>
      room.run(() => room.commands.execute(new AcknowledgeAlertCommand({ id: alert, note })));
    const first = await take('ordered');
    expect(first).toMatchObject({ id, state: 'acknowledged', note: 'ordered', acknowledgedBy: null });
    expect(await take('me too')).toEqual(first);
    expect(await list({ state: ['open'] })).toEqual([]);
    expect(await list({ state: ['acknowledged'], kind: ['low_stock'] })).toEqual([]);
    expect(await list({ state: ['acknowledged'] })).toMatchObject([{ id, lotId: null }]);
    await room.receive({ quantity: 1 });
    await room.drain();
    expect(await list({ state: ['resolved'] })).toMatchObject([{ id, note: 'ordered' }]);
    await expect(take(null, newId())).rejects.toMatchObject(code('alert-not-found'));
    expect(
      SENT.filter(({ event, to }) => event === 'stock.alert-acknowledged' && to === `staff:${room.tenant}`),
    ).toHaveLength(2);
  });

  it('are said together once a day at the hour of the shop, and not where nothing is open', async () => {
    const plan = (hour: number | null) => room.run(() => room.commands.execute(new PlanStockDigestCommand(hour)));
    const said = () => room.events<StockDigestDue['payload']>('stock-digest-due');
    const at = (time: string | null): void =>
      clock.setOffset((Date.parse(time!) + 1000 - clock.nowMs()) / 1000 + clock.offsetSeconds);
    await plan(5);
    const { nextAt } = await plan(6);
    expect(nextAt).toMatch(/T06:00:00.000Z$/);
    expect(await plan(6)).toEqual({ hour: 6, nextAt });
    at(nextAt);
    await room.drain();
    expect(await said()).toEqual([]);
    await room.receive({ quantity: 3, lot: { number: 'L1', expiresAt: inDays(20), unitCost: EUR(200) } });
    await thresholds({ sku: 'A', reorderLevel: 5 });
    await room.receive({ quantity: 1, sku: 'B' });
    await room.hold(1, 'B', 30 * DAY);
    await alerts();
    const [{ id }] = await list({ sku: 'A' });
    await room.run(() => room.commands.execute(new AcknowledgeAlertCommand({ id, note: null })));
    const { nextAt: second } = await room.run(() => room.queries.execute(new StockDigestPlanQuery()));
    expect(Date.parse(second!) - Date.parse(nextAt!)).toBe(DAY * 1000);
    at(second);
    await Promise.all([room.drain(), room.drain()]);
    expect(await said()).toEqual([
      {
        day: second!.slice(0, 10),
        counts: { low_stock: 1, out_of_stock: 1, expiring: 0, overstock: 0 },
        unacknowledged: 1,
        alerts: [
          expect.objectContaining({ kind: 'out_of_stock', sku: 'B', available: 0, acknowledged: false }),
          expect.objectContaining({ kind: 'low_stock', sku: 'A', available: 3, acknowledged: true }),
        ],
        expiringValue: [EUR(600)],
      },
    ]);
    await plan(null);
    clock.setOffset(clock.offsetSeconds + 3 * DAY);
    await room.drain();
    expect(await said()).toHaveLength(1);
  });

  it('are said together once, though the clock of this process is behind that of the database', async () => {
    const { nextAt } = await room.run(() => room.commands.execute(new PlanStockDigestCommand(6)));
    await room.receive({ quantity: 3 });
    await thresholds({ sku: 'A', reorderLevel: 5 });
    expect(await alerts()).toEqual(['low_stock open']);
    clock.setOffset((Date.parse(nextAt!) + 1000 - clock.nowMs()) / 1000);
    await skewed(-5, () => room.drain());
    expect(await room.events('stock-digest-due')).toHaveLength(1);
    const plan = await room.run(() => room.queries.execute(new StockDigestPlanQuery()));
    expect(Date.parse(plan.nextAt!) - Date.parse(nextAt!)).toBe(DAY * 1000);
  });
});
