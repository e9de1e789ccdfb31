import type { PlannedRoute, RouteSolution, UnassignedReason } from '../../contracts/route-plans';
import { Driver, NO_TRIAL, type DriveStep } from './drive';
import type { Plan } from './plan';
import type { CompiledProblem } from './problem';

/** A plan as the search leaves it. */
export type OptimizedPlan = Omit<RouteSolution, 'metric' | 'plannedBy' | 'notes'>;

const TYPES = ['delivery', 'pickup', 'pickup', 'delivery'] as const;

/** The timetable of one slot's route as `next` links it; null when it cannot be driven. */
export function describeRoute(compiled: CompiledProblem, slot: number, next: Int32Array): PlannedRoute | null {
  const driver = new Driver(compiled);
  const steps: DriveStep[] = [];
  if (!(driver.drive(slot, next, NO_TRIAL, null, steps) < Infinity)) return null;
  return {
    vehicleId: compiled.problem.vehicles[compiled.slots[slot].vehicle].id,
    stops: steps.filter(({ type }) => type === 'visit').map(({ node }) => compiled.idOf(node)),
    steps: steps.map(({ type, node, arrival, start, departure }) => ({
      type: type === 'visit' ? TYPES[compiled.role[node]] : type,
      stopId: type === 'visit' ? compiled.idOf(node) : null,
      arrival,
      start,
      departure,
    })),
    distance: driver.distance,
    duration: driver.seconds,
  };
}

/** Timetables of all routes, by vehicle and shift. */
export function describePlan(compiled: CompiledProblem, next: Int32Array): PlannedRoute[] {
  const routes: PlannedRoute[] = [];
  for (let slot = 0; slot < compiled.slots.length; slot++) {
    if (next[compiled.n + 2 * slot] === compiled.n + 2 * slot + 1) continue;
    const route = describeRoute(compiled, slot, next);
    if (!route) throw new Error('A planned route cannot be driven.');
    routes.push(route);
  }
  return routes;
}

/**
 * Says of a stop (or a shipment, by its pickup) that has no route what keeps it out.
 * @param tried false where the search ended before it came to it
 */
export function reasonOf(compiled: CompiledProblem, plan: Plan, node: number, tried = true): UnassignedReason {
  const { n, dims, slots, windowOf, partner, demand, capacity, cost, place, width } = compiled;
  const other = partner[node];
  const ends = other >= 0 ? [node, other] : [node];
  if (ends.some((end) => windowOf[end] === windowOf[end + 1])) return 'contradictory_window';
  if (slots.length === 0) return 'no_vehicle';
  let left = slots.map((_, slot) => slot).filter((slot) => compiled.skilled(slot, node));
  if (left.length === 0) return 'skill';
  const fits = (slot: number, load: (d: number) => number, trips: number): boolean => {
    for (let d = 0; d < dims; d++)
      if (load(d) + demand[node * dims + d] > trips * capacity[slot * dims + d] + 1e-9) return false;
    return true;
  };
  left = left.filter((slot) => compiled.fits(slot, node));
  if (left.length === 0) return 'capacity';
  const way = (slot: number): number => {
    const stations = [n + 2 * slot, ...ends, n + 2 * slot + 1];
    return stations.slice(1).reduce((sum, to, k) => sum + cost[place[stations[k]] * width + place[to]], 0);
  };
  left = left.filter((slot) => way(slot) < Infinity);
  if (left.length === 0) return 'unreachable';
  const alone = Int32Array.from({ length: compiled.nodes }, (_, k) => k + 1);
  const driver = new Driver(compiled);
  const able = left.filter((slot) => {
    const trial = { node, after: n + 2 * slot, partner: other, partnerAfter: other >= 0 ? node : -1 };
    return driver.drive(slot, alone, trial) < Infinity;
  });
  if (able.length === 0) return left.every((slot) => overLimit(compiled, slot, ends)) ? 'vehicle_limit' : 'time_window';
  if (!tried) return 'search_ended';
  // It would fit alone: are the vehicles full, or are they late?
  const room = able.some((slot) => {
    const load = new Float64Array(dims);
    const start = n + 2 * slot;
    for (let each = plan.next[start]; each !== start + 1; each = plan.next[each])
      for (let d = 0; d < dims; d++) load[d] += demand[each * dims + d];
    return other >= 0 || fits(slot, (d) => load[d], compiled.problem.vehicles[slots[slot].vehicle].maxTrips);
  });
  return room ? 'time_window' : 'capacity';
}

/** Would the way there and back alone be longer than the vehicle may drive, or last longer? */
function overLimit(
  { problem, slots, n, place, width, distance, time, service }: CompiledProblem,
  slot: number,
  ends: number[],
): boolean {
  const { maxDistance, maxSeconds, maxStops } = problem.vehicles[slots[slot].vehicle];
  const stations = [n + 2 * slot, ...ends, n + 2 * slot + 1];
  let [metres, seconds] = [0, 0];
  for (let k = 1; k < stations.length; k++) {
    const way = place[stations[k - 1]] * width + place[stations[k]];
    metres += distance[way];
    seconds += time[way] + service[stations[k]];
  }
  return metres > maxDistance || seconds > maxSeconds || ends.length > maxStops;
}
