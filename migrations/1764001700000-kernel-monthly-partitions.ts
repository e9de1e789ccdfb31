import type { MigrationInterface, QueryRunner } from 'typeorm';
import { partitionMonthly } from '../src/kernel/database/migration-kit';

/** Months of events are made in the one way that all tables of months share. */
export class KernelMonthlyPartitions1764001700000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await partitionMonthly(runner, 'kernel.events', { ahead: 2, keepDays: 30 });
  }

  /** The function before it does the same work with rows elsewhere; going back needs no change. */
  async down(): Promise<void> {}
}
