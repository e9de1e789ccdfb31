/** Mean radius of the Earth (IUGG), metres. */
const EARTH_METRES = 6_371_008.8;
const RADIANS = Math.PI / 180;

/** Distances in the plane, row by row. */
export function euclideanMatrix(points: readonly { x: number; y: number }[]): Float64Array {
  const size = points.length;
  const matrix = new Float64Array(size * size);
  for (let a = 0; a < size; a++)
    for (let b = a + 1; b < size; b++)
      matrix[a * size + b] = matrix[b * size + a] = Math.hypot(points[a].x - points[b].x, points[a].y - points[b].y);
  return matrix;
}

/** Metres along the great circle between two places (haversine; Sinnott 1984). */
export function metresBetween(a: { lat: number; lng: number }, b: { lat: number; lng: number }): number {
  const north = Math.sin(((b.lat - a.lat) * RADIANS) / 2);
  const east = Math.sin(((b.lng - a.lng) * RADIANS) / 2);
  const part = north * north + Math.cos(a.lat * RADIANS) * Math.cos(b.lat * RADIANS) * east * east;
  return 2 * EARTH_METRES * Math.asin(Math.sqrt(Math.min(1, part)));
}

/** Metres along great circles, row by row. */
export function greatCircleMatrix(points: readonly { lat: number; lng: number }[]): Float64Array {
  const size = points.length;
  const matrix = new Float64Array(size * size);
  for (let a = 0; a < size; a++)
    for (let b = a + 1; b < size; b++)
      matrix[a * size + b] = matrix[b * size + a] = metresBetween(points[a], points[b]);
  return matrix;
}

/** A given matrix, flat; null and negative entries are ways that do not exist. */
export function givenMatrix(rows: readonly (readonly (number | null)[])[]): Float64Array {
  const size = rows.length;
  const matrix = new Float64Array(size * size);
  rows.forEach((row, a) => {
    row.forEach((value, b) => (matrix[a * size + b] = a === b ? 0 : value === null || value < 0 ? Infinity : value));
  });
  return matrix;
}
