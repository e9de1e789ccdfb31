import { wrapped } from './geodesy';
import { ringOf, type Position } from './rings';

/** What a fence encloses. Radius and width in metres; polygons by RFC 7946, the first ring the outer one, others holes. */
export type Shape =
  | { type: 'circle'; center: Position; radius: number }
  | { type: 'Polygon'; coordinates: Position[][] }
  | { type: 'corridor'; coordinates: Position[]; width: number };

export const MOST_VERTICES = 5_000;
const MOST_RADIUS = 500_000;

/** What is wrong with a shape, and where: `pointer` goes on from the shape. */
export interface ShapeFault {
  code: 'shape' | 'position' | 'radius' | 'width' | 'too-few' | 'too-many' | 'not-closed' | 'self-crossing';
  pointer: string;
  detail: string;
}

const isPosition = (value: unknown): value is Position =>
  Array.isArray(value) &&
  value.length >= 2 &&
  value.length <= 3 &&
  value.every((part) => typeof part === 'number' && Number.isFinite(part)) &&
  Math.abs(value[0] as number) <= 180 &&
  Math.abs(value[1] as number) <= 90;
const isMetres = (value: unknown, most: number): value is number =>
  typeof value === 'number' && Number.isFinite(value) && value >= 1 && value <= most;
const BAD_POSITION = 'A position is [longitude, latitude] in degrees.';

/** Positions that a shape is drawn with. */
export function positionsOf(shape: Shape): number {
  if (shape.type === 'circle') return 1;
  if (shape.type === 'corridor') return shape.coordinates.length;
  return shape.coordinates.reduce((sum, ring) => sum + ring.length, 0);
}

/** As `readingShape`, at once. */
export function readShape(raw: unknown): Shape | ShapeFault {
  const reading = readingShape(raw);
  for (;;) {
    const { done, value } = reading.next();
    if (done) return value;
  }
}

/**
 * Reads a shape, which may be anything, in pieces of a few milliseconds.
 * @returns the shape, in our own copy, or what is wrong with it
 */
export function* readingShape(raw: unknown): Generator<void, Shape | ShapeFault> {
  const said = (typeof raw === 'object' && raw !== null ? raw : {}) as Record<string, unknown>;
  if (said.type === 'circle') {
    if (!isPosition(said.center)) return { code: 'position', pointer: '/center', detail: BAD_POSITION };
    if (!isMetres(said.radius, MOST_RADIUS))
      return { code: 'radius', pointer: '/radius', detail: `A radius is 1 to ${MOST_RADIUS} metres.` };
    return { type: 'circle', center: flat(said.center), radius: said.radius };
  }
  if (said.type === 'corridor') {
    const line = readLine(said.coordinates, '/coordinates');
    if ('code' in line) return line;
    if (line.length < 2)
      return { code: 'too-few', pointer: '/coordinates', detail: 'A corridor has two positions or more.' };
    if (!isMetres(said.width, 20_000))
      return { code: 'width', pointer: '/width', detail: 'A width is 1 to 20000 metres.' };
    return { type: 'corridor', coordinates: line, width: said.width };
  }
  if (said.type === 'Polygon') return yield* readPolygon(said.coordinates);
  return { code: 'shape', pointer: '/type', detail: 'A shape is a circle, a Polygon or a corridor.' };
}

const flat = ([lng, lat]: Position): Position => [lng, lat];

function readLine(raw: unknown, pointer: string): Position[] | ShapeFault {
  if (!Array.isArray(raw)) return { code: 'shape', pointer, detail: 'A list of positions is expected.' };
  if (raw.length > MOST_VERTICES)
    return { code: 'too-many', pointer, detail: `A shape has at most ${MOST_VERTICES} positions.` };
  const bad = raw.findIndex((it) => !isPosition(it));
  if (bad >= 0) return { code: 'position', pointer: `${pointer}/${bad}`, detail: BAD_POSITION };
  // A position that is given twice in a row is one.
  const line = (raw as Position[]).map(flat);
  return line.filter((it, index) => index === 0 || it[0] !== line[index - 1][0] || it[1] !== line[index - 1][1]);
}

function* readPolygon(raw: unknown): Generator<void, Shape | ShapeFault> {
  if (!Array.isArray(raw) || raw.length === 0)
    return { code: 'shape', pointer: '/coordinates', detail: 'A polygon has a ring of positions.' };
  let vertices = 0;
  for (const ring of raw) vertices += Array.isArray(ring) ? ring.length : 0;
  if (vertices > MOST_VERTICES)
    return { code: 'too-many', pointer: '/coordinates', detail: `A shape has at most ${MOST_VERTICES} positions.` };
  const rings: Position[][] = [];
  for (const [index, said] of raw.entries()) {
    const pointer = `/coordinates/${index}`;
    const ring = readLine(said, pointer);
    if ('code' in ring) return ring;
    const [first, last] = [ring[0], ring[ring.length - 1]];
    if (ring.length < 4)
      return { code: 'too-few', pointer, detail: 'A ring has three corners or more, and its first again.' };
    if (first[0] !== last[0] || first[1] !== last[1])
      return { code: 'not-closed', pointer, detail: 'The last position of a ring is its first.' };
    rings.push(ring);
  }
  const crossing = yield* selfCrossing(rings);
  if (crossing) return crossing;
  return { type: 'Polygon', coordinates: rings };
}

/** Pairs of edges that are compared in one piece: some milliseconds. */
const PIECE = 100_000;

/**
 * The first place where edges of the rings cross, from west to east. Pairs of which a look at their boxes, upright and
 * askew, shows that they are apart are not compared further.
 */
function* selfCrossing(rings: readonly Position[][]): Generator<void, ShapeFault | null> {
  const edges: { ring: number; corner: number; at: number }[] = [];
  const lines = rings.map((ring) => ringOf(ring, rings[0][0][0]));
  const total = lines.reduce((sum, { drawn }) => sum + drawn, 0);
  /** Both ends of each edge. */
  const ends = new Float64Array(total * 4);
  /** Least and most of longitude, latitude, their sum and their difference. */
  const bounds = new Float64Array(total * 8);
  for (const [ring, { points, drawn }] of lines.entries())
    for (let corner = 0; corner < drawn; corner++) {
      const at = edges.length;
      const [ax, ay, bx, by] = points.subarray(corner * 2, corner * 2 + 4);
      ends.set([ax, ay, bx, by], at * 4);
      for (const [axis, [a, b]] of [
        [ax, bx],
        [ay, by],
        [ax + ay, bx + by],
        [ax - ay, bx - by],
      ].entries())
        bounds.set([Math.min(a, b), Math.max(a, b)], at * 8 + axis * 2);
      edges.push({ ring, corner, at });
    }
  edges.sort((a, b) => bounds[a.at * 8] - bounds[b.at * 8]);
  const order = Uint32Array.from(edges, ({ at }) => at);
  let compared = 0;
  for (let i = 0; i < total; i++) {
    const p = order[i] * 8;
    const east = bounds[p + 1];
    for (let j = i + 1; j < total; j++) {
      const q = order[j] * 8;
      if (bounds[q] > east) break;
      if (++compared % PIECE === 0) yield;
      if (bounds[q + 2] > bounds[p + 3] || bounds[q + 3] < bounds[p + 2]) continue;
      if (bounds[q + 4] > bounds[p + 5] || bounds[q + 5] < bounds[p + 4]) continue;
      if (bounds[q + 6] > bounds[p + 7] || bounds[q + 7] < bounds[p + 6]) continue;
      if (!cross(ends, order[i] * 4, order[j] * 4)) continue;
      const { ring, corner } = edges[i];
      const [lng, lat] = [ends[order[i] * 4], ends[order[i] * 4 + 1]];
      return {
        code: 'self-crossing',
        pointer: `/coordinates/${ring}/${corner}`,
        detail: `The edge that begins at [${wrapped(lng)}, ${lat}] crosses or lies on another one.`,
      };
    }
  }
  return null;
}

/** Edges that share no more than a corner do not cross. Called for millions of pairs: nothing is made on the way. */
function cross(ends: Float64Array, p: number, q: number): boolean {
  const px = ends[p];
  const py = ends[p + 1];
  const pdx = ends[p + 2] - px;
  const pdy = ends[p + 3] - py;
  const qx = ends[q];
  const qy = ends[q + 1];
  const qex = ends[q + 2];
  const qey = ends[q + 3];
  // On which side of the one the ends of the other lie.
  const s1 = pdx * (qy - py) - pdy * (qx - px);
  const s2 = pdx * (qey - py) - pdy * (qex - px);
  if ((s1 > 0 && s2 > 0) || (s1 < 0 && s2 < 0)) return false;
  if (s1 !== 0 || s2 !== 0) {
    if (s1 === 0 || s2 === 0) return false;
    const qdx = qex - qx;
    const qdy = qey - qy;
    const s3 = qdx * (py - qy) - qdy * (px - qx);
    const s4 = qdx * (py + pdy - qy) - qdy * (px + pdx - qx);
    return (s3 > 0 && s4 < 0) || (s3 < 0 && s4 > 0);
  }
  // On one line: they cross where they lie on each other.
  const axis = Math.abs(pdx) >= Math.abs(pdy) ? 0 : 1;
  const low = Math.max(Math.min(ends[p + axis], ends[p + 2 + axis]), Math.min(ends[q + axis], ends[q + 2 + axis]));
  const high = Math.min(Math.max(ends[p + axis], ends[p + 2 + axis]), Math.max(ends[q + axis], ends[q + 2 + axis]));
  return high > low;
}
