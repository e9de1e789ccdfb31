import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Whose a tracker is, where a broker vouches for which tracker speaks. */
export class LocationTrackerById1764004060100 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('create index trackers_by_id on location.trackers (id)');
    await runner.query(`create function location.tracker_by_id(tracker uuid) returns table (tenant_id uuid, id uuid)
      language sql stable security definer set search_path = pg_catalog as $$
      select t.tenant_id, t.id from location.trackers t where t.id = tracker and t.active and t.deleted_at is null $$`);
    await runner.query('revoke execute on function location.tracker_by_id(uuid) from public');
    await runner.query('grant execute on function location.tracker_by_id(uuid) to mainstay_app');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop function location.tracker_by_id(uuid)');
    await runner.query('drop index location.trackers_by_id');
  }
}
