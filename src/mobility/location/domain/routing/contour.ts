/** A ring of positions [lng, lat], the first one again at its end; exteriors run counter-clockwise, holes clockwise (RFC 7946, 3.1.6). */
export type Ring = [lng: number, lat: number][];
/** GeoJSON coordinates of a MultiPolygon. */
export type Polygons = Ring[][];

/** Positions are written in millionths of a degree (11 cm). */
const PLACES = 1e6;
/** The free corners around a field, so that what lies in it never touches its border. */
const MARGIN = 2;

export interface Extent {
  west: number;
  south: number;
  east: number;
  north: number;
}

/** Least values at the corners of a grid over the ground. Degrees; longitudes may run past 180. Without a value: Infinity. */
export class Field {
  readonly columns: number;
  readonly rows: number;
  readonly values: Float64Array;
  private readonly west: number;
  private readonly south: number;

  constructor(
    { west, south, east, north }: Extent,
    /** Degrees. */
    readonly cellLng: number,
    readonly cellLat: number,
  ) {
    this.west = west - MARGIN * cellLng;
    this.south = south - MARGIN * cellLat;
    this.columns = Math.ceil((east - west) / cellLng) + 2 * MARGIN + 1;
    this.rows = Math.ceil((north - south) / cellLat) + 2 * MARGIN + 1;
    this.values = new Float64Array(this.columns * this.rows).fill(Infinity);
  }

  lng(column: number): number {
    return this.west + column * this.cellLng;
  }

  lat(row: number): number {
    return this.south + row * this.cellLat;
  }

  /** Says what a place costs: the four corners of its cell cost no more, so that the cell as a whole lies within. */
  lower(lng: number, lat: number, value: number): void {
    const first = Math.floor((lat - this.south) / this.cellLat) * this.columns;
    const at = first + Math.floor((lng - this.west) / this.cellLng);
    for (const corner of [at, at + 1, at + this.columns, at + this.columns + 1])
      if (value < this.values[corner]) this.values[corner] = value;
  }
}

/** Sides of a cell: bottom, right, top, left. */
const [B, R, T, L] = [0, 1, 2, 3];
/**
 * Lines through a cell, from side to side, with what is inside to their left; by which corners are inside (1 south-west, 2 south-east,
 * 4 north-east, 8 north-west). Corners that face each other over a cell are kept apart.
 */
const LINES: readonly (readonly [from: number, to: number])[][] = [
  [],
  [[B, L]],
  [[R, B]],
  [[R, L]],
  [[T, R]],
  [
    [B, L],
    [T, R],
  ],
  [[T, B]],
  [[T, L]],
  [[L, T]],
  [[B, T]],
  [
    [R, B],
    [L, T],
  ],
  [[R, T]],
  [[L, R]],
  [[B, R]],
  [[L, B]],
  [],
];

/**
 * The ground where a field is at most `most`: marching squares (the cells of Lorensen & Cline 1987 in the plane) with lines through the
 * middles of sides. No two lines share a middle, so rings neither cross nor touch; and as more corners are inside, each cell's part only grows, so a
 * higher `most` holds a lower one. Cut at the antimeridian (RFC 7946, 3.1.9).
 */
export function groundWithin(field: Field, most: number): Polygons {
  const polygons: Polygons = [];
  const half = field.cellLng / 2;
  for (const turn of [-360, 0, 360]) {
    if (field.lng(0) > turn + 180 || field.lng(field.columns - 1) < turn - 180) continue;
    const inside = new Uint8Array(field.values.length);
    for (let row = 1; row < field.rows - 1; row++) {
      if (Math.abs(field.lat(row)) > 90 - field.cellLat / 2) continue;
      for (let column = 1; column < field.columns - 1; column++) {
        const at = row * field.columns + column;
        if (field.values[at] <= most && Math.abs(field.lng(column) - turn) <= 180 - half) inside[at] = 1;
      }
    }
    polygons.push(...outlines(field, inside, turn));
  }
  return polygons;
}

function outlines(field: Field, inside: Uint8Array, turn: number): Polygons {
  const next = linked(field, inside);
  const group = groupsOf(field, inside);
  const found = new Map<number, { exterior: Ring | null; holes: Ring[] }>();
  for (let start = 0; start < next.length; start++) {
    if (next[start] < 0) continue;
    const path: number[] = [];
    for (let at = start; next[at] >= 0;) {
      path.push(at);
      const to = next[at];
      next[at] = -1;
      at = to;
    }
    const ring = ringOf(field, path, turn);
    const corner = start >> 1;
    const other = corner + (start & 1 ? field.columns : 1);
    const owner = group[inside[corner] ? corner : other];
    const polygon = found.get(owner) ?? { exterior: null, holes: [] };
    if (areaOf(ring) > 0) polygon.exterior = ring;
    else polygon.holes.push(ring);
    found.set(owner, polygon);
  }
  return [...found.values()].flatMap(({ exterior, holes }) => (exterior ? [[exterior, ...holes]] : []));
}

/** From each middle of a side that a line passes (2 × corner: the side to the east of it, + 1: to the north) to the next; else -1. */
function linked({ columns, rows }: Field, inside: Uint8Array): Int32Array {
  const next = new Int32Array(2 * columns * rows).fill(-1);
  for (let row = 0; row + 1 < rows; row++)
    for (let column = 0; column + 1 < columns; column++) {
      const at = row * columns + column;
      const above = at + columns;
      const corners = inside[at] | (inside[at + 1] << 1) | (inside[above + 1] << 2) | (inside[above] << 3);
      if (corners === 0 || corners === 15) continue;
      const sides = [2 * at, 2 * (at + 1) + 1, 2 * above, 2 * at + 1];
      for (const [from, to] of LINES[corners]) next[sides[from]] = sides[to];
    }
  return next;
}

/** Corners that are inside and neighbours along a side, numbered by group. */
function groupsOf({ columns }: Field, inside: Uint8Array): Int32Array {
  const group = new Int32Array(inside.length).fill(-1);
  const open: number[] = [];
  for (let first = 0; first < inside.length; first++) {
    if (!inside[first] || group[first] >= 0) continue;
    group[first] = first;
    open.push(first);
    for (let at = open.pop(); at !== undefined; at = open.pop())
      for (const to of [at - 1, at + 1, at - columns, at + columns])
        if (inside[to] && group[to] < 0) {
          group[to] = first;
          open.push(to);
        }
  }
  return group;
}

function ringOf(field: Field, path: readonly number[], turn: number): Ring {
  const points = path.map((side): [number, number] => {
    const corner = side >> 1;
    const [row, column] = [Math.floor(corner / field.columns), corner % field.columns];
    return side & 1 ? [column, row + 0.5] : [column + 0.5, row];
  });
  // What lies on the line between its neighbours says nothing.
  const bends = points.filter(([x, y], k) => {
    const [ax, ay] = points[(k + points.length - 1) % points.length];
    const [bx, by] = points[(k + 1) % points.length];
    return (x - ax) * (by - y) !== (bx - x) * (y - ay);
  });
  const round = (value: number): number => Math.round(value * PLACES) / PLACES;
  const ring = bends.map(([x, y]): [number, number] => [round(field.lng(x) - turn), round(field.lat(y))]);
  return [...ring, ring[0]];
}

/** Twice the area in square degrees; negative where it runs clockwise. */
export function areaOf(ring: Ring): number {
  let sum = 0;
  for (let k = 0; k + 1 < ring.length; k++) sum += ring[k][0] * ring[k + 1][1] - ring[k + 1][0] * ring[k][1];
  return sum;
}
