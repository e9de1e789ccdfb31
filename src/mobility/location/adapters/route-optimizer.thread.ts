import { parentPort, workerData } from 'node:worker_threads';
import { monotonicMs } from '../../../kernel/clock/monotonic';
import { optimize } from '../domain/optimization/optimize';
import { planOfOrders, type Order } from '../domain/optimization/ordered';
import { RoadGraph } from '../domain/routing/graph';
import type { MatrixAnswer } from '../domain/routing/matrix';
import { measuredBy, measureRoads } from '../domain/routing/measure-roads';
import { prepare, type RouteRequest } from '../domain/optimization/request';
import type { RouteSolution } from '../contracts/route-plans';
import type { RoadTraffic } from '../contracts/routes';
import type { TravelSource } from '../contracts/travel-times';
import { vroomQuestion } from './routing/vroom';

/** Entry of the thread that plans routes: one request, progress on the way, one answer. */
export interface ThreadTask {
  request: RouteRequest;
  /** One byte that is set to ask for an early end. */
  stop: SharedArrayBuffer;
  /** The road network, where one is loaded and asked for. */
  roads: SharedArrayBuffer | null;
  /** How the roads are when the plan begins. */
  traffic?: RoadTraffic;
  /** Ways between the different places, where a server has measured them. */
  measured: (Pick<MatrixAnswer, 'seconds' | 'metres'> & { source: TravelSource }) | null;
  /** Is VROOM to be asked first? */
  vroom: boolean;
}
/** Without a solution where it was asked to end before there was any. `vroom`: the JSON that is to be posted to it. */
export type ThreadSays = { progress: number } | { solution: RouteSolution | null } | { vroom: Uint8Array };
/** What VROOM said to what the thread asked of it: orders of visits, or what went wrong. */
export type ThreadHears = { orders: Order[] } | { failed: string };

const { request, stop, roads, traffic, measured, vroom } = workerData as ThreadTask;
const asked = new Uint8Array(stop);
const say = (message: ThreadSays): void => parentPort?.postMessage(message);

/** Ways that are not measured within this are guessed (milliseconds). */
const MEASURED_WITHIN_MS = 45_000;

const goOn = (progress: number): boolean => {
  say({ progress });
  return Atomics.load(asked, 0) === 0;
};
const until = monotonicMs() + MEASURED_WITHIN_MS;
const measure = measured
  ? measuredBy(measured, measured.source)
  : roads && measureRoads(RoadGraph.decode(roads), () => goOn(0) && monotonicMs() < until, traffic);
const { problem, limits, metric, notes } = prepare(request, measure);

function search(): void {
  if (!goOn(0)) return say({ solution: null });
  const report = (share: number): boolean => goOn(Math.floor(share * 100));
  const plan = optimize(problem, { ...limits, elapsed: monotonicMs, report });
  say({ solution: { ...plan, metric, plannedBy: 'mainstay', notes } });
}

function hear(answer: ThreadHears): void {
  if ('failed' in answer) notes.push(answer.failed);
  else {
    // Only what can be driven by our own timetable counts, whoever has made it.
    const plan = planOfOrders(problem, answer.orders);
    if (plan) return say({ solution: { ...plan, metric, plannedBy: 'vroom', notes } });
    notes.push('VROOM answered with a plan that cannot be driven.');
  }
  search();
}

const question = vroom ? vroomQuestion(problem) : null;
if (typeof question === 'string') notes.push(`VROOM was not asked: ${question}.`);
if (question === null || typeof question === 'string') search();
else {
  parentPort?.once('message', hear);
  // Written here and handed over, for it is megabytes: the main thread neither copies nor writes it.
  const bytes = new TextEncoder().encode(JSON.stringify(question));
  parentPort?.postMessage({ vroom: bytes } satisfies ThreadSays, [bytes.buffer]);
}
