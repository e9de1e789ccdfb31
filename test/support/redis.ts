import { spawn, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { connect } from 'node:net';
import { CACHE } from './cluster';
import { eventually } from './eventually';
import { freePort } from './server';

export interface TestRedis {
  url: string;
  pid: number;
  stop(): Promise<void>;
}

/** Path of an installed `redis-server` (or Valkey's), or null: tests of the Redis mode then say that they were skipped. */
export function redisBinary(): string | null {
  for (const name of ['redis-server', 'valkey-server']) {
    try {
      return execFileSync('/bin/sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).trim();
    } catch {
      // Not this one.
    }
  }
  return null;
}

/** `describe` where a Redis server is installed, otherwise a skipped block that says why. */
export const describeWithRedis: jest.Describe | jest.Describe['skip'] = redisBinary() ? describe : describe.skip;
if (!redisBinary()) process.stdout.write('No redis-server found: tests of the Redis mode are skipped.\n');

/** Starts a Redis of its own on a free loopback port, without persistence; `stop` ends it by its process id. */
export async function startRedis(): Promise<TestRedis> {
  const binary = redisBinary();
  if (!binary) throw new Error('No redis-server is installed.');
  const port = await freePort();
  const dir = mkdtempSync(path.join(CACHE, 'redis-'));
  const child = spawn(
    binary,
    ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', dir],
    { stdio: 'ignore', env: { PATH: process.env.PATH } },
  );
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  await eventually(
    () =>
      new Promise<boolean>((resolve, reject) => {
        if (child.exitCode !== null) return reject(new Error(`redis-server ended with ${child.exitCode}`));
        const probe = connect(port, '127.0.0.1', () => {
          probe.destroy();
          resolve(true);
        }).on('error', () => resolve(false));
      }),
  );
  return {
    url: `redis://127.0.0.1:${port}`,
    pid: child.pid!,
    async stop() {
      child.kill('SIGTERM');
      await ended;
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
