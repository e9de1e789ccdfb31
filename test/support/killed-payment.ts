import { spawn } from 'node:child_process';
import path from 'node:path';
import { CACHE, type TestDatabase } from './cluster';

const WORKER = path.join(__dirname, 'payment-worker.cjs');

/**
 * Does something about a payment in a process that is killed at a point on the way.
 * @param what `capture`, `refund` or `submit-evidence`, and the id of what it is done to
 * @returns the signal that ended it, and what it printed: nothing, as it never came to the end
 */
export async function killedAt(
  point: string,
  [tenantId, what, id]: [tenantId: string, what: 'capture' | 'refund' | 'submit-evidence', id: string],
  database: TestDatabase,
  env: Record<string, string>,
): Promise<[signal: string | null, output: string]> {
  const child = spawn(process.execPath, [WORKER, tenantId, what, id], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      PATH: process.env.PATH,
      NODE_ENV: 'test',
      LOG_LEVEL: 'error',
      DATABASE_URL: database.appUrl,
      MAINSTAY_OWNER_DATABASE_URL: database.ownerUrl,
      MAINSTAY_DATA_DIR: path.join(CACHE, 'test-data'),
      MAINSTAY_KILL_POINT: point,
      ...env,
    },
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const signal = await new Promise<string | null>((resolve) => child.once('exit', (_code, by) => resolve(by)));
  return [signal, output];
}
