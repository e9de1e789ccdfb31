import type { MigrationInterface, QueryRunner } from 'typeorm';
import { tenantTable } from '../src/kernel/database/migration-kit';

/** Invoices: numbered without gaps, a copy of what they say, never changed. */
export class OrdersInvoices1764002400200 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await tenantTable(runner, 'orders.invoice_counters', `last bigint not null`);
    await tenantTable(
      runner,
      'orders.invoices',
      `order_id uuid not null, number text not null, issued_at timestamptz not null, document jsonb not null,
       unique (tenant_id, number), unique (tenant_id, order_id),
       foreign key (tenant_id, order_id) references orders.orders (tenant_id, id)`,
      { grants: ['select', 'insert'] },
    );
    await runner.query(`comment on column orders.invoices.document is 'pii:address'`);
    await runner.query(`alter table orders.order_policies add column invoicing jsonb not null default '{}'`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table orders.order_policies drop column invoicing`);
    await runner.query(`drop table orders.invoices, orders.invoice_counters`);
  }
}
