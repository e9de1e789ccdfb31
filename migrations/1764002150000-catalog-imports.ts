import type { MigrationInterface, QueryRunner } from 'typeorm';
import { retention, tenantTable } from '../src/kernel/database/migration-kit';

/** Mapping profiles that a shop keeps, and imports that run on their own with the bytes they read. */
export class CatalogImports1764002150000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await tenantTable(
      runner,
      'catalog.import_profiles',
      `name text collate "C" not null check (name ~ '^[a-z0-9][a-z0-9-]{0,59}$'), mapping jsonb not null,
       version int not null, created_at timestamptz not null, updated_at timestamptz not null,
       constraint import_profiles_name unique (tenant_id, name)`,
    );
    await tenantTable(
      runner,
      'catalog.imports',
      `state text collate "C" not null
         check (state in ('uploading', 'queued', 'checking', 'writing', 'done', 'refused', 'failed', 'cancelled')),
       files jsonb not null, profile_name text, mapping jsonb, dry_run boolean not null, accept_partial boolean not null,
       rows_read int not null default 0, rows_total int,
       written boolean not null default false, written_line int not null default 0,
       created int not null default 0, updated int not null default 0, unchanged int not null default 0,
       refused int not null default 0, stock_changed int not null default 0,
       faults jsonb not null default '[]', fault_count int not null default 0, warnings jsonb not null default '[]',
       problem_code text, problem_detail text, started_by uuid,
       created_at timestamptz not null, updated_at timestamptz not null, ended_at timestamptz`,
    );
    await runner.query(`create index imports_by_time on catalog.imports (tenant_id, created_at, id)`);
    await runner.query(
      `create index imports_open on catalog.imports (tenant_id, id) where state in ('uploading', 'queued', 'checking', 'writing')`,
    );
    await tenantTable(
      runner,
      'catalog.import_chunks',
      `import_id uuid not null, file int not null, position int not null, content bytea not null,
       constraint import_chunks_place unique (tenant_id, import_id, file, position),
       constraint import_chunks_import foreign key (tenant_id, import_id) references catalog.imports (tenant_id, id) on delete cascade`,
      { grants: ['select', 'insert', 'delete'] },
    );
    // The bytes are packed already, or read once.
    await runner.query(`alter table catalog.import_chunks alter column content set storage external`);
    await retention(runner, 'catalog.imports', { of: 'imports', since: 'created_at' });
    await retention(runner, 'catalog.imports', {
      of: 'uploads',
      since: 'created_at',
      where: `state = 'uploading'`,
    });
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop function catalog.purge_imports(int, int)');
    await runner.query('drop function catalog.purge_uploads(int, int)');
    await runner.query('drop table catalog.import_chunks, catalog.imports, catalog.import_profiles');
  }
}
