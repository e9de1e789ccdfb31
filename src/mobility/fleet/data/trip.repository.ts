import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { newId } from '../../../kernel/ids/ids';
import type { DrivingEvent } from '../domain/driving';

/** A trip as it is stored, but for its idling, which is counted. Metres, m/s, seconds. */
export interface TripRow {
  startedAt: Date;
  endedAt: Date;
  start: { lat: number; lng: number };
  end: { lat: number; lng: number };
  distance: number;
  maxSpeed: number;
  gap: boolean;
  driverId: string | null;
  class: string;
  harshAcceleration: number;
  harshBraking: number;
  harshCornering: number;
  /** That the engine ran: while it moved, unless the device says otherwise; silences of more than ten minutes count no longer. */
  engineSeconds: number;
  speedingSeconds: number;
  nightSeconds: number;
  lowResolution: boolean;
  events: DrivingEvent[];
}

/** A tracker in a vehicle for a period, `begins` being when it was put in; `until` null is still. */
export interface Followed {
  trackerId: string;
  begins: Date;
  from: Date;
  until: Date | null;
}

/** How far a vehicle's track was followed, and the last trip that was under way there or within the hour before. */
export interface Following {
  madeUntil: Date;
  /** When the latest position was that was followed. */
  heardAt: Date | null;
  startedAt: Date | null;
  endedAt: Date | null;
}

/** Trips of vehicles. The vehicle's row is locked by whoever writes them. */
@Injectable()
export class TripRepository {
  constructor(private readonly uow: UnitOfWork) {}

  /** Trackers that were in a vehicle within a period: from when in it on, and until when at all. */
  followed(vehicleId: string, from: Date, to: Date): Promise<Followed[]> {
    const tx = this.uow.current();
    return tx.query<Followed>(
      `select tracker_id as "trackerId", lower(during) as begins, greatest(lower(during), $3) as "from", upper(during) as until
       from fleet.assignments where tenant_id = $1 and vehicle_id = $2 and kind = 'device' and during && tstzrange($3, $4)
       order by lower(during)`,
      [tx.tenantId, vehicleId, from, to],
    );
  }

  /**
   * Where a trip began that was under way at a moment, or may go on there: silence parts trips after an hour. Null where the
   * vehicle stood.
   */
  async underWay(vehicleId: string, trackerId: string, at: Date): Promise<Date | null> {
    const tx = this.uow.current();
    const [row] = await tx.query<{ startedAt: Date }>(
      `select started_at as "startedAt" from fleet.trips where tenant_id = $1 and vehicle_id = $2 and tracker_id = $3 and started_at < $4
         and ended_at >= $4::timestamptz - interval '1 hour' order by started_at limit 1`,
      [tx.tenantId, vehicleId, trackerId, at],
    );
    return row?.startedAt ?? null;
  }

  /** Who drove at each of these times, in their order. */
  async driversAt(vehicleId: string, times: readonly Date[]): Promise<(string | null)[]> {
    const tx = this.uow.current();
    const rows = await tx.query<{ driverId: string | null }>(
      `select (select a.driver_id from fleet.assignments a where a.tenant_id = $1 and a.vehicle_id = $2 and a.kind = 'driver' and a.slot = 1
         and a.during @> t.at) as "driverId"
       from unnest($3::timestamptz[]) with ordinality as t(at, n) order by t.n`,
      [tx.tenantId, vehicleId, times],
    );
    return rows.map(({ driverId }) => driverId);
  }

  /**
   * A chain of timers takes over the vehicle's track, from a moment on or from where the one before was.
   * @returns up to when the track was followed
   */
  async follow(vehicleId: string, since: Date, chain: string): Promise<Date> {
    const tx = this.uow.current();
    const [{ madeUntil }] = await tx.query<{ madeUntil: Date }>(
      `insert into fleet.trip_followers as f (tenant_id, id, made_until, chain) values ($1, $2, $3, $4)
       on conflict (tenant_id, id) do update set made_until = least(f.made_until, excluded.made_until), chain = excluded.chain,
         heard_at = case when f.heard_at is not null then least(f.heard_at, excluded.made_until) end
       returning made_until as "madeUntil"`,
      [tx.tenantId, vehicleId, since, chain],
    );
    return madeUntil;
  }

  /** @returns null where another chain took over, or the vehicle has no tracker any more and all was followed: it is over then */
  async goesOn(vehicleId: string, chain: string): Promise<Following | null> {
    const tx = this.uow.current();
    const over = await tx.query(
      `delete from fleet.trip_followers f where f.tenant_id = $1 and f.id = $2 and f.chain = $3
         and f.made_until >= kernel.now() - interval '1 hour' and not exists (select from fleet.assignments a
           where a.tenant_id = $1 and a.vehicle_id = $2 and a.kind = 'device'
             and (upper(a.during) is null or upper(a.during) > kernel.now() - interval '10 hours')) returning f.id`,
      [tx.tenantId, vehicleId, chain],
    );
    if (over.length > 0) return null;
    const [mine] = await tx.query<Following>(
      `select f.made_until as "madeUntil", f.heard_at as "heardAt", t.started_at as "startedAt", t.ended_at as "endedAt"
       from fleet.trip_followers f left join lateral (select t.started_at, t.ended_at from fleet.trips t
         where t.tenant_id = $1 and t.vehicle_id = $2 and t.ended_at >= f.made_until - interval '1 hour'
           and t.started_at >= f.made_until - interval '7 days' order by t.started_at desc limit 1) t on true
       where f.tenant_id = $1 and f.id = $2 and f.chain = $3`,
      [tx.tenantId, vehicleId, chain],
    );
    return mine ?? null;
  }

  /** Trackers that were in a vehicle at a moment, or are since. */
  async trackersSince(vehicleId: string, at: Date): Promise<string[]> {
    const tx = this.uow.current();
    const rows = await tx.query<{ id: string }>(
      `select distinct tracker_id as id from fleet.assignments where tenant_id = $1 and vehicle_id = $2 and kind = 'device'
         and during && tstzrange($3, null)`,
      [tx.tenantId, vehicleId, at],
    );
    return rows.map(({ id }) => id);
  }

  /** How far a vehicle's track was followed; null where it is not. */
  async madeUntil(vehicleId: string): Promise<Pick<Following, 'madeUntil' | 'heardAt'> | null> {
    const tx = this.uow.current();
    const [row] = await tx.query<Pick<Following, 'madeUntil' | 'heardAt'>>(
      'select made_until as "madeUntil", heard_at as "heardAt" from fleet.trip_followers where tenant_id = $1 and id = $2',
      [tx.tenantId, vehicleId],
    );
    return row ?? null;
  }

  /** Nothing where it was set back meanwhile: that is followed first. */
  async advance(vehicleId: string, from: Date, to: Date, heardAt: Date | null): Promise<void> {
    const tx = this.uow.current();
    await tx.execute(
      `update fleet.trip_followers set made_until = $4, heard_at = $5 where tenant_id = $1 and id = $2 and date_trunc('milliseconds', made_until) = $3`,
      [tx.tenantId, vehicleId, from, to, heardAt],
    );
  }

  /** Takes away what a tracker told while it was not with the vehicle, from a moment on. */
  async forgetOutside(vehicleId: string, trackerId: string, from: Date): Promise<void> {
    const tx = this.uow.current();
    await tx.execute(
      `delete from fleet.trips t where t.tenant_id = $1 and t.vehicle_id = $2 and t.tracker_id = $3 and t.started_at >= $4
         and not exists (select from fleet.assignments a where a.tenant_id = $1 and a.vehicle_id = $2 and a.kind = 'device'
           and a.tracker_id = $3 and a.during @> t.started_at)`,
      [tx.tenantId, vehicleId, trackerId, from],
    );
  }

  /** Driving events that are known of trips that began in a period. */
  async eventsOf(vehicleId: string, trackerId: string, from: Date, to: Date): Promise<DrivingEvent[]> {
    const tx = this.uow.current();
    const rows = await tx.query<{ events: DrivingEvent[] }>(
      `select events from fleet.trips where tenant_id = $1 and vehicle_id = $2 and tracker_id = $3 and started_at >= $4 and started_at < $5`,
      [tx.tenantId, vehicleId, trackerId, from, to],
    );
    return rows.flatMap(({ events }) => events);
  }

  /** Puts these trips in the place of those that began in a period: what did not change keeps its id. */
  async replace(
    about: { vehicleId: string; trackerId: string; from: Date; to: Date },
    trips: TripRow[],
  ): Promise<void> {
    const tx = this.uow.current();
    const { vehicleId, trackerId, from, to } = about;
    await tx.execute(
      `delete from fleet.trips where tenant_id = $1 and vehicle_id = $2 and tracker_id = $3 and started_at >= $4 and started_at < $5
         and not started_at = any($6::timestamptz[])`,
      [tx.tenantId, vehicleId, trackerId, from, to, trips.map(({ startedAt }) => startedAt)],
    );
    const rows = trips.map(({ start, end, ...trip }) => ({
      ...{ id: newId(), ...trip, startLat: start.lat, startLng: start.lng, endLat: end.lat, endLng: end.lng },
    }));
    await tx.execute(
      `insert into fleet.trips as f (tenant_id, vehicle_id, tracker_id, id, started_at, ended_at, start_lat, start_lng, end_lat, end_lng,
         distance_metres, max_speed, gap, driver_id, class, harsh_acceleration, harsh_braking, harsh_cornering, speeding_seconds,
         engine_seconds, night_seconds, low_resolution, events, made_at)
       select $1, $2, $3, x.id, x."startedAt", x."endedAt", x."startLat", x."startLng", x."endLat", x."endLng", x.distance, x."maxSpeed",
         x.gap, x."driverId", x.class, x."harshAcceleration", x."harshBraking", x."harshCornering", x."speedingSeconds",
         x."engineSeconds", x."nightSeconds", x."lowResolution", x.events, kernel.now()
       from json_to_recordset($4::json) as x(id uuid, "startedAt" timestamptz, "endedAt" timestamptz, "startLat" float8, "startLng" float8,
         "endLat" float8, "endLng" float8, distance float8, "maxSpeed" float8, gap boolean, "driverId" uuid, class text,
         "harshAcceleration" int, "harshBraking" int, "harshCornering" int, "speedingSeconds" float8, "engineSeconds" float8,
         "nightSeconds" float8, "lowResolution" boolean, events jsonb)
       on conflict (tenant_id, vehicle_id, tracker_id, started_at) do update set ended_at = excluded.ended_at,
         start_lat = excluded.start_lat, start_lng = excluded.start_lng, end_lat = excluded.end_lat, end_lng = excluded.end_lng,
         distance_metres = excluded.distance_metres, max_speed = excluded.max_speed, gap = excluded.gap, driver_id = excluded.driver_id,
         class = excluded.class, harsh_acceleration = excluded.harsh_acceleration, harsh_braking = excluded.harsh_braking,
         harsh_cornering = excluded.harsh_cornering, speeding_seconds = excluded.speeding_seconds, engine_seconds = excluded.engine_seconds,
         night_seconds = excluded.night_seconds, low_resolution = excluded.low_resolution, events = excluded.events,
         made_at = excluded.made_at
       where (f.ended_at, f.start_lat, f.start_lng, f.end_lat, f.end_lng, f.distance_metres, f.max_speed, f.gap, f.driver_id, f.class,
           f.low_resolution, f.engine_seconds, f.speeding_seconds, f.night_seconds, f.events)
         is distinct from (excluded.ended_at, excluded.start_lat, excluded.start_lng, excluded.end_lat, excluded.end_lng,
           excluded.distance_metres, excluded.max_speed, excluded.gap, excluded.driver_id, excluded.class, excluded.low_resolution,
           excluded.engine_seconds, excluded.speeding_seconds, excluded.night_seconds, excluded.events)`,
      [tx.tenantId, vehicleId, trackerId, JSON.stringify(rows)],
    );
  }
}
