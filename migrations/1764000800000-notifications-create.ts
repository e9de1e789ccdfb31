import type { MigrationInterface, QueryRunner } from 'typeorm';
import { createSchema, platformTable, tenantTable } from '../src/kernel/database/migration-kit';

export class NotificationsCreate1764000800000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await createSchema(runner, 'notifications');
    await tenantTable(
      runner,
      'notifications.messages',
      `channel text not null check (channel in ('email')),
       recipient text not null,
       template text not null,
       data jsonb not null,
       subject text,
       text_body text,
       html_body text,
       state text not null check (state in ('queued', 'sent', 'failed', 'dead')),
       dedupe_key text not null,
       attempts int not null default 0,
       last_error text,
       claimed_until timestamptz,
       created_at timestamptz not null,
       sent_at timestamptz,
       unique (tenant_id, dedupe_key)`,
    );
    await runner.query(`create index messages_by_time on notifications.messages (tenant_id, created_at, id)`);
    for (const [column, tag] of [
      ['recipient', 'pii:email'],
      ['data', 'pii:message secret'],
      ['subject', 'pii:message'],
      ['text_body', 'pii:message secret'],
      ['html_body', 'pii:message secret'],
    ]) {
      await runner.query(`comment on column notifications.messages.${column} is '${tag}'`);
    }
    await platformTable(
      runner,
      'notifications.dev_mailbox',
      `id uuid primary key,
       tenant_id uuid not null,
       channel text not null,
       recipient text not null,
       subject text not null,
       text_body text not null,
       html_body text not null,
       sent_at timestamptz not null`,
      'the development mailbox shows the mail of all tenants on one page, as a mail server would; empty in production',
    );
    await runner.query(`create index dev_mailbox_by_time on notifications.dev_mailbox (sent_at desc, id desc)`);
    await runner.query(`create index dev_mailbox_by_recipient on notifications.dev_mailbox (recipient, sent_at desc)`);
    await runner.query(`comment on column notifications.dev_mailbox.recipient is 'pii:email'`);
    await runner.query(`comment on column notifications.dev_mailbox.text_body is 'pii:message secret'`);
    await runner.query(`comment on column notifications.dev_mailbox.html_body is 'pii:message secret'`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop schema notifications cascade');
  }
}
