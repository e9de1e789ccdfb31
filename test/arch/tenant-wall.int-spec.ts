import { Client } from 'pg';
import { testDatabase } from '../support/cluster';

/**
 * The lint of the tenant wall: deny by default. Every table of the product has the tenant in its primary key, in every
 * unique key and foreign key, and forced row-level security with a policy that checks reads and writes; or it says
 * in its comment why it belongs to no tenant.
 */
const TABLES = `
  select c.oid, n.nspname || '.' || c.relname as name, c.relrowsecurity as enabled, c.relforcerowsecurity as forced,
    coalesce(obj_description(c.oid, 'pg_class'), '') as comment,
    c.relispartition as partition,
    (select array_agg(a.attname::text order by k.ord) from pg_index i
      cross join lateral unnest(i.indkey) with ordinality as k(attnum, ord)
      join pg_attribute a on a.attrelid = c.oid and a.attnum = k.attnum
      where i.indrelid = c.oid and i.indisprimary) as primary_key,
    (select count(*)::int from pg_policy p where p.polrelid = c.oid and p.polcmd = '*' and p.polpermissive
      and pg_get_expr(p.polqual, c.oid) ~ 'tenant_id' and pg_get_expr(p.polwithcheck, c.oid) ~ 'tenant_id') as tenant_policies,
    (select array_agg(p.polname::text) from pg_policy p where p.polrelid = c.oid and p.polroles = '{0}' and
      not coalesce(pg_get_expr(p.polqual, c.oid) ~ 'tenant_id', false)) as open_policies
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p') and n.nspname not in ('pg_catalog', 'information_schema', 'bullmq') and n.nspname not like 'pg_toast%'
    and not (n.nspname = 'public' and c.relname = 'migrations')
  order by 2`;

interface Table {
  name: string;
  enabled: boolean;
  forced: boolean;
  comment: string;
  partition: boolean;
  primary_key: string[] | null;
  tenant_policies: number;
  open_policies: string[] | null;
}

/** Names what is wrong with each table; empty when the wall stands. */
export async function wallFaults(client: Client): Promise<string[]> {
  const faults: string[] = [];
  const tables = (await client.query<Table>(TABLES)).rows;
  for (const table of tables) {
    if (/^platform: .{15,}/.test(table.comment)) continue;
    const say = (what: string): number => faults.push(`${table.name}: ${what}`);
    if (table.primary_key?.[0] !== 'tenant_id')
      say('the primary key does not begin with tenant_id, and no reason is given as a comment');
    if (!table.enabled || !table.forced) say('row-level security is not enabled and forced');
    if (table.tenant_policies !== 1) say('there is not exactly one tenant policy with USING and WITH CHECK');
    if (table.open_policies?.length)
      say(`a policy for everybody ignores the tenant: ${table.open_policies.join(', ')}`);
  }
  const walled = tables.filter((table) => table.primary_key?.[0] === 'tenant_id').map((table) => table.name);
  const keys = await client.query<{ name: string; key: string; kind: string }>(
    `select n.nspname || '.' || c.relname as name, k.conname as key, k.contype::text as kind
     from pg_constraint k join pg_class c on c.oid = k.conrelid join pg_namespace n on n.oid = c.relnamespace
     where k.contype in ('u', 'f') and n.nspname || '.' || c.relname = any($1)
       and not exists (select 1 from unnest(k.conkey) x join pg_attribute a on a.attrelid = c.oid and a.attnum = x where a.attname = 'tenant_id')`,
    [walled],
  );
  for (const row of keys.rows)
    faults.push(`${row.name}: ${row.kind === 'u' ? 'unique' : 'foreign'} key ${row.key} lacks the tenant`);
  const unique = await client.query<{ name: string; key: string }>(
    `select n.nspname || '.' || c.relname as name, i.relname as key from pg_index x join pg_class c on c.oid = x.indrelid
     join pg_namespace n on n.oid = c.relnamespace join pg_class i on i.oid = x.indexrelid
     where x.indisunique and n.nspname || '.' || c.relname = any($1) and not exists
       (select 1 from unnest(x.indkey) k join pg_attribute a on a.attrelid = c.oid and a.attnum = k where a.attname = 'tenant_id')`,
    [walled],
  );
  for (const row of unique.rows) faults.push(`${row.name}: unique index ${row.key} lacks the tenant`);
  const across = await client.query<{ name: string }>(
    `select k.conname as name from pg_constraint k join pg_class a on a.oid = k.conrelid join pg_class b on b.oid = k.confrelid
     where k.contype = 'f' and a.relnamespace <> b.relnamespace`,
  );
  for (const row of across.rows) faults.push(`foreign key ${row.name} leaves its schema`);
  const views = await client.query<{ name: string }>(
    `select n.nspname || '.' || c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where (c.relkind = 'm' or (c.relkind = 'v' and not coalesce(c.reloptions::text ~ 'security_invoker=true', false)))
       and n.nspname not in ('pg_catalog', 'information_schema')`,
  );
  for (const row of views.rows) faults.push(`${row.name}: a view that is not security_invoker looks past the wall`);
  const definers = await client.query<{ name: string; path: boolean; open: boolean }>(
    `select n.nspname || '.' || p.proname as name, coalesce(p.proconfig::text ~ 'search_path=.*pg_temp', false) as path,
       exists (select 1 from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) x where x.grantee = 0) as open
     from pg_proc p join pg_namespace n on n.oid = p.pronamespace
     where p.prosecdef and n.nspname not in ('pg_catalog', 'information_schema', 'bullmq')`,
  );
  for (const row of definers.rows) {
    if (!row.path) faults.push(`${row.name}(): SECURITY DEFINER without a fixed search_path that has pg_temp last`);
    if (row.open) faults.push(`${row.name}(): SECURITY DEFINER that everybody may execute`);
  }
  const roles = await client.query<{ name: string }>(
    `select rolname as name from pg_roles where rolname in ('mainstay', 'mainstay_app', 'mainstay_worker', 'mainstay_queue', 'mainstay_search')
       and (rolsuper or rolbypassrls or rolcreaterole or rolcreatedb)`,
  );
  for (const row of roles.rows) faults.push(`role ${row.name} could walk around the wall`);
  const owned = await client.query<{ name: string }>(
    `select n.nspname || '.' || c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where c.relkind in ('r', 'p') and n.nspname <> 'bullmq' and pg_get_userbyid(c.relowner) in ('mainstay', 'mainstay_app', 'mainstay_worker', 'mainstay_search')`,
  );
  for (const row of owned.rows) faults.push(`${row.name} is owned by a role that serves requests`);
  return faults;
}

describe('the tenant wall in the catalogue', () => {
  let client: Client;
  beforeAll(async () => {
    client = new Client({ connectionString: (await testDatabase()).superuserUrl });
    await client.connect();
  });
  afterAll(() => client.end());

  it('stands around every table', async () => {
    expect(await wallFaults(client)).toEqual([]);
  });

  it.each([
    [
      'a table without policy',
      'create table kernel.planted (tenant_id uuid, id uuid, primary key (tenant_id, id))',
      'kernel.planted: row-level security is not enabled and forced',
    ],
    [
      'a table without tenant',
      'create table kernel.planted (id uuid primary key)',
      'kernel.planted: the primary key does not begin with tenant_id, and no reason is given as a comment',
    ],
    [
      'a wall that is not forced',
      'alter table kernel.deliveries no force row level security',
      'kernel.deliveries: row-level security is not enabled and forced',
    ],
    [
      'a policy for everybody',
      'create policy planted on kernel.deliveries using (true)',
      'kernel.deliveries: a policy for everybody ignores the tenant: planted',
    ],
    [
      'a dropped policy',
      'drop policy tenant on kernel.idempotency_keys',
      'kernel.idempotency_keys: there is not exactly one tenant policy with USING and WITH CHECK',
    ],
    [
      'a unique key without tenant',
      'truncate kernel.deliveries; alter table kernel.deliveries add constraint planted unique (event_id)',
      'kernel.deliveries: unique key planted lacks the tenant',
    ],
    [
      'a view of the owner',
      'create view kernel.planted as select * from kernel.deliveries',
      'kernel.planted: a view that is not security_invoker looks past the wall',
    ],
  ])('catches %s', async (_name, sql, fault) => {
    await client.query('begin');
    try {
      await client.query(sql);
      expect(await wallFaults(client)).toContain(fault);
    } finally {
      await client.query('rollback');
    }
  });
});
