import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  Double,
  encoded,
  OSRM_MATCH,
  ROAD_LAT,
  VALHALLA_TRACE,
  type Answer,
} from '../../../../../test/support/ways-double';
import { loadConfig } from '../../../../kernel/config/config';
import { metresBetween } from '../../domain/geodesy';
import type { MatchPoint } from '../../domain/routing/match';
import { RoadRouter } from '../road-router';
import { Ways, type MatchedTrack } from '../ways';

const START = Date.parse('2026-03-01T12:00:00Z');
const METRE = 1 / (111_195 * Math.cos((ROAD_LAT * Math.PI) / 180));

/** Fixes every so many metres and seconds along the road, ten metres beside it to either side. */
const drive = (fixes: number, metres = 50, seconds = 4, lng = 16): MatchPoint[] =>
  Array.from({ length: fixes }, (_, k) => ({
    lat: ROAD_LAT + (10 * Math.sin(k * 7)) / 111_195,
    lng: lng + k * metres * METRE,
    fixTime: START + k * seconds * 1000,
    accuracy: 10,
  }));
/** Put 300 metres beside the road. */
const aside = (point: MatchPoint): MatchPoint => ({ ...point, lat: point.lat + 300 / 111_195 });
const metresOf = (track: MatchedTrack): number => track.sections.reduce((sum, { metres }) => sum + metres, 0);
const onRoad = ({ places }: MatchedTrack): number => places.filter((place) => typeof place !== 'string').length;

describe('tracks on the roads of servers', () => {
  const [osrm, valhalla] = [new Double(), new Double()];
  let urls: Record<'OSRM_URL' | 'VALHALLA_URL', string>;
  let dir: string;
  const none = jest.fn<Promise<null>, [unknown]>(() => Promise.resolve(null));

  const waysOf = (names: (keyof typeof urls)[], timeoutMs = 10_000): Ways => {
    const config = loadConfig({
      NODE_ENV: 'test',
      DATABASE_URL: 'postgres://nobody:none@127.0.0.1:1/none',
      MAINSTAY_DATA_DIR: dir,
      MAINSTAY_ROUTING_TIMEOUT_MS: String(timeoutMs),
      ...Object.fromEntries(names.map((name) => [name, urls[name]])),
    });
    return new Ways(new RoadRouter(config), config);
  };

  beforeAll(async () => {
    dir = mkdtempSync(path.join(tmpdir(), 'mainstay-traced-'));
    urls = { OSRM_URL: await osrm.start(), VALHALLA_URL: await valhalla.start() };
  });
  afterAll(async () => {
    await Promise.all([osrm.stop(), valhalla.stop()]);
    rmSync(dir, { recursive: true, force: true });
  });
  beforeEach(() => {
    for (const double of [osrm, valhalla]) double.asked.length = 0;
    osrm.say = OSRM_MATCH;
    valhalla.say = VALHALLA_TRACE;
    none.mockClear();
  });

  it.each([
    ['OSRM_URL', 'osrm', [{ name: 'Main Road', ref: 'B1' }]],
    ['VALHALLA_URL', 'valhalla', undefined],
  ] as const)('%s: a long track is asked for in parts, and is one section', async (name, source, ways) => {
    const points = drive(1_500);
    const track = await waysOf([name]).match(points, none);
    expect([track.source, track.notes, onRoad(track), track.sections.length]).toEqual([source, [], 1_500, 1]);
    const [section] = track.sections;
    expect([section.from, section.to]).toEqual([0, 1_499]);
    expect(Math.abs(section.metres - 1_499 * 50)).toBeLessThan(20);
    expect(Math.abs(section.ways.reduce((sum, { metres }) => sum + metres, 0) - section.metres)).toBeLessThan(1);
    if (ways) expect(section.ways.map((way) => ({ name: way.name, ref: way.ref }))).toEqual(ways);
    else expect(section.ways.slice(0, 3).map((way) => way.name)).toEqual(['Even Street', 'Odd Street', 'Even Street']);
    track.places.forEach((place, k) =>
      expect(metresBetween(place as MatchPoint, { lat: ROAD_LAT, lng: points[k].lng })).toBeLessThan(1),
    );
    // The line goes east all the way: no part begins before the end of the one before.
    const { coordinates } = section;
    expect(coordinates.every(([lng], k) => k === 0 || lng >= coordinates[k - 1][0] - 1e-6)).toBe(true);
    expect(none).not.toHaveBeenCalled();
    const asked = source === 'osrm' ? osrm.asked.length : valhalla.asked.length;
    expect(asked).toBe(source === 'osrm' ? 19 : 2);
  });

  it('are asked with the error of each receiver and the times', async () => {
    const points = drive(3, 200).map((point, k) => ({ ...point, accuracy: [null, 1, 400][k] }));
    await waysOf(['OSRM_URL']).match(points, none);
    const { searchParams: query } = new URL(osrm.asked[0].path, 'http://x');
    expect(Object.fromEntries(query)).toEqual({
      overview: 'false',
      geometries: 'geojson',
      steps: 'true',
      gaps: 'split',
      tidy: 'false',
      timestamps: `${START / 1000};${START / 1000 + 4};${START / 1000 + 8}`,
      // What it does not say, or what cannot be.
      radiuses: '10;4.1;50',
    });
    await waysOf(['VALHALLA_URL']).match(points, none);
    expect(valhalla.asked[0]).toMatchObject({
      path: '/trace_attributes',
      body: {
        shape: [{ time: 0 }, { time: 4 }, { time: 8 }],
        shape_match: 'map_snap',
        trace_options: { gps_accuracy: 10, search_radius: 100, breakage_distance: 2_000 },
        filters: { action: 'include' },
      },
    });
  });

  it.each(['OSRM_URL', 'VALHALLA_URL'] as const)(
    '%s: what is on no road says so, and a way ends where the own network would end it',
    async (name) => {
      const points = drive(60);
      // One off the road; two in a row; a silence; one alone between silences; standing.
      points[5] = aside(points[5]);
      points[20] = aside(points[20]);
      points[21] = aside(points[21]);
      for (let k = 40; k < 60; k++) points[k] = { ...points[k], fixTime: points[k].fixTime + 400_000 };
      const later = points[59].fixTime + 400_000;
      const alone = { ...points[59], lng: points[59].lng + 900 * METRE, fixTime: later };
      const far = { ...alone, fixTime: later + 400_000 };
      const stands = Array.from({ length: 150 }, (_, k) => ({ ...far, lng: far.lng + (k % 3) * METRE }));
      const standing = stands.map((one, k) => ({ ...one, fixTime: far.fixTime + k * 10_000 }));
      const all = [
        ...points,
        alone,
        ...standing,
        { ...far, lng: far.lng + 90 * METRE, fixTime: far.fixTime + 1_510_000 },
      ];
      const track = await waysOf([name]).match(all, none);
      expect(track.sections.map(({ from, to }) => [from, to])).toEqual([
        [0, 19],
        [22, 39],
        [40, 59],
        [61, 211],
      ]);
      const off = track.places.flatMap((place, k) => (typeof place === 'string' ? [[k, place]] : []));
      expect(off).toEqual([
        [5, 'no-road'],
        [20, 'no-road'],
        [21, 'no-road'],
        [60, 'alone'],
      ]);
      expect(Math.abs(metresOf(track) - (19 + 17 + 19) * 50 - 90)).toBeLessThan(5);
    },
  );

  it('that one knows nothing of are looked for by the next, and are on none in the end', async () => {
    const points = drive(150).map(aside);
    const track = await waysOf(['OSRM_URL', 'VALHALLA_URL']).match(points, none);
    expect(track).toEqual({
      source: null,
      places: points.map(() => 'no-road'),
      sections: [],
      notes: [
        'OSRM finds no road for this track.',
        'Valhalla finds no road for this track.',
        'No road network is loaded: the track is on no road.',
      ],
    });
    expect(await waysOf(['OSRM_URL']).match([], none)).toMatchObject({ places: [], notes: [] });
    const own = { places: points.map(() => 'no-road' as const), sections: [] };
    const byRoads = await waysOf(['OSRM_URL']).match(points, () => Promise.resolve(own));
    expect(byRoads).toEqual({ ...own, source: 'road', notes: ['OSRM finds no road for this track.'] });
  });

  const location = [16, ROAD_LAT];
  const tracepoint = (more: object = {}): object => ({ location, matchings_index: 0, waypoint_index: 0, ...more });
  const leg = (more: object = {}): object => ({ distance: 100, steps: [], ...more });
  const osrmOf = (tracepoints: unknown, ...legs: unknown[]): Answer => [
    200,
    { code: 'Ok', tracepoints, matchings: [{ legs }] },
  ];
  const both = [tracepoint(), tracepoint({ waypoint_index: 1 })];
  const CANNOT = 'OSRM answered what cannot be understood.';
  it.each<[string, Answer, string]>([
    ['is silent', 'silent', 'OSRM did not answer in time.'],
    ['hangs up', 'hang up', 'OSRM cannot be reached.'],
    ['fails', [503, 'down'], 'OSRM fails (503).'],
    ['takes fewer places', [400, { code: 'TooBig' }], 'OSRM does not take what it is asked (TooBig).'],
    ['says NaN', [200, '{"code":"Ok","matchings":[],"tracepoints":[NaN,NaN]}'], CANNOT],
    ['says nothing more', [200, { code: 'Ok' }], CANNOT],
    ['has nulls for all', osrmOf([null, null]), 'OSRM finds no road for this track.'],
    ['has another number of fixes', osrmOf([both[0]], leg()), CANNOT],
    ['has no matchings for a fix', osrmOf([both[0], tracepoint({ matchings_index: 4 })], leg()), CANNOT],
    ['counts in halves', osrmOf([both[0], tracepoint({ matchings_index: 0.5 })], leg()), CANNOT],
    ['has no leg between two fixes', osrmOf(both), CANNOT],
    ['has null for a leg', osrmOf(both, null), CANNOT],
    ['goes back', osrmOf([both[1], both[0]], leg()), CANNOT],
    ['leaves a place out', osrmOf([both[0], tracepoint({ waypoint_index: 2 })], leg(), leg()), CANNOT],
    ['has null for a place', osrmOf([both[0], tracepoint({ location: null })], leg()), CANNOT],
    ['has a place that is none', osrmOf([both[0], tracepoint({ location: [0, 91] })], leg()), CANNOT],
    ['has a place on another continent', osrmOf([both[0], tracepoint({ location: [-70, 10] })], leg()), CANNOT],
    ['has a leg around the world', osrmOf(both, leg({ distance: 1e300 })), CANNOT],
    ['has less than no metres', osrmOf(both, leg({ distance: -1 })), CANNOT],
    ['has steps without a line', osrmOf(both, leg({ steps: [{ distance: 5, geometry: null }] })), CANNOT],
  ])('go on to the next where OSRM %s', async (_, said, note) => {
    osrm.say = () => said;
    const ways = waysOf(['OSRM_URL', 'VALHALLA_URL'], said === 'silent' ? 1_000 : 10_000);
    const track = await ways.match(drive(2), none);
    expect([track.source, track.notes, onRoad(track)]).toEqual(['valhalla', [note], 2]);
  });

  const line = encoded([0, 1, 2, 3].map((k) => ({ lat: ROAD_LAT, lng: 16 + k / 1_000 })));
  const edge = (first: unknown, last: unknown, more: object = {}): object => ({
    ...{ begin_shape_index: first, end_shape_index: last },
    ...more,
  });
  const point = (more: object = {}): object => ({ lon: 16, lat: ROAD_LAT, type: 'matched', edge_index: 0, ...more });
  const valhallaOf = (matched_points: unknown, edges: unknown = [edge(0, 3)], shape: unknown = line): Answer => [
    200,
    { shape, edges, matched_points },
  ];
  const MUST = 'Valhalla answered what cannot be understood.';
  const NONE = 'Valhalla finds no road for this track.';
  it.each<[string, Answer, string]>([
    ['refuses the length', [400, { error_code: 154 }], 'Valhalla does not take what it is asked (154).'],
    ['has no matched points', [200, { shape: line, edges: [edge(0, 3)] }], MUST],
    ['has another number of fixes', valhallaOf([point()]), MUST],
    ['has null for a fix', valhallaOf([point(), null]), MUST],
    ['has no line', valhallaOf([point(), point()], [edge(0, 3)], null), MUST],
    ['has a line that is too long', valhallaOf([point(), point()], [edge(0, 3)], line + '??'.repeat(50_000)), MUST],
    ['has a line that is none', valhallaOf([point(), point()], [edge(0, 3)], 'ÿÿ'), MUST],
    ['has an edge beyond its line', valhallaOf([point(), point()], [edge(0, 9)]), MUST],
    ['has an edge from nowhere', valhallaOf([point(), point()], [edge(null, 3)]), MUST],
    ['has an edge backwards', valhallaOf([point(), point()], [edge(3, 0)]), MUST],
    ['has names that are none', valhallaOf([point(), point()], [edge(0, 3, { names: 'x' })]), MUST],
    ['has a place that is none', valhallaOf([point(), point({ lon: null })]), MUST],
    ['has a place on another continent', valhallaOf([point(), point({ lon: -70 })]), MUST],
    ['has edges that are none', valhallaOf([point({ edge_index: 2 ** 64 }), point({ edge_index: 1.5 })]), NONE],
    ['has types that are none', valhallaOf([point({ type: null }), point({ type: 7 })]), NONE],
    ['breaks the way', valhallaOf([point({ begin_route_discontinuity: true }), point()]), NONE],
    ['leaps from edge to edge', valhallaOf([point(), point({ edge_index: 1 })], [edge(0, 1), edge(2, 3)]), NONE],
    ['goes back', valhallaOf([point({ edge_index: 1 }), point()], [edge(0, 1), edge(1, 3)]), NONE],
  ])('are on no road where Valhalla %s', async (_, said, note) => {
    valhalla.say = () => said;
    const track = await waysOf(['VALHALLA_URL']).match(drive(2), none);
    expect([track.source, track.notes[0], onRoad(track)]).toEqual([null, note, 0]);
  });

  it('are given up as a whole where a later part fails or all take too long, and the server is left alone after a failure', async () => {
    osrm.say = (asked) => (osrm.asked.length > 3 ? [500, {}] : OSRM_MATCH(asked));
    const ways = waysOf(['OSRM_URL', 'VALHALLA_URL']);
    const track = await ways.match(drive(500), none);
    expect([track.source, track.notes, track.sections.length, onRoad(track)]).toEqual([
      'valhalla',
      ['OSRM fails (500).'],
      1,
      500,
    ]);
    expect((await ways.match(drive(5), none)).notes).toEqual(['OSRM fails (500). It is asked again in a moment.']);
    expect(osrm.asked.length).toBe(4);

    const now = performance.now.bind(performance);
    let passed = 0;
    const clock = jest.spyOn(performance, 'now').mockImplementation(() => now() + passed);
    osrm.say = (asked) => ((passed += 50_000), OSRM_MATCH(asked));
    const slow = await waysOf(['OSRM_URL', 'VALHALLA_URL']).match(drive(500), none);
    clock.mockRestore();
    expect([slow.source, slow.notes]).toEqual(['valhalla', ['OSRM takes too long for so long a track.']]);
  });

  it('hold no more positions than a track may', async () => {
    const many = Array.from({ length: 9_000 }, (_, k) => [16 + (k % 2) / 1e6, ROAD_LAT]);
    osrm.say = (asked) => {
      const [status, body] = OSRM_MATCH(asked) as [number, { matchings: { legs: { steps: object[] }[] }[] }];
      for (const { steps } of body.matchings[0].legs)
        steps[0] = { ...steps[0], geometry: { type: 'LineString', coordinates: many } };
      return [status, body];
    };
    const track = await waysOf(['OSRM_URL']).match(drive(60), none);
    expect([track.source, track.notes[0]]).toEqual([null, 'OSRM answered with too much.']);
    many.length = 0;
    for (let k = 0; k < 10_001; k++) many.push([16 + (k % 2) / 1e6, ROAD_LAT]);
    const hop = await waysOf(['OSRM_URL']).match(drive(2), none);
    expect([hop.source, hop.notes[0]]).toEqual([null, 'OSRM answered with too much.']);
  });

  it('place fixes of one that stands on a long way there, as many as are looked for in a moment', async () => {
    osrm.say = (asked) => {
      const [status, body] = OSRM_MATCH(asked) as [number, { matchings: { legs: { steps: object[] }[] }[] }];
      const [leg] = body.matchings[0].legs;
      const fine = Array.from({ length: 9_000 }, (_, k) => [16 + (k / 9_000) * 200 * METRE, ROAD_LAT]);
      leg.steps[0] = { ...leg.steps[0], geometry: { type: 'LineString', coordinates: fine } };
      return [status, body];
    };
    const [first] = drive(1);
    const near = Array.from({ length: 400 }, (_, k) => ({
      ...{ lat: ROAD_LAT, lng: 16 + 5 * METRE, fixTime: START + (k + 1) * 10_000, accuracy: 10 },
    }));
    const away = { ...first, lng: 16 + 200 * METRE, fixTime: START + 4_010_000 };
    const track = await waysOf(['OSRM_URL']).match([first, ...near, away], none);
    expect([track.source, onRoad(track), track.sections.length]).toEqual(['osrm', 402, 1]);
    const east = track.places.map((place) => Math.round(((place as MatchPoint).lng - 16) / METRE));
    expect([east[0], east[1], east[400], east[401]]).toEqual([0, 5, 0, 200]);
  });

  it('that take too long leave the server to others, and only some are asked for at once', async () => {
    osrm.say = () => 'silent';
    const ways = waysOf(['OSRM_URL', 'VALHALLA_URL'], 500);
    const points = drive(5);
    const several = Array.from({ length: 5 }, () => ways.match(points, none));
    await expect(several.pop()).rejects.toMatchObject({ code: 'location.router-busy' });
    for (const { source, notes } of await Promise.all(several))
      expect([source, notes]).toEqual(['valhalla', ['OSRM did not answer in time.']]);
    osrm.say = OSRM_MATCH;
    expect((await ways.match(points, none)).source).toBe('osrm');
  });
});
