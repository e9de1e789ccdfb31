import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { newId } from '../../../kernel/ids/ids';
import type { DispatchRouteState, DispatchState, DispatchStopState, LeftStop, TimedStop } from '../domain/dispatch';
import { planDispatched, routeOverlaps } from '../domain/dispatch.errors';

export interface NewRoute {
  id: string;
  planVehicle: string;
  vehicleId: string;
  driverId: string;
  from: Date;
  until: Date;
  /** Metres. */
  distance: number;
  stops: TimedStop[];
}

export interface LockedRoute {
  id: string;
  dispatchId: string;
  vehicleId: string;
  driverId: string;
  driverUserId: string | null;
  state: DispatchRouteState;
  proofRequired: boolean;
}

export interface LockedStop {
  id: string;
  position: number;
  planStop: string;
  state: DispatchStopState;
}

/** What is written when a stop is reached or closed. */
export interface StopMove {
  state: DispatchStopState;
  at: Date;
  by: string | null;
  reason: string | null;
  recipientName: string | null;
  note: string | null;
  signatureFileId: string | null;
  photoFileIds: string[];
}

const OPEN = `state in ('assigned', 'under_way')`;
/** How long after its planned end a route is still watched. */
const WATCHED = `interval '1 day'`;

/** @throws AppError conflict `fleet.route-overlaps` */
function overlaps(error: { constraint?: string }): never {
  if (error.constraint === 'dispatch_routes_of_vehicle') throw routeOverlaps('vehicle');
  if (error.constraint === 'dispatch_routes_of_driver') throw routeOverlaps('driver');
  throw error;
}

/** Dispatched routes and their stops. A route's row is locked by whoever changes its stops, a dispatch before its routes. */
@Injectable()
export class DispatchRepository {
  constructor(private readonly uow: UnitOfWork) {}

  /** @throws AppError conflict `fleet.plan-dispatched` */
  async insert(dispatch: {
    id: string;
    planId: string;
    startsAt: Date;
    proofRequired: boolean;
    unassigned: object[];
    by: string | null;
  }): Promise<void> {
    const tx = this.uow.current();
    const { id, planId, startsAt, proofRequired, unassigned, by } = dispatch;
    const written = await tx.execute(
      `insert into fleet.dispatches (tenant_id, id, plan_id, starts_at, proof_required, unassigned, created_by, created_at)
       values ($1, $2, $3, $4, $5, $6, $7, kernel.now()) on conflict (tenant_id, plan_id) where state <> 'cancelled' do nothing`,
      [tx.tenantId, id, planId, startsAt, proofRequired, JSON.stringify(unassigned), by],
    );
    if (written === 0) throw planDispatched();
  }

  /** @throws AppError conflict `fleet.route-overlaps` */
  async insertRoutes(dispatchId: string, routes: readonly NewRoute[]): Promise<void> {
    const tx = this.uow.current();
    const rows = routes.map(({ stops: _stops, ...route }) => route);
    await tx
      .execute(
        `insert into fleet.dispatch_routes (tenant_id, id, dispatch_id, plan_vehicle, vehicle_id, driver_id, during, distance)
         select $1, x.id, $2, x."planVehicle", x."vehicleId", x."driverId", tstzrange(x."from", x.until, '[)'), x.distance
         from json_to_recordset($3::json) as x(id uuid, "planVehicle" text, "vehicleId" uuid, "driverId" uuid, "from" timestamptz,
           until timestamptz, distance float8)`,
        [tx.tenantId, dispatchId, JSON.stringify(rows)],
      )
      .catch(overlaps);
    const stops = routes.flatMap(({ id: routeId, stops: own }) =>
      own.map((stop, at) => ({ id: newId(), routeId, position: at + 1, ...stop })),
    );
    await tx.execute(
      `insert into fleet.dispatch_stops (tenant_id, id, route_id, position, plan_stop, kind, lat, lng, arrive_at, begin_at, leave_at)
       select $1, x.id, x."routeId", x.position, x."planStop", x.kind, x.lat, x.lng, x."arriveAt", x."beginAt", x."leaveAt"
       from json_to_recordset($2::json) as x(id uuid, "routeId" uuid, position int, "planStop" text, kind text, lat float8, lng float8,
         "arriveAt" timestamptz, "beginAt" timestamptz, "leaveAt" timestamptz)`,
      [tx.tenantId, JSON.stringify(stops)],
    );
  }

  async lock(id: string): Promise<{ state: DispatchState } | null> {
    const tx = this.uow.current();
    const [row] = await tx.query<{ state: DispatchState }>(
      'select state from fleet.dispatches where tenant_id = $1 and id = $2 for update',
      [tx.tenantId, id],
    );
    return row ?? null;
  }

  /** What was done at stops of a plan, by any of its dispatches. */
  async doneOf(planId: string): Promise<Pick<TimedStop, 'planStop' | 'kind'>[]> {
    const tx = this.uow.current();
    return tx.query(
      `select distinct s.plan_stop as "planStop", s.kind from fleet.dispatches d
       join fleet.dispatch_routes r on r.tenant_id = $1 and r.dispatch_id = d.id
       join fleet.dispatch_stops s on s.tenant_id = $1 and s.route_id = r.id and s.state = 'done'
       where d.tenant_id = $1 and d.plan_id = $2`,
      [tx.tenantId, planId],
    );
  }

  /** Calls off a dispatch. */
  async cancel(id: string): Promise<void> {
    const tx = this.uow.current();
    await tx.execute(
      `update fleet.dispatches set state = 'cancelled', closed_at = kernel.now() where tenant_id = $1 and id = $2`,
      [tx.tenantId, id],
    );
  }

  /**
   * Calls off the routes of a dispatch that are not finished.
   * @param driverId whose alone; null: all
   * @returns them, and their drivers' users
   */
  async cancelRoutes(id: string, driverId: string | null): Promise<{ id: string; driverUserId: string | null }[]> {
    const tx = this.uow.current();
    // Locked in the order of their ids.
    return tx.query<{ id: string; driverUserId: string | null }>(
      `with mine as (select id from fleet.dispatch_routes where tenant_id = $1 and dispatch_id = $2 and ${OPEN}
         and ($3::uuid is null or driver_id = $3) order by id for update)
       update fleet.dispatch_routes r set state = 'cancelled', finished_at = kernel.now()
       from mine where r.tenant_id = $1 and r.id = mine.id
       returning r.id, (select p.user_id from fleet.drivers p where p.tenant_id = $1 and p.id = r.driver_id) as "driverUserId"`,
      [tx.tenantId, id, driverId],
    );
  }

  /** Whether a driver or vehicle, which is locked, has routes that are not finished. */
  async hasOpen(subject: { driverId: string } | { vehicleId: string }): Promise<boolean> {
    const tx = this.uow.current();
    const column = 'driverId' in subject ? 'driver_id' : 'vehicle_id';
    const rows = await tx.query(
      `select from fleet.dispatch_routes where tenant_id = $1 and ${column} = $2 and ${OPEN} limit 1`,
      [tx.tenantId, Object.values(subject)[0]],
    );
    return rows.length > 0;
  }

  /** Dispatches with routes of a driver that are not finished, in the order in which they are locked. */
  async openOf(driverId: string): Promise<string[]> {
    const tx = this.uow.current();
    const rows = await tx.query<{ id: string }>(
      `select distinct dispatch_id as id from fleet.dispatch_routes where tenant_id = $1 and driver_id = $2 and ${OPEN} order by 1`,
      [tx.tenantId, driverId],
    );
    return rows.map(({ id }) => id);
  }

  /**
   * Gives a route, which is locked, to another driver or vehicle: when it comes where is not known then.
   * @returns when it begins, its stops that are left, and the driver's user
   * @throws AppError conflict `fleet.route-overlaps`
   */
  async give(
    routeId: string,
    { vehicleId, driverId }: { vehicleId: string; driverId: string },
  ): Promise<{ startsAt: Date; stops: number; driverUserId: string | null }> {
    const tx = this.uow.current();
    const [given] = await tx
      .query<{ startsAt: Date; stops: number; driverUserId: string | null }>(
        `update fleet.dispatch_routes r set vehicle_id = $3, driver_id = $4, eta_at = null, eta_source = null
         where r.tenant_id = $1 and r.id = $2 returning lower(r.during) as "startsAt",
           (select count(*)::int from fleet.dispatch_stops s where s.tenant_id = $1 and s.route_id = $2 and s.closed_at is null) as stops,
           (select p.user_id from fleet.drivers p where p.tenant_id = $1 and p.id = $4 and p.active) as "driverUserId"`,
        [tx.tenantId, routeId, vehicleId, driverId],
      )
      .catch(overlaps);
    await tx.execute(
      'update fleet.dispatch_stops set eta = null where tenant_id = $1 and route_id = $2 and eta is not null',
      [tx.tenantId, routeId],
    );
    return given;
  }

  /** The dispatch of a route, unlocked: it is locked first. */
  async dispatchOf(routeId: string): Promise<string | null> {
    const tx = this.uow.current();
    const [row] = await tx.query<{ id: string }>(
      'select dispatch_id as id from fleet.dispatch_routes where tenant_id = $1 and id = $2',
      [tx.tenantId, routeId],
    );
    return row?.id ?? null;
  }

  async lockRoute(id: string): Promise<LockedRoute | null> {
    const tx = this.uow.current();
    const [row] = await tx.query<LockedRoute>(
      `select r.id, r.dispatch_id as "dispatchId", r.vehicle_id as "vehicleId", r.driver_id as "driverId", r.state,
         d.proof_required as "proofRequired",
         (select p.user_id from fleet.drivers p where p.tenant_id = $1 and p.id = r.driver_id and p.active) as "driverUserId"
       from fleet.dispatch_routes r join fleet.dispatches d on d.tenant_id = $1 and d.id = r.dispatch_id
       where r.tenant_id = $1 and r.id = $2 for update of r`,
      [tx.tenantId, id],
    );
    return row ?? null;
  }

  async stop(routeId: string, id: string): Promise<LockedStop | null> {
    const tx = this.uow.current();
    const [row] = await tx.query<LockedStop>(
      `select id, position, plan_stop as "planStop", state from fleet.dispatch_stops where tenant_id = $1 and route_id = $2 and id = $3`,
      [tx.tenantId, routeId, id],
    );
    return row ?? null;
  }

  async moveStop(id: string, move: StopMove): Promise<void> {
    const tx = this.uow.current();
    await tx.execute(
      `update fleet.dispatch_stops set state = $3, arrived_at = case when $3 = 'arrived' then $4 else arrived_at end,
         closed_at = case when $3 <> 'arrived' then $4::timestamptz end, closed_by = case when $3 <> 'arrived' then $5::uuid end, eta = null,
         reason = $6, recipient_name = $7, note = $8, signature_file_id = $9, photo_file_ids = $10
       where tenant_id = $1 and id = $2`,
      [
        ...[tx.tenantId, id, move.state, move.at, move.by, move.reason, move.recipientName, move.note],
        ...[move.signatureFileId, move.photoFileIds],
      ],
    );
  }

  /** Lets go of the files of stops, which are locked in the order of their ids. @returns stops that had some */
  async dropFiles(ids: readonly string[]): Promise<string[]> {
    const tx = this.uow.current();
    const rows = await tx.query<{ id: string }>(
      `with mine as (select id from fleet.dispatch_stops where tenant_id = $1 and id = any($2::uuid[])
         and (signature_file_id is not null or photo_file_ids <> '{}') order by id for update)
       update fleet.dispatch_stops s set signature_file_id = null, photo_file_ids = '{}' from mine
       where s.tenant_id = $1 and s.id = mine.id returning s.id`,
      [tx.tenantId, ids],
    );
    return rows.map(({ id }) => id).sort();
  }

  /** A route is under way with its first stop and over with its last, as a dispatch is with its last route. */
  async progress(routeId: string): Promise<DispatchRouteState> {
    const tx = this.uow.current();
    const [{ state, dispatchId }] = await tx.query<{ state: DispatchRouteState; dispatchId: string }>(
      `update fleet.dispatch_routes r set state = case when s.left then 'under_way' else 'completed' end,
         started_at = coalesce(r.started_at, kernel.now()), finished_at = case when s.left then null else kernel.now() end
       from (select exists (select from fleet.dispatch_stops where tenant_id = $1 and route_id = $2 and closed_at is null) as left) s
       where r.tenant_id = $1 and r.id = $2 returning r.state, r.dispatch_id as "dispatchId"`,
      [tx.tenantId, routeId],
    );
    if (state === 'completed') await this.end(dispatchId);
    return state;
  }

  /** A dispatch is over with its last route; called off where a route was, so that what is left of its plan may be given again. */
  async end(id: string): Promise<void> {
    const tx = this.uow.current();
    await tx.execute(
      `update fleet.dispatches set closed_at = kernel.now(), state = case when exists (select from fleet.dispatch_routes r
           where r.tenant_id = $1 and r.dispatch_id = $2 and r.state = 'cancelled') then 'cancelled' else 'completed' end
       where tenant_id = $1 and id = $2 and state = 'open'
         and not exists (select from fleet.dispatch_routes where tenant_id = $1 and dispatch_id = $2 and ${OPEN})`,
      [tx.tenantId, id],
    );
  }

  /**
   * Notes that times of arrival are asked for. What was asked for and is not answered after an hour is taken as lost.
   * @returns false where an answer is on its way already
   */
  async askArrivals(routeId: string): Promise<boolean> {
    const tx = this.uow.current();
    const asked = await tx.execute(
      `update fleet.dispatch_routes set arrivals_asked_at = kernel.now() where tenant_id = $1 and id = $2
         and (arrivals_asked_at is null or arrivals_asked_at < kernel.now() - interval '1 hour')`,
      [tx.tenantId, routeId],
    );
    return asked > 0;
  }

  /** What happens from now on may be asked for again. */
  async answerArrivals(routeId: string): Promise<void> {
    const tx = this.uow.current();
    await tx.execute('update fleet.dispatch_routes set arrivals_asked_at = null where tenant_id = $1 and id = $2', [
      tx.tenantId,
      routeId,
    ]);
  }

  /** Whether times of arrival are still worth telling: the route is open, and its planned end not long past. */
  async watched(routeId: string): Promise<boolean> {
    const tx = this.uow.current();
    const rows = await tx.query(
      `select from fleet.dispatch_routes where tenant_id = $1 and id = $2 and ${OPEN} and upper(during) > kernel.now() - ${WATCHED}`,
      [tx.tenantId, routeId],
    );
    return rows.length > 0;
  }

  /** What is left of an open route, the tracker of its vehicle, and its first place to go; null where it is over. */
  async left(routeId: string): Promise<{
    trackerId: string | null;
    driverUserId: string | null;
    /** Where, is forgotten after two years. */
    stops: (LeftStop & { lat: number | null; lng: number | null })[];
  } | null> {
    const tx = this.uow.current();
    const [row] = await tx.query<{ trackerId: string | null; driverUserId: string | null; vehicleId: string }>(
      `select (select a.tracker_id from fleet.assignments a where a.tenant_id = $1 and a.vehicle_id = r.vehicle_id and a.kind = 'device'
           and a.during @> kernel.now()) as "trackerId",
         (select p.user_id from fleet.drivers p where p.tenant_id = $1 and p.id = r.driver_id and p.active) as "driverUserId"
       from fleet.dispatch_routes r where r.tenant_id = $1 and r.id = $2 and r.${OPEN}`,
      [tx.tenantId, routeId],
    );
    if (!row) return null;
    const stops = await tx.query<LeftStop & { lat: number | null; lng: number | null }>(
      `select id, state, lat, lng, arrive_at as "arriveAt", begin_at as "beginAt", leave_at as "leaveAt", arrived_at as "arrivedAt"
       from fleet.dispatch_stops where tenant_id = $1 and route_id = $2 and closed_at is null order by state = 'pending', position`,
      [tx.tenantId, routeId],
    );
    return { ...row, stops };
  }

  /** Writes times of arrival, of stops that are still to come. */
  async tellArrivals(routeId: string, arrivals: readonly { id: string; eta: Date }[], source: string): Promise<void> {
    const tx = this.uow.current();
    await tx.execute(
      `update fleet.dispatch_stops s set eta = x.eta from json_to_recordset($3::json) as x(id uuid, eta timestamptz)
       where s.tenant_id = $1 and s.route_id = $2 and s.id = x.id and s.state = 'pending'`,
      [tx.tenantId, routeId, JSON.stringify(arrivals)],
    );
    await tx.execute(
      `update fleet.dispatch_routes set eta_at = kernel.now(), eta_source = $3 where tenant_id = $1 and id = $2 and ${OPEN}`,
      [tx.tenantId, routeId, source],
    );
  }
}
