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
      .catch((error: { constraint?: string }) => {
        if (error.constraint === 'dispatch_routes_of_vehicle') throw routeOverlaps('vehicle');
        if (error.constraint === 'dispatch_routes_of_driver') throw routeOverlaps('driver');
        throw error;
      });
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

  /** Calls off a dispatch with those of its routes that are not finished. @returns them, and their drivers' users */
  async cancel(id: string): Promise<{ id: string; driverUserId: string | null }[]> {
    const tx = this.uow.current();
    // Locked in the order of their ids.
    const routes = await tx.query<{ id: string; driverUserId: string | null }>(
      `with mine as (select id from fleet.dispatch_routes where tenant_id = $1 and dispatch_id = $2 and ${OPEN} order by id for update)
       update fleet.dispatch_routes r set state = 'cancelled', finished_at = kernel.now()
       from mine where r.tenant_id = $1 and r.id = mine.id
       returning r.id, (select p.user_id from fleet.drivers p where p.tenant_id = $1 and p.id = r.driver_id) as "driverUserId"`,
      [tx.tenantId, id],
    );
    await tx.execute(
      `update fleet.dispatches set state = 'cancelled', closed_at = kernel.now() where tenant_id = $1 and id = $2`,
      [tx.tenantId, id],
    );
    return routes;
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
    if (state === 'completed')
      await tx.execute(
        `update fleet.dispatches set state = 'completed', closed_at = kernel.now() where tenant_id = $1 and id = $2 and state = 'open'
           and not exists (select from fleet.dispatch_routes where tenant_id = $1 and dispatch_id = $2 and ${OPEN})`,
        [tx.tenantId, dispatchId],
      );
    return state;
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
    stops: (LeftStop & { lat: number; lng: number })[];
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
    const stops = await tx.query<LeftStop & { lat: number; lng: number }>(
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
