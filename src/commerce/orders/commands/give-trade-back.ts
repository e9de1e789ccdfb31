import { Command, CommandBus, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { Transaction } from '../../../kernel/database/transaction';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { AppError } from '../../../kernel/errors/app-error';
import type { Money } from '../../../kernel/money/money';
import { ReleaseWithheldCommand } from '../../../money/payments/contracts/withhold-refund';
import { OrderEntries } from '../data/order-entries';
import { OrderRepository } from '../data/order.repository';
import { ReturnRepository } from '../data/return.repository';
import type { Order } from '../domain/order';
import { OrderCredit } from './order-credit';

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
    private readonly credit: OrderCredit,
  ) {}

  execute({ request: { returnId, amount } }: GiveTradeBackCommand): Promise<void> {
    return this.uow.run(async (tx) => {
      const found = await this.returns.orderOf({ returnId });
      const order = found && (await this.orders.lock(found.orderId));
      const back = order && (await this.returns.find(returnId));
      if (!back) return;
      back.settlePart(amount.amount);
      const { own, released } = order.endExchange(amount.amount);
      order.giveTradeBack(amount.amount - own);
      await this.returns.save(back);
      const payable = { type: 'order' as const, id: order.id };
      if (released > 0) await this.commands.execute(new ReleaseWithheldCommand({ payable, amount: released }));
      if (own > 0) await this.refund(tx, order, { amount: own, currency: amount.currency });
      this.orders.save(order);
    });
  }

  /** Where its payment gives nothing back (it is disputed, or went back by hand), a person decides. */
  private async refund(tx: Transaction, order: Order, amount: Money): Promise<void> {
    try {
      await tx.savepoint(() => this.credit.giveBack(order, amount.amount, 'exchange'));
    } catch (error) {
      if (!(error instanceof AppError) || error.kind !== 'conflict') throw error;
      this.entries.add({ orderId: order.id, kind: 'trade_not_returned', data: { amount, code: error.code } });
    }
  }
}
