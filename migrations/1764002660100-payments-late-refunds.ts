import type { MigrationInterface, QueryRunner } from 'typeorm';

const EDGES = `'requested>pending', 'requested>requires_action', 'requested>succeeded', 'requested>failed', 'requested>canceled',
  'pending>requires_action', 'pending>succeeded', 'pending>failed', 'pending>canceled',
  'requires_action>pending', 'requires_action>succeeded', 'requires_action>failed', 'requires_action>canceled'`;

/** A refund that succeeded may fail days later: the bank sends the money back to the provider. */
export class PaymentsLateRefunds1764002660100 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table payments.refunds add reversed_at timestamptz`);
    await this.edges(runner, `, 'succeeded>failed'`);
  }

  private async edges(runner: QueryRunner, more: string): Promise<void> {
    await runner.query(`create or replace function payments.refund_edge_allowed(was text, becomes text) returns boolean
      language sql immutable set search_path = pg_catalog as $$ select was || '>' || becomes in (${EDGES}${more}) $$`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await this.edges(runner, '');
    await runner.query(`alter table payments.refunds drop reversed_at`);
  }
}
