import { DomainEvent } from '../../../kernel/messaging/domain-event';

/** A meter of a vehicle was read. Aggregate: the vehicle. */
export class MeterRead extends DomainEvent<{
  vehicleId: string;
  /** `odometer` in metres, `engine_hours` in seconds. */
  meter: 'odometer' | 'engine_hours';
  /** Over the life of the vehicle. */
  total: number;
  /** When it was read, RFC 3339. */
  at: string;
}> {
  static override readonly type = 'fleet.meter-read.v1';
}

/** A licence or another document expires soon, or has expired. Aggregate: the document. */
export class DocumentExpiring extends DomainEvent<{
  documentId: string;
  documentType: string;
  vehicleId: string | null;
  driverId: string | null;
  /** Last day on which it holds, `2026-03-01`. */
  expiresOn: string;
  /** That day is over. */
  expired: boolean;
  /** Counts changes of the document. */
  revision: number;
}> {
  static override readonly type = 'fleet.document-expiring.v1';
}

/** Maintenance of a vehicle is near, by whichever of its intervals comes first. Aggregate: the schedule. */
interface AboutMaintenance {
  scheduleId: string;
  planId: string;
  planName: string;
  vehicleId: string;
  /** Counts how often it was done. */
  cycle: number;
  by: 'date' | 'distance' | 'engine_hours';
}

/** Once a cycle. */
export class MaintenanceUpcoming extends DomainEvent<AboutMaintenance> {
  static override readonly type = 'fleet.maintenance-upcoming.v1';
}

/** Once a cycle; a work order was opened in the same commit. */
export class MaintenanceDue extends DomainEvent<AboutMaintenance & { workOrderId: string }> {
  static override readonly type = 'fleet.maintenance-due.v1';
}

/** A vehicle was inspected, and something was wrong. Aggregate: the inspection. */
export class InspectionFailed extends DomainEvent<{
  inspectionId: string;
  vehicleId: string;
  workOrderId: string;
  /** What was wrong, as the checklist calls it. */
  labels: string[];
  /** The vehicle may not be driven. */
  critical: boolean;
}> {
  static override readonly type = 'fleet.inspection-failed.v1';
}

/** A vehicle was driven harshly or too fast within the last hour; told once. Aggregate: the vehicle. */
export class DrivingAlert extends DomainEvent<{
  vehicleId: string;
  /** Who was with the vehicle when the trip began. */
  driverId: string | null;
  kind: 'harsh_acceleration' | 'harsh_braking' | 'harsh_cornering' | 'speeding';
  /** When it began, RFC 3339. */
  at: string;
  seconds: number;
  /** g of harsh ones, metres a second of speeding. */
  peak: number;
  lat: number;
  lng: number;
}> {
  static override readonly type = 'fleet.driving-alert.v1';
}

/** The sensor of a tank saw that it was filled, or that fuel was lost while the vehicle stood; told once. Aggregate: the change. */
export class FuelLevelChanged extends DomainEvent<{
  changeId: string;
  vehicleId: string;
  /** Who was with the vehicle when it began. */
  driverId: string | null;
  kind: 'refill' | 'drop';
  /** Millilitres, grams or watt hours. */
  quantity: number;
  /** When it began and ended, RFC 3339. */
  at: string;
  endedAt: string;
  lat: number;
  lng: number;
}> {
  static override readonly type = 'fleet.fuel-level-changed.v1';
}

/** A route of a plan was given to a driver and a vehicle; again where others take it over. Aggregate: the route. */
export class RouteDispatched extends DomainEvent<{
  routeId: string;
  dispatchId: string;
  vehicleId: string;
  driverId: string;
  /** Those that are neither done nor failed. */
  stops: number;
  /** RFC 3339. */
  startsAt: string;
}> {
  static override readonly type = 'fleet.route-dispatched.v1';
}

/** A stop of a route was reached, done, or failed. Aggregate: the route. */
export class StopMoved extends DomainEvent<{
  routeId: string;
  dispatchId: string;
  stopId: string;
  /** What the plan calls it. */
  planStop: string;
  vehicleId: string;
  driverId: string;
  state: 'arrived' | 'done' | 'failed';
  /** Why it failed. */
  reason: string | null;
  /** RFC 3339. */
  at: string;
}> {
  static override readonly type = 'fleet.stop-moved.v1';
}

/** Every stop of a route is done or failed, or the route was called off. Aggregate: the route. */
export class RouteEnded extends DomainEvent<{
  routeId: string;
  dispatchId: string;
  state: 'completed' | 'cancelled';
}> {
  static override readonly type = 'fleet.route-ended.v1';
}
