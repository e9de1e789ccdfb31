import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Clock } from '../../../kernel/clock/clock';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import type { Money } from '../../../kernel/money/money';
import { OrderRepository } from '../data/order.repository';
import { edgeAllowed } from '../domain/order-machines';

/** The money of an order went back. Refunds in part change nothing yet. */
export class NoteRefundCommand extends Command<void> {
  constructor(readonly request: { orderId: string; amount: Money }) {
    super();
  }
}

@CommandHandler(NoteRefundCommand)
export class NoteRefundHandler implements ICommandHandler<NoteRefundCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly clock: Clock,
    private readonly orders: OrderRepository,
  ) {}

  execute({ request: { orderId, amount } }: NoteRefundCommand): Promise<void> {
    return this.uow.run(async () => {
      const order = await this.orders.lock(orderId);
      if (!order || order.paymentStatus === 'refunded' || amount.amount < order.total) return;
      if (order.status === 'on_hold') order.cancel('shortfall', 'refunded', this.clock.now());
      // A paid order that is refunded by hand stays open until somebody cancels it: its goods are still promised.
      else if (order.status === 'paid' || order.status === 'allocated') return;
      else if (edgeAllowed('payment', order.paymentStatus, 'refunded')) order.settleRefund('refunded');
      else return;
      this.orders.save(order);
    });
  }
}
