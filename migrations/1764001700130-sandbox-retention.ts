import type { MigrationInterface, QueryRunner } from 'typeorm';
import { retention } from '../src/kernel/database/migration-kit';

/** The outbox of the sandbox. */
export class SandboxRetention1764001700130 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await retention(runner, 'sandbox.webhooks', { of: 'webhooks', since: 'created_at' });
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop function sandbox.purge_webhooks(int, int)');
  }
}
