import type { MigrationInterface, QueryRunner } from 'typeorm';
import { createSchema, wall } from '../src/kernel/database/migration-kit';

/** SQLSTATE of what a function of this schema refuses; the message is the code of the problem. */
const REFUSED = 'MSCHT';

/**
 * Rooms with their members, the event log of each room, messages and what is said about them. Writes of the hot path are
 * functions: one statement checks, takes the room's counter, stores and answers, so that the room is locked for no trip.
 */
export class ChatCreate1764003030000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await createSchema(runner, 'chat');
    await this.rooms(runner);
    await this.messages(runner);
    await this.log(runner);
    await this.views(runner);
    await this.posting(runner);
    await this.changing(runner);
    await this.reacting(runner);
    await this.reading(runner);
  }

  /** A table whose key begins with the tenant and goes on with what its rows are found by. */
  private async table(runner: QueryRunner, name: string, columns: string): Promise<void> {
    await runner.query(`create table chat.${name} (tenant_id uuid not null, ${columns})`);
    await wall(runner, `chat.${name}`);
    await runner.query(`grant select, insert, update, delete on chat.${name} to mainstay_app`);
  }

  private async rooms(runner: QueryRunner): Promise<void> {
    // `last_seq` counts the log: whoever adds an event updates the row, and holds it until its commit.
    await this.table(
      runner,
      'rooms',
      `id uuid not null, type text not null check (type in ('direct', 'group', 'channel')),
       name text check (length(name) between 1 and 120), topic text check (length(topic) <= 500),
       pair text collate "C", private boolean not null default false, members int not null check (members >= 0),
       last_seq bigint not null default 0, log_from bigint not null default 1, last_event_at timestamptz not null,
       archived_at timestamptz, created_by uuid, created_at timestamptz not null,
       primary key (tenant_id, id), constraint rooms_of_pair unique (tenant_id, pair),
       check ((type = 'direct') = (pair is not null)), check ((type = 'direct') = (name is null))`,
    );
    // The counter is no part of an index, so that a new version of the row finds its place beside the former.
    await runner.query(`alter table chat.rooms set (fillfactor = 70)`);
    await this.table(
      runner,
      'members',
      `room_id uuid not null, user_id uuid not null, role text not null check (role in ('owner', 'moderator', 'member')),
       joined_at timestamptz not null, read_seq bigint not null default 0, private_read_seq bigint not null default 0,
       read_at timestamptz, silent boolean not null default false,
       primary key (tenant_id, room_id, user_id),
       foreign key (tenant_id, room_id) references chat.rooms (tenant_id, id) on delete cascade`,
    );
    await runner.query(`alter table chat.members set (fillfactor = 80)`);
    await runner.query(`create index members_by_user on chat.members (tenant_id, user_id, room_id)`);
  }

  private async messages(runner: QueryRunner): Promise<void> {
    await this.table(
      runner,
      'messages',
      `id uuid not null, room_id uuid not null, seq bigint not null, author_id uuid not null,
       client_id text collate "C" not null check (length(client_id) between 1 and 64), digest bytea not null,
       text_digest bytea not null, body_id uuid, body text, reply_to uuid, thread_id uuid, mentions uuid[] not null default '{}',
       rev bigint not null, edits int not null default 0, edited_at timestamptz, deleted_at timestamptz, deleted_by uuid,
       pinned_at timestamptz, pinned_by uuid, search tsvector, created_at timestamptz not null,
       primary key (tenant_id, id), constraint messages_once unique (tenant_id, author_id, client_id),
       constraint messages_in_order unique (tenant_id, room_id, seq),
       foreign key (tenant_id, room_id) references chat.rooms (tenant_id, id) on delete cascade,
       check ((deleted_at is null) or (body is null and search is null and pinned_at is null))`,
    );
    await runner.query(`comment on column chat.messages.body is 'pii:content'`);
    await runner.query(`comment on column chat.messages.search is 'pii:content'`);
    await runner.query(
      `create index messages_of_thread on chat.messages (tenant_id, thread_id, seq) where thread_id is not null`,
    );
    await runner.query(
      `create index messages_pinned on chat.messages (tenant_id, room_id, pinned_at) where pinned_at is not null`,
    );
    const OF_MESSAGE = `foreign key (tenant_id, message_id) references chat.messages (tenant_id, id) on delete cascade`;
    // What a message said before it was changed.
    await this.table(
      runner,
      'message_edits',
      `message_id uuid not null, revision int not null, body_id uuid not null, body text not null, at timestamptz not null,
       primary key (tenant_id, message_id, revision), ${OF_MESSAGE}`,
    );
    await runner.query(`comment on column chat.message_edits.body is 'pii:content'`);
    await this.table(
      runner,
      'reactions',
      `message_id uuid not null, emoji text collate "C" not null check (length(emoji) between 1 and 32), user_id uuid not null,
       at timestamptz not null, primary key (tenant_id, message_id, emoji, user_id), ${OF_MESSAGE}`,
    );
    await this.table(
      runner,
      'mentions',
      `user_id uuid not null, room_id uuid not null, seq bigint not null, message_id uuid not null,
       primary key (tenant_id, user_id, room_id, seq), ${OF_MESSAGE}`,
    );
    await runner.query(`create index mentions_of_message on chat.mentions (tenant_id, message_id)`);
  }

  private async log(runner: QueryRunner): Promise<void> {
    // What happened, not what was said: texts are in the messages, so that one that is deleted is gone.
    await this.table(
      runner,
      'room_events',
      `room_id uuid not null, seq bigint not null check (seq > 0), type text not null, message_id uuid, actor_id uuid,
       payload jsonb not null default '{}', at timestamptz not null, primary key (tenant_id, room_id, seq),
       foreign key (tenant_id, room_id) references chat.rooms (tenant_id, id) on delete cascade`,
    );
    await runner.query(`create function chat.refuse(code text) returns void language plpgsql set search_path = pg_catalog as $$
      begin raise exception using errcode = '${REFUSED}', message = code; end $$`);
    // The counter's row stays locked until the commit: numbers come in the order of commits, and none is left out.
    await runner.query(`create function chat.add_event(room uuid, kind text, message uuid, actor uuid, about jsonb, happened timestamptz)
      returns bigint language sql volatile set search_path = pg_catalog as $$
        with counted as (
          update chat.rooms r set last_seq = r.last_seq + 1, last_event_at = happened
          where r.tenant_id = kernel.tenant_id() and r.id = room returning r.last_seq)
        insert into chat.room_events (tenant_id, room_id, seq, type, message_id, actor_id, payload, at)
        select kernel.tenant_id(), room, c.last_seq, kind, message, actor, about, happened from counted c
        returning seq
      $$`);
    // Whoever writes in a room: a member, looked for before the room is locked and again once it is.
    await runner.query(`create function chat.enter(room uuid, who uuid) returns chat.members
      language plpgsql volatile set search_path = pg_catalog as $$
      declare
        tenant constant uuid := kernel.tenant_id();
        me chat.members;
        archived timestamptz;
      begin
        perform from chat.members m where m.tenant_id = tenant and m.room_id = room and m.user_id = who;
        if not found then perform chat.refuse('chat.room-not-found'); end if;
        select r.archived_at into archived from chat.rooms r where r.tenant_id = tenant and r.id = room for no key update;
        select m.* into me from chat.members m where m.tenant_id = tenant and m.room_id = room and m.user_id = who;
        if not found then perform chat.refuse('chat.room-not-found'); end if;
        if archived is not null then perform chat.refuse('chat.room-archived'); end if;
        return me;
      end $$`);
  }

  private async views(runner: QueryRunner): Promise<void> {
    // A message as it is now; its text is sealed under the name "<id>:<bodyId>".
    await runner.query(`create function chat.message_view(m chat.messages) returns jsonb language sql stable set search_path = pg_catalog as $$
      select jsonb_build_object('id', m.id, 'roomId', m.room_id, 'seq', m.seq, 'rev', m.rev, 'authorId', m.author_id,
        'clientMessageId', m.client_id, 'bodyId', m.body_id, 'body', m.body, 'replyTo', m.reply_to, 'threadId', m.thread_id,
        'mentions', m.mentions, 'edits', m.edits, 'editedAt', m.edited_at, 'deletedAt', m.deleted_at, 'pinnedAt', m.pinned_at,
        'createdAt', m.created_at,
        'reactions', (select coalesce(jsonb_agg(jsonb_build_object('emoji', g.emoji, 'count', g.count, 'userIds', g.user_ids) order by g.first, g.emoji), '[]')
          from (select x.emoji, count(*) as count, min(x.at) as first, (array_agg(x.user_id order by x.at, x.user_id))[1:20] as user_ids
            from chat.reactions x where x.tenant_id = m.tenant_id and x.message_id = m.id group by x.emoji) g))
      $$`);
    // An event with what it is about, as that is now.
    await runner.query(`create function chat.event_view(e chat.room_events) returns jsonb language sql stable set search_path = pg_catalog as $$
      select jsonb_build_object('roomId', e.room_id, 'seq', e.seq, 'type', e.type, 'at', e.at, 'actorId', e.actor_id,
        'messageId', e.message_id, 'data', e.payload,
        'message', (select chat.message_view(m) from chat.messages m where m.tenant_id = e.tenant_id and m.id = e.message_id))
      $$`);
    await runner.query(`create function chat.event_at(room uuid, number bigint) returns jsonb language sql stable set search_path = pg_catalog as $$
      select chat.event_view(e) from chat.room_events e where e.tenant_id = kernel.tenant_id() and e.room_id = room and e.seq = number
      $$`);
  }

  private async posting(runner: QueryRunner): Promise<void> {
    await runner.query(`create function chat.set_mentions(message uuid, room uuid, number bigint, mentioned uuid[]) returns void
      language plpgsql volatile set search_path = pg_catalog as $$
      begin
        -- Who was mentioned before may have left meanwhile.
        if exists (select from unnest(mentioned) as u where not exists (select from chat.members m
            where m.tenant_id = kernel.tenant_id() and m.room_id = room and m.user_id = u)
            and not exists (select from chat.mentions x where x.tenant_id = kernel.tenant_id() and x.message_id = message and x.user_id = u)) then
          perform chat.refuse('chat.mention-unknown');
        end if;
        delete from chat.mentions x where x.tenant_id = kernel.tenant_id() and x.message_id = message and not x.user_id = any(mentioned);
        insert into chat.mentions (tenant_id, user_id, room_id, seq, message_id)
          select kernel.tenant_id(), u, room, number, message from unnest(mentioned) as u on conflict do nothing;
      end $$`);
    // What is said in a private room is found by no search.
    await runner.query(`create function chat.words_of(room uuid, words text[]) returns tsvector language sql stable set search_path = pg_catalog as $$
      select array_to_tsvector(words) from chat.rooms r where r.tenant_id = kernel.tenant_id() and r.id = room and not r.private
      $$`);
    await runner.query(`create function chat.post_message(message uuid, room uuid, author uuid, client text, content bytea, said bytea, text_id uuid, sealed text,
        reply uuid, mentioned uuid[], words text[]) returns jsonb
      language plpgsql volatile set search_path = pg_catalog as $$
      declare
        tenant constant uuid := kernel.tenant_id();
        happened timestamptz;
        number bigint;
        root uuid;
      begin
        -- The first result of a message that is sent again is read by whoever sent it, once this try is undone.
        perform from chat.messages m where m.tenant_id = tenant and m.author_id = author and m.client_id = client;
        if found then perform chat.refuse('chat.sent-before'); end if;
        perform chat.enter(room, author);
        perform from chat.messages m where m.tenant_id = tenant and m.author_id = author and m.client_id = client;
        if found then perform chat.refuse('chat.sent-before'); end if;
        if reply is not null then
          select coalesce(m.thread_id, m.id) into root from chat.messages m
            where m.tenant_id = tenant and m.room_id = room and m.id = reply and m.deleted_at is null;
          if root is null then perform chat.refuse('chat.reply-unknown'); end if;
        end if;
        happened := kernel.now();
        number := chat.add_event(room, 'message.created', message, author, '{}', happened);
        insert into chat.messages (tenant_id, id, room_id, seq, author_id, client_id, digest, text_digest, body_id, body, reply_to, thread_id, mentions,
            rev, search, created_at)
          values (tenant, message, room, number, author, client, content, said, text_id, sealed, reply, root, mentioned, number,
            chat.words_of(room, words), happened);
        if cardinality(mentioned) > 0 then perform chat.set_mentions(message, room, number, mentioned); end if;
        return chat.event_at(room, number);
      end $$`);
  }

  private async changing(runner: QueryRunner): Promise<void> {
    // A message that may be changed, in a room that is locked.
    await runner.query(`create function chat.take_message(room uuid, message uuid) returns chat.messages
      language plpgsql volatile set search_path = pg_catalog as $$
      declare
        found_message chat.messages;
      begin
        select m.* into found_message from chat.messages m
          where m.tenant_id = kernel.tenant_id() and m.id = message and m.room_id = room;
        if not found then perform chat.refuse('chat.message-not-found'); end if;
        return found_message;
      end $$`);
    await runner.query(`create function chat.edit_message(room uuid, message uuid, who uuid, said bytea, text_id uuid, sealed text,
        mentioned uuid[], words text[]) returns jsonb
      language plpgsql volatile set search_path = pg_catalog as $$
      declare
        tenant constant uuid := kernel.tenant_id();
        old chat.messages;
        happened timestamptz;
        number bigint;
      begin
        perform chat.enter(room, who);
        old := chat.take_message(room, message);
        if old.deleted_at is not null then perform chat.refuse('chat.message-deleted'); end if;
        if old.author_id <> who then perform chat.refuse('chat.not-yours'); end if;
        if old.text_digest = said then return jsonb_build_object('unchanged', chat.event_at(room, old.rev)); end if;
        if old.edits >= 100 then perform chat.refuse('chat.too-many-edits'); end if;
        happened := kernel.now();
        number := chat.add_event(room, 'message.edited', message, who, '{}', happened);
        insert into chat.message_edits (tenant_id, message_id, revision, body_id, body, at)
          values (tenant, message, old.edits, old.body_id, old.body, happened);
        perform chat.set_mentions(message, room, old.seq, mentioned);
        update chat.messages m set text_digest = said, body_id = text_id, body = sealed, mentions = mentioned, rev = number,
            edits = old.edits + 1, edited_at = happened, search = chat.words_of(room, words)
          where m.tenant_id = tenant and m.id = message;
        return chat.event_at(room, number);
      end $$`);
    await runner.query(`create function chat.delete_message(room uuid, message uuid, who uuid) returns jsonb
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
        number := chat.add_event(room, 'message.deleted', message, who, '{}', happened);
        delete from chat.message_edits x where x.tenant_id = tenant and x.message_id = message;
        delete from chat.mentions x where x.tenant_id = tenant and x.message_id = message;
        delete from chat.reactions x where x.tenant_id = tenant and x.message_id = message;
        update chat.messages m set body_id = null, body = null, search = null, mentions = '{}', pinned_at = null, pinned_by = null,
            rev = number, deleted_at = happened, deleted_by = who
          where m.tenant_id = tenant and m.id = message;
        return chat.event_at(room, number);
      end $$`);
  }

  private async reacting(runner: QueryRunner): Promise<void> {
    await runner.query(`create function chat.react(room uuid, message uuid, who uuid, sign text, wanted boolean) returns jsonb
      language plpgsql volatile set search_path = pg_catalog as $$
      declare
        tenant constant uuid := kernel.tenant_id();
        old chat.messages;
        there boolean;
        happened timestamptz;
        number bigint;
      begin
        perform chat.enter(room, who);
        old := chat.take_message(room, message);
        if old.deleted_at is not null then perform chat.refuse('chat.message-deleted'); end if;
        there := exists (select from chat.reactions x
          where x.tenant_id = tenant and x.message_id = message and x.emoji = sign and x.user_id = who);
        if there = wanted then return jsonb_build_object('unchanged', chat.event_at(room, old.rev)); end if;
        happened := kernel.now();
        if wanted then
          if (select count(distinct x.emoji) from chat.reactions x where x.tenant_id = tenant and x.message_id = message and x.emoji <> sign) >= 20 then
            perform chat.refuse('chat.too-many-emojis');
          end if;
          insert into chat.reactions (tenant_id, message_id, emoji, user_id, at) values (tenant, message, sign, who, happened);
        else
          delete from chat.reactions x where x.tenant_id = tenant and x.message_id = message and x.emoji = sign and x.user_id = who;
        end if;
        number := chat.add_event(room, case when wanted then 'reaction.added' else 'reaction.removed' end, message, who,
          jsonb_build_object('emoji', sign), happened);
        update chat.messages m set rev = number where m.tenant_id = tenant and m.id = message;
        return chat.event_at(room, number);
      end $$`);
    await runner.query(`create function chat.pin_message(room uuid, message uuid, who uuid, wanted boolean) returns jsonb
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
        if old.deleted_at is not null then perform chat.refuse('chat.message-deleted'); end if;
        if me.role = 'member' and (select r.type = 'channel' from chat.rooms r where r.tenant_id = tenant and r.id = room) then
          perform chat.refuse('chat.moderators-only');
        end if;
        if (old.pinned_at is not null) = wanted then return jsonb_build_object('unchanged', chat.event_at(room, old.rev)); end if;
        if wanted and (select count(*) from chat.messages m where m.tenant_id = tenant and m.room_id = room and m.pinned_at is not null) >= 50 then
          perform chat.refuse('chat.too-many-pins');
        end if;
        happened := kernel.now();
        number := chat.add_event(room, case when wanted then 'message.pinned' else 'message.unpinned' end, message, who, '{}', happened);
        update chat.messages m set rev = number, pinned_at = case when wanted then happened end, pinned_by = case when wanted then who end
          where m.tenant_id = tenant and m.id = message;
        return chat.event_at(room, number);
      end $$`);
  }

  private async reading(runner: QueryRunner): Promise<void> {
    // Messages of others beyond what was read; more than a hundred are a hundred.
    await runner.query(`create function chat.unread(room uuid, who uuid, beyond bigint) returns int language sql stable set search_path = pg_catalog as $$
      select count(*)::int from (select from chat.messages m where m.tenant_id = kernel.tenant_id() and m.room_id = room
        and m.seq > beyond and m.author_id <> who and m.deleted_at is null limit 100) as others
      $$`);
    await runner.query(`create function chat.unread_mentions(room uuid, who uuid, beyond bigint) returns int language sql stable set search_path = pg_catalog as $$
      select count(*)::int from (select from chat.mentions x where x.tenant_id = kernel.tenant_id() and x.user_id = who and x.room_id = room
        and x.seq > beyond limit 100) as mine
      $$`);
    // How far somebody has read: forward only, unless it is marked unread from a message on. Never beyond what there is.
    await runner.query(`create function chat.set_read(room uuid, who uuid, number bigint, kind text) returns jsonb
      language plpgsql volatile set search_path = pg_catalog as $$
      declare
        tenant constant uuid := kernel.tenant_id();
        before chat.members;
        me chat.members;
        head bigint;
        people int;
        target bigint;
      begin
        select m.* into before from chat.members m where m.tenant_id = tenant and m.room_id = room and m.user_id = who for no key update;
        if not found then perform chat.refuse('chat.room-not-found'); end if;
        select r.last_seq, r.members into head, people from chat.rooms r where r.tenant_id = tenant and r.id = room;
        target := least(number, head);
        update chat.members m set
            read_seq = case kind when 'public' then greatest(m.read_seq, target) when 'unread' then least(m.read_seq, target) else m.read_seq end,
            private_read_seq = case kind when 'private' then greatest(m.private_read_seq, target)
              when 'unread' then least(m.private_read_seq, target) else m.private_read_seq end,
            read_at = case when kind = 'public' and target > m.read_seq then kernel.now() else m.read_at end
          where m.tenant_id = tenant and m.room_id = room and m.user_id = who returning m.* into me;
        return jsonb_build_object('roomId', room, 'readSeq', me.read_seq, 'privateReadSeq', me.private_read_seq, 'lastSeq', head, 'members', people,
          'shown', me.read_seq <> before.read_seq,
          'unread', chat.unread(room, who, greatest(me.read_seq, me.private_read_seq)),
          'mentions', chat.unread_mentions(room, who, greatest(me.read_seq, me.private_read_seq)));
      end $$`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop schema chat cascade');
  }
}
