import { Client } from 'pg';
import { newId } from '../../src/kernel/ids/ids';
import { ResourceLimits } from '../../src/kernel/limits/resource-limits';
import { testApp, type TestApp } from '../support/app';
import { FILES, filesDesk } from '../support/files-desk';

describe('naive: files that count, then write', () => {
  let app: TestApp;
  let sql: Client;
  let tenant: string;

  beforeEach(async () => {
    tenant = newId();
    app = await testApp(FILES);
    sql = new Client({ connectionString: app.database.superuserUrl });
    await sql.connect();
  });
  afterEach(async () => {
    await sql.end();
    await app.close();
  });
  const store = (text: string, name: string) => filesDesk(app, sql).store(tenant, Buffer.from(text), name);

  it('read what the plan has room for, then write: must let no more bytes in', async () => {
    const limits = app.get(ResourceLimits);
    limits.bind({ of: async () => ({ plan: 'test', limits: { storageBytes: 35 } }) } as never);
    limits.assertWithin = async (tx, _name, more = 1) => {
      const [row] = await tx.query<{ used: number }>(
        'select bytes::float8 as used from files.usage where tenant_id = $1',
        [tx.tenantId],
      );
      if ((row?.used ?? 0) + more > 35) throw new Error('full');
    };
    const tries = await Promise.allSettled(Array.from({ length: 10 }, (_, i) => store(`ten bytes${i}`, `${i}.txt`)));
    expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
  }, 60_000);
});
