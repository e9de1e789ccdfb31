import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What is told of places can be taken back: what stays in its place keeps older news from bringing it back. */
export class LocationWithdrawn1764004260000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const table of ['place_prices', 'place_availability'])
      await runner.query(`alter table location.${table} add column withdrawn_at timestamptz`);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['place_prices', 'place_availability']) {
      await runner.query(`do $$
        declare tenant uuid;
        begin
          for tenant in select distinct tenant_id from location.${table} where withdrawn_at is not null loop
            perform set_config('app.tenant_id', tenant::text, true);
            delete from location.${table} where tenant_id = tenant and withdrawn_at is not null;
          end loop;
          perform set_config('app.tenant_id', '', true);
        end $$`);
      await runner.query(`alter table location.${table} drop column withdrawn_at`);
    }
  }
}
