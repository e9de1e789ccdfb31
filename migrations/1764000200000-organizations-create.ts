import type { MigrationInterface, QueryRunner } from 'typeorm';
import { createSchema, platformTable, searchable, tenantTable } from '../src/kernel/database/migration-kit';

/** Tenants, their public addresses and their members. */
export class OrganizationsCreate1764000200000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await createSchema(runner, 'organizations');
    await tenantTable(
      runner,
      'organizations.tenants',
      `slug text not null, name text not null, settings jsonb not null default '{}',
       status text not null default 'active' check (status in ('active', 'suspended')),
       created_at timestamptz not null, updated_at timestamptz not null, version int not null, check (id = tenant_id)`,
    );
    // Unique over all tenants and read before one is known; a slug that was given up stays taken by its organization.
    await platformTable(
      runner,
      'organizations.slugs',
      `slug text primary key check (slug ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'), organization_id uuid not null, created_at timestamptz not null`,
      'the public address of each shop, looked up before a tenant is known; says nothing but that the address is taken',
      { grants: ['select', 'insert'] },
    );
    await runner.query(`create index slugs_organization on organizations.slugs (organization_id)`);
    await tenantTable(
      runner,
      'organizations.members',
      `user_id uuid not null, role text not null check (role in ('owner', 'staff', 'customer')),
       joined_at timestamptz not null, updated_at timestamptz not null, version int not null, unique (tenant_id, user_id)`,
    );
    await runner.query(`create index members_user on organizations.members (user_id)`);
    await runner.query(`create index members_role on organizations.members (tenant_id, role)`);
    await this.crossing(runner);
  }

  /**
   * Sign-in must know a user's organizations before it can name one: the one look-up that crosses tenants. It is bound
   * to a user id inside, runs as a role that can only select, and gives no more than the list of shops.
   */
  private async crossing(runner: QueryRunner): Promise<void> {
    await searchable(runner, 'organizations.tenants');
    await searchable(runner, 'organizations.members');
    await runner.query(`create function organizations.memberships_of(member uuid)
      returns table (organization_id uuid, slug text, name text, role text, joined_at timestamptz)
      language sql stable security definer set search_path = pg_catalog as $$
        select t.id, t.slug, t.name, m.role, m.joined_at
        from organizations.members m join organizations.tenants t on t.tenant_id = m.tenant_id and t.id = m.tenant_id
        where m.user_id = member and t.status = 'active'
        order by array_position(array['owner', 'staff', 'customer'], m.role), m.joined_at, t.id
        limit 500 $$`);
    await runner.query(`grant create on schema organizations to mainstay_search`);
    await runner.query(`alter function organizations.memberships_of(uuid) owner to mainstay_search`);
    await runner.query(`revoke create on schema organizations from mainstay_search`);
    await runner.query(`revoke execute on function organizations.memberships_of(uuid) from public`);
    await runner.query(`grant execute on function organizations.memberships_of(uuid) to mainstay_app`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop schema organizations cascade`);
  }
}
