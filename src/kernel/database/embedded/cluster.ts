import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  existsSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { EmbeddedPostgresError } from './error';
import { type Launcher, runProgram } from './launcher';
import { isAlive } from './lock';
import { POSTGRES_MAJOR } from './native';
import { until } from './until';

/** Passwords of the three logins of an embedded cluster; kept in `credentials.json`, mode 0600. */
export interface Credentials {
  superuser: string;
  owner: string;
  app: string;
}

/** Reads the passwords of a cluster, or makes and stores them. */
export function credentialsOf(folder: string): Credentials {
  const file = join(folder, 'credentials.json');
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8')) as Credentials;
  const make = (): string => randomBytes(24).toString('base64url');
  const made: Credentials = { superuser: make(), owner: make(), app: make() };
  const temporary = `${file}.${process.pid}`;
  writeFileSync(temporary, `${JSON.stringify(made, null, 2)}\n`, { mode: 0o600 });
  renameSync(temporary, file);
  return made;
}

/** Makes the cluster on first use; a half-made one of a killed run is thrown away. Refuses another major version. */
export async function ensureCluster(launcher: Launcher, folder: string): Promise<{ created: boolean }> {
  const data = join(launcher.home, 'data');
  const versionFile = join(data, 'PG_VERSION');
  if (existsSync(versionFile)) {
    const found = readFileSync(versionFile, 'utf8').trim();
    if (found !== String(POSTGRES_MAJOR)) {
      throw new EmbeddedPostgresError(
        'version',
        `The data in ${data} were made by PostgreSQL ${found}, this release brings PostgreSQL ${POSTGRES_MAJOR}. ` +
          'Back it up with the release that made it, then restore into an empty data folder (MAINSTAY_DATA_DIR).',
      );
    }
    return { created: false };
  }
  if (existsSync(data)) {
    throw new EmbeddedPostgresError('failed', `${data} exists but is no PostgreSQL data folder; move it away.`);
  }
  for (const name of readdirSync(launcher.home)) {
    if (name.startsWith('data.making')) rmSync(join(launcher.home, name), { recursive: true, force: true });
  }
  rmSync(join(folder, 'credentials.json'), { force: true });
  await initialise(launcher, credentialsOf(folder).superuser, data);
  return { created: true };
}

async function initialise(launcher: Launcher, password: string, data: string): Promise<void> {
  const making = `${data}.making`;
  const passwordFile = join(launcher.home, `.password.${process.pid}`);
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
  if (launcher.as) chownSync(passwordFile, launcher.as.uid, launcher.as.gid);
  const args = (locale: string): string[] => [
    ...['-D', making, '-U', 'postgres', `--pwfile=${passwordFile}`, '--auth=scram-sha-256', '--encoding=UTF8'],
    ...['--locale-provider=builtin', '--builtin-locale=C.UTF-8', `--locale=${locale}`, '--no-instructions'],
  ];
  try {
    let result = await runProgram(launcher, 'initdb', args('C.UTF-8'));
    // Systems whose C library does not know C.UTF-8; the collation is PostgreSQL's own in either case.
    if (result.code !== 0 && /invalid locale/i.test(result.output)) {
      rmSync(making, { recursive: true, force: true });
      result = await runProgram(launcher, 'initdb', args('C'));
    }
    if (result.code !== 0) {
      throw new EmbeddedPostgresError('failed', `PostgreSQL could not make its data folder:\n${tail(result.output)}`);
    }
    chmodSync(making, 0o700);
    renameSync(making, data);
  } finally {
    rmSync(passwordFile, { force: true });
  }
}

/** The last lines of a log, for a message. */
export const tail = (text: string, lines = 12): string => text.trimEnd().split('\n').slice(-lines).join('\n');

/** What postmaster.pid says: process id, port and whether connections are taken. */
export function postmasterFile(data: string): { pid: number; port: number; ready: boolean } | null {
  try {
    const lines = readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n');
    const pid = Math.abs(Number(lines[0]));
    return Number.isInteger(pid) && pid > 0
      ? { pid, port: Number(lines[3]), ready: lines[7]?.trim() === 'ready' }
      : null;
  } catch {
    return null;
  }
}

/**
 * Ends what an earlier run left: a PostgreSQL that survived our death is shut down cleanly (its own recovery does the
 * rest), and a postmaster.pid whose process id now belongs to a stranger, which PostgreSQL would trip over, is removed.
 * The caller holds the folder's lock.
 */
export async function clearOrphan(data: string): Promise<'none' | 'stopped' | 'stale'> {
  const found = postmasterFile(data);
  if (!found) return 'none';
  const file = join(data, 'postmaster.pid');
  if (!isAlive(found.pid) || !isPostmasterOf(found.pid, data)) {
    rmSync(file, { force: true });
    return 'stale';
  }
  await endPostmaster(found.pid);
  return 'stopped';
}

/** Fast shutdown; immediate after 30 s; at last by force. Resolves when the process has ended. */
export async function endPostmaster(pid: number): Promise<void> {
  for (const [signal, ms] of [
    ['SIGINT', 30_000],
    ['SIGQUIT', 10_000],
    ['SIGKILL', 10_000],
  ] as const) {
    try {
      process.kill(pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ESRCH') return;
      throw new EmbeddedPostgresError(
        'not-permitted',
        `PostgreSQL (process ${pid}) of this data folder runs as another user; stop it first.`,
      );
    }
    if (await until(() => !isAlive(pid), ms)) return;
  }
  throw new EmbeddedPostgresError('failed', `PostgreSQL (process ${pid}) does not end.`);
}

/** Whether this process is a PostgreSQL server working in `data` (it changes into it). */
function isPostmasterOf(pid: number, data: string): boolean {
  if (process.platform === 'linux') {
    try {
      return realpathSync(readlinkSync(`/proc/${pid}/cwd`)) === realpathSync(data);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    }
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes(data);
    } catch {
      return false;
    }
  }
  if (process.platform === 'win32') return true;
  const { stdout } = spawnSync('ps', ['-ww', '-o', 'command=', '-p', String(pid)], { encoding: 'utf8' });
  return stdout.includes(data);
}
