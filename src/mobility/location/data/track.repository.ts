import { Injectable } from '@nestjs/common';
import { float8s, jsonbs, textArray, timestamps, uuids, uuidsOf } from '../../../kernel/database/binary-arrays';
import { Database } from '../../../kernel/database/database';
import type { Transaction } from '../../../kernel/database/transaction';
import { derivedId } from '../../../kernel/ids/ids';
import type { FenceEvent } from '../domain/fence';
import type { FilterReason } from '../domain/filter';
import { positionId, positionIdBytes, positionIds, type Fix } from '../domain/fix';
import type { TrackState } from '../domain/track-state';

/** A fix as it is kept. */
export interface KeptFix extends Fix {
  reason: FilterReason | null;
}

/** A fix that is to be kept. */
export interface JudgedFix {
  fix: Fix;
  /** Why it is not believed. */
  reason: FilterReason | null;
}

/** What is remembered of a tracker, with its row locked. */
export interface Track {
  trackerId: string;
  /** The fleet of the vehicle that it is in. */
  fleetId: string | null;
  state: TrackState;
  /** The earliest fix that came late and waits for a replay (milliseconds). */
  dirtyFrom: number | null;
  checkpointAt: number | null;
  /** When a replay was asked for, or last went on (milliseconds); null while none is needed. */
  askedAt: number | null;
}

/** A replay that is under way: how far it is, and a mark that each of its steps changes. */
export interface Replay {
  mark: string;
  state: TrackState;
  checkpointAt: number | null;
}

export interface FixRow {
  tracker_id: string;
  fix_at: Date;
  device_at: Date | null;
  received_at: Date;
  lat: number;
  lng: number;
  altitude: number | null;
  speed: number | null;
  course: number | null;
  accuracy: number | null;
  attributes: Fix['attributes'];
  reason: FilterReason | null;
}

export const FIX_COLUMNS = `tracker_id, fix_at, device_at, received_at, lat, lng, altitude, speed, course,
  accuracy, attributes, reason`;

export const fixOf = (row: FixRow): KeptFix => ({
  trackerId: row.tracker_id,
  fixTime: row.fix_at.getTime(),
  deviceTime: row.device_at?.getTime() ?? null,
  receivedAt: row.received_at.getTime(),
  lat: row.lat,
  lng: row.lng,
  altitude: row.altitude,
  speed: row.speed,
  course: row.course,
  accuracy: row.accuracy,
  attributes: row.attributes,
  reason: row.reason,
});

const date = (ms: number | null): Date | null => (ms === null ? null : new Date(ms));
/** A bound for good where there is none: with COALESCE in its place no index would be searched by it. */
const orForever = (ms: number | null): Date | 'infinity' => date(ms) ?? 'infinity';

/** The same event always has the same id. */
export const fenceEventId = (trackerId: string, { fenceId, type, at }: FenceEvent): string =>
  derivedId('fence-event', trackerId, fenceId, type, String(at));

/** Positions, and what follows from them. Rows of trackers are locked in the order of their ids. */
@Injectable()
export class TrackRepository {
  constructor(private readonly database: Database) {}

  /** Those of the trackers that there are and, unless told otherwise, that are active. */
  async lock(tx: Transaction, trackerIds: readonly string[], activeOnly = true): Promise<Map<string, Track>> {
    const rows = await tx.query<{
      id: string;
      fleet_id: string | null;
      state: TrackState;
      dirty_from: Date | null;
      checkpoint_at: Date | null;
      replay_asked_at: Date | null;
    }>(
      `select s.id, t.fleet_id, s.state, s.dirty_from, s.checkpoint_at, s.replay_asked_at from location.tracks s
       join location.trackers t on t.tenant_id = s.tenant_id and t.id = s.id
       where s.tenant_id = $1 and s.id = any($2::uuid[]) and (t.active and t.deleted_at is null or not $3) order by s.id for no key update of s`,
      [tx.tenantId, trackerIds, activeOnly],
    );
    return new Map(
      rows.map(({ id, fleet_id, state, dirty_from, checkpoint_at, replay_asked_at }) => [
        id,
        {
          trackerId: id,
          fleetId: fleet_id,
          state,
          dirtyFrom: dirty_from?.getTime() ?? null,
          checkpointAt: checkpoint_at?.getTime() ?? null,
          askedAt: replay_asked_at?.getTime() ?? null,
        },
      ]),
    );
  }

  /** Keeps fixes, no two of a tracker and time, in one statement. @returns those that were there already */
  async insert(tx: Transaction, judged: readonly JudgedFix[]): Promise<Set<Fix>> {
    const fixes = judged.map(({ fix }) => fix);
    const ids = uuidsOf(positionIdBytes(fixes));
    const added = await tx.execute(
      `insert into location.positions (tenant_id, id, tracker_id, fix_at, device_at, received_at, lat, lng, altitude, speed, course,
         accuracy, attributes, reason)
       select $1, f.* from unnest($2::uuid[], $3::uuid[], $4::timestamptz[], $5::timestamptz[], $6::timestamptz[], $7::float8[],
         $8::float8[], $9::float8[], $10::float8[], $11::float8[], $12::float8[], $13::jsonb[], $14::text[]) as f
       on conflict do nothing`,
      [
        tx.tenantId,
        ids,
        uuids(fixes.map((it) => it.trackerId)),
        timestamps(fixes.map((it) => it.fixTime)),
        timestamps(fixes.map((it) => it.deviceTime)),
        timestamps(fixes.map((it) => it.receivedAt)),
        float8s(fixes.map((it) => it.lat)),
        float8s(fixes.map((it) => it.lng)),
        float8s(fixes.map((it) => it.altitude)),
        float8s(fixes.map((it) => it.speed)),
        float8s(fixes.map((it) => it.course)),
        float8s(fixes.map((it) => it.accuracy)),
        jsonbs(fixes.map((it) => JSON.stringify(it.attributes))),
        textArray(judged.map((it) => it.reason)),
      ],
    );
    // Nearly always all are new: their ids need not come back.
    if (added === judged.length) return new Set();
    const texts = positionIds(fixes);
    const [least, greatest] = [texts.reduce((a, b) => (a < b ? a : b)), texts.reduce((a, b) => (a > b ? a : b))];
    // Of a list alone PostgreSQL does not know in which months it lies: it would look into all of them.
    const rows = await tx.query<{ id: string }>(
      `select id from location.positions where tenant_id = $1 and id = any($2::uuid[]) and id >= $3 and id <= $4
         and xmin <> pg_current_xact_id()::xid`,
      [tx.tenantId, ids, least, greatest],
    );
    const known = new Set(rows.map(({ id }) => id));
    return new Set(fixes.filter((_, i) => known.has(texts[i])));
  }

  /** Saves what is remembered; travels with the next statement. */
  save(tx: Transaction, tracks: readonly (Omit<Track, 'fleetId'> & { dwellDue: number | null })[]): void {
    if (tracks.length === 0) return;
    tx.later(
      `update location.tracks s set state = f.state, last_fix_at = f.last, dirty_from = f.dirty, checkpoint_at = f.checkpoint,
         dwell_due_at = f.dwell, replay_asked_at = f.asked
       from unnest($2::uuid[], $3::jsonb[], $4::timestamptz[], $5::timestamptz[], $6::timestamptz[], $7::timestamptz[], $8::timestamptz[])
         as f(id, state, last, dirty, checkpoint, dwell, asked)
       where s.tenant_id = $1 and s.id = f.id`,
      [
        tx.tenantId,
        uuids(tracks.map((it) => it.trackerId)),
        jsonbs(tracks.map((it) => JSON.stringify(it.state))),
        timestamps(tracks.map((it) => it.state.lastFixTime)),
        timestamps(tracks.map((it) => it.dirtyFrom)),
        timestamps(tracks.map((it) => it.checkpointAt)),
        timestamps(tracks.map((it) => it.dwellDue)),
        timestamps(tracks.map((it) => it.askedAt)),
      ],
    );
  }

  saveCheckpoints(tx: Transaction, checkpoints: readonly { trackerId: string; state: TrackState }[]): void {
    if (checkpoints.length === 0) return;
    tx.later(
      `insert into location.checkpoints (tenant_id, id, tracker_id, at, state)
       select $1, f.* from unnest($2::uuid[], $3::uuid[], $4::timestamptz[], $5::jsonb[]) as f
       on conflict (tenant_id, tracker_id, at) do update set state = excluded.state`,
      [
        tx.tenantId,
        checkpoints.map((it) => positionId(it.trackerId, it.state.lastFixTime)),
        checkpoints.map((it) => it.trackerId),
        checkpoints.map((it) => new Date(it.state.lastFixTime)),
        checkpoints.map((it) => JSON.stringify(it.state)),
      ],
    );
  }

  /** Believed fixes, one a tracker; an older one than is there changes nothing unless `anyhow`. */
  saveLatest(tx: Transaction, fixes: readonly Fix[], anyhow = false): void {
    if (fixes.length === 0) return;
    tx.later(
      `insert into location.latest_positions as l (tenant_id, id, fix_at, received_at, lat, lng, altitude, speed, course, accuracy, attributes)
       select $1, f.* from unnest($2::uuid[], $3::timestamptz[], $4::timestamptz[], $5::float8[], $6::float8[], $7::float8[],
         $8::float8[], $9::float8[], $10::float8[], $11::jsonb[]) as f
       on conflict (tenant_id, id) do update set fix_at = excluded.fix_at, received_at = excluded.received_at, lat = excluded.lat,
         lng = excluded.lng, altitude = excluded.altitude, speed = excluded.speed, course = excluded.course,
         accuracy = excluded.accuracy, attributes = excluded.attributes
       where excluded.fix_at > l.fix_at or $12`,
      [
        tx.tenantId,
        uuids(fixes.map((it) => it.trackerId)),
        timestamps(fixes.map((it) => it.fixTime)),
        timestamps(fixes.map((it) => it.receivedAt)),
        float8s(fixes.map((it) => it.lat)),
        float8s(fixes.map((it) => it.lng)),
        float8s(fixes.map((it) => it.altitude)),
        float8s(fixes.map((it) => it.speed)),
        float8s(fixes.map((it) => it.course)),
        float8s(fixes.map((it) => it.accuracy)),
        jsonbs(fixes.map((it) => JSON.stringify(it.attributes))),
        anyhow,
      ],
    );
  }

  /**
   * Keeps events. One that is there already takes over what confirms it now, or a replay would look for it elsewhere and take it back. The
   * tracks' rows are locked, so that what the statement saw at its beginning is what was there.
   * @returns whether somebody follows the fence for it, by the id of each that is new, or was taken back before
   */
  async insertEvents(
    tx: Transaction,
    events: readonly (FenceEvent & { id: string; trackerId: string })[],
    told: { at: Date; late: boolean; inferred: boolean },
  ): Promise<Map<string, boolean>> {
    if (events.length === 0) return new Map();
    const rows = await tx.query<{ id: string; fresh: boolean; followed: boolean }>(
      `insert into location.fence_events as e (tenant_id, id, tracker_id, geofence_id, type, at, confirmed_at, lat, lng, created_at, late, inferred)
       select $1, f.*, $10, $11, $12 from unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::timestamptz[], $7::timestamptz[],
         $8::float8[], $9::float8[]) as f
       on conflict (tenant_id, id) do update set superseded_at = null, confirmed_at = excluded.confirmed_at, lat = excluded.lat,
         lng = excluded.lng, inferred = excluded.inferred
       where e.superseded_at is not null
         or (e.confirmed_at, e.lat, e.lng, e.inferred) is distinct from (excluded.confirmed_at, excluded.lat, excluded.lng, excluded.inferred)
       returning id, not exists (select from location.fence_events o
         where o.tenant_id = e.tenant_id and o.id = e.id and o.superseded_at is null) as fresh, exists (select from location.geofence_followers w
         where w.tenant_id = e.tenant_id and w.geofence_id = e.geofence_id and e.type = any(w.types)) as followed`,
      [
        tx.tenantId,
        uuids(events.map((it) => it.id)),
        uuids(events.map((it) => it.trackerId)),
        uuids(events.map((it) => it.fenceId)),
        textArray(events.map((it) => it.type)),
        timestamps(events.map((it) => it.at)),
        timestamps(events.map((it) => it.confirmedAt)),
        float8s(events.map((it) => it.lat)),
        float8s(events.map((it) => it.lng)),
        told.at,
        told.late,
        told.inferred,
      ],
    );
    return new Map(rows.flatMap(({ id, fresh, followed }) => (fresh ? [[id, followed]] : [])));
  }

  /** The replay of a track that is under way, or null; the row of the track is locked already. */
  async replayOf(tx: Transaction, trackerId: string): Promise<Replay | null> {
    const [row] = await tx.query<{ replay: Replay | null }>(
      'select replay from location.tracks where tenant_id = $1 and id = $2',
      [tx.tenantId, trackerId],
    );
    return row?.replay ?? null;
  }

  /** Saves how far a replay is, null for done; travels with the next statement. */
  saveReplay(
    tx: Transaction,
    trackerId: string,
    replay: Replay | null,
    dirtyFrom: number | null,
    at: Date | null,
  ): void {
    tx.later(
      'update location.tracks set replay = $3, dirty_from = $4, replay_asked_at = $5 where tenant_id = $1 and id = $2',
      [tx.tenantId, trackerId, replay && JSON.stringify(replay), date(dirtyFrom), at],
    );
  }

  /** Tracks whose replay was asked for and has not gone on since `before`, marked as asked for at `at`. */
  async replaysToAskAgain(tx: Transaction, before: Date, at: Date, limit: number): Promise<string[]> {
    const rows = await tx.query<{ id: string }>(
      `update location.tracks set replay_asked_at = $3 where tenant_id = $1 and id in (
         select id from location.tracks where tenant_id = $1 and replay_asked_at < $2 order by id limit $4 for no key update skip locked)
       returning id`,
      [tx.tenantId, before, at, limit],
    );
    return rows.map(({ id }) => id);
  }

  /**
   * Takes back events that were confirmed after `after` and no later than `until`, for good where that is null, and are not among
   * those that still hold. What a fence told before it was drawn as it is, is not judged by what it is now.
   */
  supersede(
    tx: Transaction,
    trackerId: string,
    [after, until]: [number, number | null],
    holding: readonly string[],
    at: Date,
  ): Promise<number> {
    return tx.execute(
      `update location.fence_events e set superseded_at = $6 from location.geofences g
       where e.tenant_id = $1 and e.tracker_id = $2 and (case when e.inferred then e.at else e.confirmed_at end) > $3
         and (case when e.inferred then e.at else e.confirmed_at end) <= $4::timestamptz
         and e.superseded_at is null and not e.id = any($5::uuid[])
         and g.tenant_id = e.tenant_id and g.id = e.geofence_id and g.deleted_at is null and e.created_at >= g.since`,
      [tx.tenantId, trackerId, new Date(after), orForever(until), holding, at],
    );
  }

  /** The last state before a time; null when the track is to be followed from its beginning. */
  async checkpointBefore(tx: Transaction, trackerId: string, time: number): Promise<TrackState | null> {
    const [row] = await tx.query<{ state: TrackState }>(
      `select state from location.checkpoints where tenant_id = $1 and tracker_id = $2 and at < $3 order by at desc limit 1`,
      [tx.tenantId, trackerId, new Date(time)],
    );
    return row?.state ?? null;
  }

  /** Drops states after `after` and no later than `until`, for good where that is null; travels with the next statement. */
  dropCheckpoints(tx: Transaction, trackerId: string, [after, until]: [number, number | null]): void {
    tx.later(
      `delete from location.checkpoints where tenant_id = $1 and tracker_id = $2 and at > $3 and at <= $4::timestamptz`,
      [tx.tenantId, trackerId, new Date(after), orForever(until)],
    );
  }

  /** The next fixes of a track in the order of their times, but for those of a clock that was ahead; also outside of a transaction. */
  async fixesAfter(trackerId: string, time: number, limit: number): Promise<KeptFix[]> {
    const rows = await this.database.read<FixRow>(
      `select ${FIX_COLUMNS} from location.positions where tenant_id = kernel.tenant_id() and tracker_id = $1 and fix_at > $2
         and reason is distinct from 'ahead' order by fix_at limit $3`,
      [trackerId, new Date(time), limit],
    );
    return rows.map(fixOf);
  }

  /** Erases positions of a tracker. @returns how many, at most `limit` */
  erasePositions(tx: Transaction, trackerId: string, limit: number): Promise<number> {
    return tx.execute(
      `delete from location.positions where tenant_id = $1 and id in (
         select id from location.positions where tenant_id = $1 and tracker_id = $2 limit $3)`,
      [tx.tenantId, trackerId, limit],
    );
  }

  /** One fix by its id. */
  async fix(tx: Transaction, id: string): Promise<KeptFix | null> {
    const [row] = await tx.query<FixRow>(
      `select ${FIX_COLUMNS} from location.positions where tenant_id = $1 and id = $2`,
      [tx.tenantId, id],
    );
    return row ? fixOf(row) : null;
  }

  async saveReasons(tx: Transaction, fixes: readonly KeptFix[]): Promise<void> {
    if (fixes.length === 0) return;
    await tx.execute(
      `update location.positions p set reason = f.reason from unnest($2::uuid[], $3::text[]) as f(id, reason)
       where p.tenant_id = $1 and p.id = f.id`,
      [tx.tenantId, fixes.map((it) => positionId(it.trackerId, it.fixTime)), fixes.map((it) => it.reason)],
    );
  }

  /** Trackers whose dwell is due without a further fix. */
  async dwelling(tx: Transaction, limit: number): Promise<string[]> {
    const rows = await tx.query<{ id: string }>(
      `select id from location.tracks where tenant_id = $1 and dwell_due_at <= kernel.now() order by dwell_due_at limit $2`,
      [tx.tenantId, limit],
    );
    return rows.map(({ id }) => id);
  }
}
