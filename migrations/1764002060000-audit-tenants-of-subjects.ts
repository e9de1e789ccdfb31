import type { MigrationInterface, QueryRunner } from 'typeorm';
import { searchable } from '../src/kernel/database/migration-kit';

const NAME = 'audit.tenants_of_subjects(uuid[])';

/** Where a person is known: erasing somebody must reach every trail, of organizations too that the person has left. */
export class AuditTenantsOfSubjects1764002060000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('create index subject_keys_holders on audit.subject_keys (subject_id, tenant_id)');
    await searchable(runner, 'audit.subject_keys');
    // Tells ids of tenants alone; keys stay behind the wall.
    await runner.query(`create function audit.tenants_of_subjects(subjects uuid[]) returns setof uuid
      language sql stable security definer set search_path = pg_catalog as $$
        select distinct tenant_id from audit.subject_keys where subject_id = any(subjects) order by tenant_id $$`);
    await runner.query(`revoke execute on function ${NAME} from public`);
    await runner.query(`grant execute on function ${NAME} to mainstay_app`);
    await runner.query('grant create on schema audit to mainstay_search');
    await runner.query(`alter function ${NAME} owner to mainstay_search`);
    await runner.query('revoke create on schema audit from mainstay_search');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop function ${NAME}`);
    await runner.query('drop policy search on audit.subject_keys');
    await runner.query('revoke select on audit.subject_keys from mainstay_search');
    await runner.query('drop index audit.subject_keys_holders');
  }
}
