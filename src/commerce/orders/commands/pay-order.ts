import { Command, CommandBus, CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import { Clock } from '../../../kernel/clock/clock';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { OpenIntentCommand, type PayingMethod } from '../../../money/payments/contracts/open-intent';
import { PaymentViewQuery } from '../../../money/payments/contracts/payment-view-query';
import { RenewHoldCommand } from '../../inventory/contracts/hold-stock';
import { OrderRepository } from '../data/order.repository';
import { mayView, type Viewer } from '../domain/order-access';
import { notPayable, orderNotFound, paymentWindowClosed } from '../domain/orders.errors';
import { PaymentSettlement, shopperOf, type CheckoutResult, type OpenPayment } from './payment-settlement';

/** A further try to pay an order that waits for its payment, while its stock is held or can be held again. */
export class PayOrderCommand extends Command<CheckoutResult> {
  constructor(
    readonly request: {
      orderId: string;
      viewer: Viewer;
      paymentMethod: PayingMethod;
      returnUrl?: string;
    },
  ) {
    super();
  }
}

@CommandHandler(PayOrderCommand)
export class PayOrderHandler implements ICommandHandler<PayOrderCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly clock: Clock,
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
    private readonly orders: OrderRepository,
    private readonly settlement: PaymentSettlement,
  ) {}

  async execute({ request }: PayOrderCommand): Promise<CheckoutResult> {
    const { orderId, viewer, paymentMethod, returnUrl } = request;
    const open = await this.uow.run<OpenPayment>(async (tx) => {
      const order = await this.orders.lock(orderId);
      if (!order || !mayView(order, viewer)) throw orderNotFound();
      tx.lease(orderId);
      if (tx.resumed) {
        const [payment] = await this.queries.execute(new PaymentViewQuery({ payableIds: [orderId] }));
        if (payment?.attemptId) return { orderId, attemptId: payment.attemptId, lines: order.lines };
      }
      if (order.status !== 'pending_payment') throw notPayable(order.status);
      if (!order.holdExpiresAt || order.holdExpiresAt <= this.clock.now()) throw paymentWindowClosed();
      const opened = await this.commands.execute(
        new OpenIntentCommand({
          payable: { type: 'order', id: orderId },
          amount: { amount: order.chargeable, currency: order.currency },
          method: paymentMethod,
          returnUrl,
          shopper: shopperOf(order),
          metadata: { orderId },
        }),
      );
      // After a declined try the goods went back to the shelf.
      await this.commands.execute(
        new RenewHoldCommand({ reference: { type: 'order', id: orderId }, expiresAt: order.holdExpiresAt }),
      );
      return { orderId, attemptId: opened.attemptId, attempt: opened.attempt, lines: order.lines };
    });
    return this.settlement.settle(open, undefined);
  }
}
