import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Client } from 'pg';

/** Scratch folder of the test runs, inside the project and ignored by git. */
export const CACHE = path.resolve(__dirname, '../../.cache');
export const STATE_FILE = (pid: number): string => path.join(CACHE, `test-cluster-${pid}.json`);
export const SERVER_FILE = (run: string, worker: string): string =>
  path.join(CACHE, `test-server-${run}-${worker}.json`);

export interface TestCluster {
  superuserUrl: string;
  ownerUrl: string;
  appUrl: string;
  template: string;
  /** Random name of this run, part of the names of its databases. */
  run: string;
}

/** The cluster that the global set-up started. */
export const cluster = (): TestCluster =>
  JSON.parse(readFileSync(process.env.MAINSTAY_TEST_CLUSTER!, 'utf8')) as TestCluster;

export interface TestDatabase {
  name: string;
  /** Connection of the application's login. */
  appUrl: string;
  /** Connection of the owner (migrations). */
  ownerUrl: string;
  /** Connection past every wall: to look at what a test did, never to do it. */
  superuserUrl: string;
}

const at = (url: string, database: string): string => {
  const moved = new URL(url);
  moved.pathname = `/${database}`;
  return moved.href;
};

/** A clone of the migrated template. The default one belongs to this Jest worker and is shared by its test files. */
export async function testDatabase(options: { fresh?: boolean; label?: string } = {}): Promise<TestDatabase> {
  const { superuserUrl, ownerUrl, appUrl, template, run } = cluster();
  const label = options.label ?? (options.fresh ? `f${process.hrtime.bigint().toString(36)}` : 'shared');
  const name = `test_${run}_w${process.env.JEST_WORKER_ID ?? '1'}_${label}`;
  const admin = new Client({ connectionString: superuserUrl });
  await admin.connect();
  try {
    const found = await admin.query('select 1 from pg_database where datname = $1', [name]);
    if (!found.rowCount) {
      // Cloning needs the template to itself; workers take turns.
      await admin.query('select pg_advisory_lock(7301001)');
      await admin.query(`create database ${name} template ${template} owner mainstay_owner`);
    }
  } finally {
    await admin.end();
  }
  return { name, appUrl: at(appUrl, name), ownerUrl: at(ownerUrl, name), superuserUrl: at(superuserUrl, name) };
}

/** Ends the built servers of these files, by default every one that a worker of this run left, by their process ids. */
export async function stopServers(files = serverFiles()): Promise<void> {
  for (const file of files.filter((name) => existsSync(name))) {
    const { pid } = JSON.parse(readFileSync(file, 'utf8')) as { pid: number };
    rmSync(file);
    try {
      process.kill(pid, 'SIGTERM');
      for (let i = 0; i < 100 && existsSync(`/proc/${pid}`); i++) await pause(50);
      process.kill(pid, 'SIGKILL');
    } catch {
      // Already gone.
    }
  }
}

function serverFiles(): string[] {
  const { run } = cluster();
  const names = readdirSync(CACHE).filter((name) => name.startsWith(`test-server-${run}-`));
  return names.map((name) => path.join(CACHE, name));
}
