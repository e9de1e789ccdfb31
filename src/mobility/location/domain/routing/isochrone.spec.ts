import { at, graphOf, madeTown } from '../../../../../test/support/made-roads';
import { metresBetween } from '../optimization/matrices';
import { SeededRandom } from '../optimization/random';
import { areaOf, Field, groundWithin, type Polygons, type Ring } from './contour';
import { PER_DEGREE } from './graph';
import { guessedReach, reachOf, type ReachQuestion } from './isochrone';
import { Search } from './search';
import { snap } from './snap';
import { Traffic } from './traffic';

const inRing = (ring: Ring, lng: number, lat: number): boolean => {
  let inside = false;
  for (let k = 0; k + 1 < ring.length; k++) {
    const [[ax, ay], [bx, by]] = [ring[k], ring[k + 1]];
    if (ay > lat !== by > lat && lng < ax + ((lat - ay) / (by - ay)) * (bx - ax)) inside = !inside;
  }
  return inside;
};
const within = (ground: Polygons, lng: number, lat: number): boolean =>
  ground.some(([exterior, ...holes]) => inRing(exterior, lng, lat) && !holes.some((hole) => inRing(hole, lng, lat)));

/** How many corners two rings have in common, or one has twice: lines through the middles of sides neither cross nor touch. */
const touching = (ground: Polygons): number => {
  const corners = ground.flat().flatMap((ring) => ring.slice(1).map(String));
  return corners.length - new Set(corners).size;
};

function expectValid(ground: Polygons): void {
  for (const [exterior, ...holes] of ground) {
    expect(areaOf(exterior)).toBeGreaterThan(0);
    for (const hole of holes) expect(areaOf(hole)).toBeLessThan(0);
    for (const ring of [exterior, ...holes]) {
      expect(ring.length).toBeGreaterThanOrEqual(4);
      expect(ring.at(-1)).toEqual(ring[0]);
    }
    for (const [[lng, lat]] of holes) expect(inRing(exterior, lng, lat)).toBe(true);
  }
  expect(touching(ground)).toBe(0);
}

const nested = (inner: Polygons, outer: Polygons): boolean =>
  inner.flat(2).every(([lng, lat]) =>
    // A corner that both share lies in neither: one step towards the inside of the narrower does.
    [
      [1e-5, 0],
      [-1e-5, 0],
      [0, 1e-5],
      [0, -1e-5],
    ].every(([x, y]) => !within(inner, lng + x, lat + y) || within(outer, lng + x, lat + y)),
  );

describe('the ground that is reached', () => {
  const graph = graphOf(madeTown(14, 9));
  const search = new Search(graph);
  const nodes = Array.from({ length: graph.nodes }, (_, node) => ({
    lat: graph.at.nodeLat[node] / PER_DEGREE,
    lng: graph.at.nodeLng[node] / PER_DEGREE,
  }));

  it.each([
    ['minutes', [1, 2, 3, 4], 3],
    ['metres', [300, 800, 1_500], 4],
    ['minutes', [2.5, 5], 5],
  ] as const)('holds what is reached and nothing far from it, in %s %j', (measure, bands, seed) => {
    const random = new SeededRandom(seed);
    const rush = Array.from({ length: 24 }, (_, hour) => (hour === 8 ? 2 : 1));
    for (let turn = 0; turn < 2; turn++) {
      const center = at(300 + random.below(800), 300 + random.below(800));
      const from = snap(graph, center.lat, center.lng)!;
      const slow = new Map([[random.below(graph.edges), Infinity]]);
      const traffic = turn % 2 ? new Traffic({ all: rush }, 0) : null;
      const conditions = { slow, traffic, departMs: Date.UTC(2026, 2, 2, 7, 58) };
      const { grounds, cellMetres } = reachOf(graph, search, { center, measure, bands }, conditions);
      const weights = measure === 'minutes' ? { time: 1, length: 0 } : { time: 0, length: 1 };
      const unit = measure === 'minutes' ? 60_000 : 100;
      // What the search itself says of every junction, without any limit.
      const cost = new Array<number>(graph.nodes).fill(Infinity);
      const reached: { lat: number; lng: number; spent: number }[] = [];
      search.within(from, Infinity, { ...conditions, weights }, ({ arc, from: begin, to }, begun, ended) => {
        cost[graph.goal(arc)] = Math.min(cost[graph.goal(arc)], ended);
        const shape = graph.shape(arc);
        const [a, b] = [shape[0], shape[shape.length - 1]];
        for (let k = 0; k <= 10; k++) {
          const share = begin + ((to - begin) * k) / 10;
          const place = { lng: a[0] + share * (b[0] - a[0]), lat: a[1] + share * (b[1] - a[1]) };
          reached.push({ ...place, spent: begun + ((ended - begun) * k) / 10 });
        }
      });
      grounds.forEach((ground, k) => {
        expectValid(ground);
        const limit = bands[k] * unit;
        const near = reached.filter(({ spent }) => spent <= limit);
        const missing: number[] = [];
        nodes.forEach((node, n) => {
          const inside = within(ground, node.lng, node.lat);
          if (cost[n] <= limit && !inside) missing.push(n);
          if (cost[n] > limit && inside)
            expect(Math.min(...near.map((one) => metresBetween(one, node)))).toBeLessThan(2.2 * cellMetres);
        });
        expect(missing).toEqual([]);
        if (k > 0) expect(nested(grounds[k - 1], ground)).toBe(true);
      });
    }
  });

  it('has holes where nothing is reached, and parts that lie in them', () => {
    const field = new Field({ west: 0, south: 0, east: 12, north: 12 }, 1, 1);
    for (let x = 0.5; x < 12; x++)
      for (let y = 0.5; y < 12; y++) {
        const away = Math.max(Math.abs(x - 6), Math.abs(y - 6));
        if (away > 5 || away < 1) field.lower(x, y, away > 5 ? 1 : 2);
      }
    const [narrow, wide] = [groundWithin(field, 1), groundWithin(field, 2)];
    expect([narrow.map((polygon) => polygon.length), wide.map((polygon) => polygon.length)]).toEqual([[2], [2, 1]]);
    for (const ground of [narrow, wide]) expectValid(ground);
    expect(nested(narrow, wide)).toBe(true);
  });

  it('is nested and valid by any field', () => {
    const random = new SeededRandom(77);
    for (let turn = 0; turn < 10; turn++) {
      const field = new Field({ west: 0, south: 0, east: 0.01, north: 0.01 }, 0.001, 0.001);
      for (let k = 0; k < 40; k++) field.lower(random.below(100) / 1e4, random.below(100) / 1e4, random.below(5));
      for (let k = 0; k < field.values.length; k++) if (random.below(4) === 0) field.values[k] = random.below(5);
      const grounds = [0, 1, 2, 3, 4].map((most) => groundWithin(field, most));
      grounds.forEach(expectValid);
      for (let k = 1; k < grounds.length; k++) expect(nested(grounds[k - 1], grounds[k])).toBe(true);
    }
  });

  it('is guessed where there are no roads, cut at the antimeridian and at the poles', () => {
    const guess = (lat: number, lng: number, more: Partial<ReachQuestion> = {}): Polygons[] =>
      guessedReach({ center: { lat, lng }, measure: 'metres', bands: [13_000, 65_000], ...more }).grounds;
    for (const [lat, lng, parts] of [
      [38.7, -9.1, 1],
      [-17, 179.9, 2],
      [89.9, 0, 1],
      [-89.95, 179, 2],
    ]) {
      const grounds = guess(lat, lng);
      expect(grounds[1]).toHaveLength(parts);
      for (const ground of grounds) {
        expectValid(ground);
        for (const [x, y] of ground.flat(2)) expect(Math.abs(x) <= 180 && Math.abs(y) <= 90).toBe(true);
      }
      expect(nested(grounds[0], grounds[1])).toBe(true);
    }
    // 50 km away, by the great circle.
    const [, wide] = guess(0, 0);
    expect([within(wide, 0.44, 0), within(wide, 0.46, 0)]).toEqual([true, false]);
    const [ten] = guess(0, 0, { measure: 'minutes', bands: [10] });
    expect([within(ten, 0, 0.056), within(ten, 0, 0.06)]).toEqual([true, false]);
  });
});
