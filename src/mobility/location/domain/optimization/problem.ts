/** Seconds from the beginning of the plan, both ends included. */
export type TimeWindow = readonly [from: number, to: number];

/** Where and when something is done: `at` is a row of the matrices. */
export interface PlanTask {
  at: number;
  windows: TimeWindow[];
  serviceSeconds: number;
}

/** One visit. A `delivery` is carried from the start of the trip, a `pickup` stays on board to its end. */
export interface PlanStop extends PlanTask {
  id: string;
  demand: number[];
  kind: 'delivery' | 'pickup';
  skills: string[];
  /** 0 to 100; when not all can be served, higher ones are. */
  priority: number;
}

/** Goods that one vehicle fetches at one place and brings to another. */
export interface PlanShipment {
  id: string;
  pickup: PlanTask;
  delivery: PlanTask;
  demand: number[];
  skills: string[];
  priority: number;
}

/** A rest that begins within `window`; due when the route goes on past the window's end. */
export interface PlanBreak {
  window: TimeWindow;
  seconds: number;
}

export interface PlanVehicle {
  id: string;
  capacity: number[];
  /** Rows of the matrices; null: begins at its first stop, or ends at its last. */
  start: number | null;
  end: number | null;
  /** Shifts: in each the vehicle may drive one route. */
  windows: TimeWindow[];
  breaks: PlanBreak[];
  skills: string[];
  /** Cost of using the vehicle at all, in units of the objective. */
  fixedCost: number;
  /** How often it may leave its start full in one shift. */
  maxTrips: number;
  reloadSeconds: number;
  maxStops: number;
  /** Metres (or the matrix' unit), without the fixed cost. */
  maxDistance: number;
  maxSeconds: number;
}

/** What is to be planned. Matrices are row by row, `size` x `size`; a way that does not exist is Infinity. */
export interface Problem {
  size: number;
  distances: Float64Array;
  durations: Float64Array;
  objective: 'distance' | 'duration';
  stops: PlanStop[];
  shipments: PlanShipment[];
  vehicles: PlanVehicle[];
}

/** A shift of a vehicle: one possible route. */
export interface Slot {
  vehicle: number;
  from: number;
  to: number;
  breaks: PlanBreak[];
  /** Slots of one class are alike, so that one empty one stands for all. */
  kind: number;
}

/**
 * The problem in flat arrays. Nodes are 0..n-1 (stops, then each shipment's pickup and delivery), then a start and an end for each slot:
 * `n + 2 * slot` and the one after it.
 */
export class CompiledProblem {
  readonly n: number;
  readonly nodes: number;
  readonly dims: number;
  /** Columns of `cost` and `time`: all places, and one more that costs nothing, for vehicles without start or end. */
  readonly width: number;
  readonly cost: Float64Array;
  readonly time: Float64Array;
  readonly distance: Float64Array;
  readonly place: Int32Array;
  readonly service: Float64Array;
  /** Windows of node i: `windowFrom[k]`, `windowTo[k]` for k from `windowOf[i]` to before `windowOf[i + 1]`. */
  readonly windowOf: Int32Array;
  readonly windowFrom: Float64Array;
  readonly windowTo: Float64Array;
  readonly firstOpen: Float64Array;
  readonly lastClose: Float64Array;
  readonly demand: Float64Array;
  /** 0 delivery, 1 pickup, 2 a shipment's pickup, 3 its delivery. */
  readonly role: Uint8Array;
  readonly partner: Int32Array;
  readonly priority: Float64Array;
  readonly slots: Slot[] = [];
  /** May slot s (row) serve node i? It has the skills, and room for the goods were they alone on board. */
  readonly allowed: Uint8Array;
  /** By node: does any slot come into question? Those for which none does are not searched for. */
  readonly hopeful: Uint8Array;
  /** One window each, only deliveries, one trip, no breaks or further limits: an insertion is judged in constant time. */
  readonly plain: boolean;
  readonly capacity: Float64Array;

  constructor(readonly problem: Problem) {
    const { stops, shipments, vehicles, size } = problem;
    this.n = stops.length + 2 * shipments.length;
    this.dims = Math.max(0, ...vehicles.map((v) => v.capacity.length));
    this.makeSlots();
    this.nodes = this.n + 2 * this.slots.length;
    this.width = size + 1;
    this.distance = widen(problem.distances, size);
    this.time = problem.durations === problem.distances ? this.distance : widen(problem.durations, size);
    this.cost = problem.objective === 'distance' ? this.distance : this.time;
    this.place = new Int32Array(this.nodes).fill(size);
    this.service = new Float64Array(this.nodes);
    this.demand = new Float64Array(this.n * this.dims);
    this.role = new Uint8Array(this.nodes);
    this.partner = new Int32Array(this.nodes).fill(-1);
    this.priority = new Float64Array(this.n);
    const windows: TimeWindow[][] = Array.from({ length: this.nodes }, () => []);
    stops.forEach((stop, i) => this.setTask(i, stop, stop, stop.kind === 'pickup' ? 1 : 0, windows));
    shipments.forEach((shipment, k) => {
      const i = stops.length + 2 * k;
      this.setTask(i, shipment.pickup, shipment, 2, windows);
      this.setTask(i + 1, shipment.delivery, shipment, 3, windows);
      this.partner[i] = i + 1;
      this.partner[i + 1] = i;
    });
    this.capacity = new Float64Array(this.slots.length * this.dims);
    this.slots.forEach((slot, s) => {
      const vehicle = vehicles[slot.vehicle];
      this.place[this.n + 2 * s] = vehicle.start ?? size;
      this.place[this.n + 2 * s + 1] = vehicle.end ?? size;
      windows[this.n + 2 * s].push([slot.from, slot.to]);
      windows[this.n + 2 * s + 1].push([slot.from, slot.to]);
      for (let d = 0; d < this.dims; d++) this.capacity[s * this.dims + d] = vehicle.capacity[d] ?? 0;
    });
    this.windowOf = new Int32Array(this.nodes + 1);
    windows.forEach((list, i) => (this.windowOf[i + 1] = this.windowOf[i] + list.length));
    const flat = windows.flat();
    this.windowFrom = Float64Array.from(flat, ([from]) => from);
    this.windowTo = Float64Array.from(flat, ([, to]) => to);
    this.firstOpen = Float64Array.from(windows, (list) => list[0]?.[0] ?? Infinity);
    this.lastClose = Float64Array.from(windows, (list) => list.at(-1)?.[1] ?? -Infinity);
    this.allowed = this.compatibility();
    this.hopeful = this.hopes();
    this.plain =
      shipments.length === 0 &&
      stops.every((stop) => stop.kind === 'delivery' && stop.windows.length <= 1) &&
      this.slots.every((slot) => slot.breaks.length === 0) &&
      vehicles.every(
        (v) => v.maxTrips === 1 && v.maxStops === Infinity && v.maxDistance === Infinity && v.maxSeconds === Infinity,
      );
  }

  /** Id of the stop or shipment a node belongs to. */
  idOf(node: number): string {
    const { stops, shipments } = this.problem;
    return node < stops.length ? stops[node].id : shipments[(node - stops.length) >> 1].id;
  }

  private setTask(
    i: number,
    task: PlanTask,
    unit: Pick<PlanStop, 'demand' | 'priority'>,
    role: number,
    windows: TimeWindow[][],
  ): void {
    this.place[i] = task.at;
    this.service[i] = task.serviceSeconds;
    this.role[i] = role;
    this.priority[i] = unit.priority;
    for (let d = 0; d < this.dims; d++) this.demand[i * this.dims + d] = unit.demand[d] ?? 0;
    // A window that ends before it begins is none.
    windows[i] = task.windows.filter(([from, to]) => from <= to).sort((a, b) => a[0] - b[0]);
  }

  private makeSlots(): void {
    const kinds = new Map<string, number>();
    this.problem.vehicles.forEach((vehicle, index) => {
      vehicle.windows.forEach(([from, to], nth) => {
        if (from > to) return;
        const breaks = vehicle.breaks
          .filter((rest) => rest.window[1] >= from && rest.window[1] <= to)
          .sort((a, b) => a.window[1] - b.window[1]);
        // Only vehicles with one shift are alike: of the others it matters which are in use already.
        const key = JSON.stringify([{ ...vehicle, id: vehicle.windows.length > 1 ? vehicle.id : '' }, nth]);
        if (!kinds.has(key)) kinds.set(key, kinds.size);
        this.slots.push({ vehicle: index, from, to, breaks, kind: kinds.get(key) as number });
      });
    });
  }

  /** Has the vehicle of a slot the skills that a node wants? */
  skilled(slot: number, node: number): boolean {
    const { stops, shipments, vehicles } = this.problem;
    const { skills } = node < stops.length ? stops[node] : shipments[(node - stops.length) >> 1];
    const held = vehicles[this.slots[slot].vehicle].skills;
    return skills.every((skill) => held.includes(skill));
  }

  /** Are the goods of a node no more than a slot can carry at once? */
  fits(slot: number, node: number): boolean {
    for (let d = 0; d < this.dims; d++)
      if (this.demand[node * this.dims + d] > this.capacity[slot * this.dims + d] + 1e-9) return false;
    return true;
  }

  private compatibility(): Uint8Array {
    const allowed = new Uint8Array(this.slots.length * this.n);
    for (let i = 0; i < this.n; i++)
      for (let s = 0; s < this.slots.length; s++)
        if (this.skilled(s, i) && this.fits(s, i)) allowed[s * this.n + i] = 1;
    return allowed;
  }

  private hopes(): Uint8Array {
    const open = (i: number): boolean => this.windowOf[i] < this.windowOf[i + 1];
    return Uint8Array.from({ length: this.n }, (_, i) => {
      const other = this.partner[i];
      if (!open(i) || (other >= 0 && !open(other))) return 0;
      return this.slots.some((_slot, s) => this.allowed[s * this.n + i] === 1) ? 1 : 0;
    });
  }
}

function widen(matrix: Float64Array, size: number): Float64Array {
  const wide = new Float64Array((size + 1) * (size + 1));
  for (let row = 0; row < size; row++) wide.set(matrix.subarray(row * size, (row + 1) * size), row * (size + 1));
  return wide;
}
