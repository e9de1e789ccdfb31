import type { MigrationInterface, QueryRunner } from 'typeorm';

const status = (approval: string): string => `text not null generated always as (case
  when cancelled_at is not null then 'cancelled'
  when closed_at is not null then 'closed'
  ${approval}
  when on_hold_reason is not null then 'on_hold'
  when return_status <> 'none' then return_status
  when fulfilment_status in ('fulfilled', 'partly_fulfilled') then fulfilment_status
  when placed_at is null then 'draft'
  when payment_status <> 'paid' then 'pending_payment'
  when fulfilment_status = 'allocated' then 'allocated'
  else 'paid' end) stored`;

const EDGES = `('draft', 'pending_payment'), ('draft', 'cancelled'),
  ('pending_payment', 'paid'), ('pending_payment', 'on_hold'), ('pending_payment', 'cancelled'),
  ('paid', 'allocated'), ('paid', 'partly_fulfilled'), ('paid', 'fulfilled'), ('paid', 'on_hold'), ('paid', 'cancelled'),
  ('allocated', 'partly_fulfilled'), ('allocated', 'fulfilled'), ('allocated', 'on_hold'), ('allocated', 'cancelled'),
  ('partly_fulfilled', 'fulfilled'), ('fulfilled', 'closed'), ('fulfilled', 'returning'),
  ('on_hold', 'paid'), ('on_hold', 'allocated'), ('on_hold', 'cancelled'),
  ('returning', 'fulfilled'), ('returning', 'returned'), ('returned', 'closed')`;
const APPROVAL_EDGES = `, ('draft', 'awaiting_approval'), ('awaiting_approval', 'pending_payment'), ('awaiting_approval', 'cancelled')`;

/** Orders that wait for somebody's approval before they may be paid: a state of their own. */
export class OrdersApproval1764001900100 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await this.constraints(runner, `'shortfall', 'approval'`, `'unpaid', 'shortfall', 'staff', 'not_approved'`);
    await this.derive(runner, `when on_hold_reason = 'approval' then 'awaiting_approval'`);
    await this.edges(runner, APPROVAL_EDGES);
  }

  private async constraints(runner: QueryRunner, holds: string, cancels: string): Promise<void> {
    await runner.query(`alter table orders.orders drop constraint orders_on_hold_reason_check, drop constraint orders_cancel_reason_check,
      add constraint orders_on_hold_reason_check check (on_hold_reason in (${holds})),
      add constraint orders_cancel_reason_check check (cancel_reason in (${cancels}))`);
  }

  /** PostgreSQL 15 and 16 cannot change the expression of a generated column: it is made anew, with what hangs on it. */
  private async derive(runner: QueryRunner, approval: string): Promise<void> {
    await runner.query(`drop trigger guard on orders.orders`);
    await runner.query(`alter table orders.orders drop column status`);
    await runner.query(`alter table orders.orders add column status ${status(approval)}`);
    await runner.query(`create index orders_status on orders.orders (tenant_id, status, placed_at, id)`);
    await runner.query(`create trigger guard after update on orders.orders for each row
      when (old.status is distinct from new.status or old.payment_status is distinct from new.payment_status
        or old.fulfilment_status is distinct from new.fulfilment_status or old.return_status is distinct from new.return_status)
      execute function orders.guard_order()`);
  }

  private async edges(runner: QueryRunner, approval: string): Promise<void> {
    await runner.query(`create or replace function orders.edge_allowed(machine text, source text, target text) returns boolean
      language sql immutable parallel safe as $$ select source = target
        or (machine = 'order' and (source, target) in (${EDGES}${approval}))
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
    await runner.query(`update orders.orders set cancelled_at = kernel.now(), cancel_reason = 'unpaid', on_hold_reason = null
      where on_hold_reason = 'approval'`);
    await runner.query(`update orders.orders set cancel_reason = 'staff' where cancel_reason = 'not_approved'`);
    await this.edges(runner, '');
    await this.derive(runner, '');
    await this.constraints(runner, `'shortfall'`, `'unpaid', 'shortfall', 'staff'`);
  }
}
