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
/** Without a solution where it was asked to end before there was any. */
export type ThreadSays = { progress: number } | { solution: RouteSolution | null };

const { request, stop, roads } = workerData as ThreadTask;
const asked = new Uint8Array(stop);
const say = (message: ThreadSays): void => parentPort?.postMessage(message);

/** Ways that are not measured within this are guessed (milliseconds). */
const MEASURED_WITHIN_MS = 45_000;

const goOn = (progress: number): boolean => {
  say({ progress });
  return Atomics.load(asked, 0) === 0;
};
const until = monotonicMs() + MEASURED_WITHIN_MS;
const measure = roads && measureRoads(RoadGraph.decode(roads), () => goOn(0) && monotonicMs() < until);
const { problem, limits, metric, notes } = prepare(request, measure);
if (!goOn(0)) say({ solution: null });
else {
  const report = (share: number): boolean => goOn(Math.floor(share * 100));
  const plan = optimize(problem, { ...limits, elapsed: monotonicMs, report });
  say({ solution: { ...plan, metric, notes } });
}
