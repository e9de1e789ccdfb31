import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The key that an answer to a dispute goes to the provider with, kept while nobody knows what became of it. */
export class PaymentsAnswerKeys1764003097100 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table payments.disputes add answer_key uuid`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table payments.disputes drop answer_key`);
  }
}
