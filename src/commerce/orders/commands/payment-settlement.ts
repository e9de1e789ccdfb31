import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { Clock } from '../../../kernel/clock/clock';
import { together } from '../../../kernel/database/together';
import type { Transaction } from '../../../kernel/database/transaction';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { reach } from '../../../kernel/lifecycle/kill-points';
import { ContactGatewayCommand } from '../../../money/payments/contracts/contact-gateway';
import type { OpenedAttempt, OpenIntentCommand } from '../../../money/payments/contracts/open-intent';
import { paymentViewOf, type PaymentView } from '../../../money/payments/contracts/payment-view';
import { RecordOutcomeCommand } from '../../../money/payments/contracts/record-outcome';
import { OrderPolicies } from '../data/order-policies';
import { OrderRepository } from '../data/order.repository';
import type { Order } from '../domain/order';
import type { OrderLine } from '../domain/order-line';
import type { OrderView } from '../domain/order-view';
import { orderNotFound } from '../domain/orders.errors';
import { RemindOfUnpaidOrder } from '../reactions/remind-of-unpaid-order';
import { OrderCompletion } from './order-completion';
import { OrderViews } from './order-views';

/** What checkout and a further payment answer. */
export interface CheckoutResult {
  order: OrderView;
  /** Null for an order that costs nothing. */
  payment: PaymentView | null;
  /** The token by which a guest reads the order; absent for a signed-in shopper. */
  accessToken?: string;
}

/** A payment that was opened and not yet asked for. */
export interface OpenPayment {
  orderId: string;
  attemptId: string;
  /** The attempt, where it was opened just now. */
  attempt?: OpenedAttempt;
  /** The order's lines, where they are known already. */
  lines?: OrderLine[];
}

/** Who pays an order, for the judgement whether to take the payment. */
export const shopperOf = ({ email, userId, shippingAddress }: Order): OpenIntentCommand['request']['shopper'] => ({
  email,
  userId,
  name: shippingAddress?.name,
  shipping: shippingAddress,
});

/** Names of the reactions that bring an order on when somebody else captured, or reserved, its payment. */
const CAPTURED = 'orders.complete-when-payment-captured';
const RESERVED = 'orders.authorize-when-payment-authorized';

/**
 * The second half of paying: the gateway is called outside of any transaction, and what it said is written together
 * with the order's completion and the answer to the client. Should the process die on the way, an equal request takes
 * over here, and payments' own timer settles the attempt without one.
 */
@Injectable()
export class PaymentSettlement {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly commands: CommandBus,
    private readonly orders: OrderRepository,
    private readonly completion: OrderCompletion,
    private readonly views: OrderViews,
    private readonly clock: Clock,
    private readonly policies: OrderPolicies,
  ) {}

  async settle(
    { orderId, attemptId, attempt, lines }: OpenPayment,
    accessToken: string | undefined,
  ): Promise<CheckoutResult> {
    reach('checkout.after-t1');
    const outcome = await this.commands.execute(new ContactGatewayCommand({ attemptId, opened: attempt }));
    reach('checkout.after-gateway');
    const result = await this.uow.run(
      async (tx) => {
        // The order first, then payments, then stock: the lock rank.
        const [order, payment] = await together(
          () => this.orders.lock(orderId, lines),
          () => this.commands.execute(new RecordOutcomeCommand({ attemptId: outcome.attemptId, outcome })),
        );
        if (!order) throw orderNotFound();
        const promised = await this.completion.follow(order, payment);
        if (payment.status === 'succeeded') tx.handled(CAPTURED, payment.id);
        if (payment.status === 'requires_capture') tx.handled(RESERVED, payment.id);
        if (payment.status === 'requires_action') await this.remindLater(tx, orderId);
        const answer: CheckoutResult = {
          order: promised ? this.views.with(order, promised) : await this.views.of(order),
          payment: paymentViewOf(payment),
          ...(accessToken === undefined ? {} : { accessToken }),
        };
        tx.answer(answer);
        return answer;
      },
      { keepPlans: true },
    );
    reach('checkout.after-t2');
    return result;
  }

  /** Who is sent to the bank may never come back, and no failure says so. */
  private async remindLater(tx: Transaction, orderId: string): Promise<void> {
    const { remindUnpaidAfterMinutes: minutes } = await this.policies.find();
    if (minutes !== null) tx.timer(RemindOfUnpaidOrder, { orderId }, new Date(this.clock.nowMs() + minutes * 60_000));
  }
}
