import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { latLngToCell } from 'h3-js';
import { Client } from 'pg';
import { asTenant, testApp, type TestApp } from '../../../test/support/app';
import { RecordedRealtimeModule } from '../../../test/support/realtime';
import { clock } from '../../kernel/clock/clock';
import { ListQuery } from '../../kernel/http/pagination';
import { newId } from '../../kernel/ids/ids';
import { CreateTrackerCommand, DeleteTrackerCommand } from './commands/manage-trackers';
import { RecordPositionsCommand } from './commands/record-positions';
import { ReplayTrackCommand } from './commands/replay-track';
import { fromMetres } from './domain/geodesy';
import { LocationModule } from './location.module';
import { AnalyticsQuery, type AnalyticsRequest, type TrackerActivity } from './queries/analytics';
import { HeatMapQuery, type HeatMapRequest } from './queries/heat-map';
import { HistoryQuery } from './queries/history';
import { SpeedProfileQuery } from './queries/speed-profile';

const HOME = { lat: 48.2, lng: 16.37 };
const DAY_MS = 86_400_000;

describe('what trackers did', () => {
  let app: TestApp;
  let sql: Client;
  let tenant: string;
  /** The midnight of three days ago. */
  let midnight: number;

  beforeAll(async () => {
    app = await testApp([RecordedRealtimeModule, LocationModule]);
    sql = new Client({ connectionString: app.database.superuserUrl });
    await sql.connect();
  });
  afterAll(async () => {
    await sql.end();
    await app.close();
  });
  beforeEach(() => {
    tenant = newId();
    midnight = (Math.floor(clock.nowMs() / DAY_MS) - 3) * DAY_MS;
  });

  const inside = <T>(work: () => Promise<T>): Promise<T> => asTenant(tenant, work);
  const ask = <T>(query: Parameters<QueryBus['execute']>[0]): Promise<T> =>
    inside(() => app.get(QueryBus).execute(query)) as Promise<T>;
  const tracker = async (): Promise<string> =>
    (await inside(() => app.get(CommandBus).execute(new CreateTrackerCommand('Van', null)))).id;
  const tell = (trackerId: string, positions: unknown[]) =>
    inside(() => app.get(CommandBus).execute(new RecordPositionsCommand(tenant, positions, trackerId)));
  const at = (ms: number, x: number, more: object = {}) => ({
    fixTime: new Date(midnight + ms).toISOString(),
    ...fromMetres(HOME, { x, y: 0 }),
    accuracy: 5,
    ...more,
  });
  /** From ten in the evening: two hours and a half in which it drives for twenty minutes and stands for ten, again and again. */
  const evening = () => {
    let x = 0;
    return Array.from({ length: 900 }, (_, k) => {
      const moves = k % 180 < 120;
      if (moves) x += 150;
      return at(22 * 3_600_000 + k * 10_000, x, { attributes: { ignition: moves || k % 360 < 180 } });
    });
  };
  const analytics = async (more: Partial<AnalyticsRequest> = {}): Promise<TrackerActivity[]> => {
    const period = { from: new Date(midnight).toISOString(), to: new Date(midnight + 2 * DAY_MS).toISOString() };
    const request = Object.assign(new ListQuery(), period, more);
    return (await ask<{ data: TrackerActivity[] }>(new AnalyticsQuery(request))).data;
  };

  it('sums up by day to the whole, to the history, and to a recount of the positions that are kept', async () => {
    const [id, other] = [await tracker(), await tracker()];
    const trace = evening();
    trace[400] = { ...trace[400], accuracy: 400 };
    // Newest first, in parts: late ones are judged anew.
    for (let end = trace.length; end > 0; end -= 300) await tell(id, trace.slice(end - 300, end));
    while (await inside(() => app.get(CommandBus).execute(new ReplayTrackCommand(id))));
    await tell(other, [at(0, 0)]);
    const [{ total, periods }] = await analytics({ trackerId: [id], groupBy: 'day' } as Partial<AnalyticsRequest>);
    expect(periods).toHaveLength(2);
    const sum = (of: (it: (typeof periods)[number]) => number): number => periods.reduce((all, it) => all + of(it), 0);
    expect(sum((it) => it.distance)).toBeCloseTo(total.distance, 3);
    expect(sum((it) => it.movingSeconds)).toBeCloseTo(total.movingSeconds, 3);
    expect(sum((it) => it.trips)).toBe(total.trips);
    const [whole] = await analytics({ trackerId: [id] } as Partial<AnalyticsRequest>);
    expect(whole.periods).toEqual([]);
    expect(whole.total.distance).toBeCloseTo(total.distance, 3);
    const history = await ask<{ distance: number; trips: unknown[]; stops: unknown[] }>(
      new HistoryQuery({ trackerId: id, from: periods[0].from, to: periods[1].to }),
    );
    expect([history.trips.length, history.stops.length]).toEqual([total.trips, total.stops]);
    expect(history.distance).toBeCloseTo(total.distance, 3);
    expect(total.idleSeconds).toBeGreaterThan(0);
    const { rows } = await sql.query<{ day: Date; received: number; believed: number; inaccurate: number }>(
      `select date_trunc('day', fix_at at time zone 'UTC') as day, count(*)::int as received,
         count(*) filter (where reason is null)::int as believed, count(*) filter (where reason = 'inaccurate')::int as inaccurate
       from location.positions where tenant_id = $1 and tracker_id = $2 group by 1 order by 1`,
      [tenant, id],
    );
    expect(periods.map(({ fixes }) => [fixes.received, fixes.believed, fixes.refused.inaccurate])).toEqual(
      rows.map(({ received, believed, inaccurate }) => [received, believed, inaccurate]),
    );
    expect(total.fixes.refused.inaccurate).toBe(1);
    expect([total.firstFixTime, total.lastFixTime]).toEqual([trace[0].fixTime, trace[899].fixTime]);
    expect(await analytics()).toHaveLength(2);
    tenant = newId();
    expect(await analytics({ trackerId: [id] } as Partial<AnalyticsRequest>)).toEqual([]);
  });

  it('is asked for in bounds', async () => {
    await expect(analytics({ from: '2020-01-01T00:00:00Z' })).rejects.toMatchObject({
      code: 'location.period-invalid',
    });
    const year = { from: new Date(midnight - 360 * DAY_MS).toISOString(), groupBy: 'day' as const };
    await expect(analytics(year)).rejects.toMatchObject({ code: 'location.period-invalid' });
    expect(await analytics({ ...year, limit: 10 })).toEqual([]);
  });

  it('shows how fast one moved', async () => {
    const id = await tracker();
    await tell(id, evening());
    const period = { from: new Date(midnight).toISOString(), to: new Date(midnight + 2 * DAY_MS).toISOString() };
    const profile = (more: object) =>
      ask<{ bins: unknown[]; bands: { seconds: number }[]; movingSeconds: number }>(
        new SpeedProfileQuery({ trackerId: id, ...period, ...more }),
      );
    const { bins, bands, movingSeconds } = await profile({ width: 600 });
    expect(bins.length).toBeGreaterThan(9);
    expect(bands.reduce((sum, { seconds }) => sum + seconds, 0)).toBeCloseTo(movingSeconds, 3);
    await expect(profile({ width: 1 })).rejects.toMatchObject({ code: 'location.period-invalid' });
    await expect(profile({ by: 'distance', width: 1 })).rejects.toMatchObject({ code: 'location.period-invalid' });
    await expect(profile({ trackerId: newId() })).rejects.toMatchObject({ code: 'location.tracker-not-found' });
  });

  describe('on a map of heat', () => {
    const heat = (more: HeatMapRequest = {}) =>
      ask<{
        fixes: number;
        trackers: number;
        cells: { cell: string; fixes: number; seconds: number; trackers: number }[];
      }>(
        new HeatMapQuery({
          from: new Date(midnight).toISOString(),
          to: new Date(midnight + 2 * DAY_MS).toISOString(),
          ...more,
        }),
      );

    it('is the count of a recount, of all trackers and of some', async () => {
      const [one, two, gone] = [await tracker(), await tracker(), await tracker()];
      const way = evening();
      await tell(one, way);
      await tell(two, [...way.slice(0, 5), at(23 * 3_600_000, 0, { accuracy: 300 })]);
      await tell(gone, way.slice(0, 50));
      await inside(() => app.get(CommandBus).execute(new DeleteTrackerCommand(gone)));
      const counted = new Map<string, number>();
      for (const { lat, lng } of [...way, ...way.slice(0, 5)]) {
        const cell = latLngToCell(lat, lng, 7);
        counted.set(cell, (counted.get(cell) ?? 0) + 1);
      }
      const all = await heat({ resolution: 7 });
      expect(Object.fromEntries(all.cells.map(({ cell, fixes }) => [cell, fixes]))).toEqual(
        Object.fromEntries(counted),
      );
      expect([all.fixes, all.trackers, all.cells[0].fixes >= all.cells[1].fixes]).toEqual([905, 2, true]);
      expect(all.cells.reduce((sum, { seconds }) => sum + seconds, 0)).toBe(8_990 + 40);
      const own = await heat({ resolution: 7, trackerIds: [two] });
      expect([own.fixes, own.trackers, own.cells.length]).toEqual([5, 1, 1]);
      expect(own.cells[0].cell).toBe(latLngToCell(way[0].lat, way[0].lng, 7));
      expect(await heat({ trackerIds: [one, two], resolution: 7 })).toEqual(all);
      const { lat, lng } = way[0];
      const near = await heat({ resolution: 7, box: [lng - 0.01, lat - 0.01, lng + 0.01, lat + 0.01] });
      expect(near.fixes).toBeGreaterThan(5);
      expect(near.fixes).toBeLessThan(905);
      for (const trackerId of [gone, newId()])
        await expect(heat({ trackerIds: [trackerId] })).rejects.toMatchObject({ code: 'location.tracker-not-found' });
      tenant = newId();
      expect(await heat()).toMatchObject({ fixes: 0, trackers: 0, cells: [] });
    });

    it('has no more cells than can be drawn', async () => {
      const id = await tracker();
      for (let part = 0; part < 3; part++)
        await tell(
          id,
          Array.from({ length: 4_000 }, (_, k) => at((part * 4_000 + k) * 1_000, (part * 4_000 + k) * 60)),
        );
      await expect(heat({ resolution: 12 })).rejects.toMatchObject({ code: 'location.too-many-cells' });
      expect((await heat({ resolution: 5 })).cells.length).toBeLessThan(100);
    });
  });
});
