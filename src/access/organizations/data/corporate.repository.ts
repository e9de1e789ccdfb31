import { Injectable } from '@nestjs/common';
import { Database } from '../../../kernel/database/database';
import type { Transaction } from '../../../kernel/database/transaction';
import type { ApprovalStep, Person, Rule, Task } from '../domain/corporate-approval.policy';
import { approvalNotFound } from '../domain/corporate.errors';

export interface AccountPerson extends Person {
  accountId: string;
  currency: string;
}

export interface ApprovalRow {
  id: string;
  accountId: string;
  ruleId: string | null;
  subject: 'order' | 'expense';
  subjectId: string;
  reference: string;
  requesterId: string;
  requesterUserId: string;
  currency: string;
  amount: number;
  steps: ApprovalStep[];
  step: number;
  state: 'pending' | 'approved' | 'rejected' | 'expired' | 'cancelled';
  expiresAt: Date;
  escalatedAt: Date | null;
}

export interface TaskRow extends Task {
  id: string;
  decidedBy: string | null;
}

const PERSON = `p.id, p.account_id as "accountId", p.user_id as "userId", p.department_id as "departmentId", p.roles,
  p.active, p.delegate_id as "delegateId", p.delegated_from as "delegatedFrom", p.delegated_until as "delegatedUntil", a.currency`;
/** A person whose membership of the organization rests, or has ended, decides nothing. */
const PEOPLE = `select ${PERSON.replace('p.active', `(p.active and a.status = 'active' and m.status is not distinct from 'active') as active`)}
  from organizations.corporate_people p
  join organizations.corporate_accounts a on a.tenant_id = p.tenant_id and a.id = p.account_id
  left join organizations.members m on m.tenant_id = p.tenant_id and m.user_id = p.user_id
  where p.tenant_id = kernel.tenant_id()`;
const RULES = `select id, above::float8 as above, currency, categories, requester_role as "requesterRole", department_id as "departmentId",
    steps, expires_hours as "expiresHours", escalate_hours as "escalateHours"
  from organizations.approval_rules where tenant_id = kernel.tenant_id()`;
const APPROVAL = `id, account_id as "accountId", rule_id as "ruleId", subject, subject_id as "subjectId", reference,
  requester_id as "requesterId", requester_user_id as "requesterUserId", currency, amount::float8 as amount, steps, step, state,
  expires_at as "expiresAt", escalated_at as "escalatedAt"`;

/** Reads of companies, as commands need them; inside a transaction they see its changes. */
@Injectable()
export class CorporateRepository {
  constructor(private readonly database: Database) {}

  async personOfUser(userId: string): Promise<AccountPerson | null> {
    return (await this.database.read<AccountPerson>(`${PEOPLE} and p.user_id = $1`, [userId]))[0] ?? null;
  }

  async person(id: string): Promise<AccountPerson | null> {
    return (await this.database.read<AccountPerson>(`${PEOPLE} and p.id = $1`, [id]))[0] ?? null;
  }

  people(accountId: string): Promise<AccountPerson[]> {
    return this.database.read<AccountPerson>(`${PEOPLE} and p.account_id = $1 order by p.id`, [accountId]);
  }

  rules(accountId: string, subject: 'order' | 'expense'): Promise<Rule[]> {
    return this.database.read<Rule>(`${RULES} and account_id = $1 and subject = $2 and active order by id`, [
      accountId,
      subject,
    ]);
  }

  async rule(id: string | null): Promise<Rule | null> {
    if (id === null) return null;
    return (await this.database.read<Rule>(`${RULES} and id = $1`, [id]))[0] ?? null;
  }

  /** The approval, locked: all who decide, and time, take turns here. */
  async lockApproval(tx: Transaction, id: string): Promise<ApprovalRow> {
    const rows = await tx.query<ApprovalRow>(
      `select ${APPROVAL} from organizations.approvals where tenant_id = $1 and id = $2 for update`,
      [tx.tenantId, id],
    );
    if (!rows[0]) throw approvalNotFound();
    return rows[0];
  }

  async approvalOf(tx: Transaction, subject: 'order' | 'expense', subjectId: string): Promise<string | null> {
    const rows = await tx.query<{ id: string }>(
      'select id from organizations.approvals where tenant_id = $1 and subject = $2 and subject_id = $3',
      [tx.tenantId, subject, subjectId],
    );
    return rows[0]?.id ?? null;
  }

  tasks(tx: Transaction, approvalId: string, step: number): Promise<TaskRow[]> {
    return tx.query<TaskRow>(
      `select id, step, person_id as "personId", escalated, state, decided_by as "decidedBy"
       from organizations.approval_tasks where tenant_id = $1 and approval_id = $2 and step = $3 order by id`,
      [tx.tenantId, approvalId, step],
    );
  }
}
