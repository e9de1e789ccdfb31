import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ResourceLimits } from '../../kernel/limits/resource-limits';
import { CancelOrderHandler } from './commands/cancel-order';
import { CancelOrderLinesHandler } from './commands/cancel-order-lines';
import { CaptureOrderHandler, OrderCapture } from './commands/capture-order';
import {
  AddCartLineHandler,
  ChangeCartLineHandler,
  CreateCartHandler,
  RemoveCartLineHandler,
  SetCartCurrencyHandler,
  SetCartDestinationHandler,
} from './commands/change-cart';
import { CartDesk } from './commands/cart-desk';
import { CartHolds } from './commands/cart-holds';
import { CheckoutHandler } from './commands/checkout';
import { SaveCheckoutSettingsHandler } from './commands/save-checkout-settings';
import { SettleApprovalHandler } from './commands/settle-approval';
import { ChangeOrderAddressHandler } from './commands/change-order-address';
import { ChangeOrderPolicyHandler } from './commands/change-order-policy';
import { CloseOrderHandler } from './commands/close-order';
import { CreditNotes, IssueCreditNotesHandler } from './commands/credit-notes';
import { DeliverOrderHandler } from './commands/deliver-order';
import { HoldOrderHandler, LetOrderGoHandler } from './commands/hold-order';
import { ManyOrdersHandler } from './commands/many-orders';
import { RETURN_HANDLERS } from './commands/manage-return';
import { RequestReturnHandler } from './commands/request-return';
import { NoteAllocatedBackorderHandler } from './commands/note-allocated-backorder';
import { MergeCartHandler } from './commands/merge-cart';
import { NoteOrderHandler } from './commands/note-order';
import { ShipOrderHandler } from './commands/ship-order';
import { Shoppers } from './commands/shoppers';
import { CompleteOrderHandler } from './commands/complete-order';
import { QUOTE_DECISIONS } from './commands/decide-quote';
import { EditOrderHandler } from './commands/edit-order';
import { ExchangeReturnHandler, ReopenReturnHandler } from './commands/exchange-return';
import { FoldSalesHandler } from './commands/fold-sales';
import { FulfilOrderHandler } from './commands/fulfil-order';
import { IssueInvoiceHandler } from './commands/issue-invoice';
import { ImportOrdersHandler } from './commands/import-orders';
import { NoteDisputeHandler } from './commands/note-dispute';
import { NoteFailedRefundHandler, NoteReversedRefundHandler, NoteRefundHandler } from './commands/note-refund';
import { OrderPlacement } from './commands/order-placement';
import { OrderCompletion } from './commands/order-completion';
import { OrderViews } from './commands/order-views';
import { PayOrderHandler } from './commands/pay-order';
import { AskToFoldSalesHandler, RecountSalesHandler } from './commands/recount-sales';
import { PaymentSettlement } from './commands/payment-settlement';
import { CreateQuoteHandler, QuoteDesk, RewriteQuoteHandler, SendQuoteHandler } from './commands/write-quote';
import { CartRepository } from './data/cart.repository';
import { FunnelRollups } from './data/funnel-rollups';
import { ImportRepository } from './data/import.repository';
import { InvoiceRepository } from './data/invoice.repository';
import { OrderEntries } from './data/order-entries';
import { OrderPolicies } from './data/order-policies';
import { OrderRepository } from './data/order.repository';
import { QuoteRepository } from './data/quote.repository';
import { ReturnRepository } from './data/return.repository';
import { ShipmentRepository } from './data/shipment.repository';
import { SalesRollups } from './data/sales-rollups';
import { Order } from './domain/order';
import { CartsController } from './http/carts.controller';
import { CheckoutSettingsController } from './http/checkout-settings.controller';
import { ListCreditNotesHandler } from './queries/credit-notes';
import { EditsController } from './http/edits.controller';
import { InvoicesController } from './http/invoices.controller';
import { FulfilmentController, OrderPolicyController } from './http/fulfilment.controller';
import { OrdersController } from './http/orders.controller';
import { QuotePageController } from './http/quote-page.controller';
import { QuotesController } from './http/quotes.controller';
import { ReturnsController } from './http/returns.controller';
import { CartRetention } from './jobs/cart-retention';
import { FoldSales } from './jobs/fold-sales';
import { SalesSchedule } from './jobs/sales-schedule';
import { PRICING_PROVIDERS } from './pricing.module';
import { FindCartHandler } from './queries/find-cart';
import { OwnCartHandler } from './queries/own-cart';
import { FindCheckoutSettingsHandler } from './queries/find-checkout-settings';
import { FindOrderHandler } from './queries/find-order';
import { ListOrdersHandler } from './queries/list-orders';
import { OrdersOfCustomerHandler } from './queries/orders-of-customer';
import { ListShipmentsHandler } from './queries/list-shipments';
import { QuotePaperHandler } from './queries/quote-paper';
import { QUOTE_QUERIES } from './queries/quotes';
import { RefundableOrderHandler } from './queries/refundable-order';
import { OrderPolicyHandler } from './queries/order-policy';
import { FindReturnHandler, ListReturnsHandler } from './queries/returns';
import { OrderTimelineHandler } from './queries/order-timeline';
import { OrderAnalyticsHandler } from './queries/order-analytics';
import { REPORT_HANDLERS } from './queries/sales-reports';
import { SoldOrdersHandler } from './queries/sold-orders';
import { NoteWhenBackorderAllocated } from './reactions/note-when-backorder-allocated';
import { ExpireQuote } from './reactions/expire-quote';
import { CancelUnpaidOrder } from './reactions/cancel-unpaid-order';
import { CloseDeliveredOrder } from './reactions/close-delivered-order';
import { DeliverShippedOrder } from './reactions/deliver-shipped-order';
import {
  AuthorizeWhenPaymentAuthorized,
  CompleteWhenPaymentCaptured,
  CompleteWhenPaymentPartlyCaptured,
} from './reactions/complete-when-payment-captured';
import { EndLapsedReservation, WatchWhenOrderAuthorized } from './reactions/end-lapsed-reservation';
import { FollowLostReservation } from './reactions/follow-lost-reservation';
import { EndWhenPaymentRejected } from './reactions/end-when-payment-rejected';
import { HoldWhenPaymentReviewed, LetGoWhenPaymentCleared } from './reactions/hold-while-reviewed';
import { LetGoWhenDeclined, LetGoWhenPaymentFailed } from './reactions/let-go-when-declined';
import { CreditWhenOrderRefunded } from './reactions/credit-when-order-refunded';
import { NoteWhenDisputeClosed, NoteWhenDisputeOpened } from './reactions/note-when-disputed';
import {
  NoteWhenRefundFailed,
  NoteWhenRefundReversed,
  NoteWhenRefundSucceeded,
} from './reactions/note-when-refund-succeeded';
import { OrderCredit } from './commands/order-credit';
import { GiveTradeBackHandler } from './commands/give-trade-back';
import { GiveTradeBack } from './reactions/give-trade-back';
import { ReopenWhenExchangeCancelled } from './reactions/reopen-when-exchange-cancelled';
import { RemindOfUnpaidOrder } from './reactions/remind-of-unpaid-order';
import { OrderPush } from './data/order-push';
import { MoveWhenCustomerMerged } from './reactions/move-when-customer-merged';

/** Carts, checkout, orders and what was sold. */
@Module({
  imports: [TypeOrmModule.forFeature([Order])],
  controllers: [
    CartsController,
    CheckoutSettingsController,
    OrdersController,
    EditsController,
    FulfilmentController,
    InvoicesController,
    OrderPolicyController,
    ReturnsController,
    QuotesController,
    QuotePageController,
  ],
  providers: [
    CartRetention,
    ...PRICING_PROVIDERS,
    CartRepository,
    OrderRepository,
    ImportRepository,
    OrderCompletion,
    OrderViews,
    PaymentSettlement,
    OrderPlacement,
    QuoteRepository,
    QuoteDesk,
    CreateQuoteHandler,
    RewriteQuoteHandler,
    SendQuoteHandler,
    ...QUOTE_DECISIONS,
    ...QUOTE_QUERIES,
    QuotePaperHandler,
    ExpireQuote,
    EditOrderHandler,
    ExchangeReturnHandler,
    ReopenReturnHandler,
    ReopenWhenExchangeCancelled,
    GiveTradeBack,
    GiveTradeBackHandler,
    OrderCredit,
    CreateCartHandler,
    AddCartLineHandler,
    ChangeCartLineHandler,
    RemoveCartLineHandler,
    SetCartCurrencyHandler,
    SetCartDestinationHandler,
    MergeCartHandler,
    CartDesk,
    CartHolds,
    Shoppers,
    CheckoutHandler,
    PayOrderHandler,
    CompleteOrderHandler,
    SettleApprovalHandler,
    CancelOrderHandler,
    CancelOrderLinesHandler,
    OrderCapture,
    CaptureOrderHandler,
    RequestReturnHandler,
    ...RETURN_HANDLERS,
    ReturnRepository,
    InvoiceRepository,
    IssueInvoiceHandler,
    CreditNotes,
    IssueCreditNotesHandler,
    FindReturnHandler,
    ListReturnsHandler,
    FulfilOrderHandler,
    ShipOrderHandler,
    DeliverOrderHandler,
    CloseOrderHandler,
    HoldOrderHandler,
    LetOrderGoHandler,
    NoteAllocatedBackorderHandler,
    NoteWhenBackorderAllocated,
    NoteOrderHandler,
    ChangeOrderAddressHandler,
    ChangeOrderPolicyHandler,
    ManyOrdersHandler,
    ListShipmentsHandler,
    OrderTimelineHandler,
    OrderPolicyHandler,
    ShipmentRepository,
    OrderEntries,
    OrderPolicies,
    DeliverShippedOrder,
    CloseDeliveredOrder,
    RemindOfUnpaidOrder,
    NoteRefundHandler,
    NoteFailedRefundHandler,
    NoteReversedRefundHandler,
    ImportOrdersHandler,
    SaveCheckoutSettingsHandler,
    FindCartHandler,
    OwnCartHandler,
    FindCheckoutSettingsHandler,
    FindOrderHandler,
    ListCreditNotesHandler,
    ListOrdersHandler,
    OrdersOfCustomerHandler,
    MoveWhenCustomerMerged,
    OrderAnalyticsHandler,
    SalesRollups,
    FunnelRollups,
    FoldSalesHandler,
    AskToFoldSalesHandler,
    RecountSalesHandler,
    FoldSales,
    SalesSchedule,
    ...REPORT_HANDLERS,
    SoldOrdersHandler,
    RefundableOrderHandler,
    CancelUnpaidOrder,
    EndWhenPaymentRejected,
    HoldWhenPaymentReviewed,
    LetGoWhenPaymentCleared,
    LetGoWhenDeclined,
    LetGoWhenPaymentFailed,
    CompleteWhenPaymentCaptured,
    CompleteWhenPaymentPartlyCaptured,
    AuthorizeWhenPaymentAuthorized,
    EndLapsedReservation,
    WatchWhenOrderAuthorized,
    FollowLostReservation,
    NoteWhenRefundSucceeded,
    NoteWhenRefundFailed,
    NoteWhenRefundReversed,
    CreditWhenOrderRefunded,
    NoteDisputeHandler,
    NoteWhenDisputeOpened,
    NoteWhenDisputeClosed,
    OrderPush,
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
