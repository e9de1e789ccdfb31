import { type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Client } from 'pg';
import { monotonicMs } from '../clock/monotonic';
import {
  clearOrphan,
  credentialsOf,
  endPostmaster,
  ensureCluster,
  postmasterFile,
  tail,
  type Credentials,
} from './embedded/cluster';
import { EmbeddedPostgresError } from './embedded/error';
import { chooseLauncher, type Launcher, relocatedHome, spawnProgram } from './embedded/launcher';
import { isAlive, lockHolder, takeLock } from './embedded/lock';
import { ensureRoles, loginStatements, ROLES } from './roles';

export { EmbeddedPostgresError } from './embedded/error';
export { POSTGRES_MAJOR } from './embedded/native';

/** Name of the database in the embedded cluster. */
export const EMBEDDED_DATABASE = 'mainstay';

/** Settings for clusters whose data nobody will miss (tests, benches of logic): no fsync. */
export const THROWAWAY_FLAGS: Record<string, string> = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
};

export interface EmbeddedPostgresOptions {
  /** Folder of the cluster: `data/`, credentials.json (0600), postgres.log, state.json, lock. Made when missing. */
  dataDir: string;
  /** Loopback port; default: the one of the last run when free, else any free one. */
  port?: number;
  /** PostgreSQL settings (`-c name=value`). */
  flags?: Record<string, string>;
  /** Told what happens, for the log (an orphan stopped, a restart after a crash). */
  onEvent?: (message: string) => void;
  /** Called when PostgreSQL died and could not be restarted: the process should end. */
  onFailure?: (error: Error) => void;
}

/** Where a running embedded cluster is reached. */
export interface EmbeddedAddress {
  host: string;
  port: number;
  superuserUrl: string;
  /** Owner of the database; migrates. */
  ownerUrl: string;
  /** The application's login; NOINHERIT. */
  appUrl: string;
}

export interface EmbeddedPostgres extends EmbeddedAddress {
  /** For example `18.4`. */
  version: string;
  /** Process id of the postmaster (a new one after a restart). */
  readonly pid: number;
  /** True when this start made the cluster. */
  created: boolean;
  /** How it runs: plain, in a user namespace, ... */
  manner: string;
  /** Clean shutdown; resolves when the process has ended and the folder is free. */
  stop(): Promise<void>;
}

const HOST = '127.0.0.1';

const address = (port: number, secrets: Credentials): EmbeddedAddress => {
  const url = (user: string, password: string, database: string): string =>
    `postgresql://${user}:${password}@${HOST}:${port}/${database}`;
  return {
    host: HOST,
    port,
    superuserUrl: url('postgres', secrets.superuser, 'postgres'),
    ownerUrl: url(ROLES.owner, secrets.owner, EMBEDDED_DATABASE),
    appUrl: url(ROLES.login, secrets.app, EMBEDDED_DATABASE),
  };
};

/** What state.json keeps between runs: the last port and the marker of the run. */
interface State {
  port: number;
  marker: string;
}

function readState(folder: string): State | null {
  try {
    return JSON.parse(readFileSync(join(folder, 'state.json'), 'utf8')) as State;
  } catch {
    return null;
  }
}

/**
 * Starts the embedded PostgreSQL of a data folder and returns when it answers, its roles and its database exist.
 * Throws EmbeddedPostgresError: `busy` when another process uses the folder, `version` for data of another major
 * version, `not-permitted`, `unsupported`, or `failed` with the end of PostgreSQL's log.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const folder = prepareFolder(options.dataDir);
  const lock = takeLock(folder);
  try {
    const run = new Run(folder, options, () => lock.release());
    await run.start();
    return run;
  } catch (error) {
    lock.release();
    throw error;
  }
}

/**
 * Address of the cluster of this folder when another process runs it now (for the command line beside a running
 * server), else null. The one reached is checked to be ours.
 */
export async function attachEmbeddedPostgres(dataDir: string): Promise<EmbeddedAddress | null> {
  const folder = resolve(dataDir);
  const state = readState(folder);
  if (!state || lockHolder(folder) === null) return null;
  const found = address(state.port, credentialsOf(folder));
  return (await answers(found, state.marker)) === 'ours' ? found : null;
}

/** Process id of whoever runs the cluster of this folder, or null. */
export const embeddedHolder = (dataDir: string): number | null => lockHolder(resolve(dataDir));

function prepareFolder(dataDir: string): string {
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    return realpathSync(dataDir);
  } catch (error) {
    throw new EmbeddedPostgresError(
      'not-permitted',
      `Cannot make the data folder ${resolve(dataDir)} (${(error as NodeJS.ErrnoException).code}). Set MAINSTAY_DATA_DIR to a folder this user may write to.`,
    );
  }
}

/** One run of the server process on one folder. */
class Run implements EmbeddedPostgres {
  host = HOST;
  port = 0;
  superuserUrl = '';
  ownerUrl = '';
  appUrl = '';
  version = '';
  created = false;
  manner = '';

  private child: ChildProcess | null = null;
  private launcher: Launcher;
  private readonly marker = `mainstay-${randomBytes(12).toString('hex')}`;
  private stopping: Promise<void> | null = null;
  private readonly crashes: number[] = [];
  private readonly onExit = (): void => void this.child?.kill('SIGINT');

  constructor(
    private readonly folder: string,
    private readonly options: EmbeddedPostgresOptions,
    private readonly release: () => void,
  ) {}

  get pid(): number {
    return this.child?.pid ?? 0;
  }

  private get data(): string {
    return join(this.launcher.home, 'data');
  }

  private get logFile(): string {
    return join(this.launcher.home, 'postgres.log');
  }

  async start(): Promise<void> {
    // An orphan may run where the data are now or, run by root elsewhere, in their twin.
    for (const home of [this.folder, relocatedHome(this.folder)]) {
      const orphan = await clearOrphan(join(home, 'data'));
      if (orphan === 'stopped') this.options.onEvent?.('A PostgreSQL left by an earlier run was shut down.');
    }
    this.launcher = chooseLauncher(this.folder);
    this.manner = this.launcher.manner;
    this.created = (await ensureCluster(this.launcher, this.folder)).created;
    rotate(this.logFile);
    await this.launch(await this.choosePort());
    Object.assign(this, address(this.port, credentialsOf(this.folder)));
    process.once('exit', this.onExit);
    try {
      await this.prepareDatabase();
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  private async choosePort(): Promise<number> {
    if (this.options.port) return this.options.port;
    const last = readState(this.folder)?.port;
    return last && (await isFree(last)) ? last : freePort();
  }

  /** Starts the process and waits until the cluster that answers on the port is this one. */
  private async launch(first: number): Promise<void> {
    let port = first;
    const end = monotonicMs() + 120_000;
    for (;;) {
      const failure = await this.attempt(port);
      if (!failure) return;
      const retry = /pre-existing shared memory block|lock file .* already exists/i.test(failure);
      if (/could not bind|Address already in use/i.test(failure) && !this.options.port) port = await freePort();
      else if (/could not bind|Address already in use/i.test(failure)) {
        throw new EmbeddedPostgresError('busy', `Port ${port} for the embedded PostgreSQL is taken.`);
      } else if (!retry || monotonicMs() > end) {
        throw new EmbeddedPostgresError(
          'failed',
          `PostgreSQL did not start. The end of ${this.logFile}:\n${tail(failure)}`,
        );
      } else await pause(200);
    }
  }

  private async attempt(port: number): Promise<string | null> {
    const before = existsSync(this.logFile) ? statSync(this.logFile).size : 0;
    const log = openSync(this.logFile, 'a', 0o600);
    const flags: Record<string, string> = {
      listen_addresses: HOST,
      unix_socket_directories: '',
      cluster_name: this.marker,
      timezone: 'UTC',
      log_timezone: 'UTC',
      log_line_prefix: '%m [%p] ',
      password_encryption: 'scram-sha-256',
      ...this.options.flags,
    };
    const args = [
      '-D',
      this.data,
      '-p',
      String(port),
      ...Object.entries(flags).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ];
    const child = spawnProgram(this.launcher, 'postgres', args, {
      detached: true,
      stdio: ['ignore', log, log],
      dieWithUs: true,
    });
    closeSync(log);
    this.child = child;
    let ended: string | null = null;
    child.once('error', (error) => (ended = error.message));
    child.once('exit', (code, signal) => (ended = `exit ${signal ?? code}`));
    writeState(this.folder, { port, marker: this.marker });
    const target = address(port, credentialsOf(this.folder));
    for (;;) {
      if (ended) return `${readFileSync(this.logFile).subarray(before).toString('utf8')}\n${ended as string}`;
      const file = postmasterFile(this.data);
      if (file?.pid === child.pid && file?.ready) {
        const answer = await answers(target, this.marker);
        if (answer === 'ours') break;
        if (answer === 'stranger') {
          await endPostmaster(child.pid as number);
          throw new EmbeddedPostgresError('failed', `Another PostgreSQL answers on port ${port}.`);
        }
      }
      await pause(10);
    }
    this.port = port;
    // The server keeps this process alive by what it serves, not by its database.
    child.unref();
    child.once('exit', (code, signal) => void this.died(signal ?? String(code)));
    if (ended) void this.died(ended as string);
    return null;
  }

  /** PostgreSQL ended although nobody asked: start it again on the same port, where the pools look for it. */
  private async died(how: string): Promise<void> {
    if (this.stopping) return;
    this.options.onEvent?.(`PostgreSQL ended unexpectedly (${how}); starting it again.`);
    this.crashes.push(monotonicMs());
    while (this.crashes.length > 0 && this.crashes[0] < monotonicMs() - 60_000) this.crashes.shift();
    try {
      if (this.crashes.length > 5)
        throw new EmbeddedPostgresError(
          'failed',
          `PostgreSQL ended ${this.crashes.length} times within a minute; see ${this.logFile}.`,
        );
      await clearOrphan(this.data);
      await this.relaunch();
      this.options.onEvent?.('PostgreSQL answers again.');
    } catch (error) {
      if (!this.stopping) this.options.onFailure?.(error as Error);
    }
  }

  private async relaunch(): Promise<void> {
    const end = monotonicMs() + 30_000;
    for (;;) {
      if (this.stopping) return;
      const failure = await this.attempt(this.port);
      if (!failure) return;
      if (monotonicMs() > end)
        throw new EmbeddedPostgresError('failed', `PostgreSQL did not start again:\n${tail(failure)}`);
      await pause(200);
    }
  }

  private async prepareDatabase(): Promise<void> {
    const secrets = credentialsOf(this.folder);
    const superuser = await connected(this.superuserUrl);
    try {
      this.version = (
        await superuser.query<{ v: string }>(`select split_part(current_setting('server_version'), ' ', 1) as v`)
      ).rows[0].v;
      const { rows } = await superuser.query<{ ready: boolean }>(
        `select exists (select from pg_database d join pg_shdescription s on s.objoid = d.oid and s.classoid = 'pg_database'::regclass
           where d.datname = $1 and s.description = 'mainstay: ready') as ready`,
        [EMBEDDED_DATABASE],
      );
      if (rows[0].ready) return;
      for (const statement of loginStatements(secrets)) await superuser.query(statement);
      const found = await superuser.query(`select from pg_database where datname = $1`, [EMBEDDED_DATABASE]);
      if (found.rowCount === 0) await superuser.query(`create database ${EMBEDDED_DATABASE} owner ${ROLES.owner}`);
      const owner = await connected(this.ownerUrl);
      try {
        await ensureRoles(owner, ROLES.login);
      } finally {
        await owner.end();
      }
      await superuser.query(`comment on database ${EMBEDDED_DATABASE} is 'mainstay: ready'`);
    } finally {
      await superuser.end();
    }
  }

  stop(): Promise<void> {
    this.stopping ??= (async () => {
      process.off('exit', this.onExit);
      const child = this.child;
      if (child?.pid && isAlive(child.pid)) {
        child.ref();
        await endPostmaster(child.pid);
        child.unref();
      }
      this.release();
    })();
    return this.stopping;
  }
}

/** Whether the cluster at this address is the one with the marker; `silent` while it does not take connections. */
async function answers(target: EmbeddedAddress, marker: string): Promise<'ours' | 'stranger' | 'silent'> {
  const client = new Client({ connectionString: target.superuserUrl, connectionTimeoutMillis: 5_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<{ name: string }>(`select current_setting('cluster_name') as name`);
    return rows[0].name === marker ? 'ours' : 'stranger';
  } catch (error) {
    // 28P01, 28000: somebody else's cluster, which does not know our password.
    return String((error as { code?: string }).code).startsWith('28') ? 'stranger' : 'silent';
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function connected(url: string): Promise<Client> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  await client.connect();
  return client;
}

function writeState(folder: string, state: State): void {
  const file = join(folder, 'state.json');
  writeFileSync(`${file}.new`, JSON.stringify(state), { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

/** Keeps one earlier log of at most some 10 MB. */
function rotate(file: string): void {
  if (!existsSync(file) || statSync(file).size < 10_000_000) return;
  rmSync(`${file}.1`, { force: true });
  renameSync(file, `${file}.1`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((done) => {
    const probe = createServer();
    probe.once('error', () => done(false));
    probe.listen({ port, host: HOST, exclusive: true }, () => probe.close(() => done(true)));
  });
}

/** A loopback port that is free now. */
function freePort(): Promise<number> {
  return new Promise((done, fail) => {
    const probe = createServer();
    probe.once('error', fail);
    probe.listen({ port: 0, host: HOST }, () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => done(port));
    });
  });
}
