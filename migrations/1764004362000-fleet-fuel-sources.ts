import type { MigrationInterface, QueryRunner } from 'typeorm';
import { retention } from '../src/kernel/database/migration-kit';

/** Levels know which sensor of which tracker said them; places and receipts of what was filled in are forgotten in time. */
export class FleetFuelSources1764004362000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    // Null: said before that was kept.
    await runner.query('alter table fleet.fuel_levels add column sensor_id uuid, add column tracker_id uuid');
    await retention(runner, 'fleet.fuel_entries', {
      of: 'fuel_places',
      since: 'at',
      where: 'num_nonnulls(station, lat, lng) > 0 and file_id is null',
      empty: 'station = null, lat = null, lng = null',
    });
    // Files are given back first, by whom they belong to.
    await runner.query('create index fuel_receipts on fleet.fuel_entries (at) where file_id is not null');
    await runner.query(`create function fleet.old_fuel_receipts(days int, at_once int) returns table (tenant_id uuid, id uuid)
      language sql stable security definer set search_path = pg_catalog as $$
        select e.tenant_id, e.id from fleet.fuel_entries e
        where e.at < kernel.now() - make_interval(days => days) and e.file_id is not null order by e.at limit at_once
      $$`);
    await runner.query('revoke execute on function fleet.old_fuel_receipts(int, int) from public');
    await runner.query('grant execute on function fleet.old_fuel_receipts(int, int) to mainstay_app');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop function fleet.old_fuel_receipts(int, int)');
    await runner.query('drop function fleet.purge_fuel_places(int, int)');
    await runner.query('drop index fleet.fuel_receipts, fleet.retention_fuel_places');
    for (const command of ['select', 'update'])
      await runner.query(`drop policy retention_${command} on fleet.fuel_entries`);
    await runner.query('alter table fleet.fuel_levels drop column sensor_id, drop column tracker_id');
  }
}
