import type { MigrationInterface, QueryRunner } from 'typeorm';
import { platformTable, searchable, tenantTable } from '../src/kernel/database/migration-kit';

/**
 * What each organization asks of passwords, factors and sessions, where it differs from the defaults in the code; and
 * the trail of sign-ins that people read of themselves.
 */
export class IdentitySecurityPolicies1764001100000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await tenantTable(
      runner,
      'identity.security_policies',
      `password jsonb not null default '{}', mfa jsonb not null default '{}', sessions jsonb not null default '{}',
       created_at timestamptz not null, updated_at timestamptz not null, version int not null, check (id = tenant_id)`,
    );
    await this.crossing(runner);
    await platformTable(
      runner,
      'identity.sign_ins',
      `id uuid primary key, user_id uuid not null references identity.users (id) on delete cascade, organization_id uuid,
       at timestamptz not null, result text not null, amr text[] not null default '{}', session_id uuid,
       ip text, country text, device_id uuid, user_agent text`,
      'tries to sign in to an account, as its owner reads them; users belong to no tenant',
    );
    for (const [column, what] of Object.entries({ ip: 'pii:ip', country: 'pii:place', user_agent: 'pii:device' }))
      await runner.query(`comment on column identity.sign_ins.${column} is '${what}'`);
    await runner.query(`create index sign_ins_user on identity.sign_ins (user_id, at, id)`);
    await runner.query(`create index sign_ins_age on identity.sign_ins (at)`);
  }

  /**
   * Who belongs to several organizations is held to the strictest of their policies, before a tenant is known: read by
   * the ids of those organizations alone, by a role that can only select.
   */
  private async crossing(runner: QueryRunner): Promise<void> {
    await searchable(runner, 'identity.security_policies');
    await runner.query(`create function identity.security_policies_of(tenants uuid[])
      returns table (organization_id uuid, password jsonb, mfa jsonb, sessions jsonb)
      language sql stable security definer set search_path = pg_catalog as $$
        select p.tenant_id, p.password, p.mfa, p.sessions from identity.security_policies p where p.tenant_id = any(tenants) $$`);
    await runner.query(`grant create on schema identity to mainstay_search`);
    await runner.query(`alter function identity.security_policies_of(uuid[]) owner to mainstay_search`);
    await runner.query(`revoke create on schema identity from mainstay_search`);
    await runner.query(`revoke execute on function identity.security_policies_of(uuid[]) from public`);
    await runner.query(`grant execute on function identity.security_policies_of(uuid[]) to mainstay_app`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop table identity.sign_ins`);
    await runner.query(`drop function identity.security_policies_of(uuid[])`);
    await runner.query(`drop table identity.security_policies`);
  }
}
