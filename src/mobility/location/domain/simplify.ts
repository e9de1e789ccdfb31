import { toMetres, type Place } from './geodesy';

/**
 * Indices of the places that stay when all that lie within `tolerance` metres of the line are left out (Douglas and
 * Peucker 1973), without recursion: a day's track has tens of thousands.
 */
export function simplified(places: readonly Place[], tolerance: number): number[] {
  if (places.length <= 2 || tolerance <= 0) return places.map((_, index) => index);
  const keeps = new Uint8Array(places.length);
  keeps[0] = keeps[places.length - 1] = 1;
  const stack: [number, number][] = [[0, places.length - 1]];
  for (let range = stack.pop(); range; range = stack.pop()) {
    const [first, last] = range;
    const end = toMetres(places[first], places[last]);
    const length2 = end.x * end.x + end.y * end.y;
    let farthest = -1;
    let most = tolerance * tolerance;
    for (let index = first + 1; index < last; index++) {
      const { x, y } = toMetres(places[first], places[index]);
      const along = length2 === 0 ? 0 : Math.min(1, Math.max(0, (x * end.x + y * end.y) / length2));
      const off = (x - along * end.x) ** 2 + (y - along * end.y) ** 2;
      if (off > most) [farthest, most] = [index, off];
    }
    if (farthest < 0) continue;
    keeps[farthest] = 1;
    stack.push([first, farthest], [farthest, last]);
  }
  return places.flatMap((_, index) => (keeps[index] ? [index] : []));
}
