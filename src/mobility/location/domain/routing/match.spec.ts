import { at, graphOf, madeTown, type MadeRoads } from '../../../../../test/support/made-roads';
import { SeededRandom } from '../optimization/random';
import { metresBetween } from '../geodesy';
import { Matcher, type MatchAnswer, type MatchPoint } from './match';
import { Search } from './search';
import { snap } from './snap';

const START = Date.UTC(2026, 2, 1, 8);

/** A number of a normal distribution (Box and Muller 1958). */
const normal = (random: SeededRandom): number =>
  Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());

/** A drive along a line at so many m/s, told every so many seconds with an error. */
function driven(line: readonly [number, number][], speed: number, every: number, sigma: number, random: SeededRandom) {
  const points: MatchPoint[] = [];
  let left = 0;
  let fixTime = START;
  for (let k = 1; k < line.length; k++) {
    const [a, b] = [line[k - 1], line[k]].map(([lng, lat]) => ({ lat, lng }));
    const length = metresBetween(a, b);
    for (; left <= length; left += speed * every, fixTime += every * 1000) {
      const place = { lat: a.lat + (left / length) * (b.lat - a.lat), lng: a.lng + (left / length) * (b.lng - a.lng) };
      const off = at(sigma * normal(random), sigma * normal(random));
      const home = at(0, 0);
      points.push({
        ...{ lat: place.lat + off.lat - home.lat, lng: place.lng + off.lng - home.lng },
        ...{ fixTime, accuracy: sigma },
      });
    }
    left -= length;
  }
  const [lng, lat] = line[line.length - 1];
  points.push({ lat, lng, fixTime, accuracy: sigma });
  return { points };
}

/** In parts of so many fixes, each going on with where the one before ended; sections that go on are put together. */
function inParts(matcher: Matcher, points: readonly MatchPoint[], size: number): MatchAnswer {
  const all: MatchAnswer = { places: [], sections: [], settled: points.length, start: null };
  for (let first = 0, start: MatchAnswer['start'] = null; first < points.length;) {
    const more = first + size < points.length;
    const part = matcher.match({ points: points.slice(first, first + size), start, more });
    all.places.push(...part.places.slice(0, part.settled));
    for (const section of part.sections) {
      const last = all.sections.at(-1);
      if (section.joined && last) {
        last.to = section.to + first;
        last.metres += section.metres;
        last.coordinates.push(...section.coordinates.slice(1));
      } else all.sections.push({ ...section, from: section.from + first, to: section.to + first });
    }
    first += part.settled;
    start = part.start;
  }
  return all;
}

const graph = graphOf(madeTown(20, 7));
const [search, matcher] = [new Search(graph), new Matcher(graph)];

/** A way of half a kilometre or more: its edges, its line and its metres. */
function someWay(random: SeededRandom) {
  const somewhere = () => {
    const { lat, lng } = at(random.below(1_900), random.below(1_900));
    return snap(graph, lat, lng)!;
  };
  for (;;) {
    const way = search.way(somewhere(), somewhere(), { weights: { time: 0, length: 1 } });
    if (!way || way.cost < 50_000) continue;
    const line: [number, number][] = [];
    for (const { arc, from, to } of way.pieces) {
      const [[aLng, aLat], [bLng, bLat]] = graph.shape(arc);
      for (const share of line.length === 0 ? [from, to] : [to])
        line.push([aLng + share * (bLng - aLng), aLat + share * (bLat - aLat)]);
    }
    return { edges: way.pieces.map(({ arc }) => arc >> 1), line, metres: way.cost / 100 };
  }
}

/** Edges that the lines of an answer go along. */
function edgesOf({ sections }: MatchAnswer): number[] {
  const edges: number[] = [];
  for (const { coordinates } of sections)
    for (let k = 1; k < coordinates.length; k++) {
      const [a, b] = [coordinates[k - 1], coordinates[k]];
      const on = snap(graph, (a[1] + b[1]) / 2, (a[0] + b[0]) / 2);
      if (on && on.metres < 1 && edges.at(-1) !== on.edge) edges.push(on.edge);
    }
  return edges;
}

/** Length of the longest row of edges that is in both in the same order. */
function inOrder(a: readonly number[], b: readonly number[]): number {
  let row = new Array<number>(b.length + 1).fill(0);
  for (const edge of a) {
    const next = [0];
    b.forEach((other, k) => next.push(edge === other ? row[k] + 1 : Math.max(row[k + 1], next[k])));
    row = next;
  }
  return row[b.length];
}

const metresOf = ({ sections }: MatchAnswer): number => sections.reduce((sum, { metres }) => sum + metres, 0);
/** A straight road of so many metres at a distance north, and one that crosses none. */
const straight = (...norths: number[]): MadeRoads => ({
  nodes: Object.fromEntries(
    norths.flatMap((y, k) => [0, 1_000, 2_000, 3_000].map((x, n) => [10 * k + n + 1, [x, y]])),
  ) as MadeRoads['nodes'],
  ways: norths.map((_, k) => ({
    ...{ id: 100 + k, nodes: [1, 2, 3, 4].map((n) => 10 * k + n), tags: { name: `Road ${k}` } },
  })),
});
const told = (x: number, y: number, seconds: number, accuracy = 10): MatchPoint => ({
  ...at(x, y),
  ...{ fixTime: START + seconds * 1000, accuracy },
});

describe('matching a track to roads', () => {
  it.each([
    [5, 5],
    [10, 5],
    [20, 10],
    [15, 2],
  ])('finds the roads that were driven, in their order (error of %i m, every %i s)', (sigma, every) => {
    const random = new SeededRandom(sigma * 100 + every);
    let [right, all, driving, found] = [0, 0, 0, 0];
    for (let k = 0; k < 10; k++) {
      const { edges, line, metres } = someWay(random);
      const { points } = driven(line, 12, every, sigma, random);
      const answer = matcher.match({ points, start: null, more: false });
      right += inOrder(edges, edgesOf(answer));
      all += edges.length;
      driving += metres;
      found += metresOf(answer);
    }
    expect(right / all).toBeGreaterThanOrEqual(0.95);
    expect(Math.abs(found - driving) / driving).toBeLessThan(sigma > every * 5 ? 0.12 : 0.05);
  });

  it('comes to the same in parts as at once', () => {
    const random = new SeededRandom(5);
    for (let k = 0; k < 3; k++) {
      const { points } = driven(someWay(random).line, 12, 1, 8, random);
      const whole = matcher.match({ points, start: null, more: false });
      const parts = inParts(matcher, points, 70);
      expect(parts.places).toHaveLength(points.length);
      expect(inOrder(edgesOf(parts), edgesOf(whole))).toBeGreaterThanOrEqual(0.97 * edgesOf(whole).length);
      expect(Math.abs(metresOf(parts) - metresOf(whole)) / metresOf(whole)).toBeLessThan(0.03);
      expect(parts.sections).toHaveLength(whole.sections.length);
    }
  });

  it('keeps to one of two parallel roads, although single fixes are nearer to the other', () => {
    const roads = graphOf({
      ...straight(0, 25),
      ...{
        ways: [...straight(0, 25).ways, { id: 200, nodes: [1, 11], tags: {} }, { id: 201, nodes: [4, 14], tags: {} }],
      },
    });
    const random = new SeededRandom(3);
    const points = Array.from({ length: 150 }, (_, k) => told(300 + k * 15, 8 * normal(random), k));
    expect(points.filter(({ lat }) => lat > at(0, 12.5).lat).length).toBeGreaterThan(3);
    const { sections, places } = new Matcher(roads).match({ points, start: null, more: false });
    expect(sections.map(({ ways }) => ways.map(({ name }) => name))).toEqual([['Road 0']]);
    expect(places.every((place) => typeof place === 'object' && Math.abs(place.lat - at(0, 0).lat) < 1e-6)).toBe(true);
    expect(Math.abs(sections[0].metres - 149 * 15)).toBeLessThan(40);
  });

  it('flags all where no road is near, and parts where the network was left', () => {
    const roads = new Matcher(graphOf(straight(0)));
    const far = Array.from({ length: 20 }, (_, k) => told(100 * k, 900, k * 10));
    expect(roads.match({ points: far, start: null, more: false })).toEqual({
      ...{ places: far.map(() => 'no-road'), sections: [], settled: 20, start: null },
    });
    // Along the road, ten fixes over a field, and along the road again.
    const points = Array.from({ length: 30 }, (_, k) => told(100 * k, k > 9 && k < 20 ? 400 : 0, k * 10));
    const { places, sections } = roads.match({ points, start: null, more: false });
    expect(places.flatMap((place, k) => (place === 'no-road' ? [k] : []))).toEqual([
      10, 11, 12, 13, 14, 15, 16, 17, 18, 19,
    ]);
    expect(sections.map(({ from, to }) => [from, to])).toEqual([
      [0, 9],
      [20, 29],
    ]);
    sections.forEach(({ metres }) => expect(Math.abs(metres - 900)).toBeLessThan(5));
    // One that is off alone parts nothing, and is flagged itself.
    const one = points.map((point, k) => (k > 9 && k < 20 ? told(100 * k, k === 12 ? 400 : 0, k * 10) : point));
    const bridged = roads.match({ points: one, start: null, more: false });
    expect(bridged.sections.map(({ from, to }) => [from, to])).toEqual([[0, 29]]);
    expect(bridged.places.flatMap((place, k) => (place === 'no-road' ? [k] : []))).toEqual([12]);
  });

  it('breaks at a silence, at a leap, and where no way leads on', () => {
    const roads = new Matcher(graphOf(straight(0, 300)));
    const ends = (points: readonly MatchPoint[]) =>
      roads.match({ points, start: null, more: false }).sections.map(({ from, to }) => [from, to]);
    const way = (y: (k: number) => number, seconds: (k: number) => number) =>
      Array.from({ length: 20 }, (_, k) => told(100 * k, y(k), seconds(k)));
    const halves = [
      [0, 9],
      [10, 19],
    ];
    expect(
      ends(
        way(
          () => 0,
          (k) => k * 10,
        ),
      ),
    ).toEqual([[0, 19]]);
    expect(
      ends(
        way(
          () => 0,
          (k) => k * 10 + (k > 9 ? 400 : 0),
        ),
      ),
    ).toEqual(halves);
    expect(
      ends(
        way(
          (k) => (k > 9 ? 300 : 0),
          (k) => k * 10,
        ),
      ),
    ).toEqual(halves);
    const leap = way(
      () => 0,
      (k) => k * 10,
    ).map((point, k) => (k > 9 ? { ...point, ...at(2_950 + k, 0) } : point));
    expect(ends(leap.slice(0, 11))).toEqual([[0, 9]]);
    const alone = roads.match({ points: leap.slice(0, 11), start: null, more: false }).places;
    expect(alone[10]).toBe('alone');
  });

  it('stands for twenty minutes without a break, at once and in parts', () => {
    const roads = new Matcher(graphOf(straight(0)));
    const random = new SeededRandom(11);
    const points = Array.from({ length: 1_400 }, (_, k) =>
      told((k < 100 ? k * 10 : k < 1_300 ? 1_000 : (k - 1_200) * 10) + 2 * normal(random), 2 * normal(random), k),
    );
    for (const { sections, places } of [
      roads.match({ points, start: null, more: false }),
      inParts(roads, points, 500),
    ]) {
      expect(sections.map(({ from, to }) => [from, to > 1_390])).toEqual([[0, true]]);
      expect(Math.abs(sections[0].metres - 2_000)).toBeLessThan(100);
      expect(places.filter((place) => typeof place === 'string')).toEqual([]);
    }
  });

  it('does not take a road for driven that is many deviations away', () => {
    const roads = new Matcher(graphOf(straight(0)));
    const beside = (accuracy: number) =>
      roads.match({
        points: Array.from({ length: 5 }, (_, k) => told(500 + 100 * k, 49, 10 * k, accuracy)),
        ...{ start: null, more: false },
      }).places;
    expect(beside(4)).toEqual(Array(5).fill('no-road'));
    expect(beside(10).every((place) => typeof place === 'object')).toBe(true);
  });

  it('searches no farther than to what it looks for', () => {
    const random = new SeededRandom(21);
    const own = new Matcher(graph);
    let fixes = 0;
    for (let k = 0; k < 5; k++) {
      const { points } = driven(someWay(random).line, 12, 30, 5, random);
      own.match({ points, start: null, more: false });
      fixes += points.length;
    }
    expect(own.settled / fixes).toBeLessThan(220);
  });

  it('stays where it stands, whatever the receiver says', () => {
    const roads = new Matcher(graphOf(straight(0)));
    const random = new SeededRandom(9);
    const points = Array.from({ length: 400 }, (_, k) =>
      told((k < 100 ? k * 10 : k < 300 ? 1_000 : (k - 200) * 10) + 8 * normal(random), 8 * normal(random), k),
    );
    const { sections, places } = roads.match({ points, start: null, more: false });
    expect(sections).toHaveLength(1);
    expect(Math.abs(sections[0].metres - 2_000)).toBeLessThan(150);
    expect(places.filter((place) => typeof place === 'string')).toEqual([]);
  });
});
