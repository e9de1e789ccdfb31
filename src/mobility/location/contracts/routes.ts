import type { StoredTraffic } from './stored-traffic';
import type { LatLng, TravelSource } from './travel-times';

export const OBJECTIVES = ['time', 'distance', 'cost'] as const;
export type Objective = (typeof OBJECTIVES)[number];

/** What a step of a route asks of the driver. */
export const STEP_TYPES = [
  'depart',
  'turn',
  'continue',
  'ramp',
  'merge',
  'roundabout',
  'uturn',
  'waypoint',
  'arrive',
] as const;
export type StepType = (typeof STEP_TYPES)[number];

export const TURNS = [
  'straight',
  'slight_right',
  'right',
  'sharp_right',
  'uturn',
  'sharp_left',
  'left',
  'slight_left',
] as const;
export type Turn = (typeof TURNS)[number];

export interface RouteStep {
  type: StepType;
  turn: Turn | null;
  /** Exit of a roundabout, counted from 1. */
  exit: number | null;
  /** The road from here on. */
  name: string;
  instruction: string;
  /** Of the road from here to the next step. */
  metres: number;
  seconds: number;
  location: [lng: number, lat: number];
}

export interface RouteLeg {
  metres: number;
  seconds: number;
  steps: RouteStep[];
}

export interface PlannedWay {
  metres: number;
  seconds: number;
  /** By the prices asked with; null where cost is not the objective. */
  cost: number | null;
  legs: RouteLeg[];
  geometry: { type: 'LineString'; coordinates: [lng: number, lat: number][] };
}

export interface RouteAnswer {
  source: TravelSource;
  /** The best one first. */
  routes: PlannedWay[];
  /** Where on the road each waypoint was put. */
  waypoints: (LatLng & { metresFromRoad: number | null })[];
  /** What should be known about the answer. */
  notes: string[];
}

/** What bands of reach are measured in. */
export const REACH_MEASURES = ['minutes', 'metres'] as const;
export type ReachMeasure = (typeof REACH_MEASURES)[number];

/** What driving costs, in any unit of money. */
export interface Prices {
  perKm: number;
  perHour: number;
}

/** How roads are when they are driven, as whoever asks knows it. */
export interface RoadTraffic {
  /** When one sets out, milliseconds of the epoch. */
  departMs: number;
  /** Minutes that the clocks along the road are ahead of UTC. */
  utcOffsetMinutes: number;
  /** 24 factors by kind of road, from midnight on: how many times longer it takes than without traffic. `all`: kinds that are not named. */
  factors: Readonly<Record<string, readonly number[]>>;
  /** Stretches of road by a place on them: how many times longer they take now; Infinity: closed. */
  roads: readonly (LatLng & { factor: number })[];
  /** What the organization keeps. */
  stored?: StoredTraffic | null;
}
