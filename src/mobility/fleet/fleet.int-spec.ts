import { DAY, FleetDesk, page, refused } from '../../../test/support/fleet-desk';
import { clock } from '../../kernel/clock/clock';
import { AccountDeleted } from '../../access/identity/contracts/identity-events';
import { PLATFORM_TENANT } from '../../kernel/context/request-context';
import { newId } from '../../kernel/ids/ids';
import { FindTrackersQuery } from '../location/contracts/trackers';
import { FollowDevice } from './commands/device-follower';
import { ForgetDriverCommand } from './commands/forget-driver';
import { AssignToVehicleCommand, DeleteAssignmentCommand, EndAssignmentCommand } from './commands/manage-assignments';
import { ChangeDocumentCommand, CreateDocumentCommand } from './commands/manage-documents';
import { ChangeDriverCommand, CreateDriverCommand } from './commands/manage-drivers';
import { CreateFleetCommand, DeleteFleetCommand } from './commands/manage-fleets';
import {
  ChangeFleetVehicleCommand,
  CreateFleetVehicleCommand,
  MoveFleetVehicleCommand,
} from './commands/manage-vehicles';
import { RecordReadingCommand } from './commands/record-reading';
import type { AssignmentKind } from './domain/assignment';
import type { Meter, ReadingKind } from './domain/meter';
import { ListAssignmentsQuery } from './queries/assignments';
import { ListDocumentsQuery } from './queries/documents';
import { FindDriverQuery, ListDriversQuery, OwnDriverQuery } from './queries/drivers';
import { FindVehicleQuery, ListVehiclesQuery } from './queries/vehicles';

describe('fleet', () => {
  let desk: FleetDesk;
  beforeAll(async () => {
    desk = await FleetDesk.open();
  });
  afterAll(() => desk.app.close());
  beforeEach(() => desk.begin());
  afterEach(() => clock.setOffset(0));

  const assign = (vehicleId: string, kind: AssignmentKind, subjectId: string, more: object = {}) =>
    desk.act(new AssignToVehicleCommand(vehicleId, { kind, subjectId, until: null, slot: 1, note: null, ...more }));
  const read = (vehicleId: string, shown: number, at: Date, kind: ReadingKind = 'reading', meter: Meter = 'odometer') =>
    desk.act(
      new RecordReadingCommand(vehicleId, { meter, kind, shown, at, reason: kind === 'reading' ? null : 'Because' }),
    );

  it('keeps vehicles with what makes them one, and lets a retired one go', async () => {
    const fleet = await desk.act(new CreateFleetCommand('City vans', null));
    await expect(desk.act(new CreateFleetCommand('city VANS', null))).rejects.toEqual(refused('fleet-name-taken'));
    const van = await desk.vehicle({
      fleetId: fleet.id,
      plate: 'W 12345 X',
      vin: 'wvw zzz1jzxw000001',
      tankCapacity: 75,
    });
    expect(van).toMatchObject({ vin: 'WVWZZZ1JZXW000001', kind: 'vehicle', fuelUnit: 'l', state: 'in_service' });
    await expect(desk.vehicle({ plate: 'w-12345-x' })).rejects.toEqual(refused('plate-taken'));
    await expect(desk.vehicle({ vin: '1M8GDM9A1KP042788' })).rejects.toEqual(refused('vin-invalid'));
    await expect(desk.vehicle({ fleetId: newId() })).rejects.toEqual(refused('fleet-not-found'));
    const uneven = [
      { raw: 0, amount: 0 },
      { raw: 2, amount: 50 },
      { raw: 1, amount: 60 },
    ];
    await expect(desk.vehicle({ calibration: uneven })).rejects.toEqual(refused('calibration-invalid'));
    await expect(desk.act(new ChangeFleetVehicleCommand(van.id, { class: 'trailer' }))).rejects.toEqual(
      refused('class-fixed'),
    );
    await expect(desk.act(new ChangeFleetVehicleCommand(van.id, { name: 'Van 8' }, 9))).rejects.toEqual(
      refused('stale'),
    );
    await expect(desk.act(new DeleteFleetCommand(fleet.id))).rejects.toEqual(refused('fleet-not-empty'));
    const found = await desk.ask(
      new ListVehiclesQuery(page({ plate: 'w12345x', class: ['van'], fleetId: [fleet.id] })),
    );
    expect(found.data.map(({ id }) => id)).toEqual([van.id]);
    await desk.act(new MoveFleetVehicleCommand(van.id, 'out_of_service', 'Broken'));
    await desk.act(new MoveFleetVehicleCommand(van.id, 'retired', null));
    await expect(desk.act(new MoveFleetVehicleCommand(van.id, 'in_service', null))).rejects.toEqual(
      refused('vehicle-state'),
    );
    expect((await desk.vehicle({ plate: 'W 12345 X' })).plate).toBe('W 12345 X');
  });

  it('of many that want one number plate at once, one gets it', async () => {
    const tries = Array.from({ length: 6 }, () => desk.vehicle({ plate: 'RACE 1' }).catch((error: object) => error));
    const made = (await Promise.all(tries)).filter((it) => 'id' in it);
    expect(made).toHaveLength(1);
  });

  it('keeps periods apart, on both sides, and ends those of who leaves', async () => {
    const [van, bus] = [await desk.vehicle(), await desk.vehicle({ name: 'Bus', class: 'bus' })];
    const [dora, emil] = [await desk.driver(), await desk.driver({ name: 'Emil' })];
    const [one, two, three] = [0, 1, 2].map((day) => desk.in((day + 1) * DAY));
    const first = await assign(van.id, 'driver', dora.id, { from: one, until: two });
    // Periods that touch do not overlap.
    const second = await assign(bus.id, 'driver', dora.id, { from: two, until: three });
    await assign(van.id, 'driver', emil.id, { from: two });
    await expect(assign(bus.id, 'driver', dora.id, { from: one })).rejects.toEqual(refused('assignment-overlaps'));
    await expect(assign(van.id, 'driver', emil.id, { from: three, until: two })).rejects.toEqual(
      refused('period-invalid'),
    );
    await expect(desk.act(new EndAssignmentCommand(van.id, first.id, null))).rejects.toMatchObject({
      code: 'fleet.assignment-overlaps',
    });
    expect((await desk.act(new EndAssignmentCommand(van.id, first.id, desk.in(DAY + 60)))).until).not.toBeNull();
    await desk.act(new DeleteAssignmentCommand(bus.id, second.id));
    await expect(assign(van.id, 'driver', newId())).rejects.toEqual(refused('subject-not-found'));
    await expect(assign(van.id, 'trailer', bus.id)).rejects.toEqual(refused('assignment-invalid'));
    const trailer = await desk.vehicle({ name: 'Trailer', class: 'trailer' });
    await assign(van.id, 'trailer', trailer.id);
    await expect(assign(bus.id, 'trailer', trailer.id)).rejects.toEqual(refused('assignment-overlaps'));
    expect((await desk.ask(new FindVehicleQuery(van.id))).trailerIds).toEqual([trailer.id]);
    clock.setOffset(3 * DAY);
    expect((await desk.ask(new FindVehicleQuery(van.id))).driver).toEqual({ id: emil.id, name: 'Emil' });
    await expect(desk.act(new DeleteAssignmentCommand(van.id, first.id))).rejects.toEqual(refused('assignment-begun'));
    await desk.act(new ChangeDriverCommand(emil.id, { active: false }));
    expect((await desk.ask(new FindVehicleQuery(van.id))).driver).toBeNull();
    await expect(assign(van.id, 'driver', emil.id)).rejects.toEqual(refused('driver-inactive'));
    const { data } = await desk.ask(new ListAssignmentsQuery(van.id, page({ kind: ['driver'] })));
    expect(data.map((it) => [it.subjectId, it.until !== null])).toEqual([
      [emil.id, true],
      [dora.id, true],
    ]);
  });

  it('of many that want one driver, or one vehicle, at once, one gets it', async () => {
    const vans = await Promise.all([0, 1, 2, 3].map((i) => desk.vehicle({ name: `Van ${i}` })));
    const drivers = await Promise.all([0, 1, 2, 3].map((i) => desk.driver({ name: `Driver ${i}` })));
    const now = desk.in(-60);
    const race = async (tries: Promise<unknown>[]): Promise<number> =>
      (await Promise.allSettled(tries)).filter(({ status }) => status === 'fulfilled').length;
    expect(await race(vans.map(({ id }) => assign(id, 'driver', drivers[0].id, { from: now })))).toBe(1);
    const { data } = await desk.ask(new ListVehiclesQuery(page()));
    const free = data.find(({ driver }) => driver === null)!;
    expect(await race(drivers.slice(1).map(({ id }) => assign(free.id, 'driver', id, { from: now })))).toBe(1);
  });

  it('tells the trackers in which vehicle they are, now and when their time comes', async () => {
    const [van, bus] = [await desk.vehicle(), await desk.vehicle({ name: 'Bus', class: 'bus' })];
    const id = await desk.tracker();
    const where = async () => (await desk.ask(new FindTrackersQuery({ ids: [id] })))[0].vehicleId;
    await expect(assign(van.id, 'device', newId())).rejects.toEqual(refused('subject-not-found'));
    await assign(van.id, 'device', id, { until: desk.in(DAY) });
    expect(await where()).toBe(van.id);
    await assign(bus.id, 'device', id, { from: desk.in(2 * DAY) });
    expect(await where()).toBe(van.id);
    clock.setOffset(1.5 * DAY);
    await desk.settle();
    expect(await where()).toBeNull();
    clock.setOffset(2.5 * DAY);
    await desk.settle();
    expect(await where()).toBe(bus.id);
    await desk.act(new MoveFleetVehicleCommand(bus.id, 'retired', 'Sold'));
    expect(await where()).toBeNull();
    // The clock of the database says that it is over, before that of this process does.
    const [other, end] = [await desk.vehicle({ name: 'Other' }), desk.in(DAY)];
    await assign(other.id, 'device', id, { until: end });
    await desk.inside((tx) => desk.app.get(FollowDevice).fire({ trackerId: id, at: end.toISOString() }, tx));
    expect(await where()).toBeNull();
  });

  it('has meters go forwards alone, unless somebody says why', async () => {
    const { id } = await desk.vehicle();
    const [one, two, three, four] = [4, 3, 2, 1].map((days) => desk.in(-days * DAY));
    await read(id, 1_000, two);
    await expect(read(id, 900, three)).rejects.toEqual(refused('meter-backwards'));
    await expect(read(id, 1_001, one)).rejects.toEqual(refused('meter-backwards'));
    await expect(read(id, 5, desk.in(DAY))).rejects.toEqual(refused('reading-ahead'));
    // The same again changes nothing; the same moment with another value is refused.
    expect((await read(id, 1_000, two)).total).toBe(1_000);
    await expect(read(id, 1_002, two)).rejects.toEqual(refused('reading-exists'));
    expect((await read(id, 400, one)).total).toBe(400);
    // A new meter begins at 0: what was driven stays.
    expect((await read(id, 0, three, 'replacement')).total).toBe(1_000);
    expect((await read(id, 50, four)).total).toBe(1_050);
    expect((await read(id, 20, desk.in(-3_600), 'correction')).total).toBe(1_020);
    await expect(read(id, 10, desk.in(-5_400), 'correction')).rejects.toEqual(refused('reading-not-latest'));
    expect(await desk.ask(new FindVehicleQuery(id))).toMatchObject({ odometerMetres: 1_020, engineSeconds: 0 });
    const race = [1, 2, 3, 4].map((i) => read(id, 100 - i, desk.in(-60 + i)));
    const kept = (await Promise.allSettled(race)).flatMap((it) => (it.status === 'fulfilled' ? [it.value] : []));
    const inTime = kept.sort((a, b) => (a.at < b.at ? -1 : 1)).map(({ total }) => total);
    expect(inTime).toEqual([...inTime].sort((a, b) => a - b));
    expect(kept.length).toBe(1);
  });

  it('tells of papers before they expire and when they have, each once', async () => {
    const userId = await desk.member();
    const dora = await desk.driver({ userId });
    const day = (days: number): string =>
      desk
        .in(days * DAY)
        .toISOString()
        .slice(0, 10);
    const paper = { type: 'driving_licence' as const, vehicleId: null, driverId: dora.id };
    const both = { ...paper, vehicleId: newId() };
    await expect(desk.act(new CreateDocumentCommand(both))).rejects.toEqual(refused('document-subject'));
    await expect(
      desk.act(new CreateDocumentCommand({ ...paper, issuedOn: day(2), expiresOn: day(1) })),
    ).rejects.toEqual(refused('document-dates'));
    const { id } = await desk.act(new CreateDocumentCommand({ ...paper, expiresOn: day(60) }));
    await desk.settle();
    expect(desk.told).toEqual([]);
    clock.setOffset(31 * DAY);
    await desk.settle();
    await desk.settle();
    expect(desk.told.map(({ data }) => data.title)).toEqual(['Expires soon: driving licence of Dora Driver']);
    expect(new Set(desk.told[0].userIds)).toEqual(new Set([userId, desk.owner]));
    expect((await desk.ask(new ListDocumentsQuery(page({ state: ['expiring'] })))).data).toHaveLength(1);
    await desk.act(new ChangeDocumentCommand(id, { expiresOn: day(90 - 31) }));
    clock.setOffset(62 * DAY);
    await desk.settle();
    clock.setOffset(95 * DAY);
    await desk.settle();
    expect(desk.told.slice(1).map(({ data }) => data.title)).toEqual([
      'Expires soon: driving licence of Dora Driver',
      'Expired: driving licence of Dora Driver',
    ]);
  });

  it('shows a driver itself and what it drives now, and nothing else', async () => {
    const userId = await desk.member();
    await expect(desk.act(new CreateDriverCommand({ name: 'Ghost', userId: newId() }))).rejects.toEqual(
      refused('user-unknown'),
    );
    const dora = await desk.driver({ userId });
    await expect(desk.driver({ userId })).rejects.toEqual(refused('user-taken'));
    const [van, other] = [await desk.vehicle(), await desk.vehicle({ name: 'Other' })];
    const emil = await desk.driver({ name: 'Emil' });
    await assign(van.id, 'driver', dora.id);
    expect((await desk.as(userId, new OwnDriverQuery())).vehicle).toEqual({ id: van.id, name: 'Van 7' });
    expect((await desk.as(userId, new ListVehiclesQuery(page()))).data.map(({ id }) => id)).toEqual([van.id]);
    expect((await desk.as(userId, new ListDriversQuery(page()))).data.map(({ id }) => id)).toEqual([dora.id]);
    await expect(desk.as(userId, new FindVehicleQuery(other.id))).rejects.toEqual(refused('vehicle-not-found'));
    await expect(desk.as(userId, new FindDriverQuery(emil.id))).rejects.toEqual(refused('driver-not-found'));
    const reading = { meter: 'odometer' as const, kind: 'reading' as const, shown: 5, reason: null };
    expect((await desk.as(userId, new RecordReadingCommand(van.id, reading))).total).toBe(5);
    await expect(desk.as(userId, new RecordReadingCommand(other.id, reading))).rejects.toEqual(
      refused('vehicle-not-found'),
    );
    const set = { ...reading, kind: 'correction' as const, shown: 0, reason: 'Because' };
    await expect(desk.as(userId, new RecordReadingCommand(van.id, set))).rejects.toEqual(refused('not-for-drivers'));
    await expect(desk.as(newId(), new OwnDriverQuery())).rejects.toEqual(refused('no-driver'));
  });

  it('forgets a driver on demand, and in every organization when the account is deleted', async () => {
    const userId = await desk.member();
    const secrets = ['Dora Secret', 'dora@example.com', 'EMP-1', 'LIC-7', 'Likes vans'];
    const drive = async (): Promise<{ driverId: string; documentId: string }> => {
      const dora = await desk.driver({ name: secrets[0], email: secrets[1], employeeNumber: secrets[2], userId });
      const paper = { type: 'driving_licence', vehicleId: null, driverId: dora.id, fileId: newId() } as const;
      const { id } = await desk.act(new CreateDocumentCommand({ ...paper, number: secrets[3], note: secrets[4] }));
      await assign((await desk.vehicle()).id, 'driver', dora.id, { note: secrets[4] });
      return { driverId: dora.id, documentId: id };
    };
    const left = () =>
      desk.rows(
        `select d.* from fleet.drivers d left join fleet.assignments a on a.driver_id = d.id left join fleet.documents p on p.driver_id = d.id
         where d.tenant_id = $1 and concat(d, a, p) ~ $2`,
        [desk.tenant, [...secrets, userId].join('|')],
      );
    const first = await drive();
    expect(await left()).toHaveLength(1);
    await desk.act(new ForgetDriverCommand(first.driverId));
    expect([await left(), desk.detached]).toEqual([[], [first.documentId]]);
    await expect(desk.act(new ForgetDriverCommand(first.driverId))).rejects.toEqual(refused('driver-not-found'));
    await expect(desk.ask(new FindDriverQuery(first.driverId))).rejects.toEqual(refused('driver-not-found'));
    const second = await drive();
    await desk.inside((tx) => tx.record(new AccountDeleted(userId, { userId })), PLATFORM_TENANT);
    await desk.settle();
    expect([await left(), desk.detached.slice(1)]).toEqual([[], [second.documentId]]);
  });

  it('another organization sees and touches nothing of it', async () => {
    const van = await desk.vehicle();
    const dora = await desk.driver();
    await desk.begin();
    await expect(desk.ask(new FindVehicleQuery(van.id))).rejects.toEqual(refused('vehicle-not-found'));
    await expect(assign((await desk.vehicle()).id, 'driver', dora.id)).rejects.toEqual(refused('subject-not-found'));
    await expect(desk.act(new CreateFleetVehicleCommand({ name: 'x', class: 'car', fleetId: van.id }))).rejects.toEqual(
      refused('fleet-not-found'),
    );
  });
});
