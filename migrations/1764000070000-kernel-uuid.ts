import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * `kernel.uuidv7()` for rows whose ids are given by a statement: ids in the order of time (RFC 9562, 5.7). PostgreSQL has
 * one of its own from 18 on; before, the milliseconds take the place of the first six bytes of a random UUID of version 4
 * (0100), of whose version two more bits are set (0111).
 */
export class KernelUuid1764000070000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const [{ own }] = (await runner.query(`select to_regprocedure('pg_catalog.uuidv7()') is not null as own`)) as {
      own: boolean;
    }[];
    const body = own
      ? `select pg_catalog.uuidv7()`
      : `select encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid()) placing
             substring(int8send((extract(epoch from clock_timestamp()) * 1000)::bigint) from 3) from 1 for 6), 52, 1), 53, 1), 'hex')::uuid`;
    await runner.query(`create function kernel.uuidv7() returns uuid language sql volatile as $$ ${body} $$`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop function kernel.uuidv7()`);
  }
}
