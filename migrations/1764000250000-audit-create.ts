import type { MigrationInterface, QueryRunner } from 'typeorm';
import { createSchema, tenantTable, wall } from '../src/kernel/database/migration-kit';

/**
 * The audit trail: written in the business transaction, never changed by the application (it may only insert and
 * select). Sequence, chain and seal are made afterwards, in tables of their own, over rows as they are here.
 */
export class AuditCreate1764000250000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await createSchema(runner, 'audit');
    await tenantTable(
      runner,
      'audit.entries',
      `at timestamptz not null, action text not null, actor_kind text not null, actor_id uuid, on_behalf_of uuid, session_id uuid,
       ip text, target jsonb not null default '{}', result text not null, reason text, request_id text not null, trace_id text,
       diff_masked jsonb, pii_enc text`,
      { grants: ['select', 'insert'], suffix: 'partition by range (id)' },
    );
    await runner.query(`comment on column audit.entries.ip is 'pii:ip'`);
    await runner.query(`create index entries_action on audit.entries (tenant_id, action, id)`);
    await runner.query(`create index entries_actor on audit.entries (tenant_id, actor_id, id)`);
    await runner.query(`create table audit.entries_default partition of audit.entries default`);
    await wall(runner, 'audit.entries_default');
    // Monthly partitions by the time in the UUIDv7, made three months ahead; the default one catches the rest.
    await runner.query(`create function audit.ensure_partitions() returns int language plpgsql security definer set search_path = pg_catalog as $$
      declare
        start timestamptz;
        name text;
        made int := 0;
      begin
        if not pg_try_advisory_xact_lock(7301002) then return 0; end if;
        for i in 0..3 loop
          start := date_trunc('month', statement_timestamp() at time zone 'UTC') at time zone 'UTC' + make_interval(months => i);
          name := 'entries_' || to_char(start at time zone 'UTC', 'YYYY_MM');
          if to_regclass('audit.' || name) is null and not exists (
            select 1 from audit.entries_default where id >= kernel.uuid_at(start) and id < kernel.uuid_at(start + interval '1 month')
          ) then
            execute format('create table audit.%I partition of audit.entries for values from (%L) to (%L)',
              name, kernel.uuid_at(start), kernel.uuid_at(start + interval '1 month'));
            execute format('alter table audit.%I enable row level security', name);
            execute format('alter table audit.%I force row level security', name);
            execute format('create policy tenant on audit.%I using (tenant_id = kernel.tenant_id()) with check (tenant_id = kernel.tenant_id())', name);
            made := made + 1;
          end if;
        end loop;
        return made;
      end $$`);
    await runner.query(`revoke execute on function audit.ensure_partitions() from public`);
    await runner.query(`grant execute on function audit.ensure_partitions() to mainstay_app`);
    await runner.query(`select audit.ensure_partitions()`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop schema audit cascade`);
  }
}
