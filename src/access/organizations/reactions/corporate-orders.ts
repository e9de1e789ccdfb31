import { CommandBus } from '@nestjs/cqrs';
import { OrderAwaitsApproval, OrderCancelled } from '../../../commerce/orders/contracts/order-events';
import { SettleApprovalCommand } from '../../../commerce/orders/contracts/settle-approval';
import type { Transaction } from '../../../kernel/database/transaction';
import { AppError } from '../../../kernel/errors/app-error';
import type { StoredEvent } from '../../../kernel/messaging/domain-event';
import { Reaction, type Reacts } from '../../../kernel/messaging/reaction';
import { ApprovalDesk } from '../commands/corporate-approval-desk';
import { CorporateRepository } from '../data/corporate.repository';

/** An order that waits is put before those who decide; where nobody can any more, it is given up at once. */
@Reaction({ name: 'organizations.open-approval-when-order-awaits', on: OrderAwaitsApproval })
export class OpenApprovalWhenOrderAwaits implements Reacts<OrderAwaitsApproval> {
  constructor(
    private readonly repository: CorporateRepository,
    private readonly desk: ApprovalDesk,
    private readonly commands: CommandBus,
  ) {}

  async react({ payload: order }: StoredEvent<OrderAwaitsApproval>, tx: Transaction): Promise<void> {
    const { requesterId, ruleId, expiresAt } = order.approval;
    try {
      const requester = await this.repository.person(requesterId);
      if (!requester) return await this.giveUp(order.orderId);
      const rule = await this.repository.rule(ruleId);
      await tx.savepoint(() =>
        this.desk.open(tx, {
          subject: 'order',
          subjectId: order.orderId,
          reference: `Order ${order.number}`,
          ...order.total,
          requester,
          rule,
          expiresAt: new Date(expiresAt),
        }),
      );
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'organizations.no-approver') throw error;
      await this.giveUp(order.orderId);
    }
  }

  private async giveUp(orderId: string): Promise<void> {
    const note = 'Nobody in the company could approve it.';
    await this.commands.execute(new SettleApprovalCommand({ orderId, approved: false, note }));
  }
}

/** An order that was cancelled meanwhile needs no approval any more. */
@Reaction({ name: 'organizations.close-approval-when-order-cancelled', on: OrderCancelled })
export class CloseApprovalWhenOrderCancelled implements Reacts<OrderCancelled> {
  constructor(
    private readonly repository: CorporateRepository,
    private readonly desk: ApprovalDesk,
  ) {}

  async react({ payload }: StoredEvent<OrderCancelled>, tx: Transaction): Promise<void> {
    const id = await this.repository.approvalOf(tx, 'order', payload.orderId);
    if (id === null) return;
    const approval = await this.repository.lockApproval(tx, id);
    if (approval.state === 'pending') await this.desk.settle(tx, approval, 'cancelled', null);
  }
}
