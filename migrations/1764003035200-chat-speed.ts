import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Saying something takes the fewest statements while the room is locked, and answers from what it wrote. Searching does not hang on
 * statistics: where a word is common the newest messages are walked, else the index of words is the only way there is.
 */
export class ChatSpeed1764003035200 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await this.posting(runner);
    await this.searching(runner);
  }

  private async posting(runner: QueryRunner): Promise<void> {
    await runner.query(`create or replace function chat.post_message(message uuid, room uuid, author uuid, client text, content bytea, said bytea, text_id uuid,
        sealed text, reply uuid, mentioned uuid[], words text[], files uuid[]) returns jsonb
      language plpgsql volatile set search_path = pg_catalog as $$
      declare
        tenant constant uuid := kernel.tenant_id();
        happened timestamptz;
        number bigint;
        archived timestamptz;
        hidden boolean;
        muted timestamptz;
        root uuid;
      begin
        -- The first result of a message that is sent again is read by whoever sent it, once this try is undone. Tries at once
        -- meet at the key of the table. Whoever is no member locks no room.
        if exists (select from chat.messages m where m.tenant_id = tenant and m.author_id = author and m.client_id = client) then
          perform chat.refuse('chat.sent-before');
        end if;
        if not exists (select from chat.members m where m.tenant_id = tenant and m.room_id = room and m.user_id = author) then
          perform chat.refuse('chat.room-not-found');
        end if;
        -- The counter's row stays locked until the commit: numbers come in the order of commits, and none is left out.
        update chat.rooms r set last_seq = r.last_seq + 1, last_event_at = kernel.now()
          where r.tenant_id = tenant and r.id = room
          returning r.last_seq, r.last_event_at, r.archived_at, r.private into number, happened, archived, hidden;
        select m.muted_until into muted from chat.members m where m.tenant_id = tenant and m.room_id = room and m.user_id = author;
        if not found then perform chat.refuse('chat.room-not-found'); end if;
        if archived is not null then perform chat.refuse('chat.room-archived'); end if;
        if muted > happened then perform chat.refuse('chat.muted'); end if;
        if reply is not null then
          select coalesce(m.thread_id, m.id) into root from chat.messages m
            where m.tenant_id = tenant and m.room_id = room and m.id = reply and m.deleted_at is null;
          if root is null then perform chat.refuse('chat.reply-unknown'); end if;
        end if;
        insert into chat.room_events (tenant_id, room_id, seq, type, message_id, actor_id, at)
          values (tenant, room, number, 'message.created', message, author, happened);
        insert into chat.messages (tenant_id, id, room_id, seq, author_id, client_id, digest, text_digest, body_id, body, reply_to, thread_id, mentions,
            file_ids, rev, search, created_at)
          values (tenant, message, room, number, author, client, content, said, text_id, sealed, reply, root, mentioned, files, number,
            case when not hidden then array_to_tsvector(words) end, happened);
        if cardinality(mentioned) > 0 then perform chat.set_mentions(message, room, number, mentioned); end if;
        -- What chat.event_at would read back.
        return jsonb_build_object('roomId', room, 'seq', number, 'type', 'message.created', 'at', happened, 'actorId', author,
          'messageId', message, 'data', '{}'::jsonb, 'message', jsonb_build_object('id', message, 'roomId', room, 'seq', number, 'rev', number,
            'authorId', author, 'clientMessageId', client, 'bodyId', text_id, 'body', sealed, 'replyTo', reply, 'threadId', root,
            'mentions', mentioned, 'fileIds', files, 'edits', 0, 'editedAt', null, 'deletedAt', null, 'hiddenAt', null, 'pinnedAt', null,
            'createdAt', happened, 'reactions', '[]'::jsonb));
      end $$`);
  }

  private async searching(runner: QueryRunner): Promise<void> {
    // By an expression that no other index has, so that there is one way to the messages of a room that have a word. The list
    // of what is not sorted in yet is read by every search: it is kept short.
    await runner.query(
      `create index messages_by_words on chat.messages using gin ((room_id::text), search) with (gin_pending_list_limit = 128)
         where search is not null`,
    );
    await runner.query('drop index chat.messages_words');
    // The newest that have the words among the newest of all: enough of them where the words are common.
    await runner.query(`create function chat.find_recent(rooms uuid[], words tsquery, walked int, most int)
      returns table (id uuid, said_at timestamptz) language plpgsql stable rows 100
      set search_path = pg_catalog, pg_temp set enable_sort = off set enable_seqscan = off as $$
      begin
        if cardinality(rooms) = 1 then
          return query select m.id, m.created_at from (
              select m.id, m.created_at, m.search, m.hidden_at from chat.messages m
              where m.tenant_id = kernel.tenant_id() and m.room_id = rooms[1] order by m.seq desc limit walked) m
            where m.search @@ words and m.hidden_at is null limit most;
        else
          return query select m.id, m.created_at from (
              select m.id, m.created_at, m.room_id, m.search, m.hidden_at from chat.messages m
              where m.tenant_id = kernel.tenant_id() order by m.id desc limit walked) m
            where m.room_id = any(rooms) and m.search @@ words and m.hidden_at is null limit most;
        end if;
      end $$`);
    await runner.query(`create function chat.find_by_words(rooms uuid[], words tsquery, most int)
      returns table (id uuid, said_at timestamptz) language plpgsql stable rows 100
      set search_path = pg_catalog, pg_temp set enable_seqscan = off as $$
      begin
        return query select f.id, f.said_at from unnest(rooms) as r(id) cross join lateral (
            select m.id, m.created_at as said_at from chat.messages m
            where m.room_id::text = r.id::text and m.search is not null and m.search @@ words
              and m.tenant_id is not distinct from kernel.tenant_id() and m.hidden_at is null offset 0) f
          order by f.said_at desc, f.id desc limit most;
      end $$`);
    for (const inner of ['chat.find_recent(uuid[], tsquery, int, int)', 'chat.find_by_words(uuid[], tsquery, int)']) {
      await runner.query(`revoke execute on function ${inner} from public`);
      await runner.query(`grant execute on function ${inner} to mainstay_search`);
    }
    // Tenant and membership first. It runs past the wall, and is replaced in place: owner and grants stay.
    await runner.query(`grant create on schema chat to mainstay_search`);
    await runner.query(`create or replace function chat.find_messages(who uuid, words text, in_room uuid, most int)
      returns table (id uuid, said_at timestamptz) language plpgsql stable security definer rows 100
      set search_path = pg_catalog, pg_temp as $$
      declare
        rooms uuid[];
        ids uuid[];
        times timestamptz[];
        asked constant tsquery := words::tsquery;
      begin
        select array_agg(r.id) into rooms from chat.members me join chat.rooms r on r.tenant_id = me.tenant_id and r.id = me.room_id
          where me.tenant_id = kernel.tenant_id() and me.user_id = who and not r.private and (in_room is null or r.id = in_room);
        if rooms is null then return; end if;
        select array_agg(f.id), array_agg(f.said_at) into ids, times from chat.find_recent(rooms, asked, 3000, most) f;
        if cardinality(ids) >= most then
          return query select f.id, f.said_at from unnest(ids, times) as f(id, said_at);
        else
          return query select f.id, f.said_at from chat.find_by_words(rooms, asked, most) f;
        end if;
      end $$`);
    await runner.query(`revoke create on schema chat from mainstay_search`);
  }

  /** Both functions find and write the same as before; only the index is given back. */
  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      `create index messages_words on chat.messages using gin (tenant_id, room_id, search) where search is not null`,
    );
  }
}
