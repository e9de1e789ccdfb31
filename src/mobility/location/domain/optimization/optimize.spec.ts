import { euclideanMatrix } from './matrices';
import { optimize } from './optimize';
import type { PlanShipment, PlanStop, PlanVehicle, Problem, TimeWindow } from './problem';
import { SeededRandom } from './random';
import type { OptimizedPlan } from './solution';

const ANY: TimeWindow[] = [[0, Infinity]];
type Point = { x: number; y: number };

const stop = (at: number, more: Partial<PlanStop> = {}): PlanStop => ({
  id: `s${at}`,
  at,
  demand: [],
  kind: 'delivery',
  windows: ANY,
  serviceSeconds: 0,
  skills: [],
  priority: 0,
  ...more,
});
const vehicle = (id: string, more: Partial<PlanVehicle> = {}): PlanVehicle => ({
  id,
  capacity: [],
  start: 0,
  end: 0,
  windows: ANY,
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
const problem = (points: Point[], stops: PlanStop[], vehicles: PlanVehicle[], more: Partial<Problem> = {}): Problem => {
  const distances = euclideanMatrix(points);
  return {
    size: points.length,
    distances,
    durations: distances,
    objective: 'distance',
    stops,
    shipments: [],
    vehicles,
    ...more,
  };
};
const solve = (given: Problem, iterations = 500, seed = 1): OptimizedPlan =>
  optimize(given, { seed, iterations, elapsed: () => 0 });
const line = (...xs: number[]): Point[] => xs.map((x) => ({ x, y: 0 }));

/** Looks at a plan without anything of the search: what is wrong with it. */
function faults(given: Problem, plan: OptimizedPlan): string[] {
  const found: string[] = [];
  const seen = new Map<string, number>();
  let total = 0;
  for (const route of plan.routes) {
    const car = given.vehicles.find(({ id }) => id === route.vehicleId)!;
    const fetched = new Set<string>();
    let at = car.start;
    let now = route.steps[0].departure;
    // A way is driven at a stretch: before a break, between two, or after all of them.
    let longest = 0;
    let driven = 0;
    const trips: { load: number[]; change: number[] }[][] = [[]];
    for (const step of route.steps.slice(1)) {
      if (step.type === 'break') {
        if (step.start < now - 1e-6) found.push('break before it can be');
        if (
          !car.breaks.some(
            ({ window: [a, b], seconds }) =>
              step.start >= a && step.start <= b && Math.abs(step.departure - step.start - seconds) < 1e-6,
          )
        )
          found.push('break out of its window');
        longest = Math.max(longest, step.start - now);
        now = step.departure;
        continue;
      }
      const shipment = given.shipments.find(({ id }) => id === step.stopId);
      const single = given.stops.find(({ id }) => id === step.stopId);
      const task = single ?? (shipment && (step.type === 'pickup' ? shipment.pickup : shipment.delivery));
      const to = step.type === 'end' ? car.end : step.type === 'reload' ? car.start : task!.at;
      const way = at === null || to === null ? 0 : at * given.size + to;
      const onTheWay = at === null || to === null ? 0 : given.durations[way];
      if (step.start < now - 1e-6 || Math.max(longest, step.start - now) < onTheWay - 1e-6)
        found.push(`${step.stopId} before it is reached`);
      longest = 0;
      driven += at === null || to === null ? 0 : given.distances[way];
      at = to;
      now = step.departure;
      if (step.type === 'reload') {
        trips.push([]);
        if (step.departure - step.start < car.reloadSeconds) found.push('reload too short');
      }
      if (!task) continue;
      if (!task.windows.some(([a, b]) => step.start >= a && step.start <= b + 1e-6))
        found.push(`${step.stopId} out of its window`);
      if (Math.abs(step.departure - step.start - task.serviceSeconds) > 1e-6) found.push('service cut');
      const unit = (single ?? shipment)!;
      if (!unit.skills.every((skill) => car.skills.includes(skill))) found.push(`${unit.id} without skill`);
      seen.set(unit.id, (seen.get(unit.id) ?? 0) + 1);
      if (shipment && step.type === 'pickup') fetched.add(shipment.id);
      if (shipment && step.type === 'delivery' && !fetched.has(shipment.id))
        found.push(`${unit.id} brought before it is fetched`);
      const sign = shipment ? (step.type === 'pickup' ? 1 : -1) : single!.kind === 'pickup' ? 1 : -1;
      const change = unit.demand.map((amount) => sign * amount);
      trips.at(-1)!.push({ load: shipment || single!.kind === 'pickup' ? [] : unit.demand, change });
    }
    for (const trip of trips)
      car.capacity.forEach((limit, d) => {
        let load = trip.reduce((sum, { load: taken }) => sum + (taken[d] ?? 0), 0);
        if (load > limit + 1e-6) found.push('overloaded at the start');
        for (const { change } of trip) if ((load += change[d] ?? 0) > limit + 1e-6) found.push('overloaded');
      });
    if (trips.length > car.maxTrips) found.push('too many trips');
    if (route.stops.length > car.maxStops || driven > car.maxDistance + 1e-6) found.push('over a limit');
    const inShift = car.windows.some(([a, b]) => route.steps[0].departure >= a - 1e-6 && now <= b + 1e-6);
    if (!inShift) found.push('out of its shift');
    if (Math.abs(driven - route.distance) > 1e-6) found.push('distance told wrongly');
    total += driven;
  }
  for (const { id } of plan.unassigned) seen.set(id, (seen.get(id) ?? 0) + 1);
  for (const { id } of given.stops) if (seen.get(id) !== 1) found.push(`${id} seen ${seen.get(id)} times`);
  const left = new Set(plan.unassigned.map(({ id }) => id));
  for (const { id } of given.shipments) if (seen.get(id) !== (left.has(id) ? 1 : 2)) found.push(`${id} not in full`);
  if (Math.abs(total - plan.distance) > 1e-6) found.push('total told wrongly');
  return found;
}

describe('a tour', () => {
  const circle = (count: number): Point[] =>
    Array.from({ length: count }, (_, k) => {
      const at = (((k * 37) % count) / count) * 2 * Math.PI;
      return { x: 100 * Math.cos(at), y: 100 * Math.sin(at) };
    });

  it('goes round a circle of shuffled points', () => {
    const points = circle(101);
    const given = problem(
      points,
      points.slice(1).map((_, k) => stop(k + 1)),
      [vehicle('v')],
    );
    const plan = solve(given, 3_000);
    expect(faults(given, plan)).toEqual([]);
    expect(plan.distance).toBeCloseTo(101 * 2 * 100 * Math.sin(Math.PI / 101), 6);
  });

  it.each([
    ['from one end to the other', 0, 6, ['s1', 's2', 's3', 's4', 's5'], 6],
    ['from a start to wherever it ends', 0, null, ['s1', 's2', 's3', 's4', 's5', 's6'], 6],
    ['from wherever to an end', null, 0, ['s6', 's5', 's4', 's3', 's2', 's1'], 6],
  ])('%s', (_, start, end, order, distance) => {
    const given = problem(
      line(0, 1, 2, 3, 4, 5, 6),
      [5, 2, 4, 1, 3, ...(end === 6 ? [] : [6])].map((at) => stop(at)),
      [vehicle('v', { start, end })],
    );
    const plan = solve(given);
    expect(faults(given, plan)).toEqual([]);
    expect([plan.routes[0].stops, plan.distance]).toEqual([order, distance]);
  });

  it.each([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])('has the shortest order of %i stops', (count) => {
    const random = new SeededRandom(count + 1);
    const points = Array.from({ length: count + 1 }, () => ({ x: random.below(100), y: random.below(100) }));
    const given = problem(
      points,
      points.slice(1).map((_, k) => stop(k + 1)),
      [vehicle('v')],
    );
    const plan = solve(given, 300);
    expect(faults(given, plan)).toEqual([]);
    expect(plan.distance).toBeCloseTo(shortest(given), 6);
  });

  it('minds ways that are longer there than back', () => {
    const distances = Float64Array.from([0, 1, 9, 9, 9, 0, 1, 9, 9, 9, 0, 1, 1, 9, 9, 0]);
    const given = {
      ...problem(
        line(0, 0, 0, 0),
        [1, 2, 3].map((at) => stop(at)),
        [vehicle('v')],
      ),
      distances,
      durations: distances,
    };
    expect(solve(given)).toMatchObject({ distance: 4, routes: [{ stops: ['s1', 's2', 's3'] }] });
  });
});

/** Length of the shortest round trip (Held & Karp 1962). */
function shortest({ distances, size }: Problem): number {
  const n = size - 1;
  if (n === 0) return 0;
  const least = Array.from({ length: 1 << n }, () => new Float64Array(n).fill(Infinity));
  for (let k = 0; k < n; k++) least[1 << k][k] = distances[k + 1];
  for (let set = 1; set < 1 << n; set++)
    for (let k = 0; k < n; k++)
      if (set & (1 << k))
        for (let j = 0; j < n; j++)
          if (!(set & (1 << j)))
            least[set | (1 << j)][j] = Math.min(
              least[set | (1 << j)][j],
              least[set][k] + distances[(k + 1) * size + j + 1],
            );
  return Math.min(...Array.from(least[(1 << n) - 1], (way, k) => way + distances[(k + 1) * size]));
}

describe('routes of a fleet', () => {
  it('loads in every dimension', () => {
    const stops = [1, 2, 3, 4].map((at) => stop(at, { demand: at % 2 ? [5, 1] : [1, 5] }));
    const given = problem(
      line(0, 1, 2, 3, 4),
      stops,
      [1, 2, 3].map((k) => vehicle(`v${k}`, { capacity: [6, 6], fixedCost: 100 })),
    );
    const plan = solve(given);
    expect(faults(given, plan)).toEqual([]);
    expect([plan.routes.length, plan.unassigned]).toEqual([2, []]);
  });

  it('keeps windows, and several of them', () => {
    const given = problem(
      line(0, 10, 20, 30),
      [
        stop(1, {
          windows: [
            [0, 5],
            [50, 60],
          ],
          serviceSeconds: 5,
        }),
        stop(2, { windows: [[20, 25]], serviceSeconds: 5 }),
        stop(3, { windows: [[35, 40]], serviceSeconds: 1 }),
      ],
      [vehicle('v', { windows: [[0, 80]] })],
    );
    const plan = solve(given);
    expect(faults(given, plan)).toEqual([]);
    expect(plan.routes[0].stops).toEqual(['s2', 's3', 's1']);
  });

  it('says why a stop is left out', () => {
    const points = line(0, 1, 2, 3, 4, 5, 6, 7);
    const distances = euclideanMatrix(points);
    for (let k = 0; k < 8; k++) if (k !== 4) distances[k * 8 + 4] = Infinity;
    const given = {
      ...problem(
        points,
        [
          stop(1, { demand: [99] }),
          stop(2, { skills: ['crane'] }),
          stop(3, { windows: [[0, 1]] }),
          stop(4),
          stop(5, { windows: [[9, 3]] }),
          stop(6, { demand: [1] }),
          stop(7, { skills: ['far'] }),
        ],
        [vehicle('v', { capacity: [10], windows: [[0, 100]] }), vehicle('w', { skills: ['far'], maxDistance: 10 })],
      ),
      distances,
      durations: distances,
    };
    const plan = solve(given);
    expect(faults(given, plan)).toEqual([]);
    expect(Object.fromEntries(plan.unassigned.map(({ id, reason }) => [id, reason]))).toEqual({
      s1: 'capacity',
      s2: 'skill',
      s3: 'time_window',
      s4: 'unreachable',
      s5: 'contradictory_window',
      s7: 'vehicle_limit',
    });
    expect(solve(problem(points, [stop(1)], [])).unassigned).toEqual([{ id: 's1', reason: 'no_vehicle' }]);
  });

  it('ends when its time is over, also within a long iteration, and says of what it did not come to that it did not', () => {
    const points = line(...Array.from({ length: 21 }, (_, x) => x));
    const shipments = Array.from({ length: 10 }, (_, k): PlanShipment => {
      const task = (at: number): PlanShipment['pickup'] => ({ at, windows: ANY, serviceSeconds: 0 });
      const unit = { id: `p${k}`, demand: [k === 9 ? 99 : 1], skills: [], priority: 0 };
      return { ...unit, pickup: task(2 * k + 1), delivery: task(2 * k + 2) };
    });
    const given = problem(points, [], [vehicle('v', { capacity: [20] })], { shipments });
    const within = (readings: number): OptimizedPlan => {
      let read = 0;
      return optimize(given, { seed: 1, seconds: 1, elapsed: () => (read++ * 1_000) / readings });
    };
    const cut = within(4);
    expect(faults(given, cut)).toEqual([]);
    expect(cut.routes[0].stops.length).toBeLessThan(18);
    const reasons = new Set(cut.unassigned.map(({ id, reason }) => (id === 'p9' ? `p9 ${reason}` : reason)));
    expect([...reasons].sort()).toEqual(['p9 capacity', 'search_ended']);
    const whole = within(40);
    expect([whole.unassigned, whole.iterations < 10]).toEqual([[{ id: 'p9', reason: 'capacity' }], true]);
    let [read, asked] = [0, 0];
    const stopped = optimize(given, { seed: 1, elapsed: () => read++ * 100, report: () => ++asked < 5 });
    expect(stopped.iterations).toBeLessThan(3);
  });

  it('serves the more important ones where not all can be', () => {
    const stops = [1, 2, 3, 4].map((at) => stop(at, { demand: [1], priority: at === 4 ? 90 : at === 3 ? 10 : 0 }));
    const given = problem(line(0, 1, 1, 50, 90), stops, [vehicle('v', { capacity: [2] })]);
    const plan = solve(given);
    expect(faults(given, plan)).toEqual([]);
    expect(plan.unassigned.map(({ id, reason }) => `${id} ${reason}`)).toEqual(['s1 capacity', 's2 capacity']);
  });

  it('takes breaks that fall due, and none of a route that is home before', () => {
    const rest = { window: [20, 30] as TimeWindow, seconds: 10 };
    const car = vehicle('v', { breaks: [rest], windows: [[0, 200]] });
    const long = problem(
      line(0, 10, 20, 30),
      [1, 2, 3].map((at) => stop(at, { serviceSeconds: 10 })),
      [car],
    );
    const plan = solve(long);
    expect(faults(long, plan)).toEqual([]);
    expect(plan.routes[0].steps.filter(({ type }) => type === 'break')).toHaveLength(1);
    expect(plan.duration).toBe(100);
    // The checker looks at the ways of a route with a break as well: what follows it would come ten seconds too soon.
    const [{ steps, ...route }] = plan.routes;
    const at = steps.findIndex(({ type }) => type === 'break');
    const hurried = steps.map((step, k) =>
      k > at ? { ...step, arrival: step.arrival - 10, start: step.start - 10, departure: step.departure - 10 } : step,
    );
    expect(faults(long, { ...plan, routes: [{ ...route, steps: hurried }] })).toEqual([
      expect.stringContaining('before it is reached'),
    ]);
    const short = problem(line(0, 5), [stop(1)], [car]);
    expect(solve(short).routes[0].steps.map(({ type }) => type)).toEqual(['start', 'delivery', 'end']);
  });

  it('comes back to load again where it may', () => {
    const stops = [1, 2, 3, 4].map((at) => stop(at, { demand: [1] }));
    const given = problem(line(0, 1, 2, 3, 4), stops, [vehicle('v', { capacity: [2], maxTrips: 2, reloadSeconds: 7 })]);
    const plan = solve(given);
    expect(faults(given, plan)).toEqual([]);
    expect([plan.distance, plan.duration, plan.unassigned]).toEqual([12, 19, []]);
    const once = solve({ ...given, vehicles: [vehicle('v', { capacity: [2] })] });
    expect(once.unassigned).toHaveLength(2);
  });

  it('drives in each of its shifts', () => {
    const given = problem(
      line(0, 10, 20),
      [stop(1, { windows: [[10, 15]] }), stop(2, { windows: [[520, 530]] })],
      [
        vehicle('v', {
          windows: [
            [0, 40],
            [500, 560],
          ],
          fixedCost: 1,
        }),
      ],
    );
    const plan = solve(given);
    expect(faults(given, plan)).toEqual([]);
    expect(plan.routes.map(({ vehicleId, stops }) => [vehicleId, ...stops])).toEqual([
      ['v', 's1'],
      ['v', 's2'],
    ]);
  });

  it('fetches before it brings, within what it can carry', () => {
    const shipment = (k: number, from: number, to: number): PlanShipment => ({
      id: `p${k}`,
      demand: [1],
      skills: [],
      priority: 0,
      pickup: { at: from, windows: ANY, serviceSeconds: 1 },
      delivery: { at: to, windows: ANY, serviceSeconds: 1 },
    });
    const given = problem(
      line(0, 1, 2, 3, 4, 5, 6),
      [stop(6, { kind: 'pickup', demand: [1] })],
      [vehicle('v', { capacity: [2] })],
      {
        shipments: [shipment(1, 1, 5), shipment(2, 2, 4), shipment(3, 5, 3)],
      },
    );
    const plan = solve(given, 1_000);
    expect(faults(given, plan)).toEqual([]);
    expect([plan.unassigned, plan.distance]).toEqual([[], 12]);
  });

  it('plans alike for one seed, and never what cannot be driven (made-up days)', () => {
    for (let seed = 1; seed <= 4; seed++) {
      const given = madeUp(seed);
      const plan = solve(given, 60, seed);
      expect(faults(given, plan)).toEqual([]);
      expect(solve(given, 60, seed)).toEqual(plan);
    }
  });

  it('uses fewer vehicles where they cost', () => {
    const random = new SeededRandom(3);
    const points = Array.from({ length: 41 }, () => ({ x: random.below(100), y: random.below(100) }));
    const stops = points.slice(1).map((_, k) => {
      const from = random.below(300);
      return stop(k + 1, { demand: [10], windows: [[from, from + 300]], serviceSeconds: 5 });
    });
    const cars = Array.from({ length: 12 }, (_, k) =>
      vehicle(`v${k}`, { capacity: [100], windows: [[0, 800]], fixedCost: 1_000 }),
    );
    const given = problem(points, stops, cars);
    const plan = solve(given, 2_000);
    expect(faults(given, plan)).toEqual([]);
    expect([plan.routes.length, plan.unassigned]).toEqual([4, []]);
  });

  it('stops when it is told to, with what it has', () => {
    let [now, told] = [0, 0];
    const given = madeUp(2);
    const plan = optimize(given, { seed: 1, seconds: 3_600, elapsed: () => (now += 10), report: () => ++told < 3 });
    expect([faults(given, plan), told]).toEqual([[], 3]);
  });
});

/** A day of anything: windows, skills, pickups, shipments, breaks, trips and shifts. */
function madeUp(seed: number): Problem {
  const random = new SeededRandom(seed * 97);
  const points = Array.from({ length: 25 }, () => ({ x: random.below(60), y: random.below(60) }));
  const windows = (): TimeWindow[] => {
    const from = random.below(200);
    return random.next() < 0.5
      ? ANY
      : [
          [from, from + 60],
          [from + 150, from + 260],
        ];
  };
  const demand = (): number[] => [1 + random.below(4), random.below(3)];
  const skills = (): string[] => (random.next() < 0.2 ? ['cold'] : []);
  const stops = Array.from({ length: 14 }, (_, k) =>
    stop(k + 1, {
      demand: demand(),
      windows: windows(),
      skills: skills(),
      serviceSeconds: 3,
      priority: random.below(9),
      kind: random.next() < 0.3 ? 'pickup' : 'delivery',
    }),
  );
  const shipments = Array.from({ length: 4 }, (_, k): PlanShipment => ({
    id: `p${k}`,
    demand: demand(),
    skills: skills(),
    priority: 1,
    pickup: { at: 15 + 2 * k, windows: windows(), serviceSeconds: 2 },
    delivery: { at: 16 + 2 * k, windows: windows(), serviceSeconds: 2 },
  }));
  const vehicles = Array.from({ length: 3 }, (_, k) =>
    vehicle(`v${k}`, {
      capacity: [9, 7],
      end: k === 1 ? null : k === 2 ? 3 : 0,
      skills: k === 0 ? ['cold'] : [],
      fixedCost: 50,
      maxTrips: 1 + (k % 2),
      reloadSeconds: 5,
      windows:
        k === 0
          ? [
              [0, 200],
              [260, 500],
            ]
          : [[0, 450]],
      maxStops: 12,
      maxDistance: 400,
      breaks: k === 2 ? [{ window: [100, 150], seconds: 20 }] : [],
    }),
  );
  return problem(points, stops, vehicles, { shipments });
}
