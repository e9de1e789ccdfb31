import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { Client } from 'pg';
import { asTenant, testApp, type TestApp } from '../../../test/support/app';
import { RecordedRealtimeModule } from '../../../test/support/realtime';
import type { AccountDeleted } from '../../access/identity/contracts/identity-events';
import { clock } from '../../kernel/clock/clock';
import { UnitOfWork } from '../../kernel/database/unit-of-work';
import { ListQuery } from '../../kernel/http/pagination';
import { newId } from '../../kernel/ids/ids';
import type { StoredEvent } from '../../kernel/messaging/domain-event';
import { EraseTrackerCommand } from './commands/erase-tracker';
import { CreateGeofenceCommand } from './commands/manage-fences';
import { CreateTrackerCommand, DeleteTrackerCommand } from './commands/manage-trackers';
import { RecordPositionsCommand } from './commands/record-positions';
import { AssignTrackerCommand } from './contracts/trackers';
import { fromMetres } from './domain/geodesy';
import { LocationModule } from './location.module';
import { ListFenceEventsQuery } from './queries/fences';
import { HistoryQuery } from './queries/history';
import { TrackerOfKeyQuery } from './queries/trackers';
import { ForgetFollowerWhenAccountDeleted } from './reactions/forget-follower-when-account-deleted';

const HOME = { lat: 48.2, lng: 16.37 };

describe('what is erased of trackers and their fences', () => {
  let app: TestApp;
  let commands: CommandBus;
  let queries: QueryBus;
  let sql: Client;
  let tenant: string;

  beforeAll(async () => {
    app = await testApp([RecordedRealtimeModule, LocationModule]);
    commands = app.get(CommandBus);
    queries = app.get(QueryBus);
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
  const tracker = () => inside(() => commands.execute(new CreateTrackerCommand('Van', null)));
  const draw = (radius: number) => {
    const shape = { type: 'circle', center: [HOME.lng, HOME.lat], radius };
    return inside(() => commands.execute(new CreateGeofenceCommand({ name: 'Depot', shape, dwellSeconds: null })));
  };
  const start = clock.nowMs() - 7_200_000;
  const at = (seconds: number, x: number) => ({
    fixTime: new Date(start + seconds * 1000).toISOString(),
    ...fromMetres(HOME, { x, y: 0 }),
    accuracy: 5,
  });
  const tell = (trackerId: string, positions: unknown[]) =>
    inside(() => commands.execute(new RecordPositionsCommand(tenant, positions, trackerId)));
  const rows = async (text: string): Promise<unknown[]> => (await sql.query(text, [tenant])).rows as unknown[];
  const visit = () => Array.from({ length: 60 }, (_, i) => at(i * 10, -600 + i * 20 + (i % 7)));
  const events = async () =>
    (
      await inside(() =>
        queries.execute(new ListFenceEventsQuery(Object.assign(new ListQuery(), { limit: 100 }), false)),
      )
    ).data;
  const history = (trackerId: string) => inside(() => queries.execute(new HistoryQuery({ trackerId })));

  it('erases a tracker that is deleted with all that it told, part by part, and no other', async () => {
    await draw(100);
    const [{ id, key }, { id: other }] = await Promise.all([tracker(), tracker()]);
    for (const it of [id, other]) await tell(it, visit());
    const remove = () => inside(() => commands.execute(new DeleteTrackerCommand(id)));
    const drive = (vehicleId: string | null) =>
      inside(() => commands.execute(new AssignTrackerCommand({ trackerId: id, vehicleId, fleetId: null })));
    await drive(newId());
    await expect(remove()).rejects.toMatchObject({ code: 'location.tracker-in-vehicle' });
    await drive(null);
    await remove();
    for (const gone of [
      remove,
      () => history(id),
      () => drive(newId()),
      () => queries.execute(new TrackerOfKeyQuery(key)),
    ])
      await expect(gone()).rejects.toMatchObject({
        code: expect.stringMatching(/^location.tracker-(not-found|key-unknown)$/) as string,
      });
    expect((await tell(id, [at(5_000, 0)])).rejected).toEqual([{ index: 0, reason: 'tracker-unknown' }]);
    expect(new Set((await events()).map(({ trackerId }) => trackerId))).toEqual(new Set([other]));
    expect(await inside(() => commands.execute(new EraseTrackerCommand(other)))).toBe(false);
    let parts = 1;
    while (await inside(() => commands.execute(new EraseTrackerCommand(id, 25)))) parts += 1;
    expect(parts).toBe(3);
    for (const table of ['positions', 'fence_events', 'checkpoints'])
      expect([
        table,
        await rows(`select distinct tracker_id as id from location.${table} where tenant_id = $1`),
      ]).toEqual([table, [{ id: other }]]);
    for (const table of ['trackers', 'tracks', 'latest_positions'])
      expect([table, await rows(`select id from location.${table} where tenant_id = $1`)]).toEqual([
        table,
        [{ id: other }],
      ]);
  });

  it('whoever deletes the account follows no fence any more, in any organization', async () => {
    const person = newId();
    const first = tenant;
    for (let i = 0; i < 2; i++) {
      if (i > 0) tenant = newId();
      const { id } = await draw(100);
      for (const userId of [person, newId()])
        await sql.query(
          `insert into location.geofence_followers (tenant_id, id, geofence_id, user_id, types) values ($1, $2, $3, $4, '{enter}')`,
          [tenant, newId(), id, userId],
        );
    }
    await inside(() =>
      app
        .get(UnitOfWork)
        .run((tx) =>
          app
            .get(ForgetFollowerWhenAccountDeleted)
            .react({ payload: { userId: person } } as StoredEvent<AccountDeleted>, tx),
        ),
    );
    const { rows: left } = await sql.query(
      'select user_id = $1 as person from location.geofence_followers where tenant_id = any($2)',
      [person, [first, tenant]],
    );
    expect(left).toEqual([{ person: false }, { person: false }]);
  });
});
