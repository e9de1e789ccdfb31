import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { monotonicMs } from '../../src/kernel/clock/monotonic';
import { optimize } from '../../src/mobility/location/domain/optimization/optimize';
import type { PlanVehicle, Problem } from '../../src/mobility/location/domain/optimization/problem';
import type { OptimizedPlan } from '../../src/mobility/location/domain/optimization/solution';
import type { Measure } from '../report';

const SEED = 7;
/** So dear that fewer vehicles come before shorter ways, as these instances are compared. */
const VEHICLE = 10_000;

/** What is said of the figures in the report. */
export const ROUTE_PLANS =
  '`npm run bench -- mobility`, with `MAINSTAY_BENCH_DATA`: tours of TSPLIB in 5 seconds each, fleets of Solomon in 10, every plan held against the rules by a checker that has nothing of the search; and ways over a made-up town, held against plain Dijkstra.';

/** Optimal lengths (TSPLIB, G. Reinelt), and what is aimed at over them in percent. */
const TOURS: [name: string, optimum: number, aim: number][] = [
  ['berlin52', 7_542, 0],
  ['eil51', 426, 0],
  ['st70', 675, 0],
  ['kroA100', 21_282, 0],
  ['a280', 2_579, 1.5],
  ['pr1002', 259_045, 1.5],
];

/** Best known vehicles and unrounded distances of Solomon's instances of 100 customers. */
const FLEETS: [name: string, vehicles: number, distance: number][] = [
  ['C101', 10, 828.94],
  ['C104', 10, 824.78],
  ['C201', 3, 591.56],
  ['C204', 3, 590.6],
  ['R101', 19, 1650.8],
  ['R103', 13, 1292.68],
  ['R105', 14, 1377.11],
  ['R112', 9, 982.14],
  ['R201', 4, 1252.37],
  ['R208', 2, 726.82],
  ['RC101', 14, 1696.95],
  ['RC105', 13, 1629.44],
  ['RC108', 10, 1139.82],
  ['RC201', 4, 1406.94],
  ['RC208', 3, 828.14],
];

const numbersOf = (file: string): number[][] =>
  readFileSync(file, 'utf8')
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number));
const allFinite = (row: number[]): boolean => row.every(Number.isFinite);

const vehicle = (id: string, more: Partial<PlanVehicle>): PlanVehicle => ({
  id,
  capacity: [],
  start: 0,
  end: 0,
  windows: [[0, Infinity]],
  breaks: [],
  skills: [],
  fixedCost: 0,
  maxTrips: 1,
  reloadSeconds: 0,
  maxStops: Infinity,
  maxDistance: Infinity,
  maxSeconds: Infinity,
  ...more,
});

function matrixOf(points: [number, number][], round: boolean): Float64Array {
  const matrix = new Float64Array(points.length ** 2);
  points.forEach(([ax, ay], a) => {
    points.forEach(([bx, by], b) => {
      const between = Math.hypot(ax - bx, ay - by);
      matrix[a * points.length + b] = round ? Math.round(between) : between;
    });
  });
  return matrix;
}

/** A TSPLIB file with EUC_2D weights: distances are rounded to whole numbers. */
function tourOf(file: string): Problem {
  const rows = numbersOf(file).filter((row) => row.length === 3 && allFinite(row) && row[0] > 0);
  const distances = matrixOf(
    rows.map(([, x, y]) => [x, y]),
    true,
  );
  const stops = rows.slice(1).map((_, k) => ({
    id: String(k + 2),
    at: k + 1,
    demand: [],
    kind: 'delivery' as const,
    windows: [[0, Infinity] as [number, number]],
    serviceSeconds: 0,
    skills: [],
    priority: 0,
  }));
  const vehicles = [vehicle('v', {})];
  return { size: rows.length, distances, durations: distances, objective: 'distance', stops, shipments: [], vehicles };
}

/** A file of Solomon's: number, x, y, demand, ready, due, service; the first row is the depot. */
function fleetOf(file: string): { problem: Problem; rows: number[][]; capacity: number } {
  const all = numbersOf(file);
  const [count, capacity] = all.find((row) => row.length === 2 && allFinite(row)) as number[];
  const rows = all.filter((row) => row.length === 7 && allFinite(row));
  const distances = matrixOf(
    rows.map(([, x, y]) => [x, y]),
    false,
  );
  const windows: [number, number][] = [[rows[0][4], rows[0][5]]];
  const problem: Problem = {
    size: rows.length,
    distances,
    durations: distances,
    objective: 'distance',
    stops: rows.slice(1).map(([id, , , demand, ready, due, service], k) => ({
      id: String(id),
      at: k + 1,
      demand: [demand],
      kind: 'delivery',
      windows: [[ready, due]],
      serviceSeconds: service,
      skills: [],
      priority: 0,
    })),
    shipments: [],
    vehicles: Array.from({ length: count }, (_, k) =>
      vehicle(`v${k}`, { capacity: [capacity], windows, fixedCost: VEHICLE }),
    ),
  };
  return { problem, rows, capacity };
}

/** Length of a plan, worked out from the file alone; NaN when it is not feasible. */
function checkedLength(plan: OptimizedPlan, rows: number[][], capacity: number): number {
  const byId = new Map(rows.map((row) => [String(row[0]), row]));
  const [depot] = rows;
  const seen = new Set<string>();
  let length = 0;
  for (const { stops } of plan.routes) {
    let [at, now, load] = [depot, depot[4], 0];
    for (const to of [...stops.map((id) => byId.get(id) as number[]), depot]) {
      const way = Math.hypot(at[1] - to[1], at[2] - to[2]);
      length += way;
      now = Math.max(now + way, to[4]);
      if (now > to[5] + 1e-6) return NaN;
      now += to[6];
      load += to[3];
      at = to;
    }
    if (load > capacity) return NaN;
    stops.forEach((id) => seen.add(id));
  }
  const visits = plan.routes.reduce((sum, { stops }) => sum + stops.length, 0);
  return seen.size === rows.length - 1 && visits === seen.size ? length : NaN;
}

const percent = (found: number, best: number): number => (found / best - 1) * 100;

/**
 * How near plans of routes come to the best known ones: tours of TSPLIB in 5 s, Solomon's windows in 10 s each (quick: a few of them, in a
 * fifth of that). The files are in `tsplib` and `solomon` beneath `MAINSTAY_BENCH_DATA`; nothing is measured without.
 */
export function routePlans(quick: boolean, tell: (measure: Measure) => void): void {
  const folder = process.env.MAINSTAY_BENCH_DATA ?? '';
  const here = (kind: string, name: string): string | null => {
    const file = path.join(folder, kind, name);
    return folder !== '' && existsSync(file) ? file : null;
  };
  const plan = (problem: Problem, seconds: number): OptimizedPlan =>
    optimize(problem, { seconds: quick ? seconds / 5 : seconds, seed: SEED, elapsed: monotonicMs });
  for (const [name, optimum, aim] of TOURS) {
    const file = here('tsplib', `${name}.tsp`);
    if (!file) continue;
    const { distance, iterations } = plan(tourOf(file), 5);
    const gap = percent(distance, optimum);
    const note = `${distance} of ${optimum}, ${iterations} iterations`;
    tell({ scenario: `tour ${name}`, unit: '% over', value: gap, aim: `≤ ${aim}`, met: gap <= aim, note });
  }
  const gaps: number[] = [];
  let measured = 0;
  for (const [name, vehicles, best] of FLEETS.filter((_, k) => !quick || k % 5 === 0)) {
    const file = here('solomon', `${name}.txt`);
    if (!file) continue;
    measured++;
    const { problem, rows, capacity } = fleetOf(file);
    const found = plan(problem, 10);
    const length = checkedLength(found, rows, capacity);
    const same = found.routes.length <= vehicles && Number.isFinite(length);
    if (same) gaps.push(percent(length, best));
    tell({
      scenario: `fleet ${name}`,
      unit: '% over',
      value: percent(length, best),
      aim: `${vehicles} vehicles`,
      met: same,
      note: `${found.routes.length} vehicles, ${length.toFixed(2)} of ${best}, ${found.iterations} iterations${Number.isFinite(length) ? '' : ', NOT FEASIBLE'}`,
    });
  }
  if (measured === 0) return;
  const mean = gaps.reduce((sum, gap) => sum + gap, 0) / Math.max(1, gaps.length);
  tell({
    scenario: 'fleets: mean of those with the best fleet',
    unit: '% over',
    value: mean,
    aim: '≤ 2, all fleets but one',
    met: mean <= 2 && gaps.length >= measured - 1,
    note: `${gaps.length} of ${measured} with the best known fleet`,
  });
}
