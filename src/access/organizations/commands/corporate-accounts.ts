import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { Transaction } from '../../../kernel/database/transaction';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { newId } from '../../../kernel/ids/ids';
import type { ApprovalStep, CorporateRole } from '../domain/corporate-approval.policy';
import {
  accountNotFound,
  alreadyInAccount,
  corporateInvalid,
  departmentCycle,
  departmentInUse,
  departmentNotFound,
  nameTaken,
  personNotFound,
  ruleNotFound,
} from '../domain/corporate.errors';
import { memberNotFound } from '../domain/organizations.errors';
import { nameKey } from '../domain/team';

/** The account's row is the lock for everything beneath it: departments, people and rules change one after the other. */
export async function lockAccount(tx: Transaction, id: string): Promise<{ id: string; currency: string }> {
  const rows = await tx.query<{ id: string; currency: string }>(
    'select id, currency from organizations.corporate_accounts where tenant_id = $1 and id = $2 for update',
    [tx.tenantId, id],
  );
  if (!rows[0]) throw accountNotFound();
  return rows[0];
}

async function accountOf(tx: Transaction, table: string, id: string, missing: () => Error): Promise<string> {
  const rows = await tx.query<{ accountId: string }>(
    `select account_id as "accountId" from organizations.${table} where tenant_id = $1 and id = $2`,
    [tx.tenantId, id],
  );
  if (!rows[0]) throw missing();
  await lockAccount(tx, rows[0].accountId);
  return rows[0].accountId;
}

async function demandDepartment(tx: Transaction, accountId: string, id: string | null | undefined): Promise<void> {
  if (!id) return;
  const rows = await tx.query(
    'select from organizations.departments where tenant_id = $1 and account_id = $2 and id = $3',
    [tx.tenantId, accountId, id],
  );
  if (rows.length === 0) throw departmentNotFound();
}

/** Opens a corporate account, or changes one. @throws AppError conflict `organizations.name-taken` */
export class WriteAccountCommand extends Command<{ id: string }> {
  constructor(
    readonly accountId: string | null,
    readonly account: { name?: string; kind?: 'customer' | 'own'; currency?: string; status?: 'active' | 'suspended' },
  ) {
    super();
  }
}

@CommandHandler(WriteAccountCommand)
export class WriteAccountHandler implements ICommandHandler<WriteAccountCommand> {
  constructor(private readonly uow: UnitOfWork) {}

  async execute({ accountId, account }: WriteAccountCommand): Promise<{ id: string }> {
    const { name, kind, currency, status } = account;
    const id = accountId ?? newId();
    return this.uow.run(async (tx) => {
      if (accountId) await lockAccount(tx, accountId);
      await unique(
        tx,
        accountId
          ? `update organizations.corporate_accounts set name = coalesce($3, name), name_key = coalesce($4, name_key),
               kind = coalesce($5, kind), currency = coalesce($6, currency), status = coalesce($7, status),
               updated_at = kernel.now(), version = version + 1 where tenant_id = $1 and id = $2`
          : `insert into organizations.corporate_accounts (tenant_id, id, name, name_key, kind, currency, status, created_at, updated_at, version)
             values ($1, $2, $3, $4, coalesce($5, 'customer'), $6, coalesce($7, 'active'), kernel.now(), kernel.now(), 1)`,
        [tx.tenantId, id, name?.trim() ?? null, name === undefined ? null : nameKey(name), kind, currency, status],
        () => nameTaken('corporate account'),
      );
      return { id };
    });
  }
}

export interface DepartmentFields {
  name?: string;
  parentId?: string | null;
  costCenter?: string | null;
  /** Minor units of the account's currency. */
  monthlyBudget?: number | null;
}

/** Makes a department in an account, or changes one. */
export class WriteDepartmentCommand extends Command<{ id: string }> {
  constructor(
    readonly at: { accountId: string } | { departmentId: string },
    readonly department: DepartmentFields,
  ) {
    super();
  }
}

@CommandHandler(WriteDepartmentCommand)
export class WriteDepartmentHandler implements ICommandHandler<WriteDepartmentCommand> {
  constructor(private readonly uow: UnitOfWork) {}

  async execute({ at, department }: WriteDepartmentCommand): Promise<{ id: string }> {
    const { name, parentId, costCenter, monthlyBudget } = department;
    return this.uow.run(async (tx) => {
      const isNew = 'accountId' in at;
      const id = isNew ? newId() : at.departmentId;
      const accountId = isNew
        ? (await lockAccount(tx, at.accountId)).id
        : await accountOf(tx, 'departments', id, departmentNotFound);
      await demandDepartment(tx, accountId, parentId);
      if (parentId && (await isBeneath(tx, parentId, id))) throw departmentCycle();
      const values = [tx.tenantId, id, name?.trim() ?? null, name === undefined ? null : nameKey(name)];
      const taken = () => nameTaken('department');
      if (isNew) {
        await unique(
          tx,
          `insert into organizations.departments (tenant_id, id, name, name_key, account_id, parent_id, cost_center, monthly_budget,
             created_at, updated_at, version) values ($1, $2, $3, $4, $5, $6, $7, $8, kernel.now(), kernel.now(), 1)`,
          [...values, accountId, parentId ?? null, costCenter ?? null, monthlyBudget ?? null],
          taken,
        );
      } else {
        await unique(
          tx,
          `update organizations.departments set name = coalesce($3, name), name_key = coalesce($4, name_key),
             parent_id = case when $5 then $6::uuid else parent_id end, cost_center = case when $7 then $8 else cost_center end,
             monthly_budget = case when $9 then $10::bigint else monthly_budget end, updated_at = kernel.now(), version = version + 1
           where tenant_id = $1 and id = $2`,
          [
            ...values,
            parentId !== undefined,
            parentId ?? null,
            costCenter !== undefined,
            costCenter ?? null,
            monthlyBudget !== undefined,
            monthlyBudget ?? null,
          ],
          taken,
        );
      }
      return { id };
    });
  }
}

/** True when `id` is `above` or lies beneath it. */
async function isBeneath(tx: Transaction, id: string, above: string): Promise<boolean> {
  const rows = await tx.query(
    `with recursive up as (
       select id, parent_id from organizations.departments where tenant_id = $1 and id = $2
       union select d.id, d.parent_id from organizations.departments d join up on d.id = up.parent_id where d.tenant_id = $1
     ) select from up where id = $3`,
    [tx.tenantId, id, above],
  );
  return rows.length > 0;
}

/** Removes a department that nothing belongs to. */
export class RemoveDepartmentCommand extends Command<void> {
  constructor(readonly departmentId: string) {
    super();
  }
}

@CommandHandler(RemoveDepartmentCommand)
export class RemoveDepartmentHandler implements ICommandHandler<RemoveDepartmentCommand> {
  constructor(private readonly uow: UnitOfWork) {}

  async execute({ departmentId }: RemoveDepartmentCommand): Promise<void> {
    await this.uow.run(async (tx) => {
      await accountOf(tx, 'departments', departmentId, departmentNotFound);
      const removed = await tx.execute(
        `delete from organizations.departments d where tenant_id = $1 and id = $2
           and not exists (select from organizations.departments c where c.tenant_id = $1 and c.parent_id = $2)
           and not exists (select from organizations.corporate_people p where p.tenant_id = $1 and p.department_id = $2)
           and not exists (select from organizations.approval_rules r where r.tenant_id = $1 and r.department_id = $2)`,
        [tx.tenantId, departmentId],
      );
      if (removed === 0) throw departmentInUse();
    });
  }
}

export interface PersonFields {
  roles?: CorporateRole[];
  departmentId?: string | null;
  active?: boolean;
}

/** Adds a member of the organization to an account, or changes what the person is there. */
export class WritePersonCommand extends Command<{ id: string }> {
  constructor(
    readonly at: { accountId: string; userId: string } | { personId: string },
    readonly person: PersonFields,
  ) {
    super();
  }
}

@CommandHandler(WritePersonCommand)
export class WritePersonHandler implements ICommandHandler<WritePersonCommand> {
  constructor(private readonly uow: UnitOfWork) {}

  async execute({ at, person }: WritePersonCommand): Promise<{ id: string }> {
    const { roles, departmentId, active } = person;
    return this.uow.run(async (tx) => {
      const isNew = 'accountId' in at;
      const accountId = isNew
        ? (await lockAccount(tx, at.accountId)).id
        : await accountOf(tx, 'corporate_people', at.personId, personNotFound);
      await demandDepartment(tx, accountId, departmentId);
      if (!isNew) {
        await tx.execute(
          `update organizations.corporate_people set roles = coalesce($3, roles), active = coalesce($4, active),
             department_id = case when $5 then $6::uuid else department_id end, updated_at = kernel.now(), version = version + 1
           where tenant_id = $1 and id = $2`,
          [tx.tenantId, at.personId, roles, active, departmentId !== undefined, departmentId ?? null],
        );
        return { id: at.personId };
      }
      const members = await tx.query(
        'select from organizations.members where tenant_id = $1 and user_id = $2 for share',
        [tx.tenantId, at.userId],
      );
      if (members.length === 0) throw memberNotFound();
      const id = newId();
      const added = await tx.execute(
        `insert into organizations.corporate_people (tenant_id, id, account_id, user_id, department_id, roles, active, created_at, updated_at, version)
         values ($1, $2, $3, $4, $5, $6, $7, kernel.now(), kernel.now(), 1) on conflict (tenant_id, user_id) do nothing`,
        [tx.tenantId, id, accountId, at.userId, departmentId ?? null, roles ?? ['buyer'], active ?? true],
      );
      if (added === 0) throw alreadyInAccount();
      return { id };
    });
  }
}

export interface RuleFields {
  name?: string;
  subject?: 'order' | 'expense';
  currency?: string;
  above?: number;
  categories?: string[] | null;
  requesterRole?: CorporateRole | null;
  departmentId?: string | null;
  steps?: ApprovalStep[];
  expiresHours?: number;
  escalateHours?: number | null;
}

/** Writes a rule down. Rules are not changed, so that approvals keep what they were opened under: remove and add. */
export class AddRuleCommand extends Command<{ id: string }> {
  constructor(
    readonly accountId: string,
    readonly rule: RuleFields & { name: string; subject: 'order' | 'expense'; above: number; steps: ApprovalStep[] },
  ) {
    super();
  }
}

@CommandHandler(AddRuleCommand)
export class AddRuleHandler implements ICommandHandler<AddRuleCommand> {
  constructor(private readonly uow: UnitOfWork) {}

  async execute({ accountId, rule }: AddRuleCommand): Promise<{ id: string }> {
    return this.uow.run(async (tx) => {
      const account = await lockAccount(tx, accountId);
      await demandDepartment(tx, accountId, rule.departmentId);
      if (rule.steps.some(({ role, people }) => role === undefined && people === undefined))
        throw corporateInvalid('/steps', 'Each step names a role, people, or both.');
      await this.demandPeople(tx, accountId, rule.steps);
      const id = newId();
      await tx.execute(
        `insert into organizations.approval_rules (tenant_id, id, account_id, name, subject, currency, above, categories, requester_role,
           department_id, steps, expires_hours, escalate_hours, created_at, updated_at, version)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, kernel.now(), kernel.now(), 1)`,
        [
          tx.tenantId,
          id,
          accountId,
          rule.name.trim(),
          rule.subject,
          rule.currency ?? account.currency,
          rule.above,
          rule.categories ?? null,
          rule.requesterRole ?? null,
          rule.departmentId ?? null,
          JSON.stringify(rule.steps),
          rule.expiresHours ?? 72,
          rule.escalateHours ?? null,
        ],
      );
      return { id };
    });
  }

  private async demandPeople(tx: Transaction, accountId: string, steps: readonly ApprovalStep[]): Promise<void> {
    const named = [...new Set(steps.flatMap(({ people }) => people ?? []))];
    const [{ found }] = await tx.query<{ found: number }>(
      `select count(*)::int as found from organizations.corporate_people where tenant_id = $1 and account_id = $2 and id = any($3::uuid[])`,
      [tx.tenantId, accountId, named],
    );
    if (found !== named.length) throw corporateInvalid('/steps', 'The steps name somebody who is not in this account.');
  }
}

/** Takes a rule away; approvals that were opened under it go on. */
export class RemoveRuleCommand extends Command<void> {
  constructor(readonly ruleId: string) {
    super();
  }
}

@CommandHandler(RemoveRuleCommand)
export class RemoveRuleHandler implements ICommandHandler<RemoveRuleCommand> {
  constructor(private readonly uow: UnitOfWork) {}

  async execute({ ruleId }: RemoveRuleCommand): Promise<void> {
    await this.uow.run(async (tx) => {
      await accountOf(tx, 'approval_rules', ruleId, ruleNotFound);
      await tx.execute('update organizations.approval_rules set active = false where tenant_id = $1 and id = $2', [
        tx.tenantId,
        ruleId,
      ]);
    });
  }
}

/** Runs a write whose unique key is a name. Two that want it at once have taken turns at the account's row before. */
async function unique(tx: Transaction, text: string, values: unknown[], taken: () => Error): Promise<void> {
  await tx
    .savepoint(() => tx.execute(text, values))
    .catch((error: unknown) => {
      throw (error as { code?: string }).code === '23505' ? taken() : error;
    });
}
