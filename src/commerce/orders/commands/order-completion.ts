import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { Clock } from '../../../kernel/clock/clock';
import type { PaymentFacts } from '../../../money/payments/contracts/payment-view';
import { VoidIntentCommand } from '../../../money/payments/contracts/void-intent';
import { CommitHoldCommand, type HeldGoods } from '../../inventory/contracts/hold-stock';
import { OrderRepository } from '../data/order.repository';
import type { Order } from '../domain/order';
import { OrderCredit } from './order-credit';
import { OrderViews } from './order-views';

/** True while a captured payment still changes something about the order. */
export const awaitsMoney = (order: Order): boolean =>
  order.status === 'pending_payment' ||
  order.paymentStatus === 'authorized' ||
  (order.status === 'cancelled' && order.paymentStatus === 'voided');

/** What completing an order means. Every path of a reserved or captured payment ends here, with the order's row locked. */
@Injectable()
export class OrderCompletion {
  constructor(
    private readonly clock: Clock,
    private readonly commands: CommandBus,
    private readonly orders: OrderRepository,
    private readonly credit: OrderCredit,
    private readonly views: OrderViews,
  ) {}

  /**
   * Brings what payments know of the order's money to the order.
   * @returns what it is promised, where that was done just now
   */
  async follow(order: Order, payment: Pick<PaymentFacts, 'status' | 'captured'>): Promise<HeldGoods | null> {
    const { status, captured } = payment;
    if (status === 'succeeded' || status === 'partially_captured') return this.complete(order, captured.amount);
    return status === 'requires_capture' || status === 'requires_merchant_action' ? this.reserve(order) : null;
  }

  /**
   * Commits the hold and marks a waiting order paid; puts it on hold and asks for the money back where the goods are
   * gone. An order that was given up before its money came gives it back. Anything else is done already.
   * @param captured minor units; default all that is to be charged
   * @returns what it is promised, where that was done just now
   */
  async complete(order: Order, captured?: number): Promise<HeldGoods | null> {
    let goods: HeldGoods | null = null;
    if (order.paymentStatus === 'authorized') {
      // Its stock was promised when its payment was reserved.
      order.markPaid(this.clock.now(), captured);
      await this.credit.spend(order);
      this.orders.save(order);
    } else if (order.status === 'pending_payment') {
      goods = await this.promise(order);
      if (goods) {
        order.markPaid(this.clock.now(), captured);
        order.noteStock(goods.waiting.length > 0);
        await this.credit.spend(order);
      } else {
        const refund = await this.giveMoneyBack(order, 'shortfall');
        // What credit paid alone is put back at once: no refund follows that would end it.
        if (refund === 'voided') order.cancel('shortfall', refund, this.clock.now());
        else order.holdForShortfall(refund);
      }
      this.orders.save(order);
    } else if (awaitsMoney(order)) {
      const refund = await this.giveMoneyBack(order, order.cancelReason ?? 'cancelled');
      if (refund === 'voided') return null;
      order.settleRefund(refund);
      this.orders.save(order);
    }
    return goods;
  }

  /** Voids or refunds whatever was paid or may still be charged. */
  async giveMoneyBack(order: Order, reason: string): Promise<'refunding' | 'voided'> {
    const payable = { type: 'order' as const, id: order.id };
    const { result } = await this.commands.execute(new VoidIntentCommand({ payable, reason }));
    await this.credit.putBackAll(order);
    return result === 'refunding' ? 'refunding' : 'voided';
  }

  /** Money is reserved: the stock is promised until it is captured or let go. Where the goods are gone nothing is charged. */
  private async reserve(order: Order): Promise<HeldGoods | null> {
    if (order.status !== 'pending_payment') return null;
    const goods = await this.promise(order);
    if (goods) {
      order.markAuthorized(this.clock.now());
      order.noteStock(goods.waiting.length > 0);
    } else order.cancel('shortfall', await this.giveMoneyBack(order, 'shortfall'), this.clock.now());
    this.orders.save(order);
    return goods;
  }

  /** @returns null when the goods are gone */
  private async promise({ id }: Order): Promise<HeldGoods | null> {
    const { outcome, goods } = await this.commands.execute(new CommitHoldCommand({ reference: { type: 'order', id } }));
    return outcome === 'committed' ? (goods ?? this.views.goods(id)) : null;
  }
}
