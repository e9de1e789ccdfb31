import { Command, CommandHandler, QueryHandler, type ICommandHandler, type IQueryHandler } from '@nestjs/cqrs';
import { clock } from '../../../kernel/clock/clock';
import { currentContext } from '../../../kernel/context/request-context';
import type { Transaction } from '../../../kernel/database/transaction';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { OrderApprovalQuery, type OrderApprovalNeed } from '../contracts/corporate-approvals';
import { EscalateApprovalCommand, ExpireApprovalCommand } from '../contracts/corporate-timers';
import { CorporateRepository, type AccountPerson, type ApprovalRow, type TaskRow } from '../data/corporate.repository';
import { isDelegated, mayDecide, ruleFor, standingOf } from '../domain/corporate-approval.policy';
import { approvalOver, decidedAlready, notYourApproval, ownApproval } from '../domain/corporate.errors';
import { approvalView, type ApprovalView } from '../queries/corporate-approvals';
import { ApprovalDesk } from './corporate-approval-desk';

/** The caller's decision on a step of an approval, as one asked or as the stand-in of one. */
export class DecideApprovalCommand extends Command<ApprovalView> {
  constructor(
    readonly approvalId: string,
    readonly decision: 'approved' | 'rejected',
    readonly comment: string | null,
  ) {
    super();
  }
}

@CommandHandler(DecideApprovalCommand)
export class DecideApprovalHandler implements ICommandHandler<DecideApprovalCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly repository: CorporateRepository,
    private readonly desk: ApprovalDesk,
  ) {}

  async execute({ approvalId, decision, comment }: DecideApprovalCommand): Promise<ApprovalView> {
    const { userId } = currentContext().principal;
    return this.uow.run(async (tx) => {
      const approval = await this.repository.lockApproval(tx, approvalId);
      const people = await this.repository.people(approval.accountId);
      const me = people.find((one) => one.userId === userId);
      // Who has nothing to do with the account does not learn that there is such an approval's state.
      if (!me?.active) throw notYourApproval();
      if (me.id === approval.requesterId) throw ownApproval();
      if (approval.state !== 'pending') throw approvalOver(approval.state);
      if (approval.expiresAt <= clock.now()) throw approvalOver('expired');
      const tasks = await this.repository.tasks(tx, approval.id, approval.step);
      if (tasks.some(({ decidedBy }) => decidedBy === me.id)) throw decidedAlready();
      const task = taskOf(me, tasks, people, approval);
      if (!task) throw notYourApproval();
      await decide(tx, task, { decision, comment, by: me.id });
      task.state = decision;
      const standing = standingOf(approval.steps[approval.step], tasks);
      if (standing === 'rejected') await this.desk.settle(tx, approval, 'rejected', comment);
      else if (standing === 'approved') await this.desk.proceed(tx, approval, comment);
      return approvalView(tx, approval.id);
    });
  }
}

/** The open task that somebody may decide now: the own one first, then of one whose stand-in they are. */
function taskOf(
  me: AccountPerson,
  tasks: readonly TaskRow[],
  people: readonly AccountPerson[],
  approval: ApprovalRow,
): TaskRow | undefined {
  const step = approval.steps[approval.step];
  const open = tasks.filter(({ state }) => state === 'open');
  const own = open.find(({ personId, escalated }) => personId === me.id && mayDecide(step, me, escalated));
  if (own) return own;
  const now = clock.now();
  return open.find(({ personId, escalated }) => {
    const asked = people.find(({ id }) => id === personId);
    return asked && asked.delegateId === me.id && isDelegated(asked, now) && mayDecide(step, asked, escalated);
  });
}

async function decide(
  tx: Transaction,
  task: TaskRow,
  { decision, comment, by }: { decision: string; comment: string | null; by: string },
): Promise<void> {
  await tx.execute(
    `update organizations.approval_tasks set state = $3, comment = $4, decided_by = $5, decided_at = kernel.now()
     where tenant_id = $1 and id = $2 and state = 'open'`,
    [tx.tenantId, task.id, decision, comment, by],
  );
}

@CommandHandler(ExpireApprovalCommand)
export class ExpireApprovalHandler implements ICommandHandler<ExpireApprovalCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly repository: CorporateRepository,
    private readonly desk: ApprovalDesk,
  ) {}

  async execute({ approvalId, now }: ExpireApprovalCommand): Promise<void> {
    await this.uow.run(async (tx) => {
      const approval = await this.repository.lockApproval(tx, approvalId);
      if (approval.state !== 'pending' || approval.expiresAt > now) return;
      await this.desk.settle(tx, approval, 'expired', null);
    });
  }
}

@CommandHandler(EscalateApprovalCommand)
export class EscalateApprovalHandler implements ICommandHandler<EscalateApprovalCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly repository: CorporateRepository,
    private readonly desk: ApprovalDesk,
  ) {}

  async execute({ approvalId }: EscalateApprovalCommand): Promise<void> {
    await this.uow.run(async (tx) => {
      const approval = await this.repository.lockApproval(tx, approvalId);
      if (approval.state !== 'pending' || approval.escalatedAt) return;
      await tx.execute(
        `update organizations.approvals set escalated_at = kernel.now(), updated_at = kernel.now(), version = version + 1
         where tenant_id = $1 and id = $2`,
        [tx.tenantId, approval.id],
      );
      await this.desk.ask(tx, approval, true);
    });
  }
}

@QueryHandler(OrderApprovalQuery)
export class OrderApprovalHandler implements IQueryHandler<OrderApprovalQuery> {
  constructor(
    private readonly repository: CorporateRepository,
    private readonly desk: ApprovalDesk,
  ) {}

  async execute({ order }: OrderApprovalQuery): Promise<OrderApprovalNeed | null> {
    const requester = await this.repository.personOfUser(order.userId);
    if (!requester?.active) return null;
    const { amount, currency } = order.total;
    const rules = await this.repository.rules(requester.accountId, 'order');
    const rule = ruleFor(rules, { amount, currency, categories: order.categoryIds, requester });
    if (!rule) return null;
    this.desk.demandApprovers(rule.steps, await this.repository.people(requester.accountId), requester);
    const expiresAt = new Date(clock.nowMs() + rule.expiresHours * 3_600_000);
    return { accountId: requester.accountId, requesterId: requester.id, ruleId: rule.id, expiresAt };
  }
}
