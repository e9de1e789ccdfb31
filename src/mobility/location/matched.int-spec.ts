import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { Client } from 'pg';
import { asTenant, testApp, type TestApp } from '../../../test/support/app';
import { testDatabase } from '../../../test/support/cluster';
import { eventually } from '../../../test/support/eventually';
import { at, xmlOf, type MadeRoads } from '../../../test/support/made-roads';
import { RecordedRealtimeModule } from '../../../test/support/realtime';
import { Double, OSRM_MATCH, ROAD_LAT } from '../../../test/support/ways-double';
import { clock } from '../../kernel/clock/clock';
import { newId } from '../../kernel/ids/ids';
import { RoadRouter } from './adapters/road-router';
import { ImportRoadsHandler } from './commands/import-roads';
import { CreateTrackerCommand } from './commands/manage-trackers';
import { RecordPositionsCommand } from './commands/record-positions';
import { ImportRoadsCommand } from './contracts/import-roads';
import { LocationModule } from './location.module';
import { HistoryQuery, type History, type TrackView } from './queries/history';
import { RoutePlanningModule } from './route-planning.module';

/** A main road of six kilometres east, a lane along it, and a side road north. */
const TOWN: MadeRoads = {
  nodes: {
    ...Object.fromEntries(Array.from({ length: 7 }, (_, k) => [k + 1, [k * 1_000, 0]])),
    ...Object.fromEntries(Array.from({ length: 7 }, (_, k) => [k + 11, [k * 1_000, 30]])),
    ...{ 20: [6_000, 2_000] },
  } as MadeRoads['nodes'],
  ways: [
    { id: 1, nodes: [1, 2, 3, 4, 5, 6, 7], tags: { name: 'Main Road', ref: 'B1' } },
    { id: 2, nodes: [11, 12, 13, 14, 15, 16, 17], tags: { name: 'Lane' } },
    { id: 3, nodes: [1, 11], tags: {} },
    { id: 4, nodes: [7, 17, 20], tags: { name: 'North Street' } },
  ],
};

describe.each([false, true])('a track on roads (loaded: %s)', (loaded) => {
  let dir: string;
  let app: TestApp;
  const tenant = newId();
  const start = clock.nowMs() - 7_200_000;
  beforeAll(async () => {
    dir = await mkdtemp(path.join(tmpdir(), 'mainstay-matched-'));
    if (loaded) {
      await writeFile(path.join(dir, 'town.osm'), xmlOf(TOWN));
      await new ImportRoadsHandler().execute(new ImportRoadsCommand(path.join(dir, 'town.osm'), dir));
    }
    app = await testApp([RecordedRealtimeModule, LocationModule, RoutePlanningModule], {
      env: { MAINSTAY_DATA_DIR: dir },
    });
  });
  afterAll(async () => {
    await app.close();
    await rm(dir, { recursive: true, force: true });
  });

  const inside = <T>(work: () => Promise<T>): Promise<T> => asTenant(tenant, work);
  const history = (trackerId: string, view: TrackView = 'matched'): Promise<History> =>
    inside(() => app.get(QueryBus).execute(new HistoryQuery({ trackerId, view })));
  /** East along the main road, then north, with a way over a field at the end; ten metres off to either side. */
  const drive = async (every: number): Promise<{ id: string; told: number }> => {
    const { id } = await inside(() => app.get(CommandBus).execute(new CreateTrackerCommand('Van', null)));
    const positions: object[] = [];
    for (let walked = 0; walked <= 7_500; walked += 10 * every) {
      const off = 10 * Math.sin(walked * 7);
      const place = walked <= 6_000 ? at(walked, off) : at(6_000 + off, walked - 6_000);
      positions.push({ ...place, fixTime: new Date(start + walked * 100).toISOString(), accuracy: 10 });
    }
    for (let k = 1; k <= 5; k++)
      positions.push({ ...at(6_000 + 400 * k, 1_500), fixTime: new Date(start + 750_000 + k * 40_000).toISOString() });
    await inside(() => app.get(CommandBus).execute(new RecordPositionsCommand(tenant, positions, id)));
    return { id, told: positions.length };
  };

  if (!loaded)
    it('is flagged as a whole', async () => {
      const { id, told } = await drive(5);
      const { points, roads, distance } = await history(id);
      expect(roads).toMatchObject({ source: null, metres: 0, matched: 0, unmatched: told, sections: [] });
      expect(roads!.notes[0]).toContain('No road network');
      expect(points.every(({ unmatched }) => unmatched === 'no-road')).toBe(true);
      expect(distance).toBeGreaterThan(7_000);
      expect((await history(id, 'filtered')).roads).toBeNull();
    });
  else {
    it('takes no place of a network that is there no more', async () => {
      const points = Array.from({ length: 10 }, (_, k) => ({
        ...at(100 * k, 0),
        ...{ fixTime: start + 10_000 * k, accuracy: 10 },
      }));
      const former = { arc: 1_000_000, share: 0.5 };
      const question = { points, start: former, more: false, network: -1 };
      const answer = await inside(() => app.get(RoadRouter).ask({ kind: 'match', question }));
      const fresh = await inside(() =>
        app.get(RoadRouter).ask({ kind: 'match', question: { points, start: null, more: false } }),
      );
      expect(answer).toEqual(fresh);
      expect(answer).toMatchObject({ match: { settled: 10, sections: [{ from: 0, to: 9, joined: false }] } });
    });

    it.each([
      [5, 'one question'],
      [1, 'several'],
    ])('is on those that it was driven on, told every %i seconds (%s)', async (every) => {
      const { id, told } = await drive(every);
      const { points, roads } = await history(id);
      expect([roads!.source, roads!.notes]).toEqual(['road', []]);
      expect([roads!.matched, roads!.unmatched, points.length]).toEqual([told - 5, 5, told]);
      expect(points.slice(-5).map(({ unmatched }) => unmatched)).toEqual(Array(5).fill('no-road'));
      expect(roads!.sections).toHaveLength(1);
      const [{ ways, metres, geometry }] = roads!.sections;
      expect(ways.map(({ name, ref }) => [name, ref])).toEqual([
        ['Main Road', 'B1'],
        ['North Street', ''],
      ]);
      expect(Math.abs(metres - 7_500)).toBeLessThan(80);
      expect(geometry.coordinates.length).toBeGreaterThan(7);
      // On the line of the main road, not beside it.
      for (const { lat } of points.slice(0, Math.floor(points.length / 2)))
        expect(Math.abs(lat - at(0, 0).lat)).toBeLessThan(1e-6);
    });
  }
});

describe('a track on the roads of a server', () => {
  const osrm = new Double();
  const tenant = newId();
  let app: TestApp;
  let sql: Client;
  beforeAll(async () => {
    const database = await testDatabase();
    sql = new Client({ connectionString: database.superuserUrl });
    await sql.connect();
    app = await testApp([RecordedRealtimeModule, LocationModule, RoutePlanningModule], {
      database,
      env: { OSRM_URL: await osrm.start(), MAINSTAY_ROUTING_TIMEOUT_MS: '2000' },
    });
  });
  afterAll(async () => {
    await app.close();
    await Promise.all([osrm.stop(), sql.end()]);
  });

  it('is told with its source; no transaction waits for the server, and where that is silent the answer says so', async () => {
    const inside = <T>(work: () => Promise<T>): Promise<T> => asTenant(tenant, work);
    const { id } = await inside(() => app.get(CommandBus).execute(new CreateTrackerCommand('Van', null)));
    const positions = Array.from({ length: 240 }, (_, k) => ({
      lat: ROAD_LAT + (k === 100 ? 0.002 : 0.00005 * Math.sin(k)),
      lng: 16 + k / 1_000,
      fixTime: new Date(clock.nowMs() - 3_600_000 + k * 10_000).toISOString(),
      accuracy: 8,
    }));
    await inside(() => app.get(CommandBus).execute(new RecordPositionsCommand(tenant, positions, id)));
    const matched = (): Promise<History> =>
      inside(() => app.get(QueryBus).execute(new HistoryQuery({ trackerId: id, view: 'matched' })));

    osrm.say = OSRM_MATCH;
    const { points, roads } = await matched();
    expect(osrm.asked.length).toBe(3);
    expect(roads).toMatchObject({ source: 'osrm', matched: 239, unmatched: 1, notes: [] });
    expect(roads!.sections).toHaveLength(1);
    expect(roads!.sections[0].ways).toMatchObject([{ name: 'Main Road', ref: 'B1' }]);
    expect(points.map(({ unmatched }) => unmatched).filter((why) => why !== null)).toEqual(['no-road']);
    expect(points.filter(({ lat }) => lat === ROAD_LAT)).toHaveLength(239);

    osrm.say = () => 'silent';
    let answered = false;
    const waits = matched().finally(() => (answered = true));
    await eventually(() => osrm.asked.length === 4);
    const open = `select from pg_stat_activity where datname = current_database() and state like 'idle in transaction%'`;
    // A worker beside it may have one for a moment; what waits for the server would have it for as long as that is silent.
    await eventually(async () => (await sql.query(open)).rowCount === 0);
    expect(answered).toBe(false);
    const silent = await waits;
    expect(silent.roads).toMatchObject({ source: null, matched: 0, unmatched: 240, sections: [] });
    expect(silent.roads!.notes).toEqual([
      'OSRM did not answer in time.',
      'No road network is loaded: the track is on no road.',
    ]);
    expect(silent.points).toHaveLength(240);
  });
});
