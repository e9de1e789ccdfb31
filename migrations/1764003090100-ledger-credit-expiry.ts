import type { MigrationInterface, QueryRunner } from 'typeorm';
import { tenantTable } from '../src/kernel/database/migration-kit';

/** Store credit ends where the shop says so: days after it moved last. What ends soon is mailed about before. */
export class LedgerCreditExpiry1764003090100 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const remind = 'remind_days int default 30 check (remind_days between 1 and 365)';
    await tenantTable(
      runner,
      'ledger.store_credit_rules',
      `valid_days int check (valid_days between 1 and 36500), ${remind}, updated_at timestamptz not null`,
    );
    await runner.query(`alter table ledger.gift_card_rules add column ${remind}`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table ledger.gift_card_rules drop column remind_days`);
    await runner.query(`drop table ledger.store_credit_rules`);
  }
}
