import type { MigrationInterface, QueryRunner } from 'typeorm';
import { retention } from '../src/kernel/database/migration-kit';

/** Carts that nobody came back to. */
export class OrdersRetention1764001700140 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await retention(runner, 'orders.carts', { of: 'carts', since: 'expires_at', where: 'order_id is null' });
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop function orders.purge_carts(int, int)');
  }
}
