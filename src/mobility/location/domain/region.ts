import { DEGREE, metresBetween, wrapped, type Place } from './geodesy';
import { Outline, reaching } from './outline';
import { ringOf, unrolled, type Position } from './rings';
import type { Shape } from './shape';

/** A shape made ready for asking. Longitudes go on over the antimeridian, so that each ring is of one piece. */
export interface Region {
  /** Metres around the centre of a circle or the line of a corridor. */
  reach: number;
  /** Of a circle. */
  center: Place | null;
  /** The ring of a polygon and those of its holes. */
  rings: readonly Outline[];
  /** Of a corridor. */
  line: Outline | null;
  /** West, south, east, north in degrees, grown by nothing; east may be beyond 180. */
  box: Box;
  /** Radius of a circle, half the width of a corridor, or half of the smaller side of a polygon's box: metres. */
  size: number;
}

export type Box = [west: number, south: number, east: number, north: number];

/** Makes a shape ready for asking. */
export function regionOf(shape: Shape): Region {
  if (shape.type === 'circle') return circleOf(shape.center, shape.radius);
  if (shape.type === 'corridor') {
    const points = Float64Array.from(unrolled(shape.coordinates, shape.coordinates[0][0]).flat());
    const line = new Outline(points, points.length / 2 - 1);
    const reach = shape.width / 2;
    return { reach, center: null, rings: [], line, box: grown(line.box, reach), size: reach };
  }
  const rings = shape.coordinates.map((ring) => {
    const { points, drawn } = ringOf(ring, shape.coordinates[0][0][0]);
    return new Outline(points, drawn);
  });
  const box: Box = [Infinity, Infinity, -Infinity, -Infinity];
  for (const ring of rings) {
    const [west, south, east, north] = ring.box;
    box[0] = Math.min(box[0], west);
    box[1] = Math.min(box[1], south);
    box[2] = Math.max(box[2], east);
    box[3] = Math.max(box[3], north);
  }
  const [west, south, east, north] = box;
  const middle = Math.cos((((south + north) / 2) * Math.PI) / 180);
  const size = Math.min((east - west) * DEGREE * middle, (north - south) * DEGREE) / 2;
  return { reach: 0, center: null, rings, line: null, box, size };
}

function circleOf([lng, lat]: Position, radius: number): Region {
  const north = radius / DEGREE;
  // Where the circle reaches a pole it has every longitude.
  const across =
    Math.abs(lat) + north >= 90
      ? 180
      : Math.asin(Math.min(1, Math.sin((north * Math.PI) / 180) / Math.cos((lat * Math.PI) / 180))) * (180 / Math.PI);
  const box: Box = [lng - across, Math.max(-90, lat - north), lng + across, Math.min(90, lat + north)];
  return { reach: radius, center: { lng, lat }, rings: [], line: null, box, size: radius };
}

/** A box with so many metres more on each side. */
export function grown([west, south, east, north]: Box, metres: number): Box {
  const up = metres / DEGREE;
  const farthest = Math.min(89.9, Math.max(Math.abs(south - up), Math.abs(north + up)));
  const across = up / Math.cos((farthest * Math.PI) / 180);
  return [west - across, Math.max(-90, south - up), east + across, Math.min(90, north + up)];
}

/** The longitude of a place in the turn in which a region lies. */
const within = ({ box: [west] }: Region, lng: number): number => west + ((((lng - west) % 360) + 360) % 360);

/**
 * Metres to the edge of a region: below zero inside, zero on the edge.
 * @param inside metres inside beyond which nobody cares how many they are; the fewer, the less is to be read
 * @param outside the same outside
 */
export function distanceTo(region: Region, place: Place, inside = Infinity, outside = Infinity): number {
  if (region.center) return metresBetween(region.center, place) - region.reach;
  const x = within(region, place.lng);
  if (region.line) return region.line.distance(x, place.lat, outside + region.reach) - region.reach;
  const isIn = contains(region, x, place.lat);
  let nearest = isIn ? inside : outside;
  for (const ring of region.rings) nearest = ring.distance(x, place.lat, nearest);
  return isIn ? -nearest : nearest;
}

/** Inside, or on the edge. */
export function holds(region: Region, place: Place): boolean {
  if (region.center || region.line) return distanceTo(region, place, 0, 0.01) <= 0;
  return contains(region, within(region, place.lng), place.lat);
}

const contains = ({ rings }: Region, x: number, lat: number): boolean =>
  rings.every((ring, index) => ring.encloses(x, lat) === (index === 0));

/** The part of a way of a few kilometres, from 0 to 1, after which it first is in the region; null when it never is. */
export function entryOf(region: Region, from: Place, to: Place): number | null {
  if (holds(region, from)) return 0;
  const way = { from, lng: wrapped(to.lng - from.lng), lat: to.lat - from.lat };
  if (region.center) {
    const scale = DEGREE * Math.cos((from.lat * Math.PI) / 180);
    const [x, y] = [wrapped(region.center.lng - from.lng) * scale, (region.center.lat - from.lat) * DEGREE];
    const part = reaching(way.lng * scale, way.lat * DEGREE, x, y, 0, 0, region.reach);
    return part <= 1 ? part : null;
  }
  const x = within(region, from.lng);
  let first = Infinity;
  for (const outline of region.line ? [region.line] : region.rings)
    first = Math.min(first, outline.entry(x, way, region.reach) ?? Infinity);
  return first <= 1 ? first : null;
}
