import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Client } from 'pg';
import { testDatabase, type TestDatabase } from '../support/cluster';
import { build, ROOT } from '../support/process';
import { freePort, startServer } from '../support/server';

jest.setTimeout(120_000);

describe('the command line', () => {
  const scratch = mkdtempSync(path.join(tmpdir(), 'mainstay-cli-'));
  let database: TestDatabase;

  beforeAll(async () => {
    build();
    database = await testDatabase({ label: 'cli' });
  });
  afterAll(() => rmSync(scratch, { recursive: true, force: true }));

  function mainstay(
    words: string[],
    env: Record<string, string> = {},
  ): { code: number | null; out: string; err: string } {
    const { status, stdout, stderr } = spawnSync(process.execPath, [path.join(ROOT, 'bin/mainstay.cjs'), ...words], {
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
    const list = mainstay([]);
    expect(list).toMatchObject({ code: 0, err: '' });
    for (const name of ['doctor', 'status', 'config:check', 'migrate', 'migrate:status'])
      expect(list.out).toContain(name);
    expect(mainstay(['migrate', '--help']).out).toContain('--json');
    expect(mainstay(['migrat'])).toMatchObject({ code: 2, err: expect.stringContaining('did you mean "migrate"') });
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
    const first = JSON.parse(mainstay(['migrate', '--json'], env).out);
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
    const server = await startServer({ database, name: 'cli' });
    try {
      const { code, out } = mainstay(['status', '--json'], { ...external(), MAINSTAY_URL: server.url });
      expect({ code, ...JSON.parse(out).server }).toMatchObject({ code: 0, running: true, ready: true, troubles: [] });
    } finally {
      process.kill(server.pid, 'SIGTERM');
    }
  });
});
