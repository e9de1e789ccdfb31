import type { MigrationInterface, QueryRunner } from 'typeorm';

const now = (offset: string): string => `create or replace function kernel.now() returns timestamptz
  language sql stable parallel safe as $$ select statement_timestamp() + make_interval(secs => ${offset}) $$`;

/**
 * The kernel's time without COALESCE: beneath row-level security PostgreSQL takes an expression with one for something that
 * may tell of rows, and looks at every row of the tenant instead of into the index.
 */
export class KernelNowInIndexes1764003093000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      now(`case when current_setting('app.clock_offset', true) <> ''
        then current_setting('app.clock_offset', true)::float8 else 0 end`),
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(now(`coalesce(nullif(current_setting('app.clock_offset', true), ''), '0')::float8`));
  }
}
