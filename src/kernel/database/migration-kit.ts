import type { QueryRunner } from 'typeorm';

/** The policy of the tenant wall; `nullif` because a setting is empty, not null, after a transaction that set it. */
const POLICY = `tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid`;

/** Creates a context's schema and lets the application use it. */
export async function createSchema(runner: QueryRunner, schema: string): Promise<void> {
  await runner.query(`create schema ${schema}`);
  await runner.query(`grant usage on schema ${schema} to mainstay_app`);
}

export interface TenantTableOptions {
  /** What the application may do; default all four. `['select', 'insert']` makes a table append-only. */
  grants?: ('select' | 'insert' | 'update' | 'delete')[];
  /** Appended after the column list, such as `partition by range (id)`. */
  suffix?: string;
}

/**
 * Creates a tenant-owned table behind the wall: `tenant_id uuid`, `id uuid`, primary key (tenant_id, id), row-level
 * security enabled and forced with USING and WITH CHECK, granted to the application's role.
 * @param name schema-qualified, snake_case plural
 * @param columns SQL of the further columns and constraints, comma separated
 */
export async function tenantTable(
  runner: QueryRunner,
  name: string,
  columns: string,
  options: TenantTableOptions = {},
): Promise<void> {
  await runner.query(
    `create table ${name} (tenant_id uuid not null, id uuid not null, ${columns}, primary key (tenant_id, id)) ${options.suffix ?? ''}`,
  );
  await wall(runner, name);
  const grants = options.grants ?? ['select', 'insert', 'update', 'delete'];
  await runner.query(`grant ${grants.join(', ')} on ${name} to mainstay_app`);
}

/**
 * Enables and forces row-level security with the tenant policy (also for each partition). The owner, who serves no
 * request, may read: backups are made as the owner.
 */
export async function wall(runner: QueryRunner, name: string): Promise<void> {
  await runner.query(`alter table ${name} enable row level security`);
  await runner.query(`alter table ${name} force row level security`);
  await runner.query(`create policy tenant on ${name} using (${POLICY}) with check (${POLICY})`);
  await runner.query(`create policy backup on ${name} for select to current_user using (true)`);
}

/**
 * Creates a table that belongs to no tenant. The reason is stored as the table's comment, and the lint of the tenant
 * wall lists such tables by it: a table without policy and without reason fails the build.
 */
export async function platformTable(
  runner: QueryRunner,
  name: string,
  columns: string,
  reason: string,
  options: { grants?: TenantTableOptions['grants'] } = {},
): Promise<void> {
  await runner.query(`create table ${name} (${columns})`);
  await runner.query(`comment on table ${name} is 'platform: ${reason.replaceAll("'", "''")}'`);
  const grants = options.grants ?? ['select', 'insert', 'update', 'delete'];
  await runner.query(`grant ${grants.join(', ')} on ${name} to mainstay_app`);
}

/**
 * Lets the search role see one table's rows of every tenant, for SECURITY DEFINER functions that bind the tenant
 * inside: text operators are not leakproof, so their indexes are not used beneath the tenant policy.
 */
export async function searchable(runner: QueryRunner, name: string): Promise<void> {
  await runner.query(`grant usage on schema ${name.split('.')[0]} to mainstay_search`);
  await runner.query(`grant select on ${name} to mainstay_search`);
  await runner.query(`create policy search on ${name} for select to mainstay_search using (true)`);
}

export interface MonthlyPartitions {
  /** Months made ahead of the current one; rows of a month that is not made go to the default partition. */
  ahead: number;
  /** Days that rows are kept at least; a month is dropped when its last day is that far past. Default: for ever. */
  keepDays?: number;
}

/**
 * Keeps a table that is `partition by range (id)` (UUIDv7, so by time) in monthly partitions, each behind the wall:
 * makes the default partition where it is missing and `<schema>.ensure_partitions()`, which workers call daily. A month
 * of which the default partition already holds rows stays there, and does not keep the other months from being made.
 * Calling it again replaces the function. Needs `kernel.uuid_at` and `kernel.tenant_id`.
 * @param name schema-qualified; one such table a schema
 */
/* eslint-disable no-restricted-syntax -- Storage follows the machine's time: who moves the kernel's clock drops no month. */
export async function partitionMonthly(runner: QueryRunner, name: string, options: MonthlyPartitions): Promise<void> {
  const [schema, table] = name.split('.');
  const [made] = (await runner.query(`select to_regclass('${name}_default') is not null as there`)) as {
    there: boolean;
  }[];
  if (!made.there) {
    await runner.query(`create table ${name}_default partition of ${name} default`);
    await wall(runner, `${name}_default`);
  }
  // The function runs as the owner, to whom the forced wall would show an empty default partition.
  for (const action of options.keepDays ? ['select', 'delete'] : ['select']) {
    const policy = action === 'select' ? 'maintenance' : `maintenance_${action}`;
    await runner.query(`drop policy if exists ${policy} on ${name}_default`);
    await runner.query(`create policy ${policy} on ${name}_default for ${action} to current_user using (true)`);
  }
  const drop = `for old in
        select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid
        where i.inhparent = '${name}'::regclass and c.relname ~ '^${table}_[0-9]{4}_[0-9]{2}$'
          and to_date(substr(c.relname, ${table.length + 2}), 'YYYY_MM') + interval '1 month ${options.keepDays} days' < statement_timestamp()
      loop
        execute format('drop table ${schema}.%I', old.name);
      end loop;
      delete from ${name}_default where id < kernel.uuid_at(statement_timestamp() - interval '${options.keepDays} days');`;
  await runner.query(`create or replace function ${schema}.ensure_partitions() returns int
    language plpgsql security definer set search_path = pg_catalog as $$
    declare
      start timestamptz;
      name text;
      old record;
      made int := 0;
    begin
      if not pg_try_advisory_xact_lock(7301, '${name}'::regclass::oid::bigint::int) then return 0; end if;
      for i in 0..${options.ahead} loop
        start := (date_trunc('month', statement_timestamp() at time zone 'UTC') + make_interval(months => i)) at time zone 'UTC';
        name := '${table}_' || to_char(start at time zone 'UTC', 'YYYY_MM');
        if to_regclass('${schema}.' || name) is null and not exists (
          select 1 from ${name}_default
          where id >= kernel.uuid_at(start) and id < kernel.uuid_at((start at time zone 'UTC' + interval '1 month') at time zone 'UTC')
        ) then
          execute format('create table ${schema}.%I partition of ${name} for values from (%L) to (%L)',
            name, kernel.uuid_at(start), kernel.uuid_at((start at time zone 'UTC' + interval '1 month') at time zone 'UTC'));
          execute format('alter table ${schema}.%I enable row level security', name);
          execute format('alter table ${schema}.%I force row level security', name);
          execute format('create policy tenant on ${schema}.%I using (tenant_id = kernel.tenant_id()) with check (tenant_id = kernel.tenant_id())', name);
          made := made + 1;
        end if;
      end loop;
      ${options.keepDays ? drop : ''}
      return made;
    end $$`);
  await runner.query(`revoke execute on function ${schema}.ensure_partitions() from public`);
  await runner.query(`grant execute on function ${schema}.ensure_partitions() to mainstay_app`);
  await runner.query(`select ${schema}.ensure_partitions()`);
}
/* eslint-enable no-restricted-syntax */

export interface Retention {
  /** Last part of the routine's name, `<schema>.purge_<of>`. */
  of: string;
  /** Column from which on the days count. */
  since: string;
  /** Further condition, such as a state that is final. */
  where?: string;
  /** Assignments that empty the row in place of deleting it, such as `body = null`; `where` must exclude emptied rows. */
  empty?: string;
  /** Index by which the oldest rows are found: `brin` where rows are written often and in order, `none` where one is there. */
  index?: 'btree' | 'brin' | 'none';
}

/**
 * Makes `<schema>.purge_<of>(days int, at_once int)`: takes up to so many rows of all tenants whose time is over, and
 * answers how many. It runs as the owner, who gets a policy of its own for it; the application may only call it.
 * @param name schema-qualified table with a `tenant_id`, or a platform table, each with an `id`
 */
export async function retention(runner: QueryRunner, name: string, rule: Retention): Promise<void> {
  const [schema] = name.split('.');
  const routine = `${schema}.purge_${rule.of}(int, int)`;
  const [{ walled }] = (await runner.query(
    `select relrowsecurity as walled from pg_class where oid = '${name}'::regclass`,
  )) as { walled: boolean }[];
  const action = rule.empty ? 'update' : 'delete';
  if (walled) {
    // Taking a row without waiting for those that lock it is an update in the eyes of a policy.
    for (const command of new Set(['select', 'update', action])) {
      await runner.query(`drop policy if exists retention_${command} on ${name}`);
      await runner.query(`create policy retention_${command} on ${name} for ${command} to current_user using (true)`);
    }
  }
  const condition = rule.where ? ` and ${rule.where}` : '';
  const { index = 'btree' } = rule;
  if (index !== 'none')
    await runner.query(
      `create index if not exists retention_${rule.of} on ${name} using ${index} (${rule.since})${rule.where ? ` where ${rule.where}` : ''}`,
    );
  const key = walled ? 'tenant_id, id' : 'id';
  await runner.query(`create or replace function ${schema}.purge_${rule.of}(days int, at_once int) returns int
    language plpgsql security definer set search_path = pg_catalog as $$
    declare
      taken int;
    begin
      ${rule.empty ? `update ${name} set ${rule.empty}` : `delete from ${name}`} where (${key}) in (
        select ${key} from ${name} where ${rule.since} < kernel.now() - make_interval(days => days)${condition}
        order by ${rule.since} limit at_once for update skip locked);
      get diagnostics taken = row_count;
      return taken;
    end $$`);
  await runner.query(`revoke execute on function ${routine} from public`);
  await runner.query(`grant execute on function ${routine} to mainstay_app`);
}
