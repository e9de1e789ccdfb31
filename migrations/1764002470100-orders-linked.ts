import type { MigrationInterface, QueryRunner } from 'typeorm';

const RETURN_EDGES = `('requested', 'approved'), ('requested', 'rejected'), ('requested', 'cancelled'),
  ('approved', 'received'), ('approved', 'cancelled'), ('received', 'inspected'),
  ('inspected', 'refunding'), ('inspected', 'exchanged'), ('inspected', 'closed'),
  ('refunding', 'refunded'), ('refunding', 'inspected')`;

/**
 * Orders that come from something else than a cart: what was added to a paid order, and what is sent in exchange for a
 * return. An exchange whose order was given up can be decided anew.
 */
export class OrdersLinked1764002470100 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table orders.orders add column origin text check (origin in ('addition', 'exchange', 'quote')),
      add column origin_id uuid, add constraint orders_origin check ((origin is null) = (origin_id is null))`);
    await runner.query(
      `create index orders_origin_of on orders.orders (tenant_id, origin_id) where origin_id is not null`,
    );
    // A return is exchanged, and a quote ordered, by one order at a time.
    await runner.query(`create unique index orders_origin_once on orders.orders (tenant_id, origin, origin_id)
      where origin in ('exchange', 'quote') and cancelled_at is null`);
    await this.edges(runner, `, ('exchanged', 'inspected')`);
  }

  private async edges(runner: QueryRunner, more: string): Promise<void> {
    await runner.query(`create or replace function orders.return_edge_allowed(source text, target text) returns boolean
      language sql immutable parallel safe as $$ select source = target or (source, target) in (${RETURN_EDGES}${more}) $$`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await this.edges(runner, '');
    await runner.query(`alter table orders.orders drop column origin_id, drop column origin`);
  }
}
