import { Driver, NO_TRIAL, type Trial } from './drive';
import type { CompiledProblem } from './problem';
import type { SeededRandom } from './random';

/**
 * Routes as linked lists of nodes with, for each node, the earliest time of leaving it and the latest time at which serving it may begin
 * (Savelsbergh 1992, "The vehicle routing problem with time windows: minimizing route duration": forward slack): a visit
 * between two others is judged in constant time. Routes with breaks, reloads and the like are driven by `Driver` instead, and only where the
 * cost alone would make the visit the best so far.
 */
export class Plan {
  readonly next: Int32Array;
  readonly previous: Int32Array;
  /** Slot of a node, -1 while it is in none. */
  readonly slotOf: Int32Array;
  readonly count: Int32Array;
  readonly costOf: Float64Array;
  /** Slots with visits, in no order. */
  readonly used: Int32Array;
  usedCount = 0;
  /** How many vehicles' slots may be in use. */
  limit: number;
  cost = 0;
  private readonly depart: Float64Array;
  private readonly late: Float64Array;
  private readonly load: Float64Array;
  private readonly usedAt: Int32Array;
  private readonly shiftsInUse: Int32Array;
  private readonly offered: Int32Array;
  private round = 0;
  private readonly driver: Driver;
  private readonly trial: Trial = { ...NO_TRIAL };
  // The best place found by `find`.
  private bestCost = Infinity;
  private bestSlot = -1;
  private bestAfter = -1;
  private bestPartnerAfter = -1;
  // The undo log: touched routes one after another, each as slot, count and nodes.
  private readonly touched: Int32Array;
  private readonly log: Int32Array;
  private logged = 0;

  constructor(readonly compiled: CompiledProblem) {
    const { nodes, n, slots, dims } = compiled;
    const m = slots.length;
    this.next = new Int32Array(nodes);
    this.previous = new Int32Array(nodes);
    this.slotOf = new Int32Array(nodes).fill(-1);
    this.count = new Int32Array(m);
    this.costOf = new Float64Array(m);
    this.used = new Int32Array(m);
    this.usedAt = new Int32Array(m).fill(-1);
    this.limit = m;
    this.depart = new Float64Array(nodes);
    this.late = new Float64Array(nodes).fill(Infinity);
    this.load = new Float64Array(m * dims);
    this.shiftsInUse = new Int32Array(compiled.problem.vehicles.length);
    this.offered = new Int32Array(m);
    this.touched = new Int32Array(m);
    this.log = new Int32Array(n + 2 * m);
    this.driver = new Driver(compiled);
    for (let s = 0; s < m; s++) {
      const start = n + 2 * s;
      this.next[start] = start + 1;
      this.previous[start + 1] = start;
      this.slotOf[start] = this.slotOf[start + 1] = s;
      this.refresh(s);
    }
  }

  /** From here on changes can be taken back. */
  begin(): void {
    this.logged = 0;
    this.touched.fill(0);
  }

  /** Takes back all changes since `begin`. */
  rollback(): void {
    const { n } = this.compiled;
    for (let at = 0; at < this.logged;) {
      const slot = this.log[at++];
      this.clear(slot);
      at += 1 + this.log[at];
    }
    for (let at = 0; at < this.logged;) {
      const slot = this.log[at++];
      const count = this.log[at++];
      let last = n + 2 * slot;
      for (let k = 0; k < count; k++) {
        const node = this.log[at++];
        this.link(last, node, slot);
        last = node;
      }
      this.count[slot] = count;
      this.refresh(slot);
    }
    this.begin();
  }

  /** Takes over the routes that `next` links. */
  adopt(next: Int32Array): void {
    const { n, slots } = this.compiled;
    for (let slot = 0; slot < slots.length; slot++) this.clear(slot);
    for (let slot = 0; slot < slots.length; slot++) {
      let last = n + 2 * slot;
      for (let node = next[last]; node < n; node = next[node]) {
        this.link(last, node, slot);
        this.count[slot]++;
        last = node;
      }
      this.refresh(slot);
    }
    this.begin();
  }

  /** Takes a node out; `refresh` of its slot is left to the caller. */
  remove(node: number): void {
    const slot = this.slotOf[node];
    this.touch(slot);
    this.next[this.previous[node]] = this.next[node];
    this.previous[this.next[node]] = this.previous[node];
    this.slotOf[node] = -1;
    this.count[slot]--;
  }

  /** Empties a slot's route. */
  clear(slot: number): void {
    const start = this.compiled.n + 2 * slot;
    for (let node = this.next[start]; node !== start + 1; node = this.next[node]) this.slotOf[node] = -1;
    this.next[start] = start + 1;
    this.previous[start + 1] = start;
    this.count[slot] = 0;
    this.refresh(slot);
  }

  /** Notes a route before its first change. */
  touch(slot: number): void {
    if (this.touched[slot] === 1) return;
    this.touched[slot] = 1;
    this.log[this.logged++] = slot;
    this.log[this.logged++] = this.count[slot];
    const start = this.compiled.n + 2 * slot;
    for (let node = this.next[start]; node !== start + 1; node = this.next[node]) this.log[this.logged++] = node;
  }

  /** Puts an unserved node (with its shipment's other end) where it costs least; false when it fits nowhere. */
  insert(node: number, blink: number, random: SeededRandom): boolean {
    if (!this.find(node, blink, random)) return false;
    const slot = this.bestSlot;
    this.touch(slot);
    this.link(this.bestAfter, node, slot);
    const partner = this.compiled.partner[node];
    if (partner >= 0) this.link(this.bestPartnerAfter, partner, slot);
    this.count[slot] += partner >= 0 ? 2 : 1;
    this.refresh(slot);
    return true;
  }

  /** Works a route's times, loads and cost out anew; false when it cannot be driven as it is. */
  refresh(slot: number): boolean {
    const { compiled, next, previous, depart, late } = this;
    const { n, dims, width, place, service, time, cost, firstOpen, lastClose, demand } = compiled;
    const start = n + 2 * slot;
    const end = start + 1;
    let spent = 0;
    let feasible = true;
    if (compiled.plain) {
      let node = start;
      let now = compiled.slots[slot].from;
      depart[start] = now;
      for (let d = 0; d < dims; d++) this.load[slot * dims + d] = 0;
      while (node !== end) {
        const target = next[node];
        const way = place[node] * width + place[target];
        now += time[way];
        if (now < firstOpen[target]) now = firstOpen[target];
        if (now > lastClose[target]) feasible = false;
        now += service[target];
        depart[target] = now;
        spent += cost[way];
        if (target !== end) for (let d = 0; d < dims; d++) this.load[slot * dims + d] += demand[target * dims + d];
        node = target;
      }
      let latest = lastClose[end];
      late[end] = latest;
      for (node = previous[end]; node !== start; node = previous[node]) {
        latest -= time[place[node] * width + place[next[node]]] + service[node];
        if (latest > lastClose[node]) latest = lastClose[node];
        late[node] = latest;
      }
    } else if (this.count[slot] > 0) {
      spent = this.driver.drive(slot, next, NO_TRIAL, depart);
      feasible = spent < Infinity;
    } else depart[start] = compiled.slots[slot].from;
    this.account(slot, this.count[slot] > 0 ? spent : 0);
    return feasible && spent < Infinity;
  }

  private account(slot: number, spent: number): void {
    // What cannot be driven is emptied by the caller at once.
    if (!(spent < Infinity)) spent = 0;
    this.cost += spent - this.costOf[slot];
    this.costOf[slot] = spent;
    const at = this.usedAt[slot];
    if (this.count[slot] > 0 === at >= 0) return;
    const { vehicle } = this.compiled.slots[slot];
    const { fixedCost } = this.compiled.problem.vehicles[vehicle];
    if (at < 0) {
      this.usedAt[slot] = this.usedCount;
      this.used[this.usedCount++] = slot;
      if (this.shiftsInUse[vehicle]++ === 0) this.cost += fixedCost;
    } else {
      const last = this.used[--this.usedCount];
      this.used[at] = last;
      this.usedAt[last] = at;
      this.usedAt[slot] = -1;
      if (--this.shiftsInUse[vehicle] === 0) this.cost -= fixedCost;
    }
  }

  private link(after: number, node: number, slot: number): void {
    const follower = this.next[after];
    this.next[after] = node;
    this.previous[node] = after;
    this.next[node] = follower;
    this.previous[follower] = node;
    this.slotOf[node] = slot;
  }

  private find(node: number, blink: number, random: SeededRandom): boolean {
    const { compiled, used } = this;
    this.bestCost = Infinity;
    for (let k = 0; k < this.usedCount; k++) this.tryRoute(used[k], node, 0, blink, random);
    if (this.usedCount < this.limit) {
      this.round++;
      for (let s = 0; s < compiled.slots.length; s++) {
        if (this.count[s] > 0 || this.offered[compiled.slots[s].kind] === this.round) continue;
        this.offered[compiled.slots[s].kind] = this.round;
        const { vehicle } = compiled.slots[s];
        const fixed = this.shiftsInUse[vehicle] > 0 ? 0 : compiled.problem.vehicles[vehicle].fixedCost;
        this.tryRoute(s, node, fixed, 0, random);
      }
    }
    return this.bestCost < Infinity;
  }

  private tryRoute(slot: number, node: number, fixed: number, blink: number, random: SeededRandom): void {
    const { compiled } = this;
    if (compiled.allowed[slot * compiled.n + node] === 0) return;
    if (!compiled.plain) return this.tryDriving(slot, node, fixed, blink, random);
    const { dims, demand, capacity, width, place, cost, time, firstOpen, lastClose, service, n } = compiled;
    for (let d = 0; d < dims; d++)
      if (this.load[slot * dims + d] + demand[node * dims + d] > capacity[slot * dims + d] + 1e-9) return;
    const { next, depart, late } = this;
    const open = firstOpen[node];
    const close = lastClose[node];
    const work = service[node];
    const here = place[node];
    const row = here * width;
    const start = n + 2 * slot;
    const end = start + 1;
    const empty = next[start] === end;
    for (let before = start; before !== end;) {
      const after = next[before];
      const left = depart[before];
      if (left > close) return;
      const from = place[before] * width;
      const to = place[after];
      const added = cost[from + here] + cost[row + to] + fixed - (empty ? 0 : cost[from + to]);
      if (added < this.bestCost) {
        let begin = left + time[from + here];
        if (begin < open) begin = open;
        if (begin <= close && begin + work + time[row + to] <= late[after] && (blink === 0 || random.next() >= blink)) {
          this.bestCost = added;
          this.bestSlot = slot;
          this.bestAfter = before;
        }
      }
      before = after;
    }
  }

  private tryDriving(slot: number, node: number, fixed: number, blink: number, random: SeededRandom): void {
    const { compiled, next, depart, trial } = this;
    const { n, width, place, cost, time, lastClose } = compiled;
    const vehicle = compiled.problem.vehicles[compiled.slots[slot].vehicle];
    const partner = compiled.partner[node];
    const start = n + 2 * slot;
    const end = start + 1;
    const empty = next[start] === end;
    // Ways back to load again may fall away: what they cost now bounds how much less than its detour a visit may cost.
    let spare = 0;
    if (vehicle.maxTrips > 1 && !empty) {
      spare = this.costOf[slot];
      for (let at = start; at !== end; at = next[at]) spare -= cost[place[at] * width + place[next[at]]];
    }
    trial.node = node;
    trial.partner = partner;
    for (let before = start; before !== end; before = next[before]) {
      const from = place[before] * width;
      if (depart[before] + time[from + place[node]] > lastClose[node]) {
        if (depart[before] > lastClose[node]) return;
        continue;
      }
      trial.after = before;
      if (partner < 0) {
        trial.partnerAfter = -1;
        const after = place[next[before]];
        const added = cost[from + place[node]] + cost[place[node] * width + after] - (empty ? 0 : cost[from + after]);
        this.judge(slot, added + fixed - spare, fixed, blink, random);
        continue;
      }
      for (let last = node; last !== end; last = last === node ? next[before] : next[last]) {
        if (last !== node && depart[last] > lastClose[partner]) break;
        trial.partnerAfter = last;
        this.judge(slot, this.pairCost(before, last, node, partner, empty) + fixed - spare, fixed, blink, random);
      }
    }
  }

  /** What a shipment costs with its pickup after `before` and its delivery after `last`. */
  private pairCost(before: number, last: number, node: number, partner: number, empty: boolean): number {
    const { next } = this;
    const { width, place, cost } = this.compiled;
    const [from, here, there, after] = [place[before], place[node], place[partner], place[next[before]]];
    const way = empty ? 0 : cost[from * width + after];
    if (last === node)
      return cost[from * width + here] + cost[here * width + there] + cost[there * width + after] - way;
    const [a, b] = [place[last], place[next[last]]];
    return (
      cost[from * width + here] +
      cost[here * width + after] -
      way +
      cost[a * width + there] +
      cost[there * width + b] -
      cost[a * width + b]
    );
  }

  private judge(slot: number, atLeast: number, fixed: number, blink: number, random: SeededRandom): void {
    if (!(atLeast < this.bestCost)) return;
    if (blink > 0 && random.next() < blink) return;
    const driven = this.driver.drive(slot, this.next, this.trial) - this.costOf[slot] + fixed;
    if (!(driven < this.bestCost)) return;
    this.bestCost = driven;
    this.bestSlot = slot;
    this.bestAfter = this.trial.after;
    this.bestPartnerAfter = this.trial.partnerAfter;
  }
}
