import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Client } from 'pg';
import { expectStatus } from '../support/client';
import { CACHE, testDatabase, type TestDatabase } from '../support/cluster';
import { eventually } from '../support/eventually';
import { ROOT } from '../support/process';
import { freePort, startServer, type TestServer } from '../support/server';
import { openShop } from '../support/shop';

jest.setTimeout(120_000);

/** Ends a server, which may have ended already. */
function end({ pid }: TestServer): void {
  try {
    process.kill(pid, 'SIGTERM');
  } catch {
    // It is gone.
  }
}

describe('the command line', () => {
  const scratch = mkdtempSync(path.join(tmpdir(), 'mainstay-cli-'));
  let database: TestDatabase;
  let running: TestServer | undefined;

  beforeAll(async () => {
    database = await testDatabase({ label: 'cli' });
  });
  afterAll(() => {
    if (running) end(running);
    rmSync(scratch, { recursive: true, force: true });
  });

  /** @param program what npx runs looks for sources that changed, and becomes dist/cli.js */
  function mainstay(
    words: string[],
    env: Record<string, string> = {},
    program = 'dist/cli.js',
  ): { code: number | null; out: string; err: string } {
    const { status, stdout, stderr } = spawnSync(process.execPath, [path.resolve(ROOT, program), ...words], {
      cwd: scratch,
      env: { PATH: process.env.PATH, MAINSTAY_DATA_DIR: path.join(scratch, 'data'), ...env },
      encoding: 'utf8',
      input: '',
    });
    return { code: status, out: stdout, err: stderr };
  }
  const external = (): Record<string, string> => ({
    DATABASE_URL: database.appUrl,
    MAINSTAY_OWNER_DATABASE_URL: database.ownerUrl,
  });

  it('lists its commands, explains one, and takes wrong words as usage errors', () => {
    const list = mainstay([], {}, 'bin/mainstay.cjs');
    expect(list).toMatchObject({ code: 0, err: '' });
    for (const name of ['doctor', 'status', 'config:check', 'migrate', 'migrate:status'])
      expect(list.out).toContain(name);
    expect(mainstay(['migrate', '--help']).out).toContain('--json');
    expect(mainstay(['migrat'], {}, 'bin/mainstay.cjs')).toMatchObject({
      code: 2,
      err: expect.stringContaining('did you mean "migrate"'),
    });
    expect(mainstay(['migrate', '--jsn'])).toMatchObject({ code: 2, err: expect.stringContaining("'--jsn'") });
    expect(mainstay(['migrate', 'now'])).toMatchObject({ code: 2 });
  });

  it('checks settings: all faults with 78, oddities with a suggestion, no secret shown', () => {
    const wrong = mainstay(['config:check', '--json'], { NODE_ENV: 'production', PORT: 'x' });
    expect(wrong.code).toBe(78);
    expect(
      JSON.parse(wrong.out)
        .faults.map((fault: { name: string }) => fault.name)
        .sort(),
    ).toEqual(['DATABASE_URL', 'MAINSTAY_PUBLIC_URL', 'MAINSTAY_SECRET_KEY', 'PORT'].sort());
    const odd = mainstay(['config:check'], { MAINSTAY_PUBLC_URL: 'x', DATABASE_URL: 'postgres://a:hidden@h/d' });
    expect(odd).toMatchObject({ code: 0, err: expect.stringContaining('MAINSTAY_PUBLIC_URL') });
    expect(odd.out + odd.err).not.toContain('hidden');
  });

  it('finds nothing wrong on a fresh machine, and leaves it as it was', () => {
    const { code, out } = mainstay(['doctor', '--json'], { PORT: '0' });
    expect(JSON.parse(out)).toMatchObject({ ok: true });
    expect(code).toBe(0);
    expect(existsSync(path.join(scratch, 'data'))).toBe(false);
    const status = mainstay(['migrate:status', '--json', '--check']);
    expect(status.code).toBe(1);
    expect(JSON.parse(status.out).applied).toEqual([]);
    expect(existsSync(path.join(scratch, 'data'))).toBe(false);
  });

  it('names the trouble and its repair: database away, wrong password, wall role, pending migration, busy port', async () => {
    const port = await freePort();
    const failedIn = (env: Record<string, string>): { name: string; detail: string; repair: string }[] => {
      const { code, out } = mainstay(['doctor', '--json'], { PORT: '0', ...env });
      expect(code).toBe(1);
      return JSON.parse(out).checks.filter((check: { state: string }) => check.state === 'failed');
    };
    expect(failedIn({ DATABASE_URL: `postgres://a:b@127.0.0.1:${port}/c` })).toEqual([
      expect.objectContaining({ name: 'database', detail: expect.stringContaining('ECONNREFUSED') }),
    ]);
    const wrong = new URL(database.appUrl);
    wrong.password = 'wrong';
    expect(failedIn({ DATABASE_URL: wrong.href })).toEqual([
      expect.objectContaining({ name: 'database', repair: expect.stringContaining('password') }),
    ]);
    expect(failedIn({ DATABASE_URL: database.superuserUrl }).map(({ name }) => name)).toContain('database role');
    expect(failedIn({ REDIS_URL: `redis://127.0.0.1:${port}` })).toEqual([expect.objectContaining({ name: 'redis' })]);

    const fresh = await testDatabase({ fresh: true });
    const owner = new Client({ connectionString: fresh.ownerUrl });
    await owner.connect();
    await owner.query('delete from public.migrations where id = (select max(id) from public.migrations)');
    await owner.end();
    expect(failedIn({ DATABASE_URL: fresh.appUrl })).toEqual([
      expect.objectContaining({ name: 'migrations', repair: expect.stringContaining('migrate') }),
    ]);
    const taken = new URL(database.ownerUrl).port;
    expect(failedIn({ PORT: taken })).toEqual([expect.objectContaining({ name: 'port' })]);
  });

  it('migrates an external database once, and needs the owner for it', async () => {
    const fresh = await testDatabase({ fresh: true });
    const owner = new Client({ connectionString: fresh.superuserUrl });
    await owner.connect();
    const { rows } = await owner.query<{ nspname: string }>(
      `select nspname from pg_namespace where nspname !~ '^(pg_|information_schema|public)'`,
    );
    for (const { nspname } of rows) await owner.query(`drop schema ${nspname} cascade`);
    await owner.query('drop table public.migrations');
    await owner.end();
    const env = { DATABASE_URL: fresh.appUrl, MAINSTAY_OWNER_DATABASE_URL: fresh.ownerUrl };
    // Wherever the clone lies, in a folder with the signs of patterns too.
    const clone = path.join(scratch, 'clone [a-b] (2) {x,y}!');
    for (const part of ['package.json', 'dist/cli.js', 'dist/src', 'dist/migrations'])
      cpSync(path.join(ROOT, part), path.join(clone, part), { recursive: true });
    symlinkSync(path.join(ROOT, 'node_modules'), path.join(clone, 'node_modules'), 'dir');
    const { out, err } = mainstay(['migrate', '--json'], env, path.join(clone, 'dist/cli.js'));
    expect(err).toBe('');
    const first = JSON.parse(out);
    expect(first.total).toBeGreaterThan(150);
    expect(first.applied.length).toBe(first.total);
    expect(JSON.parse(mainstay(['migrate', '--json'], env).out)).toEqual({ applied: [], total: first.total });
    expect(mainstay(['migrate'], { DATABASE_URL: fresh.appUrl })).toMatchObject({
      code: 78,
      err: expect.stringContaining('MAINSTAY_OWNER_DATABASE_URL'),
    });
  });

  it('says whether the server is ready', async () => {
    const port = await freePort();
    expect(mainstay(['status'], { ...external(), PORT: String(port) })).toMatchObject({ code: 69 });
    running = await startServer({ database, name: 'cli' });
    const { code, out } = mainstay(['status', '--json'], { ...external(), MAINSTAY_URL: running.url });
    expect({ code, ...JSON.parse(out).server }).toMatchObject({ code: 0, running: true, ready: true, troubles: [] });
  });

  it('lets a reaction run for events that were before it', async () => {
    const server = (running ??= await startServer({ database, name: 'cli' }));
    const shop = await openShop(server.url, 'Backfilled at the prompt');
    const backfill = (...words: string[]) => mainstay(['deliveries:backfill', ...words], external());
    const name = 'payments.open-sandbox-when-organization-created';
    const asked = [name, '--tenant', shop.slug, '--since', '2020-01-01'];
    expect(backfill(...asked, '--yes', '--json')).toMatchObject({
      code: 0,
      out: expect.stringMatching(/"events": ?1,\s*"deliveries": ?1/),
    });
    for (const [words, said] of [
      [asked, '--yes'],
      [[name, '--tenant', shop.slug, '--since', 'yesterday'], 'is no time'],
    ] as const)
      expect(backfill(...words)).toMatchObject({ code: 2, err: expect.stringContaining(said) });
    expect(backfill('payments.no-such', ...asked.slice(1), '--yes')).toMatchObject({
      code: 1,
      err: expect.stringContaining('No reaction is called payments.no-such'),
    });
  });

  it('verifies the audit trail: names the row of which a byte was changed, and misses the newest ten', async () => {
    const server = (running ??= await startServer({ database, name: 'cli' }));
    const admin = new Client({ connectionString: database.superuserUrl });
    await admin.connect();
    const sealed = async (tenantId: string): Promise<number> =>
      eventually(async () => {
        const { rows } = await admin.query<{ sealed: number; waiting: number }>(
          `select (select max(last_seq)::int from audit.batches where tenant_id = $1) as sealed,
             (select count(*)::int from audit.unsealed where tenant_id = $1) as waiting`,
          [tenantId],
        );
        return rows[0].waiting === 0 ? rows[0].sealed : undefined;
      });
    try {
      const shop = await openShop(server.url, 'Verified at the prompt');
      const before = await sealed(shop.id);
      for (let n = 0; n < 10; n++) expectStatus(await shop.asOwner.get('/audit-logs'), 200);
      const after = await sealed(shop.id);
      expect(after).toBeGreaterThanOrEqual(before + 10);
      end(server);
      // Whose signature counts is a matter of the master key: the server's, which lies in its data folder.
      const env = { ...external(), MAINSTAY_DATA_DIR: path.join(CACHE, 'test-data') };
      const verify = () => mainstay(['audit:verify', '--tenant', shop.slug, '--json'], env);
      const judged = ({ code, out }: ReturnType<typeof verify>) => ({ code, ...JSON.parse(out).trails[0] });
      expect(judged(verify())).toMatchObject({ code: 0, ok: true, fault: null });

      const byte = `update audit.entries e set request_id = overlay(request_id placing $2 from 5) from audit.seals s
        where s.tenant_id = $1 and s.seq = 2 and e.tenant_id = s.tenant_id and e.id = s.id returning e.id`;
      const [{ old }] = (
        await admin.query<{ old: string }>(
          `select substr(e.request_id, 5, 1) as old from audit.entries e join audit.seals s using (tenant_id, id) where tenant_id = $1 and seq = 2`,
          [shop.id],
        )
      ).rows;
      const { rows } = await admin.query<{ id: string }>(byte, [shop.id, old === 'x' ? 'y' : 'x']);
      const plain = mainstay(['audit:verify'], env);
      expect(plain).toMatchObject({ code: 1, out: expect.stringContaining(`entry 2 is not what was sealed`) });
      expect(plain.out).toContain(rows[0].id);
      await admin.query(byte, [shop.id, old]);

      for (const sql of [
        'delete from audit.entries where tenant_id = $1 and id in (select id from audit.seals where tenant_id = $1 and seq > $2)',
        'delete from audit.seals where tenant_id = $1 and seq > $2',
        'delete from audit.batches where tenant_id = $1 and last_seq > $2',
      ])
        await admin.query(sql, [shop.id, before]);
      expect(judged(verify())).toMatchObject({ code: 1, fault: { kind: 'dropped', seq: before + 1 } });
    } finally {
      await admin.end();
      end(server);
    }
  });
});
