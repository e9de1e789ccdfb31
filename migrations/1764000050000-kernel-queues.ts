import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The schema of the queues: owned by their own role, which brings in what BullMQ needs at the start of a process and
 * can reach nothing else. The application's role sees none of it.
 */
export class KernelQueues1764000050000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`create schema bullmq authorization mainstay_queue`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop schema bullmq cascade`);
  }
}
