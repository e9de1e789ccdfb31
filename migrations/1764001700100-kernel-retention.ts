import type { MigrationInterface, QueryRunner } from 'typeorm';
import { platformTable, retention } from '../src/kernel/database/migration-kit';

/** When each rule of retention is due again, and what the kernel itself keeps for a time. */
export class KernelRetention1764001700100 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await platformTable(
      runner,
      'kernel.retention_runs',
      'rule text primary key, due_at timestamptz not null',
      'when each rule of retention is due again; names of rules, no data of anyone',
    );
    await retention(runner, 'kernel.idempotency_keys', { of: 'answers', since: 'created_at', index: 'brin' });
    await retention(runner, 'kernel.deliveries', {
      of: 'dead_deliveries',
      since: 'due_at',
      where: `state = 'dead'`,
      index: 'none',
    });
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop function kernel.purge_answers(int, int)');
    await runner.query('drop function kernel.purge_dead_deliveries(int, int)');
    await runner.query('drop table kernel.retention_runs');
  }
}
