import type { Budget } from './budget';
import { Plan } from './plan';
import type { CompiledProblem } from './problem';
import type { SeededRandom } from './random';

/** Parameters of the paper: visits removed in the mean, longest string, blink rate, share of split strings, their growth. */
const MEAN_REMOVED = 10;
const LONGEST_STRING = 10;
const BLINK = 0.01;
const SPLIT_SHARE = 0.5;
const SPLIT_GROWTH = 0.01;
/** Share of the budget that fewer vehicles and stops left out may take. */
const FLEET_SHARE = 0.4;
/** Temperatures at the beginning and the end, in mean costs between two visits. */
const HOT = 1;
const COLD = 0.01;
const ADJACENT = 120;
/** Shares of the orders in which visits come back: random, demand, far, near, narrow window, early, early end. */
const ORDER_WEIGHTS = [4, 4, 2, 1, 2, 2, 2];

/**
 * Slack induction by string removals (Christiaens & Vanden Berghe, "Slack Induction by String Removals for Vehicle Routing
 * Problems", Transportation Science 54(2), 2020): strings of neighbouring routes are taken out and come back greedily
 * with blinks, under simulated annealing. First, while vehicles cost something or stops are left out, the fleet is cut by the paper's counters
 * of absence; the annealing then begins hot, since what that leaves is short of vehicles but long.
 */
export class RuinRecreate {
  readonly plan: Plan;
  /** Visits that no route has: stops, and for a shipment its pickup. */
  readonly absent: Int32Array;
  absentCount = 0;
  /** Visits that no vehicle could take at all: they are not searched for. */
  readonly hopeless: number[] = [];
  /** Visits to which the first plan did not come before the time was over. */
  readonly untried = new Set<number>();
  private readonly keptAbsent: Int32Array;
  private readonly adjacent: Int32Array;
  private readonly reach: number;
  private readonly keys: Float64Array[];
  private readonly shuffled: Float64Array;
  private readonly penalty: Float64Array;
  private readonly missed: Float64Array;
  private readonly units: number;
  private readonly scale: number;
  private readonly route: Int32Array;
  private readonly ruined: Int32Array;
  private readonly ruinedSlots: Int32Array;
  private ruins = 0;
  private readonly bestNext: Int32Array;
  private readonly bestAbsent: Int32Array;
  private bestAbsentCount = 0;
  private bestValue = Infinity;

  constructor(
    private readonly compiled: CompiledProblem,
    private readonly budget: Budget,
    private readonly random: SeededRandom,
  ) {
    const { n, nodes, slots, role, priority, problem } = compiled;
    this.plan = new Plan(compiled);
    this.absent = new Int32Array(n);
    this.keptAbsent = new Int32Array(n);
    this.bestAbsent = new Int32Array(n);
    this.bestNext = new Int32Array(nodes);
    this.missed = new Float64Array(n).fill(1);
    this.route = new Int32Array(n);
    this.ruined = new Int32Array(slots.length);
    this.ruinedSlots = new Int32Array(slots.length);
    this.shuffled = new Float64Array(n);
    this.reach = Math.min(ADJACENT, n);
    this.adjacent = new Int32Array(n * this.reach);
    const { mean, longest } = this.listAdjacent();
    this.scale = mean;
    this.keys = this.orders();
    // Leaving a stop out costs more than any way to serve it; priorities above that.
    const dearest = Math.max(0, ...problem.vehicles.map((vehicle) => vehicle.fixedCost));
    this.penalty = priority.map((of) => (1 + of) * (1 + 4 * longest + 2 * dearest));
    for (let node = 0; node < n; node++) {
      if (role[node] === 3) continue;
      if (compiled.hopeful[node] === 1) this.absent[this.absentCount++] = node;
      else this.hopeless.push(node);
    }
    this.units = this.absentCount;
  }

  /** Searches until the budget is spent and leaves the best plan found in `plan` and `absent`. */
  solve(): void {
    this.recreate(0, this.untried);
    this.keep();
    const dear = this.compiled.problem.vehicles.some((vehicle) => vehicle.fixedCost > 0);
    if (this.units > 0 && this.compiled.slots.length > 0) {
      if (dear || this.absentCount > 0) this.cutFleet();
      this.anneal();
    }
    this.restore();
  }

  private anneal(): void {
    const { plan, budget, random } = this;
    const from = budget.spent;
    let value = this.value();
    while (budget.spend()) {
      const share = (budget.spent - from) / (1 - from);
      const temperature = this.scale * HOT * Math.pow(COLD / HOT, share);
      plan.begin();
      const kept = this.keepAbsent();
      this.ruin();
      this.recreate(BLINK);
      const reached = this.value();
      if (reached < value - temperature * Math.log(random.next() + 1e-12)) {
        value = reached;
        if (reached < this.bestValue - 1e-9) this.keep();
      } else this.takeBack(kept);
    }
  }

  private cutFleet(): void {
    const { plan, budget, random, missed } = this;
    const least = this.leastRoutes();
    let sum = this.sumMissed();
    while (budget.spent < FLEET_SHARE && budget.spend()) {
      if (this.absentCount === 0) {
        if (this.value() < this.bestValue - 1e-9) this.keep();
        if (plan.usedCount <= least) break;
        this.dropRoute();
        sum = this.sumMissed();
      }
      const before = plan.cost;
      plan.begin();
      const kept = this.keepAbsent();
      this.ruin();
      this.recreate(BLINK);
      const reached = this.sumMissed();
      for (let k = 0; k < this.absentCount; k++) missed[this.absent[k]]++;
      const warm = this.scale * HOT * 0.1;
      const better = reached < sum || (reached <= sum && plan.cost < before - warm * Math.log(random.next() + 1e-12));
      if (better) {
        if (this.value() < this.bestValue - 1e-9) this.keep();
      } else this.takeBack(kept);
      sum = this.sumMissed();
    }
    plan.limit = this.compiled.slots.length;
    this.restore();
  }

  /** Takes the route away whose visits were missing least often, and its place in the fleet. */
  private dropRoute(): void {
    const { plan, compiled, missed } = this;
    let chosen = -1;
    let fewest = Infinity;
    for (let k = 0; k < plan.usedCount; k++) {
      const start = compiled.n + 2 * plan.used[k];
      let sum = 0;
      for (let node = plan.next[start]; node !== start + 1; node = plan.next[node])
        if (compiled.role[node] !== 3) sum += missed[node];
      if (sum < fewest) {
        fewest = sum;
        chosen = plan.used[k];
      }
    }
    plan.limit = plan.usedCount - 1;
    this.dropNodes(chosen);
  }

  /** Fewest routes that could carry all goods. */
  private leastRoutes(): number {
    const { dims, demand, capacity, slots, n, role, problem } = this.compiled;
    if (problem.vehicles.some((vehicle) => vehicle.maxTrips > 1)) return 1;
    let least = 1;
    for (let d = 0; d < dims; d++) {
      let wanted = 0;
      let largest = 0;
      for (let node = 0; node < n; node++) if (role[node] === 0) wanted += demand[node * dims + d];
      for (let s = 0; s < slots.length; s++) largest = Math.max(largest, capacity[s * dims + d]);
      if (largest > 0) least = Math.max(least, Math.ceil(wanted / largest - 1e-9));
    }
    return least;
  }

  private ruin(): void {
    const { plan, random, compiled } = this;
    this.ruins = 0;
    if (plan.usedCount === 0) return;
    const served = compiled.n - this.hopeless.length - this.absentCount;
    const longest = Math.min(LONGEST_STRING, served / plan.usedCount);
    const most = (4 * MEAN_REMOVED) / (1 + longest) - 1;
    const strings = Math.floor(random.next() * most + 1);
    const seed = random.below(compiled.n);
    for (let k = 0; k < this.reach && this.ruins < strings; k++) {
      const node = this.adjacent[seed * this.reach + k];
      const slot = plan.slotOf[node];
      if (slot < 0 || this.ruined[slot] === 1) continue;
      this.ruined[slot] = 1;
      this.ruinedSlots[this.ruins++] = slot;
      const limit = Math.min(plan.count[slot], longest);
      this.removeString(slot, node, Math.floor(random.next() * limit + 1));
    }
    for (let k = 0; k < this.ruins; k++) {
      this.ruined[this.ruinedSlots[k]] = 0;
      // Where ways are not the shortest ones, a route with fewer stops may come too late.
      if (!plan.refresh(this.ruinedSlots[k])) this.dropNodes(this.ruinedSlots[k]);
    }
  }

  /** Takes `length` visits in a row that include `node` out of a route; at times with some between them left in. */
  private removeString(slot: number, node: number, length: number): void {
    const { plan, random, route } = this;
    const start = this.compiled.n + 2 * slot;
    let size = 0;
    let at = 0;
    for (let each = plan.next[start]; each !== start + 1; each = plan.next[each]) {
      if (each === node) at = size;
      route[size++] = each;
    }
    if (length > size) length = size;
    let spared = 0;
    if (length > 1 && length < size && random.next() < SPLIT_SHARE) {
      spared = 1;
      while (length + spared < size && random.next() < SPLIT_GROWTH) spared++;
    }
    const span = length + spared;
    const lowest = Math.max(0, at - span + 1);
    const highest = Math.min(at, size - span);
    const first = lowest + random.below(highest - lowest + 1);
    const gap = spared > 0 ? first + 1 + random.below(length - 1) : -1;
    for (let k = first; k < first + span; k++) {
      if (gap >= 0 && k >= gap && k < gap + spared) continue;
      this.takeOut(route[k]);
    }
  }

  private takeOut(node: number): void {
    const { plan } = this;
    const { partner, role } = this.compiled;
    if (plan.slotOf[node] < 0) return;
    plan.remove(node);
    const other = partner[node];
    if (other >= 0) plan.remove(other);
    this.absent[this.absentCount++] = role[node] === 3 ? other : node;
  }

  private dropNodes(slot: number): void {
    const { plan, compiled } = this;
    const start = compiled.n + 2 * slot;
    plan.touch(slot);
    for (let node = plan.next[start]; node !== start + 1; node = plan.next[node])
      if (compiled.role[node] !== 3) this.absent[this.absentCount++] = node;
    plan.clear(slot);
  }

  /** Puts absent visits back; when the time is over the rest stay absent, and are noted in `untried`. */
  private recreate(blink: number, untried: Set<number> | null = null): void {
    const { absent, random, budget } = this;
    this.sortAbsent();
    // What must be driven to be judged takes long; the rest is done in a microsecond or two.
    const lookEvery = this.compiled.plain ? 16 : 1;
    let left = 0;
    let over = false;
    for (let k = 0; k < this.absentCount; k++) {
      over ||= k % lookEvery === 0 && budget.over;
      if (over) untried?.add(absent[k]);
      if (over || !this.plan.insert(absent[k], blink, random)) absent[left++] = absent[k];
    }
    this.absentCount = left;
  }

  private sortAbsent(): void {
    const { absent, random, shuffled } = this;
    let draw = random.next() * 17;
    let order = 0;
    while (order < ORDER_WEIGHTS.length - 1 && draw >= ORDER_WEIGHTS[order]) draw -= ORDER_WEIGHTS[order++];
    const key = order === 0 ? shuffled : this.keys[order];
    if (order === 0) for (let k = 0; k < this.absentCount; k++) shuffled[absent[k]] = random.next();
    for (let k = 1; k < this.absentCount; k++) {
      const node = absent[k];
      let at = k;
      for (; at > 0 && key[absent[at - 1]] > key[node]; at--) absent[at] = absent[at - 1];
      absent[at] = node;
    }
  }

  private orders(): Float64Array[] {
    const { n, dims, demand, width, cost, place, firstOpen, lastClose } = this.compiled;
    const nodes = Float64Array.from({ length: n }, (_, node) => node);
    const size = (node: number): number => {
      let sum = 0;
      for (let d = 0; d < dims; d++) sum += demand[node * dims + d];
      return sum;
    };
    // From where the first vehicle starts.
    const depot = n < place.length ? place[n] : 0;
    const far = (node: number): number => cost[depot * width + place[node]];
    return [
      nodes,
      nodes.map((node) => -size(node)),
      nodes.map((node) => -far(node)),
      nodes.map((node) => far(node)),
      nodes.map((node) => (lastClose[node] < Infinity ? lastClose[node] - firstOpen[node] : Number.MAX_VALUE)),
      nodes.map((node) => firstOpen[node]),
      nodes.map((node) => lastClose[node]),
    ];
  }

  private listAdjacent(): { mean: number; longest: number } {
    const { n, cost, width, place } = this.compiled;
    const nodes = Array.from({ length: n }, (_, node) => node);
    const between = new Float64Array(n);
    let [sum, pairs, longest] = [0, 0, 0];
    for (let node = 0; node < n; node++) {
      for (let other = 0; other < n; other++) {
        const there = cost[place[node] * width + place[other]];
        const back = cost[place[other] * width + place[node]];
        between[other] = other === node ? -1 : Math.min(there, back);
        if (other === node || !(there < Infinity)) continue;
        sum += there;
        pairs++;
      }
      nodes.sort((a, b) => between[a] - between[b] || a - b);
      for (let k = 0; k < this.reach; k++) this.adjacent[node * this.reach + k] = nodes[k];
    }
    for (const value of cost) if (value < Infinity && value > longest) longest = value;
    return { mean: pairs > 0 ? sum / pairs : 1, longest };
  }

  private value(): number {
    let value = this.plan.cost;
    for (let k = 0; k < this.absentCount; k++) value += this.penalty[this.absent[k]];
    return value;
  }

  private sumMissed(): number {
    let sum = 0;
    for (let k = 0; k < this.absentCount; k++) sum += this.missed[this.absent[k]];
    return sum;
  }

  private keepAbsent(): number {
    for (let k = 0; k < this.absentCount; k++) this.keptAbsent[k] = this.absent[k];
    return this.absentCount;
  }

  private takeBack(kept: number): void {
    this.plan.rollback();
    for (let k = 0; k < kept; k++) this.absent[k] = this.keptAbsent[k];
    this.absentCount = kept;
  }

  private keep(): void {
    this.bestNext.set(this.plan.next);
    this.bestAbsent.set(this.absent);
    this.bestAbsentCount = this.absentCount;
    this.bestValue = this.value();
  }

  private restore(): void {
    this.plan.adopt(this.bestNext);
    this.absent.set(this.bestAbsent);
    this.absentCount = this.bestAbsentCount;
  }
}
