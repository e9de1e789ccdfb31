import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Database } from '../../../kernel/database/database';
import { keyset, type ListQuery, type Page } from '../../../kernel/http/pagination';
import { LEAST_METRES, scoreOf, SCORE_WEIGHTS as W, type DrivingEvent } from '../domain/driving';
import { tripNotFound } from '../domain/trips.errors';
import { narrowedTo } from './own';

export interface TripFacts {
  id: string;
  vehicleId: string;
  trackerId: string;
  driverId: string | null;
  startedAt: string;
  endedAt: string;
  durationSeconds: number;
  start: { lat: number; lng: number };
  end: { lat: number; lng: number };
  distance: number;
  averageSpeed: number;
  maxSpeed: number;
  gap: boolean;
  harshAcceleration: number;
  harshBraking: number;
  harshCornering: number;
  speedingSeconds: number;
  idleSeconds: number;
  nightSeconds: number;
  lowResolution: boolean;
}

/** Those that the caller may see: all, or those that it drove. */
export class ListTripsQuery extends Query<Page<TripFacts>> {
  constructor(readonly list: ListQuery) {
    super();
  }
}

/** With its driving events. @throws AppError not-found `fleet.trip-not-found` */
export class FindTripQuery extends Query<TripFacts & { events: DrivingEvent[] }> {
  constructor(readonly tripId: string) {
    super();
  }
}

/** How somebody or something was driven over a period. */
export interface ScoreFacts {
  /** The vehicle or the driver; null: nobody was known to drive. */
  subjectId: string | null;
  name: string | null;
  trips: number;
  metres: number;
  harshAcceleration: number;
  harshBraking: number;
  harshCornering: number;
  speedingSeconds: number;
  idleSeconds: number;
  nightSeconds: number;
  /** 0 to 100; null below 50 km. */
  score: number | null;
}

/** Scores by vehicle or by driver of trips that began in a period; a driver sees its own. At most 500, the worst first. */
export class DrivingScoresQuery extends Query<{ data: ScoreFacts[] }> {
  constructor(readonly request: { by: 'vehicle' | 'driver'; from: string; to: string; fleetId?: string[] }) {
    super();
  }
}

type Row = Omit<TripFacts, 'startedAt' | 'endedAt' | 'start' | 'end' | 'durationSeconds' | 'averageSpeed'> & {
  startedAt: Date;
  endedAt: Date;
  startLat: number;
  startLng: number;
  endLat: number;
  endLng: number;
  events?: DrivingEvent[];
};
const COLUMNS = `t.id, t.vehicle_id as "vehicleId", t.tracker_id as "trackerId", t.driver_id as "driverId", t.started_at as "startedAt",
  t.ended_at as "endedAt", t.start_lat as "startLat", t.start_lng as "startLng", t.end_lat as "endLat", t.end_lng as "endLng",
  t.distance_metres as distance, t.max_speed as "maxSpeed", t.gap, t.harsh_acceleration as "harshAcceleration",
  t.harsh_braking as "harshBraking", t.harsh_cornering as "harshCornering", t.speeding_seconds as "speedingSeconds",
  t.idle_seconds as "idleSeconds", t.night_seconds as "nightSeconds", t.low_resolution as "lowResolution"`;
const WHERE = `t.tenant_id = kernel.tenant_id() and ($1::uuid is null or exists (select from fleet.drivers me
  where me.tenant_id = kernel.tenant_id() and me.id = t.driver_id and me.user_id = $1::uuid))`;
const TRIPS = keyset({
  id: 't.id',
  sorts: { startedAt: { sql: 't.started_at', type: 'timestamptz' } },
  defaultSort: '-startedAt',
  filters: {
    vehicleId: { sql: 't.vehicle_id', type: 'uuid' },
    driverId: { sql: 't.driver_id', type: 'uuid' },
    startedAt: { sql: 't.started_at', type: 'timestamptz' },
  },
});

function viewOf(row: Row): TripFacts {
  const durationSeconds = (row.endedAt.getTime() - row.startedAt.getTime()) / 1000;
  return {
    id: row.id,
    vehicleId: row.vehicleId,
    trackerId: row.trackerId,
    driverId: row.driverId,
    startedAt: row.startedAt.toISOString(),
    endedAt: row.endedAt.toISOString(),
    durationSeconds,
    start: { lat: row.startLat, lng: row.startLng },
    end: { lat: row.endLat, lng: row.endLng },
    distance: row.distance,
    averageSpeed: row.distance / durationSeconds,
    maxSpeed: row.maxSpeed,
    gap: row.gap,
    harshAcceleration: row.harshAcceleration,
    harshBraking: row.harshBraking,
    harshCornering: row.harshCornering,
    speedingSeconds: row.speedingSeconds,
    idleSeconds: row.idleSeconds,
    nightSeconds: row.nightSeconds,
    lowResolution: row.lowResolution,
  };
}

@QueryHandler(ListTripsQuery)
export class ListTripsHandler implements IQueryHandler<ListTripsQuery> {
  constructor(private readonly database: Database) {}

  execute({ list }: ListTripsQuery): Promise<Page<TripFacts>> {
    return TRIPS.run<Row, TripFacts>(this.database, list, {
      select: COLUMNS,
      from: 'fleet.trips t',
      where: WHERE,
      params: [narrowedTo()],
      map: viewOf,
    });
  }
}

/** Idling is counted to the trip that it follows. */
const IDLING_EVENTS = `coalesce((select jsonb_agg(jsonb_build_object('kind', 'idling',
      'at', to_char(i.started_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 'seconds', i.seconds, 'peak', 0, 'lat', i.lat, 'lng', i.lng))
    from fleet.idlings i where i.tenant_id = kernel.tenant_id() and i.vehicle_id = t.vehicle_id and i.tracker_id = t.tracker_id
      and i.started_at >= t.started_at and not exists (select from fleet.trips n where n.tenant_id = kernel.tenant_id()
        and n.vehicle_id = t.vehicle_id and n.tracker_id = t.tracker_id and n.started_at > t.started_at and n.started_at <= i.started_at)), '[]')`;

@QueryHandler(FindTripQuery)
export class FindTripHandler implements IQueryHandler<FindTripQuery> {
  constructor(private readonly database: Database) {}

  async execute({ tripId }: FindTripQuery): Promise<TripFacts & { events: DrivingEvent[] }> {
    const [row] = await this.database.read<Row>(
      `select ${COLUMNS}, t.events || ${IDLING_EVENTS} as events from fleet.trips t where ${WHERE} and t.id = $2`,
      [narrowedTo(), tripId],
    );
    if (!row) throw tripNotFound();
    const events = (row.events ?? []).sort((a, b) => a.at.localeCompare(b.at) || a.kind.localeCompare(b.kind));
    return { ...viewOf(row), events };
  }
}

/** As `scoreOf` ranks them: what weighs most a metre first, those of whom too little is known last. */
const BY_SCORE = `case when sum(t.distance_metres) >= ${LEAST_METRES} then (sum(${W.braking} * t.harsh_braking
    + ${W.cornering} * t.harsh_cornering + ${W.acceleration} * t.harsh_acceleration + ${W.speedingMinute} * t.speeding_seconds / 60
    + ${W.nightHour} * t.night_seconds / 3600 + ${W.idleMinute} * t.idle_seconds / 60)) / sum(t.distance_metres) end desc nulls last`;

@QueryHandler(DrivingScoresQuery)
export class DrivingScoresHandler implements IQueryHandler<DrivingScoresQuery> {
  constructor(private readonly database: Database) {}

  async execute({ request }: DrivingScoresQuery): Promise<{ data: ScoreFacts[] }> {
    const { by, from, to, fleetId } = request;
    const rows = await this.database.read<Omit<ScoreFacts, 'score'>>(
      `select t.${by}_id as "subjectId", min(s.name) as name, count(*)::int as trips, sum(t.distance_metres) as metres,
         sum(t.harsh_acceleration)::int as "harshAcceleration", sum(t.harsh_braking)::int as "harshBraking",
         sum(t.harsh_cornering)::int as "harshCornering", sum(t.speeding_seconds) as "speedingSeconds",
         sum(t.idle_seconds) as "idleSeconds", sum(t.night_seconds) as "nightSeconds"
       from fleet.trips t left join fleet.${by}s s on s.tenant_id = kernel.tenant_id() and s.id = t.${by}_id
         join fleet.vehicles v on v.tenant_id = kernel.tenant_id() and v.id = t.vehicle_id
       where ${WHERE} and t.started_at >= $2::timestamptz and t.started_at < $3::timestamptz
         and ($4::uuid[] is null or v.fleet_id = any($4::uuid[]))
       group by 1 order by ${BY_SCORE}, sum(t.distance_metres) desc, 1 limit 500`,
      [narrowedTo(), from, to, fleetId ?? null],
    );
    return { data: rows.map((row) => ({ ...row, metres: Math.round(row.metres), score: scoreOf(row) })) };
  }
}
