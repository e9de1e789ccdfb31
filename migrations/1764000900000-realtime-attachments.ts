import type { MigrationInterface, QueryRunner } from 'typeorm';
import { createSchema, platformTable } from '../src/kernel/database/migration-kit';

/** Where the Socket.IO adapter puts messages between processes that are too long for a notification. */
export class RealtimeAttachments1764000900000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await createSchema(runner, 'realtime');
    await platformTable(
      runner,
      'realtime.socket_io_attachments',
      `id bigint generated always as identity primary key, payload bytea not null, created_at timestamptz not null default now()`,
      'messages in flight between processes for at most a minute, addressed to rooms; written and read by the Socket.IO adapter, which knows no tenant',
      { grants: ['select', 'insert', 'delete'] },
    );
    await runner.query(`create index socket_io_attachments_age on realtime.socket_io_attachments (created_at)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop schema realtime cascade`);
  }
}
