import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { until } from './embedded/until';
import { isAlive } from './embedded/lock';
import {
  attachEmbeddedPostgres,
  type EmbeddedPostgres,
  startEmbeddedPostgres,
  THROWAWAY_FLAGS,
} from './embedded-postgres';
import { appLoginFaults, ensureRoles } from './roles';

describe('embedded PostgreSQL', () => {
  const dataDir = join(mkdtempSync(join(tmpdir(), 'mainstay-pg-')), 'postgres');
  let running: EmbeddedPostgres;
  const start = (): Promise<EmbeddedPostgres> => startEmbeddedPostgres({ dataDir, flags: THROWAWAY_FLAGS });
  const ask = async <Row extends object>(url: string, sql: string): Promise<Row[]> => {
    const client = new Client({ connectionString: url });
    await client.connect();
    try {
      return (await client.query<Row>(sql)).rows;
    } finally {
      await client.end();
    }
  };

  afterAll(async () => {
    await running?.stop();
    rmSync(join(dataDir, '..'), { recursive: true, force: true });
  });

  it('makes the cluster on first use, with private passwords and UTF-8', async () => {
    running = await start();
    expect(running.created).toBe(true);
    expect(running.version).toMatch(/^18\./);
    expect(statSync(join(dataDir, 'credentials.json')).mode & 0o777).toBe(0o600);
    expect(
      await ask(
        running.appUrl,
        `select pg_encoding_to_char(encoding) as encoding, datlocprovider as provider, datlocale as locale
      from pg_database where datname = current_database()`,
      ),
    ).toEqual([{ encoding: 'UTF8', provider: 'b', locale: 'C.UTF-8' }]);
    await expect(ask(running.appUrl.replace(/:[^:@]+@/, ':wrong@'), 'select 1')).rejects.toMatchObject({
      code: '28P01',
    });
  });

  it('gives the login no right but to switch into the four roles', async () => {
    expect(
      await ask(
        running.appUrl,
        `select rolsuper, rolbypassrls, rolinherit, pg_has_role(current_user, 'mainstay_app', 'set') as can, pg_has_role(current_user, 'mainstay_app', 'usage') as inherits
         from pg_roles where rolname = current_user`,
      ),
    ).toEqual([{ rolsuper: false, rolbypassrls: false, rolinherit: false, can: true, inherits: false }]);
    for (const role of ['app', 'worker', 'queue', 'search']) {
      await ask(running.appUrl, `set role mainstay_${role}`);
      expect(
        await ask(
          running.ownerUrl,
          `select pg_has_role(current_user, 'mainstay_${role}', 'set with admin option') as admin`,
        ),
      ).toEqual([{ admin: true }]);
    }
    await expect(ask(running.appUrl, 'set role mainstay_owner')).rejects.toMatchObject({ code: '42501' });
    await expect(ask(running.appUrl, 'create schema mine')).rejects.toMatchObject({ code: '42501' });
  });

  it('lets the owner make what the queue and search roles own', async () => {
    await ask(running.ownerUrl, 'create schema probe authorization mainstay_queue');
    await ask(running.ownerUrl, 'create function public.probe() returns int language sql as $$ select 1 $$');
    await ask(running.ownerUrl, 'grant create on schema public to mainstay_search');
    await ask(running.ownerUrl, 'alter function public.probe() owner to mainstay_search');
    await ask(running.ownerUrl, 'create or replace function public.probe() returns int language sql as $$ select 2 $$');
    await ask(running.ownerUrl, 'revoke create on schema public from mainstay_search');
    await ask(running.ownerUrl, 'drop function public.probe()');
    await ask(running.ownerUrl, 'drop schema probe');
  });

  it('repeats the role statements without a change, and tells which roles may not serve', async () => {
    const client = new Client({ connectionString: running.ownerUrl });
    await client.connect();
    const memberships = `select count(*)::int as n from pg_auth_members`;
    const before = (await client.query(memberships)).rows;
    await ensureRoles(client, 'mainstay');
    expect((await client.query(memberships)).rows).toEqual(before);
    await client.query('create table public.owned (id int)');
    expect((await appLoginFaults(client)).join(' ')).toMatch(/owns the database.*owns the table/);
    await client.query('drop table public.owned');
    await client.end();
    const superuser = new Client({ connectionString: running.superuserUrl });
    await superuser.connect();
    expect((await appLoginFaults(superuser)).join(' ')).toMatch(/superuser.*BYPASSRLS/);
    await superuser.end();
    const app = new Client({ connectionString: running.appUrl });
    await app.connect();
    expect(await appLoginFaults(app)).toEqual([]);
    await app.end();
  });

  it('refuses a second start on the same folder, and lets others attach', async () => {
    await expect(start()).rejects.toMatchObject({ fault: 'busy' });
    expect(await attachEmbeddedPostgres(dataDir)).toMatchObject({ port: running.port });
  });

  it('starts again on the same port when the server process is killed', async () => {
    const killed = running.pid;
    process.kill(killed, 'SIGKILL');
    expect(
      await until(
        () =>
          ask(running.appUrl, 'select 1').then(
            () => running.pid !== killed,
            () => false,
          ),
        30_000,
      ),
    ).toBe(true);
  });

  it('stops, and starts with the data of before', async () => {
    await ask(running.ownerUrl, 'create schema kept');
    const { pid, port } = running;
    await running.stop();
    expect(isAlive(pid)).toBe(false);
    expect(await attachEmbeddedPostgres(dataDir)).toBeNull();
    running = await start();
    expect(running).toMatchObject({ created: false, port });
    expect(await ask(running.ownerUrl, `select 1 as one from pg_namespace where nspname = 'kept'`)).toEqual([
      { one: 1 },
    ]);
  });

  it('chooses another port when the last one is taken', async () => {
    const { port } = running;
    await running.stop();
    const stranger = spawn(
      process.execPath,
      ['-e', `require('net').createServer().listen(${port}, '127.0.0.1', () => console.log('up'))`],
      {
        stdio: ['ignore', 'pipe', 'ignore'],
      },
    );
    await new Promise((up) => stranger.stdout.once('data', up));
    running = await start();
    expect(running.port).not.toBe(port);
    stranger.kill();
  });

  it('clears a postmaster.pid whose process is a stranger', async () => {
    const { pid } = running;
    const text = readFileSync(join(dataDir, 'data', 'postmaster.pid'), 'utf8');
    await running.stop();
    writeFileSync(join(dataDir, 'data', 'postmaster.pid'), text.replace(String(pid), String(process.pid)));
    writeFileSync(join(dataDir, 'lock'), JSON.stringify({ pid: 999_999_999, start: null }));
    running = await start();
    await ask(running.appUrl, 'select 1');
  });

  it('says which version made the data when it is another one', async () => {
    await running.stop();
    writeFileSync(join(dataDir, 'data', 'PG_VERSION'), '16\n');
    await expect(start()).rejects.toMatchObject({
      fault: 'version',
      message: expect.stringContaining('PostgreSQL 16'),
    });
    writeFileSync(join(dataDir, 'data', 'PG_VERSION'), '18\n');
    running = await start();
  });
});
