import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Database } from '../../../kernel/database/database';
import { keyset, type ListQuery, type Page } from '../../../kernel/http/pagination';
import { vehicleNotFound } from '../domain/fleet.errors';
import {
  fuelUnitOf,
  plateKeyOf,
  type CalibrationPoint,
  type FuelType,
  type VehicleClass,
  type VehicleState,
  type MetersFrom,
} from '../domain/vehicle';
import { drivenBy, narrowedTo } from './own';

export interface VehicleFacts {
  id: string;
  kind: 'vehicle' | 'trailer';
  fleetId: string | null;
  name: string;
  vin: string | null;
  plate: string | null;
  class: VehicleClass;
  make: string | null;
  model: string | null;
  modelYear: number | null;
  fuelType: FuelType;
  fuelUnit: 'l' | 'kg' | 'kWh' | null;
  tankCapacity: number | null;
  consumptionNorm: number | null;
  calibration: CalibrationPoint[];
  metersFrom: MetersFrom;
  state: VehicleState;
  stateReason: string | null;
  stateSince: string;
  odometerMetres: number;
  odometerAt: string | null;
  engineSeconds: number;
  engineAt: string | null;
  /** With it now. */
  driver: { id: string; name: string } | null;
  trackerId: string | null;
  trailerIds: string[];
  version: number;
  createdAt: string;
}

/** Those that the caller may see: all, or what it drives now. */
export class ListVehiclesQuery extends Query<Page<VehicleFacts>> {
  constructor(readonly list: ListQuery) {
    super();
  }
}

/** @throws AppError not-found `fleet.vehicle-not-found`, also for a driver who does not drive it now */
export class FindVehicleQuery extends Query<VehicleFacts> {
  constructor(readonly vehicleId: string) {
    super();
  }
}

type Row = Omit<VehicleFacts, 'fuelUnit' | 'stateSince' | 'odometerAt' | 'engineAt' | 'createdAt' | 'trailerIds'> & {
  stateSince: Date;
  odometerAt: Date | null;
  engineAt: Date | null;
  createdAt: Date;
  trailerIds: string[] | null;
};

const COLUMNS = `v.id, v.kind, v.fleet_id as "fleetId", v.name, v.vin, v.plate, v.class, v.make, v.model, v.model_year as "modelYear",
  v.fuel_type as "fuelType", v.tank_capacity as "tankCapacity", v.consumption_norm as "consumptionNorm", v.calibration, v.meters_from as "metersFrom", v.state,
  v.state_reason as "stateReason", v.state_since as "stateSince", v.odometer_metres::float8 as "odometerMetres",
  v.odometer_at as "odometerAt", v.engine_seconds::float8 as "engineSeconds", v.engine_at as "engineAt", v.version,
  v.created_at as "createdAt", w.driver, w."trackerId", w."trailerIds"`;
// What is with the vehicle now, in one look at its assignments.
const FROM = `fleet.vehicles v cross join lateral (
    select (array_agg(jsonb_build_object('id', d.id, 'name', d.name)) filter (where a.kind = 'driver' and a.slot = 1))[1] as driver,
      (array_agg(a.tracker_id) filter (where a.kind = 'device'))[1] as "trackerId",
      array_agg(a.trailer_id order by a.slot) filter (where a.kind = 'trailer') as "trailerIds"
    from fleet.assignments a left join fleet.drivers d on d.tenant_id = a.tenant_id and d.id = a.driver_id
    where a.tenant_id = kernel.tenant_id() and a.vehicle_id = v.id and a.during @> kernel.now()) w`;

const viewOf = (row: Row): VehicleFacts => ({
  id: row.id,
  kind: row.kind,
  fleetId: row.fleetId,
  name: row.name,
  vin: row.vin,
  plate: row.plate,
  class: row.class,
  make: row.make,
  model: row.model,
  modelYear: row.modelYear,
  fuelType: row.fuelType,
  fuelUnit: fuelUnitOf(row.fuelType),
  tankCapacity: row.tankCapacity,
  consumptionNorm: row.consumptionNorm,
  calibration: row.calibration,
  metersFrom: row.metersFrom,
  state: row.state,
  stateReason: row.stateReason,
  stateSince: row.stateSince.toISOString(),
  odometerMetres: row.odometerMetres,
  odometerAt: row.odometerAt?.toISOString() ?? null,
  engineSeconds: row.engineSeconds,
  engineAt: row.engineAt?.toISOString() ?? null,
  driver: row.driver,
  trackerId: row.trackerId,
  trailerIds: row.trailerIds ?? [],
  version: row.version,
  createdAt: row.createdAt.toISOString(),
});

const VEHICLES = keyset({
  id: 'v.id',
  sorts: { name: { sql: 'v.name_key', type: 'text' }, createdAt: { sql: 'v.created_at', type: 'timestamptz' } },
  defaultSort: 'name',
  filters: {
    fleetId: { sql: 'v.fleet_id', type: 'uuid' },
    kind: { sql: 'v.kind', type: 'text' },
    class: { sql: 'v.class', type: 'text' },
    state: { sql: 'v.state', type: 'text' },
    vin: { sql: 'v.vin', type: 'text' },
    plate: (plate: string, place) => `v.plate_key = ${place(plateKeyOf(plate), 'text')}`,
    driverId: (ids: string[], place) =>
      `exists (select from fleet.assignments x where x.tenant_id = kernel.tenant_id() and x.vehicle_id = v.id
         and x.driver_id = any(${place(ids, 'uuid[]')}) and x.during @> kernel.now())`,
  },
});

@QueryHandler(ListVehiclesQuery)
export class ListVehiclesHandler implements IQueryHandler<ListVehiclesQuery> {
  constructor(private readonly database: Database) {}

  execute({ list }: ListVehiclesQuery): Promise<Page<VehicleFacts>> {
    return VEHICLES.run<Row, VehicleFacts>(this.database, list, {
      select: COLUMNS,
      from: FROM,
      where: `v.tenant_id = kernel.tenant_id() and ${drivenBy('v.id', '$1')}`,
      params: [narrowedTo()],
      map: viewOf,
    });
  }
}

@QueryHandler(FindVehicleQuery)
export class FindVehicleHandler implements IQueryHandler<FindVehicleQuery> {
  constructor(private readonly database: Database) {}

  async execute({ vehicleId }: FindVehicleQuery): Promise<VehicleFacts> {
    const [row] = await this.database.read<Row>(
      `select ${COLUMNS} from ${FROM} where v.tenant_id = kernel.tenant_id() and v.id = $1 and ${drivenBy('v.id', '$2')}`,
      [vehicleId, narrowedTo()],
    );
    if (!row) throw vehicleNotFound();
    return viewOf(row);
  }
}
