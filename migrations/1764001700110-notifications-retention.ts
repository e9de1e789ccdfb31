import type { MigrationInterface, QueryRunner } from 'typeorm';
import { retention } from '../src/kernel/database/migration-kit';

/** Contents of messages go first, their rows much later. */
export class NotificationsRetention1764001700110 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
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
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop function notifications.purge_contents(int, int)');
    await runner.query('drop function notifications.purge_messages(int, int)');
    await runner.query('drop function notifications.purge_mailbox(int, int)');
  }
}
