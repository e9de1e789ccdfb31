import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Tries by the time they were begun, for figures over them. */
export class PaymentsAnalytics1764002650300 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`create index attempts_by_creation on payments.attempts (tenant_id, created_at)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop index payments.attempts_by_creation');
  }
}
