import type { MigrationInterface, QueryRunner } from 'typeorm';
import { partitionMonthly } from '../src/kernel/database/migration-kit';

/**
 * The trail's own way to make its months could not see the rows of its default partition: with one there, no further
 * month was ever made.
 */
export class AuditMonthlyPartitions1764001700010 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await partitionMonthly(runner, 'audit.entries', { ahead: 3 });
  }

  /** The function before it does the same work with rows elsewhere; going back needs no change. */
  async down(): Promise<void> {}
}
