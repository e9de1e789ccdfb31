import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Cache } from '../../../kernel/cache/cache';
import { Database } from '../../../kernel/database/database';
import { Listener } from '../../../kernel/database/listener';
import type { Transaction } from '../../../kernel/database/transaction';
import { newId } from '../../../kernel/ids/ids';
import { FenceIndex, type HeldFence } from './fence-index';
import { MOST_FENCES, MOST_OF_ALL } from '../domain/fence';
import { Breather } from '../../../kernel/lifecycle/breather';
import { regionOf } from '../domain/region';
import type { OpeningHours } from '../domain/opening-hours';
import { positionsOf, type Shape } from '../domain/shape';
import { Watch } from '../domain/watch';

export interface FenceRow {
  id: string;
  name: string;
  shape: Shape;
  dwell_seconds: number | null;
  schedule: OpeningHours | null;
  version: number;
  created_at: Date;
}

export const FENCE_COLUMNS = 'id, name, shape, dwell_seconds, schedule, version, created_at';
const CHANNEL = 'mainstay_geofences';

/** Positions and fences that all indexes of a process have together, some 30 bytes each. */
const MOST_HELD = 2_000_000;
/** Shapes that are read at once. */
const AT_ONCE = 50;
const weight = ({ weight: held }: FenceIndex): number => held;

interface IndexRow {
  id: string;
  shape_version: number;
  since: Date;
  dwell_seconds: number | null;
}

/** Fences, and the index over those of a tenant that every process holds. */
@Injectable()
export class FenceRepository implements OnModuleInit {
  /** Notifications are hints: an index that missed one is made anew after the time to live. */
  private readonly indexes = new Cache<FenceIndex>({ name: 'geofences', max: MOST_HELD, ttlMs: 30_000 }, weight);
  /** What a new index takes over: shape and schedule of one version never change. */
  private readonly former = new Cache<FenceIndex>(
    { name: 'geofence-shapes', max: MOST_HELD, ttlMs: 3_600_000 },
    weight,
  );

  constructor(
    private readonly database: Database,
    private readonly listener: Listener,
  ) {}

  onModuleInit(): void {
    this.listener.on(CHANNEL, (tenantId) => this.indexes.delete(tenantId));
    this.listener.onGap(() => this.indexes.clear());
  }

  /** The index of the tenant's fences, no more than seconds old. */
  index(tenantId: string): Promise<FenceIndex> {
    return this.indexes.getOrLoad(tenantId, () => this.load(tenantId));
  }

  /** Reads those shapes alone that are not held yet, a few at a time. */
  private async load(tenantId: string): Promise<FenceIndex> {
    const held = this.former.get(tenantId);
    const rows = await this.database.readAs<IndexRow>(
      tenantId,
      `select id, shape_version, since, dwell_seconds from location.geofences where tenant_id = $1 and deleted_at is null`,
      [tenantId],
    );
    const fences: HeldFence[] = [];
    const unknown: string[] = [];
    for (const row of rows) {
      const before = held?.get(row.id);
      if (before?.version === row.shape_version) fences.push(fenceOf(row, before));
      else unknown.push(row.id);
    }
    const breather = new Breather();
    for (let from = 0; from < unknown.length; from += AT_ONCE) {
      const shapes = await this.database.readAs<IndexRow & { shape: Shape; schedule: OpeningHours | null }>(
        tenantId,
        `select id, shape, schedule, shape_version, since, dwell_seconds from location.geofences
         where tenant_id = $1 and id = any($2::uuid[]) and deleted_at is null`,
        [tenantId, unknown.slice(from, from + AT_ONCE)],
      );
      for (const row of shapes) {
        const watch = row.schedule && new Watch(row.schedule);
        fences.push(fenceOf(row, { region: regionOf(row.shape), positions: positionsOf(row.shape), watch }));
        await breather.pause();
      }
    }
    const index = new FenceIndex(fences);
    this.former.set(tenantId, index);
    return index;
  }

  /**
   * Makes room among all that the tenant has drawn, or gives it back; whoever draws waits for others that do.
   * @returns false when there is none
   */
  async makeRoom(tx: Transaction, fences: number, positions: number): Promise<boolean> {
    const [made] = await tx.query<{ id: string }>(
      `insert into location.geofence_totals as t (tenant_id, id, fences, positions) values ($1, $1, greatest(0, $2::int), greatest(0, $3::int))
       on conflict (tenant_id, id) do update set fences = greatest(0, t.fences + $2::int), positions = greatest(0, t.positions + $3::int)
       where (t.fences + $2::int <= $4::int or $2::int <= 0) and (t.positions + $3::int <= $5::int or $3::int <= 0) returning id`,
      [tx.tenantId, fences, positions, MOST_FENCES, MOST_OF_ALL],
    );
    return made !== undefined;
  }

  /** Positions of a fence, with its row locked; null when there is none. */
  async lockPositions(tx: Transaction, id: string): Promise<number | null> {
    const [row] = await tx.query<{ positions: number }>(
      'select positions from location.geofences where tenant_id = $1 and id = $2 and deleted_at is null for no key update',
      [tx.tenantId, id],
    );
    return row?.positions ?? null;
  }

  async insert(
    tx: Transaction,
    fence: {
      id: string;
      name: string;
      shape: Shape;
      dwellSeconds: number | null;
      schedule: OpeningHours | null;
      at: Date;
    },
  ): Promise<FenceRow> {
    const [row] = await tx.query<FenceRow>(
      `insert into location.geofences (tenant_id, id, name, shape, positions, dwell_seconds, since, created_at, schedule)
       values ($1, $2, $3, $4, $5, $6, $7, $7, $8)
       returning ${FENCE_COLUMNS}`,
      [
        tx.tenantId,
        fence.id,
        fence.name,
        JSON.stringify(fence.shape),
        positionsOf(fence.shape),
        fence.dwellSeconds,
        fence.at,
        fence.schedule && JSON.stringify(fence.schedule),
      ],
    );
    this.changed(tx);
    return row;
  }

  /** @returns null when there is none */
  async change(
    tx: Transaction,
    id: string,
    changes: { name?: string; shape?: Shape; dwellSeconds?: number | null; schedule?: OpeningHours | null },
    at: Date,
  ): Promise<FenceRow | null> {
    const [row] = await tx.query<FenceRow>(
      // Another shape, schedule or time after which a stay is a dwell: what was before is not judged by it.
      `update location.geofences f set name = coalesce($3, name), shape = coalesce($4::jsonb, shape), positions = coalesce($8, positions),
         version = version + 1, dwell_seconds = w.seconds, schedule = w.hours, shape_version = shape_version + w.anew::int,
         since = case when w.anew then $7 else since end
       from (select g.id, g.seconds, g.hours, coalesce($4::jsonb <> g.shape, false) or g.seconds is distinct from g.dwell_seconds
           or g.hours is distinct from g.schedule as anew
         from (select id, shape, dwell_seconds, schedule, case when $5 then $6::int else dwell_seconds end as seconds,
             case when $9 then $10::jsonb else schedule end as hours
           from location.geofences where tenant_id = $1 and id = $2) g) w
       where f.tenant_id = $1 and f.id = $2 and f.deleted_at is null and w.id = f.id
       returning ${FENCE_COLUMNS.split(', ')
         .map((column) => `f.${column}`)
         .join(', ')}`,
      [
        tx.tenantId,
        id,
        changes.name ?? null,
        changes.shape ? JSON.stringify(changes.shape) : null,
        changes.dwellSeconds !== undefined,
        changes.dwellSeconds ?? null,
        at,
        changes.shape ? positionsOf(changes.shape) : null,
        changes.schedule !== undefined,
        changes.schedule ? JSON.stringify(changes.schedule) : null,
      ],
    );
    if (row) this.changed(tx);
    return row ?? null;
  }

  /** Its events stay. @returns how many positions it was drawn with; null when there is none */
  async remove(tx: Transaction, id: string, at: Date): Promise<number | null> {
    const [removed] = await tx.query<{ positions: number }>(
      `update location.geofences set deleted_at = $3 where tenant_id = $1 and id = $2 and deleted_at is null returning positions`,
      [tx.tenantId, id, at],
    );
    if (removed) this.changed(tx);
    return removed?.positions ?? null;
  }

  /** @returns false when there is no such fence */
  async follow(tx: Transaction, fenceId: string, userId: string, types: readonly string[]): Promise<boolean> {
    const followed = await tx.execute(
      `insert into location.geofence_followers (tenant_id, id, geofence_id, user_id, types)
       select tenant_id, $3, id, $4, $5 from location.geofences where tenant_id = $1 and id = $2 and deleted_at is null
       on conflict (tenant_id, geofence_id, user_id) do update set types = excluded.types`,
      [tx.tenantId, fenceId, newId(), userId, types],
    );
    return followed > 0;
  }

  /** @returns false when there is no such fence; true also for who did not follow it */
  async unfollow(tx: Transaction, fenceId: string, userId: string): Promise<boolean> {
    const [{ there }] = await tx.query<{ there: boolean }>(
      `with gone as (delete from location.geofence_followers where tenant_id = $1 and geofence_id = $2 and user_id = $3)
       select exists (select from location.geofences where tenant_id = $1 and id = $2 and deleted_at is null) as there`,
      [tx.tenantId, fenceId, userId],
    );
    return there;
  }

  /** This process forgets at once, the others as soon as they hear of it. */
  private changed(tx: Transaction): void {
    const { tenantId } = tx;
    tx.afterCommit(() => {
      this.indexes.delete(tenantId);
      this.listener.notify(CHANNEL, tenantId);
    });
  }
}

const fenceOf = (
  row: IndexRow,
  { region, positions, watch }: Pick<HeldFence, 'region' | 'positions' | 'watch'>,
): HeldFence => ({
  id: row.id,
  region,
  watch,
  dwellSeconds: row.dwell_seconds,
  version: row.shape_version,
  since: row.since.getTime(),
  positions,
});
