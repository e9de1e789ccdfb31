import type { Objective, Prices, RoadTraffic } from '../../contracts/routes';
import type { LatLng } from '../../contracts/travel-times';
import { NONE, type RoadGraph } from './graph';
import { openEdges, weightsOf } from './route';
import type { Conditions, Search } from './search';
import { snap } from './snap';

export interface MatrixQuestion {
  origins: readonly LatLng[];
  destinations: readonly LatLng[];
  objective: Objective;
  prices: Prices;
  traffic?: RoadTraffic;
}

/** Whole seconds and metres from each origin (row) to each destination, row by row; NONE where no way leads. */
export interface MatrixAnswer {
  seconds: Uint32Array;
  metres: Uint32Array;
  /** Places that are not on the network: their rows and columns are empty. */
  offRoad: { origins: number[]; destinations: number[] };
}

/** One search for each origin. `goOn` is asked before each and answers false to end early. */
export function matrixOf(
  graph: RoadGraph,
  search: Search,
  { origins, destinations, objective, prices }: MatrixQuestion,
  conditions: Omit<Conditions, 'weights'>,
  goOn: (share: number) => boolean = () => true,
): MatrixAnswer {
  const weights = weightsOf(objective, prices);
  const usable = openEdges(graph, { ...conditions, weights });
  const place = ({ lat, lng }: LatLng): ReturnType<typeof snap> => snap(graph, lat, lng, usable);
  const [from, to] = [origins.map(place), destinations.map(place)];
  const seconds = new Uint32Array(origins.length * destinations.length).fill(NONE);
  const metres = seconds.slice();
  for (let row = 0; row < from.length; row++) {
    const start = from[row];
    if (!goOn(row / from.length)) break;
    if (!start) continue;
    search.ways(start, to, { ...conditions, weights }).forEach((way, column) => {
      if (!way) return;
      seconds[row * to.length + column] = Math.min(NONE - 1, Math.round(way.time / 1000));
      metres[row * to.length + column] = Math.min(NONE - 1, Math.round(way.length / 100));
    });
  }
  const missing = (places: readonly unknown[]): number[] => places.flatMap((one, k) => (one ? [] : [k]));
  return { seconds, metres, offRoad: { origins: missing(from), destinations: missing(to) } };
}
