import type { MigrationInterface, QueryRunner } from 'typeorm';
import { tenantTable } from '../src/kernel/database/migration-kit';

/** What customers agreed to and took back: a log, so that each can be proven. */
export class CustomersConsents1764002100400 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await tenantTable(
      runner,
      'customers.consents',
      `customer_id uuid not null, purpose text collate "C" not null check (purpose in ('email', 'sms', 'phone', 'post', 'profiling')),
       granted boolean not null, source text not null check (length(source) between 1 and 120), wording text,
       given_at timestamptz not null, recorded_at timestamptz not null, recorded_by uuid, check (given_at <= recorded_at),
       constraint consents_customer foreign key (tenant_id, customer_id) references customers.customers (tenant_id, id) on delete cascade`,
      { grants: ['select', 'insert'] },
    );
    await runner.query(
      `create index consents_of_customer on customers.consents (tenant_id, customer_id, purpose, given_at desc, id desc)`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop table customers.consents`);
  }
}
