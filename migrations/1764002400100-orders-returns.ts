import type { MigrationInterface, QueryRunner } from 'typeorm';
import { tenantTable } from '../src/kernel/database/migration-kit';

/** Goods that come back: the return's own machine, guarded here as in the code, and what becomes of each line. */
export class OrdersReturns1764002400100 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await tenantTable(
      runner,
      'orders.returns',
      `order_id uuid not null, number text not null,
       status text not null check (status in ('requested', 'approved', 'rejected', 'cancelled', 'received', 'inspected', 'refunding',
         'refunded', 'exchanged', 'closed')),
       requested_by text not null check (requested_by in ('customer', 'staff')), note text,
       currency text not null, refund_amount bigint check (refund_amount > 0), refund_id uuid, replacement_order_id uuid,
       requested_at timestamptz not null, approved_at timestamptz, received_at timestamptz, inspected_at timestamptz,
       ended_at timestamptz, version int not null default 1,
       unique (tenant_id, number), unique (tenant_id, order_id, id),
       constraint returns_refund check (status not in ('refunding', 'refunded') or (refund_id is not null and refund_amount is not null)),
       foreign key (tenant_id, order_id) references orders.orders (tenant_id, id)`,
    );
    await runner.query(`comment on column orders.returns.note is 'pii:text'`);
    await runner.query(`create index returns_requested on orders.returns (tenant_id, requested_at, id)`);
    await runner.query(`create index returns_status on orders.returns (tenant_id, status, requested_at, id)`);
    await runner.query(
      `create unique index returns_refund_id on orders.returns (tenant_id, refund_id) where refund_id is not null`,
    );
    await tenantTable(
      runner,
      'orders.return_lines',
      `order_id uuid not null, return_id uuid not null, line_id uuid not null, quantity bigint not null check (quantity > 0),
       reason text not null, received_quantity bigint, restocked_quantity bigint, scrapped_quantity bigint,
       amount bigint check (amount >= 0),
       unique (tenant_id, return_id, line_id),
       constraint return_lines_received check (received_quantity between 0 and quantity),
       constraint return_lines_inspected check ((restocked_quantity is null) = (scrapped_quantity is null)
         and restocked_quantity >= 0 and scrapped_quantity >= 0 and restocked_quantity + scrapped_quantity = received_quantity),
       foreign key (tenant_id, order_id, return_id) references orders.returns (tenant_id, order_id, id),
       foreign key (tenant_id, line_id) references orders.order_lines (tenant_id, id)`,
    );
    await runner.query(`create function orders.return_edge_allowed(source text, target text) returns boolean
      language sql immutable parallel safe as $$ select source = target or (source, target) in (
        ('requested', 'approved'), ('requested', 'rejected'), ('requested', 'cancelled'),
        ('approved', 'received'), ('approved', 'cancelled'),
        ('received', 'inspected'),
        ('inspected', 'refunding'), ('inspected', 'exchanged'), ('inspected', 'closed'),
        ('refunding', 'refunded'), ('refunding', 'inspected')) $$`);
    await runner.query(`create function orders.guard_return() returns trigger language plpgsql as $$
      begin
        if not orders.return_edge_allowed(old.status, new.status) then
          raise exception 'a return cannot go from % to %', old.status, new.status
            using errcode = '23514', constraint = 'returns_edge';
        end if;
        return null;
      end $$`);
    await runner.query(`create trigger guard after update on orders.returns for each row
      when (old.status is distinct from new.status) execute function orders.guard_return()`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop table orders.return_lines, orders.returns`);
    await runner.query(`drop function orders.guard_return(), orders.return_edge_allowed(text, text)`);
  }
}
