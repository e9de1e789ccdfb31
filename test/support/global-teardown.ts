import { rmSync } from 'node:fs';
import path from 'node:path';
import { CACHE, stopServers } from './cluster';

/** Ends the servers that workers started, then PostgreSQL. */
export default async function globalTeardown(): Promise<void> {
  await stopServers();
  await globalThis.mainstayTestPostgres?.stop();
  rmSync(path.join(CACHE, `test-postgres-${process.pid}`), { recursive: true, force: true });
  if (process.env.MAINSTAY_TEST_CLUSTER) rmSync(process.env.MAINSTAY_TEST_CLUSTER, { force: true });
}
