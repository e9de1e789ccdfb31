import type { MigrationInterface, QueryRunner } from 'typeorm';
import { wall } from '../src/kernel/database/migration-kit';

/** How far threads are read, and many rooms read in one statement. */
export class ChatReading1764003035300 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `create table chat.thread_reads (tenant_id uuid not null, room_id uuid not null, thread_id uuid not null, user_id uuid not null,
         read_seq bigint not null, primary key (tenant_id, thread_id, user_id),
         foreign key (tenant_id, thread_id) references chat.messages (tenant_id, id) on delete cascade,
         foreign key (tenant_id, room_id, user_id) references chat.members (tenant_id, room_id, user_id) on delete cascade)`,
    );
    await wall(runner, 'chat.thread_reads');
    await runner.query(`grant select, insert, update, delete on chat.thread_reads to mainstay_app`);
    await runner.query(
      `create index thread_reads_of_member on chat.thread_reads (tenant_id, room_id, user_id, thread_id)`,
    );
    // Answers of others beyond what was read of the thread, and of its room; more than a hundred are a hundred.
    await runner.query(`create function chat.thread_place(room uuid, thread uuid, who uuid) returns jsonb language sql stable set search_path = pg_catalog as $$
      select jsonb_build_object('roomId', room, 'threadId', thread, 'readSeq', p.beyond, 'unread', (select count(*) from (
        select from chat.messages m where m.tenant_id = kernel.tenant_id() and m.thread_id = thread and m.room_id = room and m.seq > p.beyond
          and m.author_id <> who and m.deleted_at is null and m.hidden_at is null limit 100) as others))
      from (select greatest(me.read_seq, me.private_read_seq, coalesce((select x.read_seq from chat.thread_reads x
          where x.tenant_id = kernel.tenant_id() and x.thread_id = thread and x.user_id = who), 0)) as beyond
        from chat.members me where me.tenant_id = kernel.tenant_id() and me.room_id = room and me.user_id = who) p
      where exists (select from chat.messages m where m.tenant_id = kernel.tenant_id() and m.room_id = room and m.id = thread and m.thread_id is null)
      $$`);
    // Forward only, and never beyond what there is.
    await runner.query(`create function chat.set_thread_read(room uuid, thread uuid, who uuid, number bigint) returns jsonb
      language plpgsql volatile set search_path = pg_catalog as $$
      declare
        tenant constant uuid := kernel.tenant_id();
        head bigint;
      begin
        perform from chat.members m where m.tenant_id = tenant and m.room_id = room and m.user_id = who for key share;
        if not found then perform chat.refuse('chat.room-not-found'); end if;
        perform from chat.messages m where m.tenant_id = tenant and m.room_id = room and m.id = thread and m.thread_id is null;
        if not found then perform chat.refuse('chat.message-not-found'); end if;
        select r.last_seq into head from chat.rooms r where r.tenant_id = tenant and r.id = room;
        insert into chat.thread_reads as x (tenant_id, room_id, thread_id, user_id, read_seq) values (tenant, room, thread, who, least(number, head))
          on conflict (tenant_id, thread_id, user_id) do update set read_seq = greatest(x.read_seq, excluded.read_seq);
        return chat.thread_place(room, thread, who);
      end $$`);
    // In the order of the rooms' ids; rooms that one is not in are left out.
    await runner.query(`create function chat.set_reads(who uuid, wanted jsonb) returns jsonb
      language plpgsql volatile set search_path = pg_catalog as $$
      declare
        one record;
        places jsonb := '[]';
      begin
        for one in select w.* from jsonb_to_recordset(wanted) as w("roomId" uuid, seq bigint, kind text)
            join chat.members m on m.tenant_id = kernel.tenant_id() and m.room_id = w."roomId" and m.user_id = who order by w."roomId" loop
          places := places || chat.set_read(one."roomId", who, one.seq, one.kind);
        end loop;
        return places;
      end $$`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop function chat.set_reads(uuid, jsonb)');
    await runner.query('drop function chat.set_thread_read(uuid, uuid, uuid, bigint)');
    await runner.query('drop function chat.thread_place(uuid, uuid, uuid)');
    await runner.query('drop table chat.thread_reads');
  }
}
