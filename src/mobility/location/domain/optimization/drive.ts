import type { CompiledProblem } from './problem';

/** What a vehicle does along its route, told step by step. */
export interface DriveStep {
  type: 'start' | 'visit' | 'reload' | 'break' | 'end';
  /** Node of the compiled problem; -1 for a break. */
  node: number;
  arrival: number;
  start: number;
  departure: number;
}

/** A visit that is tried out: `node` after `after`, and its shipment's other end after `partnerAfter`. */
export interface Trial {
  node: number;
  after: number;
  partner: number;
  partnerAfter: number;
}

export const NO_TRIAL: Trial = { node: -1, after: -1, partner: -1, partnerAfter: -1 };

/**
 * Drives a route as it would be: loads and reloads (as late as capacity allows), breaks (as soon as they cost least, while they
 * are due), several windows a stop, limits of the vehicle. The one truth of feasibility where constant-time tests do not
 * reach, and the maker of timetables.
 */
export class Driver {
  private readonly load: Float64Array;
  private readonly peak: Float64Array;
  /** Set by `drive`: seconds from leaving to the end, and distance driven. */
  seconds = 0;
  distance = 0;

  constructor(private readonly compiled: CompiledProblem) {
    this.load = new Float64Array(compiled.dims);
    this.peak = new Float64Array(compiled.dims);
  }

  /**
   * Cost of the route of `slot` as `next` links it, with the trial in it; Infinity when it cannot be driven. With `departures` the earliest
   * time of leaving each node is written there, with `steps` the timetable is appended.
   */
  drive(
    slot: number,
    next: Int32Array,
    trial: Trial,
    departures: Float64Array | null = null,
    steps: DriveStep[] | null = null,
  ): number {
    const { compiled } = this;
    const { n, width, cost, time, distance, place, service, slots } = compiled;
    const vehicle = compiled.problem.vehicles[slots[slot].vehicle];
    const { breaks } = slots[slot];
    const begin = n + 2 * slot;
    const end = begin + 1;
    let now = slots[slot].from;
    let left = -1;
    let at = place[begin];
    let spent = 0;
    let driven = 0;
    let trips = 1;
    let onBoard = 0;
    let visits = 0;
    let rest = 0;
    this.load.fill(0);
    this.peak.fill(0);
    if (departures) departures[begin] = now;
    steps?.push({ type: 'start', node: begin, arrival: now, start: now, departure: now });
    const first = steps ? steps.length - 1 : 0;
    let node = begin;
    while (node !== end) {
      let target = this.follower(node, next, trial);
      const ahead = target;
      if (target !== end && !this.take(slot, target)) {
        if (onBoard > 0 || trips >= vehicle.maxTrips || vehicle.start === null) return Infinity;
        trips++;
        this.load.fill(0);
        this.peak.fill(0);
        if (!this.take(slot, target)) return Infinity;
        target = begin;
      }
      // At most two legs: over the start where goods are taken on, then on.
      for (;;) {
        const to = place[target];
        const travel = time[at * width + to];
        const work = target === begin ? vehicle.reloadSeconds : target === end ? 0 : service[target];
        let arrival = now + travel;
        let start = this.opening(target, begin, arrival);
        while (rest < breaks.length) {
          const { window, seconds } = breaks[rest];
          const there = Math.max(arrival, window[0]);
          // Due, or free of cost while waiting.
          if (start + work <= window[1] && (there + seconds > start || there > window[1])) break;
          if (there <= window[1] && target !== end) {
            steps?.push({ type: 'break', node: -1, arrival, start: there, departure: there + seconds });
            start = this.opening(target, begin, there + seconds);
            arrival = there + seconds;
          } else {
            const here = Math.max(now, window[0]);
            if (here > window[1]) return Infinity;
            steps?.push({ type: 'break', node: -1, arrival: now, start: here, departure: here + seconds });
            now = here + seconds;
            arrival = now + travel;
            start = this.opening(target, begin, arrival);
          }
          rest++;
        }
        if (!(start < Infinity)) return Infinity;
        if (left < 0) left = rest > 0 ? slots[slot].from : Math.max(slots[slot].from, start - travel);
        now = start + work;
        spent += cost[at * width + to];
        driven += distance[at * width + to];
        at = to;
        steps?.push({
          type: target === begin ? 'reload' : target === end ? 'end' : 'visit',
          node: target,
          arrival: Math.min(arrival, start),
          start,
          departure: now,
        });
        if (target === ahead) break;
        target = ahead;
      }
      node = ahead;
      if (departures) departures[node] = now;
      if (node !== end) {
        visits++;
        if (compiled.role[node] === 2) onBoard++;
        else if (compiled.role[node] === 3) onBoard--;
      }
    }
    if (visits === 0) return 0;
    if (visits > vehicle.maxStops || driven > vehicle.maxDistance || now - left > vehicle.maxSeconds) return Infinity;
    this.seconds = now - left;
    this.distance = driven;
    if (steps) {
      steps[first].departure = left;
      const second = steps[first + 1];
      if (second.type === 'visit') second.arrival = Math.max(second.arrival, second.start);
    }
    return spent;
  }

  private follower(node: number, next: Int32Array, trial: Trial): number {
    if (trial.node < 0) return next[node];
    if (node === trial.node) return trial.partnerAfter === node ? trial.partner : next[trial.after];
    if (node === trial.partner) return next[trial.partnerAfter === trial.node ? trial.after : trial.partnerAfter];
    if (node === trial.after) return trial.node;
    if (node === trial.partnerAfter) return trial.partner;
    return next[node];
  }

  /** The first moment from `arrival` on at which the node may be served. */
  private opening(node: number, begin: number, arrival: number): number {
    const { windowOf, windowFrom, windowTo } = this.compiled;
    if (node === begin) return arrival;
    for (let k = windowOf[node]; k < windowOf[node + 1]; k++)
      if (arrival <= windowTo[k]) return arrival > windowFrom[k] ? arrival : windowFrom[k];
    return Infinity;
  }

  /** Puts the goods of a visit on the present trip; false when they do not fit at some moment of it. */
  private take(slot: number, node: number): boolean {
    const { dims, demand, capacity, role } = this.compiled;
    const { load, peak } = this;
    for (let d = 0; d < dims; d++) {
      const amount = demand[node * dims + d];
      const limit = capacity[slot * dims + d];
      // Deliveries are on board from the trip's beginning on, so they raise every moment before.
      if (role[node] === 0) {
        if (peak[d] + amount > limit + 1e-9) return false;
      } else if (role[node] !== 3 && Math.max(peak[d], load[d] + amount) > limit + 1e-9) return false;
    }
    for (let d = 0; d < dims; d++) {
      const amount = demand[node * dims + d];
      if (role[node] === 0) peak[d] += amount;
      else if (role[node] === 3) load[d] -= amount;
      else {
        load[d] += amount;
        if (load[d] > peak[d]) peak[d] = load[d];
      }
    }
    return true;
  }
}
