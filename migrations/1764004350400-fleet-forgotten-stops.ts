import type { MigrationInterface, QueryRunner } from 'typeorm';
import { retention } from '../src/kernel/database/migration-kit';

/** Of a stop whose time is over stays when it was planned and what became of it: not where, whose, nor why it failed. */
export class FleetForgottenStops1764004350400 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`do $$
      declare
        old text;
      begin
        select conname into strict old from pg_constraint
        where conrelid = 'fleet.dispatch_stops'::regclass and contype = 'c' and pg_get_constraintdef(oid) ~ 'reason IS NOT NULL';
        execute format('alter table fleet.dispatch_stops drop constraint %I', old);
      end $$`);
    await runner.query(`alter table fleet.dispatch_stops alter column lat drop not null, alter column lng drop not null,
      add constraint dispatch_stops_reason check (reason is null or state = 'failed'),
      add constraint dispatch_stops_place check ((lat is null) = (lng is null))`);
    await runner.query(`comment on column fleet.dispatch_stops.plan_stop is 'pii:identifier'`);
    // Stops that nobody closed are forgotten as long after they were planned.
    const since = 'coalesce(closed_at, leave_at)';
    const files = `(signature_file_id is not null or photo_file_ids <> '{}')`;
    await runner.query('drop index fleet.retention_proofs');
    await retention(runner, 'fleet.dispatch_stops', {
      of: 'proofs',
      since,
      where: `num_nonnulls(lat, recipient_name, note, reason) > 0 and not ${files}`,
      empty: `lat = null, lng = null, plan_stop = '', recipient_name = null, note = null, reason = null`,
    });
    // Files are given back first, by whom they belong to.
    await runner.query(`create index proofs_with_files on fleet.dispatch_stops (${since}) where ${files}`);
    await runner.query(`create function fleet.proofs_with_files(days int, at_once int) returns table (tenant_id uuid, id uuid)
      language sql stable security definer set search_path = pg_catalog as $$
        select s.tenant_id, s.id from fleet.dispatch_stops s
        where coalesce(s.closed_at, s.leave_at) < kernel.now() - make_interval(days => days)
          and (s.signature_file_id is not null or s.photo_file_ids <> '{}')
        order by coalesce(s.closed_at, s.leave_at) limit at_once
      $$`);
    await runner.query('revoke execute on function fleet.proofs_with_files(int, int) from public');
    await runner.query('grant execute on function fleet.proofs_with_files(int, int) to mainstay_app');
  }

  /** Places that are gone stay gone: they may be null from then on. */
  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop function fleet.proofs_with_files(int, int)');
    await runner.query('drop index fleet.proofs_with_files, fleet.retention_proofs');
    await retention(runner, 'fleet.dispatch_stops', {
      of: 'proofs',
      since: 'closed_at',
      where: 'closed_at is not null and (recipient_name is not null or note is not null)',
      empty: 'recipient_name = null, note = null',
    });
    await runner.query('comment on column fleet.dispatch_stops.plan_stop is null');
    await runner.query('alter table fleet.dispatch_stops drop constraint dispatch_stops_place');
  }
}
