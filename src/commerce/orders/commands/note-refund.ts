import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Clock } from '../../../kernel/clock/clock';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import type { Money } from '../../../kernel/money/money';
import { OrderEntries } from '../data/order-entries';
import { OrderRepository } from '../data/order.repository';
import { ReturnRepository } from '../data/return.repository';
import { ReturnDesk } from './manage-return';

/** Money of an order went back, all of it or a part; a return that it was for is settled by it. To be sent once a refund. */
export class NoteRefundCommand extends Command<void> {
  constructor(readonly request: { orderId: string; refundId: string; amount: Money }) {
    super();
  }
}

@CommandHandler(NoteRefundCommand)
export class NoteRefundHandler implements ICommandHandler<NoteRefundCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly clock: Clock,
    private readonly orders: OrderRepository,
    private readonly returns: ReturnRepository,
    private readonly entries: OrderEntries,
    private readonly desk: ReturnDesk,
  ) {}

  execute({ request: { orderId, refundId, amount } }: NoteRefundCommand): Promise<void> {
    return this.uow.run(async () => {
      const order = await this.orders.lock(orderId);
      if (!order || order.paymentStatus === 'refunded') return;
      const at = this.clock.now();
      this.entries.add({ orderId, kind: 'refunded', data: { refundId, amount }, shownToCustomer: true });
      order.noteRefund(amount.amount);
      if (order.onHoldReason === 'shortfall' && order.refundedTotal === order.total)
        order.cancel('shortfall', 'refunded', at);
      const found = await this.returns.orderOf({ refundId });
      const back = found && (await this.returns.find(found.id));
      if (back?.status === 'refunding') {
        back.settle(at);
        await this.desk.store(back, order);
      } else this.orders.save(order);
    });
  }
}

/** Money of an order could not go back: a return that waits for it is inspected again, so that it can be asked for anew. */
export class NoteFailedRefundCommand extends Command<void> {
  constructor(readonly request: { orderId: string; refundId: string }) {
    super();
  }
}

@CommandHandler(NoteFailedRefundCommand)
export class NoteFailedRefundHandler implements ICommandHandler<NoteFailedRefundCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly orders: OrderRepository,
    private readonly returns: ReturnRepository,
    private readonly desk: ReturnDesk,
  ) {}

  execute({ request: { orderId, refundId } }: NoteFailedRefundCommand): Promise<void> {
    return this.uow.run(async () => {
      const order = await this.orders.lock(orderId);
      const found = order && (await this.returns.orderOf({ refundId }));
      const back = found && (await this.returns.find(found.id));
      if (back?.status !== 'refunding') return;
      back.refundFailed();
      await this.desk.store(back, order!);
    });
  }
}
