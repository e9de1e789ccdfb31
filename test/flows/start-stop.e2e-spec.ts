import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Client } from 'pg';
import { relocatedHome } from '../../src/kernel/database/embedded/launcher';
import { isAlive } from '../../src/kernel/database/embedded/lock';
import { expectStatus, TestClient } from '../support/client';
import { eventually } from '../support/eventually';
import {
  cloneInto,
  copyTree,
  postgresPid,
  ROOT,
  run,
  SLOW_REQUEST,
  within,
  type StartedProcess,
} from '../support/process';
import { freePort } from '../support/server';
import { testDatabase } from '../support/cluster';

const NOBODY = 65534;
const isRoot = process.getuid?.() === 0;
const asNobody = ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups', '--'];
const MAIN = [process.execPath, path.join(ROOT, 'dist/main.js')];

/** Root can become nobody, and nobody can read this clone (not so in a private home). */
const nobodyCanRead =
  isRoot && spawnSync(asNobody[0], [...asNobody.slice(1), 'test', '-r', path.join(ROOT, 'package.json')]).status === 0;
const itAsRoot = isRoot ? it : it.skip;
const itAsNobody = nobodyCanRead ? it : it.skip;

jest.setTimeout(300_000);

type Started = StartedProcess & { url: string; port: string };

describe('start and stop', () => {
  const scratch = mkdtempSync(path.join(tmpdir(), 'mainstay-start-'));
  chmodSync(scratch, 0o755);
  const running: Started[] = [];
  let count = 0;

  afterEach(async () => {
    for (const one of running.splice(0)) {
      if (one.child.exitCode === null && one.child.signalCode === null) one.kill('SIGTERM');
      await one.exit;
    }
  });
  afterAll(async () => {
    life.server?.kill('SIGTERM');
    await life.server?.exit;
    rmSync(scratch, { recursive: true, force: true });
  });

  const newFolder = (): string => path.join(scratch, `data-${(count += 1)}`);
  /** A folder as the first start left it: spares making and migrating the cluster where that is not what is tried. */
  function madeFolder(): string {
    const folder = newFolder();
    if (existsSync(path.join(scratch, 'made'))) copyTree(path.join(scratch, 'made'), folder);
    return folder;
  }
  /** Starts the server on a data folder. */
  async function start(
    dataDir: string,
    options: { words?: string[]; env?: Record<string, string>; cwd?: string } = {},
  ): Promise<Started> {
    const port = options.env?.PORT ?? String(await freePort());
    const started = run(options.words ?? MAIN, {
      cwd: options.cwd ?? scratch,
      env: { PORT: port, MAINSTAY_DATA_DIR: dataDir, ...options.env },
    });
    const server = { ...started, url: `http://localhost:${port}`, port };
    running.push(server);
    return server;
  }
  /** The life of one folder, told by several tests: a server that one of them leaves running is what the next finds. */
  const life: { dataDir: string; server?: Started } = { dataDir: newFolder() };
  function leaveRunning(server: Started): void {
    running.splice(running.indexOf(server), 1);
    life.server = server;
  }
  async function goOn(): Promise<Started> {
    const server = life.server ?? (await start(life.dataDir));
    if (life.server) running.push(life.server);
    life.server = undefined;
    await server.ready();
    return server;
  }
  const answers = (url: string): Promise<boolean> =>
    fetch(url).then(
      () => true,
      () => false,
    );
  /** The way that ends well: exit 0, port closed, PostgreSQL shut down in order. */
  async function expectCleanEnd(server: Started, dataDir: string, home = dataDir): Promise<void> {
    expect([await server.exit, server.output()]).toEqual([0, expect.anything()]);
    expect(await answers(server.url)).toBe(false);
    expect(postgresPid(dataDir)).toBeNull();
    const log = readFileSync(
      path.join(home === dataDir ? path.join(dataDir, 'postgres') : home, 'postgres.log'),
      'utf8',
    );
    expect(log.trimEnd().split('\n').at(-1)).toContain('database system is shut down');
  }

  it('makes everything on the first start, changes nothing on the second, and is fast then', async () => {
    const dataDir = newFolder();
    const outbound = path.join(scratch, 'outbound.log');
    const env = {
      MAINSTAY_SEED: 'true',
      NODE_OPTIONS: `--require ${path.join(ROOT, 'test/support/outbound-guard.cjs')}`,
      OUTBOUND_LOG: outbound,
    };
    const first = await start(dataDir, { env });
    expect(await first.ready()).toBe(first.url);
    expect(await answers(first.url)).toBe(true);
    const shown = first
      .output()
      .split('\n')
      .find((line) => line.includes('"msg":"first login"'))!;
    const { login, password } = JSON.parse(shown) as { login: string; password: string };
    for (const email of login.split(', ')) {
      const tokens = await new TestClient(first.url).post<{ accessToken: string }>('/auth/login', { email, password });
      expect([email, tokens.status]).toEqual([email, 200]);
    }
    const sold = await new TestClient(first.url, { tenant: 'demo' }).get<{ data: unknown[] }>('/products');
    expect(expectStatus(sold, 200).data.length).toBeGreaterThan(3);
    expect(statSync(path.join(dataDir, 'postgres/credentials.json')).mode & 0o777).toBe(0o600);
    first.kill('SIGTERM');
    await expectCleanEnd(first, dataDir);
    copyTree(dataDir, path.join(scratch, 'made'));

    const credentials = readFileSync(path.join(dataDir, 'postgres/credentials.json'), 'utf8');
    const second = await start(dataDir, { words: within(16, MAIN), env: { ...env, PORT: first.port } });
    expect(await second.ready()).toBe(first.url);
    for (const once of ['applied', 'first login', 'accounts made']) expect(second.output()).not.toContain(once);
    // Nothing asks anybody outside, neither the first time nor later.
    expect(existsSync(outbound) ? readFileSync(outbound, 'utf8') : '').toBe('');
    expect(readFileSync(path.join(dataDir, 'postgres/credentials.json'), 'utf8')).toBe(credentials);
    // Ctrl-C at a terminal reaches the whole group; PostgreSQL sits in its own and goes last.
    second.kill('SIGINT', 'group');
    await expectCleanEnd(second, dataDir);
  });

  it('ends in order when asked while it is starting', async () => {
    const { dataDir } = life;
    const server = await start(dataDir);
    await eventually(() => existsSync(path.join(dataDir, 'postgres/lock')), { timeoutMs: 60_000 });
    server.kill('SIGTERM');
    expect(await server.exit).toBe(0);
    expect(server.output()).not.toContain(' ready in ');
    expect(postgresPid(dataDir)).toBeNull();
    expect(existsSync(path.join(dataDir, 'postgres/lock'))).toBe(false);
    leaveRunning(await goOn());
  });

  it('is forced by a second Ctrl-C, and recovers', async () => {
    const server = await goOn();
    const socket = connect(Number(server.port), '127.0.0.1');
    let text = '';
    socket.on('data', (chunk) => (text += chunk.toString('utf8')));
    socket.on('error', () => undefined);
    socket.write(SLOW_REQUEST);
    await eventually(() => text.includes('100 Continue'));
    await eventually(() => {
      if (server.child.exitCode === null) server.kill('SIGINT');
      return server.child.exitCode !== null;
    });
    expect(await server.exit).toBe(130);
    socket.destroy();
    leaveRunning(await goOn());
  });

  it('recovers after kill -9 of the server', async () => {
    const killed = await goOn();
    killed.kill('SIGKILL');
    await killed.exit;
    const next = await goOn();
    expect(await answers(next.url)).toBe(true);
    leaveRunning(next);
  });

  it('recovers after kill -9 of the server and of PostgreSQL', async () => {
    const killed = await goOn();
    const log = path.join(life.dataDir, 'postgres/postgres.log');
    const before = readFileSync(log, 'utf8');
    const postgres = postgresPid(life.dataDir)!;
    // Held, so that neither sees the other die: PostgreSQL shuts down in order once its server is gone.
    killed.kill('SIGSTOP');
    process.kill(postgres, 'SIGKILL');
    killed.kill('SIGKILL');
    await killed.exit;
    leaveRunning(await goOn());
    const after = readFileSync(log, 'utf8');
    expect(after.startsWith(before) ? after.slice(before.length) : after).toContain('automatic recovery in progress');
  });

  it('goes on when PostgreSQL alone is killed', async () => {
    const server = await goOn();
    const postgres = postgresPid(life.dataDir)!;
    process.kill(postgres, 'SIGKILL');
    // Longer than the server itself keeps trying: that it gave up, not that the machine was slow, is what fails here.
    await eventually(() => server.output().includes('PostgreSQL answers again'), { timeoutMs: 90_000 });
    expect(postgresPid(life.dataDir)).not.toBe(postgres);
    expect(server.child.exitCode).toBeNull();
    leaveRunning(server);
  });

  it('runs two servers side by side, and refuses a folder or a port that is in use', async () => {
    const one = life.dataDir;
    const second = await start(madeFolder());
    const first = await goOn();
    await second.ready();
    expect(await Promise.all([answers(first.url), answers(second.url)])).toEqual([true, true]);

    const sameFolder = await start(one);
    expect(await sameFolder.exit).toBe(75);
    expect(sameFolder.output()).toMatch(/in use by process \d+.*MAINSTAY_DATA_DIR/);
    const samePort = await start(newFolder(), { env: { PORT: first.port } });
    expect(await samePort.exit).toBe(75);
    expect(samePort.output()).toMatch(new RegExp(`Port ${first.port} .* is taken .*PORT=\\d+ npm start`));
    expect(await answers(first.url)).toBe(true);

    // The command line works beside the running server, on its database.
    const cli = spawnSync(process.execPath, [path.join(ROOT, 'bin/mainstay.cjs'), 'migrate:status', '--json'], {
      cwd: scratch,
      env: { PATH: process.env.PATH, MAINSTAY_DATA_DIR: one },
      encoding: 'utf8',
    });
    expect(JSON.parse(cli.stdout)).toMatchObject({ pending: [] });
    leaveRunning(first);
  });

  it('lets requests under way finish, and refuses new ones', async () => {
    const server = await goOn();
    // Slow by its body: the server has said that it waits for it, so the request is under way.
    const socket = connect(Number(server.port), '127.0.0.1');
    let text = '';
    socket.on('data', (chunk) => (text += chunk.toString('utf8')));
    socket.write(SLOW_REQUEST);
    await eventually(() => text.includes('100 Continue'));
    server.kill('SIGTERM');
    await eventually(async () => !(await answers(server.url)));
    socket.write('{}');
    await eventually(() => /HTTP\/1.1 4\d\d/.test(text));
    expect(text).toMatch(/connection: close/i);
    socket.destroy();
    await expectCleanEnd(server, life.dataDir);
  });

  it('says every fault of the settings at once, and ends with 78 within two seconds of CPU', () => {
    const [shell, ...words] = within(2, MAIN);
    const { status, stderr, stdout } = spawnSync(shell, words, {
      env: { PATH: process.env.PATH, NODE_ENV: 'production', PORT: 'many' },
      encoding: 'utf8',
      cwd: scratch,
    });
    expect({ status, stdout }).toEqual({ status: 78, stdout: '' });
    for (const name of ['DATABASE_URL', 'MAINSTAY_SECRET_KEY', 'MAINSTAY_PUBLIC_URL', 'PORT'])
      expect(stderr).toContain(name);
    expect(stderr).not.toContain('many');
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  it('serves an external database, and refuses a role that could get around the tenant wall', async () => {
    const database = await testDatabase({ label: 'start' });
    // With the owner's connection every other test over HTTP starts it. Without: nothing is pending, so it may serve.
    const plain = await start(newFolder(), { env: { DATABASE_URL: database.appUrl } });
    await plain.ready();

    for (const [url, reason] of [
      [database.superuserUrl, /superuser/],
      [database.ownerUrl, /owns the table/],
    ] as const) {
      const refused = await start(newFolder(), { env: { DATABASE_URL: url } });
      expect(await refused.exit).toBe(78);
      expect(refused.output()).toMatch(reason);
    }
    const fresh = await testDatabase({ fresh: true });
    const owner = new Client({ connectionString: fresh.ownerUrl });
    await owner.connect();
    await owner.query('delete from public.migrations where id = (select max(id) from public.migrations)');
    await owner.end();
    const behind = await start(newFolder(), { env: { DATABASE_URL: fresh.appUrl } });
    expect(await behind.exit).toBe(78);
    expect(behind.output()).toContain('lacks 1 of');
  });

  it('starts and stops through npm', async () => {
    const dataDir = madeFolder();
    for (const [signal, group] of [
      ['SIGINT', 'group'],
      ['SIGTERM', undefined],
    ] as const) {
      const server = await start(dataDir, { words: ['npm', 'start'], cwd: ROOT });
      await server.ready();
      // Whatever Nest says goes through the product's own log: one that speaks for itself is a second instance.
      expect(server.output()).not.toMatch(/warn|error|deprecat|\[Nest\]/i);
      server.kill(signal, group);
      // npm waits for the server and says what it said.
      await expectCleanEnd(server, dataDir);
    }
    const orphaned = await start(dataDir, { words: ['npm', 'start'], cwd: ROOT });
    await orphaned.ready();
    orphaned.kill('SIGKILL');
    await eventually(() => postgresPid(dataDir) === null, { timeoutMs: 60_000 });
    await eventually(async () => !(await answers(orphaned.url)));
  });

  itAsRoot('runs in a private home, as root and as its owner, who share a data folder one way alone', async () => {
    const home = (owner: number): string => path.join(scratch, `home-${owner}`);
    const words = (owner: number): string[] => [
      ...(owner === 0 ? [] : asNobody),
      process.execPath,
      path.join(home(owner), 'dist/main.js'),
    ];
    for (const owner of [0, NOBODY]) {
      cloneInto(home(owner), owner);
      const dataDir = path.join(home(owner), '.mainstay');
      const server = await start(dataDir, { words: words(owner), cwd: owner === 0 ? home(owner) : '/' });
      await server.ready();
      expect(statSync(path.join(dataDir, 'postgres/data')).uid).toBe(owner);
      server.kill('SIGTERM');
      await expectCleanEnd(server, dataDir);
    }
    // Root may take over the folder of a user, whose files they stay; the user may not take over root's.
    const dataDir = path.join(home(NOBODY), '.mainstay');
    const byRoot = await start(dataDir);
    await byRoot.ready();
    byRoot.kill('SIGTERM');
    await expectCleanEnd(byRoot, dataDir);
    const again = await start(dataDir, { words: words(NOBODY), cwd: '/' });
    await again.ready();
    // As root's server left it.
    const refused = await start(madeFolder(), { words: words(NOBODY), cwd: '/' });
    expect(await refused.exit).toBe(77);
    expect(refused.output()).toMatch(/MAINSTAY_DATA_DIR/);
  });

  itAsNobody('runs as an ordinary user from a clone of another', async () => {
    const home = newFolder();
    mkdirSync(home, { mode: 0o700 });
    chownSync(home, NOBODY, NOBODY);
    const dataDir = path.join(home, 'data');
    copyTree(path.join(scratch, 'home-65534/.mainstay'), dataDir);
    const server = await start(dataDir, { words: [...asNobody, ...MAIN], cwd: '/' });
    await server.ready();
    expect(statSync(path.join(dataDir, 'postgres/data')).uid).toBe(NOBODY);
    server.kill('SIGTERM');
    await expectCleanEnd(server, dataDir);
  });

  itAsRoot('runs as root where user namespaces are not to be had, and shuts down an orphan', async () => {
    // A PATH without unshare; without setpriv too, so that PostgreSQL survives the death of the server.
    const bin = path.join(scratch, 'bin');
    mkdirSync(bin);
    for (const name of ['test', 'sh'])
      symlinkSync(execFileSync('which', [name], { encoding: 'utf8' }).trim(), path.join(bin, name));
    const dataDir = newFolder();
    const home = relocatedHome(path.join(dataDir, 'postgres'));
    const env = { PATH: bin };
    try {
      const first = await start(dataDir, { env });
      await first.ready();
      expect(statSync(path.join(home, 'data')).uid).toBe(NOBODY);
      const orphan = Number(readFileSync(path.join(home, 'data/postmaster.pid'), 'utf8').split('\n')[0]);
      first.kill('SIGKILL');
      await first.exit;
      expect(isAlive(orphan)).toBe(true);

      // Namespaces or not: the data stay where they are.
      for (const next of [env, {}]) {
        const server = await start(dataDir, { env: next });
        await server.ready();
        expect(isAlive(orphan)).toBe(false);
        expect(existsSync(path.join(dataDir, 'postgres/data'))).toBe(false);
        server.kill('SIGTERM');
        await expectCleanEnd(server, dataDir, home);
      }
    } finally {
      rmSync(home, { recursive: true, force: true });
    }
  });

  itAsRoot('moves what a namespace made when namespaces are gone', async () => {
    const bin = path.join(scratch, 'bin');
    const dataDir = madeFolder();
    const home = relocatedHome(path.join(dataDir, 'postgres'));
    try {
      const second = await start(dataDir, { env: { PATH: bin } });
      await second.ready();
      expect(second.output()).not.toContain('applied');
      second.kill('SIGTERM');
      await second.exit;
      expect(readdirSync(path.join(dataDir, 'postgres'))).toContain('data.moved-to-var-lib-mainstay');
    } finally {
      rmSync(home, { recursive: true, force: true });
    }
  });
});
