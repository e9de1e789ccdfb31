import type { MigrationInterface, QueryRunner } from 'typeorm';
import { tenantTable } from '../src/kernel/database/migration-kit';

/** Teams of members, and memberships that rest. */
export class OrganizationsTeams1764001500000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `alter table organizations.members add column status text not null default 'active' check (status in ('active', 'suspended'))`,
    );
    await tenantTable(
      runner,
      'organizations.teams',
      `name text not null, name_key text not null, description text,
       created_at timestamptz not null, updated_at timestamptz not null, version int not null, unique (tenant_id, name_key)`,
    );
    await tenantTable(
      runner,
      'organizations.team_members',
      `team_id uuid not null, member_id uuid not null, user_id uuid not null, joined_at timestamptz not null,
       unique (tenant_id, team_id, member_id),
       foreign key (tenant_id, team_id) references organizations.teams (tenant_id, id) on delete cascade,
       foreign key (tenant_id, member_id) references organizations.members (tenant_id, id) on delete cascade`,
    );
    await runner.query(`create index team_members_member on organizations.team_members (tenant_id, member_id)`);
    await runner.query(`create index team_members_user on organizations.team_members (tenant_id, user_id)`);
    await this.memberships(runner, `and m.status = 'active'`);
  }

  /** A membership that rests is none when its user signs in; owners come first, shoppers last. */
  private async memberships(runner: QueryRunner, active: string): Promise<void> {
    await runner.query(`create or replace function organizations.memberships_of(member uuid)
      returns table (organization_id uuid, slug text, name text, role text, joined_at timestamptz)
      language sql stable security definer set search_path = pg_catalog as $$
        select t.id, t.slug, t.name, m.role, m.joined_at
        from organizations.members m join organizations.tenants t on t.tenant_id = m.tenant_id and t.id = m.tenant_id
        where m.user_id = member and t.status = 'active' ${active}
        order by case m.role when 'owner' then 0 when 'customer' then 2 when 'user' then 2 else 1 end, m.joined_at, t.id
        limit 500 $$`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await this.memberships(runner, '');
    await runner.query(`drop table organizations.team_members, organizations.teams`);
    await runner.query(`alter table organizations.members drop column status`);
  }
}
