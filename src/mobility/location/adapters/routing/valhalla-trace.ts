import type { LatLng } from '../../contracts/travel-times';
import { metresBetween, nearestOnPiece } from '../../domain/geodesy';
import { errorOf, MOST_STEP, reachOf, type MatchedWay, type MatchPoint } from '../../domain/routing/match';
import { addWay, type Section } from '../../domain/routing/sections';
import { listOf, malformed, recordOf, wordsOf } from './exchange';
import { lineOf } from './polyline';
import type { TracedPart } from './provider';
import { placeNear } from './traced-track';

/** What it takes at most, if nobody changed it (metres). */
const MOST_RADIUS = 100;
/** Positions of one line, and of one edge of it, that are looked at. */
const [MOST_POSITIONS, MOST_OF_EDGE] = [50_000, 5_000];
const ATTRIBUTES = [
  ...['edge.names', 'edge.begin_shape_index', 'edge.end_shape_index', 'shape'],
  ...['matched.point', 'matched.type', 'matched.edge_index'],
  ...['matched.begin_route_discontinuity', 'matched.end_route_discontinuity'],
];

/** The question for `/trace_attributes` of Valhalla. It has one error of the receiver for all fixes: the one in their middle. */
export function valhallaTrace(points: readonly MatchPoint[]): object {
  const errors = points.map(errorOf).sort((a, b) => a - b);
  return {
    shape: points.map(({ lat, lng, fixTime }) => ({ lat, lon: lng, time: (fixTime - points[0].fixTime) / 1000 })),
    costing: 'auto',
    shape_match: 'map_snap',
    trace_options: {
      gps_accuracy: errors[Math.floor(errors.length / 2)],
      search_radius: Math.min(MOST_RADIUS, Math.max(...points.map(reachOf))),
      breakage_distance: MOST_STEP,
    },
    filters: { action: 'include', attributes: ATTRIBUTES },
  };
}

interface Edge {
  name: string;
  /** Its first and last position of the line. */
  first: number;
  last: number;
}

interface Matched {
  place: LatLng;
  /** Null where it lies before what came before: nothing leads there. */
  edge: number | null;
  /** Where on the line: a position, and share of the piece after it. */
  at: number;
  begins: boolean;
  ends: boolean;
}

/** Reads an answer of `/trace_attributes`. @throws ProviderFailed where it is none to these fixes */
export function valhallaTraced(points: readonly MatchPoint[], body: Record<string, unknown>): TracedPart {
  const told = listOf(body.matched_points, points.length).map(recordOf);
  if (typeof body.shape !== 'string') throw malformed();
  const line = lineOf(body.shape, MOST_POSITIONS);
  const edges = listOf(body.edges).map((edge) => edgeOf(edge, line.length));
  if (edges.length > MOST_POSITIONS) throw malformed();
  let [at, on] = [0, 0];
  const matched = told.map((point, k): Matched | null => {
    if (point.type !== 'matched' && point.type !== 'interpolated') return null;
    const index = point.edge_index;
    // Releases before 3.1 tell edges that are none with the largest number there is.
    const edge = typeof index === 'number' ? edges[index] : undefined;
    if (!edge) return null;
    const place = placeNear(points[k], [point.lon, point.lat]);
    const [begins, ends] = [point.begin_route_discontinuity === true, point.end_route_discontinuity === true];
    if ((index as number) < on) return { place, edge: null, at, begins, ends };
    on = index as number;
    // It stays where it was while it only seems to go back.
    at = nearestAt(line, edge, at, place);
    return { place, edge: on, at, begins, ends };
  });
  const hops: Section[] = [];
  let before = -1;
  matched.forEach((now, to) => {
    if (now === null) return;
    const last = matched[before];
    const pieces = last && !last.begins && !now.ends ? piecesOf(edges, last, now) : null;
    if (last && pieces) hops.push({ from: before, to, ...wayOf(line, pieces) });
    before = to;
  });
  return { places: matched.map((point) => point?.place ?? null), hops };
}

function edgeOf(value: unknown, length: number): Edge {
  const { names, begin_shape_index: first, end_shape_index: last } = recordOf(value);
  const isPosition = (index: unknown): index is number =>
    Number.isInteger(index) && (index as number) >= 0 && (index as number) < length;
  if (!isPosition(first) || !isPosition(last) || first > last || last - first > MOST_OF_EDGE) throw malformed();
  return { name: names === undefined ? '' : wordsOf(listOf(names)[0]), first, last };
}

/** The place of an edge that is nearest to another, no earlier on the line than `least`. */
function nearestAt(line: readonly [number, number][], { first, last }: Edge, least: number, place: LatLng): number {
  let [best, nearest] = [Math.min(last, Math.max(first, least)), Infinity];
  for (let k = Math.max(first, Math.floor(least)); k < last; k++) {
    const { share, metres } = nearestOnPiece(line[k], line[k + 1], place);
    const at = Math.max(least, k + share);
    if (metres < nearest) [nearest, best] = [metres, at];
  }
  return best;
}

/** A part of an edge, by places of the line. */
interface Piece {
  name: string;
  from: number;
  to: number;
}

/** What of which edges lies between two fixes; null where these are not connected. */
function piecesOf(edges: readonly Edge[], from: Matched, to: Matched): Piece[] | null {
  if (from.edge === null || to.edge === null) return null;
  const pieces: Piece[] = [];
  for (let k = from.edge; k <= to.edge; k++) {
    const { name, first, last } = edges[k];
    if (k > from.edge && first !== edges[k - 1].last) return null;
    pieces.push({ name, from: Math.max(first, from.at), to: Math.min(last, to.at) });
  }
  return pieces;
}

function wayOf(
  line: readonly [number, number][],
  pieces: readonly Piece[],
): Pick<Section, 'metres' | 'ways' | 'coordinates'> {
  const ways: MatchedWay[] = [];
  const coordinates: Section['coordinates'] = [placeAt(line, pieces[0].from)];
  let whole = 0;
  for (const { name, from, to } of pieces) {
    const part = [placeAt(line, from)];
    for (let k = Math.floor(from) + 1; k < to; k++) part.push(line[k]);
    part.push(placeAt(line, to));
    let metres = 0;
    for (let k = 1; k < part.length; k++) {
      const [a, b] = [part[k - 1], part[k]];
      if (a[0] === b[0] && a[1] === b[1]) continue;
      metres += metresBetween({ lng: a[0], lat: a[1] }, { lng: b[0], lat: b[1] });
      coordinates.push(b);
    }
    if (metres > 0) addWay(ways, { name, ref: '', metres });
    whole += metres;
  }
  return { metres: whole, ways, coordinates };
}

/** A place of a line: a position, and share of the piece after it. */
function placeAt(line: readonly [number, number][], at: number): [lng: number, lat: number] {
  const k = Math.min(Math.floor(at), line.length - 1);
  const share = at - k;
  if (share <= 0 || k + 1 >= line.length) return line[k];
  const [a, b] = [line[k], line[k + 1]];
  return [a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1])];
}
