import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The fleet of the vehicle that a tracker is in: sockets follow all trackers of a fleet at once. */
export class LocationFleets1764004060000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('alter table location.trackers add column fleet_id uuid');
    const [{ there }] = (await runner.query(`select to_regclass('fleet.vehicles') is not null as there`)) as {
      there: boolean;
    }[];
    if (!there) return;
    // Forced row-level security binds the owner too.
    await runner.query('create policy fill on location.trackers for update to current_user using (true)');
    await runner.query(`update location.trackers t set fleet_id = v.fleet_id from fleet.vehicles v
      where v.tenant_id = t.tenant_id and v.id = t.vehicle_id and v.fleet_id is not null`);
    await runner.query('drop policy fill on location.trackers');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('alter table location.trackers drop column fleet_id');
  }
}
