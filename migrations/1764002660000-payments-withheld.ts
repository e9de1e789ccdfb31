import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A part of a charge that pays for something else by now (goods sent in exchange, credit) and is not to go back. */
export class PaymentsWithheld1764002660000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table payments.attempts add withheld bigint not null default 0
      check (withheld between 0 and captured)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table payments.attempts drop withheld`);
  }
}
