import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ResourceLimits } from '../../kernel/limits/resource-limits';
import { CancelOrderHandler } from './commands/cancel-order';
import {
  AddCartLineHandler,
  ChangeCartLineHandler,
  CreateCartHandler,
  RemoveCartLineHandler,
  SetCartDestinationHandler,
} from './commands/change-cart';
import { CartDesk } from './commands/cart-desk';
import { CheckoutHandler } from './commands/checkout';
import { SaveCheckoutSettingsHandler } from './commands/save-checkout-settings';
import { SettleApprovalHandler } from './commands/settle-approval';
import { CompleteOrderHandler } from './commands/complete-order';
import { FulfilOrderHandler } from './commands/fulfil-order';
import { ImportOrdersHandler } from './commands/import-orders';
import { NoteRefundHandler } from './commands/note-refund';
import { OrderCompletion } from './commands/order-completion';
import { PayOrderHandler } from './commands/pay-order';
import { PaymentSettlement } from './commands/payment-settlement';
import { CartRepository } from './data/cart.repository';
import { ImportRepository } from './data/import.repository';
import { OrderRepository } from './data/order.repository';
import { Order } from './domain/order';
import { CartsController } from './http/carts.controller';
import { CheckoutSettingsController } from './http/checkout-settings.controller';
import { OrdersController } from './http/orders.controller';
import { CartRetention } from './jobs/cart-retention';
import { PRICING_PROVIDERS } from './pricing.module';
import { FindCartHandler } from './queries/find-cart';
import { FindCheckoutSettingsHandler } from './queries/find-checkout-settings';
import { FindOrderHandler } from './queries/find-order';
import { ListOrdersHandler } from './queries/list-orders';
import { OrderAnalyticsHandler } from './queries/order-analytics';
import { SoldOrdersHandler } from './queries/sold-orders';
import { CancelUnpaidOrder } from './reactions/cancel-unpaid-order';
import { CompleteWhenPaymentCaptured } from './reactions/complete-when-payment-captured';
import { LetGoWhenDeclined, LetGoWhenPaymentFailed } from './reactions/let-go-when-declined';
import { NoteWhenRefundSucceeded } from './reactions/note-when-refund-succeeded';
import { ORDER_PUSHES } from './reactions/push-when-order-changes';

/** Carts, checkout, orders and what was sold. */
@Module({
  imports: [TypeOrmModule.forFeature([Order])],
  controllers: [CartsController, CheckoutSettingsController, OrdersController],
  providers: [
    CartRetention,
    ...PRICING_PROVIDERS,
    CartRepository,
    OrderRepository,
    ImportRepository,
    OrderCompletion,
    PaymentSettlement,
    CreateCartHandler,
    AddCartLineHandler,
    ChangeCartLineHandler,
    RemoveCartLineHandler,
    SetCartDestinationHandler,
    CartDesk,
    CheckoutHandler,
    PayOrderHandler,
    CompleteOrderHandler,
    SettleApprovalHandler,
    CancelOrderHandler,
    FulfilOrderHandler,
    NoteRefundHandler,
    ImportOrdersHandler,
    SaveCheckoutSettingsHandler,
    FindCartHandler,
    FindCheckoutSettingsHandler,
    FindOrderHandler,
    ListOrdersHandler,
    OrderAnalyticsHandler,
    SoldOrdersHandler,
    CancelUnpaidOrder,
    LetGoWhenDeclined,
    LetGoWhenPaymentFailed,
    CompleteWhenPaymentCaptured,
    NoteWhenRefundSucceeded,
    ...ORDER_PUSHES,
  ],
})
export class OrdersModule {
  constructor(limits: ResourceLimits) {
    limits.register({
      name: 'ordersPerMonth',
      monthly: true,
      count: `select count(*)::int as used from orders.orders where tenant_id = $1 and placed_at >= $2 and channel = 'web'`,
    });
  }
}
