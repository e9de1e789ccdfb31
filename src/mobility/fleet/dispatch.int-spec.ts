import { DAY, FleetDesk, page, refused } from '../../../test/support/fleet-desk';
import { askForPlan, PLAN_MODULES } from '../../../test/support/fleet-plans';
import { SENT } from '../../../test/support/realtime';
import { clock } from '../../kernel/clock/clock';
import { Database } from '../../kernel/database/database';
import { newId } from '../../kernel/ids/ids';
import { CancelDispatchCommand, DispatchPlanCommand } from './commands/dispatch-plan';
import { ForgetDriverCommand } from './commands/forget-driver';
import { GiveRouteCommand } from './commands/give-route';
import { AssignToVehicleCommand } from './commands/manage-assignments';
import { ChangeDriverCommand } from './commands/manage-drivers';
import { MoveFleetVehicleCommand } from './commands/manage-vehicles';
import { MoveStopCommand, type Proof } from './commands/move-stop';
import { WatchRoute } from './commands/route-watch';
import { DispatchModule } from './dispatch.module';
import {
  FindDispatchQuery,
  FindDispatchRouteQuery,
  ListDispatchRoutesQuery,
  type DispatchRouteFacts,
} from './queries/dispatches';

const DEPOT = { lat: 48.2, lng: 16.37 };

describe('dispatch', () => {
  let desk: FleetDesk;
  beforeAll(async () => {
    desk = await FleetDesk.open([DispatchModule, ...PLAN_MODULES]);
  });
  afterAll(() => desk.app.close());
  beforeEach(async () => {
    await desk.begin();
    SENT.length = 0;
  });
  afterEach(() => clock.setOffset(0));

  /** Vans `a` and `b` bring five parcels, three at most each; a sixth is too heavy. */
  const planned = async (more: object = {}, location: object = {}): Promise<string> => {
    const stops = [1, 2, 3, 4, 5].map((k) => ({
      ...{ id: `p${k}`, location: { lat: 48.2 + k * 0.01, lng: 16.37 }, demand: [1], serviceSeconds: 300, ...location },
    }));
    const heavy = { ...stops[0], id: 'heavy', demand: [9] };
    const vehicles = ['a', 'b'].map((id) => ({ id, capacity: [3], start: { ...DEPOT, ...location } }));
    const options = { iterations: 60, seed: 1 };
    return askForPlan(desk, { vehicles, stops: [...stops, heavy], options, ...more });
  };
  const dispatch = (planId: string, pairs: [string, string, string][], more: object = {}) =>
    desk.act(
      new DispatchPlanCommand({
        ...{ planId, startsAt: desk.in(0), proofRequired: false, ...more },
        routes: pairs.map(([planVehicleId, vehicleId, driverId]) => ({ planVehicleId, vehicleId, driverId })),
      }),
    );
  /** Two drivers who are members, each with a van that has a tracker. */
  const crew = async () => {
    const users = [await desk.member(), await desk.member()];
    const drivers = [await desk.driver({ userId: users[0] }), await desk.driver({ name: 'Emil', userId: users[1] })];
    const vans = [await desk.vehicle(), await desk.vehicle({ name: 'Van 8' })];
    const pairs: [string, string, string][] = [
      ['a', vans[0].id, drivers[0].id],
      ['b', vans[1].id, drivers[1].id],
    ];
    return { users, drivers, vans, pairs };
  };
  const moving = (
    { id }: DispatchRouteFacts,
    at: number | string,
    state: 'arrived' | 'done' | 'failed',
    more: { reason?: string; proof?: Partial<Proof> } = {},
    stops?: DispatchRouteFacts['stops'],
  ) => {
    const nothing = { recipientName: null, signatureFileId: null, photoFileIds: [], note: null };
    const proof = more.proof ? { ...nothing, ...more.proof } : null;
    const stopId = typeof at === 'string' ? at : stops![at].id;
    return new MoveStopCommand(id, stopId, { state, reason: more.reason ?? null, proof });
  };

  it('gives a plan to drivers, who see their own stops, and follows it to its last stop', async () => {
    const { users, vans, pairs } = await crew();
    const planId = await planned();
    await expect(dispatch(planId, pairs)).rejects.toEqual(refused('plan-not-finished'));
    await desk.settle();
    const { id, unassigned } = await dispatch(planId, pairs, { proofRequired: true });
    expect(unassigned).toEqual([{ id: 'heavy', reason: 'capacity' }]);
    await desk.settle();
    expect(desk.told.map(({ userIds }) => userIds)).toEqual(expect.arrayContaining(users.map((user) => [user])));

    const { data } = await desk.as(users[0], new ListDispatchRoutesQuery(page()));
    expect(data.map(({ vehicleId }) => vehicleId)).toEqual([vans[0].id]);
    const [route] = data;
    const other = (await desk.ask(new ListDispatchRoutesQuery(page({ vehicleId: [vans[1].id] })))).data[0];
    expect(route.stops.length + other.stops.length).toBe(5);
    const move = (at: number | string, state: 'arrived' | 'done' | 'failed', more: object = {}) =>
      desk.as(users[0], moving(route, at, state, more, route.stops));
    await expect(desk.as(users[0], new FindDispatchRouteQuery(other.id))).rejects.toEqual(
      refused('dispatch-route-not-found'),
    );
    await expect(desk.as(users[0], moving(other, 0, 'arrived', {}, other.stops))).rejects.toEqual(
      refused('dispatch-route-not-found'),
    );
    await expect(move(other.stops[0].id, 'arrived')).rejects.toEqual(refused('dispatch-stop-not-found'));

    // The van stands at the depot: by great circles it is told when each stop is reached.
    const trackerId = await desk.tracker();
    const device = {
      kind: 'device',
      subjectId: trackerId,
      from: desk.in(-60),
      until: null,
      slot: 1,
      note: null,
    } as const;
    await desk.act(new AssignToVehicleCommand(vans[0].id, device));
    await desk.tell(trackerId, [{ fixTime: desk.in(0).toISOString(), ...DEPOT, accuracy: 5 }]);
    clock.setOffset(130);
    await desk.settle();
    const told = await desk.as(users[0], new FindDispatchRouteQuery(route.id));
    expect(told.etaSource).toBe('great_circle');
    const late = told.stops.map(({ eta, arriveAt }) => (Date.parse(eta!) - Date.parse(arriveAt)) / 1000);
    for (const seconds of late) expect(seconds).toBeCloseTo(late[0], 0);
    expect(late[0]).toBeGreaterThan(100);
    expect(SENT.filter(({ event }) => event === 'fleet.arrivals-changed').map(({ to }) => to)).toContain(
      `user:${desk.tenant}:${users[0]}`,
    );

    const arrived = await move(0, 'arrived');
    expect([arrived.state, arrived.stops[0]]).toMatchObject(['under_way', { state: 'arrived', eta: null }]);
    await expect(move(0, 'arrived')).rejects.toEqual(refused('dispatch-stop-state'));
    await expect(move(1, 'done', {})).rejects.toEqual(refused('dispatch-stop-state'));
    await expect(move(0, 'done', { proof: { recipientName: 'Rita' } })).rejects.toEqual(refused('proof-required'));
    await expect(move(0, 'failed')).rejects.toEqual(refused('failure-reason'));
    await expect(move(0, 'failed', { reason: 'x', proof: {} })).rejects.toEqual(refused('proof-not-wanted'));
    const proof = { recipientName: 'Rita', signatureFileId: newId(), photoFileIds: [newId()], note: 'Reception' };
    const done = await move(0, 'done', { proof });
    expect(done.stops[0]).toMatchObject({ state: 'done', proof });
    let last = done;
    for (let at = 1; at < route.stops.length; at++) last = await move(at, 'failed', { reason: 'Nobody there' });
    expect(last.state).toBe('completed');
    await expect(move(1, 'arrived')).rejects.toEqual(refused('dispatch-route-closed'));
    expect((await desk.ask(new FindDispatchQuery(id))).state).toBe('open');
    for (const { id: stopId } of other.stops)
      await desk.act(moving(other, stopId, 'failed', { reason: 'Broken down' }));
    expect(await desk.ask(new FindDispatchQuery(id))).toMatchObject({
      state: 'completed',
      routes: [{ open: 0 }, { open: 0 }],
    });
    await desk.settle();
    expect(desk.told.filter(({ data: { title } }) => /^Stop failed/.test(String(title)))).toHaveLength(4);
    const events = await desk.rows<{ type: string; count: number }>(
      `select type, count(*)::int from kernel.events where tenant_id = $1 and type ~ '^fleet.(route|stop)' group by 1 order by 1`,
      [desk.tenant],
    );
    expect(events.map(({ type, count }) => [type, count])).toEqual([
      ['fleet.route-dispatched.v1', 2],
      ['fleet.route-ended.v1', 2],
      ['fleet.stop-moved.v1', 6],
    ]);
  });

  it('drives a plan once, and nobody two routes at a time, whoever asks first', async () => {
    const { vans, drivers, pairs } = await crew();
    const [one, two] = [await planned(), await planned()];
    await desk.settle();
    const refusals: [[string, string, string][], object, string][] = [
      [pairs.slice(1), {}, 'dispatch-invalid'],
      [[...pairs, ['c', vans[0].id, drivers[0].id]], {}, 'dispatch-invalid'],
      [[...pairs, pairs[0]], {}, 'dispatch-invalid'],
      [pairs, { startsAt: desk.in(-2 * DAY) }, 'dispatch-past'],
      [[pairs[0], ['b', vans[0].id, drivers[1].id]], {}, 'route-overlaps'],
      [[pairs[0], ['b', vans[1].id, drivers[0].id]], {}, 'route-overlaps'],
      [[pairs[0], ['b', newId(), drivers[1].id]], {}, 'vehicle-not-found'],
      [[pairs[0], ['b', vans[1].id, newId()]], {}, 'driver-not-found'],
    ];
    for (const [routes, more, code] of refusals)
      await expect(dispatch(one, routes, more)).rejects.toEqual(refused(code));
    const race = await Promise.allSettled([dispatch(one, pairs), dispatch(one, pairs), dispatch(two, pairs)]);
    const [won] = race.flatMap((it) => (it.status === 'fulfilled' ? [it.value] : []));
    expect(race.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    // What is called off may be driven again.
    await desk.act(new CancelDispatchCommand(won.id));
    await expect(desk.act(new CancelDispatchCommand(won.id))).rejects.toEqual(refused('dispatch-closed'));
    await desk.act(new MoveFleetVehicleCommand(vans[0].id, 'out_of_service', null));
    await expect(dispatch(one, pairs)).rejects.toEqual(refused('vehicle-unfit'));
    await desk.act(new MoveFleetVehicleCommand(vans[0].id, 'in_service', null));
    expect((await dispatch(won.planId, pairs)).state).toBe('open');
    await desk.begin();
    await expect(desk.ask(new FindDispatchQuery(won.id))).rejects.toEqual(refused('dispatch-not-found'));
    await expect(dispatch(one, pairs)).rejects.toMatchObject({ code: 'location.route-job-not-found' });
  });

  const routesOf = async (dispatchId: string) =>
    (await desk.ask(new ListDispatchRoutesQuery(page({ dispatchId: [dispatchId], sort: 'startsAt' })))).data;
  const deliver = async (route: DispatchRouteFacts, upTo = route.stops.length) => {
    for (const { id } of route.stops.slice(0, upTo))
      for (const state of ['arrived', 'done'] as const) await desk.act(moving(route, id, state));
  };

  it('delivers nothing twice: what was done before a dispatch was called off is left out of the next', async () => {
    const { pairs } = await crew();
    const planId = await planned();
    await desk.settle();
    const first = await dispatch(planId, pairs);
    const [whole, half] = await routesOf(first.id);
    await deliver(whole);
    await deliver(half, 1);
    await desk.act(moving(half, half.stops[1].id, 'failed', { reason: 'Nobody there' }));
    await expect(dispatch(planId, pairs)).rejects.toEqual(refused('plan-dispatched'));
    await desk.act(new CancelDispatchCommand(first.id));
    const own = pairs.filter(([plan]) => plan === half.planVehicleId);
    const others = pairs.filter(([plan]) => plan !== half.planVehicleId);
    await expect(dispatch(planId, others)).rejects.toEqual(refused('dispatch-invalid'));
    // Whoever has nothing left to do may be given, and drives nothing.
    const second = await dispatch(planId, pairs);
    const again = await routesOf(second.id);
    expect(again.map(({ planVehicleId }) => planVehicleId)).toEqual([half.planVehicleId]);
    expect(again[0].stops.map(({ planStop, state }) => [planStop, state])).toEqual(
      half.stops.slice(1).map(({ planStop }) => [planStop, 'pending']),
    );
    await deliver(again[0], again[0].stops.length - 1);
    await desk.act(new CancelDispatchCommand(second.id));
    const third = await dispatch(planId, own);
    await deliver((await routesOf(third.id))[0]);
    expect((await desk.ask(new FindDispatchQuery(third.id))).state).toBe('completed');
    await expect(dispatch(planId, own)).rejects.toEqual(refused('plan-dispatched'));
    // Nothing is left even where the last one is called off.
    await desk.plant(`update fleet.dispatches set state = 'cancelled' where id = $1`, [third.id]);
    await expect(dispatch(planId, own)).rejects.toMatchObject({
      code: 'fleet.plan-dispatched',
      message: expect.stringMatching(/done already/),
    });
  });

  it('gives a route to somebody else, who goes on where it stands', async () => {
    const { users, drivers, pairs } = await crew();
    const planId = await planned();
    await desk.settle();
    const [one, two] = await routesOf((await dispatch(planId, pairs)).id);
    const user = users[drivers.findIndex(({ id }) => id === one.driverId)];
    const newcomer = await desk.member();
    const spare = await desk.driver({ name: 'Fay', userId: newcomer });
    const [idle, trailer] = [await desk.vehicle({ name: 'Van 9' }), await desk.vehicle({ class: 'trailer' })];
    await deliver(one, 1);
    await desk.settle();
    const give = (to: { vehicleId?: string; driverId?: string }, { id }: { id: string } = one) =>
      desk.act(new GiveRouteCommand(id, to));
    const refusals: [{ vehicleId?: string; driverId?: string }, string, { id: string }?][] = [
      [{ driverId: two.driverId }, 'route-overlaps'],
      [{ vehicleId: two.vehicleId }, 'route-overlaps'],
      [{ driverId: newId() }, 'driver-not-found'],
      [{ vehicleId: newId() }, 'vehicle-not-found'],
      [{ vehicleId: trailer.id }, 'vehicle-unfit'],
      [{ driverId: spare.id }, 'dispatch-route-not-found', { id: newId() }],
    ];
    for (const [to, code, route] of refusals) await expect(give(to, route)).rejects.toEqual(refused(code));
    desk.told.length = SENT.length = 0;
    const given = await give({ driverId: spare.id, vehicleId: idle.id });
    expect(given).toMatchObject({ driverId: spare.id, vehicleId: idle.id, state: 'under_way' });
    expect(given.stops[0].state).toBe('done');
    await give({});
    await desk.settle();
    expect(desk.told.map(({ userIds, data }) => [userIds, data.title])).toEqual([
      [[newcomer], `New route: ${one.stops.length - 1} ${one.stops.length === 2 ? 'stop' : 'stops'} with Van 9`],
    ]);
    const heard = SENT.filter(({ event }) => event === 'fleet.route-changed').map(({ to }) => to);
    expect(heard).toEqual(expect.arrayContaining([user, newcomer].map((it) => `user:${desk.tenant}:${it}`)));
    // Who had it has it no more.
    await expect(desk.as(user, new FindDispatchRouteQuery(one.id))).rejects.toEqual(
      refused('dispatch-route-not-found'),
    );
    await desk.as(newcomer, moving(one, one.stops[1].id, 'arrived'));
    const { driverId, vehicleId } = one;
    expect(await give({ driverId, vehicleId })).toMatchObject({ driverId, vehicleId });
    for (const { id } of one.stops.slice(1)) await desk.act(moving(one, id, 'failed', { reason: 'Broken down' }));
    await expect(give({ driverId: spare.id })).rejects.toEqual(refused('dispatch-route-closed'));
  });

  it('keeps whoever has routes to drive, and calls off those of a driver who is forgotten', async () => {
    const { vans, pairs } = await crew();
    const planId = await planned();
    await desk.settle();
    const { id } = await dispatch(planId, pairs);
    const [one, two] = await routesOf(id);
    const stops = (driverId: string) => desk.act(new ChangeDriverCommand(driverId, { active: false }));
    const retires = (vehicleId: string) => desk.act(new MoveFleetVehicleCommand(vehicleId, 'retired', null));
    await expect(stops(one.driverId)).rejects.toEqual(refused('routes-open'));
    await expect(retires(one.vehicleId)).rejects.toEqual(refused('routes-open'));
    await deliver(one, 1);
    await desk.settle();
    desk.told.length = 0;
    await desk.act(new ForgetDriverCommand(one.driverId));
    expect(desk.told).toMatchObject([{ userIds: [desk.owner], data: { title: 'A route was called off' } }]);
    expect((await desk.ask(new FindDispatchRouteQuery(one.id))).state).toBe('cancelled');
    expect((await desk.ask(new FindDispatchQuery(id))).state).toBe('open');
    // With its last route the dispatch is over, and what is left is given to somebody else.
    await deliver(two);
    expect((await desk.ask(new FindDispatchQuery(id))).state).toBe('cancelled');
    const again = await dispatch(planId, [[one.planVehicleId, one.vehicleId, two.driverId]]);
    const [left] = await routesOf(again.id);
    expect(left.stops.map(({ planStop }) => planStop)).toEqual(one.stops.slice(1).map(({ planStop }) => planStop));
    await expect(stops(two.driverId)).rejects.toEqual(refused('routes-open'));
    await desk.act(new CancelDispatchCommand(again.id));
    expect((await stops(two.driverId)).active).toBe(false);
    for (const van of vans) expect((await retires(van.id)).state).toBe('retired');
  });

  it('finds a driver its own routes without walking those of others', async () => {
    const { users, drivers, pairs } = await crew();
    const planId = await planned();
    await desk.settle();
    await dispatch(planId, pairs);
    await desk.plant(
      `insert into fleet.dispatch_routes (tenant_id, id, dispatch_id, plan_vehicle, vehicle_id, driver_id, state, during, distance, finished_at)
       select tenant_id, gen_random_uuid(), dispatch_id, plan_vehicle, vehicle_id, driver_id, 'completed', during, 1, kernel.now()
       from fleet.dispatch_routes, generate_series(1, 500) where driver_id = $1`,
      [drivers[1].id],
    );
    const read = jest.spyOn(desk.app.get(Database), 'read');
    const { data } = await desk.as(users[0], new ListDispatchRoutesQuery(page()));
    expect(data.map(({ driverId }) => driverId)).toEqual([drivers[0].id]);
    const [text, params] = read.mock.calls.find(([sql]) => sql.includes('fleet.dispatch_routes r'))!;
    read.mockRestore();
    await desk.inside(async (tx) => {
      for (const way of ['seqscan', 'sort', 'bitmapscan']) await tx.query(`set local enable_${way} = off`);
      const plan = await tx.query(`explain ${text}`, params);
      expect(JSON.stringify(plan)).toContain('Scan Backward using dispatch_routes_by_driver');
    });
  });

  it('asks for times of arrival of a route once at a time, and not for those of all routes at once', async () => {
    const { pairs } = await crew();
    const planId = await planned();
    await desk.settle();
    // They begin hours later: until then nobody looks by itself.
    const [one] = await routesOf((await dispatch(planId, pairs, { startsAt: desk.in(6 * 3_600) })).id);
    const due = await desk.rows<{ apart: boolean }>(
      `select count(distinct due_at) = 2 as apart from kernel.deliveries where tenant_id = $1 and name = 'fleet.watch-route'`,
      [desk.tenant],
    );
    expect(due).toEqual([{ apart: true }]);
    const asked = async () =>
      (
        await desk.rows<{ n: number }>(
          `select count(*)::int as n from kernel.deliveries where tenant_id = $1 and name = 'fleet.tell-arrivals'`,
          [desk.tenant],
        )
      )[0].n;
    const look = () => desk.inside((tx) => desk.app.get(WatchRoute).fire({ routeId: one.id }, tx));
    await look();
    await look();
    await desk.act(moving(one, one.stops[0].id, 'arrived'));
    expect(await asked()).toBe(1);
    await desk.settle();
    await look();
    expect(await asked()).toBe(2);
    // What never was answered is asked for again.
    clock.setOffset(3_700);
    await look();
    expect(await asked()).toBe(3);
  });

  it('drives no plan that takes longer than a month', async () => {
    const { pairs } = await crew();
    const lasting = (serviceSeconds: number) =>
      planned({ vehicles: [{ id: 'a', start: DEPOT }], stops: [{ id: 'p1', location: DEPOT, serviceSeconds }] });
    const [long, month] = [await lasting(31 * DAY + 1), await lasting(31 * DAY)];
    await desk.settle();
    await expect(dispatch(long, pairs.slice(0, 1))).rejects.toEqual(refused('plan-too-long'));
    expect((await dispatch(month, pairs.slice(0, 1))).state).toBe('open');
  });

  it('wants places of a plan, and a way to drive', async () => {
    const { pairs } = await crew();
    const plane = { lat: undefined, lng: undefined, x: 1, y: 2, location: undefined };
    const flat = await planned({}, plane);
    const nothing = await planned({ stops: [{ id: 'heavy', location: DEPOT, demand: [9] }] });
    await desk.settle();
    await expect(dispatch(flat, pairs)).rejects.toEqual(refused('plan-without-places'));
    await expect(dispatch(nothing, pairs)).rejects.toEqual(refused('plan-empty'));
  });
});
