import { DEGREE, wrapped, type Place } from './geodesy';

/** Looks at a place, per place, that the search for the farthest may take; then ranges are halved. */
const LOOKS = 40;

/**
 * Indices of the places that stay when all that lie within `tolerance` metres of the line are left out (Douglas and
 * Peucker 1973), without recursion: a day's track has tens of thousands. Of a track that peels off place by place more
 * stay than need be, rather than that it takes the square of its length; none is ever further off than was asked for.
 */
export function simplified(places: readonly Place[], tolerance: number): number[] {
  if (places.length <= 2 || tolerance <= 0) return places.map((_, index) => index);
  const keeps = new Uint8Array(places.length);
  keeps[0] = keeps[places.length - 1] = 1;
  let looks = LOOKS * places.length;
  const stack: [number, number][] = [[0, places.length - 1]];
  for (let range = stack.pop(); range; range = stack.pop()) {
    const [first, last] = range;
    const farthest = farthestOf(places, first, last, tolerance);
    looks -= last - first;
    if (farthest === null) continue;
    const split = looks > 0 ? farthest : (first + last) >> 1;
    keeps[split] = 1;
    stack.push([first, split], [split, last]);
  }
  return places.flatMap((_, index) => (keeps[index] ? [index] : []));
}

/** The place between two that is farthest from the line of these; null when none is further than `tolerance` metres. */
function farthestOf(places: readonly Place[], first: number, last: number, tolerance: number): number | null {
  const origin = places[first];
  const scale = DEGREE * Math.cos((origin.lat * Math.PI) / 180);
  const endX = wrapped(places[last].lng - origin.lng) * scale;
  const endY = (places[last].lat - origin.lat) * DEGREE;
  const length2 = endX * endX + endY * endY;
  let farthest: number | null = null;
  let most = tolerance * tolerance;
  for (let index = first + 1; index < last; index++) {
    const x = wrapped(places[index].lng - origin.lng) * scale;
    const y = (places[index].lat - origin.lat) * DEGREE;
    const along = length2 === 0 ? 0 : Math.min(1, Math.max(0, (x * endX + y * endY) / length2));
    const off = (x - along * endX) ** 2 + (y - along * endY) ** 2;
    if (off > most) [farthest, most] = [index, off];
  }
  return farthest;
}
