import { Query } from '@nestjs/cqrs';

export const ROUTE_JOB_STATES = ['queued', 'active', 'completed', 'failed', 'cancelled'] as const;
export type RouteJobState = (typeof ROUTE_JOB_STATES)[number];

/** Why a stop is in no route. */
export const UNASSIGNED_REASONS = [
  'contradictory_window',
  'no_vehicle',
  'skill',
  'capacity',
  'unreachable',
  'time_window',
  'vehicle_limit',
  // The time was over before it was looked at.
  'search_ended',
] as const;
export type UnassignedReason = (typeof UNASSIGNED_REASONS)[number];

/** A step of a timetable, in seconds from the beginning of the plan. */
export interface PlannedStep {
  type: 'start' | 'delivery' | 'pickup' | 'reload' | 'break' | 'end';
  stopId: string | null;
  arrival: number;
  start: number;
  departure: number;
}

export interface PlannedRoute {
  vehicleId: string;
  /** Ids in order; a shipment's is there twice, first where it is fetched. */
  stops: string[];
  steps: PlannedStep[];
  /** Metres, or the unit of the matrix that was given. */
  distance: number;
  /** Seconds from leaving to the end, waiting, service and breaks included. */
  duration: number;
}

/** By what the ways of a plan were measured. */
export const MEASURES = ['matrix', 'osrm', 'valhalla', 'road', 'great_circle', 'euclidean'] as const;
export type Measure = (typeof MEASURES)[number];

/** Who put the stops in order: Mainstay's own search, or VROOM. */
export const PLANNERS = ['mainstay', 'vroom'] as const;
export type Planner = (typeof PLANNERS)[number];

export interface RouteSolution {
  routes: PlannedRoute[];
  unassigned: { id: string; reason: UnassignedReason }[];
  distance: number;
  duration: number;
  iterations: number;
  metric: Measure;
  plannedBy: Planner;
  /** What should be known about the plan. */
  notes: string[];
}

export interface RouteJobFacts {
  id: string;
  state: RouteJobState;
  /** Percent of the budget that is spent. */
  progress: number;
  /** The plan; of a cancelled search the best that was found. */
  solution: RouteSolution | null;
  /** Why it failed. */
  failure: string | null;
  createdAt: string;
  startedAt: string | null;
  finishedAt: string | null;
}

/** How far a plan of routes is, and the plan. @throws AppError not-found `location.route-job-not-found` */
export class FindRouteJobQuery extends Query<RouteJobFacts> {
  readonly id: string;

  constructor({ id }: { id: string }) {
    super();
    this.id = id;
  }
}
