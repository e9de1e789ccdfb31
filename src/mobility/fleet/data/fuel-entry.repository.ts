import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import type { Fuel, FuelSource, FuelUnit } from '../domain/fuel';

/** What was filled in, as it is stored. `quantity` in the unit of the fuel, `amount` in minor units. */
export interface FuelEntryRow {
  id: string;
  vehicleId: string;
  driverId: string | null;
  at: Date;
  fuelType: Fuel;
  quantity: number;
  full: boolean;
  amount: number | null;
  currency: string | null;
  /** Over the life of the vehicle. */
  odometerMetres: number | null;
  source: FuelSource;
  station: string | null;
  lat: number | null;
  lng: number | null;
  note: string | null;
  fileId: string | null;
}

const COLUMNS = `id, vehicle_id as "vehicleId", driver_id as "driverId", at, fuel_type as "fuelType", unit, quantity::float8 as quantity, "full",
  amount::float8 as amount, currency, odometer_metres::float8 as "odometerMetres", source, station, lat, lng, note, file_id as "fileId"`;

/** What was filled into vehicles. The vehicle's row is locked first by whoever writes. */
@Injectable()
export class FuelEntryRepository {
  constructor(private readonly uow: UnitOfWork) {}

  /** Unlocked: the vehicle is locked first. */
  async vehicleOf(id: string): Promise<string | null> {
    const tx = this.uow.current();
    const [row] = await tx.query<{ vehicleId: string }>(
      'select vehicle_id as "vehicleId" from fleet.fuel_entries where tenant_id = $1 and id = $2',
      [tx.tenantId, id],
    );
    return row?.vehicleId ?? null;
  }

  async lock(id: string): Promise<(FuelEntryRow & { unit: FuelUnit }) | null> {
    const tx = this.uow.current();
    const [row] = await tx.query<FuelEntryRow & { unit: FuelUnit }>(
      `select ${COLUMNS} from fleet.fuel_entries where tenant_id = $1 and id = $2 for update`,
      [tx.tenantId, id],
    );
    return row ?? null;
  }

  async insert(row: FuelEntryRow, by: string | null): Promise<void> {
    const tx = this.uow.current();
    await tx.execute(
      `insert into fleet.fuel_entries (tenant_id, id, vehicle_id, driver_id, at, fuel_type, quantity, "full", amount, currency,
         odometer_metres, source, station, lat, lng, note, file_id, entered_by, created_at, updated_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, kernel.now(), kernel.now())`,
      [tx.tenantId, ...valuesOf(row), by],
    );
  }

  async update(row: FuelEntryRow): Promise<void> {
    const tx = this.uow.current();
    await tx.execute(
      `update fleet.fuel_entries set vehicle_id = $3, driver_id = $4, at = $5, fuel_type = $6, quantity = $7, "full" = $8, amount = $9,
         currency = $10, odometer_metres = $11, source = $12, station = $13, lat = $14, lng = $15, note = $16, file_id = $17,
         updated_at = kernel.now()
       where tenant_id = $1 and id = $2`,
      [tx.tenantId, ...valuesOf(row)],
    );
  }

  async remove(id: string): Promise<void> {
    const tx = this.uow.current();
    await tx.execute('delete from fleet.fuel_entries where tenant_id = $1 and id = $2', [tx.tenantId, id]);
  }

  /**
   * What was written of what a driver filled in goes, and where that was; how much it was stays, as nobody's.
   * @returns ids of entries that had a receipt
   */
  async forgetDriver(driverId: string): Promise<string[]> {
    const tx = this.uow.current();
    const rows = await tx.query<{ id: string; had: boolean }>(
      `with named as (select id, file_id is not null as had from fleet.fuel_entries
          where tenant_id = $1 and driver_id = $2 and num_nonnulls(note, station, lat, lng, file_id) > 0 order by id for update)
       update fleet.fuel_entries e set note = null, station = null, lat = null, lng = null, file_id = null, updated_at = kernel.now()
       from named where e.tenant_id = $1 and e.id = named.id returning e.id, named.had`,
      [tx.tenantId, driverId],
    );
    return rows.flatMap(({ id, had }) => (had ? [id] : [])).sort();
  }

  /** @returns those of these entries that had a receipt, which they have no more */
  async dropReceipts(ids: readonly string[]): Promise<string[]> {
    const tx = this.uow.current();
    const rows = await tx.query<{ id: string }>(
      `with mine as (select id from fleet.fuel_entries where tenant_id = $1 and id = any($2::uuid[]) and file_id is not null
         order by id for update)
       update fleet.fuel_entries e set file_id = null, updated_at = kernel.now() from mine
       where e.tenant_id = $1 and e.id = mine.id returning e.id`,
      [tx.tenantId, ids],
    );
    return rows.map(({ id }) => id).sort();
  }

  /** Who drives a vehicle at a moment; null: nobody known. */
  async driverAt(vehicleId: string, at: Date): Promise<string | null> {
    const tx = this.uow.current();
    const [row] = await tx.query<{ driverId: string }>(
      `select driver_id as "driverId" from fleet.assignments
       where tenant_id = $1 and vehicle_id = $2 and kind = 'driver' and slot = 1 and during @> $3::timestamptz`,
      [tx.tenantId, vehicleId, at],
    );
    return row?.driverId ?? null;
  }

  /** The driver that a user is, and who still drives. */
  async driverOfUser(userId: string): Promise<string | null> {
    const tx = this.uow.current();
    const [row] = await tx.query<{ id: string }>(
      'select id from fleet.drivers where tenant_id = $1 and user_id = $2 and active',
      [tx.tenantId, userId],
    );
    return row?.id ?? null;
  }

  /** What the odometer's reading of a moment stands for, over the life of the vehicle. */
  async odometerAt(vehicleId: string, at: Date): Promise<number | null> {
    const tx = this.uow.current();
    const [row] = await tx.query<{ total: number }>(
      `select total::float8 as total from fleet.meter_readings
       where tenant_id = $1 and vehicle_id = $2 and meter = 'odometer' and at = $3`,
      [tx.tenantId, vehicleId, at],
    );
    return row?.total ?? null;
  }
}

const valuesOf = (row: FuelEntryRow): unknown[] => [
  ...[row.id, row.vehicleId, row.driverId, row.at, row.fuelType, row.quantity, row.full, row.amount, row.currency],
  ...[row.odometerMetres, row.source, row.station, row.lat, row.lng, row.note, row.fileId],
];
