import type { MigrationInterface, QueryRunner } from 'typeorm';
import { platformTable, retention } from '../src/kernel/database/migration-kit';

/** Routines that take what was kept long enough, over all tenants, and when each of them is due again. */
export class KernelRetention1764001700100 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await platformTable(
      runner,
      'kernel.retention_runs',
      'rule text primary key, due_at timestamptz not null',
      'when each rule of retention is due again; names of rules, no data of anyone',
    );
    await retention(runner, 'kernel.idempotency_keys', { of: 'answers', since: 'created_at', index: 'brin' });
    await retention(runner, 'kernel.deliveries', {
      of: 'dead_deliveries',
      since: 'due_at',
      where: `state = 'dead'`,
      index: 'none',
    });
    await retention(runner, 'notifications.messages', {
      of: 'contents',
      since: 'created_at',
      where: `state in ('sent', 'dead') and data <> '{}'`,
      empty: `data = '{}', subject = null, text_body = null, html_body = null`,
    });
    await retention(runner, 'notifications.messages', {
      of: 'messages',
      since: 'created_at',
      where: `state in ('sent', 'dead')`,
    });
    await retention(runner, 'notifications.dev_mailbox', { of: 'mailbox', since: 'sent_at' });
    await retention(runner, 'payments.provider_events', {
      of: 'provider_events',
      since: 'received_at',
      where: `state in ('processed', 'ignored')`,
    });
    await retention(runner, 'sandbox.webhooks', { of: 'webhooks', since: 'created_at' });
    await retention(runner, 'orders.carts', { of: 'carts', since: 'expires_at', where: 'order_id is null' });
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const routine of [
      'kernel.purge_answers',
      'kernel.purge_dead_deliveries',
      'notifications.purge_contents',
      'notifications.purge_messages',
      'notifications.purge_mailbox',
      'payments.purge_provider_events',
      'sandbox.purge_webhooks',
      'orders.purge_carts',
    ])
      await runner.query(`drop function ${routine}(int, int)`);
    await runner.query('drop table kernel.retention_runs');
  }
}
