import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Database } from '../../../kernel/database/database';
import { keyset, type ListQuery, type Page } from '../../../kernel/http/pagination';
import type { Money } from '../../../kernel/money/money';
import { exceedsTank, type Fuel, type FuelSource, type FuelUnit } from '../domain/fuel';
import { fuelEntryNotFound } from '../domain/fuel.errors';
import { narrowedTo } from './own';

export interface FuelEntryFacts {
  id: string;
  vehicleId: string;
  driverId: string | null;
  at: string;
  fuelType: Fuel;
  /** In `unit`. */
  quantity: number;
  unit: FuelUnit;
  full: boolean;
  total: Money | null;
  /** Over the life of the vehicle. */
  odometerMetres: number | null;
  source: FuelSource;
  station: string | null;
  location: { lat: number; lng: number } | null;
  note: string | null;
  fileId: string | null;
  /** More than the tank holds. */
  exceedsTank: boolean;
  enteredBy: string | null;
  createdAt: string;
}

/** Those that the caller may see: all, or what it filled in itself. */
export class ListFuelEntriesQuery extends Query<Page<FuelEntryFacts>> {
  constructor(readonly list: ListQuery) {
    super();
  }
}

/** @throws AppError not-found `fleet.fuel-entry-not-found` */
export class FindFuelEntryQuery extends Query<FuelEntryFacts> {
  constructor(readonly entryId: string) {
    super();
  }
}

type Row = Omit<FuelEntryFacts, 'at' | 'createdAt' | 'total' | 'location' | 'exceedsTank'> & {
  at: Date;
  createdAt: Date;
  amount: number | null;
  currency: string | null;
  lat: number | null;
  lng: number | null;
  tankCapacity: number | null;
};
const COLUMNS = `e.id, e.vehicle_id as "vehicleId", e.driver_id as "driverId", e.at, e.fuel_type as "fuelType", e.quantity::float8 as quantity,
  e.unit, e."full", e.amount::float8 as amount, e.currency, e.odometer_metres::float8 as "odometerMetres", e.source, e.station, e.lat, e.lng,
  e.note, e.file_id as "fileId", e.entered_by as "enteredBy", e.created_at as "createdAt", v.tank_capacity as "tankCapacity"`;
const FROM = 'fleet.fuel_entries e join fleet.vehicles v on v.tenant_id = e.tenant_id and v.id = e.vehicle_id';
const WHERE = `e.tenant_id = kernel.tenant_id() and ($1::uuid is null or exists (select from fleet.drivers me
  where me.tenant_id = kernel.tenant_id() and me.id = e.driver_id and me.user_id = $1::uuid))`;
const ENTRIES = keyset({
  id: 'e.id',
  sorts: { at: { sql: 'e.at', type: 'timestamptz' } },
  defaultSort: '-at',
  filters: {
    vehicleId: { sql: 'e.vehicle_id', type: 'uuid' },
    driverId: { sql: 'e.driver_id', type: 'uuid' },
    source: { sql: 'e.source', type: 'text' },
    at: { sql: 'e.at', type: 'timestamptz' },
  },
});

const viewOf = (row: Row): FuelEntryFacts => ({
  id: row.id,
  vehicleId: row.vehicleId,
  driverId: row.driverId,
  at: row.at.toISOString(),
  fuelType: row.fuelType,
  quantity: row.quantity,
  unit: row.unit,
  full: row.full,
  total: row.amount === null ? null : { amount: row.amount, currency: row.currency! },
  odometerMetres: row.odometerMetres,
  source: row.source,
  station: row.station,
  location: row.lat === null ? null : { lat: row.lat, lng: row.lng! },
  note: row.note,
  fileId: row.fileId,
  exceedsTank: exceedsTank(row.quantity, row.tankCapacity),
  enteredBy: row.enteredBy,
  createdAt: row.createdAt.toISOString(),
});

@QueryHandler(ListFuelEntriesQuery)
export class ListFuelEntriesHandler implements IQueryHandler<ListFuelEntriesQuery> {
  constructor(private readonly database: Database) {}

  execute({ list }: ListFuelEntriesQuery): Promise<Page<FuelEntryFacts>> {
    const params = [narrowedTo()];
    return ENTRIES.run<Row, FuelEntryFacts>(this.database, list, {
      ...{ select: COLUMNS, from: FROM, where: WHERE, params },
      map: viewOf,
    });
  }
}

@QueryHandler(FindFuelEntryQuery)
export class FindFuelEntryHandler implements IQueryHandler<FindFuelEntryQuery> {
  constructor(private readonly database: Database) {}

  async execute({ entryId }: FindFuelEntryQuery): Promise<FuelEntryFacts> {
    const [row] = await this.database.read<Row>(`select ${COLUMNS} from ${FROM} where ${WHERE} and e.id = $2`, [
      narrowedTo(),
      entryId,
    ]);
    if (!row) throw fuelEntryNotFound();
    return viewOf(row);
  }
}
