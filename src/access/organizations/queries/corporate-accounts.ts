import { Query, QueryBus, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { clock } from '../../../kernel/clock/clock';
import { currentContext } from '../../../kernel/context/request-context';
import { Database } from '../../../kernel/database/database';
import { keyset, type ListQuery, type Page } from '../../../kernel/http/pagination';
import type { Money } from '../../../kernel/money/money';
import { FindUsersQuery } from '../../identity/contracts/find-users';
import type { ApprovalStep, CorporateRole } from '../domain/corporate-approval.policy';
import { accountNotFound, noCorporatePerson } from '../domain/corporate.errors';

export interface AccountSummary {
  id: string;
  name: string;
  kind: 'customer' | 'own';
  currency: string;
  status: 'active' | 'suspended';
  people: number;
  createdAt: Date;
}

export interface DepartmentView {
  id: string;
  parentId: string | null;
  name: string;
  costCenter: string | null;
  monthlyBudget: Money | null;
  /** Approved and reimbursed expenses and approved orders of this month (UTC), in the account's currency. */
  spentThisMonth: Money;
}

export interface PersonView {
  id: string;
  userId: string;
  name: string | null;
  email: string | null;
  roles: CorporateRole[];
  departmentId: string | null;
  active: boolean;
  delegation: { to: string; from: Date; until: Date } | null;
}

export interface RuleView {
  id: string;
  name: string;
  subject: 'order' | 'expense';
  above: Money;
  categories: string[] | null;
  requesterRole: CorporateRole | null;
  departmentId: string | null;
  steps: ApprovalStep[];
  expiresHours: number;
  escalateHours: number | null;
}

export interface AccountView extends AccountSummary {
  departments: DepartmentView[];
  rules: RuleView[];
}

const ACCOUNT = `a.id, a.name, a.kind, a.currency, a.status, a.created_at as "createdAt",
  (select count(*)::int from organizations.corporate_people p where p.tenant_id = a.tenant_id and p.account_id = a.id) as people`;
const summaryOf = (row: AccountSummary): AccountSummary => ({
  id: row.id,
  name: row.name,
  kind: row.kind,
  currency: row.currency,
  status: row.status,
  people: row.people,
  createdAt: row.createdAt,
});

const ACCOUNTS = keyset({
  id: 'a.id',
  sorts: { name: { sql: 'a.name_key', type: 'text' }, createdAt: { sql: 'a.created_at', type: 'timestamptz' } },
  defaultSort: 'name',
});

/** Corporate accounts of the shop. */
export class ListAccountsQuery extends Query<Page<AccountSummary>> {
  constructor(readonly list: ListQuery) {
    super();
  }
}

@QueryHandler(ListAccountsQuery)
export class ListAccountsHandler implements IQueryHandler<ListAccountsQuery> {
  constructor(private readonly database: Database) {}

  async execute({ list }: ListAccountsQuery): Promise<Page<AccountSummary>> {
    return ACCOUNTS.run<AccountSummary, AccountSummary>(this.database, list, {
      select: ACCOUNT,
      from: 'organizations.corporate_accounts a',
      where: 'a.tenant_id = kernel.tenant_id()',
      map: summaryOf,
    });
  }
}

/** An account with its departments and rules. @throws AppError not-found */
export class AccountQuery extends Query<AccountView> {
  constructor(readonly accountId: string) {
    super();
  }
}

type DepartmentRow = Omit<DepartmentView, 'monthlyBudget' | 'spentThisMonth'> & {
  budget: number | null;
  spent: number;
};
type RuleRow = Omit<RuleView, 'above'> & { limit: number; currency: string };

const DEPARTMENTS = `select d.id, d.parent_id as "parentId", d.name, d.cost_center as "costCenter", d.monthly_budget::float8 as budget,
    (coalesce((select sum(e.total) from organizations.expenses e where e.tenant_id = d.tenant_id and e.department_id = d.id
        and e.state in ('approved', 'reimbursed') and e.created_at >= $2 and e.currency = a.currency), 0)
     + coalesce((select sum(o.amount) from organizations.approvals o where o.tenant_id = d.tenant_id and o.account_id = d.account_id
        and o.department_id = d.id and o.subject = 'order' and o.state = 'approved' and o.created_at >= $2
        and o.currency = a.currency), 0))::float8 as spent
  from organizations.departments d
  join organizations.corporate_accounts a on a.tenant_id = d.tenant_id and a.id = d.account_id
  where d.tenant_id = kernel.tenant_id() and d.account_id = $1 order by d.name_key`;
const RULES = `select id, name, subject, above::float8 as limit, currency, categories, requester_role as "requesterRole",
    department_id as "departmentId", steps, expires_hours as "expiresHours", escalate_hours as "escalateHours"
  from organizations.approval_rules where tenant_id = kernel.tenant_id() and account_id = $1 and active order by subject, above, id`;

@QueryHandler(AccountQuery)
export class AccountHandler implements IQueryHandler<AccountQuery> {
  constructor(private readonly database: Database) {}

  async execute({ accountId }: AccountQuery): Promise<AccountView> {
    const [row] = await this.database.read<AccountSummary>(
      `select ${ACCOUNT} from organizations.corporate_accounts a where a.tenant_id = kernel.tenant_id() and a.id = $1`,
      [accountId],
    );
    if (!row) throw accountNotFound();
    const now = clock.now();
    const month = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), 1));
    const departments = await this.database.read<DepartmentRow>(DEPARTMENTS, [accountId, month]);
    const rules = await this.database.read<RuleRow>(RULES, [accountId]);
    const { currency } = row;
    return {
      ...summaryOf(row),
      departments: departments.map(({ budget, spent, ...department }) => ({
        ...department,
        monthlyBudget: budget === null ? null : { amount: budget, currency },
        spentThisMonth: { amount: spent, currency },
      })),
      rules: rules.map(({ limit, currency: of, ...rule }) => ({ ...rule, above: { amount: limit, currency: of } })),
    };
  }
}

const PEOPLE = keyset({
  id: 'p.id',
  sorts: { createdAt: { sql: 'p.created_at', type: 'timestamptz' } },
  defaultSort: 'createdAt',
});
const PERSON = `p.id, p.user_id as "userId", p.roles, p.department_id as "departmentId", p.active, p.delegate_id as "delegateId",
  p.delegated_from as "delegatedFrom", p.delegated_until as "delegatedUntil"`;

interface PersonRow {
  id: string;
  userId: string;
  roles: CorporateRole[];
  departmentId: string | null;
  active: boolean;
  delegateId: string | null;
  delegatedFrom: Date | null;
  delegatedUntil: Date | null;
}

/** People of an account, with names and addresses. */
export class ListPeopleQuery extends Query<Page<PersonView>> {
  constructor(
    readonly accountId: string,
    readonly list: ListQuery,
  ) {
    super();
  }
}

@QueryHandler(ListPeopleQuery)
export class ListPeopleHandler implements IQueryHandler<ListPeopleQuery> {
  constructor(
    private readonly database: Database,
    private readonly queries: QueryBus,
  ) {}

  async execute({ accountId, list }: ListPeopleQuery): Promise<Page<PersonView>> {
    const { data, page } = await PEOPLE.run<PersonRow, PersonRow>(this.database, list, {
      select: PERSON,
      from: 'organizations.corporate_people p',
      where: 'p.tenant_id = kernel.tenant_id() and p.account_id = $1',
      params: [accountId],
      map: (row) => row,
    });
    if (data.length === 0) await this.demandAccount(accountId);
    return { page, data: await named(this.queries, data) };
  }

  private async demandAccount(id: string): Promise<void> {
    const rows = await this.database.read(
      'select from organizations.corporate_accounts where tenant_id = kernel.tenant_id() and id = $1',
      [id],
    );
    if (rows.length === 0) throw accountNotFound();
  }
}

/** People with their names and addresses. */
async function named(queries: QueryBus, rows: PersonRow[]): Promise<PersonView[]> {
  const users = await queries.execute(new FindUsersQuery({ ids: rows.map(({ userId }) => userId) }));
  const byId = new Map(users.map((user) => [user.id, user]));
  return rows.map(({ id, userId, roles, departmentId, active, delegateId, delegatedFrom, delegatedUntil }) => ({
    id,
    userId,
    name: byId.get(userId)?.name ?? null,
    email: byId.get(userId)?.email ?? null,
    roles,
    departmentId,
    active,
    delegation:
      delegateId && delegatedFrom && delegatedUntil
        ? { to: delegateId, from: delegatedFrom, until: delegatedUntil }
        : null,
  }));
}

/** The caller's own place in a corporate account. @throws AppError forbidden */
export class OwnPlaceQuery extends Query<PersonView & { accountId: string }> {}

@QueryHandler(OwnPlaceQuery)
export class OwnPlaceHandler implements IQueryHandler<OwnPlaceQuery> {
  constructor(
    private readonly database: Database,
    private readonly queries: QueryBus,
  ) {}

  async execute(): Promise<PersonView & { accountId: string }> {
    const [row] = await this.database.read<PersonRow & { accountId: string }>(
      `select ${PERSON}, p.account_id as "accountId" from organizations.corporate_people p
       where p.tenant_id = kernel.tenant_id() and p.user_id = $1`,
      [currentContext().principal.userId],
    );
    if (!row) throw noCorporatePerson();
    const [view] = await named(this.queries, [row]);
    return { ...view, accountId: row.accountId };
  }
}
