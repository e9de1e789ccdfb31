import { Client } from 'pg';
import { newId } from '../../src/kernel/ids/ids';
import { testDatabase } from '../support/cluster';

const MONTH = `to_char(date_trunc('month', now() at time zone 'UTC') + make_interval(months => $1), 'YYYY_MM')`;

const LAID: Record<string, string> = {
  'kernel.events': `insert into kernel.events (tenant_id, id, type, aggregate_id, payload, at)
    values ($1, kernel.uuid_at($2::timestamptz + interval '1 hour'), 't.t.v1', 'a', '{}', $2)`,
  'audit.entries': `insert into audit.entries (tenant_id, id, at, action, actor_kind, result, request_id)
    values ($1, kernel.uuid_at($2::timestamptz + interval '1 hour'), $2, 't', 'system', 'ok', 'r')`,
  'location.positions': `insert into location.positions (tenant_id, id, tracker_id, fix_at, received_at, lat, lng, attributes)
    values ($1, kernel.uuid_at($2::timestamptz + interval '1 hour'), $1, $2, $2, 0, 0, '{}')`,
};

/** Tables of months: their default partition is behind the forced wall, which also blinds their owner. */
describe.each([
  { table: 'kernel.events', ahead: 2, kept: false },
  { table: 'audit.entries', ahead: 3, kept: true },
  { table: 'location.positions', ahead: 2, kept: false },
])('the months of $table', ({ table, ahead, kept }) => {
  const [schema, name] = table.split('.');
  let owner: Client;
  let app: Client;
  let admin: Client;

  beforeAll(async () => {
    const database = await testDatabase({ fresh: true });
    const connect = async (connectionString: string): Promise<Client> => {
      const client = new Client({ connectionString });
      await client.connect();
      return client;
    };
    owner = await connect(database.ownerUrl);
    app = await connect(database.appUrl);
    admin = await connect(database.superuserUrl);
    await app.query('set role mainstay_app');
  });
  afterAll(() => Promise.all([owner, app, admin].map((client) => client.end())));

  const month = async (ahead: number): Promise<string> =>
    (await admin.query<{ month: string }>(`select ${MONTH} as month`, [ahead])).rows[0].month;
  const partitions = async (): Promise<string[]> =>
    (
      await admin.query<{ name: string }>(
        `select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent = $1::regclass order by 1`,
        [table],
      )
    ).rows.map((row) => row.name);
  /** A row that lies in the default partition, of the tenant and the time given. */
  const lay = (at: string): Promise<unknown> => admin.query(LAID[table], [newId(), at]);
  const firstOf = (text: string): string => `${text.replace('_', '-')}-01T00:00:00Z`;

  it('are made around a month of which the default partition already holds rows', async () => {
    const [taken, free] = [await month(1), await month(ahead)];
    for (const gone of [taken, free]) await owner.query(`drop table ${schema}.${name}_${gone}`);
    await lay(firstOf(taken));
    const { rows } = await app.query<{ made: number }>(`select ${schema}.ensure_partitions() as made`);
    expect(rows[0].made).toBe(1);
    expect(await partitions()).toContain(`${name}_${free}`);
    expect(await partitions()).not.toContain(`${name}_${taken}`);
    // The row stays, and once it is gone the month is made.
    expect((await admin.query(`select 1 from only ${table}_default`)).rowCount).toBe(1);
    await admin.query(`delete from ${table}_default`);
    await app.query(`select ${schema}.ensure_partitions()`);
    expect(await partitions()).toContain(`${name}_${taken}`);
  });

  it(`${kept ? 'keep' : 'lose'} what is long past in the default partition, and stand behind the wall themselves`, async () => {
    await lay('2020-03-01T00:00:00Z');
    await app.query(`select ${schema}.ensure_partitions()`);
    expect((await admin.query(`select 1 from only ${table}_default`)).rowCount).toBe(kept ? 1 : 0);
    const { rows } = await admin.query<{ forced: boolean }>(
      `select bool_and(c.relforcerowsecurity and c.relrowsecurity) as forced from pg_inherits i
       join pg_class c on c.oid = i.inhrelid where i.inhparent = $1::regclass`,
      [table],
    );
    expect(rows[0].forced).toBe(true);
    expect((await app.query(`select 1 from ${table}`)).rowCount).toBe(0);
  });
});
