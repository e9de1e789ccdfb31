import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { Clock } from '../../../kernel/clock/clock';
import { VoidIntentCommand } from '../../../money/payments/contracts/void-intent';
import { CommitHoldCommand } from '../../inventory/contracts/hold-stock';
import { OrderRepository } from '../data/order.repository';
import type { Order } from '../domain/order';

/** True while a captured payment still changes something about the order. */
export const awaitsMoney = (order: Order): boolean =>
  order.status === 'pending_payment' || (order.status === 'cancelled' && order.paymentStatus === 'voided');

/** What completing an order means. Every path of a captured payment ends here, with the order's row locked. */
@Injectable()
export class OrderCompletion {
  constructor(
    private readonly clock: Clock,
    private readonly commands: CommandBus,
    private readonly orders: OrderRepository,
  ) {}

  /**
   * Commits the hold and marks a waiting order paid; puts it on hold and asks for the money back where the goods are
   * gone. An order that was given up before its money came gives it back. Anything else is done already.
   */
  async complete(order: Order): Promise<void> {
    const reference = { type: 'order' as const, id: order.id };
    if (order.status === 'pending_payment') {
      const { outcome } = await this.commands.execute(new CommitHoldCommand({ reference }));
      if (outcome === 'committed') order.markPaid(this.clock.now());
      else order.holdForShortfall(await this.giveMoneyBack(order, 'shortfall'));
      this.orders.save(order);
    } else if (awaitsMoney(order)) {
      const refund = await this.giveMoneyBack(order, order.cancelReason ?? 'cancelled');
      if (refund === 'voided') return;
      order.settleRefund(refund);
      this.orders.save(order);
    }
  }

  /** Voids or refunds whatever was paid or may still be charged. */
  async giveMoneyBack(order: Order, reason: string): Promise<'refunding' | 'voided'> {
    const payable = { type: 'order' as const, id: order.id };
    const { result } = await this.commands.execute(new VoidIntentCommand({ payable, reason }));
    return result === 'refunding' ? 'refunding' : 'voided';
  }
}
