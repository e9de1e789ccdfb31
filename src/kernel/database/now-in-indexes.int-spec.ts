import { testApp, type TestApp } from '../../../test/support/app';
import { newId } from '../ids/ids';
import { Database, tenantStatement } from './database';

describe('the time of the kernel in SQL', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await testApp([]);
  });
  afterAll(() => app?.close());

  const planOf = async (condition: string): Promise<string> => {
    const results = await app.get(Database).send([
      tenantStatement(newId()),
      { text: `select set_config('enable_seqscan', 'off', true), set_config('enable_bitmapscan', 'off', true)` },
      {
        text: `explain select id from kernel.idempotency_keys where tenant_id = kernel.tenant_id() and ${condition}
          order by created_at limit 3`,
      },
    ]);
    return results[2].rows.map((row) => row['QUERY PLAN']).join('\n');
  };

  it('bounds a search in an index beneath the wall of tenants', async () => {
    expect(await planOf(`created_at <= kernel.now() - interval '1 day'`)).toMatch(/Index Cond:.*created_at <=/);
  });

  it('would not with COALESCE, which PostgreSQL takes for something that may tell of rows', async () => {
    const plan = await planOf(`created_at <= coalesce(statement_timestamp(), now())`);
    expect(plan).toMatch(/Filter:.*created_at <=/);
    expect(plan).not.toMatch(/Index Cond:.*created_at <=/);
  });
});
