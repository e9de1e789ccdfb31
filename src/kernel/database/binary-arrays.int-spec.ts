import { Client } from 'pg';
import { testDatabase } from '../../../test/support/cluster';
import { newId } from '../ids/ids';
import { float8s, jsonbs, textArray, timestamps, uuids, uuidsOf } from './binary-arrays';

describe('arrays in binary', () => {
  let sql: Client;
  beforeAll(async () => {
    sql = new Client({ connectionString: (await testDatabase()).superuserUrl });
    await sql.connect();
  });
  afterAll(() => sql.end());

  /** The same values as PostgreSQL reads them in binary, and as it reads them as text. */
  const both = async (type: string, binary: Buffer, values: readonly unknown[]) => {
    const read = async (value: unknown) =>
      (await sql.query<{ value: string | null }>(`select x::text as value from unnest($1::${type}[]) as x`, [value]))
        .rows;
    expect(await read(binary)).toEqual(await read(values));
  };
  const dates = (values: readonly (number | null)[]) =>
    values.map((ms) => (ms === null ? null : new Date(ms).toISOString()));

  it('are what the text of the same values is', async () => {
    const ids = [newId(), '00000000-0000-0000-0000-000000000000', 'FFFFFFFF-ffff-4fff-bfff-0123456789AB'];
    await both('uuid', uuids(ids), ids);
    expect(uuidsOf(Buffer.from(ids.join('').replaceAll('-', ''), 'hex'))).toEqual(uuids(ids));
    expect(uuidsOf(Buffer.alloc(0))).toEqual(uuids([]));
    const numbers = [0, -0, 48.2082, -179.999999999, 1e-300, Number.MAX_VALUE, null, 5];
    await both('float8', float8s(numbers), numbers);
    const times = [0, 1_772_366_400_123, null, -1, 946_684_799_999, 9_999_999_999_999, 253_402_300_799_999];
    await both('timestamptz', timestamps(times), dates(times));
    const texts = ['', 'a "b" \\ {c}', null, 'Straße 🚚', 'NULL'];
    await both('text', textArray(texts), texts);
    const values = ['{}', '{"ignition": true, "name": "Größe \\"1\\""}', 'null', '[1, 2]'];
    await both('jsonb', jsonbs(values), values);
  });

  it('of nothing, or of nothing but null, leave their column null beside longer ones', async () => {
    const { rows } = await sql.query(
      `select f.* from unnest($1::uuid[], $2::float8[], $3::timestamptz[], $4::text[], $5::jsonb[]) as f(id, n, at, word, held)`,
      [uuids([newId(), newId()]), float8s([null, null]), timestamps([null, null]), textArray([null, null]), jsonbs([])],
    );
    expect(rows).toHaveLength(2);
    expect(rows[1]).toMatchObject({ n: null, at: null, word: null, held: null });
    expect((await sql.query('select from unnest($1::uuid[])', [uuids([])])).rowCount).toBe(0);
  });
});
