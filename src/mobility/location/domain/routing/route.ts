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
const MOST_TRIES = 12;

export interface RouteQuestion {
  waypoints: readonly LatLng[];
  objective: Objective;
  /** Further routes at most; only between two waypoints. */
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
  const ways: Way[][] = [];
  const legs: Way[] = [];
  let departMs = conditions.departMs;
  for (let k = 0; k + 1 < places.length; k++) {
    const way = search.way(places[k], places[k + 1], { ...conditions, departMs, weights });
    if (!way) throw new NoWay(k);
    legs.push(way);
    if (departMs !== undefined) departMs += search.measure(way.pieces, { ...conditions, departMs, weights }).time;
  }
  ways.push(legs);
  if (places.length === 2 && question.alternatives > 0)
    for (const way of alternatives(graph, search, places, legs[0], { ...conditions, weights }, question.alternatives))
      ways.push([way]);
  return {
    source: 'road',
    routes: ways.map((route) => describe(graph, search, route, question, { ...conditions, weights }, places)),
    waypoints: places.map(({ lat, lng, metres }) => ({ lat, lng, metresFromRoad: Math.round(metres * 10) / 10 })),
    notes: [],
  };
}

/** Further ways: the roads of those found are made dearer until others are better (penalty method; Chen, Bell & Bogenberger 2007). */
export function alternatives(
  graph: RoadGraph,
  search: Search,
  [from, to]: readonly Snapped[],
  best: Way,
  conditions: Conditions,
  most: number,
): Way[] {
  const penalty = new Float32Array(graph.edges).fill(1);
  const found = [best];
  const cost = costOf(graph, search, best, conditions);
  const dearer = ({ pieces }: Way): void => {
    for (const { arc } of pieces) penalty[arc >> 1] *= PENALTY;
  };
  dearer(best);
  for (let tries = 0; tries < MOST_TRIES && found.length <= most; tries++) {
    const way = search.way(from, to, { ...conditions, penalty });
    if (!way) break;
    dearer(way);
    if (costOf(graph, search, way, conditions) > cost * MOST_DEARER) continue;
    if (found.some((one) => shared(graph, way, one) > MOST_SHARED) || repeats(way)) continue;
    found.push(way);
  }
  return found.slice(1);
}

/** Share of a way's length that another uses too, the larger of both views. */
export function shared(graph: RoadGraph, a: Way, b: Way): number {
  const lengthOf = ({ arc, from, to }: Piece): number => graph.at.edgeLength[arc >> 1] * (to - from);
  const sum = (pieces: readonly Piece[]): number => pieces.reduce((all, piece) => all + lengthOf(piece), 0);
  const edges = new Set(b.pieces.map(({ arc }) => arc >> 1));
  const both = sum(a.pieces.filter(({ arc }) => edges.has(arc >> 1)));
  return both / Math.max(1, Math.min(sum(a.pieces), sum(b.pieces)));
}

const repeats = ({ pieces }: Way): boolean => new Set(pieces.map(({ arc }) => arc >> 1)).size < pieces.length;

function costOf(graph: RoadGraph, search: Search, way: Way, conditions: Conditions): number {
  const { time, length } = search.measure(way.pieces, conditions);
  return conditions.weights.time * time + conditions.weights.length * length;
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
