import { execFileSync, spawn } from 'node:child_process';
import { existsSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { CACHE, cluster, SERVER_FILE, testDatabase, type TestDatabase } from './cluster';
import { eventually } from './eventually';

const ROOT = path.resolve(__dirname, '../..');

export interface TestServer {
  url: string;
  pid: number;
  database: TestDatabase;
  /** File with the server's log lines. */
  log: string;
}

/** A free loopback port, by asking for one. */
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

/** Starts the built product as a process of its own; the caller ends it by `pid`. */
export async function startServer(options: {
  database: TestDatabase;
  env?: Record<string, string>;
  name: string;
}): Promise<TestServer> {
  execFileSync(process.execPath, ['tools/build.cjs', '--quiet'], { cwd: ROOT });
  const port = await freePort();
  const log = path.join(CACHE, `${options.name}.log`);
  const out = openSync(log, 'w');
  const child = spawn(process.execPath, ['dist/main.js'], {
    cwd: ROOT,
    detached: true,
    stdio: ['ignore', out, out],
    env: {
      PATH: process.env.PATH,
      NODE_ENV: 'test',
      PORT: String(port),
      DATABASE_URL: options.database.appUrl,
      MAINSTAY_OWNER_DATABASE_URL: options.database.ownerUrl,
      MAINSTAY_DATA_DIR: path.join(CACHE, 'test-data'),
      MAINSTAY_SEED: 'false',
      MAINSTAY_RATE_LIMIT: '1000000',
      ...options.env,
    },
  });
  child.unref();
  const url = `http://127.0.0.1:${port}`;
  await eventually(
    async () => {
      if (child.exitCode !== null)
        throw new Error(`The server ended with ${child.exitCode}:\n${readFileSync(log, 'utf8').slice(-4000)}`);
      return (await fetch(`${url}/health/live`).catch(() => undefined))?.ok;
    },
    { timeoutMs: 45_000, everyMs: 50 },
  );
  return { url, pid: child.pid!, database: options.database, log };
}

/** The built server of this Jest worker: started by the first test file that asks, ended with the run. */
export async function server(): Promise<TestServer> {
  const worker = process.env.JEST_WORKER_ID ?? '1';
  const file = SERVER_FILE(cluster().run, worker);
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8')) as TestServer;
  const started = await startServer({ database: await testDatabase({ label: 'server' }), name: `server-${worker}` });
  writeFileSync(file, JSON.stringify(started));
  return started;
}
