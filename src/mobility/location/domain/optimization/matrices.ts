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

/** Metres along great circles (haversine; Sinnott 1984), row by row. */
export function greatCircleMatrix(points: readonly { lat: number; lng: number }[]): Float64Array {
  const size = points.length;
  const matrix = new Float64Array(size * size);
  for (let a = 0; a < size; a++)
    for (let b = a + 1; b < size; b++) {
      const [p, q] = [points[a], points[b]];
      const north = Math.sin(((q.lat - p.lat) * RADIANS) / 2);
      const east = Math.sin(((q.lng - p.lng) * RADIANS) / 2);
      const part = north * north + Math.cos(p.lat * RADIANS) * Math.cos(q.lat * RADIANS) * east * east;
      matrix[a * size + b] = matrix[b * size + a] = 2 * EARTH_METRES * Math.asin(Math.sqrt(Math.min(1, part)));
    }
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
