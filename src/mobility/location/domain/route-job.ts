import type { OptimizedPlan } from './optimization/solution';

export const ROUTE_JOB_STATES = ['queued', 'active', 'completed', 'failed', 'cancelled'] as const;
export type RouteJobState = (typeof ROUTE_JOB_STATES)[number];

/** Jobs of one organization that wait or run at once. */
export const MOST_OPEN_JOBS = 20;
/** A job that took its worker with it so often is not tried again. */
export const MOST_ATTEMPTS = 3;
/** Days for which an ended job can be read. */
export const KEEP_DAYS = 30;

export interface RouteSolution extends OptimizedPlan {
  metric: 'matrix' | 'great_circle' | 'euclidean';
  notes: string[];
}

export interface RouteJobFacts {
  id: string;
  state: RouteJobState;
  /** Percent of the budget that is spent. */
  progress: number;
  solution: RouteSolution | null;
  /** Why it failed. */
  failure: string | null;
  createdAt: string;
  startedAt: string | null;
  finishedAt: string | null;
}
