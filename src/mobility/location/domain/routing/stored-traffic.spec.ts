import { at, graphOf, madeTown } from '../../../../../test/support/made-roads';
import type { RoadTraffic } from '../../contracts/routes';
import type { StoredTraffic } from '../../contracts/stored-traffic';
import { SeededRandom } from '../optimization/random';
import { offsetAt, wholeWeeks } from '../traffic-profile';
import { matrixOf } from './matrix';
import { Search } from './search';
import { snap, type Snapped } from './snap';
import { conditionsOf } from './traffic';

const HOUR = 3_600_000;
const MINUTE = 60_000;
/** A Monday, 07:00 UTC. */
const MONDAY = Date.UTC(2026, 2, 2, 7);
const TIME = { time: 1, length: 0 };
const UTC = { minutes: 0, changesAtMs: null, minutesAfter: 0 };
const flat = (factor: number): number[] => Array.from({ length: 168 }, () => factor);
/** A week with one hour that differs. */
const but = (hour: number, factor: number): number[] => flat(1).map((one, k) => (k === hour ? factor : one));
const box = (x: number, y: number, width: number, height: number) => {
  const [a, b] = [at(x, y), at(x + width, y + height)];
  return { west: a.lng, south: a.lat, east: b.lng, north: b.lat };
};

describe('traffic that is kept', () => {
  const graph = graphOf(madeTown(14, 5));
  const search = new Search(graph);
  const on = (departMs: number, stored: Partial<StoredTraffic>, more: Partial<RoadTraffic> = {}) => {
    const told = { departMs, utcOffsetMinutes: 0, factors: {}, roads: [], ...more };
    return conditionsOf(graph, { ...told, stored: { profile: null, overrides: [], ...stored } }).conditions;
  };
  const profile = (...rules: NonNullable<StoredTraffic['profile']>['rules']): Partial<StoredTraffic> => ({
    profile: { name: 'p', rules, offset: UTC },
  });
  const place = (x: number, y: number): Snapped => snap(graph, at(x, y).lat, at(x, y).lng)!;
  const [from, to] = [place(100, 100), place(1_100, 1_000)];
  const takes = (conditions: ReturnType<typeof on>): number | undefined =>
    search.way(from, to, { ...conditions, weights: TIME })?.cost;
  const free = takes({})!;

  it('counts by the hour of the week in the clock of the profile', () => {
    const monday = profile({ hours: but(7, 3) });
    expect(takes(on(MONDAY, monday))).toBeGreaterThan(2.4 * free);
    for (const other of [MONDAY - HOUR, MONDAY + HOUR, MONDAY + 24 * HOUR]) expect(takes(on(other, monday))).toBe(free);
    expect(takes(on(MONDAY + 7 * 24 * HOUR, monday))).toBe(takes(on(MONDAY, monday)));
    const vienna = { profile: { name: 'p', rules: [{ hours: but(7, 3) }], offset: offsetAt('Europe/Vienna', MONDAY) } };
    expect([takes(on(MONDAY, vienna)), takes(on(MONDAY - HOUR, vienna))]).toEqual([free, takes(on(MONDAY, monday))]);
    expect(wholeWeeks([{ hours: Array.from({ length: 24 }, (_, k) => k) }])[0].hours[24 * 6 + 5]).toBe(5);
    // The night in which clocks are set: the hour after it is another one.
    const night = Date.UTC(2026, 2, 28, 23);
    expect(offsetAt('Europe/Vienna', night)).toEqual({
      ...{ minutes: 60, changesAtMs: Date.UTC(2026, 2, 29, 1), minutesAfter: 120 },
    });
  });

  it('takes the last rule that fits a road: by kind, way and area', () => {
    const all = takes(on(MONDAY, profile({ hours: flat(2) })))!;
    // Turns take no longer in traffic.
    expect(all).toBeGreaterThan(1.5 * free);
    expect(all).toBeLessThan(2.001 * free);
    expect(takes(on(MONDAY, profile({ hours: flat(2) }, { hours: flat(1) })))).toBe(free);
    const elsewhere = { west: 0, south: 0, east: 1, north: 1 };
    expect(takes(on(MONDAY, profile({ hours: flat(2) }, { hours: flat(9), area: elsewhere })))).toBe(all);
    const everywhere = profile({ hours: flat(2) }, { hours: flat(1), area: box(-500, -500, 3_000, 3_000) });
    expect(takes(on(MONDAY, everywhere))).toBe(free);
    const way = search.way(from, to, { weights: TIME })!;
    const wayIds = way.pieces.map(({ arc }) => graph.at.wayId[graph.at.edgeWay[arc >> 1]]);
    const slowed = on(MONDAY, profile({ hours: flat(5), wayIds }));
    expect(search.measure(way.pieces, { ...slowed, weights: TIME }).time).toBeGreaterThan(3 * free);
    expect(takes(slowed)).toBeGreaterThan(free);
    const kinds = ['residential', 'tertiary', 'secondary', 'primary'];
    expect(takes(on(MONDAY, profile({ hours: flat(2), kinds })))).toBe(all);
    // A long road passes a box in which none of its points lies.
    const { nodes, ways } = { nodes: { 1: [0, 0], 2: [1_000, 0] }, ways: [{ id: 7, nodes: [1, 2], tags: {} }] };
    const road = graphOf({ nodes, ways } as unknown as Parameters<typeof graphOf>[0]);
    const [a, b] = [100, 900].map((x) => snap(road, at(x, 0).lat, at(x, 0).lng)!);
    const over = (y: number): number => {
      const stored = {
        profile: null,
        overrides: [{ area: box(400, y, 20, 20), factor: 2, fromMs: 0, untilMs: Infinity }],
      };
      const told = { departMs: MONDAY, utcOffsetMinutes: 0, factors: {}, roads: [], stored };
      return new Search(road).way(a, b, { ...conditionsOf(road, told).conditions, weights: TIME })!.cost;
    };
    expect(over(-10) / over(10)).toBeCloseTo(2, 6);
  });

  it('comes on top of what is told', () => {
    const told = { factors: { all: Array.from({ length: 24 }, () => 1.5) } };
    const both = takes(on(MONDAY, profile({ hours: flat(2) }), told))!;
    const three = takes(on(MONDAY, profile({ hours: flat(3) })))!;
    expect(both).toBeCloseTo(three, 6);
    const slow = { area: box(-500, -500, 3_000, 3_000), factor: 2, fromMs: 0, untilMs: Infinity };
    expect(takes(on(MONDAY, { overrides: [slow] }, told))).toBeCloseTo(three, 6);
  });

  it('never has who leaves later arrive earlier, whatever is slow or closed when', () => {
    const random = new SeededRandom(3);
    for (let turn = 0; turn < 6; turn++) {
      const [a, b] = [place(random.below(1_300), random.below(1_300)), place(random.below(1_300), random.below(1_300))];
      const overrides = Array.from({ length: 8 }, () => {
        const fromMs = MONDAY + random.below(20) * MINUTE;
        const area = box(random.below(1_200), random.below(1_200), 150 + random.below(400), 150 + random.below(400));
        return {
          area,
          factor: random.below(3) ? 1 + random.below(9) : null,
          fromMs,
          untilMs: fromMs + random.below(15) * MINUTE,
        };
      });
      const rules = [
        { hours: flat(1).map(() => 1 + random.below(5)) },
        { hours: but(7, 8), area: box(300, 300, 500, 500) },
      ];
      let last = 0;
      for (let minute = -10; minute < 40; minute++) {
        const departMs = MONDAY + minute * MINUTE;
        const { slow: _, ...conditions } = on(departMs, { ...profile(...rules), overrides });
        const way = search.way(a, b, { ...conditions, weights: TIME });
        const arrival = departMs + (way?.cost ?? Infinity);
        expect(arrival).toBeGreaterThanOrEqual(last - 1e-3);
        if (way) expect(search.measure(way.pieces, { ...conditions, weights: TIME }).time).toBeCloseTo(way.cost, 3);
        expect(search.ways(a, [b], { ...conditions, weights: TIME })[0]?.cost).toBeCloseTo(way!.cost, 3);
        last = arrival;
      }
    }
  });

  it('closes roads for their time: who comes earlier drives, who cannot go round waits, for a day at most', () => {
    const made = {
      nodes: { 1: [0, 0], 2: [500, 0], 3: [1_000, 0] },
      ways: [
        { id: 1, nodes: [1, 2], tags: {} },
        { id: 2, nodes: [2, 3], tags: {} },
      ],
    };
    const line = graphOf(made as unknown as Parameters<typeof graphOf>[0]);
    const own = new Search(line);
    const [a, b] = [100, 900].map((x) => snap(line, at(x, 0).lat, at(x, 0).lng)!);
    const cost = (fromMs: number, untilMs: number, weights = TIME): number | undefined => {
      const stored = { profile: null, overrides: [{ wayIds: [2], factor: null, fromMs, untilMs }] };
      const told = { departMs: MONDAY, utcOffsetMinutes: 0, factors: {}, roads: [], stored };
      return own.way(a, b, { ...conditionsOf(line, told).conditions, weights })?.cost;
    };
    const open = cost(0, 1)!;
    const half = open / 2;
    expect(cost(MONDAY - 1, MONDAY + HOUR)).toBeCloseTo(HOUR + half, -1);
    expect(cost(MONDAY + HOUR, Infinity)).toBe(open);
    expect(cost(MONDAY + open, Infinity)).toBe(open);
    for (const untilMs of [MONDAY + 25 * HOUR, Infinity]) expect(cost(MONDAY - 1, untilMs)).toBeUndefined();
    // Where another thing than time is least, nobody knows when one is there: what is closed now is closed.
    expect(cost(MONDAY - 1, MONDAY + HOUR, { time: 0, length: 1 })).toBeUndefined();
    expect(cost(MONDAY + 1, Infinity, { time: 0, length: 1 })).toBe(cost(0, 1, { time: 0, length: 1 }));
    // A place on a road that is closed for a while is reached later; a matrix has its ways.
    const places = [100, 900].map((x) => at(x, 0));
    const matrix = (untilMs: number, objective: 'time' | 'distance' = 'time') => {
      const stored = { profile: null, overrides: [{ wayIds: [2], factor: null, fromMs: MONDAY - 1, untilMs }] };
      const told = { departMs: MONDAY, utcOffsetMinutes: 0, factors: {}, roads: [], stored };
      const question = { origins: places, destinations: places, objective, prices: { perKm: 1, perHour: 1 } };
      return matrixOf(line, own, question, conditionsOf(line, told).conditions);
    };
    const open900 = snap(line, places[1].lat, places[1].lng)!;
    expect(open900.metres).toBeLessThan(1);
    const later = matrix(MONDAY + HOUR);
    expect(later.offRoad).toEqual({ origins: [], destinations: [] });
    expect(later.seconds[1]).toBeGreaterThanOrEqual(3_600);
    expect(later.metres[1]).toBe(800);
    // One that stays closed is not snapped to: the place is on the open road, 400 m away, or on none.
    expect(matrix(Infinity).metres[1]).not.toBe(800);
    expect(matrix(MONDAY + HOUR, 'distance').metres[1]).not.toBe(800);
  });

  it('makes no road slower than a thousand times, however much is kept of it', () => {
    const stack = (count: number) =>
      Array.from({ length: count }, () => ({
        ...{ area: box(-500, -500, 3_000, 3_000), factor: 100, fromMs: 0, untilMs: Infinity },
      }));
    const slowest = takes(on(MONDAY, { overrides: stack(9) }))!;
    expect(slowest).toBeLessThanOrEqual(1_000 * free);
    const question = {
      ...{ origins: [at(100, 100)], destinations: [at(1_100, 1_000)], objective: 'distance' as const },
      prices: { perKm: 1, perHour: 1 },
    };
    const { seconds } = matrixOf(graph, search, question, on(MONDAY, { overrides: stack(9) }));
    expect(seconds[0]).toBeLessThanOrEqual((1_000 * free * 2) / 1_000);
    expect(seconds[0]).toBeGreaterThan(free / 10);
  });
});
