import type { MigrationInterface, QueryRunner } from 'typeorm';
import { retention } from '../src/kernel/database/migration-kit';

/** What is remembered of a tracker that tells nothing any more, as `NEW_TRACK` of the context. */
const NOTHING = `{"filter":{"good":null,"odd":null},"lastFixTime":0,"last":null,"fences":{}}`;

/** Where trackers were is kept as long as their positions, and goes with a tracker that is deleted; who follows a fence goes with the account. */
export class LocationErasure1764004050100 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await retention(runner, 'location.latest_positions', { of: 'latest_positions', since: 'fix_at', index: 'brin' });
    await retention(runner, 'location.tracks', {
      of: 'tracks',
      since: 'last_fix_at',
      where: 'replay_asked_at is null',
      empty: `state = '${NOTHING}', last_fix_at = null, checkpoint_at = null, dwell_due_at = null`,
      index: 'none',
    });
    await runner.query('create index tracks_by_age on location.tracks using brin (last_fix_at)');
    for (const table of ['latest_positions', 'fence_events'])
      for (const column of ['lat', 'lng'])
        await runner.query(`comment on column location.${table}.${column} is 'pii:location'`);
    // From when it is deleted it is there for nobody; what it told goes after that.
    await runner.query('alter table location.trackers add column deleted_at timestamptz');
    await this.key(runner, 't.active and t.deleted_at is null');
    for (const table of ['trackers', 'tracks', 'latest_positions', 'fence_events', 'positions'])
      await runner.query(`grant delete on location.${table} to mainstay_app`);
    await this.followers(runner);
  }

  private async key(runner: QueryRunner, condition: string): Promise<void> {
    await runner.query(`create or replace function location.tracker_of_key(digest bytea) returns table (tenant_id uuid, id uuid)
      language sql stable security definer set search_path = pg_catalog as $$
      select t.tenant_id, t.id from location.trackers t where t.key_digest = digest and ${condition} $$`);
  }

  private async followers(runner: QueryRunner): Promise<void> {
    await runner.query('create index geofence_followers_of_user on location.geofence_followers (user_id)');
    // The function runs as the owner, to whom the forced wall would show no row.
    for (const command of ['select', 'delete'])
      await runner.query(
        `create policy forget_${command} on location.geofence_followers for ${command} to current_user using (true)`,
      );
    await runner.query(`create function location.forget_follower(person uuid) returns void
      language sql security definer set search_path = pg_catalog as $$
      delete from location.geofence_followers where user_id = person $$`);
    await runner.query('revoke execute on function location.forget_follower(uuid) from public');
    await runner.query('grant execute on function location.forget_follower(uuid) to mainstay_app');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop function location.forget_follower(uuid)');
    for (const command of ['select', 'delete'])
      await runner.query(`drop policy forget_${command} on location.geofence_followers`);
    await runner.query('drop index location.geofence_followers_of_user');
    await this.key(runner, 't.active');
    await runner.query('alter table location.trackers drop column deleted_at');
    await runner.query('drop function location.purge_tracks(int, int)');
    await runner.query('drop function location.purge_latest_positions(int, int)');
    await runner.query('drop index location.tracks_by_age');
  }
}
