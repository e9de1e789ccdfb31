import { greatCircleMatrix } from './matrices';
import { optimize } from './optimize';
import { faultsOf, prepare, type RouteRequest } from './request';

const AT = { lat: 38.7, lng: -9.1 };
const ask = (more: Partial<RouteRequest>): RouteRequest => ({
  vehicles: [{ id: 'v', start: { x: 0, y: 0 } }],
  stops: [{ id: 's', x: 1, y: 1 }],
  ...more,
});

describe('a request for routes', () => {
  it.each<[string, Partial<RouteRequest>, string[]]>([
    ['that is sound', {}, []],
    ['without anything to visit', { stops: [] }, ['/stops nothing-to-plan']],
    [
      'with ids twice',
      {
        stops: [
          { id: 's', x: 1, y: 1 },
          { id: 's', x: 2, y: 1 },
        ],
      },
      ['/stops/1/id not-unique'],
    ],
    [
      'with vehicles of one id',
      {
        vehicles: [
          { id: 'v', start: AT },
          { id: 'v', start: AT },
        ],
        stops: [{ id: 's', location: AT }],
      },
      ['/vehicles/1/id not-unique'],
    ],
    ['with a stop nowhere', { stops: [{ id: 's' }] }, ['/stops/0 place-missing']],
    ['with half a place', { stops: [{ id: 's', x: 1 }] }, ['/stops/0 place-missing']],
    ['with places of two kinds', { stops: [{ id: 's', location: AT }] }, ['/stops/0 place-of-another-kind']],
    [
      'with the plane as if it were Earth',
      { options: { metric: 'great_circle' } },
      ['/vehicles/0/start place-of-another-kind', '/stops/0 place-of-another-kind'],
    ],
    [
      'with more amounts than capacities',
      { stops: [{ id: 's', x: 1, y: 1, demand: [1] }] },
      ['/stops/0/demand too-long'],
    ],
    ['with a matrix that is not square', { matrix: [[0, 1], [1]] }, ['/matrix not-square']],
    ['with a matrix that is too small', { matrix: [[0]] }, ['/stops/0 not-in-matrix']],
    [
      'with durations alone',
      {
        durations: [
          [0, 1],
          [1, 0],
        ],
      },
      ['/durations no-matrix'],
    ],
    [
      'with a shipment to nowhere',
      { shipments: [{ id: 'p', pickup: { x: 1, y: 1 }, delivery: {} }] },
      ['/shipments/0/delivery place-missing'],
    ],
  ])('%s', (_, more, expected) => {
    expect(faultsOf(ask(more)).map(({ pointer, code }) => `${pointer} ${code}`)).toEqual(expected);
  });

  const plan = (request: RouteRequest): ReturnType<typeof optimize> => {
    expect(faultsOf(request)).toEqual([]);
    const { problem, limits } = prepare(request);
    return optimize(problem, { ...limits, iterations: 50, elapsed: () => 0 });
  };

  it('takes rows of a matrix in order, or as they are named; null is no way', () => {
    const matrix = [
      [0, 5, 1],
      [5, 0, 1],
      [1, 1, 0],
    ];
    const stops = [{ id: 'a' }, { id: 'b' }];
    expect(plan({ vehicles: [{ id: 'v' }], stops, matrix }).distance).toBe(7);
    expect(
      plan({ vehicles: [{ id: 'v', start: { index: 2 } }], stops: [{ id: 'a', index: 0 }], matrix }).distance,
    ).toBe(2);
    const cut = [
      [0, null],
      [1, 0],
    ];
    expect(plan({ vehicles: [{ id: 'v' }], stops: [{ id: 'a' }], matrix: cut }).unassigned).toEqual([
      { id: 'a', reason: 'unreachable' },
    ]);
    expect(plan({ vehicles: [{ id: 'v', start: null, end: null }], stops, matrix }).distance).toBe(1);
  });

  it('takes a way whose length or whose time is not known for none, whatever is to be least', () => {
    const known = [
      [0, 10],
      [10, 0],
    ];
    const gap = [
      [0, null],
      [null, 0],
    ];
    for (const [matrix, durations] of [
      [known, gap],
      [gap, known],
    ])
      for (const objective of ['distance', 'duration'] as const)
        expect(
          plan({ vehicles: [{ id: 'v' }], stops: [{ id: 'a' }], matrix, durations, options: { objective } }).unassigned,
        ).toEqual([{ id: 'a', reason: 'unreachable' }]);
  });

  it('measures on Earth, over the antimeridian too, and says that it knows no roads', () => {
    const [, metres] = greatCircleMatrix([
      { lat: 0, lng: 179.5 },
      { lat: 0, lng: -179.5 },
    ]);
    expect(metres).toBeCloseTo(111_195, 0);
    const request: RouteRequest = {
      vehicles: [{ id: 'v', start: { lat: 0, lng: 179.5 } }],
      stops: [{ id: 's', location: { lat: 0, lng: -179.5 } }],
      options: { metric: 'road', speedKmh: 36 },
    };
    expect(prepare(request)).toMatchObject({
      metric: 'great_circle',
      notes: [expect.stringContaining('great circles')],
    });
    expect(plan(request).duration).toBeCloseTo((2 * metres) / 10, 6);
  });

  it('does not fall over the smallest and the emptiest', () => {
    expect(plan(ask({ stops: [{ id: 's', x: 0, y: 0 }] })).distance).toBe(0);
    expect(plan(ask({ stops: [{ id: 's', x: 0, y: 0, timeWindow: [9, 3] }] })).unassigned).toEqual([
      { id: 's', reason: 'contradictory_window' },
    ]);
    expect(plan(ask({ vehicles: [{ id: 'v', start: { x: 0, y: 0 }, timeWindows: [[9, 3]] }] })).unassigned).toEqual([
      { id: 's', reason: 'no_vehicle' },
    ]);
    const shipment = { id: 'p', pickup: { x: 1, y: 0 }, delivery: { x: 2, y: 0 } };
    expect(plan(ask({ stops: [], shipments: [shipment] })).routes[0].stops).toEqual(['p', 'p']);
  });
});
