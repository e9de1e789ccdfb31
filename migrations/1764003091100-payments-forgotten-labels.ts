import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Of ways to pay that were taken away nothing is kept that their person knew them by. */
export class PaymentsForgottenLabels1764003091100 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table payments.saved_methods no force row level security`);
    await runner.query(`update payments.saved_methods set label = null, brand = null, last4 = null, exp_month = null, exp_year = null
      where state = 'removed'`);
    await runner.query(`alter table payments.saved_methods force row level security`);
  }

  async down(): Promise<void> {
    // What is forgotten stays so.
  }
}
