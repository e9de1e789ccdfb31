import type { MigrationInterface, QueryRunner } from 'typeorm';
import { tenantTable } from '../src/kernel/database/migration-kit';

/** Models that a tenant trained on what its tries turned out to be; at most one gives its signal. */
export class FraudModels1764002700200 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await tenantTable(
      runner,
      'fraud.models',
      `version int not null, state text not null default 'training' check (state in ('training', 'ready', 'failed')),
       active boolean not null default false, features jsonb, trees jsonb, samples int, frauds int, tested int, tested_frauds int,
       model_precision double precision, rules_precision double precision, problem text, asked_by uuid,
       created_at timestamptz not null, trained_at timestamptz,
       unique (tenant_id, version), check ((state = 'ready') = (trees is not null)), check (not active or state = 'ready')`,
    );
    await runner.query(`create unique index models_active on fraud.models (tenant_id) where active`);
    await runner.query(`create unique index models_training on fraud.models (tenant_id) where state = 'training'`);
    await runner.query(
      `create index assessments_labelled on fraud.assessments (tenant_id, created_at) where label is not null`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop index fraud.assessments_labelled');
    await runner.query('drop table fraud.models');
  }
}
