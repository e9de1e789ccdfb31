import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { asTenant, testApp, type TestApp } from '../../../test/support/app';
import { eventually } from '../../../test/support/eventually';
import { at, madeTown, xmlOf } from '../../../test/support/made-roads';
import { newId } from '../../kernel/ids/ids';
import { AskForRoutesCommand } from './commands/ask-for-routes';
import { ImportRoadsHandler } from './commands/import-roads';
import {
  ChangeRoadOverrideCommand,
  ChangeTrafficProfileCommand,
  CreateRoadOverrideCommand,
  CreateTrafficProfileCommand,
  DeleteTrafficProfileCommand,
  EndRoadOverrideCommand,
} from './commands/manage-traffic';
import { RunRouteJobCommand } from './commands/run-route-job';
import { ImportRoadsCommand } from './contracts/import-roads';
import { FindRouteJobQuery } from './contracts/route-plans';
import { TravelTimesQuery } from './contracts/travel-times';
import { MOST_OVERRIDES } from './domain/routing/limits';
import { IsochronesQuery, PlanWayQuery, TravelMatrixQuery, type TrafficTold } from './queries/routes';
import {
  FindRoadOverrideQuery,
  FindTrafficProfileQuery,
  ListRoadOverridesQuery,
  ListTrafficProfilesQuery,
} from './queries/traffic';
import { RoutePlanningModule } from './route-planning.module';

const [A, B] = [at(120, 130), at(900, 850)];
const DAY = Array.from({ length: 24 }, () => 3);
const EVERYWHERE = { west: -10, south: 38, east: -9, north: 39 };
const list = (query: object): never => ({ limit: 50, ...query }) as never;

describe('traffic of an organization', () => {
  let dir: string;
  let app: TestApp;
  let other: TestApp;
  let tenant: string;

  const told = <T>(command: Parameters<CommandBus['execute']>[0], as = tenant): Promise<T> =>
    asTenant(as, () => app.get(CommandBus).execute(command)) as Promise<T>;
  const ask = <T>(query: Parameters<QueryBus['execute']>[0], as = tenant, where = app): Promise<T> =>
    asTenant(as, () => where.get(QueryBus).execute(query)) as Promise<T>;
  const seconds = async (traffic?: TrafficTold, as = tenant, where = app): Promise<number> => {
    const { routes } = await ask<{ routes: { seconds: number }[] }>(
      new PlanWayQuery({ waypoints: [A, B], traffic }),
      as,
      where,
    );
    return routes[0].seconds;
  };
  const profile = (name: string, more: object = {}): Promise<{ id: string; isDefault: boolean }> =>
    told(new CreateTrafficProfileCommand({ name, timeZone: 'Europe/Lisbon', rules: [{ hours: DAY }], ...more }));
  const slow = (more: object = {}): Promise<{ id: string; state: string }> =>
    told(new CreateRoadOverrideCommand({ area: EVERYWHERE, factor: 4, reason: 'Snow', ...more }));
  const refused = (code: string): object => expect.objectContaining({ code: `location.${code}` }) as object;

  beforeAll(async () => {
    dir = await mkdtemp(path.join(tmpdir(), 'mainstay-traffic-'));
    const file = path.join(dir, 'town.osm');
    await writeFile(file, xmlOf(madeTown(12, 3)));
    await new ImportRoadsHandler().execute(new ImportRoadsCommand(file, dir));
    app = await testApp([RoutePlanningModule], { env: { MAINSTAY_DATA_DIR: dir } });
    other = await testApp([RoutePlanningModule], { env: { MAINSTAY_DATA_DIR: dir } });
  });
  afterAll(async () => {
    await Promise.all([app.close(), other.close()]);
    await rm(dir, { recursive: true, force: true });
  });
  beforeEach(() => (tenant = newId()));

  it('counts in routes, matrices, driving times, isochrones and plans: by default, by name, or not at all', async () => {
    const free = await seconds();
    await profile('Rush', { isDefault: true });
    const rush = await seconds();
    expect(rush).toBeGreaterThan(2 * free);
    await profile('Calm', { rules: [{ hours: DAY.map(() => 1) }] });
    expect(await seconds({ profile: 'calm' })).toBe(free);
    expect(await seconds({ profile: null })).toBe(free);
    // Who tells hours does not want those that are kept, unless by name.
    const factors = [{ kind: 'all', hours: DAY.map(() => 2) }];
    const twice = await seconds({ factors });
    expect(twice).toBeLessThan(rush);
    expect(await seconds({ factors, profile: 'Rush' })).toBeGreaterThan(1.8 * rush);
    await expect(seconds({ profile: 'none such' })).rejects.toEqual(refused('route-question-invalid'));

    const { seconds: matrix } = await ask<{ seconds: number[][] }>(new TravelMatrixQuery({ origins: [A, B] }));
    expect(Math.abs(matrix[0][1] - rush)).toBeLessThanOrEqual(1);
    const times = await ask<{ seconds: number[] }>(new TravelTimesQuery({ origin: A, destinations: [A, B] }));
    expect(times.seconds).toEqual(matrix[0]);
    const size = async (traffic?: TrafficTold): Promise<number> => {
      const answer = await ask<{ features: { geometry: { coordinates: number[][][][] } }[] }>(
        new IsochronesQuery({ center: at(600, 600), minutes: [1], traffic }),
      );
      return Math.max(...answer.features[0].geometry.coordinates.flat(2).map(([lng]) => lng));
    };
    expect(await size()).toBeLessThan(await size({ profile: null }));
    const planned = async (traffic?: object): Promise<{ duration: number; notes: string[] }> => {
      const { jobId } = await told<{ jobId: string }>(
        new AskForRoutesCommand({
          vehicles: [{ id: 'v', start: A }],
          stops: [{ id: 'b', location: B }],
          options: { iterations: 5, metric: 'road', objective: 'duration', traffic },
        }),
      );
      await told(new RunRouteJobCommand(jobId));
      return (await ask<{ solution: { duration: number; notes: string[] } }>(new FindRouteJobQuery({ id: jobId })))
        .solution;
    };
    const there = matrix[0][1] + matrix[1][0];
    expect(await planned()).toMatchObject({ duration: there, notes: [] });
    expect((await planned({ profile: 'Calm' })).duration).toBeLessThan(there / 2);
    await expect(planned({ profile: 'none such' })).rejects.toEqual(refused('route-request-invalid'));
    // Nobody else's roads are slow.
    expect(await seconds(undefined, newId())).toBe(free);
    await expect(seconds({ profile: 'Rush' }, newId())).rejects.toEqual(refused('route-question-invalid'));
  });

  it('has one default, and names of their own, whatever is entered at once', async () => {
    const made = await Promise.all(['A', 'B', 'C'].map((name) => profile(name, { isDefault: true })));
    const page = await ask<{ data: { id: string; isDefault: boolean }[] }>(new ListTrafficProfilesQuery(list({})));
    expect(page.data.filter(({ isDefault }) => isDefault)).toHaveLength(1);
    await expect(profile('a')).rejects.toEqual(refused('traffic-profile-taken'));
    const [first, second] = made;
    await expect(told(new ChangeTrafficProfileCommand(first.id, { name: 'B' }))).rejects.toEqual(
      refused('traffic-profile-taken'),
    );
    await told(new ChangeTrafficProfileCommand(first.id, { isDefault: true, rules: [{ hours: DAY.map(() => 1) }] }));
    expect(await ask(new FindTrafficProfileQuery(second.id))).toMatchObject({ isDefault: false });
    await expect(ask(new FindTrafficProfileQuery(first.id), newId())).rejects.toEqual(
      refused('traffic-profile-not-found'),
    );
    const free = await seconds();
    await told(new DeleteTrafficProfileCommand(first.id));
    expect(await seconds()).toBe(free);
    await expect(told(new DeleteTrafficProfileCommand(first.id))).rejects.toEqual(refused('traffic-profile-not-found'));
    const full = await Promise.allSettled(Array.from({ length: 21 }, (_, k) => profile(`P${k}`)));
    expect(full.filter(({ status }) => status === 'fulfilled')).toHaveLength(18);
    for (const bad of [
      { timeZone: 'Nowhere/At-all' },
      { rules: [{ hours: DAY.slice(1).concat(1, 1) }] },
      { rules: [{ hours: DAY, area: { ...EVERYWHERE, west: 1 } }] },
    ])
      await expect(profile('bad', bad)).rejects.toEqual(refused('traffic-invalid'));
  });

  it('closes and slows roads for a time, and is as usual again when that is over or ended', async () => {
    const free = await seconds();
    const snow = await slow();
    expect(snow.state).toBe('in_force');
    const slowed = await seconds();
    expect(slowed).toBeGreaterThan(3 * free);
    expect(await seconds({ overrides: false })).toBe(free);
    await told(new ChangeRoadOverrideCommand(snow.id, { factor: 2, area: { ...EVERYWHERE, north: 38.9 } }));
    expect(await seconds()).toBeLessThan(slowed);
    const shut = await told<{ closed: boolean; factor: null }>(
      new ChangeRoadOverrideCommand(snow.id, { closed: true }),
    );
    expect(shut).toMatchObject({ closed: true, factor: null });
    // Every road is closed: there is none to set out on.
    const { source } = await ask<{ source: string }>(new PlanWayQuery({ waypoints: [A, B] }));
    expect(source).toBe('great_circle');
    // Its area can be taken away where it names other roads.
    await expect(told(new ChangeRoadOverrideCommand(snow.id, { area: null }))).rejects.toEqual(
      refused('traffic-invalid'),
    );
    const ways = await told(new ChangeRoadOverrideCommand(snow.id, { wayIds: [1], area: null }));
    expect(ways).toMatchObject({ wayIds: [1], area: null });
    await told(new EndRoadOverrideCommand(snow.id));
    await told(new EndRoadOverrideCommand(snow.id));
    expect(await seconds()).toBe(free);
    expect(await ask(new FindRoadOverrideQuery(snow.id))).toMatchObject({ state: 'ended' });
    await expect(told(new ChangeRoadOverrideCommand(snow.id, { reason: 'x' }))).rejects.toEqual(
      refused('road-override-ended'),
    );
    await expect(ask(new FindRoadOverrideQuery(snow.id), newId())).rejects.toEqual(refused('road-override-not-found'));
    await slow({ from: '2030-01-01T00:00:00Z', until: '2030-01-02T00:00:00Z' });
    expect([await seconds(), await seconds({ departAt: '2030-01-01T06:00:00Z' })]).toEqual([free, slowed]);
    const states = async (state: string): Promise<number> =>
      (await ask<{ data: unknown[] }>(new ListRoadOverridesQuery(list({ state: [state] })))).data.length;
    expect([await states('upcoming'), await states('in_force'), await states('ended')]).toEqual([1, 0, 1]);
    for (const bad of [{ factor: undefined }, { closed: true }, { area: undefined }, { until: '2020-01-01T00:00:00Z' }])
      await expect(slow(bad)).rejects.toEqual(refused('traffic-invalid'));
  });

  it('is bounded, also when much is entered at once', async () => {
    for (let k = 0; k < MOST_OVERRIDES - 2; k += 20)
      await Promise.all(Array.from({ length: Math.min(20, MOST_OVERRIDES - 2 - k) }, () => slow()));
    const last = await Promise.allSettled(Array.from({ length: 6 }, () => slow()));
    expect(last.filter(({ status }) => status === 'fulfilled')).toHaveLength(2);
    expect(last.find(({ status }) => status === 'rejected')).toMatchObject({
      reason: refused('too-many-road-overrides'),
    });
  });

  it('is heard of by other processes', async () => {
    const free = await seconds(undefined, tenant, other);
    const { id } = await slow();
    await eventually(async () => (await seconds(undefined, tenant, other)) > 3 * free);
    await told(new EndRoadOverrideCommand(id));
    await eventually(async () => (await seconds(undefined, tenant, other)) === free);
  });
});
