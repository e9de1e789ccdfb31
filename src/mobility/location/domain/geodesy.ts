/** Mean radius of the earth in metres (IUGG). */
export const EARTH_RADIUS = 6_371_008.8;

const RADIANS = Math.PI / 180;
/** Metres of one degree of latitude. */
export const DEGREE = EARTH_RADIUS * RADIANS;

/** A place: degrees of WGS 84. */
export interface Place {
  lat: number;
  lng: number;
}

/** Longitude, or a difference of two, brought into [-180, 180). */
export const wrapped = (degrees: number): number => ((((degrees + 180) % 360) + 360) % 360) - 180;

/** Metres between two places on the sphere (haversine). */
export function metresBetween(a: Place, b: Place): number {
  const north = Math.sin(((b.lat - a.lat) * RADIANS) / 2);
  const east = Math.sin((wrapped(b.lng - a.lng) * RADIANS) / 2);
  const h = north * north + Math.cos(a.lat * RADIANS) * Math.cos(b.lat * RADIANS) * east * east;
  return 2 * EARTH_RADIUS * Math.asin(Math.min(1, Math.sqrt(h)));
}

/** Metres east and north of `origin`, good for some ten kilometres around it. */
export const toMetres = (origin: Place, place: Place): { x: number; y: number } => ({
  x: wrapped(place.lng - origin.lng) * DEGREE * Math.cos(origin.lat * RADIANS),
  y: (place.lat - origin.lat) * DEGREE,
});

/** The inverse of `toMetres`. */
export const fromMetres = (origin: Place, { x, y }: { x: number; y: number }): Place => ({
  lat: origin.lat + y / DEGREE,
  lng: wrapped(origin.lng + x / (DEGREE * Math.max(1e-9, Math.cos(origin.lat * RADIANS)))),
});

/** The place of a straight piece that is nearest to a point: share of its length, and metres between. */
export function nearestOnPiece(
  [fromLng, fromLat]: readonly [number, number],
  [toLng, toLat]: readonly [number, number],
  point: Place,
): { place: Place; share: number; metres: number } {
  const a = toMetres(point, { lat: fromLat, lng: fromLng });
  const b = toMetres(point, { lat: toLat, lng: toLng });
  const [dx, dy] = [b.x - a.x, b.y - a.y];
  const square = dx * dx + dy * dy;
  const share = square === 0 ? 0 : Math.min(1, Math.max(0, -(a.x * dx + a.y * dy) / square));
  const [x, y] = [a.x + share * dx, a.y + share * dy];
  return { place: fromMetres(point, { x, y }), share, metres: Math.hypot(x, y) };
}
