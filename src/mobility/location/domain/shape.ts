import { DEGREE, metresBetween, toMetres, wrapped, type Place } from './geodesy';

/** A GeoJSON position: longitude, latitude. */
export type Position = [lng: number, lat: number];

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

interface Segment {
  a: Position;
  b: Position;
  /** Part of no edge that was drawn: leads around a pole. */
  seam: boolean;
}

/** A shape made ready for asking. Longitudes go on over the antimeridian, so that each ring is of one piece. */
export interface Region {
  shape: Shape;
  rings: Segment[][];
  /** West, south, east, north in degrees, grown by nothing; east may be beyond 180. */
  box: [number, number, number, number];
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

/** Reads a shape, which may be anything. @returns the shape, in our own copy, or what is wrong with it */
export function readShape(raw: unknown): Shape | ShapeFault {
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
  if (said.type === 'Polygon') return readPolygon(said.coordinates);
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

function readPolygon(raw: unknown): Shape | ShapeFault {
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
  const crossing = selfCrossing(rings);
  if (crossing) return crossing;
  return { type: 'Polygon', coordinates: rings };
}

const side = (a: Position, b: Position, c: Position): number =>
  Math.sign((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]));

/** Edges that share no more than a corner do not cross. */
function cross(p: Segment, q: Segment): boolean {
  const [s1, s2] = [side(p.a, p.b, q.a), side(p.a, p.b, q.b)];
  const [s3, s4] = [side(q.a, q.b, p.a), side(q.a, q.b, p.b)];
  if (s1 * s2 < 0 && s3 * s4 < 0) return true;
  // On one line: they cross where they lie on each other.
  if (s1 !== 0 || s2 !== 0) return false;
  const axis = Math.abs(p.a[0] - p.b[0]) >= Math.abs(p.a[1] - p.b[1]) ? 0 : 1;
  const low = Math.max(Math.min(p.a[axis], p.b[axis]), Math.min(q.a[axis], q.b[axis]));
  const high = Math.min(Math.max(p.a[axis], p.b[axis]), Math.max(q.a[axis], q.b[axis]));
  return high > low;
}

/** The first place where edges of the rings cross, from west to east. */
function selfCrossing(rings: readonly Position[][]): ShapeFault | null {
  const edges = rings.flatMap((ring, index) =>
    ringOf(ring, rings[0][0][0])
      .filter(({ seam }) => !seam)
      .map((edge, corner) => ({
        ...edge,
        index,
        corner,
        west: Math.min(edge.a[0], edge.b[0]),
        east: Math.max(edge.a[0], edge.b[0]),
      })),
  );
  edges.sort((a, b) => a.west - b.west);
  for (let i = 0; i < edges.length; i++)
    for (let j = i + 1; j < edges.length && edges[j].west <= edges[i].east; j++)
      if (cross(edges[i], edges[j])) {
        const { index, corner, a } = edges[i];
        return {
          code: 'self-crossing',
          pointer: `/coordinates/${index}/${corner}`,
          detail: `The edge that begins at [${wrapped(a[0])}, ${a[1]}] crosses or lies on another one.`,
        };
      }
  return null;
}

/** The edges of a ring, its longitudes going on from the first; one that goes around a pole is closed over that pole. */
function ringOf(ring: readonly Position[], near: number): Segment[] {
  const line = unrolled(ring, near);
  const edges = edgesOf(line);
  const [first, last] = [line[0], line[line.length - 1]];
  if (Math.abs(last[0] - first[0]) > 180) {
    // A little beyond, so that the pole itself lies within.
    const pole = ring.reduce((sum, [, lat]) => sum + lat, 0) >= 0 ? 91 : -91;
    const corners: Position[] = [last, [last[0], pole], [first[0], pole], first];
    edges.push(...edgesOf(corners).map((edge) => ({ ...edge, seam: true })));
  }
  return edges;
}

const edgesOf = (line: readonly Position[]): Segment[] =>
  line.slice(1).map((b, index) => ({ a: line[index], b, seam: false }));

function unrolled(line: readonly Position[], near: number): Position[] {
  let lng = near + wrapped(line[0][0] - near);
  return line.map(([next, lat]) => {
    lng += wrapped(next - lng);
    return [lng, lat];
  });
}

/** Makes a shape ready for asking. */
export function regionOf(shape: Shape): Region {
  if (shape.type === 'circle') {
    const [lng, lat] = shape.center;
    const north = shape.radius / DEGREE;
    // Where the circle reaches a pole it has every longitude.
    const reach =
      Math.abs(lat) + north >= 90
        ? 180
        : Math.asin(Math.min(1, Math.sin((north * Math.PI) / 180) / Math.cos((lat * Math.PI) / 180))) * (180 / Math.PI);
    return { shape, rings: [], box: [lng - reach, Math.max(-90, lat - north), lng + reach, Math.min(90, lat + north)] };
  }
  const rings =
    shape.type === 'corridor'
      ? [edgesOf(unrolled(shape.coordinates, shape.coordinates[0][0]))]
      : shape.coordinates.map((ring) => ringOf(ring, shape.coordinates[0][0][0]));
  const box: Region['box'] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const { a, b } of rings.flat())
    for (const [lng, lat] of [a, b]) {
      box[0] = Math.min(box[0], lng);
      box[1] = Math.min(box[1], lat);
      box[2] = Math.max(box[2], lng);
      box[3] = Math.max(box[3], lat);
    }
  return { shape, rings, box: shape.type === 'corridor' ? grown(box, shape.width / 2) : box };
}

/** A box with so many metres more on each side. */
export function grown([west, south, east, north]: Region['box'], metres: number): Region['box'] {
  const up = metres / DEGREE;
  const farthest = Math.min(89.9, Math.max(Math.abs(south - up), Math.abs(north + up)));
  const across = up / Math.cos((farthest * Math.PI) / 180);
  return [west - across, Math.max(-90, south - up), east + across, Math.min(90, north + up)];
}

/** Metres to the edge of a region: below zero inside, zero on the edge. */
export function distanceTo(region: Region, place: Place): number {
  const { shape, rings } = region;
  if (shape.type === 'circle')
    return metresBetween({ lng: shape.center[0], lat: shape.center[1] }, place) - shape.radius;
  let nearest = Infinity;
  for (const ring of rings)
    for (const edge of ring) if (!edge.seam) nearest = Math.min(nearest, metresToEdge(edge, place));
  if (shape.type === 'corridor') return nearest - shape.width / 2;
  return rings.every((ring, index) => encloses(ring, place, region.box) === (index === 0)) ? -nearest : nearest;
}

function metresToEdge({ a, b }: Segment, place: Place): number {
  const [from, to] = [toMetres(place, { lng: a[0], lat: a[1] }), toMetres(place, { lng: b[0], lat: b[1] })];
  // The edge goes on from its first end, also where it is more than half around from the place.
  const scale = DEGREE * Math.cos((place.lat * Math.PI) / 180);
  to.x = from.x + (b[0] - a[0]) * scale;
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const length2 = dx * dx + dy * dy;
  const along = length2 === 0 ? 0 : Math.min(1, Math.max(0, -(from.x * dx + from.y * dy) / length2));
  return metresBetween(place, { lng: a[0] + along * (b[0] - a[0]), lat: a[1] + along * (b[1] - a[1]) });
}

/** Even-odd rule; the place is brought to the turn of the longitudes in which the region lies. */
function encloses(ring: readonly Segment[], { lat, lng }: Place, [west]: Region['box']): boolean {
  const x = west + ((((lng - west) % 360) + 360) % 360);
  let inside = false;
  for (const { a, b } of ring) {
    if (a[1] > lat === b[1] > lat) continue;
    if (x < a[0] + ((lat - a[1]) / (b[1] - a[1])) * (b[0] - a[0])) inside = !inside;
  }
  return inside;
}

/** Radius of a circle, half the width of a corridor, or half of the smaller side of a polygon's box: metres. */
export function sizeOf({ shape, box: [west, south, east, north] }: Region): number {
  if (shape.type === 'circle') return shape.radius;
  if (shape.type === 'corridor') return shape.width / 2;
  const middle = Math.cos((((south + north) / 2) * Math.PI) / 180);
  return Math.min((east - west) * DEGREE * middle, (north - south) * DEGREE) / 2;
}
