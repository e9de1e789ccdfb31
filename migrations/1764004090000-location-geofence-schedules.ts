import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The hours of the week in which trackers are watched at a geofence, as hours of places are kept; null for always. */
export class LocationGeofenceSchedules1764004090000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('alter table location.geofences add column schedule jsonb');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('alter table location.geofences drop column schedule');
  }
}
