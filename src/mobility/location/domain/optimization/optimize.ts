import { Budget, type SearchLimits } from './budget';
import { CompiledProblem, type Problem } from './problem';
import { SeededRandom } from './random';
import { RuinRecreate } from './ruin-recreate';
import { describePlan, describeRoute, reasonOf, type OptimizedPlan } from './solution';
import { Tour } from './tour';

export interface OptimizeOptions extends SearchLimits {
  seed: number;
  /** Milliseconds from any fixed point, monotonic. */
  elapsed: () => number;
  /** Told the share of the budget spent; false ends the search with the best plan so far. */
  report?: (share: number) => boolean;
}

/**
 * Plans routes: a tour search where one vehicle visits all and nothing but its way counts, else ruin and recreate. Repeatable
 * for the same seed where iterations limit it.
 */
export function optimize(problem: Problem, options: OptimizeOptions): OptimizedPlan {
  const compiled = new CompiledProblem(problem);
  const random = new SeededRandom(options.seed);
  const budget = new Budget(options, options.elapsed, options.report);
  if (isTour(compiled)) {
    const route = describeRoute(compiled, 0, tour(compiled, budget, random));
    if (route) {
      const { distance, duration } = route;
      return { routes: [route], unassigned: [], distance, duration, iterations: budget.iterations };
    }
  }
  const search = new RuinRecreate(compiled, budget, random);
  search.solve();
  const routes = describePlan(compiled, search.plan.next);
  const unassigned = [...search.absent.subarray(0, search.absentCount), ...search.hopeless]
    .sort((a, b) => a - b)
    .map((node) => ({
      id: compiled.idOf(node),
      reason: reasonOf(compiled, search.plan, node, !search.untried.has(node)),
    }));
  return {
    routes,
    unassigned,
    distance: routes.reduce((sum, { distance }) => sum + distance, 0),
    duration: routes.reduce((sum, { duration }) => sum + duration, 0),
    iterations: budget.iterations,
  };
}

/** One vehicle without limits that bind, stops without windows, ways as long there as back. */
function isTour(compiled: CompiledProblem): boolean {
  const { n, dims, plain, slots, allowed, firstOpen, lastClose, demand, capacity, cost, width } = compiled;
  if (!plain || n === 0 || slots.length !== 1 || slots[0].to < Infinity) return false;
  const load = new Float64Array(dims);
  for (let node = 0; node < n; node++) {
    if (allowed[node] === 0 || firstOpen[node] > slots[0].from || lastClose[node] < Infinity) return false;
    for (let d = 0; d < dims; d++) load[d] += demand[node * dims + d];
  }
  if (load.some((amount, d) => amount > capacity[d])) return false;
  for (let a = 0; a < width; a++)
    for (let b = a + 1; b < width; b++) {
      const there = cost[a * width + b];
      if (!(there < Infinity) || Math.abs(there - cost[b * width + a]) > 1e-9 * (1 + there)) return false;
    }
  return true;
}

/** The only route as links between nodes. A start and an end that differ become one edge that no tour gives up. */
function tour(compiled: CompiledProblem, budget: Budget, random: SeededRandom): Int32Array {
  const { n, width, cost, place, nodes } = compiled;
  const stations = [n, ...Array.from({ length: n }, (_, node) => node)];
  const apart = place[n] !== place[n + 1];
  if (apart) stations.push(n + 1);
  const size = stations.length;
  const matrix = new Float64Array(size * size);
  let longest = 0;
  for (let a = 0; a < size; a++)
    for (let b = 0; b < size; b++) {
      const between = cost[place[stations[a]] * width + place[stations[b]]];
      matrix[a * size + b] = between;
      if (between > longest) longest = between;
    }
  if (apart) matrix[size - 1] = matrix[(size - 1) * size] = -4 * longest - 1;
  const order = Array.from(new Tour(size, matrix).solve(budget, random).subarray(1));
  if (apart && order[0] === size - 1) order.reverse();
  const next = new Int32Array(nodes);
  let last = n;
  for (const station of order) {
    if (stations[station] >= n) continue;
    next[last] = stations[station];
    last = stations[station];
  }
  next[last] = n + 1;
  return next;
}
