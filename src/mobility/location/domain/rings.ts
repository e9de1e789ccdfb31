import { wrapped } from './geodesy';

/** A GeoJSON position: longitude, latitude. */
export type Position = [lng: number, lat: number];

/** A ring as one line; one that goes around a pole is closed over that pole by edges after those that were drawn. */
export function ringOf(ring: readonly Position[], near: number): { points: Float64Array; drawn: number } {
  const line = unrolled(ring, near);
  const [first, last] = [line[0], line[line.length - 1]];
  const drawn = line.length - 1;
  if (Math.abs(last[0] - first[0]) > 180) {
    // A little beyond, so that the pole itself lies within.
    const pole = ring.reduce((sum, [, lat]) => sum + lat, 0) >= 0 ? 91 : -91;
    line.push([last[0], pole], [first[0], pole], first);
  }
  return { points: Float64Array.from(line.flat()), drawn };
}

/** Longitudes that go on from one to the next, beginning with the turn of `near`. */
export function unrolled(line: readonly Position[], near: number): Position[] {
  let lng = near + wrapped(line[0][0] - near);
  return line.map(([next, lat]) => {
    lng += wrapped(next - lng);
    return [lng, lat];
  });
}
