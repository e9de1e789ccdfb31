import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Client } from 'pg';
import {
  EmbeddedPostgresError,
  startEmbeddedPostgres,
  THROWAWAY_FLAGS,
  type EmbeddedPostgres,
} from '../../src/kernel/database/embedded-postgres';
import { knownMigrations, migrate, MIGRATIONS_FOLDER } from '../../src/kernel/database/migrator';
import { ensureRoles, ROLES } from '../../src/kernel/database/roles';
import { CACHE, STATE_FILE, type TestCluster } from './cluster';

declare global {
  var mainstayTestPostgres: EmbeddedPostgres | undefined;
}

const { build } = require('../../tools/build.cjs') as { build(): Promise<unknown> };

/** Brings dist/ up to date, starts one PostgreSQL for the whole run and migrates the template that every Jest worker clones. */
export default async function globalSetup(): Promise<void> {
  mkdirSync(CACHE, { recursive: true });
  await build();
  const postgres = await start();
  globalThis.mainstayTestPostgres = postgres;
  const template = await prepareTemplate(postgres);
  const cluster: TestCluster = {
    superuserUrl: postgres.superuserUrl,
    ownerUrl: postgres.ownerUrl,
    appUrl: postgres.appUrl,
    template,
    run: randomBytes(4).toString('hex'),
  };
  writeFileSync(STATE_FILE(process.pid), JSON.stringify(cluster));
  process.env.MAINSTAY_TEST_CLUSTER = STATE_FILE(process.pid);
}

async function start(): Promise<EmbeddedPostgres> {
  // Thousands of connections sign in, several hundred at once on a slow machine; that a password is dear to guess is no matter here.
  const flags = { ...THROWAWAY_FLAGS, max_connections: '500', scram_iterations: '1' };
  try {
    return await startEmbeddedPostgres({ dataDir: path.join(CACHE, 'test-postgres'), flags });
  } catch (error) {
    // Another run uses the kept cluster: take one of our own.
    if (!(error instanceof EmbeddedPostgresError) || error.fault !== 'busy') throw error;
    return startEmbeddedPostgres({ dataDir: path.join(CACHE, `test-postgres-${process.pid}`), flags });
  }
}

/** The template is named by a hash of the migrations, so that an unchanged one is used again. */
async function prepareTemplate(postgres: EmbeddedPostgres): Promise<string> {
  const hash = createHash('sha256');
  for (const file of knownMigrations()) hash.update(file).update(readFileSync(path.join(MIGRATIONS_FOLDER, file)));
  for (const file of ['migration-kit.ts', 'roles.ts'])
    hash.update(readFileSync(path.resolve(__dirname, '../../src/kernel/database', file)));
  const name = `template_${hash.digest('hex').slice(0, 12)}`;
  const admin = new Client({ connectionString: postgres.superuserUrl });
  await admin.connect();
  try {
    const leftovers = await admin.query<{ datname: string }>(
      `select datname from pg_database where datname like 'test\\_%' or (datname like 'template\\_%' and datname <> $1)`,
      [name],
    );
    for (const { datname } of leftovers.rows) await admin.query(`drop database if exists ${datname} with (force)`);
    const found = await admin.query('select 1 from pg_database where datname = $1', [name]);
    if (found.rowCount) return name;
    const building = `test_building_${process.pid}`;
    await admin.query(`create database ${building} owner ${ROLES.owner}`);
    const url = new URL(postgres.ownerUrl);
    url.pathname = `/${building}`;
    const owner = new Client({ connectionString: url.href });
    await owner.connect();
    await ensureRoles(owner, ROLES.login);
    await owner.end();
    await migrate(url.href);
    await admin.query(`alter database ${building} rename to ${name}`);
    return name;
  } finally {
    await admin.end();
  }
}
