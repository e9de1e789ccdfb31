import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { existsSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { CACHE, cluster, SERVER_FILE, stopServers, testDatabase, type TestDatabase } from './cluster';
import { eventually } from './eventually';

const ROOT = path.resolve(__dirname, '../..');

export interface TestServer {
  url: string;
  pid: number;
  database: TestDatabase;
  /** File with the server's log lines. */
  log: string;
}

/** Ports that no operating system gives to who asks for any: of those, one would be taken before its server has started. */
const [FIRST_PORT, LAST_PORT] = [10_240, 32_767];

/** A free loopback port. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(FIRST_PORT, LAST_PORT + 1);
    const isFree = await new Promise<boolean>((resolve) => {
      const probe = createServer();
      probe.once('error', () => resolve(false));
      probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
    });
    if (isFree) return port;
  }
}

/** Starts the built product (the global set-up has built it) as a process of its own; the caller ends it by `pid`. */
export async function startServer(options: {
  database: TestDatabase;
  env?: Record<string, string>;
  name: string;
}): Promise<TestServer> {
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
      ...((options.env?.NODE_ENV ?? 'test') === 'test' ? { MAINSTAY_HASH_MEMORY_KIB: '64' } : {}),
      ...options.env,
    },
  });
  child.unref();
  const url = `http://127.0.0.1:${port}`;
  // One that ended does not come back, and is not waited for.
  const outcome = await eventually(
    async () => {
      const ended = child.exitCode ?? child.signalCode;
      if (ended !== null) return { ended };
      return (await fetch(`${url}/health/live`).catch(() => undefined))?.ok ? 'live' : undefined;
    },
    { timeoutMs: 90_000, everyMs: 50 },
  );
  if (outcome !== 'live')
    throw new Error(`The server ended with ${outcome.ended}:\n${readFileSync(log, 'utf8').slice(-4000)}`);
  return { url, pid: child.pid!, database: options.database, log };
}

/** The operator of the servers that test files share. */
export const OPERATOR = { email: 'operator@example.com', password: 'a long walk by the harbour' };

/** The file about a server of this Jest worker. */
const fileOf = (label: string): string => SERVER_FILE(cluster().run, `${process.env.JEST_WORKER_ID ?? '1'}-${label}`);

/** A server of this Jest worker: started by the first test file that asks, ended with the run. */
async function kept(label: string, place: string, env: Record<string, string> = {}): Promise<TestServer> {
  const name = `${process.env.JEST_WORKER_ID ?? '1'}-${label}`;
  const file = fileOf(label);
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8')) as TestServer;
  const started = await startServer({ database: await testDatabase({ label: place }), name: `server-${name}`, env });
  writeFileSync(file, JSON.stringify(started));
  return started;
}

/** The built server of this Jest worker. Nobody moves its clock. */
export const server = (): Promise<TestServer> => kept('one', 'server');

/**
 * Two processes of the product over one database, for what must hold over several. Their clock may be moved forward,
 * so that each test file opens a shop of its own and signs in anew; they know the operator.
 */
export async function pair(): Promise<[TestServer, TestServer]> {
  const env = {
    MAINSTAY_ADMIN_EMAIL: OPERATOR.email,
    MAINSTAY_ADMIN_PASSWORD: OPERATOR.password,
    // A hundred shoppers at once on a busy machine: that the gateway is late is tried elsewhere.
    MAINSTAY_GATEWAY_TIMEOUT_MS: '30000',
  };
  return [await kept('first', 'pair', env), await kept('second', 'pair', env)];
}

/** Ends the pair of this Jest worker, for when nothing speaks to it any more: servers that wait compute too. */
export const endPair = (): Promise<void> => stopServers([fileOf('first'), fileOf('second')]);
