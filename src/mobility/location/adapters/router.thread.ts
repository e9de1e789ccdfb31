import { parentPort, workerData } from 'node:worker_threads';
import type { RouteAnswer } from '../contracts/routes';
import { RoadGraph } from '../domain/routing/graph';
import { reachOf, type ReachAnswer, type ReachQuestion } from '../domain/routing/isochrone';
import { Matcher, type MatchAnswer, type MatchQuestion } from '../domain/routing/match';
import { matrixOf, type MatrixAnswer, type MatrixQuestion } from '../domain/routing/matrix';
import { NoWay, OffRoad, planRoute, type RouteQuestion } from '../domain/routing/route';
import { Search } from '../domain/routing/search';
import { conditionsOf } from '../domain/routing/traffic';

/** Entry of the thread that finds ways: the network comes with its start, then one question after another. */
export type RouterQuestion =
  | { kind: 'route'; question: RouteQuestion }
  | { kind: 'matrix'; question: MatrixQuestion }
  | { kind: 'reach'; question: ReachQuestion }
  | { kind: 'match'; question: MatchQuestion };
export type RouterAnswer =
  | { route: RouteAnswer; missed: number }
  | { matrix: MatrixAnswer; missed: number }
  | { reach: ReachAnswer; missed: number }
  | { match: MatchAnswer; network: number }
  | { offRoad: number[] }
  | { noWayFrom: number }
  | { error: string };

/** What a thread starts with: the memory of a network, and its number in this process. */
export interface RouterStart {
  memory: SharedArrayBuffer;
  network: number;
}

const { memory, network } = workerData as RouterStart;
const graph = RoadGraph.decode(memory);
const search = new Search(graph);
let matcher: Matcher | null = null;

function answer(asked: RouterQuestion): RouterAnswer {
  try {
    if (asked.kind === 'match') {
      // Roads were imported since the part before: a number of the former network means another road, or none.
      const start = asked.question.network === network ? asked.question.start : null;
      return { match: (matcher ??= new Matcher(graph)).match({ ...asked.question, start }), network };
    }
    const { conditions, missed } = conditionsOf(graph, asked.question.traffic);
    if (asked.kind === 'matrix') return { matrix: matrixOf(graph, search, asked.question, conditions), missed };
    if (asked.kind === 'reach') return { reach: reachOf(graph, search, asked.question, conditions), missed };
    return { route: planRoute(graph, search, asked.question, conditions), missed };
  } catch (error) {
    if (error instanceof OffRoad) return { offRoad: error.places };
    if (error instanceof NoWay) return { noWayFrom: error.from };
    return { error: error instanceof Error ? error.message : String(error) };
  }
}

parentPort?.on('message', (asked: RouterQuestion) => parentPort?.postMessage(answer(asked)));
