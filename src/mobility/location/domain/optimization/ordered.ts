import { Plan } from './plan';
import { CompiledProblem, type Problem } from './problem';
import { describePlan, describeRoute, reasonOf, type OptimizedPlan } from './solution';

/** The visits of a vehicle in order: nodes as the compiled problem numbers them (stops, then each shipment's pickup and delivery). */
export interface Order {
  vehicle: number;
  nodes: number[];
}

/** The plan of orders that somebody else has made; null where it cannot be driven as it is, or serves something twice or by half. */
export function planOfOrders(problem: Problem, orders: readonly Order[]): OptimizedPlan | null {
  const compiled = new CompiledProblem(problem);
  const { n, nodes, slots, allowed, partner, role } = compiled;
  const next = new Int32Array(nodes);
  for (let slot = 0; slot < slots.length; slot++) next[n + 2 * slot] = n + 2 * slot + 1;
  const servedBy = new Int32Array(n).fill(-1);
  for (const { vehicle, nodes: visits } of orders) {
    const slot = slots.findIndex((one) => one.vehicle === vehicle);
    if (slot < 0 || next[n + 2 * slot] !== n + 2 * slot + 1) return null;
    let last = n + 2 * slot;
    for (const node of visits) {
      if (!(node >= 0 && node < n) || servedBy[node] >= 0 || allowed[slot * n + node] === 0) return null;
      // What is brought was fetched before, by the same vehicle.
      if (role[node] === 3 && servedBy[partner[node]] !== slot) return null;
      servedBy[node] = slot;
      next[last] = node;
      last = node;
    }
    next[last] = n + 2 * slot + 1;
    if (last !== n + 2 * slot && !describeRoute(compiled, slot, next)) return null;
  }
  const absent: number[] = [];
  for (let node = 0; node < n; node++) {
    if (role[node] === 2 && servedBy[node] !== servedBy[node + 1]) return null;
    if (servedBy[node] < 0 && role[node] !== 3) absent.push(node);
  }
  const plan = new Plan(compiled);
  plan.adopt(next);
  const routes = describePlan(compiled, next);
  return {
    routes,
    unassigned: absent.map((node) => ({ id: compiled.idOf(node), reason: reasonOf(compiled, plan, node) })),
    distance: routes.reduce((sum, { distance }) => sum + distance, 0),
    duration: routes.reduce((sum, { duration }) => sum + duration, 0),
    iterations: 0,
  };
}
