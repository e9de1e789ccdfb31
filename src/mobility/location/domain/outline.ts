import { DEGREE, wrapped, type Place } from './geodesy';

/** Edges of a box of the lowest level, and boxes of one of the level above. */
const FAN = 8;

/** A way between two places, so short that it is straight: from where it begins, in degrees. */
export interface ShortWay {
  from: Place;
  /** Degrees to its end. */
  lng: number;
  lat: number;
}

/**
 * A line of positions that is asked again and again: how far it is to it, on which side of it a place lies, where a way first
 * meets it. Its edges lie in the order in which they were drawn under a tree of boxes, so that a question reads
 * those parts alone that may answer it. Longitudes go on over the antimeridian; nothing is an object for each edge.
 */
export class Outline {
  readonly edges: number;
  /** From the boxes of few edges up to the one of all: west, south, east, north. */
  private readonly levels: Float64Array[] = [];

  /**
   * @param points longitude and latitude of each position in turn
   * @param drawn edges that were drawn; those after them only close the line around a pole, and are no edge of anything
   */
  constructor(
    private readonly points: Float64Array,
    private readonly drawn: number,
  ) {
    this.edges = points.length / 2 - 1;
    let below = this.edges;
    for (let level = 0; level === 0 || below > 1; level++) {
      const count = Math.ceil(below / FAN);
      const boxes = new Float64Array(count * 4);
      for (let at = 0; at < count; at++) {
        let [west, south, east, north] = [Infinity, Infinity, -Infinity, -Infinity];
        const to = Math.min((at + 1) * FAN, below);
        for (let of = at * FAN; of < to; of++) {
          const source = level === 0 ? points : this.levels[level - 1];
          const [first, last] = level === 0 ? [of * 2, of * 2 + 2] : [of * 4, of * 4 + 2];
          west = Math.min(west, source[first], source[last]);
          south = Math.min(south, source[first + 1], source[last + 1]);
          east = Math.max(east, source[first], source[last]);
          north = Math.max(north, source[first + 1], source[last + 1]);
        }
        boxes.set([west, south, east, north], at * 4);
      }
      this.levels.push(boxes);
      below = count;
    }
  }

  /** West, south, east, north of all of it, in degrees. */
  get box(): [number, number, number, number] {
    const [west, south, east, north] = this.levels[this.levels.length - 1];
    return [west, south, east, north];
  }

  /**
   * Metres from a place to the line, no more than `most`. On a plane that touches the earth at the place: good to a
   * hundredth within fifty kilometres.
   * @param x longitude of the place in the turn in which the line lies
   */
  distance(x: number, lat: number, most: number): number {
    const nearest = { x, lat, scale: scaleAt(lat), best: most * most };
    this.approach(this.levels.length - 1, 0, nearest);
    return Math.sqrt(nearest.best);
  }

  private approach(level: number, at: number, to: { x: number; lat: number; scale: number; best: number }): void {
    const boxes = this.levels[level];
    const up = Math.max(boxes[at * 4 + 1] - to.lat, 0, to.lat - boxes[at * 4 + 3]) * DEGREE;
    if (up * up >= to.best) return;
    const [past, width] = [around(to.x - boxes[at * 4]), boxes[at * 4 + 2] - boxes[at * 4]];
    const across = past <= width ? 0 : Math.min(past - width, 360 - past) * to.scale;
    if (up * up + across * across >= to.best) return;
    const below = level === 0 ? this.drawn : this.levels[level - 1].length / 4;
    const end = Math.min((at + 1) * FAN, below);
    for (let of = at * FAN; of < end; of++)
      if (level === 0) to.best = Math.min(to.best, this.edgeDistance2(of, to));
      else this.approach(level - 1, of, to);
  }

  private edgeDistance2(edge: number, { x, lat, scale }: { x: number; lat: number; scale: number }): number {
    const { points } = this;
    const [lng, next] = [points[edge * 2], points[edge * 2 + 2]];
    const fx = turned(lng - x) * scale;
    const fy = (points[edge * 2 + 1] - lat) * DEGREE;
    // The edge goes on from its first end, also where it is more than half around from the place.
    const dx = (next - lng) * scale;
    const dy = (points[edge * 2 + 3] - points[edge * 2 + 1]) * DEGREE;
    const length2 = dx * dx + dy * dy;
    const along = length2 === 0 ? 0 : Math.min(1, Math.max(0, -(fx * dx + fy * dy) / length2));
    return (fx + along * dx) ** 2 + (fy + along * dy) ** 2;
  }

  /** Whether the closed line goes around a place: the even-odd rule. @param x as of `distance` */
  encloses(x: number, lat: number): boolean {
    return this.crossings(this.levels.length - 1, 0, x, lat) % 2 === 1;
  }

  /** Edges east of a place at its latitude, or a number as odd or even. */
  private crossings(level: number, at: number, x: number, lat: number): number {
    const boxes = this.levels[level];
    if (lat < boxes[at * 4 + 1] || lat >= boxes[at * 4 + 3] || x >= boxes[at * 4 + 2]) return 0;
    const { points } = this;
    if (x < boxes[at * 4]) {
      // All of it lies east: it crosses the latitude an odd number of times when its ends lie on both sides.
      const [first, last] = [at * FAN ** (level + 1), Math.min((at + 1) * FAN ** (level + 1), this.edges)];
      return points[first * 2 + 1] > lat === points[last * 2 + 1] > lat ? 0 : 1;
    }
    const below = level === 0 ? this.edges : this.levels[level - 1].length / 4;
    const end = Math.min((at + 1) * FAN, below);
    let found = 0;
    for (let of = at * FAN; of < end; of++) {
      if (level > 0) {
        found += this.crossings(level - 1, of, x, lat);
        continue;
      }
      const [ax, ay, bx, by] = [points[of * 2], points[of * 2 + 1], points[of * 2 + 2], points[of * 2 + 3]];
      if (ay > lat !== by > lat && x < ax + ((lat - ay) / (by - ay)) * (bx - ax)) found += 1;
    }
    return found;
  }

  /**
   * The part of a way, from 0 to 1, after which it first is no further than `reach` metres from the line, 0 for touching it;
   * null when it never is. Where it begins is further away than that.
   * @param x longitude of its beginning, as of `distance`
   */
  entry(x: number, way: ShortWay, reach: number): number | null {
    const scale = scaleAt(way.from.lat);
    const search: Search = {
      x,
      lat: way.from.lat,
      scale,
      reach,
      bx: way.lng * scale,
      by: way.lat * DEGREE,
      west: x + Math.min(0, way.lng) - reach / Math.max(scale, 1),
      width: Math.abs(way.lng) + (2 * reach) / Math.max(scale, 1),
      south: way.from.lat + Math.min(0, way.lat) - reach / DEGREE,
      north: way.from.lat + Math.max(0, way.lat) + reach / DEGREE,
      first: Infinity,
    };
    this.search(this.levels.length - 1, 0, search);
    return search.first <= 1 ? search.first : null;
  }

  private search(level: number, at: number, found: Search): void {
    const boxes = this.levels[level];
    if (boxes[at * 4 + 1] > found.north || boxes[at * 4 + 3] < found.south) return;
    const past = around(found.west - boxes[at * 4]);
    if (past > boxes[at * 4 + 2] - boxes[at * 4] && past + found.width < 360) return;
    const below = level === 0 ? this.drawn : this.levels[level - 1].length / 4;
    const end = Math.min((at + 1) * FAN, below);
    for (let of = at * FAN; of < end; of++) {
      if (level > 0) {
        this.search(level - 1, of, found);
        continue;
      }
      const { points } = this;
      const fx = turned(points[of * 2] - found.x) * found.scale;
      const fy = (points[of * 2 + 1] - found.lat) * DEGREE;
      const dx = (points[of * 2 + 2] - points[of * 2]) * found.scale;
      const dy = (points[of * 2 + 3] - points[of * 2 + 1]) * DEGREE;
      const part =
        found.reach === 0
          ? meeting(found.bx, found.by, fx, fy, dx, dy)
          : reaching(found.bx, found.by, fx, fy, dx, dy, found.reach);
      found.first = Math.min(found.first, part);
    }
  }
}

interface Search {
  x: number;
  lat: number;
  scale: number;
  reach: number;
  /** The end of the way in metres from its beginning. */
  bx: number;
  by: number;
  west: number;
  width: number;
  south: number;
  north: number;
  first: number;
}

/** Metres of a degree of longitude. */
const scaleAt = (lat: number): number => DEGREE * Math.cos((lat * Math.PI) / 180);

/** Degrees from one longitude eastwards to another: [0, 360). */
const around = (degrees: number): number => (degrees >= 0 && degrees < 360 ? degrees : ((degrees % 360) + 360) % 360);

/** A difference of two longitudes of neighbouring turns, brought into [-180, 180]. */
const turned = (degrees: number): number => (Math.abs(degrees) <= 180 ? degrees : wrapped(degrees));

/** The part of the way to B at which it meets the edge from F along D; infinite when it does not. */
function meeting(bx: number, by: number, fx: number, fy: number, dx: number, dy: number): number {
  const across = bx * dy - by * dx;
  if (across === 0) return Infinity;
  const part = (fx * dy - fy * dx) / across;
  const along = (fx * by - fy * bx) / across;
  return part >= 0 && part <= 1 && along >= 0 && along <= 1 ? part : Infinity;
}

/** The part of the way to B at which it comes as near as `reach` to the edge from F along D, both rounded; infinite for never. */
export function reaching(
  bx: number,
  by: number,
  fx: number,
  fy: number,
  dx: number,
  dy: number,
  reach: number,
): number {
  let first = Math.min(intoDisc(bx, by, fx, fy, reach), intoDisc(bx, by, fx + dx, fy + dy, reach));
  const length = Math.hypot(dx, dy);
  const toward = (bx * -dy + by * dx) / length;
  if (length === 0 || toward === 0) return first;
  const off = (fx * -dy + fy * dx) / length;
  for (const side of [off - reach, off + reach]) {
    const part = side / toward;
    const along = ((part * bx - fx) * dx + (part * by - fy) * dy) / (length * length);
    if (part >= 0 && part <= 1 && along >= 0 && along <= 1) first = Math.min(first, part);
  }
  return first;
}

function intoDisc(bx: number, by: number, fx: number, fy: number, reach: number): number {
  const length2 = bx * bx + by * by;
  if (length2 === 0) return Infinity;
  const closest = (fx * bx + fy * by) / length2;
  const off2 = fx * fx + fy * fy - closest * closest * length2;
  if (off2 > reach * reach) return Infinity;
  const part = closest - Math.sqrt((reach * reach - off2) / length2);
  return part >= 0 && part <= 1 ? part : Infinity;
}
