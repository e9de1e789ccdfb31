import type { Budget } from './budget';
import type { SeededRandom } from './random';

/** Nearest neighbours that a node's moves are looked for among. */
const NEIGHBOURS = 10;
/** Longest stretch of the tour that a kick cuts into pieces. */
const KICK_SPAN = 50;
const EPSILON = 1e-9;

/**
 * A short closed tour over a symmetric matrix: nearest neighbour, then 2-opt and Or-opt over neighbour lists with a work list
 * (Bentley 1992, "Fast algorithms for geometric traveling salesman problems"), then iterated local search whose kick is a
 * double bridge within a short stretch (Martin, Otto & Felten 1991; Johnson & McGeoch 1997). A kick that does not pay is
 * taken back by a log of reversals, so that an iteration costs what it changes and not the whole tour.
 */
export class Tour {
  private readonly order: Int32Array;
  private readonly place: Int32Array;
  private readonly near: Int32Array;
  private readonly reach: number;
  private readonly queue: Int32Array;
  private readonly queued: Uint8Array;
  private waiting = 0;
  private log = new Int32Array(4096);
  private logged = 0;
  private gained = 0;

  /** `cost` is n x n, symmetric; entries may be negative (an edge that must be kept). */
  constructor(
    private readonly n: number,
    private readonly cost: Float64Array,
  ) {
    this.order = new Int32Array(n);
    this.place = new Int32Array(n);
    this.reach = Math.min(NEIGHBOURS, n - 1);
    this.near = new Int32Array(n * this.reach);
    this.queue = new Int32Array(n);
    this.queued = new Uint8Array(n);
    this.listNeighbours();
  }

  /** Searches until the budget is spent; answers the nodes in order, from node 0. */
  solve(budget: Budget, random: SeededRandom): Int32Array {
    const { n } = this;
    this.nearestNeighbour();
    if (n >= 4) {
      for (let node = 0; node < n; node++) this.enqueue(this.order[node]);
      this.descend();
      while (n >= 5 && budget.spend(16)) this.kickAndDescend(random);
    }
    const answer = new Int32Array(n);
    for (let step = 0; step < n; step++) answer[step] = this.order[(this.place[0] + step) % n];
    return answer;
  }

  private kickAndDescend(random: SeededRandom): void {
    const { n, order, cost } = this;
    this.logged = 0;
    this.gained = 0;
    const span = Math.min(KICK_SPAN, n - 2);
    const start = random.below(n);
    // Three cuts within the stretch: a b..c d..e f becomes a d..e b..c f.
    const first = 1 + random.below(span - 1);
    const second = first + 1 + random.below(span - first);
    const [a, b] = [order[start], order[(start + 1) % n]];
    const [c, d] = [order[(start + first) % n], order[(start + first + 1) % n]];
    const [e, f] = [order[(start + second) % n], order[(start + second + 1) % n]];
    if (f === a) return;
    this.gained =
      cost[a * n + b] + cost[c * n + d] + cost[e * n + f] - cost[a * n + d] - cost[e * n + b] - cost[c * n + f];
    this.flip(start + 1, start + second);
    this.flip(start + 1, start + second - first);
    this.flip(start + 1 + second - first, start + second);
    this.enqueue(a);
    this.enqueue(b);
    this.enqueue(c);
    this.enqueue(d);
    this.enqueue(e);
    this.enqueue(f);
    this.descend();
    if (this.gained < -EPSILON) this.takeBack();
  }

  private descend(): void {
    while (this.waiting > 0) {
      const node = this.queue[--this.waiting];
      this.queued[node] = 0;
      while (this.improve(node));
    }
  }

  private improve(a: number): boolean {
    return this.twoOpt(a) || this.orOpt(a);
  }

  /** Exchanges an edge at `a` and another for two shorter ones. */
  private twoOpt(a: number): boolean {
    const { n, cost, order, place, near, reach } = this;
    const at = place[a];
    const next = order[at + 1 === n ? 0 : at + 1];
    const before = order[at === 0 ? n - 1 : at - 1];
    const toNext = cost[a * n + next];
    const toBefore = cost[a * n + before];
    for (let k = 0; k < reach; k++) {
      const c = near[a * reach + k];
      const between = cost[a * n + c];
      if (between >= toNext && between >= toBefore) return false;
      const there = place[c];
      if (between < toNext) {
        const d = order[there + 1 === n ? 0 : there + 1];
        const gain = toNext + cost[c * n + d] - between - cost[next * n + d];
        if (gain > EPSILON) {
          this.accept(gain, a, next, c, d);
          this.reverse(at + 1, there < at + 1 ? there + n : there);
          return true;
        }
      }
      if (between < toBefore) {
        const d = order[there === 0 ? n - 1 : there - 1];
        const gain = toBefore + cost[c * n + d] - between - cost[before * n + d];
        if (gain > EPSILON) {
          this.accept(gain, a, before, c, d);
          this.reverse(at, there - 1 < at ? there - 1 + n : there - 1);
          return true;
        }
      }
    }
    return false;
  }

  /** Moves one to three nodes that begin or end at `a` beside one of its neighbours, turned round where that is shorter. */
  private orOpt(a: number): boolean {
    const { n, cost, order, place, near, reach } = this;
    for (let length = 1; length <= 3 && length < n - 3; length++) {
      for (let side = 0; side < 2; side++) {
        // The stretch holds `a` at its first (side 0) or its last place.
        const from = side === 0 ? place[a] : (place[a] - length + 1 + n) % n;
        const to = (from + length - 1) % n;
        const first = order[from];
        const last = order[to];
        const before = order[from === 0 ? n - 1 : from - 1];
        const after = order[to + 1 === n ? 0 : to + 1];
        const removed = cost[before * n + first] + cost[last * n + after] - cost[before * n + after];
        if (removed <= EPSILON) continue;
        const other = side === 0 ? last : first;
        for (let k = 0; k < reach; k++) {
          const c = near[a * reach + k];
          const between = cost[a * n + c];
          if (between >= removed) break;
          const offset = (place[c] - from + n) % n;
          if (offset < length) continue;
          for (let beside = 0; beside < 2; beside++) {
            // `a` comes next to c; the other end next to c's follower (0) or forerunner (1).
            const d = beside === 0 ? order[place[c] + 1 === n ? 0 : place[c] + 1] : order[(place[c] - 1 + n) % n];
            if ((place[d] - from + n) % n < length) continue;
            const gain = removed + cost[c * n + d] - between - cost[other * n + d];
            if (gain <= EPSILON) continue;
            this.accept(gain, before, after, first, last);
            this.enqueue(c);
            this.enqueue(d);
            const [left, right] = beside === 0 ? [c, d] : [d, c];
            // Is the node that comes first after `left` the stretch's first one? Otherwise it is turned round.
            const headFirst = beside === 0 ? a === first : a === last;
            this.move(from, length, left, right, headFirst);
            return true;
          }
        }
      }
    }
    return false;
  }

  /** Puts the stretch of `length` places from `from` between `left` and `right`, which follow one another. */
  private move(from: number, length: number, left: number, right: number, keepDirection: boolean): void {
    const { n, place } = this;
    const ahead = (place[left] - from + n) % n;
    const behind = (from - place[right] + n) % n;
    if (ahead <= behind) {
      // S M -> M S, with M the places between the stretch and `left`.
      const end = from + ahead;
      this.flip(from, end);
      this.flip(from, end - length);
      if (keepDirection) this.flip(end - length + 1, end);
    } else {
      // M S -> S M.
      const start = from - behind + n;
      const end = from + length - 1 + n;
      this.flip(start, end);
      if (keepDirection) this.flip(start, start + length - 1);
      this.flip(start + length, end);
    }
  }

  private accept(gain: number, a: number, b: number, c: number, d: number): void {
    this.gained += gain;
    this.enqueue(a);
    this.enqueue(b);
    this.enqueue(c);
    this.enqueue(d);
  }

  private enqueue(node: number): void {
    if (this.queued[node] === 1) return;
    this.queued[node] = 1;
    this.queue[this.waiting++] = node;
  }

  private takeBack(): void {
    const { log } = this;
    for (let at = this.logged - 2; at >= 0; at -= 2) this.turn(log[at], log[at + 1]);
    this.logged = 0;
  }

  /** Reverses the places `from` to `to` (counted on past the end), or what lies outside them where that is less work. */
  private reverse(from: number, to: number): void {
    const { n } = this;
    let length = to - from + 1;
    if (length <= 1) return;
    if (length * 2 > n) {
      const next = to + 1;
      to = from - 1 + n;
      from = next;
      length = to - from + 1;
      if (length <= 1) return;
    }
    this.flip(from, to);
  }

  /** Reverses the places `from` to `to` as they are, and notes it. */
  private flip(from: number, to: number): void {
    const { n } = this;
    const length = to - from + 1;
    if (length <= 1) return;
    if (this.logged + 2 > this.log.length) {
      const larger = new Int32Array(this.log.length * 2);
      larger.set(this.log);
      this.log = larger;
    }
    this.log[this.logged++] = from % n;
    this.log[this.logged++] = length;
    this.turn(from % n, length);
  }

  private turn(from: number, length: number): void {
    const { n, order, place } = this;
    let low = from;
    let high = from + length - 1;
    if (high >= n) high -= n;
    for (let swaps = length >> 1; swaps > 0; swaps--) {
      const a = order[low];
      const b = order[high];
      order[low] = b;
      place[b] = low;
      order[high] = a;
      place[a] = high;
      if (++low === n) low = 0;
      if (--high < 0) high = n - 1;
    }
  }

  private nearestNeighbour(): void {
    const { n, cost, order, place } = this;
    const seen = new Uint8Array(n);
    let node = 0;
    for (let step = 0; step < n; step++) {
      order[step] = node;
      place[node] = step;
      seen[node] = 1;
      let best = -1;
      for (let other = 0; other < n; other++)
        if (seen[other] === 0 && (best < 0 || cost[node * n + other] < cost[node * n + best])) best = other;
      node = best;
    }
  }

  private listNeighbours(): void {
    const { n, cost, near, reach } = this;
    for (let node = 0; node < n; node++) {
      const first = node * reach;
      let held = 0;
      for (let other = 0; other < n; other++) {
        if (other === node) continue;
        const between = cost[node * n + other];
        if (held === reach && between >= cost[node * n + near[first + reach - 1]]) continue;
        let at = held < reach ? held++ : reach - 1;
        for (; at > 0 && cost[node * n + near[first + at - 1]] > between; at--) near[first + at] = near[first + at - 1];
        near[first + at] = other;
      }
    }
  }
}
