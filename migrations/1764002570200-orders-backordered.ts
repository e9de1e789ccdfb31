import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Edges of orders as of this migration; a test compares them with the tables in the code, pair by pair. */
const EDGES = `('order', 'draft', 'awaiting_approval'), ('order', 'draft', 'pending_payment'), ('order', 'draft', 'cancelled'), ('order',
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
        'refunded'), ('payment', 'refunded', 'refunding'), ('payment', 'refunded', 'paid'), ('fulfilment', 'none', 'allocated'),
        ('fulfilment', 'none', 'partly_fulfilled'), ('fulfilment', 'none', 'fulfilled'), ('fulfilment', 'allocated', 'none'),
        ('fulfilment', 'allocated', 'partly_fulfilled'), ('fulfilment', 'allocated', 'fulfilled'), ('fulfilment', 'partly_fulfilled',
        'fulfilled'), ('return', 'none', 'returning'), ('return', 'returning', 'none'), ('return', 'returning', 'returned')`;
const BACKORDERED = `, ('order', 'authorized', 'allocated'), ('fulfilment', 'none', 'backordered'), ('fulfilment', 'backordered', 'none'),
        ('fulfilment', 'backordered', 'allocated'), ('fulfilment', 'backordered', 'partly_fulfilled'), ('fulfilment', 'backordered',
        'fulfilled')`;

/**
 * Promised orders say whether goods of theirs are still to come (`backordered`), and `allocated` once these are here. Orders
 * that wait already say so with the next of their goods.
 */
export class OrdersBackordered1764002570200 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await this.edges(runner, BACKORDERED);
    await this.states(runner, `'none', 'backordered', 'allocated', 'partly_fulfilled', 'fulfilled'`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table orders.orders disable trigger guard`);
    await runner.query(
      `update orders.orders set fulfilment_status = 'none' where fulfilment_status in ('backordered', 'allocated')`,
    );
    await runner.query(`alter table orders.orders enable trigger guard`);
    await this.states(runner, `'none', 'allocated', 'partly_fulfilled', 'fulfilled'`);
    await this.edges(runner, '');
  }

  private async states(runner: QueryRunner, states: string): Promise<void> {
    await runner.query(`alter table orders.orders drop constraint orders_fulfilment_status_check,
      add constraint orders_fulfilment_status_check check (fulfilment_status in (${states}))`);
  }

  private async edges(runner: QueryRunner, more: string): Promise<void> {
    await runner.query(`create or replace function orders.edge_allowed(machine text, source text, target text) returns boolean
      language sql immutable parallel safe as $$ select source = target
        or (machine, source, target) in (${EDGES}${more}) $$`);
  }
}
