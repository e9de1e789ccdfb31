import type { MigrationInterface, QueryRunner } from 'typeorm';
import { tenantTable } from '../src/kernel/database/migration-kit';

/** Groups of customers: what prices, coupons and mailings are made for. */
export class CustomersGroups1764002100100 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await tenantTable(
      runner,
      'customers.groups',
      `name text not null check (length(name) between 1 and 120), name_key text collate "C" not null, description text,
       version int not null, created_at timestamptz not null, updated_at timestamptz not null,
       constraint groups_name unique (tenant_id, name_key)`,
    );
    await tenantTable(
      runner,
      'customers.group_members',
      `group_id uuid not null, customer_id uuid not null, added_at timestamptz not null,
       constraint group_members_once unique (tenant_id, group_id, customer_id),
       constraint group_members_group foreign key (tenant_id, group_id) references customers.groups (tenant_id, id) on delete cascade,
       constraint group_members_customer foreign key (tenant_id, customer_id) references customers.customers (tenant_id, id) on delete cascade`,
    );
    await runner.query(
      `create index group_members_of_customer on customers.group_members (tenant_id, customer_id, group_id)`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop table customers.group_members, customers.groups`);
  }
}
