import type { MigrationInterface, QueryRunner } from 'typeorm';

/** When times of arrival of a route were asked for, until they are answered: nothing is asked for twice at a time. */
export class FleetArrivalsAsked1764004350500 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('alter table fleet.dispatch_routes add column arrivals_asked_at timestamptz');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('alter table fleet.dispatch_routes drop column arrivals_asked_at');
  }
}
