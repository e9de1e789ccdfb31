import { CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { PaymentViewQuery } from '../../../money/payments/contracts/payment-view-query';
import { CompleteOrderCommand } from '../contracts/complete-order';
import type { OrderStatus } from '../contracts/order-status';
import { OrderRepository } from '../data/order.repository';
import { orderNotFound } from '../domain/orders.errors';
import { awaitsMoney, OrderCompletion } from './order-completion';

/** Completes an order whose payment is captured or reserved, whoever reports it. */
@CommandHandler(CompleteOrderCommand)
export class CompleteOrderHandler implements ICommandHandler<CompleteOrderCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly queries: QueryBus,
    private readonly orders: OrderRepository,
    private readonly completion: OrderCompletion,
  ) {}

  execute({ request: { orderId } }: CompleteOrderCommand): Promise<{ status: OrderStatus }> {
    return this.uow.run(async () => {
      const order = await this.orders.lock(orderId);
      if (!order) throw orderNotFound();
      if (!awaitsMoney(order)) return { status: order.status };
      // The caller's word is not enough to hand out goods: payments is asked.
      const [payment] = await this.queries.execute(new PaymentViewQuery({ payableIds: [orderId] }));
      if (payment) await this.completion.follow(order, payment);
      return { status: order.status };
    });
  }
}
