import type { MigrationInterface, QueryRunner } from 'typeorm';
import { wall } from '../src/kernel/database/migration-kit';

/**
 * Whoever is called to order does not undo it: mutes outlive a membership, what was decided over all rooms is lifted there
 * alone, and nobody judges what they said. With it the bounds of searching, reading and scheduling.
 */
export class ChatOrder1764003036000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await this.mutes(runner);
    await runner.query(`alter table chat.bans add column if not exists over_all boolean not null default false`);
    await runner.query(
      `alter table chat.messages add column if not exists hidden_over_all boolean not null default false`,
    );
    await runner.query(`comment on column chat.bans.reason is 'pii:content'`);
    // Rules of before stay as they are.
    await runner.query(
      `alter table chat.word_rules add constraint word_rules_bounded check (length(folded) <= 200) not valid`,
    );
    // The timer that waits for it, to be taken back with it.
    await runner.query(`alter table chat.scheduled_messages add column if not exists timer_id uuid`);
    await this.hiding(runner);
    await this.deciding(runner);
    await this.reading(runner);
    await this.searching(runner);
    await this.forgetting(runner);
  }

  private async mutes(runner: QueryRunner): Promise<void> {
    // `members.muted_until` is what writers ask; it is set from here when somebody comes into the room.
    await runner.query(
      `create table chat.mutes (tenant_id uuid not null, room_id uuid not null, user_id uuid not null, until timestamptz not null,
         over_all boolean not null, muted_by uuid, created_at timestamptz not null,
         primary key (tenant_id, room_id, user_id),
         foreign key (tenant_id, room_id) references chat.rooms (tenant_id, id) on delete cascade)`,
    );
    await runner.query(
      `insert into chat.mutes (tenant_id, room_id, user_id, until, over_all, created_at)
       select tenant_id, room_id, user_id, muted_until, false, kernel.now() from chat.members where muted_until > kernel.now()`,
    );
    await wall(runner, 'chat.mutes');
    await runner.query(`grant select, insert, update, delete on chat.mutes to mainstay_app`);
  }

  private async hiding(runner: QueryRunner): Promise<void> {
    await runner.query(`create or replace function chat.hide_message(room uuid, message uuid, who uuid, over_all boolean, wanted boolean) returns jsonb
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
        if not over_all and old.author_id = who then perform chat.refuse('chat.about-oneself'); end if;
        if not over_all and old.hidden_over_all and not wanted then perform chat.refuse('chat.decided-over-all'); end if;
        if (old.hidden_at is not null) = wanted then
          if wanted and over_all and not old.hidden_over_all then
            update chat.messages m set hidden_over_all = true where m.tenant_id = tenant and m.id = message;
          end if;
          return jsonb_build_object('unchanged', chat.event_at(room, old.rev));
        end if;
        happened := kernel.now();
        number := chat.add_event(room, case when wanted then 'message.hidden' else 'message.shown' end, message, who, '{}', happened);
        update chat.messages m set rev = number, hidden_at = case when wanted then happened end, hidden_by = case when wanted then who end,
            hidden_over_all = wanted and over_all, pinned_at = null, pinned_by = null
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

  private async deciding(runner: QueryRunner): Promise<void> {
    // Of reports about what they said, authors see nothing; the same decision of the same moderator is answered again.
    await runner.query(`create or replace function chat.decide_report(report uuid, who uuid, over_all boolean, upheld boolean) returns jsonb
      language plpgsql volatile set search_path = pg_catalog as $$
      declare
        tenant constant uuid := kernel.tenant_id();
        about chat.reports;
        hidden jsonb;
      begin
        select r.* into about from chat.reports r where r.tenant_id = tenant and r.id = report;
        if not found or not (over_all or (
            exists (select from chat.members m where m.tenant_id = tenant and m.room_id = about.room_id and m.user_id = who
              and m.role in ('owner', 'moderator'))
            and not exists (select from chat.messages m where m.tenant_id = tenant and m.id = about.message_id and m.author_id = who))) then
          perform chat.refuse('chat.report-not-found');
        end if;
        perform chat.enter_as_moderator(about.room_id, who, over_all);
        select r.* into about from chat.reports r where r.tenant_id = tenant and r.id = report for update;
        if not found then perform chat.refuse('chat.report-not-found'); end if;
        if about.state <> 'open' then
          if about.decided_by = who and (about.state = 'upheld') = upheld then
            return jsonb_build_object('report', chat.report_view(about), 'event', null);
          end if;
          perform chat.refuse('chat.report-decided');
        end if;
        update chat.reports r set state = case when upheld then 'upheld' else 'dismissed' end, decided_at = kernel.now(), decided_by = who, body = null
          where r.tenant_id = tenant and r.message_id = about.message_id and r.state = 'open';
        if upheld and exists (select from chat.messages m where m.tenant_id = tenant and m.id = about.message_id and m.deleted_at is null) then
          hidden := chat.hide_message(about.room_id, about.message_id, who, over_all, true);
        end if;
        select r.* into about from chat.reports r where r.tenant_id = tenant and r.id = report;
        return jsonb_build_object('report', chat.report_view(about), 'event', case when not hidden ? 'unchanged' then hidden end);
      end $$`);
  }

  private async reading(runner: QueryRunner): Promise<void> {
    // Whoever is taken out of a room meanwhile is waited for, and the room left out.
    await runner.query(`create or replace function chat.set_reads(who uuid, wanted jsonb) returns jsonb
      language plpgsql volatile set search_path = pg_catalog as $$
      declare
        one record;
        places jsonb := '[]';
      begin
        for one in select w.* from jsonb_to_recordset(wanted) as w("roomId" uuid, seq bigint, kind text)
            join chat.members m on m.tenant_id = kernel.tenant_id() and m.room_id = w."roomId" and m.user_id = who
            order by w."roomId" for no key update of m loop
          places := places || chat.set_read(one."roomId", who, one.seq, one.kind);
        end loop;
        return places;
      end $$`);
  }

  private async searching(runner: QueryRunner): Promise<void> {
    await runner.query(`create or replace function chat.find_by_words(rooms uuid[], words tsquery, most int)
      returns table (id uuid, said_at timestamptz) language plpgsql stable rows 100
      set search_path = pg_catalog, pg_temp set enable_seqscan = off as $$
      begin
        return query select f.id, f.said_at from unnest(rooms) as r(id) cross join lateral (
            select x.id, x.said_at from (
              select m.id, m.created_at as said_at from chat.messages m
              where m.room_id::text = r.id::text and m.search is not null and m.search @@ words
                and m.tenant_id is not distinct from kernel.tenant_id() and m.hidden_at is null offset 0) x
            order by x.said_at desc, x.id desc limit most) f
          order by f.said_at desc, f.id desc limit most;
      end $$`);
    // Tenant and membership first, of the rooms in which something was said last. It runs past the wall, and is replaced in
    // place: owner and grants stay.
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
        select array_agg(mine.id) into rooms from (
          select r.id from chat.members me join chat.rooms r on r.tenant_id = me.tenant_id and r.id = me.room_id
          where me.tenant_id = kernel.tenant_id() and me.user_id = who and not r.private and (in_room is null or r.id = in_room)
          order by r.last_event_at desc, r.id limit 500) mine;
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

  private async forgetting(runner: QueryRunner): Promise<void> {
    await runner.query(`create index scheduled_of_person on chat.scheduled_messages (author_id)`);
    await runner.query(`create index notes_of_person on chat.reports (reporter_id) where note is not null`);
    await runner.query(`create index bans_of_person on chat.bans (user_id) where reason is not null`);
    // The owner may read beneath the wall, to find where there is something to forget; it is forgotten tenant by tenant.
    await runner.query(`create function chat.tenants_of_person(person uuid) returns table (id uuid)
      language sql stable security definer set search_path = pg_catalog as $$
        select s.tenant_id from chat.scheduled_messages s where s.author_id = person
        union select r.tenant_id from chat.reports r where r.reporter_id = person and r.note is not null
        union select b.tenant_id from chat.bans b where b.user_id = person and b.reason is not null
      $$`);
    await runner.query('revoke execute on function chat.tenants_of_person(uuid) from public');
    await runner.query('grant execute on function chat.tenants_of_person(uuid) to mainstay_app');
  }

  /** Functions and columns stay: they answer the former release alike. */
  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop function chat.tenants_of_person(uuid)');
    for (const index of ['scheduled_of_person', 'notes_of_person', 'bans_of_person'])
      await runner.query(`drop index chat.${index}`);
    await runner.query('alter table chat.word_rules drop constraint word_rules_bounded');
    await runner.query('drop table chat.mutes');
  }
}
