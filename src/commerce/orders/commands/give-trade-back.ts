import { Command, CommandBus, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { Transaction } from '../../../kernel/database/transaction';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { AppError } from '../../../kernel/errors/app-error';
import type { Money } from '../../../kernel/money/money';
import { RequestRefundCommand } from '../../../money/payments/contracts/request-refund';
import { ReleaseWithheldCommand } from '../../../money/payments/contracts/withhold-refund';
import { OrderEntries } from '../data/order-entries';
import { OrderRepository } from '../data/order.repository';
import { ReturnRepository } from '../data/return.repository';
import type { Order } from '../domain/order';

/**
 * Of an order that was sent in exchange pieces were given up, or came back too: the worth that paid for them goes back to
 * the order whose goods it was, as money of its payment, and what that one was paid with goods itself to where these came
 * from. To be sent once per `OrderTradeReturned`.
 */
export class GiveTradeBackCommand extends Command<void> {
  constructor(readonly request: { returnId: string; amount: Money }) {
    super();
  }
}

@CommandHandler(GiveTradeBackCommand)
export class GiveTradeBackHandler implements ICommandHandler<GiveTradeBackCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly commands: CommandBus,
    private readonly orders: OrderRepository,
    private readonly returns: ReturnRepository,
    private readonly entries: OrderEntries,
  ) {}

  execute({ request: { returnId, amount } }: GiveTradeBackCommand): Promise<void> {
    return this.uow.run(async (tx) => {
      const found = await this.returns.orderOf({ returnId });
      const order = found && (await this.orders.lock(found.orderId));
      const back = order && (await this.returns.find(returnId));
      if (!back) return;
      back.settlePart(amount.amount);
      const money = order.endExchange(amount.amount);
      order.giveTradeBack(amount.amount - money);
      await this.returns.save(back);
      if (money > 0) await this.refund(tx, order, { amount: money, currency: amount.currency });
      this.orders.save(order);
    });
  }

  /** Where its payment gives nothing back (it is disputed, or went back by hand), a person decides. */
  private async refund(tx: Transaction, order: Order, amount: Money): Promise<void> {
    const payable = { type: 'order' as const, id: order.id };
    await this.commands.execute(new ReleaseWithheldCommand({ payable, amount: amount.amount }));
    try {
      await tx.savepoint(() =>
        this.commands.execute(new RequestRefundCommand({ payable, amount, reason: 'exchange' })),
      );
    } catch (error) {
      if (!(error instanceof AppError) || error.kind !== 'conflict') throw error;
      this.entries.add({ orderId: order.id, kind: 'trade_not_returned', data: { amount, code: error.code } });
    }
  }
}
