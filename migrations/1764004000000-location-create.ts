import type { MigrationInterface, QueryRunner } from 'typeorm';
import { createSchema, partitionMonthly, retention, tenantTable } from '../src/kernel/database/migration-kit';

/** Days for which positions are kept, as `KEPT_DAYS` of the context says; older ones are not taken. */
const KEPT_DAYS = 400;

/**
 * Positions of trackers. The id of a position is made of its fix time and its tracker, so that it is kept once however
 * often it is sent, and the table is partitioned by fix time. What follows from a tracker's fixes is one row, with
 * checkpoints of it to go back to when a fix comes late.
 */
export class LocationCreate1764004000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await createSchema(runner, 'location');
    await this.trackers(runner);
    await this.positions(runner);
    await this.fences(runner);
  }

  private async trackers(runner: QueryRunner): Promise<void> {
    await tenantTable(
      runner,
      'location.trackers',
      `name text not null check (length(name) between 1 and 100), vehicle_id uuid, key_digest bytea not null check (length(key_digest) = 32),
       active boolean not null default true, created_at timestamptz not null, unique (tenant_id, key_digest)`,
      { grants: ['select', 'insert', 'update'] },
    );
    await runner.query(`comment on column location.trackers.key_digest is 'secret'`);
    await runner.query(`create index trackers_by_key on location.trackers (key_digest)`);
    await runner.query(`create index trackers_newest on location.trackers (tenant_id, created_at, id)`);
    // A tracker says with its key alone whose it is.
    await runner.query(`create function location.tracker_of_key(digest bytea) returns table (tenant_id uuid, id uuid)
      language sql stable security definer set search_path = pg_catalog as $$
      select t.tenant_id, t.id from location.trackers t where t.key_digest = digest and t.active $$`);
    await runner.query(`revoke execute on function location.tracker_of_key(bytea) from public`);
    await runner.query(`grant execute on function location.tracker_of_key(bytea) to mainstay_app`);
    // The id is the tracker's. Whoever writes positions of a tracker locks its row.
    await tenantTable(
      runner,
      'location.tracks',
      `state jsonb not null, last_fix_at timestamptz, dirty_from timestamptz, checkpoint_at timestamptz, dwell_due_at timestamptz,
       foreign key (tenant_id, id) references location.trackers (tenant_id, id)`,
      { grants: ['select', 'insert', 'update'] },
    );
    await runner.query(
      `create index tracks_dwell_due on location.tracks (dwell_due_at) where dwell_due_at is not null`,
    );
    await tenantTable(
      runner,
      'location.checkpoints',
      `tracker_id uuid not null, at timestamptz not null, state jsonb not null, unique (tenant_id, tracker_id, at),
       foreign key (tenant_id, tracker_id) references location.trackers (tenant_id, id)`,
    );
    await retention(runner, 'location.checkpoints', { of: 'checkpoints', since: 'at', index: 'brin' });
    await tenantTable(
      runner,
      'location.latest_positions',
      `fix_at timestamptz not null, received_at timestamptz not null, lat float8 not null, lng float8 not null,
       altitude float8, speed float8, course float8, accuracy float8, attributes jsonb not null,
       foreign key (tenant_id, id) references location.trackers (tenant_id, id)`,
      { grants: ['select', 'insert', 'update'] },
    );
  }

  private async positions(runner: QueryRunner): Promise<void> {
    await tenantTable(
      runner,
      'location.positions',
      `tracker_id uuid not null, fix_at timestamptz not null, device_at timestamptz, received_at timestamptz not null,
       lat float8 not null check (lat between -90 and 90), lng float8 not null check (lng >= -180 and lng < 180),
       altitude float8, speed float8, course float8, accuracy float8, attributes jsonb not null,
       reason text check (reason in ('zero', 'inaccurate', 'implied-speed'))`,
      { grants: ['select', 'insert', 'update'], suffix: 'partition by range (id)' },
    );
    await runner.query(`create index positions_of_tracker on location.positions (tenant_id, tracker_id, fix_at)`);
    for (const column of ['lat', 'lng'])
      await runner.query(`comment on column location.positions.${column} is 'pii:location'`);
    await partitionMonthly(runner, 'location.positions', { ahead: 2, keepDays: KEPT_DAYS });
  }

  private async fences(runner: QueryRunner): Promise<void> {
    await tenantTable(
      runner,
      'location.geofences',
      `name text not null check (length(name) between 1 and 100), shape jsonb not null,
       dwell_seconds int check (dwell_seconds between 1 and 604800), version int not null default 1, shape_version int not null default 1,
       since timestamptz not null, created_at timestamptz not null, deleted_at timestamptz`,
      { grants: ['select', 'insert', 'update'] },
    );
    await runner.query(
      `create index geofences_newest on location.geofences (tenant_id, created_at, id) where deleted_at is null`,
    );
    // The id is made of tracker, fence, type and time: what is found again is the same event.
    await tenantTable(
      runner,
      'location.fence_events',
      `tracker_id uuid not null, geofence_id uuid not null, type text not null check (type in ('enter', 'exit', 'dwell', 'crossed', 'inside_start')),
       at timestamptz not null, confirmed_at timestamptz not null, lat float8 not null, lng float8 not null,
       late boolean not null default false, inferred boolean not null default false, superseded_at timestamptz,
       created_at timestamptz not null,
       foreign key (tenant_id, tracker_id) references location.trackers (tenant_id, id),
       foreign key (tenant_id, geofence_id) references location.geofences (tenant_id, id)`,
      { grants: ['select', 'insert', 'update'] },
    );
    await runner.query(`create index fence_events_newest on location.fence_events (tenant_id, at, id)`);
    await runner.query(`create index fence_events_of_tracker on location.fence_events (tenant_id, tracker_id, at, id)`);
    await runner.query(`create index fence_events_of_fence on location.fence_events (tenant_id, geofence_id, at, id)`);
    await retention(runner, 'location.fence_events', { of: 'fence_events', since: 'created_at' });
    // Tenants in which a dwell is due of which no further fix is needed.
    await runner.query(`create function location.dwelling() returns table (tenant_id uuid)
      language sql stable security definer set search_path = pg_catalog as $$
      select distinct d.tenant_id from (
        select t.tenant_id from location.tracks t where t.dwell_due_at <= kernel.now() order by t.dwell_due_at limit 1000) d $$`);
    await runner.query(`revoke execute on function location.dwelling() from public`);
    await runner.query(`grant execute on function location.dwelling() to mainstay_app`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop schema location cascade');
  }
}
