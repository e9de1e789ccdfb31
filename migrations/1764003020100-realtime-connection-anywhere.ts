import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Finds one live connection of any tenant, for operators. */
export class RealtimeConnectionAnywhere1764003020100 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`create function realtime.connection_anywhere(connection_id uuid) returns uuid
      language sql stable security definer set search_path = pg_catalog as $$
        select tenant_id from realtime.connections where id = connection_id and gone_at is null
      $$`);
    await runner.query(`revoke execute on function realtime.connection_anywhere(uuid) from public`);
    await runner.query(`grant execute on function realtime.connection_anywhere(uuid) to mainstay_app`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop function realtime.connection_anywhere(uuid)`);
  }
}
