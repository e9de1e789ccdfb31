import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Lets those who write many rows at once say so: tables that have grown to a multiple of what the planner believes are
 * sampled at once, by their owner, instead of when autovacuum comes by.
 */
export class KernelTableSizes1764002580300 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`create function kernel.learn_sizes() returns int
      language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
      declare
        grown record;
        learned int := 0;
      begin
        -- One learns for all.
        if not pg_try_advisory_xact_lock(7312, 0) then return 0; end if;
        for grown in
          select s.schemaname, s.relname from pg_stat_user_tables s join pg_class c on c.oid = s.relid
          where s.n_live_tup > greatest(1000, 4 * c.reltuples) and pg_has_role(c.relowner, 'usage') order by s.n_live_tup
        loop
          continue when to_regclass(format('%I.%I', grown.schemaname, grown.relname)) is null;
          execute format('analyze (skip_locked) %I.%I', grown.schemaname, grown.relname);
          learned := learned + 1;
          -- What is cut off would count as sampled and have no figures; the next one goes on.
          exit when clock_timestamp() > statement_timestamp() + interval '2 seconds';
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
