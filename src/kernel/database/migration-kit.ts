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

/** Enables and forces row-level security with the tenant policy (also for each partition). */
export async function wall(runner: QueryRunner, name: string): Promise<void> {
  await runner.query(`alter table ${name} enable row level security`);
  await runner.query(`alter table ${name} force row level security`);
  await runner.query(`create policy tenant on ${name} using (${POLICY}) with check (${POLICY})`);
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
