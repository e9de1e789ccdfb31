import { parentPort, workerData } from 'node:worker_threads';
import { monotonicMs } from '../../../kernel/clock/monotonic';
import { optimize } from '../domain/optimization/optimize';
import { RoadGraph } from '../domain/routing/graph';
import { measureRoads } from '../domain/routing/measure-roads';
import { prepare, type RouteRequest } from '../domain/optimization/request';
import type { RouteSolution } from '../contracts/route-plans';

/** Entry of the thread that plans routes: one request, progress on the way, one answer. */
export interface ThreadTask {
  request: RouteRequest;
  /** One byte that is set to ask for an early end. */
  stop: SharedArrayBuffer;
  /** The road network, where one is loaded and asked for. */
  roads: SharedArrayBuffer | null;
}
export type ThreadSays = { progress: number } | { solution: RouteSolution };

const { request, stop, roads } = workerData as ThreadTask;
const asked = new Uint8Array(stop);
const say = (message: ThreadSays): void => parentPort?.postMessage(message);

const { problem, limits, metric, notes } = prepare(request, roads && measureRoads(RoadGraph.decode(roads)));
const plan = optimize(problem, {
  ...limits,
  elapsed: monotonicMs,
  report: (share) => {
    say({ progress: Math.floor(share * 100) });
    return Atomics.load(asked, 0) === 0;
  },
});
say({ solution: { ...plan, metric, notes } });
