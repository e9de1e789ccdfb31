import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Lets those who write many rows at once say so: tables that have grown to a multiple of what the planner believes are
 * sampled at once, by their owner, instead of when autovacuum comes by.
 */
export class KernelTableSizes1764002580300 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`create function kernel.learn_sizes() returns int
      language plpgsql security definer set search_path = pg_catalog as $$
      declare
        grown record;
        learned int := 0;
      begin
        -- One learns for all.
        if not pg_try_advisory_xact_lock(7312, 0) then return 0; end if;
        for grown in
          select s.schemaname, s.relname from pg_stat_user_tables s join pg_class c on c.oid = s.relid
          where s.n_live_tup > greatest(1000, 4 * c.reltuples) and pg_has_role(c.relowner, 'usage')
        loop
          execute format('analyze (skip_locked) %I.%I', grown.schemaname, grown.relname);
          learned := learned + 1;
        end loop;
        return learned;
      end $$`);
    await runner.query(`revoke execute on function kernel.learn_sizes() from public`);
    await runner.query(`grant execute on function kernel.learn_sizes() to mainstay_app`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop function kernel.learn_sizes()`);
  }
}
