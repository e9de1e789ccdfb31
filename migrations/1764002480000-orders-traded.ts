import type { MigrationInterface, QueryRunner } from 'typeorm';

const RETURN_EDGES = `('requested', 'approved'), ('requested', 'rejected'), ('requested', 'cancelled'),
  ('approved', 'received'), ('approved', 'cancelled'), ('received', 'inspected'),
  ('inspected', 'refunding'), ('inspected', 'exchanged'), ('inspected', 'closed'),
  ('refunding', 'refunded'), ('refunding', 'inspected'), ('exchanged', 'inspected')`;

/**
 * The worth of returned goods is money that is spent once: of the order that they came from it is `exchanged_total`, of the
 * one that is sent instead `traded_total`. What exchanges of before were worth is the discount that they were given.
 */
export class OrdersTraded1764002480000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table orders.orders add column exchanged_total bigint not null default 0 check (exchanged_total >= 0),
      add column traded_total bigint not null default 0 check (traded_total >= 0),
      add column traded_spent bigint not null default 0,
      add constraint orders_traded check (traded_spent between 0 and traded_total)`);
    await runner.query(
      `alter table orders.returns add column settled_amount bigint not null default 0 check (settled_amount >= 0)`,
    );
    await runner.query(`alter table orders.returns drop constraint returns_refund, add constraint returns_refund check (
      status not in ('refunding', 'refunded') or (refund_id is not null and refund_amount is not null) or settled_amount > 0)`);
    await this.edges(runner, `, ('inspected', 'refunded')`);
    await runner.query(`update orders.orders set traded_total = discount_total where origin = 'exchange'`);
    await runner.query(`update orders.orders o set exchanged_total = least(x.worth, greatest(0, o.total - o.uncollected_total - o.refunded_total))
      from (select r.tenant_id, r.order_id, sum(e.traded_total) as worth
        from orders.returns r join orders.orders e on e.tenant_id = r.tenant_id and e.id = r.replacement_order_id
        where r.status = 'exchanged' group by r.tenant_id, r.order_id) x
      where o.tenant_id = x.tenant_id and o.id = x.order_id`);
  }

  private async edges(runner: QueryRunner, more: string): Promise<void> {
    await runner.query(`create or replace function orders.return_edge_allowed(source text, target text) returns boolean
      language sql immutable parallel safe as $$ select source = target or (source, target) in (${RETURN_EDGES}${more}) $$`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table orders.returns drop constraint returns_refund, add constraint returns_refund check (
      status not in ('refunding', 'refunded') or (refund_id is not null and refund_amount is not null)) not valid`);
    await this.edges(runner, '');
    await runner.query(`alter table orders.returns drop column settled_amount`);
    await runner.query(`alter table orders.orders drop constraint orders_traded, drop column traded_spent, drop column traded_total,
      drop column exchanged_total`);
  }
}
