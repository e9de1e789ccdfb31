import type { MigrationInterface, QueryRunner } from 'typeorm';
import { tenantTable } from '../src/kernel/database/migration-kit';

/** Credit notes: a series of their own without gaps, one for each refund of an invoiced order, never changed. */
export class OrdersCreditNotes1764002450100 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await tenantTable(runner, 'orders.credit_note_counters', `last bigint not null`);
    await tenantTable(
      runner,
      'orders.credit_notes',
      `order_id uuid not null, invoice_number text not null, source text not null, number text not null,
       issued_at timestamptz not null, document jsonb not null,
       unique (tenant_id, number), unique (tenant_id, order_id, source),
       foreign key (tenant_id, order_id) references orders.invoices (tenant_id, order_id),
       foreign key (tenant_id, invoice_number) references orders.invoices (tenant_id, number)`,
      { grants: ['select', 'insert'] },
    );
    await runner.query(`comment on column orders.credit_notes.document is 'pii:address'`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop table orders.credit_notes, orders.credit_note_counters`);
  }
}
