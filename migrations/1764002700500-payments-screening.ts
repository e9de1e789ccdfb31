import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * A payment may wait for a judgement: it is then reserved only, and captured by itself or let go once it is judged. What
 * was asked of the gateway stands with the try, as a later try of the same payment may be judged otherwise.
 */
export class PaymentsScreening1764002700500 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table payments.intents
      add screened boolean not null default false,
      add capture_when_cleared boolean not null default false`);
    await runner.query(`alter table payments.attempts
      add capture text check (capture in ('automatic', 'manual')),
      add challenge boolean not null default false`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('alter table payments.intents drop screened, drop capture_when_cleared');
    await runner.query('alter table payments.attempts drop capture, drop challenge');
  }
}
