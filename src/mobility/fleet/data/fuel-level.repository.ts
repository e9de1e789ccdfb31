import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { newId } from '../../../kernel/ids/ids';
import type { FuelChangeState } from '../domain/fuel';
import type { FuelChange } from '../domain/fuel-level';
import type { CalibrationPoint } from '../domain/vehicle';

/** Which attribute of a tracker tells the level, and what its values mean (litres, kilograms, kilowatt hours), from when on. */
export interface FuelSensorRow {
  id: string;
  vehicleId: string;
  attribute: string;
  from: Date;
  points: CalibrationPoint[];
}

export interface FuelChangeRow {
  id: string;
  vehicleId: string;
  driverId: string | null;
  kind: 'refill' | 'drop';
  beganAt: Date;
  endedAt: Date;
  quantity: number;
  lat: number;
  lng: number;
  state: FuelChangeState;
  entryId: string | null;
}

const CHANGE = `id, vehicle_id as "vehicleId", driver_id as "driverId", kind, began_at as "beganAt", ended_at as "endedAt",
  quantity::float8 as quantity, lat, lng, state, entry_id as "entryId"`;

/** A level, and which sensor of which tracker said it. */
export interface StoredLevel {
  at: Date;
  quantity: number;
  sensorId: string;
  trackerId: string;
}

/** How near in time and place an entry is to a refill that the sensor saw, to be the same. */
const MATCH = { minutes: 30, metres: 500 };

/** Sensors of tanks, their levels and what changed. The vehicle's row is locked first by whoever writes. */
@Injectable()
export class FuelLevelRepository {
  constructor(private readonly uow: UnitOfWork) {}

  /** @returns false where the vehicle has another from the same moment on */
  async insertSensor(sensor: FuelSensorRow, by: string | null): Promise<boolean> {
    const tx = this.uow.current();
    const taken = await tx.query(
      'select from fleet.fuel_sensors where tenant_id = $1 and vehicle_id = $2 and from_at = $3',
      [tx.tenantId, sensor.vehicleId, sensor.from],
    );
    if (taken.length > 0) return false;
    await tx.execute(
      `insert into fleet.fuel_sensors (tenant_id, id, vehicle_id, attribute, from_at, points, created_by, created_at)
       values ($1, $2, $3, $4, $5, $6, $7, kernel.now())`,
      [tx.tenantId, sensor.id, sensor.vehicleId, sensor.attribute, sensor.from, JSON.stringify(sensor.points), by],
    );
    return true;
  }

  /** @returns false where there is none */
  async removeSensor(id: string): Promise<boolean> {
    const tx = this.uow.current();
    return (
      (
        await tx.query('delete from fleet.fuel_sensors where tenant_id = $1 and id = $2 returning id', [
          tx.tenantId,
          id,
        ])
      ).length > 0
    );
  }

  async hasSensor(vehicleId: string): Promise<boolean> {
    const tx = this.uow.current();
    const rows = await tx.query('select from fleet.fuel_sensors where tenant_id = $1 and vehicle_id = $2 limit 1', [
      ...[tx.tenantId, vehicleId],
    ]);
    return rows.length > 0;
  }

  /** Those that hold at some time of a period, the earliest first. */
  sensors(vehicleId: string, from: Date, to: Date): Promise<FuelSensorRow[]> {
    const tx = this.uow.current();
    return tx.query<FuelSensorRow>(
      `select id, vehicle_id as "vehicleId", attribute, from_at as "from", points from fleet.fuel_sensors s
       where tenant_id = $1 and vehicle_id = $2 and from_at < $4 and not exists (select from fleet.fuel_sensors later
         where later.tenant_id = $1 and later.vehicle_id = $2 and later.from_at > s.from_at and later.from_at <= $3)
       order by from_at`,
      [tx.tenantId, vehicleId, from, to],
    );
  }

  /** Puts these levels in the place of those of a period. */
  async replaceLevels(vehicleId: string, from: Date, to: Date, levels: readonly StoredLevel[]): Promise<void> {
    const tx = this.uow.current();
    const [times, quantities] = [levels.map(({ at }) => at), levels.map(({ quantity }) => quantity)];
    await tx.execute(
      `delete from fleet.fuel_levels where tenant_id = $1 and vehicle_id = $2 and at >= $3 and at < $4 and not at = any($5::timestamptz[])`,
      [tx.tenantId, vehicleId, from, to, times],
    );
    await tx.execute(
      `insert into fleet.fuel_levels as l (tenant_id, id, vehicle_id, at, quantity, sensor_id, tracker_id)
       select $1, x.id, $2, x.at, x.quantity, x.sensor_id, x.tracker_id
       from unnest($3::uuid[], $4::timestamptz[], $5::bigint[], $6::uuid[], $7::uuid[]) as x(id, at, quantity, sensor_id, tracker_id)
       on conflict (tenant_id, vehicle_id, at) do update
         set quantity = excluded.quantity, sensor_id = excluded.sensor_id, tracker_id = excluded.tracker_id
       where (l.quantity, l.sensor_id, l.tracker_id) is distinct from (excluded.quantity, excluded.sensor_id, excluded.tracker_id)`,
      [
        ...[tx.tenantId, vehicleId, levels.map(() => newId()), times, quantities],
        ...[levels.map(({ sensorId }) => sensorId), levels.map(({ trackerId }) => trackerId)],
      ],
    );
  }

  /** What began in a period, the earliest first. */
  changes(vehicleId: string, from: Date, to: Date): Promise<FuelChangeRow[]> {
    const tx = this.uow.current();
    return tx.query<FuelChangeRow>(
      `select ${CHANGE} from fleet.fuel_changes where tenant_id = $1 and vehicle_id = $2 and began_at >= $3 and began_at < $4
       order by began_at, id`,
      [tx.tenantId, vehicleId, from, to],
    );
  }

  async lockChange(id: string): Promise<FuelChangeRow | null> {
    const tx = this.uow.current();
    const [row] = await tx.query<FuelChangeRow>(
      `select ${CHANGE} from fleet.fuel_changes where tenant_id = $1 and id = $2 for update`,
      [tx.tenantId, id],
    );
    return row ?? null;
  }

  /** Unlocked: the vehicle is locked first. */
  async vehicleOfChange(id: string): Promise<string | null> {
    const tx = this.uow.current();
    const [row] = await tx.query<{ vehicleId: string }>(
      'select vehicle_id as "vehicleId" from fleet.fuel_changes where tenant_id = $1 and id = $2',
      [tx.tenantId, id],
    );
    return row?.vehicleId ?? null;
  }

  /** Enters a change, or says anew what is known of one; what people decided stays. */
  async keepChange(vehicleId: string, driverId: string | null, id: string, change: FuelChange): Promise<void> {
    const tx = this.uow.current();
    const { kind, beganAt, endedAt, before, after, quantity, rawQuantity, lat, lng } = change;
    await tx.execute(
      `insert into fleet.fuel_changes as c (tenant_id, id, vehicle_id, driver_id, kind, began_at, ended_at, before, after, quantity,
         raw_quantity, lat, lng, state, made_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 'open', kernel.now())
       on conflict (tenant_id, id) do update set driver_id = excluded.driver_id, began_at = excluded.began_at, ended_at = excluded.ended_at,
         before = excluded.before, after = excluded.after, quantity = excluded.quantity, raw_quantity = excluded.raw_quantity,
         lat = excluded.lat, lng = excluded.lng, made_at = excluded.made_at,
         state = case c.state when 'withdrawn' then 'open' else c.state end
       where (c.began_at, c.ended_at, c.before, c.after, c.quantity, c.state) is distinct from
         (excluded.began_at, excluded.ended_at, excluded.before, excluded.after, excluded.quantity,
          case c.state when 'withdrawn' then 'open' else c.state end)`,
      [
        ...[tx.tenantId, id, vehicleId, driverId, kind, new Date(beganAt), new Date(endedAt), before, after, quantity],
        ...[rawQuantity, lat, lng],
      ],
    );
  }

  async withdraw(ids: readonly string[]): Promise<void> {
    const tx = this.uow.current();
    await tx.execute(
      `update fleet.fuel_changes set state = 'withdrawn', entry_id = null, made_at = kernel.now()
       where tenant_id = $1 and id = any($2) and state = 'open'`,
      [tx.tenantId, ids],
    );
  }

  async decide(id: string, state: 'confirmed' | 'dismissed', reason: string | null, by: string | null): Promise<void> {
    const tx = this.uow.current();
    await tx.execute(
      `update fleet.fuel_changes set state = $3, reason = $4, decided_by = $5, decided_at = kernel.now() where tenant_id = $1 and id = $2`,
      [tx.tenantId, id, state, reason, by],
    );
  }

  /**
   * Gives refills that the sensor saw the entries that are nearest in time, and near in place where both are known. An entry that was
   * only made of the sensor's word, or of a card's, gives way to one that people told, else the same refill counts twice; the card's
   * transaction is to be looked at again.
   */
  async match(vehicleId: string, from: Date, to: Date): Promise<void> {
    const tx = this.uow.current();
    const pairs = await tx.query<{ changeId: string; entryId: string; detectedId: string | null }>(
      `select c.id as "changeId", e.id as "entryId", d.id as "detectedId" from fleet.fuel_changes c
       left join fleet.fuel_card_rows p on p.tenant_id = $1 and p.entry_id = c.entry_id
       left join fleet.fuel_entries d on d.tenant_id = $1 and d.id = c.entry_id and num_nonnulls(d.file_id, d.note, d.odometer_metres) = 0
         and case d.source when 'detected' then d.station is null and (d.amount is null or p.id is not null) when 'card' then true else false end
       join fleet.fuel_entries e on e.tenant_id = $1 and e.source = 'manual'
         and e.vehicle_id = $2 and e.at between c.began_at - make_interval(mins => $5) and c.ended_at + make_interval(mins => $5)
         and (e.lat is null or sqrt(((e.lat - c.lat) * 111195) ^ 2 + ((e.lng - c.lng) * 111195 * cos(radians(c.lat))) ^ 2) <= $6)
       where c.tenant_id = $1 and c.vehicle_id = $2 and c.kind = 'refill' and c.state in ('open', 'confirmed') and (c.entry_id is null or d.id is not null)
         and c.began_at < $4::timestamptz + make_interval(mins => $5) and c.ended_at >= $3::timestamptz - make_interval(mins => $5)
         and not exists (select from fleet.fuel_changes other where other.tenant_id = $1 and other.entry_id = e.id)
       order by abs(extract(epoch from e.at - c.ended_at)), c.id, e.id`,
      [tx.tenantId, vehicleId, from, to, MATCH.minutes, MATCH.metres],
    );
    const taken = new Set<string>();
    for (const { changeId, entryId, detectedId } of pairs) {
      if (taken.has(changeId) || taken.has(entryId)) continue;
      taken.add(changeId).add(entryId);
      await this.setEntry(changeId, entryId);
      if (detectedId)
        await tx.execute('delete from fleet.fuel_entries where tenant_id = $1 and id = $2', [tx.tenantId, detectedId]);
    }
  }

  /** What people wrote about refills and losses while a driver drove. */
  async dropReasons(driverId: string): Promise<void> {
    const tx = this.uow.current();
    await tx.execute(
      'update fleet.fuel_changes set reason = null where tenant_id = $1 and driver_id = $2 and reason is not null',
      [tx.tenantId, driverId],
    );
  }

  async setEntry(changeId: string, entryId: string): Promise<void> {
    const tx = this.uow.current();
    await tx.execute('update fleet.fuel_changes set entry_id = $3 where tenant_id = $1 and id = $2', [
      ...[tx.tenantId, changeId, entryId],
    ]);
  }
}
