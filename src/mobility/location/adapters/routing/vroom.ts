import type { Order } from '../../domain/optimization/ordered';
import type { PlanTask, Problem, TimeWindow } from '../../domain/optimization/problem';
import { listOf, malformed, ProviderRefused, recordOf, type Exchanged } from './exchange';

/** VROOM counts in whole numbers of 32 bits. */
const MOST = 4_000_000_000;
/** Most places of a question: its matrices are 20 MB of text then, and vroom-express takes no more unless it is told to. */
const MOST_PLACES = 1_000;

/** Whole numbers are sent as they are, others in hundredths where those are not too large. */
function scaleOf(values: Iterable<number>): number {
  let whole = true;
  let most = 0;
  for (const value of values) {
    if (!(value < Infinity)) continue;
    whole &&= Number.isInteger(value);
    most = Math.max(most, value);
  }
  return whole || most * 100 > MOST ? 1 : 100;
}

const rowsOf = (matrix: Float64Array, size: number, scale: number): number[][] =>
  Array.from({ length: size }, (_, row) =>
    Array.from(matrix.subarray(row * size, (row + 1) * size), (value) => Math.ceil(value * scale - 1e-6)),
  );

/** What keeps a problem from VROOM, in words; null: nothing. */
function beyond({ size, vehicles, stops, shipments, distances, durations }: Problem): string | null {
  if (size > MOST_PLACES) return `there are more than ${MOST_PLACES} places`;
  const tasks: PlanTask[] = [...stops, ...shipments.flatMap(({ pickup, delivery }) => [pickup, delivery])];
  if (tasks.some(({ windows }) => windows.some(([from, to]) => from > to))) return 'a window ends before it begins';
  if (vehicles.some(({ windows }) => windows.length !== 1 || windows[0][0] > windows[0][1]))
    return 'a vehicle has several shifts';
  if (vehicles.some(({ maxTrips }) => maxTrips > 1)) return 'a vehicle may load again';
  if (vehicles.some(({ maxSeconds }) => maxSeconds < Infinity)) return 'the time of a route has a limit';
  if (vehicles.some(({ start, end }) => start === null && end === null)) return 'a vehicle starts and ends anywhere';
  if (durations.some((value) => !(value * 100 < Infinity)) || distances.some((value) => !(value < Infinity)))
    return 'some ways do not exist';
  return durations.some((value) => value > MOST) || distances.some((value) => value > MOST)
    ? 'some ways are too long'
    : null;
}

/**
 * The problem as VROOM's API takes it (version 1.10 and later; `matrices` of our own, so that it needs no router). Times are rounded up and
 * windows inwards: what it finds can be driven. @returns why not, where VROOM does not know what is asked
 */
export function vroomQuestion(problem: Problem): object | string {
  const reason = beyond(problem);
  if (reason) return reason;
  const { size, stops, shipments, vehicles, durations, distances, objective } = problem;
  const tasks: PlanTask[] = [...stops, ...shipments.flatMap(({ pickup, delivery }) => [pickup, delivery])];
  const moments = [...tasks, ...vehicles].flatMap(({ windows }) => windows.flat());
  const rests = vehicles.flatMap(({ breaks }) => breaks.flatMap(({ window, seconds }) => [...window, seconds]));
  const second = scaleOf([...durations, ...moments, ...rests, ...tasks.map(({ serviceSeconds }) => serviceSeconds)]);
  const costs = objective === 'distance' ? distances : durations;
  const unit = scaleOf([...costs, ...vehicles.map(({ fixedCost }) => fixedCost)]);
  const amount = scaleOf(
    [...stops, ...shipments].flatMap(({ demand }) => demand).concat(vehicles.flatMap((v) => v.capacity)),
  );
  const dims = Math.max(0, ...vehicles.map(({ capacity }) => capacity.length));
  const skills = [...new Set([...stops, ...shipments, ...vehicles].flatMap((one) => one.skills))];
  const skillsOf = (held: string[]): object =>
    held.length > 0 ? { skills: held.map((skill) => skills.indexOf(skill) + 1) } : {};
  const windowOf = ([from, to]: TimeWindow): [number, number] => [
    Math.ceil(from * second - 1e-6),
    Math.min(MOST, Math.floor(to * second + 1e-6)),
  ];
  const open = ([from, to]: TimeWindow): boolean => from <= 0 && to === Infinity;
  const taskOf = ({ at, windows, serviceSeconds }: PlanTask, node: number): object => ({
    id: node + 1,
    location_index: at,
    service: Math.ceil(serviceSeconds * second - 1e-6),
    ...(windows.some(open) ? {} : { time_windows: windows.map(windowOf) }),
  });
  const amountsOf = (demand: number[]): number[] =>
    Array.from({ length: dims }, (_, d) => Math.ceil((demand[d] ?? 0) * amount - 1e-6));
  let rest = 0;
  return {
    jobs: stops.map((stop, node) => ({
      ...taskOf(stop, node),
      ...(dims > 0 ? { [stop.kind]: amountsOf(stop.demand) } : {}),
      ...skillsOf(stop.skills),
      priority: stop.priority,
    })),
    shipments: shipments.map(({ pickup, delivery, demand, skills: needed, priority }, k) => ({
      pickup: taskOf(pickup, stops.length + 2 * k),
      delivery: taskOf(delivery, stops.length + 2 * k + 1),
      ...(dims > 0 ? { amount: amountsOf(demand) } : {}),
      ...skillsOf(needed),
      priority,
    })),
    vehicles: vehicles.map(
      ({ start, end, capacity, windows: [window], breaks, maxStops, maxDistance, ...vehicle }, k) => ({
        id: k + 1,
        ...(start === null ? {} : { start_index: start }),
        ...(end === null ? {} : { end_index: end }),
        ...(dims > 0
          ? { capacity: Array.from({ length: dims }, (_, d) => Math.floor((capacity[d] ?? 0) * amount + 1e-6)) }
          : {}),
        ...skillsOf(vehicle.skills),
        ...(open(window) ? {} : { time_window: windowOf(window) }),
        breaks: breaks.map((one) => ({
          id: ++rest,
          time_windows: [windowOf(one.window)],
          service: Math.ceil(one.seconds * second - 1e-6),
        })),
        ...(maxStops < Infinity ? { max_tasks: maxStops } : {}),
        ...(maxDistance < Infinity ? { max_distance: Math.floor(maxDistance) } : {}),
        costs: { fixed: Math.round(vehicle.fixedCost * unit) },
      }),
    ),
    matrices: {
      car: {
        durations: rowsOf(durations, size, second),
        costs: rowsOf(costs, size, unit),
        distances: rowsOf(distances, size, 1),
      },
    },
  };
}

/** The orders of visits that VROOM answered. @throws ProviderFailed where it refuses, or says something else */
export function ordersOf({ status, body }: Exchanged): Order[] {
  if (status !== 200 || body.code !== 0) throw new ProviderRefused('does not take what it is asked');
  return listOf(body.routes).map((route) => {
    const { vehicle, steps } = recordOf(route);
    const nodes = listOf(steps)
      .map(recordOf)
      .filter(({ type }) => type === 'job' || type === 'pickup' || type === 'delivery')
      .map(({ id, job }) => numbered(id ?? job));
    return { vehicle: numbered(vehicle), nodes };
  });
}

function numbered(id: unknown): number {
  if (!Number.isInteger(id)) throw malformed();
  return (id as number) - 1;
}
