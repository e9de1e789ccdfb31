import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { hasPermission } from '../../../kernel/auth/principal';
import { currentContext } from '../../../kernel/context/request-context';
import { Database } from '../../../kernel/database/database';
import type { Transaction } from '../../../kernel/database/transaction';
import { keyset, type ListQuery, type Page } from '../../../kernel/http/pagination';
import type { Money } from '../../../kernel/money/money';
import { approvalNotFound } from '../domain/corporate.errors';

export interface ApprovalTaskView {
  step: number;
  personId: string;
  userId: string;
  status: 'open' | 'approved' | 'rejected' | 'skipped';
  escalated: boolean;
  /** The person who decided, perhaps as a stand-in. */
  decidedBy: string | null;
  decidedAt: Date | null;
  comment: string | null;
}

export interface ApprovalView {
  id: string;
  accountId: string;
  subject: 'order' | 'expense';
  subjectId: string;
  reference: string;
  amount: Money;
  status: 'pending' | 'approved' | 'rejected' | 'expired' | 'cancelled';
  requesterUserId: string;
  /** Counted from 0. */
  step: number;
  steps: number;
  tasks: ApprovalTaskView[];
  expiresAt: Date;
  escalatedAt: Date | null;
  decidedAt: Date | null;
  comment: string | null;
  createdAt: Date;
}

type Row = Omit<ApprovalView, 'amount' | 'tasks'> & {
  money: number;
  currency: string;
  tasks: (Omit<ApprovalTaskView, 'decidedAt'> & { decidedAt: string | null })[];
};

const VIEW = `a.id, a.account_id as "accountId", a.subject, a.subject_id as "subjectId", a.reference, a.amount::float8 as money,
  a.currency, a.state as status, a.requester_user_id as "requesterUserId", a.step, jsonb_array_length(a.steps) as steps,
  a.expires_at as "expiresAt", a.escalated_at as "escalatedAt", a.decided_at as "decidedAt", a.comment, a.created_at as "createdAt",
  coalesce((select json_agg(json_build_object('step', t.step, 'personId', t.person_id, 'userId', p.user_id, 'status', t.state,
      'escalated', t.escalated, 'decidedBy', t.decided_by, 'decidedAt', t.decided_at, 'comment', t.comment) order by t.step, t.id)
    from organizations.approval_tasks t
    join organizations.corporate_people p on p.tenant_id = t.tenant_id and p.id = t.person_id
    where t.tenant_id = a.tenant_id and t.approval_id = a.id), '[]') as tasks`;

const viewOf = (row: Row): ApprovalView => ({
  id: row.id,
  accountId: row.accountId,
  subject: row.subject,
  subjectId: row.subjectId,
  reference: row.reference,
  amount: { amount: row.money, currency: row.currency },
  status: row.status,
  requesterUserId: row.requesterUserId,
  step: row.step,
  steps: row.steps,
  tasks: row.tasks.map((task) => ({ ...task, decidedAt: task.decidedAt ? new Date(task.decidedAt) : null })),
  expiresAt: row.expiresAt,
  escalatedAt: row.escalatedAt,
  decidedAt: row.decidedAt,
  comment: row.comment,
  createdAt: row.createdAt,
});

/** An approval as the open transaction sees it. */
export async function approvalView(tx: Transaction, id: string): Promise<ApprovalView> {
  const rows = await tx.query<Row>(
    `select ${VIEW} from organizations.approvals a where a.tenant_id = $1 and a.id = $2`,
    [tx.tenantId, id],
  );
  return viewOf(rows[0]);
}

/** What waits for the user `$1` now: an open task of the present step, the own one or that of somebody they stand in for. */
const WAITS_FOR = `a.state = 'pending' and a.requester_user_id <> $1 and exists (
  select from organizations.approval_tasks t
  join organizations.corporate_people p on p.tenant_id = t.tenant_id and p.id = t.person_id
  left join organizations.corporate_people d on d.tenant_id = p.tenant_id and d.id = p.delegate_id
    and p.delegated_from <= kernel.now() and kernel.now() < p.delegated_until
  where t.tenant_id = a.tenant_id and t.approval_id = a.id and t.step = a.step and t.state = 'open'
    and (p.user_id = $1 or d.user_id = $1))`;
/** What the user `$1` has a part in. */
const CONCERNS = `(a.requester_user_id = $1 or (${WAITS_FOR}) or exists (
  select from organizations.approval_tasks t
  join organizations.corporate_people p on p.tenant_id = t.tenant_id and (p.id = t.person_id or p.id = t.decided_by)
  where t.tenant_id = a.tenant_id and t.approval_id = a.id and p.user_id = $1))`;

const APPROVALS = keyset({
  id: 'a.id',
  sorts: {
    createdAt: { sql: 'a.created_at', type: 'timestamptz' },
    expiresAt: { sql: 'a.expires_at', type: 'timestamptz' },
  },
  defaultSort: '-createdAt',
  filters: {
    status: { sql: 'a.state', type: 'text' },
    subject: { sql: 'a.subject', type: 'text' },
    accountId: { sql: 'a.account_id', type: 'uuid' },
  },
});

/** Approvals: `mine` is the caller's inbox; otherwise all of the shop for staff, the caller's own for others. */
export class ListApprovalsQuery extends Query<Page<ApprovalView>> {
  constructor(
    readonly list: ListQuery & {
      mine?: boolean;
      status?: ApprovalView['status'][];
      subject?: string;
      accountId?: string;
    },
  ) {
    super();
  }
}

@QueryHandler(ListApprovalsQuery)
export class ListApprovalsHandler implements IQueryHandler<ListApprovalsQuery> {
  constructor(private readonly database: Database) {}

  async execute({ list: { mine, ...list } }: ListApprovalsQuery): Promise<Page<ApprovalView>> {
    const { principal } = currentContext();
    const all = !mine && hasPermission(principal, 'corporate:read');
    return APPROVALS.run<Row, ApprovalView>(this.database, list, {
      select: VIEW,
      from: 'organizations.approvals a',
      where: `a.tenant_id = kernel.tenant_id() and ($1::uuid is null or ${mine ? WAITS_FOR : CONCERNS})`,
      params: [all ? null : principal.userId],
      map: viewOf,
    });
  }
}

/** One approval that the caller may see. @throws AppError not-found */
export class ApprovalQuery extends Query<ApprovalView> {
  constructor(readonly approvalId: string) {
    super();
  }
}

@QueryHandler(ApprovalQuery)
export class ApprovalHandler implements IQueryHandler<ApprovalQuery> {
  constructor(private readonly database: Database) {}

  async execute({ approvalId }: ApprovalQuery): Promise<ApprovalView> {
    const { principal } = currentContext();
    const all = hasPermission(principal, 'corporate:read');
    const rows = await this.database.read<Row>(
      `select ${VIEW} from organizations.approvals a
       where a.tenant_id = kernel.tenant_id() and a.id = $2 and ($1::uuid is null or ${CONCERNS})`,
      [all ? null : principal.userId, approvalId],
    );
    if (!rows[0]) throw approvalNotFound();
    return viewOf(rows[0]);
  }
}
