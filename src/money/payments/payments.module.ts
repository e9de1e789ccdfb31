import { Module } from '@nestjs/common';
import { Config } from '../../kernel/config/config';
import { GatewayDesk, GATEWAYS } from './adapters/gateway-desk';
import { ProviderHealth } from './adapters/provider-health';
import { PayPalGateway } from './adapters/paypal/paypal.gateway';
import { StripeGateway } from './adapters/stripe/stripe.gateway';
import { SandboxGateway } from './adapters/sandbox.gateway';
import { CapturePaymentHandler } from './commands/capture-payment';
import { CancelAttemptHandler } from './commands/cancel-attempt';
import { CompleteReturnHandler } from './commands/complete-return';
import { ContactGatewayHandler } from './commands/contact-gateway';
import { ChangeGatewayHandler, OpenGatewayHandler } from './commands/manage-gateways';
import { OpenIntentHandler } from './commands/open-intent';
import { ProcessProviderEventHandler } from './commands/process-provider-event';
import { ProviderEventHandlers } from './commands/provider-event-handlers';
import { ReceiveWebhookHandler } from './commands/receive-webhook';
import { RecordOutcomeHandler } from './commands/record-outcome';
import { ReplayProviderEventHandler } from './commands/replay-provider-event';
import { SandboxAccounts } from './commands/sandbox-accounts';
import { SettleAttemptHandler } from './commands/settle-attempt';
import { SettleWhenTold } from './commands/settle-when-told';
import { VoidIntentHandler } from './commands/void-intent';
import { VoidPaymentHandler } from './commands/void-payment';
import { SaveApplePayHandler, StartApplePaySessionHandler } from './commands/apple-pay';
import { ApplePayRepository } from './data/apple-pay';
import { ApplePayAssociationController, ApplePayController } from './http/apple-pay.controller';
import { AssociationFileHandler, FindApplePayHandler } from './queries/apple-pay';
import { PaymentRouter } from './commands/payment-router';
import { SaveRoutingHandler } from './commands/save-routing';
import { AttemptReader } from './data/attempt-reader';
import { GatewayAccounts } from './data/gateway-accounts';
import { PaymentRepository } from './data/payment.repository';
import { ProviderEvents } from './data/provider-events';
import { Routings } from './data/routings';
import { GatewaysController } from './http/gateways.controller';
import { PaymentWebhooksController } from './http/payment-webhooks.controller';
import { PaymentResultController, PaymentsController } from './http/payments.controller';
import { RoutingController } from './http/routing.controller';
import { ProviderEventRetention } from './jobs/provider-event-retention';
import { CancelAtGateway } from './jobs/cancel-at-gateway';
import { CaptureCleared } from './jobs/capture-cleared';
import { ProcessProviderEvent } from './jobs/process-provider-event';
import { SettleAttempt } from './jobs/settle-attempt';
import { MONEY_BACK_CONTROLLERS, MONEY_BACK_PROVIDERS } from './money-back.module';
import { SAVED_METHODS_CONTROLLERS, SAVED_METHODS_PROVIDERS } from './saved-methods.module';
import { FindPaymentHandler } from './queries/find-payment';
import { FindGatewayHandler, ListGatewaysHandler } from './queries/list-gateways';
import { PaymentPageHandler } from './queries/payment-page';
import { ListPaymentsHandler } from './queries/list-payments';
import { ListProviderEventsHandler } from './queries/list-provider-events';
import { PaymentViewHandler } from './queries/payment-view';
import { FindRoutingHandler, RoutePaymentHandler } from './queries/routing';
import { AskGatewayAgain } from './reactions/ask-gateway-again';
import { GoOnWhenPaymentCleared, LetGoWhenPaymentRejected } from './reactions/follow-judgement';
import { OpenSandboxForOrganization } from './reactions/open-sandbox-for-organization';

@Module({
  controllers: [
    RoutingController,
    GatewaysController,
    PaymentsController,
    PaymentResultController,
    PaymentWebhooksController,
    ...MONEY_BACK_CONTROLLERS,
    ...SAVED_METHODS_CONTROLLERS,
    ApplePayController,
    ApplePayAssociationController,
  ],
  providers: [
    ...MONEY_BACK_PROVIDERS,
    ...SAVED_METHODS_PROVIDERS,
    ProviderEventRetention,
    OpenIntentHandler,
    ContactGatewayHandler,
    RecordOutcomeHandler,
    VoidIntentHandler,
    CapturePaymentHandler,
    VoidPaymentHandler,
    ApplePayRepository,
    SaveApplePayHandler,
    StartApplePaySessionHandler,
    FindApplePayHandler,
    AssociationFileHandler,
    PaymentRouter,
    Routings,
    SaveRoutingHandler,
    FindRoutingHandler,
    RoutePaymentHandler,
    OpenGatewayHandler,
    ChangeGatewayHandler,
    ReplayProviderEventHandler,
    ProviderEventHandlers,
    SettleWhenTold,
    SettleAttemptHandler,
    CancelAttemptHandler,
    ReceiveWebhookHandler,
    ProcessProviderEventHandler,
    CompleteReturnHandler,
    PaymentViewHandler,
    FindPaymentHandler,
    PaymentPageHandler,
    ListPaymentsHandler,
    FindGatewayHandler,
    ListGatewaysHandler,
    ListProviderEventsHandler,
    SandboxAccounts,
    PaymentRepository,
    AttemptReader,
    GatewayAccounts,
    ProviderEvents,
    GatewayDesk,
    ProviderHealth,
    SandboxGateway,
    {
      provide: GATEWAYS,
      // Production offers the sandbox only where it is switched on: it moves no money.
      useFactory: (config: Config, sandbox: SandboxGateway) => [
        ...(config.sandboxPayments ? [sandbox] : []),
        new StripeGateway(config.stripeApiBase, config.gatewayTimeoutMs),
        new PayPalGateway(config.paypalApiBase, config.gatewayTimeoutMs),
      ],
      inject: [Config, SandboxGateway],
    },
    SettleAttempt,
    CancelAtGateway,
    CaptureCleared,
    ProcessProviderEvent,
    AskGatewayAgain,
    OpenSandboxForOrganization,
    GoOnWhenPaymentCleared,
    LetGoWhenPaymentRejected,
  ],
})
export class PaymentsModule {}
