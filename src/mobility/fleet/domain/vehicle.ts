import { Column, Entity, PrimaryColumn, VersionColumn } from 'typeorm';
import { newId } from '../../../kernel/ids/ids';
import { fold } from '../../../kernel/text/fold';
import { calibrationInvalid, vehicleStateEdge, vinInvalid } from './fleet.errors';
import { vinFault } from './vin';

export const VEHICLE_CLASSES = ['car', 'van', 'truck', 'bus', 'motorcycle', 'machine', 'trailer'] as const;
export type VehicleClass = (typeof VEHICLE_CLASSES)[number];
export const FUEL_TYPES = ['petrol', 'diesel', 'lpg', 'cng', 'hydrogen', 'hybrid', 'electric', 'none'] as const;
export type FuelType = (typeof FUEL_TYPES)[number];
export const VEHICLE_STATES = ['in_service', 'out_of_service', 'retired'] as const;
export type VehicleState = (typeof VEHICLE_STATES)[number];

/** Who says what meters show: people alone; the tracker, where it knows; the trips, where it does not. */
export const METERS_FROM = ['typed', 'device', 'estimated'] as const;
export type MetersFrom = (typeof METERS_FROM)[number];

/** What a sensor says, and the amount that is in the tank then. */
export interface CalibrationPoint {
  raw: number;
  amount: number;
}

/** The unit in which fuel of a kind is counted. */
export const fuelUnitOf = (fuel: FuelType): 'l' | 'kg' | 'kWh' | null =>
  fuel === 'none' ? null : fuel === 'electric' ? 'kWh' : fuel === 'cng' || fuel === 'hydrogen' ? 'kg' : 'l';

/** States that a vehicle may go to. */
export const VEHICLE_EDGES: Record<VehicleState, readonly VehicleState[]> = {
  in_service: ['out_of_service', 'retired'],
  out_of_service: ['in_service', 'retired'],
  retired: [],
};

export interface VehicleChange {
  fleetId?: string | null;
  name?: string;
  vin?: string | null;
  plate?: string | null;
  class?: VehicleClass;
  make?: string | null;
  model?: string | null;
  modelYear?: number | null;
  fuelType?: FuelType;
  tankCapacity?: number | null;
  consumptionNorm?: number | null;
  calibration?: CalibrationPoint[];
  metersFrom?: MetersFrom;
}

/** A number plate as it is compared: letters and digits alone. */
export const plateKeyOf = (plate: string): string => plate.toUpperCase().replace(/[^\p{L}\p{N}]/gu, '');

/** bigint columns arrive as text; metres and seconds fit a number. */
const whole = {
  from: (value: string | null) => (value === null ? null : Number(value)),
  to: (value: unknown) => value,
};

/** A vehicle, or a trailer that one pulls. */
@Entity({ schema: 'fleet', name: 'vehicles' })
export class Vehicle {
  @PrimaryColumn('uuid', { name: 'tenant_id' }) tenantId: string;
  @PrimaryColumn('uuid') id: string;
  @Column('uuid', { name: 'fleet_id', nullable: true }) fleetId: string | null;
  @Column('text') kind: 'vehicle' | 'trailer';
  @Column('text') name: string;
  @Column('text', { name: 'name_key' }) nameKey: string;
  @Column('char', { length: 17, nullable: true }) vin: string | null;
  @Column('text', { nullable: true }) plate: string | null;
  @Column('text', { name: 'plate_key', nullable: true }) plateKey: string | null;
  @Column('text') class: VehicleClass;
  @Column('text', { nullable: true }) make: string | null;
  @Column('text', { nullable: true }) model: string | null;
  @Column('smallint', { name: 'model_year', nullable: true }) modelYear: number | null;
  @Column('text', { name: 'fuel_type' }) fuelType: FuelType;
  /** Litres, kilograms or kilowatt hours, see `fuelUnitOf`; the norm is for 100 km, for machines an hour. */
  @Column('float8', { name: 'tank_capacity', nullable: true }) tankCapacity: number | null;
  @Column('float8', { name: 'consumption_norm', nullable: true }) consumptionNorm: number | null;
  @Column('jsonb') calibration: CalibrationPoint[];
  @Column('text', { name: 'meters_from' }) metersFrom: MetersFrom;
  @Column('text') state: VehicleState;
  @Column('text', { name: 'state_reason', nullable: true }) stateReason: string | null;
  @Column('timestamptz', { name: 'state_since' }) stateSince: Date;
  /** An inspection took it out of service; with the last of its critical defects it comes back. */
  @Column('boolean') grounded: boolean;
  /** Over its life, whatever meters were exchanged. */
  @Column('bigint', { name: 'odometer_metres', transformer: whole }) odometerMetres: number;
  @Column('timestamptz', { name: 'odometer_at', nullable: true }) odometerAt: Date | null;
  @Column('bigint', { name: 'engine_seconds', transformer: whole }) engineSeconds: number;
  @Column('timestamptz', { name: 'engine_at', nullable: true }) engineAt: Date | null;
  @Column('timestamptz', { name: 'created_at' }) createdAt: Date;
  @Column('timestamptz', { name: 'updated_at' }) updatedAt: Date;
  @VersionColumn() version: number;

  /** @throws AppError invalid `fleet.vin-invalid`, `fleet.calibration-invalid` */
  static create(data: VehicleChange & { name: string; class: VehicleClass }, at: Date): Vehicle {
    const nothing = { fleetId: null, vin: null, plate: null, plateKey: null, make: null, model: null, modelYear: null };
    const trailer = data.class === 'trailer';
    const vehicle = Object.assign(new Vehicle(), nothing, {
      id: newId(),
      kind: trailer ? 'trailer' : 'vehicle',
      fuelType: trailer ? 'none' : 'diesel',
      tankCapacity: null,
      consumptionNorm: null,
      calibration: [],
      metersFrom: 'device',
      state: 'in_service',
      stateReason: null,
      stateSince: at,
      grounded: false,
      odometerMetres: 0,
      odometerAt: null,
      engineSeconds: 0,
      engineAt: null,
      createdAt: at,
    } satisfies Partial<Vehicle>);
    vehicle.change(data, at);
    return vehicle;
  }

  /** @throws AppError invalid `fleet.vin-invalid`, `fleet.calibration-invalid` */
  change({ name, vin, plate, calibration, ...rest }: VehicleChange, at: Date): void {
    if (name !== undefined) {
      this.name = name.trim();
      this.nameKey = fold(name) || name.trim();
    }
    if (vin !== undefined) this.vin = vin === null ? null : checkedVin(vin);
    if (plate !== undefined) {
      this.plate = plate?.trim() ?? null;
      this.plateKey = plate === null ? null : plateKeyOf(plate);
    }
    if (calibration !== undefined) this.calibration = checkedCalibration(calibration);
    Object.assign(this, Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined)));
    this.updatedAt = at;
  }

  /** @throws AppError conflict `fleet.vehicle-state` */
  moveTo(state: VehicleState, reason: string | null, at: Date): void {
    if (!VEHICLE_EDGES[this.state].includes(state)) throw vehicleStateEdge(this.state, state);
    Object.assign(this, { state, stateReason: reason, stateSince: at, grounded: false, updatedAt: at });
  }

  /** Something critical was found wrong with it. @throws AppError conflict `fleet.vehicle-state` */
  ground(reason: string, at: Date): void {
    this.moveTo('out_of_service', reason, at);
    this.grounded = true;
  }
}

function checkedVin(vin: string): string {
  const plain = vin.replace(/[\s-]/g, '').toUpperCase();
  const fault = vinFault(plain);
  if (fault) throw vinInvalid(fault);
  return plain;
}

/** Sorted by what the sensor says; amounts rise throughout, or fall for a sensor that counts down. */
export function checkedCalibration(points: CalibrationPoint[], pointer = '/calibration'): CalibrationPoint[] {
  if (points.length === 1) throw calibrationInvalid(pointer, 'A table needs two points or more.');
  const sorted = points.map(({ raw, amount }) => ({ raw, amount })).sort((a, b) => a.raw - b.raw);
  for (let i = 1; i < sorted.length; i++) {
    if (sorted[i].raw === sorted[i - 1].raw)
      throw calibrationInvalid(pointer, `Two points say what ${sorted[i].raw} means.`);
    if ((sorted[i].amount - sorted[i - 1].amount) * (sorted[sorted.length - 1].amount - sorted[0].amount) <= 0)
      throw calibrationInvalid(pointer, `Amounts must rise or fall throughout; ${sorted[i].raw} does not.`);
  }
  return sorted;
}
