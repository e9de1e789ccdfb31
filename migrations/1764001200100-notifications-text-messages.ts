import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Messages may be text messages too; a text message has neither subject nor HTML. */
export class NotificationsTextMessages1764001200100 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table notifications.messages drop constraint messages_channel_check`);
    await runner.query(
      `alter table notifications.messages add constraint messages_channel_check check (channel in ('email', 'sms'))`,
    );
    await runner.query(`comment on column notifications.messages.recipient is 'pii:email phone'`);
    await runner.query(`comment on column notifications.dev_mailbox.recipient is 'pii:email phone'`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`delete from notifications.messages where channel = 'sms'`);
    await runner.query(`alter table notifications.messages drop constraint messages_channel_check`);
    await runner.query(
      `alter table notifications.messages add constraint messages_channel_check check (channel in ('email'))`,
    );
  }
}
