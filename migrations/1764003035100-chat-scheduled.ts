import type { MigrationInterface, QueryRunner } from 'typeorm';
import { tenantTable } from '../src/kernel/database/migration-kit';

/** Messages that wait for their time. A row is gone once its message is sent, in the commit that sends it. */
export class ChatScheduled1764003035100 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    // `turn` counts the times that were given: a timer of a former one sends nothing.
    await tenantTable(
      runner,
      'chat.scheduled_messages',
      `room_id uuid not null, author_id uuid not null,
       client_id text collate "C" not null check (length(client_id) between 1 and 64), due_at timestamptz not null, turn int not null default 1,
       body_id uuid not null, body text not null, reply_to uuid, mentions uuid[] not null default '{}', file_ids uuid[] not null default '{}',
       digest bytea not null, failure text, created_at timestamptz not null, updated_at timestamptz not null,
       constraint scheduled_once unique (tenant_id, author_id, client_id),
       foreign key (tenant_id, room_id) references chat.rooms (tenant_id, id) on delete cascade`,
    );
    await runner.query(`comment on column chat.scheduled_messages.body is 'pii:content'`);
    await runner.query(
      `create index scheduled_of_author on chat.scheduled_messages (tenant_id, author_id, due_at, id)`,
    );
    await runner.query(`create index scheduled_of_room on chat.scheduled_messages (tenant_id, room_id)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table chat.scheduled_messages');
  }
}
