import { CommandBus, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import type { OrderStatus } from '../contracts/order-status';
import { SettleApprovalCommand } from '../contracts/settle-approval';
import { OrderRepository } from '../data/order.repository';
import { orderNotFound } from '../domain/orders.errors';
import { CancelOrderCommand } from './cancel-order';
import { OrderCompletion } from './order-completion';

@CommandHandler(SettleApprovalCommand)
export class SettleApprovalHandler implements ICommandHandler<SettleApprovalCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly commands: CommandBus,
    private readonly orders: OrderRepository,
    private readonly completion: OrderCompletion,
  ) {}

  async execute({ approval: { orderId, approved, note } }: SettleApprovalCommand): Promise<{ status: OrderStatus }> {
    return this.uow.run(async () => {
      const order = await this.orders.lock(orderId);
      if (!order) throw orderNotFound();
      if (order.status !== 'awaiting_approval') return { status: order.status };
      if (!approved) {
        const cancel = new CancelOrderCommand({ orderId, reason: 'not_approved', note: note ?? undefined });
        return { status: (await this.commands.execute(cancel)).status };
      }
      order.approve();
      this.orders.save(order);
      // Its gift cards and store credit, which were held for it, pay all of it.
      if (order.chargeable === 0) await this.completion.complete(order);
      return { status: order.status };
    });
  }
}
