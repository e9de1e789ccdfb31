import { Client } from 'pg';
import { numberOn } from '../../src/cli/backup/tables';

/** The tenant's rows of one table, as PostgreSQL prints them. */
export type TenantArchive = Map<string, Record<string, unknown>[]>;

const TABLES = `
  select format('%I.%I', n.nspname, c.relname) as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p') and not c.relispartition and n.nspname not in ('pg_catalog', 'information_schema')
    and exists (select 1 from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped)
  order by 1`;

/** Every table that carries a tenant. */
export async function tenantTables(client: Client): Promise<string[]> {
  return (await client.query<{ name: string }>(TABLES)).rows.map((row) => row.name);
}

/** Takes one tenant out, table by table, as the application's role: what the wall shows it is what belongs to it. */
export async function exportTenant(appUrl: string, tenantId: string, tables: string[]): Promise<TenantArchive> {
  const client = new Client({ connectionString: appUrl, options: '-c role=mainstay_app' });
  await client.connect();
  try {
    const archive: TenantArchive = new Map();
    await client.query('begin isolation level repeatable read read only');
    await client.query(`select set_config('app.tenant_id', $1, true)`, [tenantId]);
    for (const table of tables) {
      // No condition on the tenant: the wall alone decides.
      const rows = await client.query<{ row: Record<string, unknown> }>(`select to_jsonb(t) as row from ${table} t`);
      archive.set(
        table,
        rows.rows.map((found) => found.row),
      );
    }
    await client.query('commit');
    return archive;
  } finally {
    await client.end();
  }
}

/** Puts an archive into another database of the same migrations. */
export async function importTenant(superuserUrl: string, archive: TenantArchive): Promise<void> {
  const client = new Client({ connectionString: superuserUrl });
  await client.connect();
  try {
    await client.query('begin');
    await client.query(`set local session_replication_role = 'replica'`);
    for (const [table, rows] of archive) {
      if (rows.length === 0) continue;
      const columns = await client.query<{ name: string }>(
        `select string_agg(quote_ident(attname), ', ' order by attnum) as name from pg_attribute
         where attrelid = $1::regclass and attnum > 0 and not attisdropped and attgenerated = ''`,
        [table],
      );
      const names = columns.rows[0].name;
      await client.query(
        `insert into ${table} (${names}) overriding system value select ${names} from jsonb_populate_recordset(null::${table}, $1::jsonb)`,
        [JSON.stringify(rows)],
      );
      await numberOn(client, table);
    }
    await client.query('commit');
  } finally {
    await client.end();
  }
}

/** Count and checksum of the tenant's rows in each table. `only` bounds the rows of a table by a condition. */
export async function tenantChecksums(
  superuserUrl: string,
  tenantId: string,
  tables: string[],
  only: Record<string, string> = {},
): Promise<Record<string, string>> {
  const client = new Client({ connectionString: superuserUrl });
  await client.connect();
  try {
    const sums: Record<string, string> = {};
    for (const table of tables) {
      const found = await client.query<{ sum: string }>(
        `select count(*) || ' ' || coalesce(md5(string_agg(to_jsonb(t)::text, chr(10) order by to_jsonb(t)::text)), '') as sum from ${table} t where tenant_id = $1 and ${only[table] ?? 'true'}`,
        [tenantId],
      );
      sums[table] = found.rows[0].sum;
    }
    return sums;
  } finally {
    await client.end();
  }
}
