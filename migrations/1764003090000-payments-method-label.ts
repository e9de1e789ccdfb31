import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What a person knows a kept way to pay by that is no card: the address of a PayPal account, in part. */
export class PaymentsMethodLabel1764003090000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table payments.saved_methods add label text`);
    await runner.query(`comment on column payments.saved_methods.label is 'pii:email'`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table payments.saved_methods drop label`);
  }
}
