import path from 'node:path';
import { readdirSync } from 'node:fs';
import { Client } from 'pg';
import { DataSource, type MigrationInterface } from 'typeorm';
import { logger } from '../telemetry/logger';
import { ROLES } from './roles';

/** Folder of the migrations beside the running code: `migrations/` in the source tree, `dist/migrations` in the built one. */
export const MIGRATIONS_FOLDER = path.resolve(__dirname, '../../../migrations');
/** Session lock under which one process at a time migrates; any fixed number serves. */
const LOCK = 7_301_000;

type MigrationClass = new () => MigrationInterface;

export interface MigrationReport {
  applied: string[];
  total: number;
}

/** Names of the migrations that the code carries, oldest first. */
export function knownMigrations(): string[] {
  return readdirSync(MIGRATIONS_FOLDER)
    .filter((file) => /^\d{13}-.*\.(js|ts)$/.test(file) && !file.endsWith('.d.ts'))
    .sort();
}

/** Their classes. TypeORM would take a path for a pattern, and find nothing in a folder whose name means something in one. */
async function loadMigrations(): Promise<MigrationClass[]> {
  const loaded: MigrationClass[] = [];
  for (const file of knownMigrations())
    loaded.push(...Object.values((await import(path.join(MIGRATIONS_FOLDER, file))) as Record<string, MigrationClass>));
  return loaded;
}

const source = (url: string, migrations: MigrationClass[]): DataSource =>
  new DataSource({
    type: 'postgres',
    url,
    migrations,
    migrationsTableName: 'migrations',
    schema: 'public',
    installExtensions: false,
    extra: { max: 1, options: '-c lock_timeout=5000 -c timezone=UTC' },
  });

/**
 * Brings the database up to the code: one transaction per migration, under an advisory lock, with a lock timeout of
 * five seconds so that a migration never queues in front of the application's statements.
 * @param ownerUrl connection of the owner role
 */
export async function migrate(ownerUrl: string): Promise<MigrationReport> {
  const guard = new Client({ connectionString: ownerUrl });
  await guard.connect();
  let database: DataSource | undefined;
  try {
    await guard.query('select pg_advisory_lock($1)', [LOCK]);
    // The usual start: nothing to do, and no migration has to be loaded to know it.
    const { applied: known, pending } = await statusOf(guard);
    if (pending.length === 0) return { applied: [], total: known.length };
    database = source(ownerUrl, await loadMigrations());
    await database.initialize();
    const applied = await database.runMigrations({ transaction: 'each' });
    // So that health and a start without the owner's connection can tell what is applied.
    if (applied.length > 0) await guard.query(`grant select on public.migrations to ${ROLES.app}`);
    for (const migration of applied) logger.debug({ migration: migration.name }, 'migrated');
    return { applied: applied.map((migration) => migration.name), total: knownMigrations().length };
  } finally {
    if (database?.isInitialized) await database.destroy();
    await guard.end();
  }
}

/** What is applied and what is not, without changing anything; works for the application's role too. */
export async function migrationStatus(url: string): Promise<{ applied: string[]; pending: string[] }> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return await statusOf(client);
  } finally {
    await client.end();
  }
}

async function statusOf(client: Client): Promise<{ applied: string[]; pending: string[] }> {
  // The application's login sees the table only as the role that it serves with; anyone else as what they are.
  const readable = `select coalesce(has_table_privilege(to_regclass('public.migrations'), 'select'), true) as readable`;
  if (!(await client.query<{ readable: boolean }>(readable)).rows[0].readable)
    await client.query(`set role ${ROLES.app}`);
  const known = knownMigrations().map((file) => file.replace(/\.(js|ts)$/, ''));
  const present = await client.query<{ found: string | null }>(
    `select to_regclass('public.migrations')::text as found`,
  );
  const stamps = present.rows[0].found
    ? new Set(
        (await client.query<{ timestamp: string }>('select timestamp from public.migrations')).rows.map((row) =>
          String(row.timestamp),
        ),
      )
    : new Set<string>();
  const isApplied = (name: string): boolean => stamps.has(name.slice(0, 13));
  return { applied: known.filter(isApplied), pending: known.filter((name) => !isApplied(name)) };
}
