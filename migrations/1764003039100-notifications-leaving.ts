import type { MigrationInterface, QueryRunner } from 'typeorm';

const OF_USER = 'on notifications.messages (tenant_id, user_id, category, channel';

/**
 * Since when a provider has wanted a message later, so that it is given up some day; and messages of a person are found by
 * when they leave, which is what caps count.
 */
export class NotificationsLeaving1764003039100 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('alter table notifications.messages add column put_off_since timestamptz');
    await runner.query('drop index notifications.messages_of_user');
    await runner.query(
      `create index messages_of_user ${OF_USER}, (case when due_at is null then created_at else due_at end)) where user_id is not null`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop index notifications.messages_of_user');
    await runner.query(`create index messages_of_user ${OF_USER}, created_at) where user_id is not null`);
    await runner.query('alter table notifications.messages drop column put_off_since');
  }
}
