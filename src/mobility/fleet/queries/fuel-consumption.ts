import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Database } from '../../../kernel/database/database';
import { smallestUnitOf, type FuelUnit } from '../domain/fuel';
import { fuelPeriod } from '../domain/fuel.errors';
import { vehicleNotFound } from '../domain/fleet.errors';
import type { FuelType } from '../domain/vehicle';

/** What was used over a way. */
export interface UsedFuel {
  quantity: number;
  metres: number;
  /** Litres, kilograms or kilowatt hours for 100 km; null where it was not driven. */
  per100Km: number | null;
}

export interface ConsumptionFacts {
  vehicleId: string;
  unit: FuelUnit | null;
  /** Between the first and the last full tank of the period whose odometer is known; null where there are no two. */
  fullToFull: (UsedFuel & { tanks: number; from: string; to: string }) | null;
  /**
   * By the sensor of the tank and the trips of the period; null where the tank has none, and where it says that there is more than
   * was filled in.
   */
  sensor: (UsedFuel & { from: string; to: string }) | null;
}

/**
 * What a vehicle used in a period of at most 366 days.
 * @throws AppError not-found `fleet.vehicle-not-found`, invalid `fleet.fuel-period`
 */
export class FuelConsumptionQuery extends Query<ConsumptionFacts> {
  constructor(readonly request: { vehicleId: string; from: Date; to: Date }) {
    super();
  }
}

const YEAR_MS = 366 * 86_400_000;

interface Row {
  fuelType: FuelType;
  tanks: number;
  fullFrom: Date | null;
  fullTo: Date | null;
  fullMetres: number | null;
  filled: number | null;
  levelFrom: Date | null;
  levelTo: Date | null;
  used: number | null;
  driven: number;
}

/**
 * From full to full: what was filled in after the first full tank, the last one included. By the sensor: what there was less of at the
 * end, with refills and without what was lost, for each stretch in which the same sensor of the same tracker told it. Kinds of fuel in another unit than the vehicle's are left out.
 */
const STATEMENT = `select v.fuel_type as "fuelType", coalesce(f.tanks, 0)::int as tanks, f.first_at as "fullFrom", f.last_at as "fullTo",
    f.metres::float8 as "fullMetres", e.filled::float8 as filled, l.first_at as "levelFrom", l.last_at as "levelTo",
    (l.fell + c.changed)::float8 as used, t.driven
  from fleet.vehicles v
  left join lateral (
    select count(*) as tanks, min(at) as first_at, max(at) as last_at, max(odometer_metres) - min(odometer_metres) as metres
    from fleet.fuel_entries where tenant_id = kernel.tenant_id() and vehicle_id = v.id and "full" and odometer_metres is not null
      and at >= $2 and at < $3 and unit = $4) f on true
  left join lateral (
    select sum(quantity) as filled from fleet.fuel_entries where tenant_id = kernel.tenant_id() and vehicle_id = v.id
      and at > f.first_at and at <= f.last_at and unit = $4) e on true
  left join lateral (
    select min(first_at) as first_at, max(last_at) as last_at, sum(fell) as fell, range_agg(tstzrange(first_at, last_at, '[]')) as stretches
    from (select min(at) as first_at, max(at) as last_at,
          (array_agg(quantity order by at))[1] - (array_agg(quantity order by at desc))[1] as fell
        from (select at, quantity, sensor_id, tracker_id, row_number() over (order by at)
              - row_number() over (partition by sensor_id, tracker_id order by at) as stretch
            from fleet.fuel_levels where tenant_id = kernel.tenant_id() and vehicle_id = v.id and at >= $2 and at < $3) told
        group by sensor_id, tracker_id, stretch) s) l on true
  left join lateral (
    select coalesce(sum(case kind when 'refill' then quantity else -quantity end), 0) as changed from fleet.fuel_changes
    where tenant_id = kernel.tenant_id() and vehicle_id = v.id and state in ('open', 'confirmed')
      and began_at >= l.first_at and ended_at <= l.last_at and l.stretches @> tstzrange(began_at, ended_at, '[]')) c on true
  left join lateral (
    select coalesce(sum(distance_metres), 0) as driven from fleet.trips where tenant_id = kernel.tenant_id() and vehicle_id = v.id
      and started_at >= l.first_at and ended_at <= l.last_at and l.stretches @> tstzrange(started_at, ended_at, '[]')) t on true
  where v.tenant_id = kernel.tenant_id() and v.id = $1`;

@QueryHandler(FuelConsumptionQuery)
export class FuelConsumptionHandler implements IQueryHandler<FuelConsumptionQuery> {
  constructor(private readonly database: Database) {}

  async execute({ request: { vehicleId, from, to } }: FuelConsumptionQuery): Promise<ConsumptionFacts> {
    if (to <= from || to.getTime() - from.getTime() > YEAR_MS) throw fuelPeriod();
    const [vehicle] = await this.database.read<{ fuelType: FuelType }>(
      'select fuel_type as "fuelType" from fleet.vehicles where tenant_id = kernel.tenant_id() and id = $1',
      [vehicleId],
    );
    if (!vehicle) throw vehicleNotFound();
    const unit = smallestUnitOf(vehicle.fuelType);
    const [row] = await this.database.read<Row>(STATEMENT, [vehicleId, from, to, unit ?? 'none']);
    return {
      vehicleId,
      unit,
      fullToFull:
        row.tanks < 2
          ? null
          : {
              ...usedOf(row.filled!, row.fullMetres!),
              ...{ tanks: row.tanks, from: row.fullFrom!.toISOString(), to: row.fullTo!.toISOString() },
            },
      sensor:
        row.levelFrom === null || row.used === null || row.used < 0
          ? null
          : {
              ...usedOf(row.used, Math.round(row.driven)),
              ...{ from: row.levelFrom.toISOString(), to: row.levelTo!.toISOString() },
            },
    };
  }
}

/** Thousandths for a metre are units for a kilometre. */
const usedOf = (quantity: number, metres: number): UsedFuel => ({
  ...{ quantity, metres, per100Km: metres > 0 ? Math.round((quantity / metres) * 10_000) / 100 : null },
});
