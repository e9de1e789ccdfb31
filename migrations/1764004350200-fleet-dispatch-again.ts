import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What was done of a plan is found when the plan is dispatched again. */
export class FleetDispatchAgain1764004350200 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('create index dispatches_by_plan on fleet.dispatches (tenant_id, plan_id)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop index fleet.dispatches_by_plan');
  }
}
