import { SeededRandom } from '../optimization/random';
import { at, graphOf, madeTown } from '../../../../../test/support/made-roads';
import { plainly } from '../../../../../test/support/plain-ways';
import { measureRoads } from './measure-roads';
import { alternatives, planRoute, shared, weightsOf } from './route';
import { Search, type Conditions, type Way } from './search';
import { snap, type Snapped } from './snap';
import { Traffic } from './traffic';

const PRICES = { perKm: 0.3, perHour: 25 };

describe('the search', () => {
  const graph = graphOf(madeTown(18, 7));
  const search = new Search(graph);
  const random = new SeededRandom(11);
  const somewhere = (): Snapped => {
    const { lat, lng } = at(random.below(1_800), random.below(1_800));
    return snap(graph, lat, lng)!;
  };
  const rush = Array.from({ length: 24 }, (_, hour) => (hour === 8 || hour === 17 ? 6 : hour === 9 ? 1.5 : 1));
  const rushHour = new Traffic({ all: rush, primary: rush.map((factor) => factor * 1.5) }, 60);
  const fixed = (value: number | undefined): string => (value ?? Infinity).toPrecision(10);

  it.each(['time', 'distance', 'cost'] as const)(
    'finds what plain Dijkstra finds, least in %s (1,000 pairs in all)',
    (objective) => {
      const slow = new Map(
        Array.from({ length: 40 }, (_, k) => [random.below(graph.edges), k % 4 === 0 ? Infinity : 1 + k / 10]),
      );
      const conditions: Conditions = {
        weights: weightsOf(objective, PRICES),
        slow: objective === 'time' ? slow : null,
      };
      let [led, unled] = [0, 0];
      for (let k = 0; k < 17; k++) {
        const from = somewhere();
        const least = plainly(graph, from, conditions);
        const targets = Array.from({ length: 20 }, somewhere);
        const many = search.ways(from, targets, conditions);
        targets.forEach((to, n) => {
          const expected = fixed(least(to));
          const way = search.way(from, to, conditions);
          led += search.settled;
          expect([fixed(way?.cost), fixed(many[n]?.cost)]).toEqual([expected, expected]);
          if (!way) return;
          const { time, length } = search.measure(way.pieces, conditions);
          expect(fixed(time * conditions.weights.time + length * conditions.weights.length)).toBe(expected);
          search.ways(from, [to], conditions);
          unled += search.settled;
        });
      }
      expect(led).toBeLessThan(unled / 2);
    },
  );

  it('never arrives earlier for leaving later, and minds the hour', () => {
    const conditions = { weights: weightsOf('time', PRICES), traffic: rushHour };
    let departures = 0;
    for (let k = 0; k < 25; k++) {
      const [from, to] = [somewhere(), somewhere()];
      let last = 0;
      for (let minute = 410; minute < 500; minute += 2) {
        const departMs = minute * 60_000;
        const way = search.way(from, to, { ...conditions, departMs });
        if (!way) break;
        departures++;
        expect(departMs + way.cost).toBeGreaterThanOrEqual(last - 1e-6);
        last = departMs + way.cost;
        expect(way.cost).toBeCloseTo(search.measure(way.pieces, { ...conditions, departMs }).time, 3);
      }
    }
    expect(departures).toBeGreaterThan(1_000);
    // Half an hour at a quarter of the speed, then freely: 60 km/h road of 40 km entered at 8:30.
    expect(
      new Traffic({ all: Array.from({ length: 24 }, (_, hour) => (hour === 8 ? 4 : 1)) }, 0).duration(
        0,
        8.5 * 3_600_000,
        2_400_000,
      ),
    ).toBe(1_800_000 + (2_400_000 - 450_000));
  });

  it('stops measuring ways for a plan when it is asked to', () => {
    const places = Array.from({ length: 4 }, (_, k) => at(100 + 300 * k, 200));
    let left = 3;
    expect(measureRoads(graph, () => left-- > 0)(places, 'time')).toMatch('not measured in time');
    expect(measureRoads(graph)(places, 'time')).toMatchObject({ durations: expect.any(Float64Array) as Float64Array });
  });

  it('knows further routes that are different enough and not too dear', () => {
    let found = 0;
    for (let k = 0; k < 12; k++) {
      const [from, to] = [somewhere(), somewhere()];
      const conditions = { weights: weightsOf('time', PRICES) };
      const best = search.way(from, to, conditions);
      if (!best) continue;
      const more = alternatives(graph, search, [from, to], [best], conditions, 2);
      const all = [[best], ...more];
      found += more.length;
      for (const legs of more) {
        expect(search.measure(legs[0].pieces, conditions).time).toBeLessThanOrEqual(best.cost * 1.3 + 1e-6);
        for (const other of all) if (other !== legs) expect(shared(graph, legs, other)).toBeLessThanOrEqual(0.7);
      }
    }
    expect(found).toBeGreaterThan(6);
  });

  it('knows further routes through waypoints, judged as a whole, at any hour', () => {
    let found = 0;
    for (let k = 0; k < 8; k++) {
      const places = Array.from({ length: 3 + (k % 3) }, somewhere);
      const departMs = k % 2 === 0 ? undefined : 7.5 * 3_600_000;
      const conditions = { weights: weightsOf('time', PRICES), traffic: k % 2 === 0 ? undefined : rushHour, departMs };
      const secondsOf = (legs: readonly Way[]): number => {
        let time = 0;
        for (const { pieces } of legs)
          time += search.measure(pieces, {
            ...conditions,
            departMs: departMs === undefined ? undefined : departMs + time,
          }).time;
        return time;
      };
      const best: Way[] = [];
      for (let leg = 0; leg + 1 < places.length; leg++) {
        const at = departMs === undefined ? undefined : departMs + secondsOf(best);
        best.push(search.way(places[leg], places[leg + 1], { ...conditions, departMs: at })!);
      }
      const more = alternatives(graph, search, places, best, conditions, 3);
      found += more.length;
      const all = [best, ...more];
      for (const legs of more) {
        expect(legs).toHaveLength(best.length);
        expect(secondsOf(legs)).toBeLessThanOrEqual(secondsOf(best) * 1.3 + 1e-6);
        for (const other of all) if (other !== legs) expect(shared(graph, legs, other)).toBeLessThanOrEqual(0.7);
      }
    }
    expect(found).toBeGreaterThan(6);
  });

  it('plans over waypoints, and tells metres and seconds that add up', () => {
    const waypoints = [at(50, 60), at(1_100, 700), at(1_600, 1_700)];
    const question = { waypoints, objective: 'cost' as const, alternatives: 2, prices: PRICES };
    const { routes, source } = planRoute(graph, search, question, {});
    expect([source, routes[0].legs.length]).toEqual(['road', 2]);
    expect(routes.length).toBeGreaterThan(1);
    expect(routes.every((route) => route.legs.length === 2 && route.cost! <= routes[0].cost! * 1.3 + 0.01)).toBe(true);
    const [{ metres, seconds, cost, legs, geometry }] = routes;
    expect(cost).toBeCloseTo((metres / 1000) * 0.3 + (seconds / 3600) * 25, 1);
    expect(metres).toBeCloseTo(legs[0].metres + legs[1].metres, 0);
    let line = 0;
    for (let k = 1; k < geometry.coordinates.length; k++) {
      const [a, b] = [geometry.coordinates[k - 1], geometry.coordinates[k]];
      line += Math.hypot((b[1] - a[1]) * 111_194.9, (b[0] - a[0]) * 111_194.9 * Math.cos((38.7 * Math.PI) / 180));
    }
    expect(Math.abs(line - metres)).toBeLessThan(metres / 500);
  });
});

describe('a network', () => {
  const cross = {
    nodes: { 1: [0, 0], 2: [-100, 0], 3: [100, 0], 4: [0, 100], 5: [0, -100], 6: [0, 200] } as Parameters<
      typeof graphOf
    >[0]['nodes'],
    ways: [
      { id: 12, nodes: [2, 1], tags: { name: 'West' } },
      { id: 13, nodes: [1, 3], tags: { name: 'East' } },
      { id: 14, nodes: [1, 4, 6], tags: { name: 'North' } },
      { id: 15, nodes: [1, 5], tags: { name: 'South' } },
    ],
  };
  const ring = [...cross.ways.filter(({ id }) => id !== 14), { id: 17, nodes: [3, 6], tags: {} }];
  const time = { weights: { time: 0, length: 1 } };
  const between = (roads: Parameters<typeof graphOf>[0], a: [number, number], b: [number, number]): number | null => {
    const graph = graphOf(roads);
    const [from, to] = [at(...a), at(...b)];
    const way = new Search(graph).way(snap(graph, from.lat, from.lng)!, snap(graph, to.lat, to.lng)!, time);
    return way && Math.round(way.cost / 100);
  };

  it.each<[string, Partial<Parameters<typeof graphOf>[0]>, number | null]>([
    ['straight through', {}, 140],
    [
      'by a rule round the block: over the dead end of another arm',
      { rules: [{ from: 12, via: 1, to: 14, rule: 'no_left_turn' }] },
      340,
    ],
    ['by a rule that allows the south alone', { rules: [{ from: 12, via: 1, to: 15, rule: 'only_right_turn' }] }, 340],
    ['by a rule for others', { rules: [{ from: 12, via: 1, to: 14, rule: 'yes_left_turn' }] }, 140],
    ['not against a one-way', { ways: [...ring, { id: 14, nodes: [6, 4, 1], tags: { oneway: 'yes' } }] }, 564],
    [
      'with one that is drawn the other way',
      { ways: [...ring, { id: 14, nodes: [6, 4, 1], tags: { oneway: '-1' } }] },
      140,
    ],
    ['not through a block', { nodes: { ...cross.nodes, 1: [0, 0, { barrier: 'bollard' }] } }, null],
    ['through a gate', { nodes: { ...cross.nodes, 1: [0, 0, { barrier: 'gate' }] } }, 140],
    [
      'not through a private gate',
      { nodes: { ...cross.nodes, 1: [0, 0, { barrier: 'gate', access: 'private' }] } },
      null,
    ],
  ])('is driven %s', (_, change, metres) => {
    expect(between({ ...cross, ...change }, [-90, 4], [3, 50])).toBe(metres);
  });

  it('puts places on the nearest road, and none that is far away; islands are no roads', () => {
    const graph = graphOf({
      nodes: { ...cross.nodes, 7: [20, 40], 8: [40, 40] },
      ways: [...cross.ways, { id: 16, nodes: [7, 8], tags: { oneway: 'yes' } }],
    });
    const near = (x: number, y: number): Snapped | null => snap(graph, at(x, y).lat, at(x, y).lng);
    expect(near(-50, 30)).toMatchObject({ metres: expect.closeTo(30, 1) as number });
    expect(graph.name(graph.at.edgeWay[near(30, 39)!.edge])).toBe('North');
    expect(near(0, 1_900)?.metres).toBeCloseTo(1_700, 0);
    expect([near(0, 2_300), near(500_000, 0)]).toEqual([null, null]);
  });

  it('tells what of a one-way road lies behind the start, once it is come round to', () => {
    const block = { 1: [0, 0], 2: [800, 0], 3: [800, 300], 4: [0, 300] } as typeof cross.nodes;
    const graph = graphOf({ nodes: block, ways: [{ id: 1, nodes: [1, 2, 3, 4, 1], tags: { oneway: 'yes' } }] });
    const start = snap(graph, at(720, 0).lat, at(720, 0).lng)!;
    const told = (metres: number): number => {
      let length = 0;
      new Search(graph).within(start, metres * 100, time as never, ({ arc, from, to }) => {
        length += (graph.at.edgeLength[arc >> 1] / 100) * (to - from);
      });
      return Math.round(length / 10) * 10;
    };
    expect([1_000, 1_500, 1_900, 2_200, 9_000].map(told)).toEqual([1_000, 1_500, 1_900, 2_200, 2_200]);
  });

  it('is not read from what is something else, or cut off', () => {
    const graph = graphOf(cross);
    expect(() =>
      graphOf({ nodes: cross.nodes, ways: [{ id: 1, nodes: [1, 2], tags: { highway: 'footway' } }] }),
    ).toThrow('no road for cars');
    const bytes = (graph.at.nodeLat.buffer as ArrayBuffer).slice(0, -64);
    const { RoadGraph: Reader } = jest.requireActual<typeof import('./graph')>('./graph');
    expect(() => Reader.decode(bytes)).toThrow('cut off');
    expect(() => Reader.decode(new ArrayBuffer(64))).toThrow('import the roads again');
  });
});
