import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Files of messages, and how long messages are kept. */
export class ChatFilesRetention1764003030200 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table chat.messages add column file_ids uuid[] not null default '{}'`);
    await runner.query(
      `alter table chat.rooms add column retention_days int check (retention_days between 1 and 36500)`,
    );
    await runner.query(
      `alter table chat.settings add column retention_days int check (retention_days between 1 and 36500), add column purge_chain uuid`,
    );
    // A file is looked for by who is in the room of its message.
    await runner.query(`create index messages_with_files on chat.messages (tenant_id, room_id) where file_ids <> '{}'`);
    await runner.query(`create index messages_by_age on chat.messages (tenant_id, room_id, created_at)`);
    await runner.query(`create or replace function chat.message_view(m chat.messages) returns jsonb language sql stable set search_path = pg_catalog as $$
      select jsonb_build_object('id', m.id, 'roomId', m.room_id, 'seq', m.seq, 'rev', m.rev, 'authorId', m.author_id,
        'clientMessageId', m.client_id, 'bodyId', m.body_id, 'body', m.body, 'replyTo', m.reply_to, 'threadId', m.thread_id,
        'mentions', m.mentions, 'fileIds', m.file_ids, 'edits', m.edits, 'editedAt', m.edited_at, 'deletedAt', m.deleted_at,
        'pinnedAt', m.pinned_at, 'createdAt', m.created_at,
        'reactions', (select coalesce(jsonb_agg(jsonb_build_object('emoji', g.emoji, 'count', g.count, 'userIds', g.user_ids) order by g.first, g.emoji), '[]')
          from (select x.emoji, count(*) as count, min(x.at) as first, (array_agg(x.user_id order by x.at, x.user_id))[1:20] as user_ids
            from chat.reactions x where x.tenant_id = m.tenant_id and x.message_id = m.id group by x.emoji) g))
      $$`);
    // As before, with files; the former one stays for processes of the release before.
    await runner.query(`create function chat.post_message(message uuid, room uuid, author uuid, client text, content bytea, said bytea, text_id uuid,
        sealed text, reply uuid, mentioned uuid[], words text[], files uuid[]) returns jsonb
      language plpgsql volatile set search_path = pg_catalog as $$
      declare
        posted jsonb := chat.post_message(message, room, author, client, content, said, text_id, sealed, reply, mentioned, words);
      begin
        if cardinality(files) = 0 then return posted; end if;
        update chat.messages m set file_ids = files where m.tenant_id = kernel.tenant_id() and m.id = message;
        return chat.event_at(room, (posted ->> 'seq')::bigint);
      end $$`);
    await runner.query(`create or replace function chat.delete_message(room uuid, message uuid, who uuid) returns jsonb
      language plpgsql volatile set search_path = pg_catalog as $$
      declare
        tenant constant uuid := kernel.tenant_id();
        me chat.members;
        old chat.messages;
        happened timestamptz;
        number bigint;
      begin
        me := chat.enter(room, who);
        old := chat.take_message(room, message);
        if old.author_id <> who and me.role = 'member' then perform chat.refuse('chat.not-yours'); end if;
        if old.deleted_at is not null then return jsonb_build_object('unchanged', chat.event_at(room, old.rev)); end if;
        happened := kernel.now();
        number := chat.add_event(room, 'message.deleted', message, who,
          case when cardinality(old.file_ids) > 0 then jsonb_build_object('files', cardinality(old.file_ids)) else '{}' end, happened);
        delete from chat.message_edits x where x.tenant_id = tenant and x.message_id = message;
        delete from chat.mentions x where x.tenant_id = tenant and x.message_id = message;
        delete from chat.reactions x where x.tenant_id = tenant and x.message_id = message;
        update chat.messages m set body_id = null, body = null, search = null, mentions = '{}', file_ids = '{}', pinned_at = null,
            pinned_by = null, rev = number, deleted_at = happened, deleted_by = who
          where m.tenant_id = tenant and m.id = message;
        return chat.event_at(room, number);
      end $$`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      `drop function chat.post_message(uuid, uuid, uuid, text, bytea, bytea, uuid, text, uuid, uuid[], text[], uuid[])`,
    );
    await runner.query(`drop index chat.messages_by_age, chat.messages_with_files`);
    await runner.query(`alter table chat.settings drop column retention_days, drop column purge_chain`);
    await runner.query(`alter table chat.rooms drop column retention_days`);
  }
}
