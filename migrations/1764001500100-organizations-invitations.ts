import type { MigrationInterface, QueryRunner } from 'typeorm';
import { platformTable, searchable, tenantTable } from '../src/kernel/database/migration-kit';

/** Invitations, plans, suspension, branding with domains of their own, and origins that browsers may call from. */
export class OrganizationsInvitations1764001500100 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await this.tenants(runner);
    await this.invitations(runner);
    await this.addresses(runner);
    await this.operators(runner);
  }

  private async tenants(runner: QueryRunner): Promise<void> {
    // Organizations of before were promised no limit.
    await runner.query(`alter table organizations.tenants
      add column plan text not null default 'enterprise' check (plan in ('free', 'basic', 'professional', 'enterprise', 'custom')),
      add column limits jsonb not null default '{}', add column branding jsonb not null default '{}',
      add column suspended_at timestamptz, add column suspension_reason text,
      add column deletion_requested_at timestamptz, add column deletion_requested_by uuid, add column deletes_at timestamptz`);
    await runner.query(`alter table organizations.tenants drop constraint tenants_status_check`);
    await runner.query(
      `alter table organizations.tenants add constraint tenants_status_check check (status in ('active', 'suspended', 'closed'))`,
    );
  }

  private async invitations(runner: QueryRunner): Promise<void> {
    await tenantTable(
      runner,
      'organizations.invitations',
      `email text not null, email_normalized text not null, role text not null, token_hash bytea not null,
       invited_by uuid, state text not null check (state in ('pending', 'accepted', 'revoked')), sends int not null,
       created_at timestamptz not null, updated_at timestamptz not null, sent_at timestamptz not null, expires_at timestamptz not null,
       settled_at timestamptz, accepted_by uuid, version int not null, unique (tenant_id, token_hash)`,
    );
    await runner.query(`create unique index invitations_open on organizations.invitations (tenant_id, email_normalized)
      where state = 'pending'`);
    await runner.query(`create index invitations_created on organizations.invitations (tenant_id, created_at, id)`);
    await runner.query(`comment on column organizations.invitations.email is 'pii:email'`);
    await runner.query(`comment on column organizations.invitations.email_normalized is 'pii:email'`);
    await runner.query(`comment on column organizations.invitations.token_hash is 'secret'`);
  }

  private async addresses(runner: QueryRunner): Promise<void> {
    await tenantTable(
      runner,
      'organizations.domains',
      `host text not null, proof_token text not null, state text not null check (state in ('pending', 'verified', 'failed')),
       is_primary boolean not null default false, checked_at timestamptz, verified_at timestamptz, fault text,
       created_at timestamptz not null, updated_at timestamptz not null, version int not null, unique (tenant_id, host)`,
    );
    await platformTable(
      runner,
      'organizations.hosts',
      `host text primary key, organization_id uuid not null, created_at timestamptz not null`,
      'proven domains of shops, looked up before a tenant is known; says nothing but whose a public host name is',
      { grants: ['select', 'insert', 'delete'] },
    );
    await runner.query(`create index hosts_organization on organizations.hosts (organization_id)`);
    await platformTable(
      runner,
      'organizations.origins',
      `origin text not null, organization_id uuid not null, primary key (origin, organization_id)`,
      'origins whose pages may call the API for a shop, looked up by preflight requests, which name no tenant',
      { grants: ['select', 'insert', 'delete'] },
    );
    await runner.query(`create index origins_organization on organizations.origins (organization_id)`);
  }

  /** Operators look over all organizations: what they are called and how they stand, nothing of what is in them. */
  private async operators(runner: QueryRunner): Promise<void> {
    await searchable(runner, 'organizations.domains');
    await runner.query(`create function organizations.overview(words text)
      returns table (id uuid, slug text, name text, status text, plan text, created_at timestamptz, suspended_at timestamptz,
        deletes_at timestamptz, members int)
      language sql stable security definer set search_path = pg_catalog as $$
        select t.id, t.slug, t.name, t.status, t.plan, t.created_at, t.suspended_at, t.deletes_at,
          (select count(*)::int from organizations.members m where m.tenant_id = t.tenant_id)
        from organizations.tenants t
        where words = '' or t.slug like words || '%' or strpos(lower(t.name), words) > 0 or t.id::text = words
          or exists (select from organizations.domains d where d.tenant_id = t.tenant_id and d.host = words) $$`);
    await runner.query(`grant create on schema organizations to mainstay_search`);
    await runner.query(`alter function organizations.overview(text) owner to mainstay_search`);
    await runner.query(`revoke create on schema organizations from mainstay_search`);
    await runner.query(`revoke execute on function organizations.overview(text) from public`);
    await runner.query(`grant execute on function organizations.overview(text) to mainstay_app`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop function organizations.overview(text)`);
    await runner.query(
      `drop table organizations.origins, organizations.hosts, organizations.domains, organizations.invitations`,
    );
    await runner.query(`update organizations.tenants set status = 'suspended' where status = 'closed'`);
    await runner.query(`alter table organizations.tenants drop constraint tenants_status_check`);
    await runner.query(
      `alter table organizations.tenants add constraint tenants_status_check check (status in ('active', 'suspended'))`,
    );
    await runner.query(`alter table organizations.tenants drop column plan, drop column limits, drop column branding,
      drop column suspended_at, drop column suspension_reason, drop column deletion_requested_at,
      drop column deletion_requested_by, drop column deletes_at`);
  }
}
