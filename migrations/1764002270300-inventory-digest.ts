import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The hour at which the staff is mailed what is open about the stock; null: never. */
export class InventoryDigest1764002270300 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table inventory.alert_settings
      add column digest_hour int check (digest_hour between 0 and 23), add column next_digest_at timestamptz`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table inventory.alert_settings drop column digest_hour, drop column next_digest_at`);
  }
}
