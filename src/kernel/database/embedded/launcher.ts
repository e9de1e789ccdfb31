import { type ChildProcess, type SpawnOptions, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  accessSync,
  chmodSync,
  chownSync,
  constants,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { homedir, userInfo } from 'node:os';
import { delimiter, join } from 'node:path';
import { EmbeddedPostgresError } from './error';
import { nativeFolder, program } from './native';

const NOBODY = 65534;

/** How and where PostgreSQL's programs run: PostgreSQL refuses to run as root, and reads its files as their owner. */
export interface Launcher {
  /** In words, for the log. */
  readonly manner: string;
  /** Folder `native/` whose programs are run. */
  readonly native: string;
  /** Folder that holds `data/`, the log and the state: the given one, or its twin under /var/lib/mainstay. */
  readonly home: string;
  /** Words put before the program (unshare ...). */
  readonly prefix: string[];
  /** User and group that the programs run as, when another than ours. */
  readonly as?: { uid: number; gid: number };
}

/** First executable of this name on the PATH, or null. */
function onPath(name: string): string | null {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    if (!folder) continue;
    try {
      const file = join(folder, name);
      accessSync(file, constants.X_OK);
      return file;
    } catch {
      // not in this one
    }
  }
  return null;
}

/** Environment of PostgreSQL's programs: none of our settings or secrets, no PG* defaults of the person's shell. */
const environment = (): NodeJS.ProcessEnv => ({
  PATH: process.env.PATH ?? '/usr/bin:/bin',
  HOME: homedirOr('/'),
  TZ: 'UTC',
  LC_MESSAGES: 'C',
  ...(process.platform === 'win32' ? { SystemRoot: process.env.SystemRoot, TEMP: process.env.TEMP } : {}),
});

function homedirOr(fallback: string): string {
  try {
    return homedir();
  } catch {
    return fallback;
  }
}

/** Runs one of the programs to its end. */
export function runProgram(
  launcher: Launcher,
  name: 'initdb' | 'postgres' | 'pg_ctl',
  args: string[],
): Promise<{ code: number | null; output: string }> {
  const child = spawnProgram(launcher, name, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  return new Promise((resolve, reject) => {
    let output = '';
    const take = (chunk: Buffer): void => void (output += chunk.toString('utf8'));
    child.stdout?.on('data', take);
    child.stderr?.on('data', take);
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, output }));
  });
}

/** Starts one of the programs; `dieWithUs` makes Linux send it SIGINT (fast shutdown) when this process is killed. */
export function spawnProgram(
  launcher: Launcher,
  name: 'initdb' | 'postgres' | 'pg_ctl',
  args: string[],
  options: SpawnOptions & { dieWithUs?: boolean },
): ChildProcess {
  const { dieWithUs, ...rest } = options;
  const setpriv = dieWithUs && process.platform === 'linux' ? onPath('setpriv') : null;
  const words = [
    ...launcher.prefix,
    ...(setpriv && supportsDeathSignal(setpriv) ? [setpriv, '--pdeathsig', 'INT', '--'] : []),
    program(launcher.native, name),
    ...args,
  ];
  return spawn(words[0], words.slice(1), { cwd: launcher.home, env: environment(), ...launcher.as, ...rest });
}

let deathSignal: boolean | undefined;
function supportsDeathSignal(setpriv: string): boolean {
  deathSignal ??= spawnSync(setpriv, ['--pdeathsig', 'INT', '--', 'true'], { stdio: 'ignore' }).status === 0;
  return deathSignal;
}

/** Whether the program runs this way and can write to the home folder. */
function works(launcher: Launcher): boolean {
  const file = program(launcher.native, 'postgres');
  const words = [...launcher.prefix, file, '--version'];
  const options = { cwd: '/', env: environment(), stdio: 'ignore', ...launcher.as } as const;
  if (spawnSync(words[0], words.slice(1), options).status !== 0) return false;
  const test = [...launcher.prefix, 'test', '-w', launcher.home, '-a', '-x', launcher.home];
  return spawnSync(test[0], test.slice(1), options).status === 0;
}

/** Folder under /var/lib/mainstay that belongs to a data folder whose place cannot be used. */
export const relocatedHome = (home: string): string =>
  join('/var/lib/mainstay', createHash('sha256').update(home).digest('hex').slice(0, 12));

/**
 * Chooses how to run PostgreSQL for the data folder `home` (absolute, exists).
 * An ordinary user runs it plainly. Root runs it in a user namespace, where root is seen as nobody while files stay
 * root's, so it works wherever the clone lies. Data that belong to another user are run as that user. Only where none
 * of this is possible, binaries and data live under /var/lib/mainstay/<id> and run as nobody.
 */
export function chooseLauncher(home: string): Launcher {
  const native = nativeFolder();
  if (process.platform === 'win32' || !process.getuid) return { manner: 'plain', native, home, prefix: [] };
  const uid = process.getuid();
  const data = join(home, 'data');
  if (uid !== 0) return forOrdinaryUser(home, native, uid, data);

  const relocated = relocatedHome(home);
  if (existsSync(join(relocated, 'data')) && !existsSync(data)) return relocate(native, home, relocated);
  const owner = existsSync(data) ? statSync(data) : null;
  if (owner && owner.uid !== 0) {
    const asOwner: Launcher = {
      manner: `as user ${owner.uid}`,
      native,
      home,
      prefix: [],
      as: { uid: owner.uid, gid: owner.gid },
    };
    if (works(asOwner)) return asOwner;
  }
  const prefix = namespacePrefix();
  if (prefix) {
    const inNamespace: Launcher = { manner: 'in a user namespace', native, home, prefix };
    if (works(inNamespace)) return inNamespace;
  }
  return relocate(native, home, relocated);
}

function forOrdinaryUser(home: string, native: string, uid: number, data: string): Launcher {
  for (const folder of [home, data]) {
    if (existsSync(folder) && statSync(folder).uid !== uid) {
      throw new EmbeddedPostgresError(
        'not-permitted',
        `The data folder ${folder} belongs to user ${statSync(folder).uid}, this is user ${uid}. Start as that user, ` +
          `or "chown -R ${uid} ${home}", or set MAINSTAY_DATA_DIR to a folder of your own.`,
      );
    }
  }
  const plain: Launcher = { manner: 'plain', native, home, prefix: [] };
  try {
    userInfo();
    return plain;
  } catch {
    // A user id without a name (containers): initdb insists on one, a namespace lends it.
    const prefix = namespacePrefix();
    const inNamespace: Launcher | null = prefix ? { ...plain, manner: 'in a user namespace', prefix } : null;
    return inNamespace && works(inNamespace) ? inNamespace : plain;
  }
}

function namespacePrefix(): string[] | null {
  const unshare = process.platform === 'linux' ? onPath('unshare') : null;
  return unshare ? [unshare, '--user', `--map-user=${NOBODY}`, `--map-group=${NOBODY}`] : null;
}

/** Copies a folder with its links and modes: the copy that Node makes lost the modes of folders, and PostgreSQL demands 0700. */
function copyTree(from: string, to: string): void {
  cpSync(from, to, { recursive: true, verbatimSymlinks: true });
  for (const name of ['', ...readdirSync(from, { recursive: true, encoding: 'utf8' })]) {
    const { mode } = lstatSync(join(from, name));
    if ((mode & constants.S_IFMT) !== constants.S_IFLNK) chmodSync(join(to, name), mode & 0o7777);
  }
}

/** Copies binaries (and data that root made in place) to `relocated`, owned by nobody. */
function relocate(native: string, home: string, relocated: string): Launcher {
  try {
    const copy = join(relocated, 'native');
    if (!existsSync(join(copy, '.complete'))) {
      mkdirSync(relocated, { recursive: true });
      copyTree(native, copy);
      mkdirSync(join(copy, '.complete'));
    }
    const data = join(home, 'data');
    const target = join(relocated, 'data');
    if (existsSync(data) && !existsSync(target)) {
      const moving = `${target}.moving`;
      rmSync(moving, { recursive: true, force: true });
      copyTree(data, moving);
      own(moving);
      renameSync(moving, target);
      // Only one of the two may ever be started again.
      renameSync(data, `${data}.moved-to-var-lib-mainstay`);
    }
    chownSync(relocated, NOBODY, NOBODY);
    chmodSync(relocated, 0o700);
  } catch (error) {
    throw new EmbeddedPostgresError(
      'not-permitted',
      'PostgreSQL does not run as root, user namespaces are not available here, and ' +
        `${relocated} cannot be prepared (${(error as Error).message}). Start as an ordinary user, or set DATABASE_URL.`,
    );
  }
  const launcher: Launcher = {
    manner: `as nobody under ${relocated}`,
    native: join(relocated, 'native'),
    home: relocated,
    prefix: [],
    as: { uid: NOBODY, gid: NOBODY },
  };
  if (works(launcher)) return launcher;
  throw new EmbeddedPostgresError(
    'not-permitted',
    `PostgreSQL runs neither in a user namespace nor as nobody under ${relocated}. Start as an ordinary user, or set DATABASE_URL.`,
  );
}

/** Gives a tree to nobody. */
function own(path: string): void {
  chownSync(path, NOBODY, NOBODY);
  if (lstatSync(path).isDirectory()) for (const name of readdirSync(path)) own(join(path, name));
}
