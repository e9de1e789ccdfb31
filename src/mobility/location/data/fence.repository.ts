import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Cache } from '../../../kernel/cache/cache';
import { Database } from '../../../kernel/database/database';
import { Listener } from '../../../kernel/database/listener';
import type { Transaction } from '../../../kernel/database/transaction';
import { newId } from '../../../kernel/ids/ids';
import { FenceIndex } from './fence-index';
import { regionOf, type Shape } from '../domain/shape';

export interface FenceRow {
  id: string;
  name: string;
  shape: Shape;
  dwell_seconds: number | null;
  version: number;
  created_at: Date;
}

export const FENCE_COLUMNS = 'id, name, shape, dwell_seconds, version, created_at';
const CHANNEL = 'mainstay_geofences';

/** Fences, and the index over those of a tenant that every process holds. */
@Injectable()
export class FenceRepository implements OnModuleInit {
  /** Notifications are hints: an index that missed one is made anew after the time to live. */
  private readonly indexes = new Cache<FenceIndex>({ name: 'geofences', max: 200, ttlMs: 30_000 });

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
    return this.indexes.getOrLoad(tenantId, async () => {
      const rows = await this.database.readAs<FenceRow & { shape_version: number; since: Date }>(
        tenantId,
        `select ${FENCE_COLUMNS}, shape_version, since from location.geofences where tenant_id = $1 and deleted_at is null`,
        [tenantId],
      );
      return new FenceIndex(
        rows.map((row) => ({
          id: row.id,
          region: regionOf(row.shape),
          dwellSeconds: row.dwell_seconds,
          version: row.shape_version,
          since: row.since.getTime(),
        })),
      );
    });
  }

  async insert(
    tx: Transaction,
    fence: { id: string; name: string; shape: Shape; dwellSeconds: number | null; at: Date },
  ): Promise<FenceRow> {
    const [row] = await tx.query<FenceRow>(
      `insert into location.geofences (tenant_id, id, name, shape, dwell_seconds, since, created_at) values ($1, $2, $3, $4, $5, $6, $6)
       returning ${FENCE_COLUMNS}`,
      [tx.tenantId, fence.id, fence.name, JSON.stringify(fence.shape), fence.dwellSeconds, fence.at],
    );
    this.changed(tx);
    return row;
  }

  /** @returns null when there is none */
  async change(
    tx: Transaction,
    id: string,
    changes: { name?: string; shape?: Shape; dwellSeconds?: number | null },
    at: Date,
  ): Promise<FenceRow | null> {
    const [row] = await tx.query<FenceRow>(
      `update location.geofences set name = coalesce($3, name), shape = coalesce($4::jsonb, shape), version = version + 1,
         shape_version = shape_version + case when $4 is null then 0 else 1 end, since = case when $4 is null then since else $7 end,
         dwell_seconds = case when $5 then $6::int else dwell_seconds end
       where tenant_id = $1 and id = $2 and deleted_at is null returning ${FENCE_COLUMNS}`,
      [
        tx.tenantId,
        id,
        changes.name ?? null,
        changes.shape ? JSON.stringify(changes.shape) : null,
        changes.dwellSeconds !== undefined,
        changes.dwellSeconds ?? null,
        at,
      ],
    );
    if (row) this.changed(tx);
    return row ?? null;
  }

  /** Its events stay. @returns false when there is none */
  async remove(tx: Transaction, id: string, at: Date): Promise<boolean> {
    const removed = await tx.execute(
      'update location.geofences set deleted_at = $3 where tenant_id = $1 and id = $2 and deleted_at is null',
      [tx.tenantId, id, at],
    );
    if (removed > 0) this.changed(tx);
    return removed > 0;
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
