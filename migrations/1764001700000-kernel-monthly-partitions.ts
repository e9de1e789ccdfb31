import type { MigrationInterface, QueryRunner } from 'typeorm';
import { partitionMonthly } from '../src/kernel/database/migration-kit';

/**
 * Events and the audit trail share one way to make their months. The trail's own way could not see the rows of its
 * default partition: with one there, no further month was ever made.
 */
export class KernelMonthlyPartitions1764001700000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await partitionMonthly(runner, 'kernel.events', { ahead: 2, keepDays: 30 });
    await partitionMonthly(runner, 'audit.entries', { ahead: 3 });
  }

  /** The functions before it do the same work with rows elsewhere; going back needs no change. */
  async down(): Promise<void> {}
}
