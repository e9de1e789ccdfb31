import type { MigrationInterface, QueryRunner } from 'typeorm';
import { retention } from '../src/kernel/database/migration-kit';

/** Webhooks of providers that are worked off. */
export class PaymentsRetention1764001700120 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await retention(runner, 'payments.provider_events', {
      of: 'provider_events',
      since: 'received_at',
      where: `state in ('processed', 'ignored')`,
    });
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop function payments.purge_provider_events(int, int)');
  }
}
