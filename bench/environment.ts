import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Client } from 'pg';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '../src/kernel/database/embedded-postgres';
import { migrate } from '../src/kernel/database/migrator';
import { ensureRoles, ROLES } from '../src/kernel/database/roles';
import { PACK_FLAGS } from '../src/start/module-pack';

export const ROOT = path.resolve(__dirname, '../..');
const FOLDER = path.join(ROOT, '.cache/bench');

export interface RunningServer {
  url: string;
  pid: number;
  /** Milliseconds from spawn to the first answer. */
  startMs: number;
  stop(): Promise<void>;
}

export interface Environment {
  postgres: EmbeddedPostgres;
  product: RunningServer;
  floor: RunningServer;
  close(): Promise<void>;
}

/** A free loopback port. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });
}

/** A fresh cluster with durable settings (what production has), migrated. */
export async function startDatabase(): Promise<EmbeddedPostgres> {
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(FOLDER, { recursive: true });
  const postgres = await startEmbeddedPostgres({
    dataDir: path.join(FOLDER, 'postgres'),
    flags: { max_connections: '200' },
  });
  const owner = new Client({ connectionString: postgres.ownerUrl });
  await owner.connect();
  await ensureRoles(owner, ROLES.login);
  await owner.end();
  await migrate(postgres.ownerUrl);
  return postgres;
}

/** Starts a built script and waits until `probe` answers. */
export async function startProcess(
  name: string,
  script: string,
  env: Record<string, string>,
  probe: string,
  /** How long it may take; a first start makes its database. */
  patienceMs = 30_000,
): Promise<RunningServer> {
  const port = await freePort();
  mkdirSync(FOLDER, { recursive: true });
  const logFile = path.join(FOLDER, `${name}.log`);
  const log = openSync(logFile, 'w');
  const started = process.hrtime.bigint();
  const child: ChildProcess = spawn(process.execPath, [...PACK_FLAGS, script], {
    cwd: ROOT,
    stdio: ['ignore', log, log],
    env: { PATH: process.env.PATH, PORT: String(port), ...env },
  });
  closeSync(log);
  const url = `http://127.0.0.1:${port}`;
  for (let i = 0; ; i++) {
    const answer = await fetch(url + probe).catch(() => undefined);
    if (answer?.ok) break;
    if (child.exitCode === null && i <= patienceMs / 25) {
      await pause(25);
      continue;
    }
    child.kill('SIGTERM');
    throw new Error(`${name} did not start:\n${readFileSync(logFile, 'utf8').slice(-3_000)}`);
  }
  return {
    url,
    pid: child.pid!,
    startMs: Number(process.hrtime.bigint() - started) / 1e6,
    stop: () =>
      new Promise((resolve) => {
        child.once('exit', () => resolve());
        child.kill('SIGTERM');
      }),
  };
}

export const productEnv = (postgres: EmbeddedPostgres): Record<string, string> => ({
  NODE_ENV: 'development',
  DATABASE_URL: postgres.appUrl,
  MAINSTAY_OWNER_DATABASE_URL: postgres.ownerUrl,
  MAINSTAY_DATA_DIR: path.join(FOLDER, 'data'),
  MAINSTAY_SEED: 'false',
  MAINSTAY_RATE_LIMIT: '100000000',
  MAINSTAY_ADMIN_EMAIL: 'bench@example.com',
  MAINSTAY_ADMIN_PASSWORD: 'correct horse battery staple',
  LOG_LEVEL: 'warn',
});

/** Database, product and floor, all on loopback. */
export async function startEnvironment(): Promise<Environment> {
  const postgres = await startDatabase();
  const product = await startProcess('product', 'dist/main.js', productEnv(postgres), '/health/live');
  const superuser = new URL(postgres.superuserUrl);
  superuser.pathname = new URL(postgres.appUrl).pathname;
  const floor = await startProcess('floor', 'dist/bench/floor.js', { DATABASE_URL: superuser.href }, '/health');
  return {
    postgres,
    product,
    floor,
    close: async () => {
      await floor.stop();
      await product.stop();
      await postgres.stop();
    },
  };
}

/** Resident memory of a process in MB. */
export function residentMb(pid: number): number {
  const pages = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return pages ? Number(pages[1]) / 1024 : 0;
}

/** Seconds that a process has computed so far, all its threads together. */
export function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ');
  // In clock ticks, of which Linux tells programs of a hundred a second.
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** What a process says of its own memory (MB): the JavaScript heap it uses and has, and what it keeps outside it. */
export async function memoryOf(url: string): Promise<{ used: number; heap: number; outside: number }> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const [used, heap, outside] = ['heap_size_used', 'heap_size_total', 'external_memory'].map(
    (name) =>
      Number(new RegExp(`^\\S*nodejs_${name}_bytes(?:\\{[^}]*\\})? (\\S+)`, 'm').exec(text)?.[1] ?? NaN) / 2 ** 20,
  );
  return { used, heap, outside };
}
