import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Lets a write say for itself how many rows it must change. Its answer need not be waited for: it can travel with later
 * statements, and COMMIT behind it is not reached when it fails.
 */
export class KernelExpectRows1764001950000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`create function kernel.expect_rows(changed bigint, wanted bigint, label text) returns void
      language plpgsql as $$
      begin
        if changed <> wanted then raise exception using errcode = 'MA001', message = label; end if;
      end $$`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop function kernel.expect_rows(bigint, bigint, text)');
  }
}
