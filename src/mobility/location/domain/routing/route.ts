import type { LatLng } from '../../contracts/travel-times';
import type { Objective, PlannedWay, Prices, RoadTraffic, RouteAnswer } from '../../contracts/routes';
import { Narrator } from './instructions';
import { bearingOf } from './geometry';
import { NONE, PER_DEGREE, type RoadGraph } from './graph';
import type { Conditions, Piece, Search, Way, Weights } from './search';
import { snap, type Snapped } from './snap';

/** A further route must be at least so different, and at most so much dearer (Abraham et al. 2013 call for both). */
export const MOST_SHARED = 0.7;
export const MOST_DEARER = 1.3;
const PENALTY = 1.4;
/** Times that another route is looked for; each is a search from each waypoint to the next. */
const [MOST_TRIES, LEAST_TRIES, MOST_SEARCHES] = [12, 4, 120];

export interface RouteQuestion {
  waypoints: readonly LatLng[];
  objective: Objective;
  /** Further routes at most. */
  alternatives: number;
  prices: Prices;
  traffic?: RoadTraffic;
}

/** Places that are not on the network, by number. */
export class OffRoad extends Error {
  constructor(readonly places: number[]) {
    super('places are not on the road network');
  }
}

/** No road leads from one waypoint (by number) to the next. */
export class NoWay extends Error {
  constructor(readonly from: number) {
    super('no way leads there');
  }
}

/** The weights of an objective: cost counts both, in hundred-thousandths of a kilometre and milliseconds. */
export const weightsOf = (objective: Objective, { perKm, perHour }: Prices): Weights =>
  objective === 'time'
    ? { time: 1, length: 0 }
    : objective === 'distance'
      ? { time: 0, length: 1 }
      : { time: perHour / 3_600_000, length: perKm / 100_000 };

/** Is a road there for cars: open at present, or where time is least, soon enough to be waited for? */
export const openEdges =
  (graph: RoadGraph, { weights, slow, stored, departMs = 0 }: Conditions) =>
  (edge: number): boolean =>
    (graph.at.arcTime[2 * edge] !== NONE || graph.at.arcTime[2 * edge + 1] !== NONE) &&
    slow?.get(edge) !== Infinity &&
    (weights.length === 0
      ? stored?.openAt(stored.of(edge), departMs) !== Infinity
      : stored?.factorAt(edge, departMs) !== Infinity);

/** Plans routes over the network. @throws OffRoad, NoWay */
export function planRoute(
  graph: RoadGraph,
  search: Search,
  question: RouteQuestion,
  conditions: Omit<Conditions, 'weights'>,
): RouteAnswer {
  const { waypoints, objective, prices } = question;
  const weights = weightsOf(objective, prices);
  const usable = openEdges(graph, { ...conditions, weights });
  const snapped = waypoints.map(({ lat, lng }) => snap(graph, lat, lng, usable));
  const off = snapped.flatMap((place, k) => (place ? [] : [k]));
  if (off.length > 0) throw new OffRoad(off);
  const places = snapped as Snapped[];
  const found = legsOf(search, places, { ...conditions, weights });
  if (typeof found === 'number') throw new NoWay(found);
  const ways = [found];
  if (question.alternatives > 0)
    ways.push(...alternatives(graph, search, places, found, { ...conditions, weights }, question.alternatives));
  return {
    source: 'road',
    routes: ways.map((route) => describe(graph, search, route, question, { ...conditions, weights }, places)),
    waypoints: places.map(({ lat, lng, metres }) => ({ lat, lng, metresFromRoad: Math.round(metres * 10) / 10 })),
    notes: [],
  };
}

/** The way of each leg, which sets out when the one before it ends. @returns the number of the first waypoint from which none leads on */
function legsOf(search: Search, places: readonly Snapped[], conditions: Conditions): Way[] | number {
  const legs: Way[] = [];
  let { departMs } = conditions;
  for (let k = 0; k + 1 < places.length; k++) {
    const way = search.way(places[k], places[k + 1], { ...conditions, departMs });
    if (!way) return k;
    legs.push(way);
    if (departMs !== undefined) departMs += search.measure(way.pieces, { ...conditions, departMs }).time;
  }
  return legs;
}

/**
 * Further routes through the same places: the roads of those found are made dearer until others are better (penalty method; Chen, Bell &
 * Bogenberger 2007). What is shared and what it costs is told of the whole route: a leg to which one road leads is the same in all.
 */
export function alternatives(
  graph: RoadGraph,
  search: Search,
  places: readonly Snapped[],
  best: readonly Way[],
  conditions: Conditions,
  most: number,
): Way[][] {
  const penalty = new Float32Array(graph.edges).fill(1);
  const found: (readonly Way[])[] = [best];
  const further: Way[][] = [];
  const cost = costOf(search, best, conditions);
  const dearer = (legs: readonly Way[]): void => {
    for (const edge of edgesOf(legs)) penalty[edge] *= PENALTY;
  };
  dearer(best);
  const mostTries = Math.max(LEAST_TRIES, Math.min(MOST_TRIES, Math.floor(MOST_SEARCHES / best.length)));
  for (let tries = 0; tries < mostTries && further.length < most; tries++) {
    const legs = legsOf(search, places, { ...conditions, penalty });
    if (typeof legs === 'number') break;
    dearer(legs);
    if (costOf(search, legs, conditions) > cost * MOST_DEARER) continue;
    if (found.some((one) => shared(graph, legs, one) > MOST_SHARED) || legs.some(repeats)) continue;
    found.push(legs);
    further.push(legs);
  }
  return further;
}

const edgesOf = (legs: readonly Way[]): Set<number> =>
  new Set(legs.flatMap(({ pieces }) => pieces.map(({ arc }) => arc >> 1)));

/** Share of a route's length that another uses too, the larger of both views. */
export function shared(graph: RoadGraph, a: readonly Way[], b: readonly Way[]): number {
  const metresOf = (legs: readonly Way[], edges?: ReadonlySet<number>): number => {
    let sum = 0;
    for (const { pieces } of legs)
      for (const { arc, from, to } of pieces)
        if (edges?.has(arc >> 1) ?? true) sum += graph.at.edgeLength[arc >> 1] * (to - from);
    return sum;
  };
  const views = [
    metresOf(a, edgesOf(b)) / Math.max(1, metresOf(a)),
    metresOf(b, edgesOf(a)) / Math.max(1, metresOf(b)),
  ];
  return Math.max(...views);
}

const repeats = ({ pieces }: Way): boolean => new Set(pieces.map(({ arc }) => arc >> 1)).size < pieces.length;

/** Of the way as it is driven, without penalties. */
function costOf(search: Search, legs: readonly Way[], conditions: Conditions): number {
  let { departMs } = conditions;
  let cost = 0;
  for (const { pieces } of legs) {
    const { time, length } = search.measure(pieces, { ...conditions, departMs });
    cost += conditions.weights.time * time + conditions.weights.length * length;
    if (departMs !== undefined) departMs += time;
  }
  return cost;
}

function describe(
  graph: RoadGraph,
  search: Search,
  legs: readonly Way[],
  { objective, prices, waypoints }: RouteQuestion,
  conditions: Conditions,
  places: readonly Snapped[],
): PlannedWay {
  let departMs = conditions.departMs ?? 0;
  const line: [number, number][] = [];
  const described = legs.map(({ pieces }, k) => {
    const times: number[] = [];
    let passed = 0;
    for (let n = 0; n < pieces.length; n++) {
      const now = { ...conditions, departMs: departMs + passed };
      const turn = n > 0 && pieces[n - 1].arc !== pieces[n].arc ? graph.turnTime(pieces[n - 1].arc, pieces[n].arc) : 0;
      const spent = turn + search.measure([pieces[n]], { ...now, departMs: now.departMs + turn }).time;
      times.push(spent / 1000);
      passed += spent;
    }
    departMs += passed;
    const narrator = new Narrator(graph, (piece) => times[piece]);
    for (const piece of pieces)
      for (const point of narrator.line(piece)) {
        const last = line[line.length - 1];
        if (!last || last[0] !== point[0] || last[1] !== point[1]) line.push(point);
      }
    return narrator.leg(pieces, k === legs.length - 1, sideOf(graph, pieces, waypoints[k + 1], places[k + 1]));
  });
  if (line.length === 1) line.push(line[0]);
  const metres = described.reduce((sum, leg) => sum + leg.metres, 0);
  const seconds = described.reduce((sum, leg) => sum + leg.seconds, 0);
  const round = (value: number): number => Math.round(value * 10) / 10;
  return {
    metres: round(metres),
    seconds: round(seconds),
    cost:
      objective === 'cost'
        ? Math.round(((metres / 1000) * prices.perKm + (seconds / 3600) * prices.perHour) * 100) / 100
        : null,
    legs: described.map((leg) => ({ ...leg, metres: round(leg.metres), seconds: round(leg.seconds) })),
    geometry: {
      type: 'LineString',
      coordinates: line.map(([lng, lat]) => [
        Math.round(lng * PER_DEGREE) / PER_DEGREE,
        Math.round(lat * PER_DEGREE) / PER_DEGREE,
      ]),
    },
  };
}

/** On which side of the road a place lies; null where it is on the road. */
function sideOf(graph: RoadGraph, pieces: readonly Piece[], place: LatLng, on: Snapped): 'left' | 'right' | null {
  if (on.metres < 5) return null;
  const { arc, to } = pieces[pieces.length - 1];
  const shape = graph.shape(arc);
  const [a, b] = [
    shape[Math.max(0, Math.ceil(to * (shape.length - 1)) - 1)],
    shape[Math.max(1, Math.ceil(to * (shape.length - 1)))],
  ];
  const units = ([lng, lat]: readonly number[]): [number, number] => [lat * PER_DEGREE, lng * PER_DEGREE];
  const road = bearingOf(...units(a), ...units(b));
  const aside = bearingOf(...units([on.lng, on.lat]), ...units([place.lng, place.lat]));
  return ((aside - road) & 255) < 128 ? 'right' : 'left';
}
