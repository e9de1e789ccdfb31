import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../../kernel/database/transaction';
import { NEW_TRACK } from '../domain/track-state';

/** A tracker as it is written. */
export interface TrackerRow {
  id: string;
  name: string;
  vehicle_id: string | null;
  active: boolean;
  created_at: Date;
}

const COLUMNS = 'id, name, vehicle_id, active, created_at';

/** Trackers and their keys, of which only digests are kept. */
@Injectable()
export class TrackerRepository {
  async insert(
    tx: Transaction,
    tracker: {
      id: string;
      name: string;
      vehicleId: string | null;
      fleetId: string | null;
      keyDigest: Buffer;
      at: Date;
    },
  ): Promise<TrackerRow> {
    const [row] = await tx.query<TrackerRow>(
      `insert into location.trackers (tenant_id, id, name, vehicle_id, fleet_id, key_digest, created_at)
       values ($1, $2, $3, $4, $5, $6, $7) returning ${COLUMNS}`,
      [tx.tenantId, tracker.id, tracker.name, tracker.vehicleId, tracker.fleetId, tracker.keyDigest, tracker.at],
    );
    await tx.execute('insert into location.tracks (tenant_id, id, state) values ($1, $2, $3)', [
      tx.tenantId,
      tracker.id,
      JSON.stringify(NEW_TRACK),
    ]);
    return row;
  }

  /** @returns null when there is none */
  async change(
    tx: Transaction,
    id: string,
    changes: { name?: string; vehicleId?: string | null; fleetId?: string | null; active?: boolean },
  ): Promise<TrackerRow | null> {
    // Whoever names a vehicle without its fleet does not know it.
    const [row] = await tx.query<TrackerRow>(
      `update location.trackers set name = coalesce($3, name), active = coalesce($4, active),
         vehicle_id = case when $5 then $6::uuid else vehicle_id end,
         fleet_id = case when $5 and ($7::uuid is not null or vehicle_id is distinct from $6::uuid or $8) then $7::uuid else fleet_id end
       where tenant_id = $1 and id = $2 and deleted_at is null returning ${COLUMNS}`,
      [
        tx.tenantId,
        id,
        changes.name ?? null,
        changes.active ?? null,
        changes.vehicleId !== undefined,
        changes.vehicleId ?? null,
        changes.fleetId ?? null,
        changes.fleetId !== undefined,
      ],
    );
    return row ?? null;
  }

  /** Those that say themselves in which vehicle they are; in id order, as others lock them. */
  async moveOfVehicle(tx: Transaction, vehicleId: string, fleetId: string | null): Promise<void> {
    await tx.execute(
      `with them as (select id from location.trackers where tenant_id = $1 and vehicle_id = $2 and deleted_at is null
         and fleet_id is distinct from $3 order by id for no key update)
       update location.trackers t set fleet_id = $3 from them where t.tenant_id = $1 and t.id = them.id`,
      [tx.tenantId, vehicleId, fleetId],
    );
  }

  /**
   * From now on it is there for nobody, and where it is neither. Its key is worth nothing.
   * @returns whether it lies in a vehicle, and then stays; null when there is none
   */
  async remove(tx: Transaction, id: string, at: Date): Promise<{ inVehicle: boolean } | null> {
    const [row] = await tx.query<{ in_vehicle: boolean }>(
      `update location.trackers set deleted_at = case when vehicle_id is null then $3::timestamptz end
       where tenant_id = $1 and id = $2 and deleted_at is null returning vehicle_id is not null as in_vehicle`,
      [tx.tenantId, id, at],
    );
    if (!row) return null;
    if (!row.in_vehicle)
      await tx.execute('delete from location.latest_positions where tenant_id = $1 and id = $2', [tx.tenantId, id]);
    return { inVehicle: row.in_vehicle };
  }

  async isDeleted(tx: Transaction, id: string): Promise<boolean> {
    const rows = await tx.query(
      'select 1 from location.trackers where tenant_id = $1 and id = $2 and deleted_at is not null',
      [tx.tenantId, id],
    );
    return rows.length > 0;
  }

  /** Erases a tracker with all but its positions. */
  async erase(tx: Transaction, id: string): Promise<void> {
    for (const [table, column] of [
      ['fence_events', 'tracker_id'],
      ['checkpoints', 'tracker_id'],
      ['latest_positions', 'id'],
      ['tracks', 'id'],
      ['trackers', 'id'],
    ])
      await tx.execute(`delete from location.${table} where tenant_id = $1 and ${column} = $2`, [tx.tenantId, id]);
  }

  /** @returns null when there is none */
  async changeKey(tx: Transaction, id: string, digest: Buffer): Promise<TrackerRow | null> {
    const [row] = await tx.query<TrackerRow>(
      `update location.trackers set key_digest = $3 where tenant_id = $1 and id = $2 and deleted_at is null returning ${COLUMNS}`,
      [tx.tenantId, id, digest],
    );
    return row ?? null;
  }
}
