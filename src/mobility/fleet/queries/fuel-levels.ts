import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Database } from '../../../kernel/database/database';
import { keyset, type ListQuery, type Page } from '../../../kernel/http/pagination';
import { smallestUnitOf, type FuelChangeState, type FuelUnit } from '../domain/fuel';
import { fuelChangeNotFound, fuelSensorNotFound } from '../domain/fuel.errors';
import type { CalibrationPoint, FuelType } from '../domain/vehicle';
import { demandVehicle } from './assignments';

export interface FuelSensorFacts {
  id: string;
  vehicleId: string;
  /** Of the positions of its tracker. */
  attribute: string;
  from: string;
  /** Litres, kilograms or kilowatt hours. */
  points: CalibrationPoint[];
  createdAt: string;
}

export interface FuelLevelFacts {
  id: string;
  at: string;
  quantity: number;
  unit: FuelUnit | null;
}

export interface FuelChangeFacts {
  id: string;
  vehicleId: string;
  driverId: string | null;
  kind: 'refill' | 'drop';
  beganAt: string;
  endedAt: string;
  /** In `unit`. */
  before: number;
  after: number;
  quantity: number;
  rawQuantity: number;
  unit: FuelUnit | null;
  location: { lat: number; lng: number };
  state: FuelChangeState;
  reason: string | null;
  decidedBy: string | null;
  decidedAt: string | null;
  /** What was entered, and how much more that is than the sensor saw. */
  entry: { id: string; quantity: number; difference: number; suspicious: boolean } | null;
}

export class ListFuelSensorsQuery extends Query<Page<FuelSensorFacts>> {
  constructor(readonly list: ListQuery) {
    super();
  }
}

/** @throws AppError not-found `fleet.fuel-sensor-not-found` */
export class FindFuelSensorQuery extends Query<FuelSensorFacts> {
  constructor(readonly sensorId: string) {
    super();
  }
}

/** Of one vehicle. @throws AppError not-found `fleet.vehicle-not-found` */
export class ListFuelLevelsQuery extends Query<Page<FuelLevelFacts>> {
  constructor(
    readonly vehicleId: string,
    readonly list: ListQuery,
  ) {
    super();
  }
}

export class ListFuelChangesQuery extends Query<Page<FuelChangeFacts>> {
  constructor(readonly list: ListQuery) {
    super();
  }
}

/** @throws AppError not-found `fleet.fuel-change-not-found` */
export class FindFuelChangeQuery extends Query<FuelChangeFacts> {
  constructor(readonly changeId: string) {
    super();
  }
}

type SensorRow = Omit<FuelSensorFacts, 'from' | 'createdAt'> & { from: Date; createdAt: Date };
const SENSOR = `s.id, s.vehicle_id as "vehicleId", s.attribute, s.from_at as "from", s.points, s.created_at as "createdAt"`;
const SENSORS = keyset({
  id: 's.id',
  sorts: { from: { sql: 's.from_at', type: 'timestamptz' } },
  defaultSort: '-from',
  filters: { vehicleId: { sql: 's.vehicle_id', type: 'uuid' } },
});
const sensorOf = ({ from, createdAt, ...row }: SensorRow): FuelSensorFacts => ({
  id: row.id,
  vehicleId: row.vehicleId,
  attribute: row.attribute,
  from: from.toISOString(),
  points: row.points,
  createdAt: createdAt.toISOString(),
});

type ChangeRow = Omit<FuelChangeFacts, 'beganAt' | 'endedAt' | 'decidedAt' | 'unit' | 'location' | 'entry'> & {
  beganAt: Date;
  endedAt: Date;
  decidedAt: Date | null;
  lat: number;
  lng: number;
  fuelType: FuelType;
  entryId: string | null;
  entryQuantity: number | null;
};
const CHANGE = `c.id, c.vehicle_id as "vehicleId", c.driver_id as "driverId", c.kind, c.began_at as "beganAt", c.ended_at as "endedAt",
  c.before::float8 as before, c.after::float8 as after, c.quantity::float8 as quantity, c.raw_quantity::float8 as "rawQuantity", c.lat, c.lng,
  c.state, c.reason, c.decided_by as "decidedBy", c.decided_at as "decidedAt", v.fuel_type as "fuelType", e.id as "entryId",
  e.quantity::float8 as "entryQuantity"`;
const CHANGES_FROM = `fleet.fuel_changes c join fleet.vehicles v on v.tenant_id = c.tenant_id and v.id = c.vehicle_id
  left join fleet.fuel_entries e on e.tenant_id = c.tenant_id and e.id = c.entry_id`;
const CHANGES = keyset({
  id: 'c.id',
  sorts: { beganAt: { sql: 'c.began_at', type: 'timestamptz' } },
  defaultSort: '-beganAt',
  filters: {
    vehicleId: { sql: 'c.vehicle_id', type: 'uuid' },
    driverId: { sql: 'c.driver_id', type: 'uuid' },
    kind: { sql: 'c.kind', type: 'text' },
    state: { sql: 'c.state', type: 'text' },
    beganAt: { sql: 'c.began_at', type: 'timestamptz' },
  },
});
/** What was paid for and what was seen may differ by a tenth, and by what a sensor errs. */
const TOLERANCE = 0.1;
const LEAST = 2_000;

const changeOf = (row: ChangeRow): FuelChangeFacts => {
  const difference = (row.entryQuantity ?? 0) - row.quantity;
  return {
    id: row.id,
    vehicleId: row.vehicleId,
    driverId: row.driverId,
    kind: row.kind,
    beganAt: row.beganAt.toISOString(),
    endedAt: row.endedAt.toISOString(),
    before: row.before,
    after: row.after,
    quantity: row.quantity,
    rawQuantity: row.rawQuantity,
    unit: smallestUnitOf(row.fuelType),
    location: { lat: row.lat, lng: row.lng },
    state: row.state,
    reason: row.reason,
    decidedBy: row.decidedBy,
    decidedAt: row.decidedAt?.toISOString() ?? null,
    entry: row.entryId && {
      ...{ id: row.entryId, quantity: row.entryQuantity!, difference },
      suspicious: Math.abs(difference) > Math.max(LEAST, TOLERANCE * row.quantity),
    },
  } as FuelChangeFacts;
};

@QueryHandler(ListFuelSensorsQuery)
export class ListFuelSensorsHandler implements IQueryHandler<ListFuelSensorsQuery> {
  constructor(private readonly database: Database) {}

  execute({ list }: ListFuelSensorsQuery): Promise<Page<FuelSensorFacts>> {
    return SENSORS.run<SensorRow, FuelSensorFacts>(this.database, list, {
      ...{ select: SENSOR, from: 'fleet.fuel_sensors s', where: 's.tenant_id = kernel.tenant_id()' },
      map: sensorOf,
    });
  }
}

@QueryHandler(FindFuelSensorQuery)
export class FindFuelSensorHandler implements IQueryHandler<FindFuelSensorQuery> {
  constructor(private readonly database: Database) {}

  async execute({ sensorId }: FindFuelSensorQuery): Promise<FuelSensorFacts> {
    const [row] = await this.database.read<SensorRow>(
      `select ${SENSOR} from fleet.fuel_sensors s where s.tenant_id = kernel.tenant_id() and s.id = $1`,
      [sensorId],
    );
    if (!row) throw fuelSensorNotFound();
    return sensorOf(row);
  }
}

type LevelRow = { id: string; at: Date; quantity: number; fuelType: FuelType };
const LEVELS = keyset({
  id: 'l.id',
  sorts: { at: { sql: 'l.at', type: 'timestamptz' } },
  defaultSort: '-at',
  filters: { at: { sql: 'l.at', type: 'timestamptz' } },
});

@QueryHandler(ListFuelLevelsQuery)
export class ListFuelLevelsHandler implements IQueryHandler<ListFuelLevelsQuery> {
  constructor(private readonly database: Database) {}

  async execute({ vehicleId, list }: ListFuelLevelsQuery): Promise<Page<FuelLevelFacts>> {
    const page = await LEVELS.run<LevelRow, FuelLevelFacts>(this.database, list, {
      select: 'l.id, l.at, l.quantity::float8 as quantity, v.fuel_type as "fuelType"',
      from: 'fleet.fuel_levels l join fleet.vehicles v on v.tenant_id = l.tenant_id and v.id = l.vehicle_id',
      where: 'l.tenant_id = kernel.tenant_id() and l.vehicle_id = $1',
      params: [vehicleId],
      map: ({ id, at, quantity, fuelType }) => ({
        ...{ id, at: at.toISOString(), quantity, unit: smallestUnitOf(fuelType) },
      }),
    });
    if (page.data.length === 0) await demandVehicle(this.database, vehicleId);
    return page;
  }
}

@QueryHandler(ListFuelChangesQuery)
export class ListFuelChangesHandler implements IQueryHandler<ListFuelChangesQuery> {
  constructor(private readonly database: Database) {}

  execute({ list }: ListFuelChangesQuery): Promise<Page<FuelChangeFacts>> {
    return CHANGES.run<ChangeRow, FuelChangeFacts>(this.database, list, {
      ...{ select: CHANGE, from: CHANGES_FROM, where: 'c.tenant_id = kernel.tenant_id()' },
      map: changeOf,
    });
  }
}

@QueryHandler(FindFuelChangeQuery)
export class FindFuelChangeHandler implements IQueryHandler<FindFuelChangeQuery> {
  constructor(private readonly database: Database) {}

  async execute({ changeId }: FindFuelChangeQuery): Promise<FuelChangeFacts> {
    const [row] = await this.database.read<ChangeRow>(
      `select ${CHANGE} from ${CHANGES_FROM} where c.tenant_id = kernel.tenant_id() and c.id = $1`,
      [changeId],
    );
    if (!row) throw fuelChangeNotFound();
    return changeOf(row);
  }
}
