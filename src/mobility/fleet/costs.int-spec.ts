import { DAY, FleetDesk, page, refused } from '../../../test/support/fleet-desk';
import { clock } from '../../kernel/clock/clock';
import { newId } from '../../kernel/ids/ids';
import { allocate } from '../../kernel/money/money';
import { CostPeriodDue } from './commands/cost-recurrence';
import { SetCostProfileCommand } from './commands/cost-settings';
import { ChangeCostCommand, DeleteCostCommand, EnterCostCommand, type CostChange } from './commands/manage-costs';
import { ForgetDriverCommand } from './commands/forget-driver';
import { MoveFleetVehicleCommand } from './commands/manage-vehicles';
import { ChangeRecurringCostCommand, EnterRecurringCostCommand } from './commands/manage-recurring-costs';
import { CostsModule } from './costs.module';
import { nextPeriod, periodBegins, type CostCategory, type CostSeries } from './domain/costs';
import { CostProfileQuery } from './queries/cost-settings';
import { FindCostQuery, ListCostsQuery, type CostFacts } from './queries/costs';

const EUR = (amount: number) => ({ amount, currency: 'EUR' });

describe('costs of vehicles', () => {
  let desk: FleetDesk;
  beforeAll(async () => {
    desk = await FleetDesk.open([CostsModule]);
  });
  afterAll(() => desk.app.close());
  beforeEach(() => desk.begin());
  afterEach(() => clock.setOffset(0));

  const enter = (vehicleId: string, amount: number, more: CostChange & { category?: CostCategory } = {}) =>
    desk.act(new EnterCostCommand({ vehicleId, category: 'other', amount: EUR(amount), ...more }));
  const costs = async (more: object = {}): Promise<CostFacts[]> =>
    (await desk.ask(new ListCostsQuery(page({ sort: 'firstDay', ...more })))).data;
  const zone = (timeZone: string) =>
    desk.plant(
      `update organizations.tenants set settings = settings || jsonb_build_object('timeZone', $2::text) where id = $1`,
      [desk.tenant, timeZone],
    );
  const day = (days: number): string =>
    desk
      .in(days * DAY)
      .toISOString()
      .slice(0, 10);

  it('has the day of its moment where the organization is, or those of its period', async () => {
    await zone('Asia/Tokyo');
    const van = await desk.vehicle();
    const at = new Date('2026-03-01T18:00:00Z');
    const toll = await enter(van.id, 1250, { category: 'toll', at, vendor: 'Asfinag' });
    expect(toll).toMatchObject({
      at: at.toISOString(),
      firstDay: '2026-03-02',
      lastDay: '2026-03-02',
      vendor: 'Asfinag',
    });
    const { id } = await enter(van.id, 36_500, {
      category: 'insurance',
      firstDay: '2026-01-01',
      lastDay: '2026-12-31',
    });
    await desk.act(new ChangeCostCommand(id, { lastDay: '2026-06-30', amount: EUR(18_000) }));
    expect(await desk.ask(new FindCostQuery(id))).toMatchObject({
      ...{ at: null, firstDay: '2026-01-01', lastDay: '2026-06-30', amount: EUR(18_000), category: 'insurance' },
    });
    expect((await costs({ from: '2026-06-30', to: '2026-07-01' })).map((cost) => cost.id)).toEqual([id]);
    expect((await costs({ from: '2026-07-01' })).length).toBe(0);
    await desk.act(new ChangeCostCommand(id, { at, firstDay: null, lastDay: null }));
    expect(await desk.ask(new FindCostQuery(id))).toMatchObject({ firstDay: '2026-03-02', at: at.toISOString() });
    await desk.act(new DeleteCostCommand(id));
    await expect(desk.ask(new FindCostQuery(id))).rejects.toEqual(refused('cost-not-found'));
    await expect(desk.act(new DeleteCostCommand(id))).rejects.toEqual(refused('cost-not-found'));
  });

  it('refuses what is no time, no vehicle, nobody, or counted twice', async () => {
    const van = await desk.vehicle();
    for (const when of [
      {},
      { at: desk.in(0), firstDay: '2026-01-01', lastDay: '2026-01-02' },
      { firstDay: '2026-01-01' },
      { firstDay: '2026-01-02', lastDay: '2026-01-01' },
      { firstDay: '2026-01-01', lastDay: '2046-01-01' },
    ])
      await expect(enter(van.id, 100, when)).rejects.toEqual(refused('cost-period'));
    const at = desk.in(0);
    await expect(enter(newId(), 100, { at })).rejects.toEqual(refused('vehicle-not-found'));
    await expect(enter(van.id, 100, { at, driverId: newId() })).rejects.toEqual(refused('driver-not-found'));
    const purchase = { price: EUR(40_000_00), residual: EUR(10_000_00), purchasedOn: '2026-01-01', purchaseMetres: 0 };
    const life = { lifeMonths: 60, lifeMetres: null };
    const set = (bought: object) =>
      desk.act(new SetCostProfileCommand(van.id, { ...purchase, ...life, ...bought }, 1.1));
    await expect(set({ lifeMetres: 200_000_000 })).rejects.toEqual(refused('purchase-invalid'));
    await expect(set({ residual: EUR(50_000_00) })).rejects.toEqual(refused('purchase-invalid'));
    await expect(set({ residual: { amount: 1, currency: 'CHF' } })).rejects.toEqual(refused('purchase-invalid'));
    const byHand = await enter(van.id, 100, { at, category: 'depreciation' });
    await expect(set({})).rejects.toEqual(refused('depreciated-twice'));
    await desk.act(new DeleteCostCommand(byHand.id));
    expect(await set({})).toEqual({ vehicleId: van.id, purchase: { ...purchase, ...life }, idleRate: 1.1 });
    await expect(enter(van.id, 100, { at, category: 'depreciation' })).rejects.toEqual(refused('depreciated-twice'));
    await desk.act(new SetCostProfileCommand(van.id, null, null));
    expect((await desk.ask(new CostProfileQuery(van.id))).purchase).toBeNull();
  });

  it('enters each period of a lease once, on its first day, until it ends or the vehicle is retired', async () => {
    const van = await desk.vehicle();
    const begins = { vehicleId: van.id, category: 'lease' as const, amount: EUR(450_00), every: 'month' as const };
    const lease = await desk.act(new EnterRecurringCostCommand({ ...begins, beginsOn: day(-40), vendor: 'Leaseplan' }));
    expect(lease).toMatchObject({ made: 2, endsOn: null });
    const own = { seriesId: [lease.id] };
    expect((await costs(own)).map(({ vendor, amount }) => [vendor, amount.amount])).toEqual([
      ['Leaseplan', 450_00],
      ['Leaseplan', 450_00],
    ]);
    const [first, second] = await costs(own);
    expect(Date.parse(second.firstDay) - Date.parse(first.lastDay)).toBe(DAY * 1000);
    // What was told to begin earlier, or twice, enters nothing.
    const fire = (made: number) =>
      desk.inside((tx) => desk.app.get(CostPeriodDue).fire({ seriesId: lease.id, made }, tx));
    await fire(1);
    await desk.act(new ChangeRecurringCostCommand(lease.id, { amount: EUR(475_00) }));
    clock.setOffset(40 * DAY);
    await desk.settle();
    await desk.settle();
    expect((await costs(own)).map(({ amount }) => amount.amount)).toEqual([450_00, 450_00, 475_00]);
    // A period that was taken out does not come back.
    await desk.act(new DeleteCostCommand(first.id));
    await Promise.all([fire(3), fire(3)]);
    expect((await costs(own)).length).toBe(2);
    await desk.act(new ChangeRecurringCostCommand(lease.id, { endsOn: day(30) }));
    await desk.act(new MoveFleetVehicleCommand(van.id, 'retired', 'sold'));
    clock.setOffset(300 * DAY);
    await desk.settle();
    expect((await costs(own)).length).toBe(2);
    await expect(desk.act(new EnterRecurringCostCommand({ ...begins, beginsOn: day(0) }))).rejects.toEqual(
      refused('vehicle-retired'),
    );
    await expect(desk.act(new ChangeRecurringCostCommand(lease.id, { endsOn: '2001-01-01' }))).rejects.toEqual(
      refused('cost-period'),
    );
    const other = await desk.vehicle({ name: 'Van 8' });
    await expect(
      desk.act(new EnterRecurringCostCommand({ ...begins, vehicleId: other.id, beginsOn: '2001-01-01' })),
    ).rejects.toEqual(refused('cost-series-too-old'));
  });

  it('begins a month on its last day where it is shorter', () => {
    const series = { beginsOn: '2026-01-31', every: 'month', made: 1, endsOn: '2026-04-30' } as CostSeries;
    expect([0, 1, 2, 3].map((n) => periodBegins(series, n))).toEqual([
      '2026-01-31',
      '2026-02-28',
      '2026-03-31',
      '2026-04-30',
    ]);
    expect(nextPeriod(series)).toEqual({ beginsOn: '2026-02-28', endsOn: '2026-03-31' });
    expect(nextPeriod({ ...series, made: 4 })).toBeNull();
  });

  it('shares an amount among days as the kernel allocates it', async () => {
    const cases = Array.from({ length: 60 }, (_, i) => {
      const days = 1 + ((i * 7919) % 400);
      const from = (i * 31) % days;
      return { i, amount: (i * 104_729 * 37) % 1_000_003, days, from, to: from + 1 + ((i * 13) % (days - from)) };
    });
    const rows = await desk.rows<{ share: string }>(
      `select fleet.share_of_days(c.amount, c.days, c."from", c."to")::text as share
       from jsonb_to_recordset($1::jsonb) as c(i int, amount bigint, days int, "from" int, "to" int) order by i`,
      [JSON.stringify(cases)],
    );
    const shares = cases.map(({ amount, days, from, to }) =>
      allocate(EUR(amount), new Array<number>(days).fill(1))
        .slice(from, to)
        .reduce((all, part) => all + part.amount, 0),
    );
    expect(rows.map(({ share }) => Number(share))).toEqual(shares);
  });

  it('keeps what was paid of a driver that is forgotten, without what was written', async () => {
    const van = await desk.vehicle();
    const { id: driverId } = await desk.driver();
    const fileId = newId();
    const about = {
      at: desk.in(0),
      category: 'fine' as const,
      driverId,
      reference: 'ZH-1',
      note: 'Dora was late',
      fileId,
    };
    const { id } = await enter(van.id, 120_00, about);
    await desk.act(new ForgetDriverCommand(driverId));
    expect(await desk.ask(new FindCostQuery(id))).toMatchObject({
      ...{ driverId, amount: EUR(120_00), reference: null, note: null, fileId: null },
    });
    expect(desk.detached).toEqual([id]);
  });
});
