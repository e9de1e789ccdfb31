import type { Client } from 'pg';
import { testDatabase } from '../support/cluster';
import { apiDocument } from '../support/openapi';
import { startServer, type TestServer } from '../support/server';
import { fuzzAcrossTenants } from './cross-tenant';

const ALL = Object.values(apiDocument().paths).reduce((count, methods) => count + Object.keys(methods).length, 0);

/** Takes row-level security off every table. */
async function tearDownWall(admin: Client): Promise<void> {
  const tables = await admin.query<{ name: string }>(
    `select format('%I.%I', n.nspname, c.relname) as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where c.relkind in ('r', 'p') and c.relrowsecurity`,
  );
  expect(tables.rows.length).toBeGreaterThan(25);
  for (const { name } of tables.rows)
    await admin.query(`alter table ${name} disable row level security, no force row level security`);
}

describe('one shop and the things of another, over every operation of the API', () => {
  let server: TestServer | undefined;
  afterEach(() => {
    if (server) process.kill(server.pid, 'SIGTERM');
    server = undefined;
  });

  const layers: { name: string; env?: Record<string, string>; tamper?: (admin: Client) => Promise<void> }[] = [
    { name: 'behind both layers' },
    { name: 'row-level security alone: scoping taken out of every statement', env: { MAINSTAY_TEST_UNSCOPED: 'true' } },
    { name: 'scoping alone: row-level security off', tamper: tearDownWall },
  ];

  it.each(layers)(
    '$name',
    async ({ name, env, tamper }) => {
      const database = await testDatabase({ fresh: true });
      server = await startServer({ database, name: `cross-tenant-${layers.findIndex((it) => it.name === name)}`, env });
      const report = await fuzzAcrossTenants(server, tamper);
      expect(report.findings).toEqual([]);
      expect(report.changed).toEqual([]);
      expect(report).toMatchObject({ operations: ALL, calls: ALL * 9, unnamed: ['verifyEmail'] });
      // The owner's own calls went through where they name nothing foreign: the refusals are no broken requests.
      expect(report.worked.length).toBeGreaterThan(25);
    },
    120_000,
  );

  it('is seen when neither layer is there: the proof itself is not blind', async () => {
    const database = await testDatabase({ fresh: true });
    server = await startServer({ database, name: 'cross-tenant-none', env: { MAINSTAY_TEST_UNSCOPED: 'true' } });
    const { findings, changed } = await fuzzAcrossTenants(server, tearDownWall);
    const open = findings.filter(
      ({ variant, what }) => /^own token, foreign id/.test(variant) && /^2xx|holds/.test(what),
    );
    expect(new Set(open.map(({ operation }) => operation)).size).toBeGreaterThan(10);
    expect(changed.length).toBeGreaterThan(2);
  }, 120_000);
});
