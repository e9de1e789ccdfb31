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

/** Two servers, each first with row-level security and then, on the same database, without it. */
describe.each([
  { code: 'scoping', env: undefined },
  { code: 'no scoping', env: { MAINSTAY_TEST_UNSCOPED: 'true' } },
])('one shop and the things of another, over every operation of the API: $code in the code', ({ env }) => {
  let server: TestServer;
  beforeAll(async () => {
    const name = `cross-tenant-${env ? 'unscoped' : 'scoped'}`;
    server = await startServer({ database: await testDatabase({ fresh: true }), name, env });
  }, 60_000);
  afterAll(() => server && process.kill(server.pid, 'SIGTERM'));

  async function holds(tamper?: (admin: Client) => Promise<void>): Promise<void> {
    // The guard is the same behind every wall: bad tokens are tried once.
    const tokens = !env && !tamper;
    const report = await fuzzAcrossTenants(server, { tamper, tokens });
    expect(report.findings).toEqual([]);
    expect(report.changed).toEqual([]);
    expect(report).toMatchObject({
      operations: ALL,
      calls: ALL * (tokens ? 9 : 5),
      unnamed: ['verifyEmail', 'openFileLink'],
    });
    // The owner's own calls went through where they name nothing foreign: the refusals are no broken requests.
    expect(report.worked.length).toBeGreaterThan(25);
  }

  it(env ? 'row-level security alone holds' : 'behind both layers', () => holds(), 300_000);

  if (!env) it('scoping alone holds: row-level security off', () => holds(tearDownWall), 300_000);
  else
    it('is seen when neither layer is there: the proof itself is not blind', async () => {
      const { findings, changed } = await fuzzAcrossTenants(server, { tamper: tearDownWall, ownersAlone: true });
      const open = findings.filter(
        ({ variant, what }) => /^own token, foreign id/.test(variant) && /^2xx|holds/.test(what),
      );
      expect(new Set(open.map(({ operation }) => operation)).size).toBeGreaterThan(10);
      expect(changed.length).toBeGreaterThan(2);
    }, 300_000);
});
