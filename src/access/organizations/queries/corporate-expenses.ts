import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { hasPermission } from '../../../kernel/auth/principal';
import { currentContext } from '../../../kernel/context/request-context';
import { Database } from '../../../kernel/database/database';
import type { Transaction } from '../../../kernel/database/transaction';
import { keyset, type ListQuery, type Page, type TimeRange } from '../../../kernel/http/pagination';
import { formatAmount, type Money } from '../../../kernel/money/money';
import { csvFile, type CsvCell } from '../../../kernel/tabular/csv-writer';
import { expenseNotFound } from '../domain/corporate.errors';

export interface ExpenseLineView {
  description: string;
  category: string;
  amount: Money;
  spentOn: string;
}

export interface ExpenseView {
  id: string;
  accountId: string;
  userId: string;
  departmentId: string | null;
  costCenter: string | null;
  title: string;
  total: Money;
  lines: ExpenseLineView[];
  receiptFile: string | null;
  status: 'submitted' | 'approved' | 'rejected' | 'expired' | 'reimbursed';
  approvalId: string | null;
  reimbursedAt: Date | null;
  reimbursementReference: string | null;
  createdAt: Date;
}

type Row = Omit<ExpenseView, 'total' | 'lines'> & {
  money: number;
  currency: string;
  lines: { description: string; category: string; amount: number; spentOn: string }[];
};

const VIEW = `e.id, e.account_id as "accountId", e.user_id as "userId", e.department_id as "departmentId", e.cost_center as "costCenter",
  e.title, e.total::float8 as money, e.currency, e.lines, e.receipt_file as "receiptFile", e.state as status,
  (select a.id from organizations.approvals a where a.tenant_id = e.tenant_id and a.subject = 'expense' and a.subject_id = e.id) as "approvalId",
  e.reimbursed_at as "reimbursedAt", e.reimbursement_reference as "reimbursementReference", e.created_at as "createdAt"`;

const viewOf = (row: Row): ExpenseView => ({
  id: row.id,
  accountId: row.accountId,
  userId: row.userId,
  departmentId: row.departmentId,
  costCenter: row.costCenter,
  title: row.title,
  total: { amount: row.money, currency: row.currency },
  lines: row.lines.map(({ amount, ...line }) => ({ ...line, amount: { amount, currency: row.currency } })),
  receiptFile: row.receiptFile,
  status: row.status,
  approvalId: row.approvalId,
  reimbursedAt: row.reimbursedAt,
  reimbursementReference: row.reimbursementReference,
  createdAt: row.createdAt,
});

/** An expense as the open transaction sees it. */
export async function expenseView(tx: Transaction, id: string): Promise<ExpenseView> {
  const rows = await tx.query<Row>(
    `select ${VIEW} from organizations.expenses e where e.tenant_id = $1 and e.id = $2`,
    [tx.tenantId, id],
  );
  return viewOf(rows[0]);
}

/** Expenses that the user `$1` may see: the own ones, as finance or manager those of the account, and those to approve. */
const SEEN = `e.tenant_id = kernel.tenant_id() and ($1::uuid is null or e.user_id = $1
  or exists (select from organizations.corporate_people p where p.tenant_id = e.tenant_id and p.account_id = e.account_id
      and p.user_id = $1 and p.active and p.roles && array['finance', 'manager'])
  or exists (select from organizations.approvals a join organizations.approval_tasks t on t.tenant_id = a.tenant_id and t.approval_id = a.id
      join organizations.corporate_people p on p.tenant_id = t.tenant_id and p.id = t.person_id
      where a.tenant_id = e.tenant_id and a.subject = 'expense' and a.subject_id = e.id and p.user_id = $1))`;

const EXPENSES = keyset({
  id: 'e.id',
  sorts: {
    createdAt: { sql: 'e.created_at', type: 'timestamptz' },
    total: { sql: 'e.total', type: 'bigint' },
  },
  defaultSort: '-createdAt',
  filters: {
    status: { sql: 'e.state', type: 'text' },
    accountId: { sql: 'e.account_id', type: 'uuid' },
    departmentId: { sql: 'e.department_id', type: 'uuid' },
    createdAt: { sql: 'e.created_at', type: 'timestamptz' },
  },
});

export type ExpenseList = ListQuery & {
  status?: ExpenseView['status'][];
  accountId?: string;
  departmentId?: string;
  createdAt?: TimeRange;
};

const viewer = (): string | null => {
  const { principal } = currentContext();
  return hasPermission(principal, 'corporate:read') ? null : principal.userId;
};

/** Expenses that the caller may see. */
export class ListExpensesQuery extends Query<Page<ExpenseView>> {
  constructor(readonly list: ExpenseList) {
    super();
  }
}

@QueryHandler(ListExpensesQuery)
export class ListExpensesHandler implements IQueryHandler<ListExpensesQuery> {
  constructor(private readonly database: Database) {}

  async execute({ list }: ListExpensesQuery): Promise<Page<ExpenseView>> {
    return EXPENSES.run<Row, ExpenseView>(this.database, list, {
      select: VIEW,
      from: 'organizations.expenses e',
      where: SEEN,
      params: [viewer()],
      map: viewOf,
    });
  }
}

/** One expense that the caller may see. @throws AppError not-found */
export class ExpenseQuery extends Query<ExpenseView> {
  constructor(readonly expenseId: string) {
    super();
  }
}

@QueryHandler(ExpenseQuery)
export class ExpenseHandler implements IQueryHandler<ExpenseQuery> {
  constructor(private readonly database: Database) {}

  async execute({ expenseId }: ExpenseQuery): Promise<ExpenseView> {
    const rows = await this.database.read<Row>(
      `select ${VIEW} from organizations.expenses e where ${SEEN} and e.id = $2`,
      [viewer(), expenseId],
    );
    if (!rows[0]) throw expenseNotFound();
    return viewOf(rows[0]);
  }
}

const HEADER = [
  'id',
  'createdAt',
  'title',
  'status',
  'userId',
  'departmentId',
  'costCenter',
  'description',
  'category',
  'spentOn',
  'amount',
  'currency',
  'receiptFile',
  'reimbursedAt',
  'reimbursementReference',
];

/** All expenses that the caller may see as CSV, one row a line of an expense. */
export class ExportExpensesQuery extends Query<AsyncGenerator<string>> {}

@QueryHandler(ExportExpensesQuery)
export class ExportExpensesHandler implements IQueryHandler<ExportExpensesQuery> {
  constructor(private readonly database: Database) {}

  async execute(): Promise<AsyncGenerator<string>> {
    return csvFile(HEADER, this.batches());
  }

  private async *batches(): AsyncGenerator<CsvCell[][]> {
    let cursor: string | undefined;
    do {
      const list: ExpenseList = { limit: 100, cursor, sort: 'createdAt' };
      const { data, page } = await EXPENSES.run<Row, ExpenseView>(this.database, list, {
        select: VIEW,
        from: 'organizations.expenses e',
        where: SEEN,
        params: [viewer()],
        map: viewOf,
      });
      yield data.flatMap((expense) => expense.lines.map((line) => cellsOf(expense, line)));
      cursor = page.nextCursor ?? undefined;
    } while (cursor);
  }
}

const cellsOf = (expense: ExpenseView, line: ExpenseLineView): CsvCell[] => [
  expense.id,
  expense.createdAt.toISOString(),
  expense.title,
  expense.status,
  expense.userId,
  expense.departmentId,
  expense.costCenter,
  line.description,
  line.category,
  line.spentOn,
  formatAmount(line.amount),
  line.amount.currency,
  expense.receiptFile,
  expense.reimbursedAt?.toISOString(),
  expense.reimbursementReference,
];
