import type { Client } from 'pg';

/** A table as a backup takes it. */
export interface BackupTable {
  /** Schema-qualified. */
  name: string;
  /** Who owns it; the owner's connection acts as that role for it. */
  owner: string;
  /** Columns that are stored, in their order; computed ones follow by themselves. */
  columns: string[];
}

/**
 * What a backup leaves out: the queues (every job is a delivery, and is handed over again), attachments of sockets on
 * their way, and unlogged tables (counters of rate limits), which a crash empties as well.
 */
const LEFT_OUT = `n.nspname in ('pg_catalog', 'information_schema', 'bullmq') or n.nspname like 'pg\\_%'
  or c.relpersistence <> 'p' or (n.nspname, c.relname) in (('realtime', 'socket_io_attachments'), ('public', 'migrations'))`;

/** Every table of the product, by name. Partitions are read and filled through their parent. */
export async function backupTables(client: Client): Promise<BackupTable[]> {
  const { rows } = await client.query<BackupTable>(
    `select format('%I.%I', n.nspname, c.relname) as name, pg_get_userbyid(c.relowner)::text as owner,
       (select array_agg(quote_ident(a.attname) order by a.attnum) from pg_attribute a
        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = '') as columns
     from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where c.relkind in ('r', 'p') and not c.relispartition and not (${LEFT_OUT}) order by 1`,
  );
  return rows;
}

/** Names of the migrations that the database has, oldest first. */
export async function appliedMigrations(client: Client): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>('select name from public.migrations order by timestamp');
  return rows.map(({ name }) => name);
}

/** Acts as the owner of a table for `work`, where that is another role than the connection's. */
export async function asOwnerOf<T>(client: Client, table: BackupTable, work: () => Promise<T>): Promise<T> {
  const { rows } = await client.query<{ me: string }>('select current_user::text as me');
  if (rows[0].me === table.owner) return work();
  await client.query(`set local role "${table.owner.replaceAll('"', '""')}"`);
  const result = await work();
  await client.query('reset role');
  return result;
}

/** What the database numbers by itself goes on after the numbers that a table has, and never back. */
export async function numberOn(client: Client, table: string): Promise<void> {
  const { rows } = await client.query<{ column: string; sequence: string }>(
    `select quote_ident(a.attname) as column, pg_get_serial_sequence($1, a.attname) as sequence
     from pg_attribute a where a.attrelid = $1::regclass and a.attidentity <> ''`,
    [table],
  );
  for (const { column, sequence } of rows)
    await client.query(
      `select setval($1::regclass, greatest(max(${column}), pg_sequence_last_value($1::regclass))) from ${table} having max(${column}) is not null`,
      [sequence],
    );
}

/**
 * Rows of a table and a sum over what they hold that does not depend on their order. Times are printed in UTC: the
 * connection has that time zone.
 */
export async function checksumOf(client: Client, table: string): Promise<{ rows: number; sum: string }> {
  const { rows } = await client.query<{ rows: number; sum: string }>(
    `select count(*)::int as rows, coalesce(sum(hashtextextended(to_jsonb(t)::text, 0)::numeric), 0)::text as sum from ${table} t`,
  );
  return rows[0];
}

/** Settings of a connection under which rows are written the same everywhere. */
export const PLAIN =
  '-c timezone=UTC -c datestyle=ISO -c extra_float_digits=3 -c bytea_output=hex -c lock_timeout=5000';
