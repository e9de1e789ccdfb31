import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What a try tells the provider of its shopper, where the method cannot do without; only while the try is under way. */
export class PaymentsPayingAs1764003092000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table payments.attempts add paying_as jsonb check (jsonb_typeof(paying_as) = 'object')`);
    await runner.query(`comment on column payments.attempts.paying_as is 'pii:contact'`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table payments.attempts drop paying_as`);
  }
}
