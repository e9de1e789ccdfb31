import { dispatchStopEdge, planTooLong, planWithoutPlaces } from './dispatch.errors';

export const DISPATCH_STATES = ['open', 'completed', 'cancelled'] as const;
export type DispatchState = (typeof DISPATCH_STATES)[number];
export const DISPATCH_ROUTE_STATES = ['assigned', 'under_way', 'completed', 'cancelled'] as const;
export type DispatchRouteState = (typeof DISPATCH_ROUTE_STATES)[number];
export const DISPATCH_STOP_STATES = ['pending', 'arrived', 'done', 'failed'] as const;
export type DispatchStopState = (typeof DISPATCH_STOP_STATES)[number];

/** States that a stop may go to. */
export const DISPATCH_STOP_EDGES: Record<DispatchStopState, readonly DispatchStopState[]> = {
  pending: ['arrived', 'failed'],
  arrived: ['done', 'failed'],
  done: [],
  failed: [],
};

/** @throws AppError conflict `fleet.dispatch-stop-state` */
export function demandStopEdge(from: DispatchStopState, to: DispatchStopState): void {
  if (!DISPATCH_STOP_EDGES[from].includes(to)) throw dispatchStopEdge(from, to);
}

/** Days that the routes of a plan may take at most. */
export const MOST_PLAN_DAYS = 31;

/** @throws AppError conflict `fleet.plan-too-long` where a route ends later than `MOST_PLAN_DAYS` after second 0 of the plan */
export function demandDrivable(routes: readonly { steps: readonly PlanStep[] }[]): void {
  const most = MOST_PLAN_DAYS * 86_400;
  // What is no number is not within it either.
  if (!routes.every(({ steps }) => steps.every(({ departure }) => departure <= most)))
    throw planTooLong(MOST_PLAN_DAYS);
}

/** A step of a plan, in seconds from its beginning. */
export interface PlanStep {
  type: string;
  stopId: string | null;
  arrival: number;
  start: number;
  departure: number;
}

/** Where a stop of a plan is, by what is done there. */
export interface PlanPlaces {
  stopId: string;
  delivery: { lat: number; lng: number } | null;
  pickup: { lat: number; lng: number } | null;
}

/** A stop as it is planned. */
export interface TimedStop {
  planStop: string;
  kind: 'delivery' | 'pickup';
  lat: number;
  lng: number;
  arriveAt: Date;
  /** When service begins: later than the arrival where the stop opens later. */
  beginAt: Date;
  leaveAt: Date;
}

/**
 * The stops of a planned route with their places and times.
 * @param startsAt the moment of second 0 of the plan
 * @throws AppError conflict `fleet.plan-without-places`
 */
export function stopsOf(steps: readonly PlanStep[], places: readonly PlanPlaces[], startsAt: Date): TimedStop[] {
  const placeOf = new Map(places.map((place) => [place.stopId, place]));
  const at = (seconds: number): Date => new Date(startsAt.getTime() + Math.round(seconds * 1000));
  return steps.flatMap(({ type, stopId, arrival, start, departure }) => {
    if ((type !== 'delivery' && type !== 'pickup') || stopId === null) return [];
    const place = placeOf.get(stopId)?.[type];
    if (!place) throw planWithoutPlaces(stopId);
    const times = { arriveAt: at(arrival), beginAt: at(start), leaveAt: at(departure) };
    return [{ planStop: stopId, kind: type, lat: place.lat, lng: place.lng, ...times }];
  });
}

/** What is left of a route, for its times of arrival. */
export type LeftStop = Pick<TimedStop, 'arriveAt' | 'beginAt' | 'leaveAt'> & {
  id: string;
  state: 'pending' | 'arrived';
  arrivedAt: Date | null;
};

/**
 * When each pending stop is reached. Where it goes next is told by the ways there; from there on it takes as long as planned, and
 * waits where a stop opens later.
 * @param left in the order of the plan; a stop that was reached comes before all others
 * @param seconds from where the vehicle is to the first pending stop; null where no way leads there
 */
export function arrivalsOf(left: readonly LeftStop[], now: Date, seconds: number | null): { id: string; eta: Date }[] {
  const [here, next] = [left.find(({ state }) => state === 'arrived'), left.find(({ state }) => state === 'pending')];
  if (!next || seconds === null) return [];
  const served = (stop: LeftStop): number => stop.leaveAt.getTime() - stop.beginAt.getTime();
  // Whoever stands at a stop drives on when its service is over, which has lasted since the arrival.
  const leaves = here
    ? Math.max(now.getTime(), Math.max(here.arrivedAt!.getTime(), here.beginAt.getTime()) + served(here))
    : now.getTime();
  const found: { id: string; eta: Date }[] = [];
  let at = leaves + seconds * 1000;
  let before: LeftStop | null = null;
  for (const stop of left.slice(left.indexOf(next))) {
    if (stop.state !== 'pending') continue;
    if (before) {
      const waits = before.beginAt > before.arriveAt ? before.beginAt.getTime() : 0;
      at = Math.max(at, waits) + served(before) + (stop.arriveAt.getTime() - before.leaveAt.getTime());
    }
    found.push({ id: stop.id, eta: new Date(at) });
    before = stop;
  }
  return found;
}
