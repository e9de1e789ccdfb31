import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A key of heads vouches for those before it, so that they count when their master key has left the configuration. */
export class AuditVouching1764001600100 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table audit.seal_keys add column vouched text, add column vouch bytea`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table audit.seal_keys drop column vouched, drop column vouch`);
  }
}
