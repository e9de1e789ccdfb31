import type { MigrationInterface, QueryRunner } from 'typeorm';
import { tenantTable } from '../src/kernel/database/migration-kit';

/** What happened to an order, as far as its books go: one row an order, locked while a journal about it is made. */
export class LedgerSales1764002800100 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await tenantTable(runner, 'ledger.sales', `state jsonb not null, channel text, updated_at timestamptz not null`, {
      grants: ['select', 'insert', 'update'],
      suffix: 'with (fillfactor = 70)',
    });
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop table ledger.sales`);
  }
}
