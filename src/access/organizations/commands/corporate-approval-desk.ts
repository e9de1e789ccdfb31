import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { SettleApprovalCommand } from '../../../commerce/orders/contracts/settle-approval';
import { clock } from '../../../kernel/clock/clock';
import type { Transaction } from '../../../kernel/database/transaction';
import { newId } from '../../../kernel/ids/ids';
import { ApprovalDecided, ApprovalRequested } from '../contracts/corporate-events';
import { CorporateRepository, type AccountPerson, type ApprovalRow } from '../data/corporate.repository';
import {
  askedBy,
  isDelegated,
  lastResort,
  type ApprovalStep,
  type Person,
  type Rule,
} from '../domain/corporate-approval.policy';
import { noApprover } from '../domain/corporate.errors';
import { EscalateApproval, ExpireApproval } from '../reactions/corporate-approval-timers';

/** Where no rule says otherwise, one manager decides. */
export const DEFAULT_STEPS: ApprovalStep[] = [{ role: 'manager', needed: 1 }];
export const DEFAULT_HOURS = 72;

/** What is asked for. */
export interface Request {
  subject: 'order' | 'expense';
  subjectId: string;
  reference: string;
  amount: number;
  currency: string;
  requester: AccountPerson;
  rule: Rule | null;
  expiresAt: Date;
}

/** Opens approvals, moves them from step to step and ends them; the approval's row is locked by the caller. */
@Injectable()
export class ApprovalDesk {
  constructor(
    private readonly repository: CorporateRepository,
    private readonly commands: CommandBus,
  ) {}

  /** @throws AppError conflict where a step has nobody to decide it */
  demandApprovers(steps: readonly ApprovalStep[], people: readonly Person[], requester: Person): void {
    for (const step of steps) {
      if (askedBy(step, people, requester).length === 0 && lastResort(people, requester).length === 0)
        throw noApprover();
    }
  }

  /** Opens an approval and asks its first step; asking twice for one thing opens it once. */
  async open(tx: Transaction, request: Request): Promise<void> {
    const { requester, rule, amount, currency, subject, subjectId, reference, expiresAt } = request;
    const steps = rule?.steps ?? DEFAULT_STEPS;
    this.demandApprovers(steps, await this.repository.people(requester.accountId), requester);
    const id = newId();
    const opened = await tx.execute(
      `insert into organizations.approvals (tenant_id, id, account_id, rule_id, subject, subject_id, reference, requester_id,
         requester_user_id, department_id, currency, amount, steps, step, state, expires_at, created_at, updated_at, version)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 0, 'pending', $14, kernel.now(), kernel.now(), 1)
       on conflict (tenant_id, subject, subject_id) do nothing`,
      [
        tx.tenantId,
        id,
        requester.accountId,
        rule?.id ?? null,
        subject,
        subjectId,
        reference,
        requester.id,
        requester.userId,
        requester.departmentId,
        currency,
        amount,
        JSON.stringify(steps),
        expiresAt,
      ],
    );
    if (opened === 0) return;
    await this.ask(tx, await this.repository.lockApproval(tx, id));
    tx.timer(ExpireApproval, { approvalId: id }, expiresAt);
    const escalatesAt = rule?.escalateHours ? new Date(clock.nowMs() + rule.escalateHours * 3_600_000) : null;
    if (escalatesAt && escalatesAt < expiresAt) tx.timer(EscalateApproval, { approvalId: id }, escalatesAt);
  }

  /** Asks the people of the approval's step, or with `escalated` those of the last resort besides them. */
  async ask(tx: Transaction, approval: ApprovalRow, escalated = false): Promise<void> {
    const people = await this.repository.people(approval.accountId);
    const requester = people.find(({ id }) => id === approval.requesterId);
    if (!requester) throw noApprover();
    const regular = escalated ? [] : askedBy(approval.steps[approval.step], people, requester);
    const toEscalate = regular.length === 0;
    const asked = toEscalate ? lastResort(people, requester) : regular;
    if (asked.length === 0 && !escalated) throw noApprover();
    const inserted = await tx.query<{ personId: string }>(
      `insert into organizations.approval_tasks (tenant_id, id, approval_id, step, person_id, escalated, state, created_at)
       select $1, x.id, $2, $3, x.person, $4, 'open', kernel.now() from unnest($5::uuid[], $6::uuid[]) as x(id, person)
       on conflict (tenant_id, approval_id, step, person_id) do update set escalated = true
         where approval_tasks.state = 'open' and excluded.escalated and not approval_tasks.escalated
       returning person_id as "personId"`,
      [tx.tenantId, approval.id, approval.step, toEscalate, asked.map(() => newId()), asked.map(({ id }) => id)],
    );
    const now = clock.now();
    const told = asked.filter(({ id }) => inserted.some(({ personId }) => personId === id));
    const standIns = told.flatMap((one) => people.filter(({ id }) => isDelegated(one, now) && id === one.delegateId));
    tx.record(
      new ApprovalRequested(approval.id, {
        ...factsOf(approval),
        step: approval.step,
        escalated: toEscalate,
        askedUserIds: [...new Set([...told, ...standIns].map(({ userId }) => userId))],
        expiresAt: approval.expiresAt.toISOString(),
      }),
    );
  }

  /** The next step, or the end. */
  async proceed(tx: Transaction, approval: ApprovalRow, comment: string | null): Promise<void> {
    await this.skipOpen(tx, approval);
    if (approval.step + 1 >= approval.steps.length) return this.settle(tx, approval, 'approved', comment);
    approval.step += 1;
    await tx.execute(
      `update organizations.approvals set step = $3, updated_at = kernel.now(), version = version + 1
       where tenant_id = $1 and id = $2`,
      [tx.tenantId, approval.id, approval.step],
    );
    await this.ask(tx, approval);
  }

  /** Ends a pending approval and tells what waited for it, in this commit. */
  async settle(
    tx: Transaction,
    approval: ApprovalRow,
    decision: 'approved' | 'rejected' | 'expired' | 'cancelled',
    comment: string | null,
  ): Promise<void> {
    const settled = await tx.execute(
      `update organizations.approvals set state = $3, comment = $4, decided_at = kernel.now(), updated_at = kernel.now(),
         version = version + 1
       where tenant_id = $1 and id = $2 and state = 'pending'`,
      [tx.tenantId, approval.id, decision, comment],
    );
    if (settled === 0) return;
    await this.skipOpen(tx, approval);
    tx.record(new ApprovalDecided(approval.id, { ...factsOf(approval), decision, comment }));
    if (approval.subject === 'expense') {
      const state = decision === 'cancelled' ? 'rejected' : decision;
      await tx.execute(
        `update organizations.expenses set state = $3, updated_at = kernel.now(), version = version + 1
         where tenant_id = $1 and id = $2 and state = 'submitted'`,
        [tx.tenantId, approval.subjectId, state],
      );
    } else if (decision !== 'cancelled') {
      const note = comment ?? (decision === 'expired' ? 'Nobody decided in time.' : null);
      await this.commands.execute(
        new SettleApprovalCommand({ orderId: approval.subjectId, approved: decision === 'approved', note }),
      );
    }
  }

  private async skipOpen(tx: Transaction, approval: ApprovalRow): Promise<void> {
    await tx.execute(
      `update organizations.approval_tasks set state = 'skipped'
       where tenant_id = $1 and approval_id = $2 and state = 'open'`,
      [tx.tenantId, approval.id],
    );
  }
}

const factsOf = (approval: ApprovalRow) => ({
  approvalId: approval.id,
  accountId: approval.accountId,
  subject: approval.subject,
  subjectId: approval.subjectId,
  reference: approval.reference,
  amount: { amount: approval.amount, currency: approval.currency },
  requesterUserId: approval.requesterUserId,
});
