import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Gift cards that are sold like goods: which SKUs are cards, and which line of an order a card was sold by. */
export class LedgerSoldGiftCards1764002860100 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table ledger.gift_card_rules add column skus text[] not null default '{}'`);
    await runner.query(`alter table ledger.credits add column line_id uuid`);
    await runner.query(
      `create index credits_by_order on ledger.credits (tenant_id, order_id) where order_id is not null`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop index ledger.credits_by_order`);
    await runner.query(`alter table ledger.credits drop column line_id`);
    await runner.query(`alter table ledger.gift_card_rules drop column skus`);
  }
}
