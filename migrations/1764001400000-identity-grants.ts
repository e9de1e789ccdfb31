import type { MigrationInterface, QueryRunner } from 'typeorm';
import { tenantTable, wall } from '../src/kernel/database/migration-kit';

const ROLE_KEY = `'^[a-z][a-z0-9-]{1,62}$'`;

/** Tenants' own roles with their inheritance, grants, and what both were in the past. */
export class IdentityGrants1764001400000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await this.roles(runner);
    await this.grants(runner);
    // A member may have any system role, or a role of its tenant; the command looks whether there is one.
    await runner.query(`alter table organizations.members drop constraint members_role_check`);
    await runner.query(
      `alter table organizations.members add constraint members_role_check check (role ~ ${ROLE_KEY})`,
    );
  }

  private async roles(runner: QueryRunner): Promise<void> {
    await tenantTable(
      runner,
      'identity.roles',
      `key text not null check (key ~ ${ROLE_KEY}), name text not null, description text not null default '',
       permissions text[] not null, created_at timestamptz not null, updated_at timestamptz not null,
       version int not null, unique (tenant_id, key)`,
    );
    // A parent may be a system role, which has no row: the command looks whether it exists, under the tenant's lock.
    await runner.query(`create table identity.role_edges (tenant_id uuid not null, role text not null, parent text not null,
      primary key (tenant_id, role, parent), check (role <> parent),
      foreign key (tenant_id, role) references identity.roles (tenant_id, key) on delete cascade)`);
    await runner.query(`create index role_edges_parent on identity.role_edges (tenant_id, parent)`);
    await runner.query(`create table identity.role_closure (tenant_id uuid not null, role text not null, inherited text not null,
      depth int not null, primary key (tenant_id, role, inherited), check (role <> inherited),
      foreign key (tenant_id, role) references identity.roles (tenant_id, key) on delete cascade)`);
    await runner.query(`create index role_closure_inherited on identity.role_closure (tenant_id, inherited)`);
    for (const table of ['identity.role_edges', 'identity.role_closure']) {
      await wall(runner, table);
      await runner.query(`grant select, insert, update, delete on ${table} to mainstay_app`);
    }
    await tenantTable(
      runner,
      'identity.role_versions',
      `role text not null, name text not null, permissions text[] not null, inherits text[] not null,
       from_at timestamptz not null, to_at timestamptz`,
      { grants: ['select', 'insert', 'update'] },
    );
    await runner.query(`create index role_versions_role on identity.role_versions (tenant_id, role, from_at)`);
    await tenantTable(
      runner,
      'identity.standings',
      `user_id uuid not null, role text not null, from_at timestamptz not null, to_at timestamptz`,
    );
    await runner.query(`create index standings_user on identity.standings (tenant_id, user_id, from_at)`);
  }

  private async grants(runner: QueryRunner): Promise<void> {
    await tenantTable(
      runner,
      'identity.grants',
      `subject_type text not null check (subject_type in ('user', 'team', 'apiKey')), subject_id uuid not null,
       role text check (role ~ ${ROLE_KEY}), permission text, effect text not null check (effect in ('allow', 'deny')),
       resource text, condition jsonb, valid_from timestamptz, valid_to timestamptz, reason text not null default '',
       created_by uuid, created_at timestamptz not null, revoked_by uuid, revoked_at timestamptz, expired_at timestamptz,
       version int not null, check ((role is null) <> (permission is null)), check (valid_from < valid_to)`,
      { grants: ['select', 'insert', 'update'] },
    );
    // What lives is asked on every first use of a token; what is past stays for the question who had access when.
    await runner.query(`create index grants_live on identity.grants (tenant_id, subject_type, subject_id)
      where revoked_at is null and expired_at is null`);
    await runner.query(
      `create index grants_subject on identity.grants (tenant_id, subject_type, subject_id, created_at)`,
    );
    await runner.query(`create index grants_role on identity.grants (tenant_id, role) where role is not null`);
    await runner.query(
      `create index grants_permission on identity.grants (tenant_id, permission) where permission is not null`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      `update organizations.members set role = 'staff' where role not in ('owner', 'staff', 'customer')`,
    );
    await runner.query(`alter table organizations.members drop constraint members_role_check`);
    await runner.query(
      `alter table organizations.members add constraint members_role_check check (role in ('owner', 'staff', 'customer'))`,
    );
    for (const table of ['grants', 'standings', 'role_versions', 'role_closure', 'role_edges', 'roles']) {
      await runner.query(`drop table identity.${table}`);
    }
  }
}
