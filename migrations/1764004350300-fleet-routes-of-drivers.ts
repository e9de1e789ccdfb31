import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A driver's routes, newest first, are found without those of others. */
export class FleetRoutesOfDrivers1764004350300 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      'create index dispatch_routes_by_driver on fleet.dispatch_routes (tenant_id, driver_id, lower(during), id)',
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop index fleet.dispatch_routes_by_driver');
  }
}
