import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { at, graphOf } from '../../../../../test/support/made-roads';
import {
  A,
  ASKED,
  B,
  C,
  Double,
  encoded,
  OSRM_OK,
  OSRM_ROUTE,
  OSRM_TABLE,
  place,
  PRICES,
  VALHALLA_OK,
  type Answer,
} from '../../../../../test/support/ways-double';
import { loadConfig, type Config } from '../../../../kernel/config/config';
import { HealthRegistry } from '../../../../kernel/health/health.registry';
import type { RouteSolution } from '../../contracts/route-plans';
import type { RouteRequest } from '../../domain/optimization/request';
import { graphFileOf, writeGraph } from '../road-graph-file';
import { RoadRouter } from '../road-router';
import { RouteOptimizer } from '../route-optimizer';
import { Ways } from '../ways';
import { lineOf } from './polyline';
import { vroomQuestion } from './vroom';

describe('servers of ways', () => {
  const [osrm, valhalla, vroom] = [new Double(), new Double(), new Double()];
  let urls: Record<'OSRM_URL' | 'VALHALLA_URL' | 'VROOM_URL', string>;
  let dir: string;

  const config = (names: (keyof typeof urls)[], timeoutMs = 10_000): Config =>
    loadConfig({
      NODE_ENV: 'test',
      DATABASE_URL: 'postgres://nobody:none@127.0.0.1:1/none',
      MAINSTAY_DATA_DIR: dir,
      MAINSTAY_ROUTING_TIMEOUT_MS: String(timeoutMs),
      ...Object.fromEntries(names.map((name) => [name, urls[name]])),
    });
  const waysOf = (names: (keyof typeof urls)[], timeoutMs?: number, health?: HealthRegistry): Ways => {
    const settings = config(names, timeoutMs);
    return new Ways(new RoadRouter(settings), settings, health);
  };
  const linesOf = async (health: HealthRegistry): Promise<string[]> => {
    const found = await Promise.all(health.all.map(async ({ name, check }) => ({ name, ...(await check()) })));
    return found.map(({ name, status = 'up', message }) => `${name} ${status}: ${message!.replace(/\d+ s/, 'N s')}`);
  };

  beforeAll(async () => {
    dir = mkdtempSync(path.join(tmpdir(), 'mainstay-ways-'));
    urls = { OSRM_URL: await osrm.start(), VALHALLA_URL: await valhalla.start(), VROOM_URL: await vroom.start() };
  });
  afterAll(async () => {
    await Promise.all([osrm.stop(), valhalla.stop(), vroom.stop()]);
    rmSync(dir, { recursive: true, force: true });
  });
  beforeEach(() => {
    for (const double of [osrm, valhalla, vroom]) {
      double.asked.length = 0;
      double.say = () => [404, {}];
    }
  });

  it('are not asked where none is configured', async () => {
    expect(await waysOf([]).route(ASKED)).toMatchObject({
      source: 'great_circle',
      notes: [expect.any(String) as string],
    });
    expect([osrm, valhalla, vroom].flatMap(({ asked }) => asked)).toEqual([]);
  });

  it('OSRM: tells ways with what the driver is told, and matrices in blocks', async () => {
    const ways = waysOf(['OSRM_URL']);
    osrm.say = () => OSRM_OK;
    const answer = await ways.route({ ...ASKED, objective: 'time' });
    expect(osrm.asked[0].path).toBe(
      '/route/v1/driving/-9.14,38.71;-9.13,38.72?overview=full&geometries=geojson&steps=true&alternatives=1',
    );
    expect(answer).toMatchObject({
      source: 'osrm',
      notes: [],
      waypoints: [{ metresFromRoad: 3 }, { metresFromRoad: 3 }],
    });
    expect(answer.routes[0]).toMatchObject({ metres: 900, seconds: 90, cost: null, geometry: { type: 'LineString' } });
    expect(
      answer.routes[0].legs[0].steps.map(({ type, turn, exit, instruction, metres }) => [
        type,
        turn,
        exit,
        instruction,
        metres,
      ]),
    ).toEqual([
      ['depart', null, null, 'Head east on Rua A', 300],
      ['turn', 'slight_left', null, 'Keep left onto Rua B', 200],
      ['roundabout', null, 2, 'Take the second exit of the roundabout onto Rua C', 350],
      ['turn', 'right', null, 'Turn right onto Rua D', 50],
      ['arrive', null, null, 'Arrive at your destination', 0],
    ]);

    osrm.say = OSRM_TABLE;
    osrm.asked.length = 0;
    const origins = Array.from({ length: 60 }, () => A);
    const matrix = await ways.matrix({ origins, destinations: origins, objective: 'time', prices: PRICES });
    expect([matrix.source, osrm.asked.length, matrix.seconds.length]).toEqual(['osrm', 4, 3_600]);
    expect([0, 1, 2, 50, 60, 59 * 60 + 59].map((k) => matrix.seconds[k])).toEqual([0, 0xffff_ffff, 2, 0, 100, 909]);
  });

  it('Valhalla: tells ways and matrices, the shortest too, and OSRM the quickest alone', async () => {
    valhalla.say = ({ path: asked }) =>
      asked === '/route'
        ? VALHALLA_OK
        : [
            200,
            {
              sources_to_targets: [
                [
                  { time: 60.4, distance: 0.5 },
                  { time: null, distance: null },
                ],
              ],
            },
          ];
    const both = waysOf(['OSRM_URL', 'VALHALLA_URL']);
    const answer = await both.route({ ...ASKED, objective: 'distance' });
    expect(osrm.asked).toEqual([]);
    expect(valhalla.asked[0].body).toMatchObject({ alternates: 1, costing_options: { auto: { shortest: true } } });
    expect([answer.source, answer.routes.map(({ metres }) => metres)]).toEqual(['valhalla', [1_000, 1_200]]);
    expect(
      answer.routes[0].legs[0].steps.map(({ type, exit, instruction, metres }) => [type, exit, instruction, metres]),
    ).toEqual([
      ['depart', null, 'Drive north on Rua A', 500],
      ['roundabout', 3, 'Take the 3rd exit', 500],
      ['arrive', null, 'You have arrived', 0],
    ]);
    const question = { origins: [A], destinations: [B, C], objective: 'distance' as const, prices: PRICES };
    expect(await both.matrix(question)).toMatchObject({
      source: 'valhalla',
      seconds: new Uint32Array([60, 0xffff_ffff]),
      metres: new Uint32Array([500, 0xffff_ffff]),
    });
    osrm.say = () => OSRM_OK;
    const quickest = await waysOf(['OSRM_URL']).route({ ...ASKED, objective: 'cost' });
    expect(quickest).toMatchObject({ source: 'osrm', notes: [expect.stringContaining('quickest ways alone')] });
    expect(quickest.routes[0].cost).toBe(1.8);
    expect(lineOf(encoded([A, B, C]), 3)).toEqual([A, B, C].map(({ lat, lng }) => [lng, lat]));
  });

  it('Valhalla: lines are read no farther than they may be long', async () => {
    const afterwards = { charCodeAt: jest.fn((k: number) => (k < 8 ? 63 : NaN)), length: 1e9 };
    expect(() => lineOf(afterwards as unknown as string, 3)).toThrow('answered what cannot be understood');
    expect(afterwards.charCodeAt).toHaveBeenCalledTimes(8);
    // Neither is too long, and both together are.
    const legs = [{ summary: { time: 1, length: 1 }, maneuvers: [], shape: '??'.repeat(300_000) }];
    valhalla.say = () => [200, { trip: { legs }, alternates: [{ trip: { legs } }] }];
    const { source, notes } = await waysOf(['VALHALLA_URL']).route({ ...ASKED, objective: 'time' });
    expect([source, notes[0]]).toEqual(['great_circle', 'Valhalla answered what cannot be understood.']);
  });

  it.each<[string, Answer, string]>([
    ['is silent', 'silent', 'OSRM did not answer in time.'],
    ['hangs up', 'hang up', 'OSRM cannot be reached.'],
    ['is asked too much', [429, {}, { 'retry-after': '7' }], 'OSRM is asked too much (429).'],
    ['fails', [503, 'down'], 'OSRM fails (503).'],
    ['says what is no JSON', [200, '<html>'], 'OSRM answered what cannot be understood.'],
    [
      'says something else',
      [200, { code: 'Ok', routes: [{}], waypoints: [{}, {}] }],
      'OSRM answered what cannot be understood.',
    ],
    [
      'says another number of legs',
      [200, { code: 'Ok', waypoints: [place(A), place(B)], routes: [{ ...OSRM_ROUTE, legs: [] }] }],
      'OSRM answered what cannot be understood.',
    ],
    ['sends away', [302, {}, { location: 'http://127.0.0.1:1/' }], 'OSRM cannot be reached.'],
    ['refuses and does not say why', [400, {}], 'OSRM answered what cannot be understood.'],
    ['is asked for too much', [400, { code: 'TooBig' }], 'OSRM does not take what it is asked (TooBig).'],
    ['is behind a gate', [414, '<html>'], 'OSRM does not take so long a question (414).'],
    ['knows no such road', [400, { code: 'NoSegment' }], 'OSRM knows no road near some of the places.'],
    [
      'takes a road far away',
      [200, { code: 'Ok', waypoints: [place(A), place(B, 90_000)], routes: [OSRM_ROUTE] }],
      'OSRM knows no road near some of the places.',
    ],
  ])('that one %s is said, and the next one answers', async (_, said, note) => {
    osrm.say = () => said;
    valhalla.say = () => VALHALLA_OK;
    const ways = waysOf(['OSRM_URL', 'VALHALLA_URL'], said === 'silent' ? 1_000 : 10_000);
    expect(await ways.route(ASKED)).toMatchObject({ source: 'valhalla', notes: [note] });
    const resting = !/no road|does not take/.test(note);
    // It is left alone for a moment, so that nobody waits for it again.
    const again = await ways.route(ASKED);
    expect([again.source, again.notes]).toEqual([
      'valhalla',
      [resting ? `${note} It is asked again in a moment.` : note],
    ]);
    expect(osrm.asked.length).toBe(resting ? 1 : 2);
  });

  it('have a line of health each, by what became of the last question; health asks them nothing', async () => {
    const health = new HealthRegistry();
    const ways = waysOf(['OSRM_URL', 'VALHALLA_URL'], 10_000, health);
    const untried = 'is configured; nothing was asked of it since the start.';
    expect(await linesOf(health)).toEqual([`ways-osrm up: OSRM ${untried}`, `ways-valhalla up: Valhalla ${untried}`]);
    expect([osrm.asked.length, valhalla.asked.length]).toEqual([0, 0]);
    osrm.say = () => [503, {}];
    valhalla.say = () => VALHALLA_OK;
    await ways.route(ASKED);
    const [away, well] = await linesOf(health);
    expect(away).toMatch(/^ways-osrm degraded: OSRM .*, N s ago\.$/);
    expect(well).toBe('ways-valhalla up: Valhalla answered N s ago.');
    expect(health.all.every(({ critical }) => !critical)).toBe(true);
    // A refusal is an answer.
    const other = new HealthRegistry();
    osrm.say = () => [400, { code: 'NoSegment' }];
    await waysOf(['OSRM_URL'], 10_000, other).route(ASKED);
    expect(await linesOf(other)).toEqual(['ways-osrm up: OSRM answered N s ago.']);
  });

  it('are given up in time also when garbage is collected meanwhile', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    // While OSRM is silent, and no longer: with much in the heap collecting takes so long that nobody would answer in time.
    osrm.say = () => {
      for (const ms of [50, 150, 250]) setTimeout(collect, ms);
      return 'silent';
    };
    valhalla.say = () => VALHALLA_OK;
    const { notes } = await waysOf(['OSRM_URL', 'VALHALLA_URL'], 3_000).route(ASKED);
    expect(notes).toEqual(['OSRM did not answer in time.']);
  });

  it('go on being asked where one question was too much for them', async () => {
    const ways = waysOf(['OSRM_URL', 'VALHALLA_URL']);
    osrm.say = () => [400, { code: 'NoSegment' }];
    // Too many places; too far.
    for (const code of [150, 154]) {
      valhalla.say = () => [400, { error_code: code }];
      const { source, notes } = await ways.route(ASKED);
      expect([source, notes[1]]).toEqual(['great_circle', `Valhalla does not take what it is asked (${code}).`]);
    }
    valhalla.say = () => VALHALLA_OK;
    expect((await ways.route(ASKED)).source).toBe('valhalla');

    // Each block of a large matrix is answered in time, all of them are not.
    const now = performance.now.bind(performance);
    let passed = 0;
    const clock = jest.spyOn(performance, 'now').mockImplementation(() => now() + passed);
    osrm.say = (asked) => ((passed += 50_000), OSRM_TABLE(asked));
    const origins = Array.from({ length: 60 }, () => A);
    valhalla.say = () => [400, { error_code: 150 }];
    const matrix = await ways.matrix({ origins, destinations: origins, objective: 'time', prices: PRICES });
    expect(matrix.notes[0]).toBe('OSRM takes too long for so many places.');
    osrm.say = () => OSRM_OK;
    expect((await ways.route(ASKED)).source).toBe('osrm');
    clock.mockRestore();
  });

  it('leave it to great circles where all fail, and no way is no way', async () => {
    osrm.say = () => [500, {}];
    valhalla.say = () => [400, { error_code: 171 }];
    const ways = waysOf(['OSRM_URL', 'VALHALLA_URL']);
    expect(await ways.route(ASKED)).toMatchObject({
      source: 'great_circle',
      notes: [
        'OSRM fails (500).',
        'Valhalla knows no road near some of the places.',
        expect.stringContaining('great circles'),
      ],
    });
    const question = { origins: [A], destinations: [B], objective: 'time' as const, prices: PRICES };
    expect(await ways.matrix(question)).toMatchObject({ source: 'great_circle' });
    valhalla.say = () => [400, { error_code: 442 }];
    await expect(ways.route(ASKED)).rejects.toMatchObject({ code: 'location.no-way' });
    osrm.say = () => [400, { code: 'NoRoute' }];
    await expect(waysOf(['OSRM_URL']).route(ASKED)).rejects.toMatchObject({ code: 'location.no-way' });
  });

  it('Valhalla: draws isochrones, and OSRM none', async () => {
    const ring = [A, B, { lat: B.lat, lng: A.lng }, A].map(({ lat, lng }) => [lng, lat]);
    const feature = (contour: number, type: string, coordinates: unknown): object => ({
      ...{ type: 'Feature', properties: { contour }, geometry: { type, coordinates } },
    });
    // The widest first, and a ring that is turned the wrong way.
    valhalla.say = () => [
      200,
      { features: [feature(10, 'MultiPolygon', [[ring]]), feature(5, 'Polygon', [[...ring].reverse()])] },
    ];
    const ways = waysOf(['OSRM_URL', 'VALHALLA_URL']);
    const question = { center: A, measure: 'minutes' as const, bands: [5, 10] };
    expect(await ways.reach(question)).toEqual({
      source: 'valhalla',
      center: { ...A, metresFromRoad: null },
      grounds: [[[ring]], [[ring]]],
      notes: ['OSRM draws no isochrones.'],
    });
    expect(valhalla.asked[0]).toMatchObject({
      path: '/isochrone',
      body: { locations: [{ lat: A.lat, lon: A.lng }], contours: [{ time: 5 }, { time: 10 }], polygons: true },
    });
    valhalla.say = () => [200, { features: [feature(1.5, 'Polygon', [ring])] }];
    const metres = { center: A, measure: 'metres' as const, bands: [1_500] };
    expect(await ways.reach(metres)).toMatchObject({ source: 'valhalla', grounds: [[[ring]]] });
    expect(valhalla.asked[1].body).toMatchObject({
      contours: [{ distance: 1.5 }],
      costing_options: { auto: { shortest: true } },
    });
    for (const features of [[], [feature(1.5, 'Point', [1, 2])], [feature(1.5, 'Polygon', [ring.slice(1)])]]) {
      valhalla.say = () => [200, { features }];
      const answer = await waysOf(['VALHALLA_URL']).reach(metres);
      expect([answer.source, answer.notes]).toEqual([
        'great_circle',
        [
          expect.stringMatching(/^Valhalla (told another band|answered what cannot be understood)\.$/) as string,
          expect.stringContaining('great circles'),
        ],
      ]);
    }
  });

  it('are asked last where traffic is told, which they know nothing of', async () => {
    osrm.say = () => OSRM_OK;
    const traffic = { departMs: 0, utcOffsetMinutes: 0, factors: {}, roads: [] };
    const answer = await waysOf(['OSRM_URL']).route({ ...ASKED, traffic });
    expect(answer).toMatchObject({ source: 'osrm', notes: ['The traffic that was told is not in these times.'] });
  });

  it('are asked for no further routes through waypoints, and it is said', async () => {
    const [status, body] = OSRM_OK as [number, { routes: { legs: object[] }[]; waypoints: object[] }];
    const routes = body.routes.map((route) => ({ ...route, legs: [route.legs[0], route.legs[0]] }));
    osrm.say = () => [status, { ...body, routes, waypoints: [...body.waypoints, body.waypoints[0]] }];
    const waypoints = [...ASKED.waypoints, ASKED.waypoints[0]];
    const answer = await waysOf(['OSRM_URL']).route({ ...ASKED, objective: 'time', waypoints, alternatives: 2 });
    expect(osrm.asked[0].path).toContain('alternatives=false');
    expect([answer.source, answer.routes.length, answer.notes]).toEqual([
      'osrm',
      1,
      ['OSRM knows no further routes through waypoints.'],
    ]);
  });

  it('leave it to the roads that are loaded', async () => {
    const file = graphFileOf(dir);
    const cross = { nodes: { 1: [0, 0], 2: [500, 0] }, ways: [{ id: 1, nodes: [1, 2], tags: {} }] };
    await writeGraph(file, graphOf(cross as unknown as Parameters<typeof graphOf>[0]));
    osrm.say = () => [500, {}];
    const settings = config(['OSRM_URL']);
    const roads = new RoadRouter(settings);
    const waypoints = [at(0, 0), at(400, 0)];
    expect(await new Ways(roads, settings).route({ ...ASKED, waypoints, alternatives: 0 })).toMatchObject({
      source: 'road',
      notes: ['OSRM fails (500).'],
    });
    await roads.onApplicationShutdown();
    rmSync(file);
  });

  describe('in plans', () => {
    const REQUEST: RouteRequest = {
      vehicles: [
        { id: 'v', start: A, capacity: [2], skills: ['cold'], breaks: [{ timeWindow: [0, 9_000], seconds: 60 }] },
      ],
      stops: [
        { id: 'b', location: B, demand: [1], serviceSeconds: 30 },
        { id: 'c', location: C, demand: [1], skills: ['cold'], timeWindow: [0, 9_000] },
      ],
      options: { seconds: 0.2, metric: 'road' },
    };
    const step = (type: string, id?: number): object => ({ type, ...(id ? { id } : {}), arrival: 0 });
    const planned = async (names: (keyof typeof urls)[], request = REQUEST): Promise<RouteSolution> => {
      const settings = config(names);
      const roads = new RoadRouter(settings);
      const optimizer = new RouteOptimizer(roads, new Ways(roads, settings), settings);
      return (await optimizer.plan(request))!;
    };
    const table = (): Answer => {
      const rows = [0, 1, 2].map((a) => [0, 1, 2].map((b) => 100 * Math.abs(a - b)));
      return [
        200,
        {
          code: 'Ok',
          durations: rows,
          distances: rows,
          sources: [A, B, C].map((p) => place(p)),
          destinations: [A, B, C].map((p) => place(p)),
        },
      ];
    };
    beforeEach(() => {
      osrm.say = table;
    });

    it('measure ways, and put the stops in order', async () => {
      vroom.say = () => [
        200,
        {
          code: 0,
          routes: [
            { vehicle: 1, steps: [step('start'), step('job', 2), step('break', 1), step('job', 1), step('end')] },
          ],
          unassigned: [],
        },
      ];
      const plan = await planned(['OSRM_URL', 'VROOM_URL']);
      expect(plan).toMatchObject({ metric: 'osrm', plannedBy: 'vroom', distance: 400, unassigned: [] });
      expect(plan.notes).toEqual(['OSRM knows the quickest ways alone: they need not be least in distance.']);
      expect(plan.routes[0].stops).toEqual(['c', 'b']);
      expect(vroom.asked[0].body).toEqual({
        jobs: [
          { id: 1, location_index: 1, service: 30, delivery: [1], priority: 0 },
          { id: 2, location_index: 2, service: 0, time_windows: [[0, 9_000]], delivery: [1], skills: [1], priority: 0 },
        ],
        shipments: [],
        vehicles: [
          {
            id: 1,
            start_index: 0,
            end_index: 0,
            capacity: [2],
            skills: [1],
            breaks: [{ id: 1, time_windows: [[0, 9_000]], service: 60 }],
            costs: { fixed: 0 },
          },
        ],
        matrices: {
          car: {
            durations: [
              [0, 100, 200],
              [100, 0, 100],
              [200, 100, 0],
            ],
            costs: [
              [0, 100, 200],
              [100, 0, 100],
              [200, 100, 0],
            ],
            distances: [
              [0, 100, 200],
              [100, 0, 100],
              [200, 100, 0],
            ],
          },
        },
      });
    });

    it.each<[string, Answer, string]>([
      ['fails', [500, {}], 'VROOM fails (500).'],
      ['refuses', [400, { code: 2, error: 'x' }], 'VROOM does not take what it is asked.'],
      [
        'says nonsense',
        [200, { code: 0, routes: [{ vehicle: 'x', steps: [] }] }],
        'VROOM answered what cannot be understood.',
      ],
      [
        'serves a stop twice',
        [200, { code: 0, routes: [{ vehicle: 1, steps: [step('job', 1), step('job', 1)] }] }],
        'VROOM answered with a plan that cannot be driven.',
      ],
      [
        'names a vehicle that is not there',
        [200, { code: 0, routes: [{ vehicle: 2, steps: [step('job', 1)] }] }],
        'VROOM answered with a plan that cannot be driven.',
      ],
    ])('search themselves where VROOM %s', async (_, said, note) => {
      vroom.say = () => said;
      const plan = await planned(['VROOM_URL'], {
        ...REQUEST,
        options: { ...REQUEST.options, metric: 'great_circle' },
      });
      expect(plan).toMatchObject({ metric: 'great_circle', plannedBy: 'mainstay', unassigned: [], notes: [note] });
    });

    it('keep to the search where the same plan is wanted again, or VROOM does not know what is asked', async () => {
      const options = { metric: 'great_circle' as const, iterations: 20 };
      expect(await planned(['VROOM_URL'], { ...REQUEST, options })).toMatchObject({ plannedBy: 'mainstay', notes: [] });
      const vehicles = [{ ...REQUEST.vehicles[0], maxTrips: 2 }];
      const again = await planned(['VROOM_URL'], {
        ...REQUEST,
        vehicles,
        options: { ...REQUEST.options, metric: 'great_circle' },
      });
      expect(again.notes).toEqual(['VROOM was not asked: a vehicle may load again.']);
      expect(vroom.asked).toEqual([]);
      // Matrices of many places are too long to be posted.
      const [none, size] = [new Float64Array(), 1_001];
      const many = { distances: none, durations: none, stops: [], shipments: [], vehicles: [] };
      expect(vroomQuestion({ ...many, size, objective: 'distance' })).toBe('there are more than 1000 places');
    });

    it('end when they are asked to, also while another server works on them', async () => {
      vroom.say = () => 'silent';
      const settings = config(['VROOM_URL'], 60_000);
      const roads = new RoadRouter(settings);
      const optimizer = new RouteOptimizer(roads, new Ways(roads, settings), settings);
      const request = { ...REQUEST, options: { seconds: 60, metric: 'great_circle' as const } };
      expect(await optimizer.plan(request, (_, stop) => vroom.asked.length > 0 && stop())).toBeNull();
    });
  });
});
