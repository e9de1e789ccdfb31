import type { MigrationInterface, QueryRunner } from 'typeorm';
import { createSchema, platformTable, tenantTable, wall } from '../src/kernel/database/migration-kit';

/** The kernel's own tables: events, deliveries, idempotency keys, versions of sessions and rights, the clock. */
export class KernelCreate1764000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await createSchema(runner, 'kernel');
    // The twin of the code's clock. The offset travels with the tenant in tests and development; never in production.
    await runner.query(`create function kernel.now() returns timestamptz language sql stable parallel safe as
      $$ select statement_timestamp() + make_interval(secs => coalesce(nullif(current_setting('app.clock_offset', true), ''), '0')::float8) $$`);
    await runner.query(`create function kernel.tenant_id() returns uuid language sql stable parallel safe as
      $$ select nullif(current_setting('app.tenant_id', true), '')::uuid $$`);

    await tenantTable(
      runner,
      'kernel.events',
      `type text not null, aggregate_id text not null, version int, payload jsonb not null, traceparent text, at timestamptz not null`,
      { grants: ['select', 'insert'], suffix: 'partition by range (id)' },
    );
    await runner.query(`create index events_type on kernel.events (tenant_id, type, id)`);
    await runner.query(`create table kernel.events_default partition of kernel.events default`);
    await wall(runner, 'kernel.events_default');
    // The maintenance below runs as the owner, whom the forced wall would show an empty table.
    await runner.query(`create policy maintenance on kernel.events_default for select to current_user using (true)`);
    await this.partitions(runner);

    await tenantTable(
      runner,
      'kernel.deliveries',
      `event_id uuid not null, kind text not null check (kind in ('reaction', 'timer', 'job')), name text not null,
       state text not null default 'pending' check (state in ('pending', 'handed', 'dead')),
       attempts int not null default 0, due_at timestamptz not null, ordering_key text, payload jsonb, traceparent text,
       last_error text, unique (tenant_id, event_id, name)`,
      { suffix: 'with (fillfactor = 70)' },
    );
    await runner.query(`create index deliveries_due on kernel.deliveries (due_at) where state <> 'dead'`);
    await runner.query(
      `create index deliveries_ordered on kernel.deliveries (tenant_id, name, ordering_key, id) where ordering_key is not null`,
    );
    await runner.query(`create index deliveries_dead on kernel.deliveries (due_at) where state = 'dead'`);
    // The worker claims over all tenants, sees nothing else, and may only lock rows and mark them handed over.
    await runner.query(`grant usage on schema kernel to mainstay_worker`);
    await runner.query(`grant select on kernel.deliveries to mainstay_worker`);
    await runner.query(`grant update (state, due_at, attempts, last_error) on kernel.deliveries to mainstay_worker`);
    await runner.query(`create policy claim on kernel.deliveries for select to mainstay_worker using (true)`);
    await runner.query(
      `create policy hand_over on kernel.deliveries for update to mainstay_worker using (true) with check (true)`,
    );

    await tenantTable(
      runner,
      'kernel.idempotency_keys',
      `body_hash text not null, state text not null check (state in ('leased', 'done')), resource text, lease_until timestamptz,
       status int, body text, created_at timestamptz not null`,
    );
    await runner.query(`create index idempotency_keys_age on kernel.idempotency_keys (tenant_id, created_at)`);

    await platformTable(
      runner,
      'kernel.auth_versions',
      `id uuid primary key, version int not null, changed_at timestamptz not null`,
      'versions of sessions and of tenants, read on every request before a tenant is known; ids are unguessable and carry nothing',
    );
    await platformTable(
      runner,
      'kernel.clock',
      `id boolean primary key default true check (id), offset_seconds double precision not null`,
      'one row: the offset of kernel time in tests and development',
    );
    await runner.query(`insert into kernel.clock (offset_seconds) values (0)`);
  }

  /** Monthly partitions by the time in the UUIDv7; made ahead and dropped by `kernel.ensure_partitions()`, which the worker calls. */
  private async partitions(runner: QueryRunner): Promise<void> {
    await runner.query(`create function kernel.uuid_at(moment timestamptz) returns uuid language sql immutable as
      $$ select (substr(h, 1, 8) || '-' || substr(h, 9, 4) || '-0000-0000-000000000000')::uuid
         from (select lpad(to_hex(floor(extract(epoch from moment) * 1000)::bigint), 12, '0') as h) x $$`);
    await runner.query(`create function kernel.ensure_partitions() returns int language plpgsql security definer set search_path = pg_catalog as $$
      declare
        start timestamptz;
        name text;
        old record;
        made int := 0;
      begin
        if not pg_try_advisory_xact_lock(7301001) then return 0; end if;
        for i in 0..2 loop
          start := date_trunc('month', statement_timestamp() at time zone 'UTC') at time zone 'UTC' + make_interval(months => i);
          name := 'events_' || to_char(start at time zone 'UTC', 'YYYY_MM');
          if to_regclass('kernel.' || name) is null and not exists (
            select 1 from kernel.events_default where id >= kernel.uuid_at(start) and id < kernel.uuid_at(start + interval '1 month')
          ) then
            execute format('create table kernel.%I partition of kernel.events for values from (%L) to (%L)',
              name, kernel.uuid_at(start), kernel.uuid_at(start + interval '1 month'));
            execute format('alter table kernel.%I enable row level security', name);
            execute format('alter table kernel.%I force row level security', name);
            execute format('create policy tenant on kernel.%I using (tenant_id = kernel.tenant_id()) with check (tenant_id = kernel.tenant_id())', name);
            made := made + 1;
          end if;
        end loop;
        -- Events are kept 30 days: a month goes when its last day is a month past.
        for old in
          select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid
          where i.inhparent = 'kernel.events'::regclass and c.relname ~ '^events_[0-9]{4}_[0-9]{2}$'
            and to_date(substr(c.relname, 8), 'YYYY_MM') + interval '2 months' < statement_timestamp()
        loop
          execute format('drop table kernel.%I', old.name);
        end loop;
        return made;
      end $$`);
    await runner.query(`revoke execute on function kernel.ensure_partitions() from public`);
    await runner.query(`grant execute on function kernel.ensure_partitions() to mainstay_app`);
    await runner.query(`select kernel.ensure_partitions()`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop schema kernel cascade`);
  }
}
