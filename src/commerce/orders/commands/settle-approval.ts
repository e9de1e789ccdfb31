import { CommandBus, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import type { OrderStatus } from '../contracts/order-status';
import { SettleApprovalCommand } from '../contracts/settle-approval';
import { OrderRepository } from '../data/order.repository';
import { orderNotFound } from '../domain/orders.errors';
import { CancelOrderCommand } from './cancel-order';

@CommandHandler(SettleApprovalCommand)
export class SettleApprovalHandler implements ICommandHandler<SettleApprovalCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly commands: CommandBus,
    private readonly orders: OrderRepository,
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
      return { status: order.status };
    });
  }
}
