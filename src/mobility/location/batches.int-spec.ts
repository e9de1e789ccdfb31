import { CommandBus } from '@nestjs/cqrs';
import { Client } from 'pg';
import { asTenant, testApp, type TestApp } from '../../../test/support/app';
import { eventually } from '../../../test/support/eventually';
import { RecordedRealtimeModule } from '../../../test/support/realtime';
import { clock } from '../../kernel/clock/clock';
import { newId } from '../../kernel/ids/ids';
import { CreateTrackerCommand } from './commands/manage-trackers';
import { PositionWriter } from './commands/position-writer';
import { RecordPositionsCommand } from './commands/record-positions';
import { readFix, type Fix } from './domain/fix';
import { fromMetres } from './domain/geodesy';
import { LocationModule } from './location.module';

const HOME = { lat: 48.2, lng: 16.37 };

describe('long batches of positions', () => {
  let app: TestApp;
  let commands: CommandBus;
  let sql: Client;
  let tenant: string;
  const start = clock.nowMs() - 20_000_000;

  beforeAll(async () => {
    app = await testApp([RecordedRealtimeModule, LocationModule]);
    commands = app.get(CommandBus);
    sql = new Client({ connectionString: app.database.superuserUrl });
    await sql.connect();
  });
  afterAll(async () => {
    await sql.end();
    await app.close();
  });
  beforeEach(() => {
    tenant = newId();
  });

  const inside = <T>(work: () => Promise<T>): Promise<T> => asTenant(tenant, work);
  const tracker = async (): Promise<string> =>
    (await inside(() => commands.execute(new CreateTrackerCommand('Van', null)))).id;
  const at = (second: number, more: object = {}) => ({
    fixTime: start + second * 1_000,
    ...fromMetres(HOME, { x: second % 300, y: 0 }),
    accuracy: 5,
    ...more,
  });
  const tell = (trackerId: string, positions: unknown[]) =>
    inside(() => commands.execute(new RecordPositionsCommand(tenant, positions, trackerId)));
  const count = async (of: string): Promise<number> =>
    (await sql.query<{ n: number }>(`select count(*)::int as n from location.${of} and tenant_id = $1`, [tenant]))
      .rows[0].n;
  /** The newest first. */
  const many = (n: number) => Array.from({ length: n }, (_, k) => at(n - k));
  /** Runs while the rows of all trackers are locked, and so many positions of one wait. */
  const held = async (trackerId: string, waiting: number, work: () => Promise<void>): Promise<void> => {
    const fixes = Array.from({ length: 500 + waiting }, (_, k) => readFix(at(k), trackerId, clock.nowMs()) as Fix);
    const writer = app.get(PositionWriter);
    const written: Promise<unknown>[] = [];
    await sql.query('begin');
    try {
      await sql.query('select 1 from location.tracks where tenant_id = $1 for update', [tenant]);
      written.push(writer.write(tenant, fixes.slice(0, 500)), writer.write(tenant, fixes.slice(500)));
      await work();
    } finally {
      await sql.query('rollback');
    }
    await Promise.all(written);
  };

  it('wait for room instead of being refused for their length, and are written as they happened', async () => {
    const [id, other] = await Promise.all([tracker(), tracker()]);
    const batch: unknown[] = many(3_000);
    for (const place of [7, 1_500, 2_999]) batch[place] = { ...at(place), lat: 91 };
    // Twice, the later one somewhere else: the first counts.
    batch.push({ ...at(10), lat: 0, lng: 0 });
    let told: ReturnType<typeof tell>;
    await held(other, 4_400, async () => {
      const write = jest.spyOn(app.get(PositionWriter), 'write');
      told = tell(id, batch);
      // Room for two pieces; the third is refused, and offered again and again.
      await eventually(() => write.mock.results.filter(({ type }) => type === 'throw').length > 2);
      expect(write.mock.results.filter(({ type }) => type === 'return')).toHaveLength(2);
      write.mockRestore();
    });
    expect(await told!).toEqual({
      accepted: 2_997,
      duplicates: 1,
      rejected: [7, 1_500, 2_999].map((index) => ({ index, reason: 'coordinates-invalid' })),
    });
    expect(await count(`positions where lat = 0`)).toBe(0);
    expect(await count('tracks where dirty_from is not null')).toBe(0);
  });

  it('are turned away at once where nothing has room, and where too many are in work', async () => {
    const [id, other] = await Promise.all([tracker(), tracker()]);
    await held(other, 4_900, () => expect(tell(id, many(600))).rejects.toMatchObject({ code: 'location.busy' }));
    let inWork: Promise<{ accepted: number }>[] = [];
    const refused: unknown[] = [];
    await held(other, 1, async () => {
      inWork = [0, 1, 2, 3, 4].map((k) =>
        tell(
          id,
          many(600).map((fix) => ({ ...fix, fixTime: fix.fixTime + k * 1e6 })),
        ),
      );
      for (const one of inWork) one.catch((error: unknown) => refused.push(error));
      await eventually(() => refused.length > 0);
    });
    await Promise.allSettled(inWork);
    expect(refused).toEqual([expect.objectContaining({ code: 'location.busy' })]);
    expect(await count(`positions where tracker_id = '${id}'`)).toBe(2_400);
    expect(await tell(id, many(600))).toMatchObject({ rejected: [] });
  });

  it('that fail half way lose nothing: what is sent again is a duplicate, and the rest is kept', async () => {
    const id = await tracker();
    const batch = many(3_000).map((fix, k) => (k === 700 ? { ...fix, altitude: 4_343 } : fix));
    await sql.query('alter table location.positions add constraint half check (altitude is distinct from 4343)');
    try {
      await expect(tell(id, batch)).rejects.toMatchObject({ code: '23514' });
    } finally {
      await sql.query('alter table location.positions drop constraint half');
    }
    const kept = await count('positions where true');
    expect(kept).toBeGreaterThanOrEqual(2_000);
    expect(kept).toBeLessThan(3_000);
    expect(await tell(id, batch)).toEqual({ accepted: 3_000 - kept, duplicates: kept, rejected: [] });
    expect(await count('positions where true')).toBe(3_000);
    expect(await tell(id, batch)).toEqual({ accepted: 0, duplicates: 3_000, rejected: [] });
  });
});
