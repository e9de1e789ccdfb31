import type { MigrationInterface, QueryRunner } from 'typeorm';
import { tenantTable } from '../src/kernel/database/migration-kit';

const STAMPS = 'created_at timestamptz not null, updated_at timestamptz not null, version int not null';
const CURRENCY = `currency text not null check (currency ~ '^[A-Z]{3}$')`;
const TABLES = [
  'expenses',
  'approval_tasks',
  'approvals',
  'approval_rules',
  'corporate_people',
  'departments',
  'corporate_accounts',
];

/** Companies that buy from a tenant: their departments, people, approvals and expenses. */
export class OrganizationsCorporate1764001900000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await this.companies(runner);
    await this.approvals(runner);
    await tenantTable(
      runner,
      'organizations.expenses',
      `account_id uuid not null, person_id uuid not null, user_id uuid not null, department_id uuid, cost_center text,
       title text not null, ${CURRENCY}, total bigint not null check (total > 0), lines jsonb not null, receipt_file text,
       state text not null check (state in ('submitted', 'approved', 'rejected', 'expired', 'reimbursed')),
       reimbursed_at timestamptz, reimbursed_by uuid, reimbursement_reference text, ${STAMPS},
       foreign key (tenant_id, account_id) references organizations.corporate_accounts (tenant_id, id),
       foreign key (tenant_id, person_id) references organizations.corporate_people (tenant_id, id)`,
    );
    await runner.query(
      `create index expenses_account on organizations.expenses (tenant_id, account_id, created_at, id)`,
    );
    await runner.query(`create index expenses_user on organizations.expenses (tenant_id, user_id, created_at, id)`);
    await runner.query(
      `create index expenses_department on organizations.expenses (tenant_id, department_id, created_at)`,
    );
  }

  private async companies(runner: QueryRunner): Promise<void> {
    await tenantTable(
      runner,
      'organizations.corporate_accounts',
      `name text not null, name_key text not null, kind text not null check (kind in ('customer', 'own')),
       ${CURRENCY}, status text not null check (status in ('active', 'suspended')), ${STAMPS}, unique (tenant_id, name_key)`,
    );
    await tenantTable(
      runner,
      'organizations.departments',
      `account_id uuid not null, parent_id uuid, name text not null, name_key text not null, cost_center text,
       monthly_budget bigint check (monthly_budget >= 0), ${STAMPS}, unique (tenant_id, account_id, name_key),
       unique (tenant_id, account_id, id), check (parent_id <> id),
       foreign key (tenant_id, account_id) references organizations.corporate_accounts (tenant_id, id),
       foreign key (tenant_id, account_id, parent_id) references organizations.departments (tenant_id, account_id, id)`,
    );
    await runner.query(
      `create index departments_parent on organizations.departments (tenant_id, account_id, parent_id)`,
    );
    await tenantTable(
      runner,
      'organizations.corporate_people',
      `account_id uuid not null, user_id uuid not null, department_id uuid, roles text[] not null,
       active boolean not null default true, delegate_id uuid, delegated_from timestamptz, delegated_until timestamptz, ${STAMPS},
       unique (tenant_id, user_id), check (delegate_id <> id), check (delegated_from < delegated_until),
       check (roles <@ array['buyer', 'approver', 'manager', 'finance']),
       foreign key (tenant_id, account_id) references organizations.corporate_accounts (tenant_id, id),
       foreign key (tenant_id, account_id, department_id) references organizations.departments (tenant_id, account_id, id),
       foreign key (tenant_id, delegate_id) references organizations.corporate_people (tenant_id, id)`,
    );
    await runner.query(
      `create index corporate_people_account on organizations.corporate_people (tenant_id, account_id, id)`,
    );
    await runner.query(
      `create index corporate_people_department on organizations.corporate_people (tenant_id, account_id, department_id)`,
    );
    await runner.query(
      `create index corporate_people_delegate on organizations.corporate_people (tenant_id, delegate_id)`,
    );
  }

  private async approvals(runner: QueryRunner): Promise<void> {
    await tenantTable(
      runner,
      'organizations.approval_rules',
      `account_id uuid not null, name text not null, subject text not null check (subject in ('order', 'expense')),
       ${CURRENCY}, above bigint not null check (above >= 0), categories text[], requester_role text, department_id uuid,
       steps jsonb not null, expires_hours int not null check (expires_hours between 1 and 720),
       escalate_hours int check (escalate_hours between 1 and 720), active boolean not null default true, ${STAMPS},
       foreign key (tenant_id, account_id) references organizations.corporate_accounts (tenant_id, id),
       foreign key (tenant_id, account_id, department_id) references organizations.departments (tenant_id, account_id, id)`,
    );
    await runner.query(
      `create index approval_rules_account on organizations.approval_rules (tenant_id, account_id, subject, above)`,
    );
    await runner.query(
      `create index approval_rules_department on organizations.approval_rules (tenant_id, account_id, department_id)`,
    );
    await tenantTable(
      runner,
      'organizations.approvals',
      `account_id uuid not null, rule_id uuid, subject text not null check (subject in ('order', 'expense')),
       subject_id uuid not null, reference text not null, requester_id uuid not null, requester_user_id uuid not null,
       department_id uuid, ${CURRENCY}, amount bigint not null, steps jsonb not null, step int not null,
       state text not null check (state in ('pending', 'approved', 'rejected', 'expired', 'cancelled')),
       expires_at timestamptz not null, escalated_at timestamptz, decided_at timestamptz, comment text, ${STAMPS},
       unique (tenant_id, subject, subject_id),
       foreign key (tenant_id, account_id) references organizations.corporate_accounts (tenant_id, id),
       foreign key (tenant_id, requester_id) references organizations.corporate_people (tenant_id, id)`,
    );
    await runner.query(
      `create index approvals_account on organizations.approvals (tenant_id, account_id, created_at, id)`,
    );
    await tenantTable(
      runner,
      'organizations.approval_tasks',
      `approval_id uuid not null, step int not null, person_id uuid not null, escalated boolean not null default false,
       state text not null check (state in ('open', 'approved', 'rejected', 'skipped')), decided_by uuid, decided_at timestamptz,
       comment text, created_at timestamptz not null, unique (tenant_id, approval_id, step, person_id),
       foreign key (tenant_id, approval_id) references organizations.approvals (tenant_id, id) on delete cascade,
       foreign key (tenant_id, person_id) references organizations.corporate_people (tenant_id, id)`,
    );
    await runner.query(
      `create index approval_tasks_person on organizations.approval_tasks (tenant_id, person_id, state)`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of TABLES) await runner.query(`drop table organizations.${table}`);
  }
}
