import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { clock } from '../../../kernel/clock/clock';
import { currentContext } from '../../../kernel/context/request-context';
import type { Transaction } from '../../../kernel/database/transaction';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { newId } from '../../../kernel/ids/ids';
import { CorporateRepository, type AccountPerson } from '../data/corporate.repository';
import { ruleFor } from '../domain/corporate-approval.policy';
import {
  corporateInvalid,
  departmentNotFound,
  expenseNotFound,
  expenseState,
  financeOnly,
  noCorporatePerson,
  personNotFound,
} from '../domain/corporate.errors';
import { expenseView, type ExpenseView } from '../queries/corporate-expenses';
import { ApprovalDesk, DEFAULT_HOURS } from './corporate-approval-desk';

/** Longest delegation (days). */
const MOST_DAYS = 366;

/** Lets somebody of the same account decide in the caller's place for a time; null ends it. */
export class DelegateCommand extends Command<void> {
  constructor(readonly delegation: { to: string; from: Date; until: Date } | null) {
    super();
  }
}

@CommandHandler(DelegateCommand)
export class DelegateHandler implements ICommandHandler<DelegateCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly repository: CorporateRepository,
  ) {}

  async execute({ delegation }: DelegateCommand): Promise<void> {
    await this.uow.run(async (tx) => {
      const me = await ownPerson(this.repository);
      if (delegation) {
        const { to, from, until } = delegation;
        const days = (until.getTime() - Math.max(from.getTime(), clock.nowMs())) / 86_400_000;
        if (from >= until || days <= 0 || days > MOST_DAYS)
          throw corporateInvalid(
            '/until',
            `A delegation ends after it begins, in the future, and within ${MOST_DAYS} days.`,
          );
        const other = await this.repository.person(to);
        if (!other?.active || other.accountId !== me.accountId || other.id === me.id) throw personNotFound();
      }
      await tx.execute(
        `update organizations.corporate_people set delegate_id = $3, delegated_from = $4, delegated_until = $5,
           updated_at = kernel.now(), version = version + 1 where tenant_id = $1 and id = $2`,
        [tx.tenantId, me.id, delegation?.to ?? null, delegation?.from ?? null, delegation?.until ?? null],
      );
    });
  }
}

/** The caller as a person of an account. @throws AppError forbidden */
async function ownPerson(repository: CorporateRepository): Promise<AccountPerson> {
  const { userId } = currentContext().principal;
  const me = userId ? await repository.personOfUser(userId) : null;
  if (!me?.active) throw noCorporatePerson();
  return me;
}

export interface ExpenseLine {
  description: string;
  category: string;
  /** Minor units. */
  amount: number;
  /** `2026-03-01` */
  spentOn: string;
}

export interface NewExpense {
  title: string;
  currency?: string;
  lines: ExpenseLine[];
  departmentId?: string | null;
  costCenter?: string | null;
  /** Reference of an uploaded file. */
  receiptFile?: string | null;
}

/** Submits an expense of the caller and asks for its approval in one commit. */
export class SubmitExpenseCommand extends Command<ExpenseView> {
  constructor(readonly expense: NewExpense) {
    super();
  }
}

@CommandHandler(SubmitExpenseCommand)
export class SubmitExpenseHandler implements ICommandHandler<SubmitExpenseCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly repository: CorporateRepository,
    private readonly desk: ApprovalDesk,
  ) {}

  async execute({ expense }: SubmitExpenseCommand): Promise<ExpenseView> {
    const total = expense.lines.reduce((sum, { amount }) => sum + amount, 0);
    if (!Number.isSafeInteger(total)) throw corporateInvalid('/lines', 'The total is too large.');
    return this.uow.run(async (tx) => {
      const me = await ownPerson(this.repository);
      const currency = expense.currency ?? me.currency;
      const id = newId();
      const department = await this.departmentOf(tx, me, expense.departmentId);
      await tx.execute(
        `insert into organizations.expenses (tenant_id, id, account_id, person_id, user_id, department_id, cost_center, title, currency,
           total, lines, receipt_file, state, created_at, updated_at, version)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 'submitted', kernel.now(), kernel.now(), 1)`,
        [
          tx.tenantId,
          id,
          me.accountId,
          me.id,
          me.userId,
          department?.id ?? null,
          expense.costCenter ?? department?.costCenter ?? null,
          expense.title.trim(),
          currency,
          total,
          JSON.stringify(expense.lines),
          expense.receiptFile ?? null,
        ],
      );
      const categories = expense.lines.map(({ category }) => category);
      const rules = await this.repository.rules(me.accountId, 'expense');
      const rule = ruleFor(rules, { amount: total, currency, categories, requester: me });
      await this.desk.open(tx, {
        subject: 'expense',
        subjectId: id,
        reference: `Expense “${expense.title.trim()}”`,
        amount: total,
        currency,
        requester: me,
        rule,
        expiresAt: new Date(clock.nowMs() + (rule?.expiresHours ?? DEFAULT_HOURS) * 3_600_000),
      });
      return expenseView(tx, id);
    });
  }

  private async departmentOf(
    tx: Transaction,
    me: AccountPerson,
    asked: string | null | undefined,
  ): Promise<{ id: string; costCenter: string | null } | null> {
    const id = asked ?? me.departmentId;
    if (!id) return null;
    const rows = await tx.query<{ id: string; costCenter: string | null }>(
      `select id, cost_center as "costCenter" from organizations.departments where tenant_id = $1 and account_id = $2 and id = $3`,
      [tx.tenantId, me.accountId, id],
    );
    if (!rows[0]) throw departmentNotFound();
    return rows[0];
  }
}

/** Notes that an approved expense was paid back, by finance of the account and not for itself; once. */
export class ReimburseExpenseCommand extends Command<ExpenseView> {
  constructor(
    readonly expenseId: string,
    readonly reference: string,
  ) {
    super();
  }
}

@CommandHandler(ReimburseExpenseCommand)
export class ReimburseExpenseHandler implements ICommandHandler<ReimburseExpenseCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly repository: CorporateRepository,
  ) {}

  async execute({ expenseId, reference }: ReimburseExpenseCommand): Promise<ExpenseView> {
    const { userId } = currentContext().principal;
    return this.uow.run(async (tx) => {
      const [expense] = await tx.query<{ accountId: string; userId: string; state: string }>(
        `select account_id as "accountId", user_id as "userId", state from organizations.expenses
         where tenant_id = $1 and id = $2 for update`,
        [tx.tenantId, expenseId],
      );
      if (!expense) throw expenseNotFound();
      const me = userId ? await this.repository.personOfUser(userId) : null;
      const isFinance = me?.active && me.accountId === expense.accountId && me.roles.includes('finance');
      if (!isFinance || expense.userId === userId) throw financeOnly();
      if (expense.state !== 'approved') throw expenseState(expense.state);
      await tx.execute(
        `update organizations.expenses set state = 'reimbursed', reimbursed_at = kernel.now(), reimbursed_by = $3,
           reimbursement_reference = $4, updated_at = kernel.now(), version = version + 1
         where tenant_id = $1 and id = $2 and state = 'approved'`,
        [tx.tenantId, expenseId, userId, reference],
      );
      return expenseView(tx, expenseId);
    });
  }
}
