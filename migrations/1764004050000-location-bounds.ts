import type { MigrationInterface, QueryRunner } from 'typeorm';
import { tenantTable } from '../src/kernel/database/migration-kit';

/**
 * No organization draws more than every process can hold: its geofences and their positions are counted in one row, which
 * whoever draws locks. Reasons of the filter grow by one, for fixes of a clock that is ahead. A replay of a track goes in
 * steps, and is asked for again when it does not go on.
 */
export class LocationBounds1764004050000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('alter table location.geofences add column positions int');
    // The id is the tenant's.
    await tenantTable(
      runner,
      'location.geofence_totals',
      'fences int not null check (fences >= 0), positions int not null check (positions >= 0)',
      { grants: ['select', 'insert', 'update'] },
    );
    // The owner sees all rows, and changes those of the tenant that is set.
    await runner.query(`do $$
      declare tenant uuid;
      begin
        for tenant in select distinct tenant_id from location.geofences loop
          perform set_config('app.tenant_id', tenant::text, true);
          update location.geofences set positions = case shape ->> 'type'
            when 'circle' then 1 when 'corridor' then jsonb_array_length(shape -> 'coordinates')
            else (select coalesce(sum(jsonb_array_length(ring)), 1) from jsonb_array_elements(shape -> 'coordinates') ring) end
          where tenant_id = tenant;
          insert into location.geofence_totals (tenant_id, id, fences, positions)
          select tenant, tenant, count(*), coalesce(sum(positions), 0) from location.geofences
          where tenant_id = tenant and deleted_at is null;
        end loop;
        perform set_config('app.tenant_id', '', true);
      end $$`);
    await runner.query(
      'alter table location.geofences alter column positions set default 1, alter column positions set not null',
    );
    // What is there keeps the narrower rule already: nothing is to be read again for the wider one.
    await runner.query(`alter table location.positions drop constraint positions_reason_check`);
    await runner.query(`alter table location.positions add constraint positions_reason_check
      check (reason in ('zero', 'inaccurate', 'implied-speed', 'ahead')) not valid`);
    await this.replays(runner);
  }

  private async replays(runner: QueryRunner): Promise<void> {
    await runner.query('alter table location.tracks add column replay jsonb, add column replay_asked_at timestamptz');
    await runner.query(`do $$
      declare tenant uuid;
      begin
        for tenant in select distinct tenant_id from location.tracks where dirty_from is not null loop
          perform set_config('app.tenant_id', tenant::text, true);
          update location.tracks set replay_asked_at = dirty_from where tenant_id = tenant and dirty_from is not null;
        end loop;
        perform set_config('app.tenant_id', '', true);
      end $$`);
    await runner.query(
      `create index tracks_replay_asked on location.tracks (replay_asked_at) where replay_asked_at is not null`,
    );
    await runner.query(`create index fence_events_by_proof on location.fence_events
      (tenant_id, tracker_id, (case when inferred then at else confirmed_at end)) where superseded_at is null`);
    // Tenants in which a dwell is due of which no further fix is needed, or a replay has not gone on for ten minutes.
    await runner.query(`create function location.tracks_due() returns table (tenant_id uuid)
      language sql stable security definer set search_path = pg_catalog as $$
      select distinct d.tenant_id from (
        (select t.tenant_id from location.tracks t where t.dwell_due_at <= kernel.now() order by t.dwell_due_at limit 1000)
        union all
        (select t.tenant_id from location.tracks t where t.replay_asked_at < kernel.now() - interval '10 minutes'
         order by t.replay_asked_at limit 1000)) d $$`);
    await runner.query(`revoke execute on function location.tracks_due() from public`);
    await runner.query(`grant execute on function location.tracks_due() to mainstay_app`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop function location.tracks_due()');
    await runner.query('drop index location.fence_events_by_proof');
    await runner.query('alter table location.tracks drop column replay, drop column replay_asked_at');
    await runner.query(`alter table location.positions drop constraint positions_reason_check`);
    await runner.query(`alter table location.positions add constraint positions_reason_check
      check (reason in ('zero', 'inaccurate', 'implied-speed')) not valid`);
    await runner.query('drop table location.geofence_totals');
    await runner.query('alter table location.geofences drop column positions');
  }
}
