import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Edges of orders as of this migration; a test compares them with the tables in the code, pair by pair. */
const ORDER_EDGES = `('order', 'draft', 'awaiting_approval'), ('order', 'draft', 'pending_payment'), ('order', 'draft', 'cancelled'), ('order',
        'awaiting_approval', 'pending_payment'), ('order', 'awaiting_approval', 'cancelled'), ('order', 'pending_payment', 'authorized'),
        ('order', 'pending_payment', 'paid'), ('order', 'pending_payment', 'on_hold'), ('order', 'pending_payment', 'cancelled'),
        ('order', 'authorized', 'paid'), ('order', 'authorized', 'pending_payment'), ('order', 'authorized', 'on_hold'), ('order',
        'authorized', 'cancelled'), ('order', 'paid', 'allocated'), ('order', 'paid', 'partly_fulfilled'), ('order', 'paid', 'fulfilled'),
        ('order', 'paid', 'on_hold'), ('order', 'paid', 'cancelled'), ('order', 'allocated', 'partly_fulfilled'), ('order', 'allocated',
        'fulfilled'), ('order', 'allocated', 'on_hold'), ('order', 'allocated', 'cancelled'), ('order', 'partly_fulfilled', 'fulfilled'),
        ('order', 'partly_fulfilled', 'on_hold'), ('order', 'partly_fulfilled', 'returning'), ('order', 'fulfilled', 'closed'), ('order',
        'fulfilled', 'returning'), ('order', 'on_hold', 'pending_payment'), ('order', 'on_hold', 'authorized'), ('order', 'on_hold',
        'paid'), ('order', 'on_hold', 'allocated'), ('order', 'on_hold', 'partly_fulfilled'), ('order', 'on_hold', 'cancelled'), ('order',
        'returning', 'partly_fulfilled'), ('order', 'returning', 'fulfilled'), ('order', 'returning', 'returned'), ('order', 'returned',
        'closed'), ('payment', 'pending', 'authorized'), ('payment', 'pending', 'paid'), ('payment', 'pending', 'voided'), ('payment',
        'pending', 'refunding'), ('payment', 'pending', 'refunded'), ('payment', 'authorized', 'paid'), ('payment', 'authorized',
        'pending'), ('payment', 'authorized', 'voided'), ('payment', 'authorized', 'refunding'), ('payment', 'paid', 'refunding'),
        ('payment', 'paid', 'refunded'), ('payment', 'voided', 'refunding'), ('payment', 'voided', 'refunded'), ('payment', 'refunding',
        'refunded'), ('fulfilment', 'none', 'allocated'), ('fulfilment', 'none', 'partly_fulfilled'), ('fulfilment', 'none', 'fulfilled'),
        ('fulfilment', 'allocated', 'none'), ('fulfilment', 'allocated', 'partly_fulfilled'), ('fulfilment', 'allocated', 'fulfilled'),
        ('fulfilment', 'partly_fulfilled', 'fulfilled'), ('return', 'none', 'returning'), ('return', 'returning', 'none'), ('return',
        'returning', 'returned')`;
const RETURN_EDGES = `('requested', 'approved'), ('requested', 'rejected'), ('requested', 'cancelled'),
  ('approved', 'received'), ('approved', 'cancelled'), ('received', 'inspected'),
  ('inspected', 'refunding'), ('inspected', 'refunded'), ('inspected', 'exchanged'), ('inspected', 'closed'),
  ('refunding', 'refunded'), ('refunding', 'inspected'), ('exchanged', 'inspected')`;

/** Money that went back may come back to the shop: then the order is paid, or still to be refunded, and its return open again. */
export class OrdersLateRefunds1764002480200 implements MigrationInterface {
  up(runner: QueryRunner): Promise<void> {
    return this.edges(
      runner,
      `, ('payment', 'refunded', 'refunding'), ('payment', 'refunded', 'paid')`,
      `, ('refunded', 'inspected')`,
    );
  }

  private async edges(runner: QueryRunner, order: string, back: string): Promise<void> {
    await runner.query(`create or replace function orders.edge_allowed(machine text, source text, target text) returns boolean
      language sql immutable parallel safe as $$ select source = target
        or (machine, source, target) in (${ORDER_EDGES}${order}) $$`);
    await runner.query(`create or replace function orders.return_edge_allowed(source text, target text) returns boolean
      language sql immutable parallel safe as $$ select source = target or (source, target) in (${RETURN_EDGES}${back}) $$`);
  }

  down(runner: QueryRunner): Promise<void> {
    return this.edges(runner, '', '');
  }
}
