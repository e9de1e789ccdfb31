import type { MigrationInterface, QueryRunner } from 'typeorm';
import { tenantTable } from '../src/kernel/database/migration-kit';

const ORDER_EDGES = `('draft', 'pending_payment'), ('draft', 'awaiting_approval'), ('draft', 'cancelled'),
  ('awaiting_approval', 'pending_payment'), ('awaiting_approval', 'cancelled'),
  ('pending_payment', 'paid'), ('pending_payment', 'on_hold'), ('pending_payment', 'cancelled'),
  ('paid', 'allocated'), ('paid', 'partly_fulfilled'), ('paid', 'fulfilled'), ('paid', 'on_hold'), ('paid', 'cancelled'),
  ('allocated', 'partly_fulfilled'), ('allocated', 'fulfilled'), ('allocated', 'on_hold'), ('allocated', 'cancelled'),
  ('partly_fulfilled', 'fulfilled'), ('fulfilled', 'closed'), ('fulfilled', 'returning'),
  ('on_hold', 'paid'), ('on_hold', 'allocated'), ('on_hold', 'cancelled'),
  ('returning', 'fulfilled'), ('returning', 'returned'), ('returned', 'closed')`;
/** Goods that left in part may be held up, and what left may come back. */
const PARTLY_EDGES = `, ('partly_fulfilled', 'on_hold'), ('on_hold', 'partly_fulfilled'), ('partly_fulfilled', 'returning'),
  ('returning', 'partly_fulfilled')`;

/**
 * Shipments with their lines, how far each line of an order is, holds by people, the shop's notes and marks on an order,
 * and the policy after which orders are reminded of and closed.
 */
export class OrdersFulfilment1764002400000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await this.edges(runner, PARTLY_EDGES);
    await runner.query(`alter table orders.orders drop constraint orders_on_hold_reason_check,
      add constraint orders_on_hold_reason_check check (on_hold_reason in ('shortfall', 'approval', 'manual')),
      add column delivered_at timestamptz, add column refunded_total bigint not null default 0,
      add constraint orders_refunded check (refunded_total between 0 and total)`);
    await runner.query(`alter table orders.order_lines
      add column shipped_quantity bigint not null default 0, add column cancelled_quantity bigint not null default 0,
      add column returned_quantity bigint not null default 0,
      add constraint order_lines_progress check (shipped_quantity >= 0 and cancelled_quantity >= 0 and returned_quantity >= 0
        and shipped_quantity + cancelled_quantity <= quantity and returned_quantity <= shipped_quantity)`);
    // What left before this was counted left as a whole.
    await runner.query(`update orders.order_lines l set shipped_quantity = l.quantity from orders.orders o
      where o.tenant_id = l.tenant_id and o.id = l.order_id and o.fulfilment_status = 'fulfilled'`);

    await tenantTable(
      runner,
      'orders.shipments',
      `order_id uuid not null, number text not null, carrier text, tracking_number text, tracking_url text,
       shipped_at timestamptz not null, delivered_at timestamptz, unique (tenant_id, number), unique (tenant_id, order_id, id),
       foreign key (tenant_id, order_id) references orders.orders (tenant_id, id)`,
    );
    await tenantTable(
      runner,
      'orders.shipment_lines',
      `order_id uuid not null, shipment_id uuid not null, line_id uuid not null, quantity bigint not null check (quantity > 0),
       unique (tenant_id, shipment_id, line_id),
       foreign key (tenant_id, order_id, shipment_id) references orders.shipments (tenant_id, order_id, id),
       foreign key (tenant_id, line_id) references orders.order_lines (tenant_id, id)`,
    );
    await runner.query(`create index shipment_lines_order on orders.shipment_lines (tenant_id, order_id)`);

    // What the other tables do not tell of an order: notes, holds, edits, partial cancellations, refunds.
    await tenantTable(
      runner,
      'orders.order_entries',
      `order_id uuid not null, at timestamptz not null, kind text not null, actor_id uuid, note text, data jsonb,
       shown_to_customer boolean not null default false,
       foreign key (tenant_id, order_id) references orders.orders (tenant_id, id)`,
    );
    await runner.query(`comment on column orders.order_entries.note is 'pii:text'`);
    await runner.query(`create index order_entries_order on orders.order_entries (tenant_id, order_id, at, id)`);

    // One row a shop, its id the tenant's; without one the defaults of the code hold.
    await tenantTable(
      runner,
      'orders.order_policies',
      `remind_unpaid_after_minutes int check (remind_unpaid_after_minutes between 1 and 10080),
       close_delivered_after_days int check (close_delivered_after_days between 0 and 365),
       deliver_shipped_after_days int check (deliver_shipped_after_days between 1 and 365),
       return_window_days int not null check (return_window_days between 0 and 3650),
       updated_at timestamptz not null, version int not null default 1`,
    );
  }

  private async edges(runner: QueryRunner, more: string): Promise<void> {
    await runner.query(`create or replace function orders.edge_allowed(machine text, source text, target text) returns boolean
      language sql immutable parallel safe as $$ select source = target
        or (machine = 'order' and (source, target) in (${ORDER_EDGES}${more}))
        or (machine, source, target) in (
        ('payment', 'pending', 'paid'), ('payment', 'pending', 'voided'), ('payment', 'pending', 'refunding'),
        ('payment', 'pending', 'refunded'),
        ('payment', 'paid', 'refunding'), ('payment', 'paid', 'refunded'), ('payment', 'refunding', 'refunded'),
        ('payment', 'voided', 'refunding'), ('payment', 'voided', 'refunded'),
        ('fulfilment', 'none', 'allocated'), ('fulfilment', 'none', 'partly_fulfilled'), ('fulfilment', 'none', 'fulfilled'),
        ('fulfilment', 'allocated', 'none'), ('fulfilment', 'allocated', 'partly_fulfilled'), ('fulfilment', 'allocated', 'fulfilled'),
        ('fulfilment', 'partly_fulfilled', 'fulfilled'),
        ('return', 'none', 'returning'), ('return', 'returning', 'none'), ('return', 'returning', 'returned')) $$`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      `drop table orders.order_policies, orders.order_entries, orders.shipment_lines, orders.shipments`,
    );
    await runner.query(`alter table orders.order_lines drop constraint order_lines_progress,
      drop column shipped_quantity, drop column cancelled_quantity, drop column returned_quantity`);
    await runner.query(`update orders.orders set on_hold_reason = null where on_hold_reason = 'manual'`);
    await runner.query(`alter table orders.orders drop constraint orders_refunded, drop column refunded_total, drop column delivered_at,
      drop constraint orders_on_hold_reason_check,
      add constraint orders_on_hold_reason_check check (on_hold_reason in ('shortfall', 'approval'))`);
    await this.edges(runner, '');
  }
}
