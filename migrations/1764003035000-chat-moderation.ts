import type { MigrationInterface, QueryRunner } from 'typeorm';
import { tenantTable, wall } from '../src/kernel/database/migration-kit';

/** Reports, what is hidden, who may not speak or come back for a time, and words that are refused, masked or flagged. */
export class ChatModeration1764003035000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `alter table chat.messages add column hidden_at timestamptz, add column hidden_by uuid,
         add constraint messages_hidden check (hidden_at is null or pinned_at is null)`,
    );
    await runner.query(`alter table chat.members add column muted_until timestamptz`);
    await this.tables(runner);
    await this.views(runner);
    await this.entering(runner);
    await this.hiding(runner);
    await this.reporting(runner);
  }

  private async tables(runner: QueryRunner): Promise<void> {
    await runner.query(
      `create table chat.bans (tenant_id uuid not null, room_id uuid not null, user_id uuid not null, until timestamptz not null,
         reason text check (length(reason) between 1 and 200), banned_by uuid not null, created_at timestamptz not null,
         primary key (tenant_id, room_id, user_id),
         foreign key (tenant_id, room_id) references chat.rooms (tenant_id, id) on delete cascade)`,
    );
    await wall(runner, 'chat.bans');
    await runner.query(`grant select, insert, update, delete on chat.bans to mainstay_app`);
    // What was reported is kept as it was sealed then, so that its author takes nothing back while it is judged. Who is
    // null where a rule of words says so.
    await tenantTable(
      runner,
      'chat.reports',
      `room_id uuid not null, message_id uuid not null, reporter_id uuid,
       reason text not null check (reason in ('spam', 'abuse', 'illegal', 'other', 'words')), note text,
       body_id uuid not null, body text, state text not null default 'open' check (state in ('open', 'dismissed', 'upheld')),
       created_at timestamptz not null, decided_at timestamptz, decided_by uuid,
       constraint reports_once unique nulls not distinct (tenant_id, message_id, reporter_id),
       check ((state = 'open') = (decided_at is null)),
       foreign key (tenant_id, message_id) references chat.messages (tenant_id, id) on delete cascade`,
    );
    await runner.query(`comment on column chat.reports.body is 'pii:content'`);
    await runner.query(`comment on column chat.reports.note is 'pii:content'`);
    await runner.query(`create index reports_in_order on chat.reports (tenant_id, state, created_at, id)`);
    await tenantTable(
      runner,
      'chat.word_rules',
      `words text not null check (length(words) between 1 and 100), folded text collate "C" not null check (length(folded) > 0),
       within_words boolean not null, action text not null check (action in ('block', 'mask', 'flag')), created_by uuid,
       created_at timestamptz not null, updated_at timestamptz not null,
       constraint word_rules_once unique (tenant_id, folded, within_words)`,
    );
  }

  private async views(runner: QueryRunner): Promise<void> {
    // Of a hidden message its place is left, as of a deleted one; but it may be shown again.
    await runner.query(`create or replace function chat.message_view(m chat.messages) returns jsonb language sql stable set search_path = pg_catalog as $$
      select jsonb_build_object('id', m.id, 'roomId', m.room_id, 'seq', m.seq, 'rev', m.rev, 'authorId', m.author_id,
        'clientMessageId', m.client_id, 'bodyId', case when m.hidden_at is null then m.body_id end,
        'body', case when m.hidden_at is null then m.body end, 'replyTo', m.reply_to, 'threadId', m.thread_id,
        'mentions', case when m.hidden_at is null then m.mentions else '{}' end,
        'fileIds', case when m.hidden_at is null then m.file_ids else '{}' end, 'edits', m.edits, 'editedAt', m.edited_at,
        'deletedAt', m.deleted_at, 'hiddenAt', m.hidden_at, 'pinnedAt', m.pinned_at, 'createdAt', m.created_at,
        'reactions', case when m.hidden_at is not null then '[]' else
          (select coalesce(jsonb_agg(jsonb_build_object('emoji', g.emoji, 'count', g.count, 'userIds', g.user_ids) order by g.first, g.emoji), '[]')
          from (select x.emoji, count(*) as count, min(x.at) as first, (array_agg(x.user_id order by x.at, x.user_id))[1:20] as user_ids
            from chat.reactions x where x.tenant_id = m.tenant_id and x.message_id = m.id group by x.emoji) g) end)
      $$`);
    await runner.query(`create or replace function chat.unread(room uuid, who uuid, beyond bigint) returns int language sql stable set search_path = pg_catalog as $$
      select count(*)::int from (select from chat.messages m where m.tenant_id = kernel.tenant_id() and m.room_id = room
        and m.seq > beyond and m.author_id <> who and m.deleted_at is null and m.hidden_at is null limit 100) as others
      $$`);
  }

  private async entering(runner: QueryRunner): Promise<void> {
    await runner.query(`alter function chat.enter(uuid, uuid) rename to enter_quietly`);
    // Whoever is muted reads, and takes back what it said.
    await runner.query(`create function chat.enter(room uuid, who uuid) returns chat.members
      language plpgsql volatile set search_path = pg_catalog as $$
      declare
        me chat.members := chat.enter_quietly(room, who);
      begin
        if me.muted_until > kernel.now() then perform chat.refuse('chat.muted'); end if;
        return me;
      end $$`);
    await runner.query(`create or replace function chat.take_message(room uuid, message uuid) returns chat.messages
      language plpgsql volatile set search_path = pg_catalog as $$
      declare
        found_message chat.messages;
      begin
        select m.* into found_message from chat.messages m
          where m.tenant_id = kernel.tenant_id() and m.id = message and m.room_id = room;
        if not found then perform chat.refuse('chat.message-not-found'); end if;
        if found_message.hidden_at is not null then perform chat.refuse('chat.message-hidden'); end if;
        return found_message;
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
        me := chat.enter_quietly(room, who);
        select m.* into old from chat.messages m where m.tenant_id = tenant and m.id = message and m.room_id = room;
        if not found then perform chat.refuse('chat.message-not-found'); end if;
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

  private async hiding(runner: QueryRunner): Promise<void> {
    // Locks a room for somebody who looks after it, or after all of them. Whoever is in none of both sees no room.
    await runner.query(`create function chat.enter_as_moderator(room uuid, who uuid, over_all boolean) returns void
      language plpgsql volatile set search_path = pg_catalog as $$
      declare
        tenant constant uuid := kernel.tenant_id();
        rank text;
      begin
        if not over_all then
          perform from chat.members m where m.tenant_id = tenant and m.room_id = room and m.user_id = who;
          if not found then perform chat.refuse('chat.room-not-found'); end if;
        end if;
        perform from chat.rooms r where r.tenant_id = tenant and r.id = room for no key update;
        if not found then perform chat.refuse('chat.room-not-found'); end if;
        if over_all then return; end if;
        select m.role into rank from chat.members m where m.tenant_id = tenant and m.room_id = room and m.user_id = who;
        if rank is null then perform chat.refuse('chat.room-not-found'); end if;
        if rank not in ('owner', 'moderator') then perform chat.refuse('chat.moderators-only'); end if;
      end $$`);
    await runner.query(`create function chat.hide_message(room uuid, message uuid, who uuid, over_all boolean, wanted boolean) returns jsonb
      language plpgsql volatile set search_path = pg_catalog as $$
      declare
        tenant constant uuid := kernel.tenant_id();
        old chat.messages;
        happened timestamptz;
        number bigint;
      begin
        perform chat.enter_as_moderator(room, who, over_all);
        select m.* into old from chat.messages m where m.tenant_id = tenant and m.id = message and m.room_id = room;
        if not found then perform chat.refuse('chat.message-not-found'); end if;
        if old.deleted_at is not null then perform chat.refuse('chat.message-deleted'); end if;
        if (old.hidden_at is not null) = wanted then return jsonb_build_object('unchanged', chat.event_at(room, old.rev)); end if;
        happened := kernel.now();
        number := chat.add_event(room, case when wanted then 'message.hidden' else 'message.shown' end, message, who, '{}', happened);
        update chat.messages m set rev = number, hidden_at = case when wanted then happened end, hidden_by = case when wanted then who end,
            pinned_at = null, pinned_by = null
          where m.tenant_id = tenant and m.id = message;
        -- What nobody sees mentions nobody.
        if wanted then
          delete from chat.mentions x where x.tenant_id = tenant and x.message_id = message;
        else
          insert into chat.mentions (tenant_id, user_id, room_id, seq, message_id)
            select tenant, u, room, old.seq, message from unnest(old.mentions) as u on conflict do nothing;
        end if;
        return chat.event_at(room, number);
      end $$`);
  }

  private async reporting(runner: QueryRunner): Promise<void> {
    await runner.query(`create function chat.report_view(r chat.reports) returns jsonb language sql stable set search_path = pg_catalog as $$
      select jsonb_build_object('id', r.id, 'roomId', r.room_id, 'messageId', r.message_id, 'seq', m.seq, 'authorId', m.author_id,
        'reporterId', r.reporter_id, 'reason', r.reason, 'note', r.note, 'bodyId', case when r.body is null then m.body_id else r.body_id end,
        'body', coalesce(r.body, m.body), 'state', r.state, 'createdAt', r.created_at, 'decidedAt', r.decided_at, 'decidedBy', r.decided_by,
        'hiddenAt', m.hidden_at, 'deletedAt', m.deleted_at)
      from chat.messages m where m.tenant_id = r.tenant_id and m.id = r.message_id
      $$`);
    // One report a person and message; what was decided is open again where the message says something else since.
    await runner.query(`create function chat.report_message(report uuid, room uuid, message uuid, who uuid, why text, told text) returns jsonb
      language plpgsql volatile set search_path = pg_catalog as $$
      declare
        tenant constant uuid := kernel.tenant_id();
        old chat.messages;
        made chat.reports;
      begin
        perform from chat.members m where m.tenant_id = tenant and m.room_id = room and m.user_id = who;
        if not found then perform chat.refuse('chat.room-not-found'); end if;
        select m.* into old from chat.messages m where m.tenant_id = tenant and m.id = message and m.room_id = room for key share;
        if not found then perform chat.refuse('chat.message-not-found'); end if;
        if old.author_id = who then perform chat.refuse('chat.own-message'); end if;
        if old.deleted_at is not null then perform chat.refuse('chat.message-deleted'); end if;
        insert into chat.reports as r (tenant_id, id, room_id, message_id, reporter_id, reason, note, body_id, body, created_at)
          values (tenant, report, room, message, who, why, told, old.body_id, old.body, kernel.now())
          on conflict (tenant_id, message_id, reporter_id) do update set reason = excluded.reason, note = excluded.note,
            body_id = excluded.body_id, body = excluded.body, state = 'open', created_at = excluded.created_at, decided_at = null, decided_by = null
          where r.state <> 'open' and r.body_id <> excluded.body_id;
        select r.* into made from chat.reports r where r.tenant_id = tenant and r.message_id = message and r.reporter_id = who;
        return chat.report_view(made);
      end $$`);
    // All open reports of a message are decided together; upheld, the message is hidden in the same commit.
    await runner.query(`create function chat.decide_report(report uuid, who uuid, over_all boolean, upheld boolean) returns jsonb
      language plpgsql volatile set search_path = pg_catalog as $$
      declare
        tenant constant uuid := kernel.tenant_id();
        about chat.reports;
        hidden jsonb;
      begin
        select r.* into about from chat.reports r where r.tenant_id = tenant and r.id = report;
        if not found or not (over_all or exists (select from chat.members m where m.tenant_id = tenant and m.room_id = about.room_id
            and m.user_id = who and m.role in ('owner', 'moderator'))) then
          perform chat.refuse('chat.report-not-found');
        end if;
        perform chat.enter_as_moderator(about.room_id, who, over_all);
        select r.* into about from chat.reports r where r.tenant_id = tenant and r.id = report for update;
        if not found then perform chat.refuse('chat.report-not-found'); end if;
        if about.state <> 'open' then perform chat.refuse('chat.report-decided'); end if;
        update chat.reports r set state = case when upheld then 'upheld' else 'dismissed' end, decided_at = kernel.now(), decided_by = who, body = null
          where r.tenant_id = tenant and r.message_id = about.message_id and r.state = 'open';
        if upheld and exists (select from chat.messages m where m.tenant_id = tenant and m.id = about.message_id and m.deleted_at is null) then
          hidden := chat.hide_message(about.room_id, about.message_id, who, over_all, true);
        end if;
        select r.* into about from chat.reports r where r.tenant_id = tenant and r.id = report;
        return jsonb_build_object('report', chat.report_view(about), 'event', case when not hidden ? 'unchanged' then hidden end);
      end $$`);
  }

  /** What is hidden stays marked: the columns of messages stay, as the views name them. */
  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop function chat.decide_report(uuid, uuid, boolean, boolean)');
    await runner.query('drop function chat.report_message(uuid, uuid, uuid, uuid, text, text)');
    await runner.query('drop function chat.report_view(chat.reports)');
    await runner.query('drop function chat.hide_message(uuid, uuid, uuid, boolean, boolean)');
    await runner.query('drop function chat.enter_as_moderator(uuid, uuid, boolean)');
    await runner.query('drop function chat.enter(uuid, uuid)');
    await runner.query('alter function chat.enter_quietly(uuid, uuid) rename to enter');
    for (const table of ['word_rules', 'reports', 'bans']) await runner.query(`drop table chat.${table}`);
  }
}
