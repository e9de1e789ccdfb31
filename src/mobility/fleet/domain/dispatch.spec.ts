import { arrivalsOf, DISPATCH_STOP_EDGES, DISPATCH_STOP_STATES, stopsOf, type LeftStop } from './dispatch';

const NOON = Date.parse('2026-03-01T12:00:00Z');
const at = (minutes: number): Date => new Date(NOON + minutes * 60_000);
/** Planned for these minutes after noon: arrival, beginning of the service, its end. */
const stop = (id: string, [arrive, begin, leave]: number[], more: Partial<LeftStop> = {}): LeftStop => ({
  ...{ id, state: 'pending', arriveAt: at(arrive), beginAt: at(begin), leaveAt: at(leave), arrivedAt: null, ...more },
});
const minutes = (left: LeftStop[], now: number, seconds: number | null): [string, number][] =>
  arrivalsOf(left, at(now), seconds).map(({ id, eta }) => [id, (eta.getTime() - NOON) / 60_000]);

const ONE = stop('one', [10, 10, 15]);
// Opens at 30, ten minutes after the planned arrival.
const TWO = stop('two', [20, 30, 35]);
const THREE = stop('three', [50, 50, 55]);

it.each([
  [
    'as planned',
    [ONE, TWO, THREE],
    0,
    600,
    [
      ['one', 10],
      ['two', 20],
      ['three', 50],
    ],
  ],
  [
    'late, which the wait takes up',
    [ONE, TWO, THREE],
    0,
    1_080,
    [
      ['one', 18],
      ['two', 28],
      ['three', 50],
    ],
  ],
  [
    'too late for that',
    [ONE, TWO, THREE],
    0,
    1_800,
    [
      ['one', 30],
      ['two', 40],
      ['three', 60],
    ],
  ],
  [
    'at the first stop',
    [stop('one', [10, 10, 15], { state: 'arrived', arrivedAt: at(12) }), TWO],
    13,
    300,
    [['two', 22]],
  ],
  [
    'at one for too long',
    [stop('one', [10, 10, 15], { state: 'arrived', arrivedAt: at(12) }), TWO],
    40,
    300,
    [['two', 45]],
  ],
  [
    'at one that is not open yet',
    [stop('two', [20, 30, 35], { state: 'arrived', arrivedAt: at(18) }), THREE],
    18,
    900,
    [['three', 50]],
  ],
  [
    'with the second left out',
    [ONE, THREE],
    0,
    600,
    [
      ['one', 10],
      ['three', 50],
    ],
  ],
  ['where no way leads there', [ONE, TWO], 0, null, []],
  ['at the last stop', [stop('one', [10, 10, 15], { state: 'arrived', arrivedAt: at(12) })], 13, 300, []],
] as const)('arrivals %s', (_name, left, now, seconds, expected) => {
  expect(minutes([...left], now, seconds)).toEqual(expected);
});

it('the stops of a plan have their places, by what is done there', () => {
  const step = (type: string, stopId: string | null, from: number) => ({
    ...{ type, stopId, arrival: from, start: from, departure: from + 60 },
  });
  const [here, there] = [
    { lat: 1, lng: 2 },
    { lat: 3, lng: 4 },
  ];
  const steps = [step('start', null, 0), step('pickup', 's', 60), step('break', null, 90), step('delivery', 's', 120)];
  const places = [{ stopId: 's', pickup: here, delivery: there }];
  expect(stopsOf(steps, places, at(0)).map((it) => [it.kind, it.lat, it.lng, it.arriveAt])).toEqual([
    ['pickup', 1, 2, at(1)],
    ['delivery', 3, 4, at(2)],
  ]);
  const nowhere = [{ stopId: 's', pickup: here, delivery: null }];
  expect(() => stopsOf(steps, nowhere, at(0))).toThrow(expect.objectContaining({ code: 'fleet.plan-without-places' }));
});

it('a stop that is closed goes nowhere', () => {
  expect(DISPATCH_STOP_STATES.filter((state) => DISPATCH_STOP_EDGES[state].length === 0)).toEqual(['done', 'failed']);
});
