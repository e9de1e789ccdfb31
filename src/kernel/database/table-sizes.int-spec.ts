import { Client } from 'pg';
import { asTenant, testApp, type TestApp } from '../../../test/support/app';
import { testDatabase } from '../../../test/support/cluster';
import { newId } from '../ids/ids';
import { TableSizes } from './table-sizes';
import { UnitOfWork } from './unit-of-work';

describe('sizes of tables', () => {
  let app: TestApp;
  let owner: Client;

  beforeAll(async () => {
    // Tables of other tests would be sampled first, and take of the time that a look has.
    const database = await testDatabase({ fresh: true });
    app = await testApp([], { database });
    owner = new Client({ connectionString: database.ownerUrl });
    await owner.connect();
    await owner.query('create schema sizes');
  });
  afterAll(async () => {
    await owner?.end();
    await app?.close();
  });

  /** A table that autovacuum, which comes by once a minute, does not sample in between. */
  const create = (table: string) => owner.query(`create table ${table} (n int) with (autovacuum_enabled = false)`);
  const believed = async (table: string): Promise<number> =>
    (
      await owner.query<{ rows: number }>(`select reltuples::int as rows from pg_class where oid = $1::regclass`, [
        table,
      ])
    ).rows[0].rows;
  const grow = async (table: string, rows: number): Promise<void> => {
    await owner.query(`insert into ${table} select n from generate_series(1, $1::int) n`, [rows]);
    await owner.query('select pg_stat_force_next_flush()');
    await owner.query('select 1');
  };
  const wrote = (rows: number): Promise<void> =>
    asTenant(newId(), () => app.get(UnitOfWork).run(async (tx) => app.get(TableSizes).wrote(tx, rows)));

  it('are learned once tables have several times the rows that were known, and not for a few more', async () => {
    for (const table of ['sizes.grown', 'sizes.small']) await create(table);
    await grow('sizes.grown', 2_000);
    await grow('sizes.small', 900);
    await app.get(TableSizes).learn();
    expect(await believed('sizes.grown')).toBe(2_000);
    expect(await believed('sizes.small')).toBe(-1);
    await grow('sizes.grown', 5_000);
    await app.get(TableSizes).learn();
    expect(await believed('sizes.grown')).toBe(2_000);
    await grow('sizes.grown', 2_000);
    await app.get(TableSizes).learn();
    expect(await believed('sizes.grown')).toBe(9_000);
  });

  it('are looked at behind the commit of who wrote a thousand rows, in one commit or in several', async () => {
    await create('sizes.bulk');
    await wrote(1_000);
    await grow('sizes.bulk', 1_500);
    await wrote(600);
    expect(await believed('sizes.bulk')).toBe(-1);
    await wrote(600);
    expect(await believed('sizes.bulk')).toBe(1_500);
  });
});
