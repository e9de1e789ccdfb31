import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Keys are published before they sign, and can be revoked. */
export class IdentitySigningKeys1764002050000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table identity.signing_keys drop constraint signing_keys_state_check,
      add constraint signing_keys_state_check check (state in ('next', 'signing', 'verifying', 'revoked')),
      add column signs_from timestamptz`);
    await runner.query(`update identity.signing_keys set signs_from = created_at`);
    await runner.query(`create unique index signing_keys_next on identity.signing_keys (state) where state = 'next'`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop index identity.signing_keys_next`);
    await runner.query(`delete from identity.signing_keys where state in ('next', 'revoked')`);
    await runner.query(`alter table identity.signing_keys drop column signs_from, drop constraint signing_keys_state_check,
      add constraint signing_keys_state_check check (state in ('signing', 'verifying'))`);
  }
}
