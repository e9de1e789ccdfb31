import type { MigrationInterface, QueryRunner } from 'typeorm';
import { tenantTable } from '../src/kernel/database/migration-kit';

/** What a shop needs to offer Apple Pay in browsers: its merchant identity, and the file that proves its domains. One row a tenant. */
export class PaymentsApplePay1764002550200 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await tenantTable(
      runner,
      'payments.apple_pay',
      `merchant_identifier text,
       display_name text,
       certificate text,
       sealed_key text,
       not_after timestamptz,
       association text,
       version int not null default 1,
       updated_at timestamptz not null,
       check (id = tenant_id),
       check ((certificate is null) = (sealed_key is null) and (certificate is null) = (merchant_identifier is null)
         and (certificate is null) = (display_name is null) and (certificate is null) = (not_after is null))`,
    );
    await runner.query(`comment on column payments.apple_pay.sealed_key is 'secret'`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop table payments.apple_pay`);
  }
}
