import type { MigrationInterface, QueryRunner } from 'typeorm';
import { searchable, tenantTable } from '../src/kernel/database/migration-kit';

/** Data keys of the tenants, each sealed under a master key. */
export class KernelDataKeys1764000060000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await tenantTable(
      runner,
      'kernel.data_keys',
      `version int not null check (version > 0), sealed text not null, created_at timestamptz not null, unique (tenant_id, version)`,
    );
    // Re-sealing after a change of the master key starts from the tenants that still have work to do.
    await searchable(runner, 'kernel.data_keys');
    await runner.query(`create function kernel.tenants_with_other_keys(master_key text) returns setof uuid
      language sql stable security definer set search_path = pg_catalog as
      $$ select distinct tenant_id from kernel.data_keys where split_part(sealed, '.', 2) <> master_key $$`);
    await runner.query(`revoke execute on function kernel.tenants_with_other_keys(text) from public`);
    await runner.query(`grant execute on function kernel.tenants_with_other_keys(text) to mainstay_app`);
    await runner.query(`grant create on schema kernel to mainstay_search`);
    await runner.query(`alter function kernel.tenants_with_other_keys(text) owner to mainstay_search`);
    await runner.query(`revoke create on schema kernel from mainstay_search`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop function kernel.tenants_with_other_keys(text)`);
    await runner.query(`drop table kernel.data_keys`);
  }
}
