import { FleetDesk, page, refused } from '../../../test/support/fleet-desk';
import { asTenant } from '../../../test/support/app';
import { QueryBus, type Query } from '@nestjs/cqrs';
import { SYSTEM } from '../../kernel/auth/principal';
import { clock } from '../../kernel/clock/clock';
import { Database } from '../../kernel/database/database';
import { newId } from '../../kernel/ids/ids';
import { allocate } from '../../kernel/money/money';
import { SetCostProfileCommand, SetCostSettingsCommand } from './commands/cost-settings';
import { AssignToVehicleCommand } from './commands/manage-assignments';
import { EnterCostCommand, type CostChange } from './commands/manage-costs';
import { CreateFleetCommand } from './commands/manage-fleets';
import { RecordReadingCommand } from './commands/record-reading';
import { CostFiguresModule } from './cost-figures.module';
import { FIXED_CATEGORIES, type CostCategory } from './domain/costs';
import { spanOf } from './domain/report-span';
import { CostSummaryQuery, type CostGroup, type CostSummary } from './queries/cost-summary';
import { FleetDashboardQuery } from './queries/dashboard';
import { EmissionsQuery } from './queries/emissions';
import { ListCostsQuery } from './queries/costs';
import { IdleCostsQuery } from './queries/idle-costs';
import { TotalCostQuery } from './queries/total-cost';
import { UtilisationQuery } from './queries/utilisation';

const EUR = (amount: number) => ({ amount, currency: 'EUR' });
const KM = 1_000;

describe('figures of costs', () => {
  let desk: FleetDesk;
  beforeAll(async () => {
    desk = await FleetDesk.open([CostFiguresModule]);
  });
  afterAll(() => desk.app.close());
  beforeEach(() => desk.begin());
  afterEach(() => clock.setOffset(0));

  const zone = (timeZone: string) =>
    desk.plant(
      `update organizations.tenants set settings = settings || jsonb_build_object('timeZone', $2::text) where id = $1`,
      [desk.tenant, timeZone],
    );
  const enter = (vehicleId: string, category: CostCategory, amount: number, more: CostChange, currency = 'EUR') =>
    desk.act(new EnterCostCommand({ vehicleId, category, amount: { amount, currency }, ...more }));
  const on = (day: string): CostChange => ({ at: new Date(`${day}T12:00:00Z`) });
  const over = (firstDay: string, lastDay: string): CostChange => ({ firstDay, lastDay });
  const fill = (vehicleId: string, at: string, litres: number, amount: number | null, currency = 'EUR') =>
    desk.plant(
      `insert into fleet.fuel_entries (tenant_id, id, vehicle_id, at, fuel_type, quantity, "full", amount, currency, source, created_at, updated_at)
       values (kernel.tenant_id(), $1, $2, $3, 'diesel', $4, true, $5, $6, 'manual', $3, $3)`,
      [newId(), vehicleId, at, litres * 1_000, amount, amount === null ? null : currency],
    );
  const drove = (
    vehicleId: string,
    from: string,
    to: string,
    metres: number,
    more: { idle?: number; driverId?: string } = {},
  ) =>
    desk.plant(
      `insert into fleet.trips (tenant_id, id, vehicle_id, tracker_id, driver_id, started_at, ended_at, start_lat, start_lng, end_lat, end_lng,
         distance_metres, max_speed, gap, idle_seconds, low_resolution, class, made_at)
       values (kernel.tenant_id(), $1, $2, $2, $3, $4, $5, 48, 16, 48, 16, $6, 20, false, $7, false, 'van', $5)`,
      [newId(), vehicleId, more.driverId ?? null, from, to, metres, more.idle ?? 0],
    );
  /** The engine ran after a trip. */
  const idled = (vehicleId: string, at: string, seconds: number) =>
    desk.plant(
      `insert into fleet.idlings (tenant_id, id, vehicle_id, tracker_id, started_at, seconds, lat, lng)
       values (kernel.tenant_id(), $1, $2, $2, $3, $4, 48, 16)`,
      [newId(), vehicleId, at, seconds],
    );
  const mended = async (vehicleId: string, at: string, lines: [amount: number, warranty: boolean][]) => {
    const [order, warranty] = [newId(), newId()];
    await desk.plant(
      `with o as (insert into fleet.work_orders (tenant_id, id, number, vehicle_id, title, currency, opened_at)
           values (kernel.tenant_id(), $1, (select 1 + count(*) from fleet.work_orders where tenant_id = kernel.tenant_id()), $2, 'Brakes', 'EUR', $3)),
         w as (insert into fleet.warranties (tenant_id, id, vehicle_id, name, begins_on, ends_on, created_at)
           values (kernel.tenant_id(), $4, $2, 'Works', '2020-01-01', '2040-01-01', $3))
       insert into fleet.work_order_lines (tenant_id, id, work_order_id, kind, description, quantity, amount, currency, warranty_id, created_at)
       select kernel.tenant_id(), gen_random_uuid(), $1, 'labour', 'Brakes', 1, l.amount, 'EUR', case when l.covered then $4::uuid end, $3
       from jsonb_to_recordset($5::jsonb) as l(amount bigint, covered boolean)`,
      [order, vehicleId, at, warranty, JSON.stringify(lines.map(([amount, covered]) => ({ amount, covered })))],
    );
  };
  const summary = (groupBy: CostGroup, from: string, to: string, more: object = {}): Promise<CostSummary> =>
    desk.ask(new CostSummaryQuery({ groupBy, from, to, ...more }));
  const sums = ({ data }: CostSummary) =>
    Object.fromEntries(data.map(({ key, costs }) => [String(key), costs.map(({ total }) => total.amount)]));

  it('reckons what a trailer without an engine burned for its cooling, whatever distance it was drawn', async () => {
    const reefer = await desk.vehicle({ class: 'trailer', fuelType: 'none' });
    await fill(reefer.id, '2026-03-05T10:00:00Z', 100, 17_000);
    await drove(reefer.id, '2026-03-05T08:00:00Z', '2026-03-05T12:00:00Z', 250 * KM);
    for (const groupBy of ['vehicle', 'month', 'fleet'] as const) {
      const { total } = await desk.ask(new EmissionsQuery({ groupBy, from: '2026-03-01', to: '2026-04-01' }));
      expect(total).toMatchObject({ metres: 250 * KM, tankToWheel: 267, methods: ['fuel'] });
    }
  });

  it('wears nothing off of what was given away before it was bought', async () => {
    const van = await desk.vehicle({ fuelType: 'diesel' });
    const bought = { price: EUR(36_500), residual: EUR(0), purchasedOn: '2026-03-01', purchaseMetres: 0 };
    await desk.act(new SetCostProfileCommand(van.id, { ...bought, lifeMonths: 12, lifeMetres: null }, null));
    await desk.plant(
      `update fleet.vehicles set state = 'retired', state_since = '2026-01-15T10:00:00Z' where id = $1`,
      [van.id],
    );
    expect(sums(await summary('category', '2026-01-01', '2026-06-01'))).toEqual({});
  });

  it('says what a kilometre cost, equal to the cent to a ledger that is worked by hand', async () => {
    const van = await desk.vehicle({ fuelType: 'diesel' });
    const bought = { price: EUR(3_660_000), residual: EUR(0), purchasedOn: '2026-01-01', purchaseMetres: 0 };
    await desk.act(new SetCostProfileCommand(van.id, { ...bought, lifeMonths: 120, lifeMetres: null }, null));
    // March has 31 of 365 days of the insurance, of 36,500: 3,100; of 3,652 days of life, 3,660,000: 1,002 a day and 696 left over for
    // the first 696 days, so that each day of the first March has 1,003: 31,093.
    await enter(van.id, 'insurance', 36_500, over('2026-01-01', '2026-12-31'));
    await enter(van.id, 'lease', 10_001, over('2026-03-31', '2026-04-01'));
    for (const [category, amount, day] of [
      ['toll', 1_250, '2026-03-01'],
      ['toll', 830, '2026-03-02'],
      ['fine', 12_000, '2026-03-09'],
      ['parking', 450, '2026-03-11'],
      ['washing', 1_800, '2026-03-12'],
      ['tyres', 48_000, '2026-03-15'],
      ['tax', 9_100, '2026-03-20'],
      ['other', 333, '2026-03-31'],
      ['other', 777_777, '2026-02-28'],
      ['other', 888_888, '2026-04-01'],
    ] as const)
      await enter(van.id, category, amount, on(day));
    await fill(van.id, '2026-03-05T10:00:00Z', 50, 8_495);
    await fill(van.id, '2026-03-19T10:00:00Z', 40, 6_796);
    await fill(van.id, '2026-03-29T10:00:00Z', 10, null);
    await mended(van.id, '2026-03-10T10:00:00Z', [
      [18_900, false],
      [55_000, true],
      [2_100, false],
    ]);
    await drove(van.id, '2026-03-05T08:00:00Z', '2026-03-05T18:00:00Z', 612_345);
    await drove(van.id, '2026-03-06T08:00:00Z', '2026-03-06T18:00:00Z', 587_655);
    const fixed = 3_100 + 5_001 + 31_093 + 9_100;
    const variable = 1_250 + 830 + 12_000 + 450 + 1_800 + 48_000 + 333 + 8_495 + 6_796 + 18_900 + 2_100;
    const total = fixed + variable;
    const { data, ...march } = await summary('vehicle', '2026-03-01', '2026-04-01');
    const figures = {
      ...{ total: EUR(total), fixed: EUR(fixed), variable: EUR(variable) },
      perKm: EUR(Math.round(total / 1_200)),
      per100Km: EUR(Math.round(total / 12)),
      perEngineHour: EUR(Math.round(total / 20)),
      perDay: EUR(Math.round(total / 31)),
    };
    const all = { costs: [figures], metres: 1_200_000, engineSeconds: 72_000, days: 31 };
    expect(march.total).toEqual(all);
    expect(data).toEqual([{ key: van.id, label: 'Van 7', ...all }]);
    const life = await desk.ask(new TotalCostQuery(van.id, { to: '2026-04-01' }));
    expect(life).toMatchObject({
      from: '2026-01-01',
      days: 90,
      metres: 1_200_000,
      bookValue: EUR(3_660_000 - 90 * 1_003),
    });
    const category = (name: string) => life.byCategory.find((one) => one.category === name)?.costs;
    expect([category('depreciation'), category('insurance'), category('maintenance')]).toEqual([
      [EUR(90 * 1_003)],
      [EUR(9_000)],
      [EUR(21_000)],
    ]);
  });

  it('writes a vehicle off by what it drives, and stops at the end of its life', async () => {
    const van = await desk.vehicle();
    const bought = { price: EUR(1_000_001), residual: EUR(1), purchasedOn: '2020-01-01', purchaseMetres: 10_000 * KM };
    await desk.act(new SetCostProfileCommand(van.id, { ...bought, lifeMonths: null, lifeMetres: 100_000 * KM }, null));
    const read = (shown: number, at: string) =>
      desk.act(
        new RecordReadingCommand(van.id, {
          meter: 'odometer',
          kind: 'reading',
          shown: shown * KM,
          at: new Date(at),
          reason: null,
        }),
      );
    await read(20_000, '2025-01-31T00:00:00Z');
    await read(45_000, '2025-02-28T00:00:00Z');
    await read(150_000, '2025-04-30T00:00:00Z');
    const months = await summary('month', '2025-01-01', '2025-06-01');
    expect(sums(months)).toEqual({
      ...{ '2025-01': [100_000], '2025-02': [250_000], '2025-03': [], '2025-04': [650_000], '2025-05': [] },
    });
    expect(months.data.map(({ metres }) => metres / KM)).toEqual([0, 25_000, 0, 105_000, 0]);
    expect(months.total.costs[0]).toMatchObject({ fixed: EUR(0), variable: EUR(1_000_000), perKm: EUR(8) });
    expect((await desk.ask(new TotalCostQuery(van.id, { to: '2025-06-01' }))).bookValue).toEqual(EUR(1));
  });

  it('adds up exactly, however it is grouped, over months in which clocks change', async () => {
    await zone('Europe/Vienna');
    const fleets = [
      await desk.act(new CreateFleetCommand('North', null)),
      await desk.act(new CreateFleetCommand('South', null)),
    ];
    const vans = [
      await desk.vehicle({ name: 'A', fleetId: fleets[0].id }),
      await desk.vehicle({ name: 'B', fleetId: fleets[1].id }),
      await desk.vehicle({ name: 'C' }),
    ];
    const drivers = [await desk.driver(), await desk.driver({ name: 'Emil' })];
    await desk.act(
      new AssignToVehicleCommand(vans[0].id, {
        ...{ kind: 'driver', subjectId: drivers[0].id, slot: 1, note: null },
        ...{ from: new Date('2026-02-10T10:00:00Z'), until: new Date('2026-04-20T15:00:00Z') },
      }),
    );
    const categories: CostCategory[] = ['insurance', 'lease', 'toll', 'tyres', 'other'];
    const random = sequence(7);
    const days: {
      day: string;
      month: string;
      vehicle: string;
      category: string;
      currency: string;
      driver: string | null;
      amount: number;
    }[] = [];
    for (let i = 0; i < 60; i++) {
      const vehicle = vans[random(3)];
      const category = categories[random(categories.length)];
      const currency = random(5) === 0 ? 'CHF' : 'EUR';
      const amount = random(100_000);
      const [begin, length] = [random(300), 1 + random(200)];
      const named = random(4) === 0 ? drivers[random(2)].id : null;
      const day = (n: number): string => new Date(Date.UTC(2026, 0, 1) + n * 86_400_000).toISOString().slice(0, 10);
      const period = { ...over(day(begin), day(begin + length - 1)), driverId: named };
      await enter(vehicle.id, category, amount, period, currency);
      allocate({ amount, currency }, new Array<number>(length).fill(1)).forEach((part, n) => {
        const one = day(begin + n);
        // By noon in Vienna: from the 10th of February, which is at 11:00, to the 20th of April, at 17:00.
        const held = vehicle === vans[0] && one >= '2026-02-10' && one <= '2026-04-20' ? drivers[0].id : null;
        days.push({
          ...{ day: one, month: one.slice(0, 7), vehicle: vehicle.id, category, currency },
          ...{ driver: named ?? held, amount: part.amount },
        });
      });
    }
    const [from, to] = ['2026-03-15', '2026-11-07'];
    const within = days.filter(({ day }) => day >= from && day < to);
    const fleetOf = (vehicle: string): string | null => vans.find(({ id }) => id === vehicle)!.fleetId;
    for (const [groupBy, key] of [
      ['vehicle', (one) => one.vehicle],
      ['category', (one) => one.category],
      ['month', (one) => one.month],
      ['driver', (one) => one.driver],
      ['fleet', (one) => fleetOf(one.vehicle)],
    ] as [CostGroup, (one: (typeof days)[number]) => string | null][]) {
      const expected: Record<string, Record<string, number>> = {};
      for (const one of within) {
        const group = (expected[String(key(one))] ??= {});
        group[one.currency] = (group[one.currency] ?? 0) + one.amount;
      }
      const report = await summary(groupBy, from, to);
      const found = Object.fromEntries(
        report.data.map((row) => [
          String(row.key),
          Object.fromEntries(row.costs.map(({ total }) => [total.currency, total.amount])),
        ]),
      );
      expect(found).toEqual(expected);
      for (const { total, fixed } of report.total.costs) {
        const own = within.filter(({ currency }) => currency === total.currency);
        const sum = (list: typeof within): number => list.reduce((all, { amount }) => all + amount, 0);
        expect([total.amount, fixed.amount]).toEqual([
          sum(own),
          sum(own.filter((one) => FIXED_CATEGORIES.includes(one.category as CostCategory))),
        ]);
      }
    }
    const one = await summary('category', from, to, { vehicleId: [vans[1].id] });
    const both = await summary('category', from, to, { fleetId: [fleets[1].id] });
    expect(one.total.costs).toEqual(both.total.costs);
  });

  it('has days that begin at midnight where clocks change', () => {
    const span = spanOf({ from: '2026-03-28', to: '2026-03-31' }, 'Europe/Vienna');
    expect([span.days, span.starts, span.ends]).toEqual([3, '2026-03-27T23:00:00.000Z', '2026-03-30T22:00:00.000Z']);
    const months = spanOf({ from: '2026-02-15', to: '2026-04-02' }, 'Europe/Vienna', 'month').stretches;
    expect(months.map(({ label, from, to }) => [label, from, to])).toEqual([
      ['2026-02', '2026-02-15', '2026-03-01'],
      ['2026-03', '2026-03-01', '2026-04-01'],
      ['2026-04', '2026-04-01', '2026-04-02'],
    ]);
  });

  it('prices idling by what is known best', async () => {
    const [own, truck, car] = [
      await desk.vehicle({ fuelType: 'diesel' }),
      await desk.vehicle({ name: 'Truck', class: 'truck', fuelType: 'diesel' }),
      await desk.vehicle({ name: 'Car', class: 'car', fuelType: 'petrol' }),
    ];
    for (const { id } of [own, truck, car]) {
      await drove(id, '2026-03-05T08:00:00Z', '2026-03-05T12:00:00Z', 50 * KM, { idle: 5_400 });
      await idled(id, '2026-03-05T12:00:00Z', 5_400);
    }
    await desk.act(new SetCostProfileCommand(own.id, null, 1.1));
    const idle = () => desk.ask(new IdleCostsQuery({ from: '2026-03-01', to: '2026-04-01' }));
    expect(await idle()).toMatchObject({ idleSeconds: 16_200, unpriced: 3, total: [] });
    await fill(own.id, '2026-03-05T10:00:00Z', 60, 10_000);
    await fill(truck.id, '2026-03-06T10:00:00Z', 40, 7_000);
    const settings = { fuelPrices: { petrol: EUR(180), diesel: EUR(999) }, idleRates: { car: 0.7 }, co2Factors: {} };
    await desk.act(new SetCostSettingsCommand({ ...settings, idleHour: EUR(3_000) }));
    const { data, total, unpriced } = await idle();
    const of = (id: string) => data.find(({ vehicleId }) => vehicleId === id);
    // 1.5 h × 1.1 l × 170 and 1.5 h × 2.5 l × 170; 1.5 h × 0.7 l × 180; each with 1.5 × 3,000.
    expect(of(own.id)).toMatchObject({
      rate: 1.1,
      rateSource: 'vehicle',
      quantity: 1.65,
      fuelCost: EUR(281),
      idleShare: expect.closeTo(5.4 / 19.8, 9),
    });
    expect(of(truck.id)).toMatchObject({
      ...{ rateSource: 'class', fuelCost: EUR(638), hourCost: EUR(4_500) },
      price: { money: EUR(170), source: 'filled_in' },
    });
    expect(of(car.id)).toMatchObject({
      rateSource: 'organization',
      fuelCost: EUR(189),
      price: { source: 'organization' },
    });
    expect([total, unpriced]).toEqual([[EUR(281 + 638 + 189 + 3 * 4_500)], 0]);
  });

  it('says the CO2 of what was filled in, else of the norm, else of the class, and which it was', async () => {
    const [filled, norm, plain] = [
      await desk.vehicle({ fuelType: 'diesel', consumptionNorm: 99 }),
      await desk.vehicle({ name: 'Norm', fuelType: 'diesel', consumptionNorm: 10 }),
      await desk.vehicle({ name: 'Plain', class: 'car', fuelType: 'electric' }),
    ];
    for (const { id } of [filled, norm, plain])
      await drove(id, '2026-03-05T08:00:00Z', '2026-03-05T12:00:00Z', 200 * KM);
    await fill(filled.id, '2026-03-05T10:00:00Z', 18, null);
    const ask = (groupBy: 'vehicle' | 'fuel' | 'month') =>
      desk.ask(new EmissionsQuery({ groupBy, from: '2026-03-01', to: '2026-04-01' }));
    const { data, total, factors } = await ask('vehicle');
    const of = (id: string) => data.find(({ key }) => key === id);
    expect(of(filled.id)).toMatchObject({
      tankToWheel: 48.06,
      wellToWheel: 58.32,
      gramsPerKm: 291.6,
      methods: ['fuel'],
    });
    expect(of(norm.id)).toMatchObject({ tankToWheel: 53.4, wellToWheel: 64.8, methods: ['norm'] });
    expect(of(plain.id)).toMatchObject({ tankToWheel: 0, wellToWheel: 9.5, gramsPerKm: 47.5, methods: ['class'] });
    expect(total).toMatchObject({ wellToWheel: 132.62, metres: 600_000, methods: ['fuel', 'norm', 'class'] });
    expect(factors.diesel.source).toContain('EN 16258');
    expect((await ask('month')).total).toEqual(total);
    const co2Factors = { diesel: { tankToWheel: 2.5, wellToWheel: 3 } };
    await desk.act(new SetCostSettingsCommand({ fuelPrices: {}, idleRates: {}, idleHour: null, co2Factors }));
    const own = await ask('fuel');
    expect(own.data.map(({ key, wellToWheel }) => [key, wellToWheel])).toEqual([
      ['diesel', 54 + 60],
      ['electric', 9.5],
    ]);
    expect(own.factors.diesel.source).toBe('the organization');
  });

  it('counts days with trips where the organization is, over midnight and a changed clock', async () => {
    await zone('Europe/Vienna');
    const [used, idle] = [await desk.vehicle(), await desk.vehicle({ name: 'Van 8' })];
    await desk.plant(`update fleet.vehicles set created_at = '2026-01-01' where tenant_id = $1`, [desk.tenant]);
    // 23:30 to 00:30 in Vienna, in the night in which an hour is missing.
    await drove(used.id, '2026-03-28T22:30:00Z', '2026-03-28T23:30:00Z', 40 * KM, { idle: 600 });
    await idled(used.id, '2026-03-28T23:30:00Z', 600);
    await drove(used.id, '2026-03-29T08:00:00Z', '2026-03-29T10:00:00Z', 90 * KM);
    await drove(idle.id, '2026-03-30T08:00:00Z', '2026-03-30T09:00:00Z', 10 * KM);
    const ask = (from: string, to: string, more: object = {}) =>
      desk.ask(new UtilisationQuery({ groupBy: 'vehicle', from, to, threshold: 0.5, ...more }));
    const report = await ask('2026-03-28', '2026-03-31');
    expect(report.data.map(({ key, days, daysUsed, underused }) => [key, days, daysUsed, underused])).toEqual([
      [idle.id, 3, 1, true],
      [used.id, 3, 2, false],
    ]);
    // Three days of which one has 23 hours.
    expect(report.data[1]).toMatchObject({
      seconds: 71 * 3_600,
      drivingSeconds: 3 * 3_600,
      trips: 2,
      metres: 130 * KM,
      idleSeconds: 600,
    });
    expect(report.total).toMatchObject({
      vehicles: 2,
      days: 6,
      daysUsed: 3,
      dayShare: 0.5,
      standingSeconds: (142 - 4) * 3_600,
    });
    // A trip over midnight gives each day its part, and counts where it began.
    expect((await ask('2026-03-29', '2026-03-30')).data[1]).toMatchObject({
      daysUsed: 1,
      drivingSeconds: 9_000,
      trips: 1,
    });
    const months = await ask('2026-02-01', '2026-04-01', { groupBy: 'month' });
    expect(months.data.map(({ key, days, daysUsed }) => [key, days, daysUsed])).toEqual([
      ['2026-02', 56, 0],
      ['2026-03', 62, 3],
    ]);
  });

  it('shows a fleet at a glance', async () => {
    // In the middle of a month: in its first hour the trip would be of the one before.
    const now = clock.now();
    clock.setOffset((Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 15, 12) - now.getTime()) / 1_000);
    const { id: fleetId } = await desk.act(new CreateFleetCommand('North', null));
    const van = await desk.vehicle({ fleetId, fuelType: 'diesel' });
    await desk.vehicle({ name: 'Trailer', class: 'trailer' });
    const at = desk.in(-600);
    await enter(van.id, 'toll', 1_500, { at: desk.in(0) });
    await drove(van.id, desk.in(-3_600).toISOString(), at.toISOString(), 80 * KM);
    const all = await desk.ask(new FleetDashboardQuery());
    expect(all).toMatchObject({
      vehicles: { inService: 1, outOfService: 0, retired: 0, trailers: 1, onTrip: 1 },
      alerts: { maintenanceDue: 0, papersExpired: 0, defectsOpen: 0, drivingEvents: 0 },
      dispatch: { routes: 0, stops: 0, stopsLate: 0 },
      costs: { thisMonth: [{ total: EUR(1_500) }], lastMonth: [] },
      emissions: { methods: ['class'] },
    });
    expect(all.safetyScore).toBe(100);
    const other = await desk.act(new CreateFleetCommand('South', null));
    const none = await desk.ask(new FleetDashboardQuery({ fleetId: [other.id] }));
    expect(none).toMatchObject({ vehicles: { inService: 0, onTrip: 0 }, costs: { thisMonth: [] }, safetyScore: null });
    expect((await desk.ask(new FleetDashboardQuery({ fleetId: [fleetId] }))).costs).toEqual(all.costs);
  });

  it('finds what a list and a summary read by index, among thousands of rows', async () => {
    const van = await desk.vehicle({ fuelType: 'diesel' });
    await desk.plant(
      `with e as (insert into fleet.cost_entries (tenant_id, id, vehicle_id, category, amount, currency, begins_on, ends_on, created_at, updated_at)
           select kernel.tenant_id(), gen_random_uuid(), $1, 'toll', 100, 'EUR', d, d + 1, kernel.now(), kernel.now()
           from (select '2026-01-01'::date + i % 300 as d from generate_series(1, 10000) i) x),
         f as (insert into fleet.fuel_entries (tenant_id, id, vehicle_id, at, fuel_type, quantity, "full", amount, currency, source, created_at, updated_at)
           select kernel.tenant_id(), gen_random_uuid(), $1, '2026-01-01'::timestamptz + i * interval '1 hour', 'diesel', 1000, false, 200, 'EUR', 'manual',
             kernel.now(), kernel.now() from generate_series(1, 5000) i)
       insert into fleet.trips (tenant_id, id, vehicle_id, tracker_id, started_at, ended_at, start_lat, start_lng, end_lat, end_lng, distance_metres,
         max_speed, gap, low_resolution, class, made_at)
       select kernel.tenant_id(), gen_random_uuid(), $1, $1, s, s + interval '30 minutes', 48, 16, 48, 16, 10000, 20, false, false, 'van', s
       from (select '2026-01-01'::timestamptz + i * interval '1 hour' as s from generate_series(1, 5000) i) x`,
      [van.id],
    );
    const read = jest.spyOn(desk.app.get(Database), 'read');
    const days = { from: '2026-02-01', to: '2026-03-01' };
    const { total } = await summary('category', days.from, days.to);
    await summary('driver', days.from, days.to);
    await summary('vehicle', days.from, days.to, { vehicleId: [van.id] });
    await desk.ask(new EmissionsQuery({ groupBy: 'month', ...days }));
    await desk.ask(new UtilisationQuery({ groupBy: 'vehicle', threshold: 0.2, ...days }));
    await desk.ask(new IdleCostsQuery(days));
    await desk.ask(new FleetDashboardQuery());
    await desk.ask(new ListCostsQuery(page({ vehicleId: [van.id], from: days.from })));
    await desk.ask(new ListCostsQuery(page({ from: days.from, to: days.to })));
    const asked = read.mock.calls.filter(([text]) => /cost_entries|fleet\.trips/.test(text));
    read.mockRestore();
    // Of 28 days: 34 or 33 tolls and 24 fillings a day.
    expect(total.costs[0].total.amount).toBe((28 * 33 + 28) * 100 + 28 * 24 * 200);
    expect(asked.length).toBeGreaterThan(8);
    await desk.inside(async (tx) => {
      await tx.query('set local enable_seqscan = off');
      for (const [text, params] of asked) {
        const plan = JSON.stringify(await tx.query(`explain ${text}`, params));
        expect(
          plan.match(
            /Seq Scan on (?:cost_entries|fuel_entries|trips|work_order_lines|meter_readings|assignments)[^"]*/g,
          ),
        ).toBeNull();
      }
    });
  });

  it('knows nothing of other organizations, and refuses periods that are none', async () => {
    const van = await desk.vehicle();
    await enter(van.id, 'toll', 1_500, on('2026-03-01'));
    const foreign = <T>(query: Query<T>) => asTenant(newId(), () => desk.app.get(QueryBus).execute(query), SYSTEM);
    const days = { from: '2026-01-01', to: '2027-01-01' };
    for (const groupBy of ['vehicle', 'category', 'driver'] as const)
      expect((await foreign(new CostSummaryQuery({ groupBy, ...days }))).total.costs).toEqual([]);
    await expect(foreign(new TotalCostQuery(van.id, days))).rejects.toEqual(refused('vehicle-not-found'));
    expect((await foreign(new UtilisationQuery({ groupBy: 'vehicle', threshold: 0, ...days }))).data).toEqual([]);
    for (const [from, to] of [
      ['2026-03-01', '2026-03-01'],
      ['2026-03-02', '2026-03-01'],
      ['2010-01-01', '2026-03-01'],
    ])
      await expect(summary('vehicle', from, to)).rejects.toEqual(refused('report-period'));
  });
});

/** Pseudo-random numbers below a bound, the same each time. */
function sequence(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * below);
  };
}
