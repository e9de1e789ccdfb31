import { Injectable } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import {
  CreditOrderCommand,
  HoldCreditCommand,
  PlanCreditQuery,
  RedeemCreditCommand,
  RefundCreditCommand,
  ReleaseCreditCommand,
  type CreditPart,
} from '../../../money/ledger/contracts/credit';
import { RequestRefundCommand } from '../../../money/payments/contracts/request-refund';
import { WithholdRefundCommand } from '../../../money/payments/contracts/withhold-refund';
import { OrderEntries } from '../data/order-entries';
import type { Order } from '../domain/order';
import { noCustomerToCredit } from '../domain/orders.errors';

/** What went back: money by a refund that is on its way, credit at once; minor units. */
export interface GivenBack {
  refund: { refundId: string; amount: number } | null;
  credit: number;
}

/** What of an order gift cards and store credit pay, and how its money goes back. Within the caller's transaction. */
@Injectable()
export class OrderCredit {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
    private readonly entries: OrderEntries,
  ) {}

  /** What these cards, and then the customer's store credit, pay of a new order. */
  async plan(order: Order, giftCardIds: readonly string[], customerId: string | null): Promise<CreditPart[]> {
    if (giftCardIds.length === 0 && customerId === null) return [];
    const amount = { amount: order.total, currency: order.currency };
    const parts = await this.queries.execute(new PlanCreditQuery({ giftCardIds, customerId, amount }));
    order.payWithCredit(parts.reduce((sum, part) => sum + part.amount, 0));
    return parts;
  }

  /** @throws AppError conflict `ledger.credit-spent` */
  async hold({ id }: Order, parts: readonly CreditPart[]): Promise<void> {
    if (parts.length > 0) await this.commands.execute(new HoldCreditCommand({ reference: referenceOf(id), parts }));
  }

  /** The order is paid: what it was promised is spent. */
  async spend(order: Order): Promise<void> {
    if (order.creditTotal === 0) return;
    const amount = order.creditDue;
    await this.commands.execute(new RedeemCreditCommand({ reference: referenceOf(order.id), amount }));
  }

  /** The order ends: what it was promised is let go, what it spent put back. */
  async putBackAll(order: Order): Promise<void> {
    if (order.creditTotal === 0) return;
    if (order.paidAt === null)
      await this.commands.execute(new ReleaseCreditCommand({ reference: referenceOf(order.id) }));
    else await this.putBack(order, order.creditDue, 'credit');
  }

  /**
   * Gives back a part of what was paid: credit first, onto the cards that it came from, then money. `parts` say what it is
   * for where all of it is money.
   * @throws what `RequestRefundCommand` throws
   */
  async giveBack(
    order: Order,
    amount: number,
    reason: string,
    parts: Pick<RequestRefundCommand['request'], 'lines' | 'shipping'> = {},
  ): Promise<GivenBack> {
    const credit = Math.min(amount, order.creditDue);
    const money = amount - credit;
    if (credit > 0) await this.putBack(order, credit, reason);
    if (money === 0) return { refund: null, credit };
    const { refundId } = await this.commands.execute(
      new RequestRefundCommand({
        payable: referenceOf(order.id),
        amount: { amount: money, currency: order.currency },
        reason,
        ...(credit === 0 ? parts : {}),
      }),
    );
    return { refund: { refundId, amount: money }, credit };
  }

  /**
   * Gives back a part of what was paid as store credit of the order's customer: the money stays, and is not to go back.
   * @throws AppError conflict `orders.no-customer`, `payments.refund-exceeds-charge`
   */
  async giveAsCredit(order: Order, amount: number, reason: string): Promise<GivenBack> {
    const { customerId, currency } = order;
    if (!customerId) throw noCustomerToCredit();
    const reference = referenceOf(order.id);
    const credit = Math.min(amount, order.creditDue);
    const money = amount - credit;
    if (money > 0) {
      await this.commands.execute(new WithholdRefundCommand({ payable: reference, amount: money }));
      const given = new CreditOrderCommand({ reference, amount: { amount: money, currency }, customerId });
      const { refundId } = await this.commands.execute(given);
      this.note(order, refundId, money, reason);
      order.noteRefund(refundId, money);
    }
    if (credit > 0) await this.putBack(order, credit, reason);
    return { refund: null, credit: amount };
  }

  private async putBack(order: Order, amount: number, reason: string): Promise<void> {
    if (amount === 0) return;
    const { id, customerId } = order;
    const back = new RefundCreditCommand({ reference: referenceOf(id), amount, customerId });
    const { refundId } = await this.commands.execute(back);
    this.note(order, refundId, amount, reason);
    order.noteCreditBack(refundId, amount);
  }

  private note({ id: orderId, currency }: Order, refundId: string, amount: number, reason: string): void {
    const data = { refundId, amount: { amount, currency }, reason };
    this.entries.add({ orderId, kind: 'refunded', data, shownToCustomer: true });
  }
}

const referenceOf = (id: string) => ({ type: 'order' as const, id });
