import { NONE, type RoadGraph } from './graph';
import { Heap } from './heap';
import type { Snapped } from './snap';
import type { StoredRoads } from './stored-traffic';
import { driveOn, type Traffic } from './traffic';

/** What a way should be least in: `time` milliseconds and `length` centimetres, each by its weight. */
export interface Weights {
  time: number;
  length: number;
}

/** How the roads are when they are driven. */
export interface Conditions {
  weights: Weights;
  /** By the hour; counts where the weight is time alone, and for how long a way takes. */
  traffic?: Traffic | null;
  /** Milliseconds of the epoch at which one sets out. */
  departMs?: number;
  /** By edge: how many times slower than usual, from 1 on; Infinity: closed. */
  slow?: ReadonlyMap<number, number> | null;
  /** What the organization keeps of traffic. */
  stored?: StoredRoads | null;
  /** By edge, from 1 on: what makes the search look elsewhere. */
  penalty?: Float32Array | null;
}

/** A part of an arc: shares of its length in the direction of driving. */
export interface Piece {
  arc: number;
  from: number;
  to: number;
}

export interface Way {
  cost: number;
  pieces: Piece[];
}

/** How many landmarks lead one search: those that see it best. */
const LEADERS = 4;

/**
 * Finds least ways over arcs (so that rules of turning hold): A* led by landmarks, or Dijkstra (1959) from one place to many. Its arrays are
 * as large as the network and are used again by each search: one for each thread.
 */
export class Search {
  /** Arcs that the last search settled. */
  settled = 0;
  private readonly label: Float64Array;
  private readonly length: Float64Array;
  private readonly time: Float64Array;
  private readonly parent: Int32Array;
  private readonly stamp: Uint32Array;
  private readonly done: Uint32Array;
  private readonly bound: Float64Array;
  private readonly bounded: Uint32Array;
  private readonly heap: Heap;
  private round = 0;
  private conditions!: Conditions;
  private timely = false;
  private leaders: number[] = [];
  private ends: { node: number; rest: number }[] = [];

  constructor(readonly graph: RoadGraph) {
    const arcs = graph.edges * 2 + graph.at.shadowArc.length;
    this.label = new Float64Array(arcs);
    this.length = new Float64Array(arcs);
    this.time = new Float64Array(arcs);
    this.parent = new Int32Array(arcs);
    this.stamp = new Uint32Array(arcs);
    this.done = new Uint32Array(arcs);
    this.bound = new Float64Array(graph.nodes);
    this.bounded = new Uint32Array(graph.nodes);
    this.heap = new Heap(arcs);
  }

  /** The least way between two places on roads; null where there is none. */
  way(from: Snapped, to: Snapped, conditions: Conditions): Way | null {
    this.begin(conditions);
    const goals = this.arcsOf(to).map(({ arc, share }) => ({ arc, share }));
    let best = Infinity;
    let bestArc = -1;
    let last: Piece | null = null;
    const direct = this.direct(from, to);
    if (direct) {
      best = direct.cost;
      last = direct.pieces[0];
    }
    this.lead(from, goals);
    this.start(from);
    while (this.heap.size > 0 && this.heap.least < best) {
      const arc = this.heap.pop();
      this.done[arc] = this.round;
      this.settled++;
      for (const goal of goals) {
        if (this.graph.tail(goal.arc) !== this.graph.goal(arc) || !this.graph.mayTurn(arc, goal.arc)) continue;
        const turned = this.label[arc] + this.turnCost(arc, goal.arc);
        const cost = turned + this.costOf(goal.arc, turned, goal.share);
        if (cost >= best) continue;
        best = cost;
        bestArc = arc;
        last = { arc: goal.arc, from: 0, to: goal.share };
      }
      this.relax(arc, true);
    }
    if (!last) return null;
    return { cost: best, pieces: bestArc < 0 ? [last] : this.trace(from, bestArc, last) };
  }

  /** Least ways from one place to many: cost, milliseconds and centimetres for each; null where none leads there. */
  ways(
    from: Snapped,
    targets: readonly (Snapped | null)[],
    conditions: Conditions,
  ): ({ cost: number; time: number; length: number } | null)[] {
    this.begin(conditions);
    const found: ({ cost: number; time: number; length: number } | null)[] = targets.map(() => null);
    const goals = new Map<number, { target: number; arc: number; share: number }[]>();
    let waiting = 0;
    targets.forEach((to, target) => {
      if (!to) return;
      waiting++;
      const direct = this.direct(from, to);
      if (direct) found[target] = { cost: direct.cost, ...this.measure(direct.pieces) };
      for (const { arc, share } of this.arcsOf(to)) {
        const node = this.graph.tail(arc);
        goals.set(node, [...(goals.get(node) ?? []), { target, arc, share }]);
      }
    });
    // Settled ones are noted as the search passes what they cost.
    const order = new Heap(targets.length);
    found.forEach((way, target) => way && order.push(target, way.cost));
    this.start(from);
    while (this.heap.size > 0 && waiting > 0) {
      while (order.size > 0 && order.least <= this.heap.least) {
        order.pop();
        waiting--;
      }
      if (waiting === 0) break;
      const arc = this.heap.pop();
      this.done[arc] = this.round;
      this.settled++;
      for (const { target, arc: last, share } of goals.get(this.graph.goal(arc)) ?? []) {
        if (!this.graph.mayTurn(arc, last)) continue;
        const turned = this.label[arc] + this.turnCost(arc, last);
        const cost = turned + this.costOf(last, turned, share);
        if (cost >= (found[target]?.cost ?? Infinity)) continue;
        const turn = this.graph.turnTime(arc, last);
        const time = this.time[arc] + turn;
        found[target] = {
          cost,
          time: time + this.timeOf(last, time, share),
          length: this.length[arc] + this.graph.at.edgeLength[last >> 1] * share,
        };
        order.push(target, cost);
      }
      this.relax(arc, false);
    }
    return found;
  }

  /**
   * Tells all that is reached from a place for at most `limit`, piece by piece, with what is spent where the piece begins and where it ends
   * (Dijkstra 1959). Of roads on which the limit is reached, the part before.
   */
  within(
    from: Snapped,
    limit: number,
    conditions: Conditions,
    tell: (piece: Piece, begun: number, ended: number) => void,
  ): void {
    this.begin(conditions);
    const shares = new Map(this.startsOf(from).map(({ arc, rest }) => [arc, 1 - rest]));
    const behind = new Map(shares);
    this.start(from);
    while (this.heap.size > 0) {
      const arc = this.heap.pop();
      const parent = this.parent[arc];
      const begun = parent < 0 ? 0 : this.label[parent] + this.turnCost(parent, arc);
      const share = parent < 0 ? shares.get(arc)! : 0;
      if (this.label[arc] <= limit) {
        this.done[arc] = this.round;
        this.settled++;
        tell({ arc: this.graph.base(arc), from: share, to: 1 }, begun, this.label[arc]);
        this.behindStart(arc, behind, limit, tell);
        this.relax(arc, false);
      } else if (begun < limit) {
        const own = this.graph.base(arc);
        const part = this.partWithin(own, begun, 1 - share, limit);
        tell({ arc: own, from: share, to: share + part }, begun, limit);
      }
    }
  }

  /** What of a road lies behind the start is reached by coming round to its beginning; on a one-way road by nothing else. */
  private behindStart(
    arc: number,
    behind: Map<number, number>,
    limit: number,
    tell: (piece: Piece, begun: number, ended: number) => void,
  ): void {
    const { outFirst, outArc } = this.graph.at;
    const node = this.graph.goal(arc);
    for (let k = outFirst[node]; k < outFirst[node + 1]; k++) {
      const to = outArc[k];
      const share = behind.get(to);
      if (!share || this.graph.turn(arc, to) === NONE) continue;
      const begun = this.label[arc] + this.turnCost(arc, to);
      if (begun >= limit) continue;
      behind.delete(to);
      const ended = begun + this.costOf(to, begun, share);
      if (ended <= limit) tell({ arc: to, from: 0, to: share }, begun, ended);
      else tell({ arc: to, from: 0, to: this.partWithin(to, begun, share, limit) }, begun, limit);
    }
  }

  /** The share of an arc, of `whole`, that is driven until `limit` is spent. */
  private partWithin(arc: number, begun: number, whole: number, limit: number): number {
    let [low, high] = [0, whole];
    for (let tries = 0; tries < 20; tries++) {
      const middle = (low + high) / 2;
      if (begun + this.costOf(arc, begun, middle) <= limit) low = middle;
      else high = middle;
    }
    return low;
  }

  /** Milliseconds and centimetres of a way as it would be driven. */
  measure(pieces: readonly Piece[], conditions: Conditions = this.conditions): { time: number; length: number } {
    const kept = this.conditions;
    this.conditions = conditions;
    let [time, length] = [0, 0];
    pieces.forEach(({ arc, from, to }, k) => {
      const before = pieces[k - 1];
      if (before && before.arc !== arc) time += this.graph.turnTime(before.arc, arc);
      time += this.timeOf(arc, time, to - from);
      length += this.graph.at.edgeLength[arc >> 1] * (to - from);
    });
    this.conditions = kept;
    return { time, length };
  }

  private begin(conditions: Conditions): void {
    this.conditions = conditions;
    this.timely = conditions.weights.length === 0;
    this.heap.clear();
    this.round++;
    this.settled = 0;
    this.ends = [];
  }

  /** The arcs of a snapped place that may be driven, with the share that is driven to get there. */
  private arcsOf({ edge, share }: Snapped): { arc: number; share: number }[] {
    const { arcTime } = this.graph.at;
    const arcs = [
      { arc: 2 * edge, share },
      { arc: 2 * edge + 1, share: 1 - share },
    ];
    return arcs.filter(({ arc }) => arcTime[arc] !== NONE);
  }

  private startsOf(from: Snapped): { arc: number; rest: number }[] {
    return this.arcsOf(from).map(({ arc, share }) => ({ arc, rest: 1 - share }));
  }

  private start(from: Snapped): void {
    for (const { arc, rest } of this.startsOf(from)) {
      const cost = this.costOf(arc, 0, rest);
      if (cost === Infinity) continue;
      this.reach(arc, -1, cost, this.timeOf(arc, 0, rest), this.graph.at.edgeLength[arc >> 1] * rest);
    }
  }

  /** Both places on one road, the goal ahead. */
  private direct(from: Snapped, to: Snapped): Way | null {
    if (from.edge !== to.edge) return null;
    let best: Way | null = null;
    for (const { arc, share } of this.arcsOf(from)) {
      const end = arc & 1 ? 1 - to.share : to.share;
      if (end < share) continue;
      const cost = this.costOf(arc, 0, end - share);
      if (cost < (best?.cost ?? Infinity)) best = { cost, pieces: [{ arc, from: share, to: end }] };
    }
    return best;
  }

  private relax(arc: number, led: boolean): void {
    const { outFirst, outArc, edgeLength } = this.graph.at;
    const node = this.graph.goal(arc);
    for (let k = outFirst[node]; k < outFirst[node + 1]; k++) {
      const to = outArc[k];
      const into = this.graph.turn(arc, to);
      if (into === NONE || this.done[into] === this.round) continue;
      const turned = this.label[arc] + this.turnCost(arc, to);
      const cost = turned + this.costOf(to, turned, 1);
      if (cost === Infinity || (this.stamp[into] === this.round && this.label[into] <= cost)) continue;
      const time = this.time[arc] + this.graph.turnTime(arc, to);
      this.reach(into, arc, cost, time + this.timeOf(to, time, 1), this.length[arc] + edgeLength[to >> 1], led);
    }
  }

  private reach(
    arc: number,
    parent: number,
    cost: number,
    time: number,
    length: number,
    led = this.ends.length > 0,
  ): void {
    const rest = led && this.ends.length > 0 ? this.boundOf(this.graph.goal(arc)) : 0;
    if (rest === Infinity) return;
    this.stamp[arc] = this.round;
    this.label[arc] = cost;
    this.time[arc] = time;
    this.length[arc] = length;
    this.parent[arc] = parent;
    this.heap.push(arc, cost + rest);
  }

  private turnCost(from: number, to: number): number {
    const { time } = this.conditions.weights;
    return time === 0 ? 0 : time * this.graph.turnTime(from, to);
  }

  /** What driving a share of an arc costs when it is begun at `cost`. */
  private costOf(arc: number, cost: number, share: number): number {
    const { weights, penalty, slow, stored, departMs } = this.conditions;
    const edge = arc >> 1;
    const factor = slow?.get(edge) ?? 1;
    if (factor === Infinity) return Infinity;
    let time = this.graph.at.arcTime[arc] * factor * share;
    // Only where cost is time does one know when one is there; else what holds when one sets out counts.
    if (this.timely) time = this.drivenOn(edge, (departMs ?? 0) + cost / weights.time, time);
    else if (stored) time *= stored.factorAt(edge, departMs ?? 0);
    if (time === Infinity) return Infinity;
    const plain = weights.time * time + weights.length * this.graph.at.edgeLength[edge] * share;
    return penalty ? plain * penalty[edge] : plain;
  }

  /** Milliseconds that a share of an arc takes when it is begun `after` ms. */
  private timeOf(arc: number, after: number, share: number): number {
    const { slow, departMs } = this.conditions;
    const edge = arc >> 1;
    const time = this.graph.at.arcTime[arc] * (slow?.get(edge) ?? 1) * share;
    return this.drivenOn(edge, (departMs ?? 0) + after, time);
  }

  /** Milliseconds that a road takes when it is entered at a moment, where it takes `free` without traffic by the hour. */
  private drivenOn(edge: number, at: number, free: number): number {
    const { traffic = null, stored } = this.conditions;
    const regime = stored?.of(edge);
    if (stored && regime && (regime.hours || regime.spells.length > 0))
      return driveOn(stored, regime, { traffic, kind: this.kind(edge), waits: this.timely }, at, free);
    return traffic ? traffic.duration(this.kind(edge), at, free) : free;
  }

  private kind(edge: number): number {
    const { wayClass, edgeWay } = this.graph.at;
    return wayClass[edgeWay[edge]];
  }

  private trace(from: Snapped, arc: number, last: Piece): Piece[] {
    const arcs: number[] = [];
    for (let at = arc; at >= 0; at = this.parent[at]) arcs.push(at);
    const pieces = arcs.reverse().map((one): Piece => ({ arc: this.graph.base(one), from: 0, to: 1 }));
    pieces[0].from = pieces[0].arc & 1 ? 1 - from.share : from.share;
    return [...pieces, last];
  }

  /** Chooses the landmarks that see most between start and goal. */
  private lead(from: Snapped, goals: readonly { arc: number; share: number }[]): void {
    const { weights } = this.conditions;
    const { edgeLength, arcTime } = this.graph.at;
    this.ends = goals.map(({ arc, share }) => ({
      node: this.graph.tail(arc),
      rest: weights.time * arcTime[arc] * share + weights.length * edgeLength[arc >> 1] * share,
    }));
    const [start] = this.startsOf(from);
    const [end] = this.ends;
    if (!start || !end) return;
    const node = this.graph.goal(start.arc);
    this.leaders = Array.from({ length: this.graph.landmarks }, (_, k) => ({ k, sees: this.sees(k, node, end.node) }))
      .sort((a, b) => b.sees - a.sees || a.k - b.k)
      .slice(0, LEADERS)
      .map(({ k }) => k);
  }

  /** No way from the node to the goal costs less. */
  private boundOf(node: number): number {
    if (this.bounded[node] === this.round) return this.bound[node];
    let least = Infinity;
    for (const end of this.ends) {
      let most = 0;
      for (const k of this.leaders) most = Math.max(most, this.sees(k, node, end.node));
      least = Math.min(least, most + end.rest);
    }
    this.bounded[node] = this.round;
    return (this.bound[node] = least);
  }

  /** The triangle inequality over a landmark, both ways (lengths of ways cannot be more than the sum of two others). */
  private sees(k: number, node: number, end: number): number {
    const { weights } = this.conditions;
    const { timeFrom, timeTo, distanceFrom, distanceTo } = this.graph.at;
    const a = node * this.graph.landmarks + k;
    const b = end * this.graph.landmarks + k;
    let sum = 0;
    if (weights.time > 0) sum += weights.time * gap(timeFrom, timeTo, a, b);
    if (weights.length > 0) sum += weights.length * gap(distanceFrom, distanceTo, a, b);
    return sum;
  }
}

function gap(from: Uint32Array, to: Uint32Array, a: number, b: number): number {
  let most = 0;
  if (from[b] !== NONE && from[a] !== NONE) most = from[b] - from[a];
  if (to[b] !== NONE) {
    // Whoever cannot reach the landmark, which the goal can, does not reach the goal either.
    if (to[a] === NONE) return Infinity;
    most = Math.max(most, to[a] - to[b]);
  }
  return most > 0 ? most : 0;
}
