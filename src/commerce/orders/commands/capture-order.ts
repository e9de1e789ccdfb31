import { Injectable } from '@nestjs/common';
import { Command, CommandBus, CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import { requirePermission } from '../../../kernel/auth/require-permission';
import { runInContext } from '../../../kernel/context/request-context';
import { Database } from '../../../kernel/database/database';
import { CapturePaymentCommand } from '../../../money/payments/contracts/capture-payment';
import type { PaymentFacts } from '../../../money/payments/contracts/payment-view';
import { PaymentViewQuery } from '../../../money/payments/contracts/payment-view-query';
import { CompleteOrderCommand } from '../contracts/complete-order';
import type { OrderPaymentStatus, OrderStatus } from '../contracts/order-status';
import { OrderPolicies } from '../data/order-policies';
import { resourceOf } from '../domain/order-access';
import type { OrderView } from '../domain/order-view';
import {
  captureRefused,
  captureUnresolved,
  notCaptured,
  nothingToCapture,
  orderNotFound,
} from '../domain/orders.errors';
import { FindOrderQuery } from '../queries/find-order';

/**
 * Captures the reserved payment of an order: what is due, which is its total less what was given up. What is captured
 * already stays as it is.
 * @throws AppError not-found `orders.order-not-found`, conflict `orders.nothing-to-capture`, `orders.capture-refused`,
 *   unavailable `orders.capture-unresolved`, and what `CapturePaymentCommand` throws
 */
export class CaptureOrderCommand extends Command<OrderView> {
  constructor(readonly request: { orderId: string }) {
    super();
  }
}

interface Found {
  id: string;
  userId: string | null;
  status: OrderStatus;
  paymentStatus: OrderPaymentStatus;
  due: number;
}

/**
 * Takes reserved money. The gateway is called outside of any transaction: nothing is locked here, and payments and the
 * order's completion each decide behind their own locks.
 */
@Injectable()
export class OrderCapture {
  constructor(
    private readonly database: Database,
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
    private readonly policies: OrderPolicies,
  ) {}

  /** Before goods leave: an order whose payment is reserved is charged, where the shop's policy says so. */
  async beforeShipping(orderId: string): Promise<void> {
    const order = await this.find(orderId);
    // The shipment itself says what is wrong with any other order.
    if (order?.status !== 'authorized') return;
    requirePermission('orders:write', resourceOf(order));
    if ((await this.policies.find()).captureOn !== 'shipment') throw notCaptured();
    await this.capture(order);
  }

  async onRequest(orderId: string): Promise<void> {
    const order = await this.find(orderId);
    if (!order) throw orderNotFound();
    if (order.paymentStatus === 'paid') return;
    if (order.paymentStatus !== 'authorized') throw nothingToCapture(order.status);
    await this.capture(order);
  }

  private async capture({ id, due }: Found): Promise<void> {
    const reserved = await this.payment(id);
    // What a person has to decide on first is not taken along the way.
    if (reserved.status === 'requires_merchant_action') throw notCaptured();
    // The request's key is answered by what the caller does after this, and not by the capture.
    if (reserved.captured.amount === 0)
      await runInContext({ idempotency: undefined }, () =>
        this.commands.execute(new CapturePaymentCommand({ paymentId: reserved.id, amount: due, repeatable: true })),
      );
    const payment = await this.payment(id);
    if (payment.status === 'requires_payment_method' || payment.status === 'canceled')
      throw captureRefused(payment.error?.code ?? null);
    if (payment.captured.amount === 0) throw captureUnresolved();
    await runInContext({ idempotency: undefined }, () =>
      this.commands.execute(new CompleteOrderCommand({ orderId: id })),
    );
  }

  private async payment(orderId: string): Promise<PaymentFacts> {
    const [payment] = await this.queries.execute(new PaymentViewQuery({ payableIds: [orderId] }));
    if (!payment) throw nothingToCapture('authorized');
    return payment;
  }

  private async find(orderId: string): Promise<Found | undefined> {
    const [order] = await this.database.read<Found>(
      `select id, user_id as "userId", status, payment_status as "paymentStatus",
         greatest(0, total - uncollected_total - refunded_total - exchanged_total - credit_total + credit_refunded) as due
       from orders.orders where tenant_id = kernel.tenant_id() and id = $1 and channel <> 'import'`,
      [orderId],
    );
    return order;
  }
}

@CommandHandler(CaptureOrderCommand)
export class CaptureOrderHandler implements ICommandHandler<CaptureOrderCommand> {
  constructor(
    private readonly capture: OrderCapture,
    private readonly queries: QueryBus,
  ) {}

  async execute({ request: { orderId } }: CaptureOrderCommand): Promise<OrderView> {
    await this.capture.onRequest(orderId);
    return this.queries.execute(new FindOrderQuery(orderId, { all: true, userId: null, tokenHash: null }));
  }
}
