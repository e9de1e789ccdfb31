import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Functions that run as their owner look for tables among temporary ones last: unless the path names `pg_temp`, PostgreSQL looks
 * there first, and who may make a temporary table could put one in the place of another.
 */
export class KernelTemporaryLast1764004380000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`do $$
      declare definer record;
      begin
        for definer in
          select p.oid::regprocedure::text as name, pg_get_userbyid(p.proowner) as owner, substr(c.setting, length('search_path=') + 1) as path
          from pg_proc p join pg_namespace n on n.oid = p.pronamespace cross join lateral unnest(p.proconfig) as c(setting)
          where p.prosecdef and p.prokind = 'f' and n.nspname not in ('pg_catalog', 'information_schema', 'bullmq')
            and (p.proowner = current_user::regrole or pg_get_userbyid(p.proowner) like 'mainstay\\_%')
            and c.setting like 'search_path=%' and c.setting !~ 'pg_temp'
        loop
          execute format('set local role %I', definer.owner);
          execute format('alter function %s set search_path = %s, pg_temp', definer.name, definer.path);
          reset role;
        end loop;
      end $$`);
  }

  /** Nothing that was right is wrong with it. */
  async down(): Promise<void> {}
}
