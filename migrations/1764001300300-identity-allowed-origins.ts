import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Which organizations let pages of an origin call the API: asked before a tenant is known, so by one narrow function. */
export class IdentityAllowedOrigins1764001300300 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `create index security_policies_origins on identity.security_policies using gin ((sessions -> 'allowedOrigins'))`,
    );
    await runner.query(`create function identity.organizations_of_origin(origin text) returns table (id uuid)
      language sql stable security definer set search_path = pg_catalog as $$
        select p.tenant_id from identity.security_policies p where p.sessions -> 'allowedOrigins' ? origin $$`);
    await runner.query(`grant create on schema identity to mainstay_search`);
    await runner.query(`alter function identity.organizations_of_origin(text) owner to mainstay_search`);
    await runner.query(`revoke create on schema identity from mainstay_search`);
    await runner.query(`revoke execute on function identity.organizations_of_origin(text) from public`);
    await runner.query(`grant execute on function identity.organizations_of_origin(text) to mainstay_app`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop function identity.organizations_of_origin(text)`);
    await runner.query(`drop index identity.security_policies_origins`);
  }
}
