import type { MigrationInterface, QueryRunner } from 'typeorm';

const status = (authorized: string): string => `text not null generated always as (case
  when cancelled_at is not null then 'cancelled'
  when closed_at is not null then 'closed'
  when on_hold_reason = 'approval' then 'awaiting_approval'
  when on_hold_reason is not null then 'on_hold'
  when return_status <> 'none' then return_status
  when fulfilment_status in ('fulfilled', 'partly_fulfilled') then fulfilment_status
  when placed_at is null then 'draft'
  ${authorized}
  when payment_status <> 'paid' then 'pending_payment'
  when fulfilment_status = 'allocated' then 'allocated'
  else 'paid' end) stored`;

const ORDER_EDGES = `('draft', 'pending_payment'), ('draft', 'awaiting_approval'), ('draft', 'cancelled'),
  ('awaiting_approval', 'pending_payment'), ('awaiting_approval', 'cancelled'),
  ('pending_payment', 'paid'), ('pending_payment', 'on_hold'), ('pending_payment', 'cancelled'),
  ('paid', 'allocated'), ('paid', 'partly_fulfilled'), ('paid', 'fulfilled'), ('paid', 'on_hold'), ('paid', 'cancelled'),
  ('allocated', 'partly_fulfilled'), ('allocated', 'fulfilled'), ('allocated', 'on_hold'), ('allocated', 'cancelled'),
  ('partly_fulfilled', 'fulfilled'), ('partly_fulfilled', 'on_hold'), ('partly_fulfilled', 'returning'),
  ('fulfilled', 'closed'), ('fulfilled', 'returning'),
  ('on_hold', 'paid'), ('on_hold', 'allocated'), ('on_hold', 'partly_fulfilled'), ('on_hold', 'cancelled'),
  ('returning', 'partly_fulfilled'), ('returning', 'fulfilled'), ('returning', 'returned'), ('returned', 'closed')`;
const AUTHORIZED_EDGES = `, ('pending_payment', 'authorized'), ('authorized', 'paid'), ('authorized', 'pending_payment'),
  ('authorized', 'on_hold'), ('authorized', 'cancelled'), ('on_hold', 'authorized'), ('on_hold', 'pending_payment')`;
const AUTHORIZED_PAYMENT = `, ('payment', 'pending', 'authorized'), ('payment', 'authorized', 'paid'),
  ('payment', 'authorized', 'pending'), ('payment', 'authorized', 'voided'), ('payment', 'authorized', 'refunding')`;

/**
 * Orders whose payment is reserved and not yet captured are a state of their own: placed for good, not to be shipped
 * before the money is taken. What of an order was never collected stands beside what was given back.
 */
export class OrdersReservedPayments1764002450000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await this.edges(runner, AUTHORIZED_EDGES, AUTHORIZED_PAYMENT);
    await runner.query(`alter table orders.orders drop constraint orders_payment_status_check,
      add constraint orders_payment_status_check check (payment_status in ('pending', 'authorized', 'paid', 'voided', 'refunding', 'refunded')),
      drop constraint orders_cancel_reason_check,
      add constraint orders_cancel_reason_check check (cancel_reason in ('unpaid', 'shortfall', 'staff', 'not_approved', 'payment_voided')),
      add column authorized_at timestamptz, add column uncollected_total bigint not null default 0,
      drop constraint orders_refunded,
      add constraint orders_refunded check (refunded_total >= 0 and uncollected_total >= 0 and refunded_total + uncollected_total <= total)`);
    await runner.query(`alter table orders.order_policies
      add column capture_on text not null default 'shipment' check (capture_on in ('shipment', 'request')),
      add column void_reserved_after_days int default 7 check (void_reserved_after_days between 1 and 90)`);
    await this.derive(runner, `when payment_status = 'authorized' then 'authorized'`);
  }

  /** PostgreSQL 15 and 16 cannot change the expression of a generated column: it is made anew, with what hangs on it. */
  private async derive(runner: QueryRunner, authorized: string): Promise<void> {
    await runner.query(`drop trigger guard on orders.orders`);
    await runner.query(`alter table orders.orders drop column status`);
    await runner.query(`alter table orders.orders add column status ${status(authorized)}`);
    await runner.query(`create index orders_status on orders.orders (tenant_id, status, placed_at, id)`);
    await runner.query(`create trigger guard after update on orders.orders for each row
      when (old.status is distinct from new.status or old.payment_status is distinct from new.payment_status
        or old.fulfilment_status is distinct from new.fulfilment_status or old.return_status is distinct from new.return_status)
      execute function orders.guard_order()`);
  }

  private async edges(runner: QueryRunner, order: string, payment: string): Promise<void> {
    await runner.query(`create or replace function orders.edge_allowed(machine text, source text, target text) returns boolean
      language sql immutable parallel safe as $$ select source = target
        or (machine = 'order' and (source, target) in (${ORDER_EDGES}${order}))
        or (machine, source, target) in (
        ('payment', 'pending', 'paid'), ('payment', 'pending', 'voided'), ('payment', 'pending', 'refunding'),
        ('payment', 'pending', 'refunded'),
        ('payment', 'paid', 'refunding'), ('payment', 'paid', 'refunded'), ('payment', 'refunding', 'refunded'),
        ('payment', 'voided', 'refunding'), ('payment', 'voided', 'refunded')${payment},
        ('fulfilment', 'none', 'allocated'), ('fulfilment', 'none', 'partly_fulfilled'), ('fulfilment', 'none', 'fulfilled'),
        ('fulfilment', 'allocated', 'none'), ('fulfilment', 'allocated', 'partly_fulfilled'), ('fulfilment', 'allocated', 'fulfilled'),
        ('fulfilment', 'partly_fulfilled', 'fulfilled'),
        ('return', 'none', 'returning'), ('return', 'returning', 'none'), ('return', 'returning', 'returned')) $$`);
  }

  async down(runner: QueryRunner): Promise<void> {
    // The status is derived anew below: meanwhile no edge is watched.
    await runner.query(`alter table orders.orders disable trigger guard`);
    await runner.query(`update orders.orders set payment_status = 'pending' where payment_status = 'authorized'`);
    await runner.query(`update orders.orders set cancel_reason = 'unpaid' where cancel_reason = 'payment_voided'`);
    await runner.query(`alter table orders.orders enable trigger guard`);
    await this.derive(runner, '');
    await runner.query(
      `alter table orders.order_policies drop column capture_on, drop column void_reserved_after_days`,
    );
    await runner.query(`alter table orders.orders drop constraint orders_refunded,
      drop column uncollected_total, drop column authorized_at,
      add constraint orders_refunded check (refunded_total between 0 and total),
      drop constraint orders_cancel_reason_check,
      add constraint orders_cancel_reason_check check (cancel_reason in ('unpaid', 'shortfall', 'staff', 'not_approved')),
      drop constraint orders_payment_status_check,
      add constraint orders_payment_status_check check (payment_status in ('pending', 'paid', 'voided', 'refunding', 'refunded'))`);
    await this.edges(runner, '', '');
  }
}
