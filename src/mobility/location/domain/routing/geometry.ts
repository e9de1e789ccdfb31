import { metresBetween } from '../optimization/matrices';
import { PER_DEGREE } from './graph';

const RADIANS = Math.PI / 180;
/** Metres of a degree of latitude, by the mean radius. */
const DEGREE = 6_371_008.8 * RADIANS;

/** Metres between two stored points. */
export const metresOf = (latA: number, lngA: number, latB: number, lngB: number): number =>
  metresBetween({ lat: latA / PER_DEGREE, lng: lngA / PER_DEGREE }, { lat: latB / PER_DEGREE, lng: lngB / PER_DEGREE });

/** Compass bearing from one stored point to another, 0 north to 256 (a whole circle). */
export function bearingOf(latA: number, lngA: number, latB: number, lngB: number): number {
  const scale = Math.cos(((latA + latB) / 2 / PER_DEGREE) * RADIANS);
  const degrees = Math.atan2(wrap(lngB - lngA) * scale, latB - latA) / RADIANS;
  return Math.round(((degrees + 360) % 360) / (360 / 256)) & 255;
}

/** A difference of stored longitudes the short way round. */
const wrap = (difference: number): number => {
  const circle = 360 * PER_DEGREE;
  return difference > circle / 2 ? difference - circle : difference < -circle / 2 ? difference + circle : difference;
};

/** The point of a stored segment that is nearest: share of the segment, and metres (in the plane that touches there). */
export function nearestOn(
  lat: number,
  lng: number,
  latA: number,
  lngA: number,
  latB: number,
  lngB: number,
): { share: number; metres: number } {
  const metre = DEGREE / PER_DEGREE;
  const scale = Math.cos((lat / PER_DEGREE) * RADIANS) * metre;
  const [ax, ay] = [wrap(lngA - lng) * scale, (latA - lat) * metre];
  const [bx, by] = [wrap(lngB - lng) * scale, (latB - lat) * metre];
  const [dx, dy] = [bx - ax, by - ay];
  const square = dx * dx + dy * dy;
  const share = square === 0 ? 0 : Math.min(1, Math.max(0, -(ax * dx + ay * dy) / square));
  return { share, metres: Math.hypot(ax + share * dx, ay + share * dy) };
}
