import { QueryBus } from '@nestjs/cqrs';
import fc from 'fast-check';
import { raceImports, TAKEN_ONCE } from '../../../test/scenarios/card-imports';
import { DAY, FleetDesk, page, refused } from '../../../test/support/fleet-desk';
import { clock } from '../../kernel/clock/clock';
import type { AppError } from '../../kernel/errors/app-error';
import { newId } from '../../kernel/ids/ids';
import { profileOf } from '../../kernel/tabular/profile';
import { PositionsOfTrackerQuery } from '../location/contracts/tracks';
import { DecideFuelChangeCommand } from './commands/decide-fuel-change';
import { ForgetDriverCommand } from './commands/forget-driver';
import { ImportFuelCardFileCommand } from './commands/import-fuel-card-file';
import { MakeFuelLevelsCommand } from './commands/make-fuel-levels';
import { AssignToVehicleCommand } from './commands/manage-assignments';
import {
  AssignFuelCardCommand,
  CreateFuelCardCommand,
  EndFuelCardAssignmentCommand,
  LabelFuelCardCommand,
  SettleFuelCardRowCommand,
} from './commands/manage-fuel-cards';
import { ChangeFuelEntryCommand, DeleteFuelEntryCommand, EnterFuelCommand } from './commands/manage-fuel-entries';
import { CreateFuelSensorCommand } from './commands/manage-fuel-sensors';
import { FuelModule } from './fuel.module';
import { FindFuelCardRowQuery, ListFuelCardRowsQuery } from './queries/fuel-card-rows';
import { FindFuelCardQuery, ListFuelCardHoldersQuery, ListFuelCardsQuery } from './queries/fuel-cards';
import { FindFuelEntryQuery, ListFuelEntriesQuery } from './queries/fuel-entries';
import { FindFuelChangeQuery, ListFuelChangesQuery } from './queries/fuel-levels';

const HEADER = 'provider,card,transaction,at,fuelType,quantity,total,currency,station,lat,lng,plate';
/** 18 digits with a check digit, as DKV gives them out. */
const NUMBER = '700412345678904182';

describe('fuel cards', () => {
  let desk: FleetDesk;
  beforeAll(async () => {
    desk = await FleetDesk.open([FuelModule]);
  });
  afterAll(() => desk.app.close());
  beforeEach(() => desk.begin());
  afterEach(() => clock.setOffset(0));

  /** A line of a file: 50 litres for 80 euros, two hours ago, unless said otherwise. */
  const line = (more: Record<string, unknown> = {}): string => {
    const row: Record<string, unknown> = {
      ...{
        provider: 'DKV',
        card: '**** 4182',
        transaction: 'T-1',
        at: desk.in(-7_200).toISOString(),
        fuelType: 'diesel',
      },
      ...{ quantity: 50, total: 80, currency: 'EUR', station: 'Nord', lat: '', lng: '', plate: '', ...more },
    };
    return HEADER.split(',')
      .map((name) => row[name])
      .join(',');
  };
  const take = (lines: readonly string[], more: object = {}) =>
    desk.act(
      new ImportFuelCardFileCommand({
        files: [{ name: 'cards.csv', content: [HEADER, ...lines].join('\n') }],
        ...more,
      }),
    );
  const rows = async (more: object = {}) =>
    (await desk.ask(new ListFuelCardRowsQuery(page({ sort: 'at', ...more })))).data;
  const entries = async () => (await desk.ask(new ListFuelEntriesQuery(page({ sort: 'at' })))).data;
  const enter = (vehicleId: string, more: object = {}) =>
    desk.act(
      new EnterFuelCommand(vehicleId, {
        ...{ at: desk.in(-7_000), quantity: 50_200, full: true, total: null, odometer: null, station: null },
        ...{ location: null, note: null, fileId: null, ...more },
      }),
    );
  const card = async (vehicleId: string, from = desk.in(-10 * DAY)) => {
    const { id } = await desk.act(new CreateFuelCardCommand({ provider: 'DKV', lastFour: '4182', label: null }));
    return desk.act(new AssignFuelCardCommand(id, { vehicleId, driverId: null, from, until: null }));
  };

  it('come by a mapping in the words of the provider; broken lines are named, and of a number four digits are kept', async () => {
    const van = await desk.vehicle({ plate: 'W 12345 X' });
    const content = [
      'Karte;Beleg;Datum;Produkt;Menge;Betrag;Kennzeichen',
      `${NUMBER};B-1;28.02.2026 09:30;Diesel;50,25;80,40;w-12345-x`,
      `${NUMBER};B-2;28.02.2026 09:31;AdBlue;10;9,90;`,
      `${NUMBER};B-3;30.02.2026 09:31;Diesel;50;80;`,
      `keine;B-4;28.02.2026 09:31;Diesel;viel;80;`,
      `4242 4242 4242 4242;B-1;28.02.2026 09:31;Diesel;5;80;`,
    ].join('\n');
    const profile = profileOf({
      ...{ name: 'dkv', decimal: ',', currency: 'EUR', timeZone: 'Europe/Vienna', dateOrder: 'dmy' },
      sheets: [
        {
          ...{ entity: 'fuel-card-rows', file: 'x.csv' },
          columns: {
            provider: { value: 'DKV' },
            card: 'Karte',
            transaction: 'Beleg',
            at: 'Datum',
            fuelType: { from: 'Produkt', map: { Diesel: 'diesel', AdBlue: 'other' } },
            quantity: 'Menge',
            total: 'Betrag',
            plate: 'Kennzeichen',
          },
        },
      ],
    });
    const file = { files: [{ name: 'dkv.csv', content }], profile };
    clock.setOffset((Date.parse('2026-03-01T12:00:00Z') - clock.nowMs()) / 1000);
    const refusal = desk.act(new ImportFuelCardFileCommand(file));
    await expect(refusal).rejects.toEqual(refused('card-import-refused'));
    const { faults } = (await refusal.catch((error: unknown) => (error as AppError).data)) as {
      faults: { line: number; column: string; code: string; reason: string }[];
    };
    expect(faults.map(({ line: at, column, code }) => [at, column, code])).toEqual([
      [4, 'Datum', 'not-a-date'],
      [5, 'Karte', 'not-a-card'],
      [5, 'Menge', 'not-a-number'],
      [6, 'Beleg', 'duplicate'],
    ]);
    expect(JSON.stringify(faults)).not.toMatch(/4242|keine|7004/);
    expect(await desk.act(new ImportFuelCardFileCommand({ ...file, dryRun: true }))).toMatchObject({
      ...{ written: false, created: 1, leftOut: 1, refused: 3 },
    });
    expect(await rows()).toEqual([]);
    const partial = { ...file, acceptPartial: true };
    expect(await desk.act(new ImportFuelCardFileCommand(partial))).toMatchObject({
      written: true,
      created: 1,
      leftOut: 1,
    });
    expect(await desk.act(new ImportFuelCardFileCommand(partial))).toMatchObject({ created: 0, unchanged: 1 });
    expect(await rows()).toMatchObject([
      {
        ...{ provider: 'DKV', lastFour: '4182', transaction: 'B-1', at: '2026-02-28T08:30:00.000Z', vehicleId: van.id },
        ...{
          quantity: 50_250,
          unit: 'ml',
          total: { amount: 8_040, currency: 'EUR' },
          flags: ['unmatched'],
          state: 'flagged',
        },
      },
    ]);
    const [{ n }] = await desk.rows<{ n: number }>(
      `select count(*)::int as n from (select to_jsonb(r)::text as t from fleet.fuel_card_rows r where tenant_id = $1
         union all select to_jsonb(c)::text from fleet.fuel_cards c where tenant_id = $1
         union all select to_jsonb(a)::text from audit.entries a where tenant_id = $1) told where t like '%70041234%'`,
      [desk.tenant],
    );
    expect(n).toBe(0);
  });

  it('give their price to what was entered, and take it back; what comes anew with other values is refused', async () => {
    const van = await desk.vehicle();
    await card(van.id);
    const entered = await enter(van.id, { total: { amount: 7_000, currency: 'EUR' } });
    await take([line()]);
    const [row] = await rows();
    expect(row).toMatchObject({ state: 'matched', flags: [], entryId: entered.id, vehicleId: van.id });
    expect(await entries()).toMatchObject([{ id: entered.id, total: { amount: 8_000 }, quantity: 50_200 }]);
    await expect(take([line({ total: 90 })])).rejects.toEqual(refused('card-import-refused'));
    await expect(desk.act(new SettleFuelCardRowCommand(row.id, 'disputed', null))).rejects.toEqual(
      refused('fuel-card-row-note'),
    );
    const disputed = await desk.act(new SettleFuelCardRowCommand(row.id, 'disputed', 'Too dear'));
    expect(disputed).toMatchObject({ state: 'disputed', entryId: null, note: 'Too dear' });
    expect(await entries()).toMatchObject([{ total: { amount: 7_000 } }]);
    await desk.act(new SettleFuelCardRowCommand(row.id, 'accepted', null));
    expect(await entries()).toMatchObject([{ total: { amount: 8_000 } }]);
    // What is corrected so that it is no more the same gives the price back; the transaction is an entry of its own then.
    await desk.act(new ChangeFuelEntryCommand(entered.id, { quantity: 20_000 }));
    const both = await entries();
    expect(both.map(({ source, total }) => [source, total?.amount])).toEqual([
      ['card', 8_000],
      ['manual', 7_000],
    ]);
    const [made] = both;
    await expect(desk.act(new DeleteFuelEntryCommand(made.id))).rejects.toEqual(refused('fuel-entry-of-card'));
    await desk.act(new SettleFuelCardRowCommand(row.id, 'disputed', 'Again'));
    expect(await entries()).toMatchObject([{ id: entered.id }]);
    await desk.act(new DeleteFuelEntryCommand(entered.id));
    await expect(desk.act(new SettleFuelCardRowCommand(newId(), 'accepted', null))).rejects.toEqual(
      refused('fuel-card-row-not-found'),
    );
  });

  it('are a refill that the sensor saw, which gives way to what people enter', async () => {
    const begin = desk.in(-4 * 3_600);
    const [van, trackerId] = [await desk.vehicle({ tankCapacity: 75 }), await desk.tracker()];
    const device = { kind: 'device' as const, subjectId: trackerId, from: begin, until: null, slot: 1, note: null };
    await desk.act(new AssignToVehicleCommand(van.id, device));
    const points = [0, 75].map((raw) => ({ raw, amount: raw }));
    await desk.act(new CreateFuelSensorCommand({ vehicleId: van.id, attribute: 'fuel', from: begin, points }));
    await card(van.id, begin);
    const at = new Date(begin.getTime() + 62 * 60_000).toISOString();
    await take([
      line({ at, lat: 48.001, lng: 16 }),
      line({ at: desk.in(-3_600).toISOString(), transaction: 'T-2', lat: 49, lng: 16 }),
    ]);
    expect(await rows()).toMatchObject([{ flags: ['unmatched'] }, { flags: ['unmatched'], nearestMetres: null }]);
    await desk.tell(
      trackerId,
      Array.from({ length: 200 }, (_, i) => ({
        ...{ fixTime: new Date(begin.getTime() + i * 60_000).toISOString(), lat: 48, lng: 16, speed: 0, accuracy: 5 },
        attributes: { ignition: false, fuel: i < 60 ? 10 : 60 },
      })),
    );
    const make = () => desk.act(new MakeFuelLevelsCommand(van.id, begin, desk.in(0)));
    await make();
    const [{ id: changeId }] = (await desk.ask(new ListFuelChangesQuery(page()))).data;
    const [seen, elsewhere] = await rows();
    expect(seen).toMatchObject({ state: 'matched', flags: [], nearestMetres: 111 });
    expect(elsewhere.flags).toEqual(['unmatched', 'vehicle_elsewhere']);
    const [made] = await entries();
    expect(made).toMatchObject({ id: seen.entryId, source: 'card', total: { amount: 8_000 }, quantity: 50_000 });
    expect((await desk.ask(new FindFuelChangeQuery(changeId))).entry?.id).toBe(made.id);
    await make();
    expect((await entries()).map(({ id }) => id)).toEqual([made.id]);
    // Told late by whoever drove: the same refill, once, with the price of the card.
    const entered = await enter(van.id, { at: new Date(at), quantity: 49_500 });
    expect(await entries()).toMatchObject([{ id: entered.id, source: 'manual', total: { amount: 8_000 } }]);
    expect((await rows())[0]).toMatchObject({ entryId: entered.id, state: 'matched' });
    expect((await desk.ask(new FindFuelChangeQuery(changeId))).entry?.id).toBe(entered.id);
    await desk.act(new DeleteFuelEntryCommand(entered.id));
    expect(await entries()).toMatchObject([{ source: 'card', total: { amount: 8_000 } }]);
    await desk.act(new DecideFuelChangeCommand(changeId, 'dismissed', 'Water'));
    expect([await entries(), (await rows())[0].flags]).toEqual([[], ['unmatched']]);
  });

  it('are flagged: too much for the tank, another fuel, told twice', async () => {
    const van = await desk.vehicle({ tankCapacity: 45 });
    await card(van.id);
    await enter(van.id, { total: null });
    const again = { transaction: 'T-2', at: desk.in(-7_000).toISOString() };
    await take([
      line(),
      line(again),
      line({ transaction: 'T-3', at: desk.in(-DAY).toISOString(), fuelType: 'petrol', quantity: 40 }),
    ]);
    const told = await rows();
    expect(told.map(({ transaction, flags }) => [transaction, flags])).toEqual([
      ['T-3', ['unmatched', 'wrong_fuel']],
      ['T-1', ['exceeds_tank']],
      ['T-2', ['unmatched', 'exceeds_tank', 'duplicate']],
    ]);
    expect((await rows({ flag: ['duplicate', 'wrong_fuel'] })).map(({ transaction }) => transaction)).toEqual([
      'T-3',
      'T-2',
    ]);
    expect(await rows({ state: ['matched'] })).toEqual([]);
    // People say that it was filled in twice after all.
    await desk.act(new SettleFuelCardRowCommand(told[2].id, 'accepted', 'Two canisters'));
    expect(await entries()).toHaveLength(2);
    expect((await entries()).reduce((sum, { total }) => sum + (total?.amount ?? 0), 0)).toBe(16_000);
  });

  it('belong by date to a vehicle or a driver, also when that is said late', async () => {
    const [van, other] = [await desk.vehicle(), await desk.vehicle({ name: 'Van 8' })];
    const userId = await desk.member();
    const dora = await desk.driver({ userId });
    await desk.act(
      new AssignToVehicleCommand(van.id, {
        ...{ kind: 'driver', subjectId: dora.id, from: desk.in(-DAY), until: null, slot: 1, note: null },
      }),
    );
    await take([line(), line({ transaction: '', at: desk.in(-3 * DAY).toISOString() })]);
    expect((await rows()).map(({ vehicleId, flags }) => [vehicleId, flags])).toEqual([
      [null, ['unmatched']],
      [null, ['unmatched']],
    ]);
    const [known] = (await desk.ask(new ListFuelCardsQuery(page()))).data;
    expect(known).toMatchObject({ provider: 'DKV', lastFour: '4182', label: null, holder: null });
    await desk.act(new LabelFuelCardCommand(known.id, 'Dora'));
    await expect(
      desk.act(new CreateFuelCardCommand({ provider: 'dkv', lastFour: '4182', label: null })),
    ).rejects.toEqual(refused('fuel-card-exists'));
    const give = (holder: object) =>
      desk.act(new AssignFuelCardCommand(known.id, { vehicleId: null, driverId: null, until: null, ...holder }));
    await expect(give({})).rejects.toEqual(refused('card-holder'));
    await expect(give({ vehicleId: newId() })).rejects.toEqual(refused('vehicle-not-found'));
    await expect(give({ driverId: newId() })).rejects.toEqual(refused('driver-not-found'));
    const entered = await enter(other.id, { at: desk.in(-3 * DAY) });
    await give({ vehicleId: other.id, from: desk.in(-5 * DAY) });
    expect((await rows()).map(({ vehicleId, state }) => [vehicleId, state])).toEqual([
      [other.id, 'matched'],
      [other.id, 'flagged'],
    ]);
    // Dora has it since yesterday: what she paid counts to what she drove, what was before stays.
    const [own] = [await enter(van.id)];
    const { holder } = await give({ driverId: dora.id, from: desk.in(-DAY) });
    expect(holder).toMatchObject({ driverId: dora.id, vehicleId: null, until: null });
    expect((await rows()).map(({ vehicleId, driverId, entryId }) => [vehicleId, driverId, entryId])).toEqual([
      [other.id, null, entered.id],
      [van.id, dora.id, own.id],
    ]);
    await expect(give({ vehicleId: van.id, from: desk.in(-2 * DAY), until: desk.in(0) })).rejects.toEqual(
      refused('card-assignment-overlaps'),
    );
    expect((await desk.ask(new ListFuelCardHoldersQuery(known.id, page()))).data).toHaveLength(2);
    expect(await desk.as(userId, new ListFuelCardRowsQuery(page()))).toMatchObject({ data: [{ driverId: dora.id }] });
    const [hers, others] = [(await rows())[1].id, (await rows())[0].id];
    await expect(desk.as(userId, new FindFuelCardRowQuery(others))).rejects.toEqual(refused('fuel-card-row-not-found'));
    await desk.act(new SettleFuelCardRowCommand(hers, 'accepted', 'Dora again'));
    await desk.act(new ForgetDriverCommand(dora.id));
    expect(await desk.ask(new FindFuelCardRowQuery(hers))).toMatchObject({
      note: null,
      station: null,
      quantity: 50_000,
    });
    expect(await desk.ask(new FindFuelCardRowQuery(others))).toMatchObject({ station: 'Nord' });
    expect(await desk.ask(new FindFuelCardQuery(known.id))).toMatchObject({ label: null, holder: null });
    // From whoever had it until further notice it is taken back, and what was paid since is nobody's.
    await expect(desk.act(new EndFuelCardAssignmentCommand(known.id))).rejects.toEqual(
      refused('card-assignment-not-found'),
    );
    clock.setOffset(60);
    await give({ vehicleId: other.id });
    expect((await desk.act(new EndFuelCardAssignmentCommand(known.id, desk.in(30)))).holder).not.toBeNull();
    expect((await desk.ask(new FindFuelEntryQuery(own.id))).total).toEqual({ amount: 8_000, currency: 'EUR' });
  });

  it('are the same in whatever order they come, and in whatever parts, again and again', async () => {
    const begin = desk.in(-2 * DAY).getTime();
    const minutes = fc.integer({ min: 0, max: 150 });
    const told = fc.array(fc.record({ minute: minutes, litres: fc.constantFrom(50, 50, 54, 30) }), {
      ...{ minLength: 2, maxLength: 7 },
    });
    const entered = fc.array(fc.record({ minute: minutes, litres: fc.constantFrom(50, 52, 31) }), { maxLength: 5 });
    const at = (minute: number): Date => new Date(begin + minute * 60_000);
    await fc.assert(
      fc.asyncProperty(
        told,
        entered,
        fc.integer({ min: 0, max: 7 }),
        fc.boolean(),
        async (given, filled, cut, back) => {
          const ends: unknown[] = [];
          const lines = given.map(({ minute, litres }, i) =>
            line({ transaction: `T-${i}`, at: at(minute).toISOString(), quantity: litres, total: 80 + i }),
          );
          for (const order of [lines, back ? [...lines].reverse() : [...lines.slice(1), lines[0]]]) {
            await desk.begin();
            const van = await desk.vehicle();
            await card(van.id, at(-60));
            for (const { minute, litres } of filled) await enter(van.id, { at: at(minute), quantity: litres * 1000 });
            const parts = ends.length === 0 ? [order] : [order.slice(0, cut), order.slice(cut), order];
            for (const part of parts) if (part.length > 0) await take(part);
            const [all, costs] = [await rows(), new Map((await entries()).map(({ id, ...entry }) => [id, entry]))];
            ends.push([
              all
                .map(({ transaction, state, flags, entryId }) => [
                  transaction,
                  state,
                  flags,
                  costs.get(entryId ?? '')?.at,
                ])
                .sort(),
              [...costs.values()]
                .map(({ at: time, quantity, total }) => [time, quantity, total?.amount ?? null])
                .sort(),
            ]);
          }
          expect(ends[1]).toEqual(ends[0]);
        },
      ),
      { numRuns: 8 },
    );
  }, 120_000);

  it('are taken once however often the file says them; of a receipt with one number what is no fuel is left out', async () => {
    const at = desk.in(-7_200).toISOString();
    const [first, plain] = [line({ at }), line({ at, transaction: '' })];
    const lines = [line({ at, fuelType: 'other', quantity: 10 }), first, line({ at, provider: 'dkv.' }), plain, plain];
    expect(await take(lines)).toMatchObject({ rows: 5, created: 2, unchanged: 2, leftOut: 1, refused: 0 });
    expect(await take(lines)).toMatchObject({ created: 0, unchanged: 4, leftOut: 1 });
    const differing = take([first, line({ at, quantity: 51 })], { dryRun: true });
    expect((await differing).faults).toMatchObject([{ line: 3, column: 'transaction', code: 'duplicate' }]);
  });

  it('have no number of a card where columns slipped, and faults repeat none', async () => {
    const long = `${NUMBER.slice(0, -4)}4190`;
    const slipped = [
      { transaction: NUMBER },
      { station: `DKV ${NUMBER}` },
      { plate: NUMBER },
      { fuelType: NUMBER },
    ].map((more, i) => line({ transaction: `T-${i}`, ...more }));
    const told = await take([...slipped, line({ transaction: long })], {
      acceptPartial: true,
    });
    expect(told).toMatchObject({ created: 1, refused: 4 });
    expect(told.faults.map(({ column, code }) => [column, code])).toEqual([
      ['transaction', 'card-number'],
      ['station', 'card-number'],
      ['plate', 'card-number'],
      ['fuelType', 'not-one-of'],
    ]);
    expect(JSON.stringify(told)).not.toMatch(/7004/);
    expect((await rows()).map(({ transaction }) => transaction)).toEqual([long]);
  });

  it('go with their entries to other vehicles and drivers; what is disputed, or nobody’s, lets its entry go, receipt and all', async () => {
    const [van, other] = [await desk.vehicle(), await desk.vehicle({ name: 'Van 8' })];
    const [dora, emil] = [await desk.driver(), await desk.driver({ name: 'Emil' })];
    const { id } = await card(van.id);
    await take([line(), line({ transaction: 'T-2', at: desk.in(-DAY / 2).toISOString() })]);
    const [later, earlier] = [(await rows())[1].id, (await rows())[0].id];
    const settle = async (rowId: string, decision: 'accepted' | 'disputed') =>
      (await desk.act(new SettleFuelCardRowCommand(rowId, decision, 'Seen'))).entryId;
    const write = (entryId: string) =>
      desk.act(new ChangeFuelEntryCommand(entryId, { note: 'By hand', fileId: newId() }));
    const [entryId, earlierId] = [(await settle(later, 'accepted'))!, (await settle(earlier, 'accepted'))!];
    await write(entryId);
    await desk.act(new ChangeFuelEntryCommand(earlierId, { driverId: emil.id }));
    await desk.act(
      new AssignToVehicleCommand(other.id, {
        ...{ kind: 'driver', subjectId: dora.id, from: desk.in(-DAY), until: null, slot: 1, note: null },
      }),
    );
    const give = (vehicleId: string | null, driverId: string | null, from: Date) =>
      desk.act(new AssignFuelCardCommand(id, { vehicleId, driverId, from, until: null }));
    await give(other.id, null, desk.in(-DAY));
    expect(await entries()).toMatchObject([
      { id: earlierId, vehicleId: other.id, driverId: emil.id },
      { id: entryId, vehicleId: other.id, driverId: dora.id, note: 'By hand', total: { amount: 8_000 } },
    ]);
    expect((await rows())[1]).toMatchObject({ vehicleId: other.id, entryId, flags: [] });
    // Another drove: the entry is of whoever the transaction is of.
    await desk.act(
      new AssignToVehicleCommand(van.id, {
        ...{ kind: 'driver', subjectId: emil.id, from: desk.in(-DAY), until: null, slot: 1, note: null },
      }),
    );
    await give(null, emil.id, desk.in(-3 * 3_600));
    expect((await entries())[1]).toMatchObject({ id: entryId, vehicleId: van.id, driverId: emil.id });
    expect(desk.detached).toEqual([]);
    expect(await settle(later, 'disputed')).toBeNull();
    expect([(await entries()).map((entry) => entry.id), desk.detached]).toEqual([[earlierId], [entryId]]);
    const again = (await settle(later, 'accepted'))!;
    await write(again);
    await desk.act(new EndFuelCardAssignmentCommand(id, desk.in(-2.5 * 3_600)));
    expect((await rows())[1]).toMatchObject({ vehicleId: null, driverId: null, entryId: null });
    expect([(await entries()).map((entry) => entry.id), desk.detached]).toEqual([[earlierId], [entryId, again]]);
  });

  it('are nobody’s once their driver was forgotten, and say no place', async () => {
    const [van, dora] = [await desk.vehicle(), await desk.driver()];
    await desk.act(
      new AssignToVehicleCommand(van.id, {
        ...{ kind: 'driver', subjectId: dora.id, from: desk.in(-DAY), until: null, slot: 1, note: null },
      }),
    );
    const place = { at: desk.in(-7_200).toISOString(), lat: 48, lng: 16 };
    await take([line({ card: '**** 0007', transaction: 'T-2', quantity: 40, ...place })]);
    const [vans] = (await desk.ask(new ListFuelCardsQuery(page()))).data;
    const { id } = await desk.act(new CreateFuelCardCommand({ provider: 'DKV', lastFour: '4182', label: null }));
    const from = desk.in(-DAY);
    await desk.act(new AssignFuelCardCommand(id, { vehicleId: null, driverId: dora.id, from, until: null }));
    await desk.act(new ForgetDriverCommand(dora.id));
    await take([line(place)]);
    await desk.act(new AssignFuelCardCommand(vans.id, { vehicleId: van.id, driverId: null, from, until: null }));
    const kept = `select transaction, vehicle_id as "vehicleId", driver_id as "driverId", station, lat, lng
      from fleet.fuel_card_rows where tenant_id = $1 order by transaction`;
    const nobodys = { vehicleId: van.id, driverId: null, station: null, lat: null, lng: null };
    expect(await desk.rows(kept, [desk.tenant])).toEqual([
      { transaction: 'T-1', ...nobodys },
      { transaction: 'T-2', ...nobodys },
    ]);
    expect(await take([line(place)])).toMatchObject({ created: 0, unchanged: 1 });
  });

  it('say no place of whoever is forgotten while they come', async () => {
    for (let time = 0; time < 6; time += 1) {
      await desk.begin();
      const [van, dora] = [await desk.vehicle(), await desk.driver()];
      await desk.act(
        new AssignToVehicleCommand(van.id, {
          ...{ kind: 'driver', subjectId: dora.id, from: desk.in(-DAY), until: null, slot: 1, note: null },
        }),
      );
      await card(van.id);
      const forget = () => desk.act(new ForgetDriverCommand(dora.id));
      await (time % 2 ? Promise.all([forget(), take([line()])]) : Promise.all([take([line()]), forget()]));
      expect(await rows()).toMatchObject([{ vehicleId: van.id, station: null }]);
    }
  });

  it('are compared with a track that is read once for all of some hours', async () => {
    const begin = desk.in(-4 * 3_600);
    const [van, trackerId] = [await desk.vehicle(), await desk.tracker()];
    const device = { kind: 'device' as const, subjectId: trackerId, from: begin, until: null, slot: 1, note: null };
    await desk.act(new AssignToVehicleCommand(van.id, device));
    await card(van.id, desk.in(-10 * DAY));
    const after = (minutes: number): string => new Date(begin.getTime() + minutes * 60_000).toISOString();
    const track = Array.from({ length: 200 }, (_, i) => ({
      fixTime: after(i),
      lat: 48,
      lng: 16,
      speed: 0,
      accuracy: 5,
    }));
    await desk.tell(trackerId, track);
    const paid = [15, 65, 115, 165].map((minute, i) =>
      line({ transaction: `T-${i}`, at: after(minute), lat: 48 + i / 1_000, lng: 16 }),
    );
    const asked = jest.spyOn(desk.app.get(QueryBus), 'execute');
    await take([...paid, line({ transaction: 'T-9', at: desk.in(-8 * DAY).toISOString(), lat: 48, lng: 16 })]);
    const read = asked.mock.calls.filter(([query]) => query instanceof PositionsOfTrackerQuery).length;
    asked.mockRestore();
    expect(read).toBe(1);
    expect((await rows()).map(({ nearestMetres }) => nearestMetres)).toEqual([null, 0, 111, 222, 334]);
  });

  it('are taken once by imports of one file at a time', async () => {
    expect(await raceImports(desk)).toEqual(TAKEN_ONCE);
  });
});
