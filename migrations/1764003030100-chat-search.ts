import type { MigrationInterface, QueryRunner } from 'typeorm';
import { searchable, wall } from '../src/kernel/database/migration-kit';

/** How a tenant's chat works, and the search over what is said in it. */
export class ChatSearch1764003030100 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    // One row a tenant; where there is none, the defaults of the code hold.
    await runner.query(
      `create table chat.settings (tenant_id uuid not null primary key,
         search text not null check (search in ('blind', 'plain', 'off')), customers_may_meet boolean not null,
         updated_at timestamptz not null)`,
    );
    await wall(runner, 'chat.settings');
    await runner.query(`grant select, insert, update, delete on chat.settings to mainstay_app`);
    await runner.query(
      `create index messages_words on chat.messages using gin (tenant_id, room_id, search) where search is not null`,
    );
    for (const table of ['rooms', 'members', 'messages']) await searchable(runner, `chat.${table}`);
    await runner.query(`grant usage on schema kernel to mainstay_search`);
    // Tenant and membership first: the newest messages of each of somebody's rooms, then the newest of all. The words are
    // seen by the planner, which reads a room backwards for those that are common, and looks the others up.
    await runner.query(`create function chat.find_messages(who uuid, words text, in_room uuid, most int)
      returns table (id uuid, said_at timestamptz) language plpgsql stable security definer rows 100
      set search_path = pg_catalog, pg_temp as $$
      begin
        return query execute '
          with mine as materialized (
            select r.id from chat.members me join chat.rooms r on r.tenant_id = me.tenant_id and r.id = me.room_id
            where me.tenant_id = $1 and me.user_id = $2 and not r.private and ($3 is null or r.id = $3))
          select f.id, f.created_at from mine cross join lateral (
            select m.id, m.created_at from chat.messages m
            where m.tenant_id = $1 and m.room_id = mine.id and m.search is not null and m.search @@ $4
            order by m.seq desc limit $5) f
          order by f.created_at desc, f.id desc limit $5'
        using kernel.tenant_id(), who, in_room, words::tsquery, most;
      end $$`);
    const signature = 'chat.find_messages(uuid, text, uuid, int)';
    await runner.query(`revoke execute on function ${signature} from public`);
    await runner.query(`grant execute on function ${signature} to mainstay_app`);
    await runner.query(`grant create on schema chat to mainstay_search`);
    await runner.query(`alter function ${signature} owner to mainstay_search`);
    await runner.query(`revoke create on schema chat from mainstay_search`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop function chat.find_messages(uuid, text, uuid, int)');
    await runner.query('drop index chat.messages_words');
    await runner.query('drop table chat.settings');
    for (const table of ['rooms', 'members', 'messages']) await runner.query(`drop policy search on chat.${table}`);
  }
}
