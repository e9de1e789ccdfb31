import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Database } from '../../../kernel/database/database';
import { keyset, type ListQuery, type Page } from '../../../kernel/http/pagination';
import type { TravelSource } from '../../location/contracts/travel-times';
import type { DispatchRouteState, DispatchState, DispatchStopState } from '../domain/dispatch';
import { dispatchNotFound, routeNotFound } from '../domain/dispatch.errors';
import { narrowedTo } from './own';

export interface DispatchStopFacts {
  id: string;
  position: number;
  /** What the plan calls it; empty once it is forgotten, as are its place, reason and proof. */
  planStop: string;
  kind: 'delivery' | 'pickup';
  lat: number | null;
  lng: number | null;
  state: DispatchStopState;
  /** As planned: arrival, beginning and end of the service. */
  arriveAt: string;
  beginAt: string;
  leaveAt: string;
  /** From where the vehicle was last; null where that is not known, or it was reached. */
  eta: string | null;
  arrivedAt: string | null;
  closedAt: string | null;
  /** Why it failed. */
  reason: string | null;
  proof: {
    recipientName: string | null;
    signatureFileId: string | null;
    photoFileIds: string[];
    note: string | null;
  } | null;
}

export interface DispatchRouteFacts {
  id: string;
  dispatchId: string;
  planVehicleId: string;
  vehicleId: string;
  vehicleName: string;
  driverId: string;
  driverName: string;
  state: DispatchRouteState;
  startsAt: string;
  endsAt: string;
  /** Metres. */
  distance: number;
  startedAt: string | null;
  finishedAt: string | null;
  /** When times of arrival were reckoned, and by what. */
  etaAt: string | null;
  etaSource: TravelSource | null;
  stops: DispatchStopFacts[];
}

export interface DispatchFacts {
  id: string;
  planId: string;
  state: DispatchState;
  startsAt: string;
  proofRequired: boolean;
  /** Stops that the plan left out, and why. */
  unassigned: { id: string; reason: string }[];
  routes: { id: string; vehicleId: string; driverId: string; state: DispatchRouteState; stops: number; open: number }[];
  createdAt: string;
  closedAt: string | null;
}

export class ListDispatchesQuery extends Query<Page<DispatchFacts>> {
  constructor(readonly list: ListQuery) {
    super();
  }
}

/** @throws AppError not-found `fleet.dispatch-not-found` */
export class FindDispatchQuery extends Query<DispatchFacts> {
  constructor(readonly dispatchId: string) {
    super();
  }
}

/** Those that the caller may see: all, or its own. */
export class ListDispatchRoutesQuery extends Query<Page<DispatchRouteFacts>> {
  constructor(readonly list: ListQuery) {
    super();
  }
}

/** @throws AppError not-found `fleet.dispatch-route-not-found`, also for routes of other drivers */
export class FindDispatchRouteQuery extends Query<DispatchRouteFacts> {
  constructor(readonly routeId: string) {
    super();
  }
}

type Row = Omit<DispatchFacts, 'startsAt' | 'createdAt' | 'closedAt'> & {
  startsAt: Date;
  createdAt: Date;
  closedAt: Date | null;
};
// Routes come with their dispatch, counted: one statement for a page.
const COLUMNS = `d.id, d.plan_id as "planId", d.state, d.starts_at as "startsAt", d.proof_required as "proofRequired", d.unassigned,
  d.created_at as "createdAt", d.closed_at as "closedAt",
  (select jsonb_agg(jsonb_build_object('id', r.id, 'vehicleId', r.vehicle_id, 'driverId', r.driver_id, 'state', r.state,
       'stops', s.stops, 'open', s.open) order by r.id)
     from fleet.dispatch_routes r cross join lateral (select count(*)::int as stops, count(*) filter (where x.closed_at is null)::int as open
       from fleet.dispatch_stops x where x.tenant_id = kernel.tenant_id() and x.route_id = r.id) s
     where r.tenant_id = kernel.tenant_id() and r.dispatch_id = d.id) as routes`;
const viewOf = ({ startsAt, createdAt, closedAt, ...row }: Row): DispatchFacts => ({
  id: row.id,
  planId: row.planId,
  state: row.state,
  startsAt: startsAt.toISOString(),
  proofRequired: row.proofRequired,
  unassigned: row.unassigned,
  routes: row.routes,
  createdAt: createdAt.toISOString(),
  closedAt: closedAt?.toISOString() ?? null,
});
const DISPATCHES = keyset({
  id: 'd.id',
  sorts: { startsAt: { sql: 'd.starts_at', type: 'timestamptz' } },
  defaultSort: '-startsAt',
  filters: {
    state: { sql: 'd.state', type: 'text' },
    startsAt: { sql: 'd.starts_at', type: 'timestamptz' },
  },
});

@QueryHandler(ListDispatchesQuery)
export class ListDispatchesHandler implements IQueryHandler<ListDispatchesQuery> {
  constructor(private readonly database: Database) {}

  execute({ list }: ListDispatchesQuery): Promise<Page<DispatchFacts>> {
    return DISPATCHES.run<Row, DispatchFacts>(this.database, list, {
      select: COLUMNS,
      from: 'fleet.dispatches d',
      where: 'd.tenant_id = kernel.tenant_id()',
      map: viewOf,
    });
  }
}

@QueryHandler(FindDispatchQuery)
export class FindDispatchHandler implements IQueryHandler<FindDispatchQuery> {
  constructor(private readonly database: Database) {}

  async execute({ dispatchId }: FindDispatchQuery): Promise<DispatchFacts> {
    const [row] = await this.database.read<Row>(
      `select ${COLUMNS} from fleet.dispatches d where d.tenant_id = kernel.tenant_id() and d.id = $1`,
      [dispatchId],
    );
    if (!row) throw dispatchNotFound();
    return viewOf(row);
  }
}

interface StopRow {
  id: string;
  position: number;
  planStop: string;
  kind: 'delivery' | 'pickup';
  lat: number | null;
  lng: number | null;
  state: DispatchStopState;
  arriveAt: string;
  beginAt: string;
  leaveAt: string;
  eta: string | null;
  arrivedAt: string | null;
  closedAt: string | null;
  reason: string | null;
  recipientName: string | null;
  note: string | null;
  signatureFileId: string | null;
  photoFileIds: string[];
}

type RouteRow = Omit<DispatchRouteFacts, 'startsAt' | 'endsAt' | 'startedAt' | 'finishedAt' | 'etaAt' | 'stops'> & {
  startsAt: Date;
  endsAt: Date;
  startedAt: Date | null;
  finishedAt: Date | null;
  etaAt: Date | null;
  stops: StopRow[];
};
const ROUTE = `r.id, r.dispatch_id as "dispatchId", r.plan_vehicle as "planVehicleId", r.vehicle_id as "vehicleId", v.name as "vehicleName",
  r.driver_id as "driverId", p.name as "driverName", r.state, lower(r.during) as "startsAt", upper(r.during) as "endsAt", r.distance,
  r.started_at as "startedAt", r.finished_at as "finishedAt", r.eta_at as "etaAt", r.eta_source as "etaSource",
  (select jsonb_agg(jsonb_build_object('id', s.id, 'position', s.position, 'planStop', s.plan_stop, 'kind', s.kind, 'lat', s.lat,
       'lng', s.lng, 'state', s.state, 'arriveAt', s.arrive_at, 'beginAt', s.begin_at, 'leaveAt', s.leave_at, 'eta', s.eta,
       'arrivedAt', s.arrived_at, 'closedAt', s.closed_at, 'reason', s.reason, 'recipientName', s.recipient_name, 'note', s.note,
       'signatureFileId', s.signature_file_id, 'photoFileIds', s.photo_file_ids) order by s.position)
     from fleet.dispatch_stops s where s.tenant_id = kernel.tenant_id() and s.route_id = r.id) as stops`;
const FROM = `fleet.dispatch_routes r join fleet.vehicles v on v.tenant_id = r.tenant_id and v.id = r.vehicle_id
  join fleet.drivers p on p.tenant_id = r.tenant_id and p.id = r.driver_id`;
/**
 * Condition for the routes that the caller may see, with its parameters. A user is one driver at most: its routes come in order from
 * the index by driver, however many others there are.
 */
function own(): { where: string; params: string[] } {
  const userId = narrowedTo();
  if (userId === null) return { where: 'r.tenant_id = kernel.tenant_id()', params: [] };
  const mine = `select me.id from fleet.drivers me where me.tenant_id = kernel.tenant_id() and me.user_id = $1::uuid and me.active`;
  return { where: `r.tenant_id = kernel.tenant_id() and r.driver_id = (${mine})`, params: [userId] };
}
const iso = (time: string | null): string | null => (time === null ? null : new Date(time).toISOString());

function stopView(row: StopRow): DispatchStopFacts {
  const { recipientName, signatureFileId, photoFileIds, note } = row;
  const proven = recipientName !== null || signatureFileId !== null || note !== null || photoFileIds.length > 0;
  return {
    id: row.id,
    position: row.position,
    planStop: row.planStop,
    kind: row.kind,
    lat: row.lat,
    lng: row.lng,
    state: row.state,
    arriveAt: iso(row.arriveAt)!,
    beginAt: iso(row.beginAt)!,
    leaveAt: iso(row.leaveAt)!,
    eta: iso(row.eta),
    arrivedAt: iso(row.arrivedAt),
    closedAt: iso(row.closedAt),
    reason: row.reason,
    proof: proven ? { recipientName, signatureFileId, photoFileIds, note } : null,
  };
}

const routeView = (row: RouteRow): DispatchRouteFacts => ({
  id: row.id,
  dispatchId: row.dispatchId,
  planVehicleId: row.planVehicleId,
  vehicleId: row.vehicleId,
  vehicleName: row.vehicleName,
  driverId: row.driverId,
  driverName: row.driverName,
  state: row.state,
  startsAt: row.startsAt.toISOString(),
  endsAt: row.endsAt.toISOString(),
  distance: row.distance,
  startedAt: row.startedAt?.toISOString() ?? null,
  finishedAt: row.finishedAt?.toISOString() ?? null,
  etaAt: row.etaAt?.toISOString() ?? null,
  etaSource: row.etaSource,
  stops: row.stops.map(stopView),
});
const ROUTES = keyset({
  id: 'r.id',
  sorts: { startsAt: { sql: 'lower(r.during)', type: 'timestamptz' } },
  defaultSort: '-startsAt',
  filters: {
    dispatchId: { sql: 'r.dispatch_id', type: 'uuid' },
    vehicleId: { sql: 'r.vehicle_id', type: 'uuid' },
    driverId: { sql: 'r.driver_id', type: 'uuid' },
    state: { sql: 'r.state', type: 'text' },
    startsAt: { sql: 'lower(r.during)', type: 'timestamptz' },
  },
});

@QueryHandler(ListDispatchRoutesQuery)
export class ListDispatchRoutesHandler implements IQueryHandler<ListDispatchRoutesQuery> {
  constructor(private readonly database: Database) {}

  execute({ list }: ListDispatchRoutesQuery): Promise<Page<DispatchRouteFacts>> {
    return ROUTES.run<RouteRow, DispatchRouteFacts>(this.database, list, {
      select: ROUTE,
      from: FROM,
      ...own(),
      map: routeView,
    });
  }
}

@QueryHandler(FindDispatchRouteQuery)
export class FindDispatchRouteHandler implements IQueryHandler<FindDispatchRouteQuery> {
  constructor(private readonly database: Database) {}

  async execute({ routeId }: FindDispatchRouteQuery): Promise<DispatchRouteFacts> {
    const { where, params } = own();
    const [row] = await this.database.read<RouteRow>(
      `select ${ROUTE} from ${FROM} where ${where} and r.id = $${params.length + 1}`,
      [...params, routeId],
    );
    if (!row) throw routeNotFound();
    return routeView(row);
  }
}
