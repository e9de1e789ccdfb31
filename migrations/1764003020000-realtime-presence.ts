import type { MigrationInterface, QueryRunner } from 'typeorm';
import { platformTable, tenantTable } from '../src/kernel/database/migration-kit';

/**
 * Who is connected where. Processes hold a lease, connections live as long as their process's lease, and a user is
 * online while a connection of a leased process says so. Everything here is about this moment: the tables are not
 * logged, and a database that crashed is told anew by the next beat. Leases follow the machine's time: who moves the
 * kernel's clock ends no process.
 */
export class RealtimePresence1764003020000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await platformTable(
      runner,
      'realtime.nodes',
      `id uuid primary key, started_at timestamptz not null, seen_at timestamptz not null, host text not null`,
      'the processes that hold sockets, with the time of their last beat; written by them, of no tenant',
      { grants: ['select'] },
    );
    await tenantTable(
      runner,
      'realtime.connections',
      `node_id uuid not null, user_id uuid, session_id uuid not null, person boolean not null, away boolean not null,
       address text not null, client text, connected_at timestamptz not null, gone_at timestamptz`,
      { grants: ['select'] },
    );
    await runner.query(`create index connections_user on realtime.connections (tenant_id, user_id)`);
    await runner.query(`create index connections_node on realtime.connections (node_id)`);
    await runner.query(`create index connections_gone on realtime.connections (gone_at) where gone_at is not null`);
    await runner.query(`comment on column realtime.connections.address is 'pii:address'`);
    await tenantTable(runner, 'realtime.presences', `state text not null, changed_at timestamptz not null`, {
      grants: ['select'],
    });
    await runner.query(
      `comment on table realtime.presences is 'What was last told of a user (id): online, away, offline'`,
    );
    await runner.query(`create index presences_offline on realtime.presences (changed_at) where state = 'offline'`);
    for (const table of ['nodes', 'connections', 'presences'])
      await runner.query(`alter table realtime.${table} set unlogged`);
    // The functions below run as the owner, whom the forced wall would show nothing.
    for (const table of ['connections', 'presences'])
      await runner.query(`create policy keeper on realtime.${table} to current_user using (true) with check (true)`);
    await this.settle(runner);
    await this.beat(runner);
    await this.sweep(runner);
    await this.lists(runner);
  }

  /**
   * What users are now, written where it is not what was last told, and the difference. The caller has locked them: who
   * counts later sees what was counted here.
   */
  private async settle(runner: QueryRunner): Promise<void> {
    await runner.query(`create function realtime.settle(tenants uuid[], users uuid[]) returns jsonb
      language plpgsql security definer set search_path = pg_catalog as $$
      declare
        changes jsonb;
      begin
        with now_is as (
          select w.tenant_id, w.user_id, coalesce(
            (select case when bool_or(not c.away) then 'online' when bool_or(c.away) then 'away' end
             from realtime.connections c join realtime.nodes n on n.id = c.node_id and n.seen_at > clock_timestamp() - interval '15 seconds'
             where c.tenant_id = w.tenant_id and c.user_id = w.user_id and c.person
               and (c.gone_at is null or c.gone_at > clock_timestamp() - interval '10 seconds')), 'offline') as state
          from unnest(tenants, users) as w(tenant_id, user_id)
        ), changed as (
          update realtime.presences p set state = i.state, changed_at = clock_timestamp() from now_is i
          where p.tenant_id = i.tenant_id and p.id = i.user_id and p.state <> i.state
          returning p.tenant_id, p.id, p.state
        )
        select coalesce(jsonb_agg(jsonb_build_object('tenantId', tenant_id, 'userId', id, 'state', state)), '[]') into changes from changed;
        return changes;
      end $$`);
    await runner.query(`create function realtime.lock_presences(tenants uuid[], users uuid[]) returns void
      language plpgsql security definer set search_path = pg_catalog as $$
      begin
        insert into realtime.presences (tenant_id, id, state, changed_at)
          select distinct t, u, 'offline', clock_timestamp() from unnest(tenants, users) as w(t, u) order by t, u
          on conflict do nothing;
        perform 1 from realtime.presences p join unnest(tenants, users) as w(t, u) on p.tenant_id = w.t and p.id = w.u
          order by p.tenant_id, p.id for update of p;
      end $$`);
    for (const name of ['settle', 'lock_presences'])
      await runner.query(`revoke execute on function realtime.${name}(uuid[], uuid[]) from public`);
  }

  /**
   * One beat of a process: its lease, the connections that are new or changed, those that ended.
   * Answers { fresh: the process was not known, changes: [...], over: ids of new connections beyond the limits }.
   */
  private async beat(runner: QueryRunner): Promise<void> {
    await runner.query(`create function realtime.beat(node uuid, host_name text, opened jsonb, gone uuid[], most_of_user int, most_of_tenant int)
      returns jsonb language plpgsql security definer set search_path = pg_catalog as $$
      declare
        fresh boolean;
        fresh_ids uuid[] := array(select (o ->> 'id')::uuid from jsonb_array_elements(opened) o);
        tenants uuid[];
        users uuid[];
        changes jsonb := '[]';
        beyond jsonb := '[]';
      begin
        insert into realtime.nodes (id, started_at, seen_at, host) values (node, clock_timestamp(), clock_timestamp(), host_name)
          on conflict (id) do update set seen_at = excluded.seen_at
          returning xmax = 0 into fresh;
        if jsonb_array_length(opened) = 0 and cardinality(gone) = 0 then
          return jsonb_build_object('fresh', fresh, 'changes', changes, 'over', beyond);
        end if;
        select array_agg(tenant_id), array_agg(user_id) into tenants, users from (
          select distinct tenant_id, user_id from (
            select (o ->> 'tenantId')::uuid as tenant_id, (o ->> 'userId')::uuid as user_id from jsonb_array_elements(opened) o
            union all
            select c.tenant_id, c.user_id from realtime.connections c where c.node_id = node and c.id = any(gone)
          ) touched where user_id is not null order by 1, 2
        ) ordered;
        perform realtime.lock_presences(coalesce(tenants, '{}'), coalesce(users, '{}'));
        insert into realtime.connections (tenant_id, id, node_id, user_id, session_id, person, away, address, client, connected_at)
          select o."tenantId", o.id, node, o."userId", o."sessionId", o.person, o.away, o.address, o.client, o."connectedAt"
          from jsonb_to_recordset(opened) as o("tenantId" uuid, id uuid, "userId" uuid, "sessionId" uuid, person boolean, away boolean,
            address text, client text, "connectedAt" timestamptz)
          on conflict (tenant_id, id) do update set away = excluded.away, session_id = excluded.session_id;
        update realtime.connections set gone_at = clock_timestamp() where node_id = node and id = any(gone) and gone_at is null;
        select coalesce(jsonb_agg(id), '[]') into beyond from (
          select c.id, row_number() over (partition by c.tenant_id, c.user_id order by c.id = any(fresh_ids), c.id) as of_user
          from realtime.connections c join realtime.nodes n on n.id = c.node_id and n.seen_at > clock_timestamp() - interval '15 seconds'
          join unnest(tenants, users) as w(t, u) on c.tenant_id = w.t and c.user_id = w.u
          where c.gone_at is null
        ) numbered where of_user > most_of_user and id = any(fresh_ids);
        if most_of_tenant is not null then
          select beyond || coalesce(jsonb_agg(id), '[]') into beyond from (
            select c.id, row_number() over (partition by c.tenant_id order by c.id = any(fresh_ids), c.id) as of_tenant
            from realtime.connections c join realtime.nodes n on n.id = c.node_id and n.seen_at > clock_timestamp() - interval '15 seconds'
            where c.tenant_id = any(select distinct (o ->> 'tenantId')::uuid from jsonb_array_elements(opened) o) and c.gone_at is null
          ) numbered where of_tenant > most_of_tenant and id = any(fresh_ids);
        end if;
        changes := realtime.settle(coalesce(tenants, '{}'), coalesce(users, '{}'));
        return jsonb_build_object('fresh', fresh, 'changes', changes, 'over', beyond);
      end $$`);
    await runner.query(`revoke execute on function realtime.beat(uuid, text, jsonb, uuid[], int, int) from public`);
    await runner.query(`grant execute on function realtime.beat(uuid, text, jsonb, uuid[], int, int) to mainstay_app`);
  }

  /** What time alone changes: processes without a beat, connections whose grace is over. Who comes first does it. */
  private async sweep(runner: QueryRunner): Promise<void> {
    await runner.query(`create function realtime.sweep() returns jsonb
      language plpgsql security definer set search_path = pg_catalog as $$
      declare
        tenants uuid[];
        users uuid[];
      begin
        if not pg_try_advisory_xact_lock(7302, 0) then return '[]'; end if;
        delete from realtime.nodes where seen_at < clock_timestamp() - interval '15 seconds';
        delete from realtime.presences where state = 'offline' and changed_at < clock_timestamp() - interval '1 hour';
        select array_agg(tenant_id), array_agg(user_id) into tenants, users from (
          select distinct tenant_id, user_id from realtime.connections c
          where user_id is not null and (gone_at < clock_timestamp() - interval '10 seconds'
            or not exists (select 1 from realtime.nodes n where n.id = c.node_id)) order by 1, 2
        ) ordered;
        if tenants is not null then perform realtime.lock_presences(tenants, users); end if;
        delete from realtime.connections c where gone_at < clock_timestamp() - interval '10 seconds'
          or not exists (select 1 from realtime.nodes n where n.id = c.node_id);
        if tenants is null then return '[]'; end if;
        return realtime.settle(tenants, users);
      end $$`);
    await runner.query(`revoke execute on function realtime.sweep() from public`);
    await runner.query(`grant execute on function realtime.sweep() to mainstay_app`);
  }

  /** Live connections of every tenant, for operators; newest first. */
  private async lists(runner: QueryRunner): Promise<void> {
    await runner.query(`create function realtime.connections_everywhere(before_id uuid, at_once int) returns setof realtime.connections
      language sql stable security definer set search_path = pg_catalog as $$
        select c.* from realtime.connections c join realtime.nodes n on n.id = c.node_id and n.seen_at > clock_timestamp() - interval '15 seconds'
        where c.gone_at is null and (before_id is null or c.id < before_id) order by c.id desc limit at_once
      $$`);
    await runner.query(`revoke execute on function realtime.connections_everywhere(uuid, int) from public`);
    await runner.query(`grant execute on function realtime.connections_everywhere(uuid, int) to mainstay_app`);
    await runner.query(`create index connections_newest on realtime.connections (id)`);
    await runner.query(`create index if not exists auth_versions_changed on kernel.auth_versions (changed_at)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop function realtime.connections_everywhere(uuid, int), realtime.sweep(), realtime.beat(uuid, text, jsonb, uuid[], int, int),
      realtime.settle(uuid[], uuid[]), realtime.lock_presences(uuid[], uuid[])`);
    await runner.query(`drop table realtime.presences, realtime.connections, realtime.nodes`);
    await runner.query(`drop index kernel.auth_versions_changed`);
  }
}
