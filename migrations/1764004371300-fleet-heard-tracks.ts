import type { MigrationInterface, QueryRunner } from 'typeorm';

/** When the latest position was that was followed: what a tracker told since, it told after that, however long ago that is. */
export class FleetHeardTracks1764004371300 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('alter table fleet.trip_followers add column heard_at timestamptz');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('alter table fleet.trip_followers drop column heard_at');
  }
}
