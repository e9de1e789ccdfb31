import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Worker } from 'node:worker_threads';
import { QueryBus } from '@nestjs/cqrs';
import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import { asTenant, testApp, type TestApp } from '../../../test/support/app';
import { at, madeTown, pbfOf, xmlOf } from '../../../test/support/made-roads';
import { Config } from '../../kernel/config/config';
import { plainly } from '../../../test/support/plain-ways';
import { newId } from '../../kernel/ids/ids';
import { graphFileOf, readGraph } from './adapters/road-graph-file';
import { RoadRouter, type RouterLimits } from './adapters/road-router';
import { RouteOptimizer } from './adapters/route-optimizer';
import type { RouterAnswer, RouterQuestion } from './adapters/router.thread';
import { ImportRoadsHandler } from './commands/import-roads';
import { ImportRoadsCommand, type ImportedRoads } from './contracts/import-roads';
import { TravelTimesQuery } from './contracts/travel-times';
import type { RouteAnswer } from './contracts/routes';
import { SeededRandom } from './domain/optimization/random';
import { areaOf } from './domain/routing/contour';
import { Search } from './domain/routing/search';
import { snap, type Snapped } from './domain/routing/snap';
import { TrafficBody } from './http/ways.dto';
import {
  IsochronesQuery,
  PlanWayQuery,
  TravelMatrixQuery,
  type Isochrones,
  type TrafficTold,
  type TravelMatrix,
} from './queries/routes';
import { RoutePlanningModule } from './route-planning.module';

describe('roads that are imported', () => {
  const town = madeTown(12, 3);
  let dir: string;
  let app: TestApp;

  const imported = async (name: string, content: string | Buffer): Promise<ImportedRoads> => {
    const file = path.join(dir, name);
    await writeFile(file, content);
    return new ImportRoadsHandler().execute(new ImportRoadsCommand(file, dir));
  };
  const ask = <T>(query: Parameters<QueryBus['execute']>[0]): Promise<T> =>
    asTenant(newId(), () => app.get(QueryBus).execute(query)) as Promise<T>;

  beforeAll(async () => {
    dir = await mkdtemp(path.join(tmpdir(), 'mainstay-roads-'));
    app = await testApp([RoutePlanningModule], { env: { MAINSTAY_DATA_DIR: dir } });
  });
  afterAll(async () => {
    await app.close();
    await rm(dir, { recursive: true, force: true });
  });

  it('are the same from XML and from PBF, whichever way it is packed', async () => {
    const report = await imported('town.osm', xmlOf(town));
    expect(report).toMatchObject({ nodes: 144, edges: town.ways.length, missingPoints: 0 });
    expect(report.turnRules + report.turnRulesLeftOut).toBe(town.rules?.length);
    expect(report.turnRules).toBeGreaterThan(5);
    // All but the head, which names the file.
    const bare = async (): Promise<string> =>
      createHash('sha256')
        .update((await readFile(graphFileOf(dir))).subarray(-50_000))
        .digest('hex');
    const first = await bare();
    for (const options of [{}, { dense: false }, { zlib: false }]) {
      const again = await imported('town.osm.pbf', await pbfOf(town, options));
      expect({ ...again, bytes: 0 }).toEqual({ ...report, bytes: 0 });
      expect(await bare()).toBe(first);
    }
  });

  it('stay as they were when a file is damaged', async () => {
    const before = await readFile(graphFileOf(dir));
    const pbf = await pbfOf(town);
    for (const [name, content, complaint] of [
      ['a.osm', 'nothing', /not OSM XML/],
      ['b.osm', '', /it is empty/],
      ['c.osm', xmlOf(town).slice(0, -30), /not OSM XML/],
      ['d.osm', '<!DOCTYPE osm [<!ENTITY a "b">]><osm/>', /document type/],
      ['e.osm', '<osm><node id="1" lat="1" lon="1"/></osm>', /no road for cars/],
      ['f.osm.pbf', pbf.subarray(0, -10), /cut off/],
      ['g.osm.pbf', Buffer.from('not a protobuf at all'), /not an OSM PBF/],
      ['h.osm.pbf', '', /empty/],
    ] as const)
      await expect(imported(name, content)).rejects.toThrow(complaint);
    await expect(imported('c.osm', xmlOf(town).slice(0, -30))).rejects.toThrow(/[^.]\.$/);
    expect((await readFile(graphFileOf(dir))).equals(before)).toBe(true);
  });

  it('are searched as plain Dijkstra would, between places of the extract', async () => {
    const { graph } = await readGraph(graphFileOf(dir));
    const [search, random] = [new Search(graph), new SeededRandom(5)];
    const fixed = (cost: number | undefined): string => (cost ?? Infinity).toPrecision(10);
    const somewhere = (): Snapped => {
      const { lat, lng } = at(random.below(1_200), random.below(1_200));
      return snap(graph, lat, lng)!;
    };
    for (let k = 0; k < 8; k++) {
      const from = somewhere();
      const conditions = { weights: k % 2 ? { time: 1, length: 0 } : { time: 0, length: 1 } };
      const least = plainly(graph, from, conditions);
      for (const to of Array.from({ length: 10 }, somewhere))
        expect(fixed(search.way(from, to, conditions)?.cost)).toBe(fixed(least(to)));
    }
  });

  it('are slower at busy hours, and left aside where they are closed, as the question tells', async () => {
    const [from, to] = [at(120, 130), at(900, 850)];
    const ways = (traffic?: TrafficTold): Promise<RouteAnswer> =>
      ask(new PlanWayQuery({ waypoints: [from, to], traffic }));
    const factors = [{ kind: 'all', hours: Array.from({ length: 24 }, (_, hour) => (hour === 8 ? 4 : 1)) }];
    const [free, before, busy] = await Promise.all([
      ways(),
      ways({ departAt: '2026-03-02T05:10:00Z', utcOffsetMinutes: 60, factors }),
      ways({ departAt: '2026-03-02T07:10:00Z', utcOffsetMinutes: 60, factors }),
    ]);
    expect(before.routes).toEqual(free.routes);
    expect(busy.routes[0].seconds).toBeGreaterThan(2 * free.routes[0].seconds);
    const line = free.routes[0].geometry.coordinates;
    const [lng, lat] = line[Math.floor(line.length / 2)].map(
      (value, k) => (value + line[Math.floor(line.length / 2) + 1][k]) / 2,
    );
    const closed = await ways({
      roads: [
        { lat, lng, closed: true },
        { lat: 10, lng: 10, factor: 2 },
      ],
    });
    expect(closed.routes[0].seconds).toBeGreaterThan(free.routes[0].seconds);
    expect(closed.routes[0].geometry.coordinates).not.toEqual(line);
    expect(closed.notes).toEqual([expect.stringContaining('1 of the places with traffic')]);
    const matrix = (traffic?: TrafficTold): Promise<TravelMatrix> =>
      ask(new TravelMatrixQuery({ origins: [from, to], traffic }));
    const busyMatrix = await matrix({ departAt: '2026-03-02T07:10:00Z', utcOffsetMinutes: 60, factors });
    expect(Math.abs(busyMatrix.seconds[0][1]! - busy.routes[0].seconds)).toBeLessThanOrEqual(1);
    const invalid = { code: 'location.route-question-invalid' };
    await expect(ways({ roads: [from] })).rejects.toMatchObject(invalid);
    // Weeks and days of the year are ISO 8601 too; a search by a time that is none would not end.
    for (const departAt of ['2026-W10-1T08:15:00Z', '2026-060T08:15:00Z']) {
      expect(validateSync(plainToInstance(TrafficBody, { departAt }))).toMatchObject([{ property: 'departAt' }]);
      await expect(ways({ departAt })).rejects.toMatchObject(invalid);
      await expect(matrix({ departAt })).rejects.toMatchObject(invalid);
    }
    expect(validateSync(plainToInstance(TrafficBody, { departAt: '2026-03-02T08:15:00+01:00' }))).toEqual([]);
  });

  it('are reached so far within some minutes or metres, and less far in traffic', async () => {
    const center = at(600, 600);
    const reach = (asked: Omit<IsochronesQuery['asked'], 'center'>): Promise<Isochrones> =>
      ask(new IsochronesQuery({ center, ...asked }));
    const sizeOf = ({ features }: Isochrones): number[] =>
      features.map(({ geometry }) => geometry.coordinates.flat().reduce((sum, ring) => sum + areaOf(ring), 0));
    const free = await reach({ minutes: [1, 0.5, 1] });
    expect(free).toMatchObject({ type: 'FeatureCollection', source: 'road', notes: [] });
    expect(free.features.map(({ properties }) => properties)).toEqual([
      { minutes: 0.5, metres: null },
      { minutes: 1, metres: null },
    ]);
    const hours = Array.from({ length: 24 }, () => 2);
    const busy = await reach({ minutes: [1], traffic: { factors: [{ kind: 'all', hours }] } });
    expect(sizeOf(busy)[0]).toBeLessThan(sizeOf(free)[1]);
    expect(sizeOf(await reach({ metres: [200, 900] }))[0]).toBeGreaterThan(0);
    const far = await ask<Isochrones>(new IsochronesQuery({ center: { lat: 10, lng: 10 }, minutes: [5] }));
    expect(far).toMatchObject({ source: 'great_circle', notes: [expect.stringContaining('not near any road')] });
    for (const asked of [{}, { minutes: [1], metres: [100] }])
      await expect(reach(asked)).rejects.toMatchObject({ code: 'location.route-question-invalid' });
  });

  it('are driven by routes, matrices, driving times and plans', async () => {
    const [a, b, c] = [at(120, 130), at(900, 850), at(1_050, 200)];
    const answer = await ask<import('./contracts/routes').RouteAnswer>(
      new PlanWayQuery({ waypoints: [a, b], alternatives: 1 }),
    );
    expect(answer).toMatchObject({ source: 'road', notes: [] });
    expect(answer.routes[0].legs[0].steps.at(-1)?.type).toBe('arrive');
    const matrix = await ask<import('./queries/routes').TravelMatrix>(new TravelMatrixQuery({ origins: [a, b, c] }));
    expect(matrix.source).toBe('road');
    expect(Math.abs(matrix.seconds[0][1]! - answer.routes[0].seconds)).toBeLessThanOrEqual(1);
    const times = await ask<import('./contracts/travel-times').TravelTimes>(
      new TravelTimesQuery({ origin: a, destinations: [a, b, c] }),
    );
    expect(times).toEqual({ source: 'road', seconds: matrix.seconds[0], metres: matrix.metres[0] });

    const plan = await app.get(RouteOptimizer).plan({
      vehicles: [{ id: 'v', start: a }],
      stops: [
        { id: 'b', location: b },
        { id: 'c', location: c },
      ],
      options: { iterations: 50, metric: 'road' },
    });
    const { metres } = await ask<import('./queries/routes').TravelMatrix>(
      new TravelMatrixQuery({ origins: [a, b, c], objective: 'distance' }),
    );
    const round = (one: number, two: number): number => metres[0][one]! + metres[one][two]! + metres[two][0]!;
    expect(plan).toMatchObject({ metric: 'road', notes: [], distance: Math.min(round(1, 2), round(2, 1)) });
  });

  describe('are asked for one after another, and', () => {
    const many = Array.from({ length: 60 }, (_, k) => at(20 * k, 15 * k));
    const prices = { perKm: 0, perHour: 0 };
    const few: RouterQuestion = {
      kind: 'matrix',
      question: { origins: many.slice(0, 2), destinations: many.slice(0, 2), objective: 'time', prices },
    };
    const found = expect.objectContaining({ matrix: expect.anything() as unknown });
    const code = (name: string): unknown => expect.objectContaining({ code: `location.${name}`, kind: 'unavailable' });
    let router: RoadRouter;
    const made = (limits: Partial<RouterLimits>): void => {
      router = new RoadRouter(app.get(Config), limits);
    };
    const tell = (promise: Promise<unknown>): Promise<unknown> => promise.catch((error: unknown) => error);
    afterEach(() => router.onApplicationShutdown());

    it('go on after one that took too long: whoever waits, and whoever comes later', async () => {
      // A thread needs longer than that to start.
      made({ mostMs: 1 });
      const first = tell(router.ask(few));
      const second = tell(router.ask(few));
      expect(await first).toEqual(code('router-gave-up'));
      (router as unknown as { limits: RouterLimits }).limits.mostMs = 30_000;
      // It had begun within the short time, or not.
      expect([found, code('router-gave-up')]).toContainEqual(await second);
      expect(await router.ask(few)).toEqual(found);
    });

    it('turn away who would wait too long, and who asks for more than a share', async () => {
      made({ waitMs: 1, mostOfOne: 1 });
      const as = (tenant: string): Promise<unknown> => tell(asTenant(tenant, () => router.ask(few)));
      const [a, b] = [newId(), newId()];
      const asked = [as(a), as(a), as(a), as(b)];
      expect(await Promise.all(asked)).toEqual([found, ...Array.from({ length: 3 }, () => code('router-busy'))]);
    });

    it('serve organizations in turn', async () => {
      made({});
      const order: string[] = [];
      const [a, b] = [newId(), newId()];
      await Promise.all(
        [a, a, a, b].map((tenant) =>
          asTenant(tenant, () => router.ask(few)).then(() => order.push(tenant === a ? 'a' : 'b')),
        ),
      );
      expect(order).toEqual(['a', 'b', 'a', 'a']);
    });

    it('leave nobody waiting whose roads are taken away meanwhile', async () => {
      made({ lookEveryMs: 0 });
      const [first, second] = [router.ask(few), router.ask(few)];
      await router.roads();
      // However fast the thread is, what it says to the first question is heard when the roads are away.
      const { thread } = router as unknown as { thread: Worker };
      const [hear] = thread.listeners('message');
      thread.off('message', hear as () => void);
      const said = once(thread, 'message');
      const file = graphFileOf(dir);
      await rename(file, `${file}.away`);
      expect(await router.ask(few)).toBeNull();
      thread.on('message', hear as () => void);
      thread.emit('message', ...((await said) as [RouterAnswer]));
      expect(await first).toEqual(found);
      expect(await second).toBeNull();
      await rename(`${file}.away`, file);
      expect(await router.ask(few)).toEqual(found);
    });
  });

  it('are not guessed: places off the roads are told, and what cannot be asked is refused', async () => {
    const far = { lat: 10, lng: 10 };
    const answer = await ask<import('./contracts/routes').RouteAnswer>(
      new PlanWayQuery({ waypoints: [at(0, 0), far] }),
    );
    expect(answer).toMatchObject({ source: 'great_circle', notes: [expect.stringContaining('not near any road')] });
    const three = [at(0, 0), at(500, 500), at(900, 900)];
    const through = await ask<import('./contracts/routes').RouteAnswer>(
      new PlanWayQuery({ waypoints: three, alternatives: 2 }),
    );
    expect(through.source).toBe('road');
    expect(through.routes.length).toBeGreaterThan(1);
    expect(through.routes.map(({ legs }) => legs.length)).toEqual(through.routes.map(() => 2));
    await expect(ask(new TravelMatrixQuery({ origins: Array.from({ length: 101 }, () => far) }))).rejects.toMatchObject(
      { code: 'location.route-question-invalid' },
    );
  });
});
