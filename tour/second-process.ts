import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { loadConfig } from '../src/kernel/config/config';
import { attachEmbeddedPostgres } from '../src/kernel/database/embedded-postgres';

export interface SecondProcess {
  url: string;
  stop(): void;
}

export const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });

/**
 * A further process of Mainstay over the database of the one that the tour speaks to, where that runs on this machine from
 * this folder. Null where it does not, or where the second one does not start.
 */
export async function secondProcess(url: string): Promise<SecondProcess | null> {
  if (!['localhost', '127.0.0.1', '[::1]'].includes(new URL(url).hostname)) return null;
  const config = loadConfig(process.env);
  const embedded =
    config.databaseUrl === null ? await attachEmbeddedPostgres(path.join(config.dataDir, 'postgres')) : null;
  const databaseUrl = config.databaseUrl ?? embedded?.appUrl;
  if (!databaseUrl) return null;
  const owner = config.ownerDatabaseUrl ?? embedded?.ownerUrl;
  const port = await freePort();
  const child = spawn(process.execPath, [path.resolve(__dirname, '../main.js')], {
    stdio: 'ignore',
    env: {
      ...process.env,
      PORT: String(port),
      DATABASE_URL: databaseUrl,
      ...(owner ? { MAINSTAY_OWNER_DATABASE_URL: owner } : {}),
      MAINSTAY_SEED: 'false',
      MAINSTAY_ROLES: 'api,realtime',
      LOG_LEVEL: 'error',
    },
  });
  const stop = (): void => void child.kill('SIGTERM');
  const second = `http://127.0.0.1:${port}`;
  for (let tries = 0; tries < 600 && child.exitCode === null; tries++) {
    if ((await fetch(`${second}/health/live`).catch(() => undefined))?.ok) return { url: second, stop };
    await pause(100);
  }
  stop();
  return null;
}
