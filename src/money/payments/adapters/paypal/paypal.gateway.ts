import type {
  ApiResponse,
  CheckoutPaymentIntent,
  Order,
  OrdersController,
  PaymentInitiator,
  StoredPaymentSourceUsageType,
} from '@paypal/paypal-server-sdk';
import { USUAL_ADDRESS } from '../../../../kernel/config/config';
import { clock } from '../../../../kernel/clock/clock';
import type { Money } from '../../../../kernel/money/money';
import type { GatewayOutcome } from '../../contracts/gateway-outcome';
import type {
  AttemptReference,
  CreateRequest,
  GatewayAccount,
  GatewayCapabilities,
  PaymentGateway,
  ProviderNotice,
  RefundOutcome,
  ReportedDispute,
  ReportedRefund,
  SettlementEntry,
} from '../../domain/payment-gateway';
import type { KeepOutcome, KeepRequest } from '../../domain/saved-method';
import { providerNotOffered } from '../../domain/payments.errors';
import { signingSecrets } from '../../domain/webhook-secrets';
import {
  issueOf,
  outcomeOf,
  partsOf,
  refundMark,
  refundOutcomeOf,
  refundsOf,
  refusalOf,
  surelyNothing,
  toPayPal,
  type PayPalFault,
} from './paypal-answers';
import { PayPalClients, type PayPalApi } from './paypal-client';
import { PayPalDisputes } from './paypal-disputes';
import { PayPalReport } from './paypal-report';
import { PayPalVault } from './paypal-vault';
import { PayPalRest } from './paypal-rest';
import { noticeOf, PayPalSignatures } from './paypal-webhook';

/** Asks for the whole thing in the answer. */
const prefer = 'return=representation';
/** Refusals of a charge after which the order says how it stands. */
const LOOKED_UP = new Set(['order_already_captured', 'order_already_authorized', 'payer_action_required']);
type CaptureCall = Parameters<OrdersController['captureOrder']>[0];

/** The call that charges a kept account. */
function chargeOf({ method, offSession, returnUrl, attemptId }: CreateRequest, id: string): CaptureCall {
  const storedCredential = {
    paymentInitiator: (offSession ? 'MERCHANT' : 'CUSTOMER') as PaymentInitiator,
    usage: 'SUBSEQUENT' as StoredPaymentSourceUsageType,
  };
  const experienceContext = { returnUrl, cancelUrl: returnUrl };
  const paypal = { vaultId: method.token, storedCredential, experienceContext };
  return { id, paypalRequestId: `${attemptId}:confirm`, prefer, body: { paymentSource: { paypal } } };
}

/** Currencies of PayPal. */
const CURRENCIES = [
  'AUD',
  'BRL',
  'CAD',
  'CHF',
  'CNY',
  'CZK',
  'DKK',
  'EUR',
  'GBP',
  'HKD',
  'HUF',
  'ILS',
  'JPY',
  'MXN',
].concat(['MYR', 'NOK', 'NZD', 'PHP', 'PLN', 'SEK', 'SGD', 'THB', 'TWD', 'USD']);

/**
 * PayPal behind the port, through its server SDK: an order (v2) that the shopper approves at PayPal, and that is captured or
 * authorised by a call of ours afterwards. Every call about an attempt carries an id that follows from the attempt's.
 */
export class PayPalGateway implements PaymentGateway {
  readonly provider = 'paypal';
  private readonly clients: PayPalClients;
  private readonly signatures = new PayPalSignatures();
  private readonly disputes: PayPalDisputes;
  private readonly report: PayPalReport;
  private readonly vault: PayPalVault;

  constructor(
    private readonly apiBase: string | null,
    private readonly timeoutMs: number,
  ) {
    this.clients = new PayPalClients(apiBase, timeoutMs);
    const rest = new PayPalRest(apiBase);
    this.disputes = new PayPalDisputes(rest);
    this.report = new PayPalReport(rest);
    this.vault = new PayPalVault(this.clients);
  }

  capabilities(): GatewayCapabilities {
    return {
      methods: ['paypal'],
      currencies: CURRENCIES,
      manualCapture: true,
      partialRefunds: true,
      keeps: ['paypal'],
      // A token, the call, and a look at what came of it.
      callTimeoutMs: this.timeoutMs * 2 + 500,
    };
  }

  reaches(account: { apiBase?: string | null }): boolean {
    return (account.apiBase ?? this.apiBase) !== null;
  }

  async create(account: GatewayAccount, request: CreateRequest): Promise<GatewayOutcome> {
    const api = await this.clients.of(account);
    let id: string;
    try {
      const { result: order } = await this.order(api, request);
      if (!request.payer) return outcomeOf(order);
      id = order.id!;
      const taken = await this.take(api, request.capture, chargeOf(request, id));
      if ('status' in taken) return taken;
      if (!LOOKED_UP.has(issueOf(taken.refused))) return refusalOf(taken.refused);
    } catch (error) {
      if (surelyNothing(error as PayPalFault)) return refusalOf(error as PayPalFault);
      throw error;
    }
    // Outside of what is judged above: a look that fails says nothing about money that may have been taken.
    const { attemptId } = request;
    return (await this.fetch(account, { attemptId, providerPaymentId: id, request })).outcome;
  }

  async confirm(
    account: GatewayAccount,
    reference: AttemptReference & { capture: 'automatic' | 'manual' },
  ): Promise<GatewayOutcome> {
    const api = await this.clients.of(account);
    const id = reference.providerPaymentId!;
    const taken = await this.take(api, reference.capture, {
      id,
      paypalRequestId: `${reference.attemptId}:confirm`,
      prefer,
    });
    if ('status' in taken) return taken;
    // Captured by an equal call, or refused for what only a look can tell.
    const { outcome } = await this.fetch(account, reference);
    if (outcome.status === 'approved') throw taken.refused as Error;
    return outcome;
  }

  /**
   * Takes the money of an order, or reserves it; a second call, so that an order's id can be learnt by asking for the order
   * again without charging.
   * @returns what the answer says, or a refusal that may be of money which an equal call took before
   * @throws every other refusal, and where no answer came
   */
  private async take(
    api: PayPalApi,
    capture: 'automatic' | 'manual',
    call: CaptureCall,
  ): Promise<GatewayOutcome | { refused: PayPalFault }> {
    let order: Order;
    try {
      ({ result: order } = await (capture === 'manual'
        ? api.orders.authorizeOrder(call)
        : api.orders.captureOrder(call)));
    } catch (error) {
      const refused = error as PayPalFault;
      const issue = issueOf(refused);
      if (issue === 'instrument_declined' || issue === 'payer_cannot_pay')
        return { status: 'failed', providerPaymentId: call.id, code: issue, message: 'The payment was declined.' };
      if (refused.statusCode !== 422) throw error;
      return { refused };
    }
    return outcomeOf(order);
  }

  async capture(account: GatewayAccount, reference: AttemptReference, amount: Money): Promise<GatewayOutcome> {
    const api = await this.clients.of(account);
    const order = await this.find(api, reference);
    const { authorizationId } = order ? partsOf(order) : { authorizationId: null };
    if (!authorizationId) return order ? outcomeOf(order) : { status: 'unknown' };
    try {
      await api.payments.captureAuthorizedPayment({
        authorizationId,
        paypalRequestId: `${reference.attemptId}:capture:${amount.amount}`,
        prefer,
        body: { amount: toPayPal(amount), finalCapture: true },
      });
    } catch (error) {
      if ((error as PayPalFault).statusCode !== 422) throw error;
    }
    return (await this.fetch(account, reference)).outcome;
  }

  /** An order that nobody captures takes no money, and ends by itself; what is reserved is let go. */
  async cancel(account: GatewayAccount, reference: AttemptReference): Promise<GatewayOutcome> {
    // Of a kept account the money may be taken although no answer ever carried the order's id.
    if (!reference.providerPaymentId && !reference.request?.payer) return { status: 'unknown' };
    const api = await this.clients.of(account);
    const order = await this.find(api, reference);
    const outcome = order ? outcomeOf(order) : ({ status: 'unknown' } as const);
    if (outcome.status === 'requires_action' || outcome.status === 'approved')
      return { status: 'canceled', providerPaymentId: order!.id! };
    const { authorizationId } = order ? partsOf(order) : { authorizationId: null };
    if (outcome.status !== 'authorized' || !authorizationId) return outcome;
    await api.payments.voidPayment({ authorizationId, paypalRequestId: `${reference.attemptId}:void`, prefer });
    return (await this.fetch(account, reference)).outcome;
  }

  async refund(
    account: GatewayAccount,
    request: AttemptReference & { refundId: string; amount: Money; reason: string },
  ): Promise<RefundOutcome> {
    const api = await this.clients.of(account);
    const order = request.providerPaymentId ? await this.find(api, request) : null;
    const captureId = order && partsOf(order).captureId;
    if (!captureId)
      return {
        status: 'failed',
        providerRefundId: null,
        code: 'payment_unknown',
        message: 'PayPal knows no such charge.',
      };
    try {
      const { result } = await api.payments.refundCapturedPayment({
        captureId,
        paypalRequestId: request.refundId,
        prefer,
        body: { amount: toPayPal(request.amount), customId: refundMark(request.attemptId, request.refundId) },
      });
      return refundOutcomeOf(result);
    } catch (error) {
      if ((error as PayPalFault).statusCode !== 422) throw error;
      const code = issueOf(error as PayPalFault);
      return { status: 'failed', providerRefundId: null, code, message: 'The gateway refused the refund.' };
    }
  }

  async fetch(
    account: GatewayAccount,
    reference: AttemptReference,
  ): Promise<{ outcome: GatewayOutcome; refunds: ReportedRefund[] }> {
    const order = await this.find(await this.clients.of(account), reference);
    if (!order)
      return {
        outcome: reference.providerPaymentId
          ? { status: 'canceled', providerPaymentId: reference.providerPaymentId }
          : { status: 'unknown' },
        refunds: [],
      };
    return { outcome: outcomeOf(order), refunds: refundsOf(order) };
  }

  /** PayPal makes its own customer with the first account that is kept; ours names the person. */
  ensurePayer(_account: GatewayAccount, { payerId }: { payerId: string }): Promise<string> {
    return Promise.resolve(payerId);
  }

  keepMethod(account: GatewayAccount, request: KeepRequest): Promise<KeepOutcome> {
    return this.vault.keep(account, request);
  }

  forgetMethod(account: GatewayAccount, providerMethodId: string): Promise<void> {
    return this.vault.forget(account, providerMethodId);
  }

  async verifyWebhook(
    account: GatewayAccount,
    request: { headers: Record<string, string | undefined>; body: Buffer },
  ): Promise<ProviderNotice> {
    const nowMs = clock.nowMs();
    const base = account.apiBase ?? this.apiBase;
    if (base === null) throw providerNotOffered('paypal');
    const double = base === USUAL_ADDRESS ? null : base;
    await this.signatures.check(request.headers, request.body, signingSecrets(account, nowMs), nowMs, double);
    return noticeOf(request.body);
  }

  fetchDispute(account: GatewayAccount, id: string, signal: AbortSignal): Promise<ReportedDispute> {
    return this.disputes.fetch(account, id, signal);
  }

  submitEvidence(
    account: GatewayAccount,
    request: Parameters<NonNullable<PaymentGateway['submitEvidence']>>[1],
    signal: AbortSignal,
  ): Promise<ReportedDispute> {
    return this.disputes.submit(account, request, signal);
  }

  acceptDispute(
    account: GatewayAccount,
    request: Parameters<NonNullable<PaymentGateway['acceptDispute']>>[1],
    signal: AbortSignal,
  ): Promise<ReportedDispute> {
    return this.disputes.accept(account, request, signal);
  }

  fetchEntries(
    account: GatewayAccount,
    period: { from: Date; to: Date },
    signal: AbortSignal,
  ): Promise<SettlementEntry[]> {
    return this.report.fetch(account, period, signal);
  }

  /** Asks for the order; the same attempt always gives the same one, and no money moves before the shopper approves it. */
  private order(api: PayPalApi, request: CreateRequest): Promise<ApiResponse<Order>> {
    const intent = request.capture === 'manual' ? 'AUTHORIZE' : 'CAPTURE';
    return api.orders.createOrder({
      paypalRequestId: request.attemptId,
      prefer,
      body: {
        intent: intent as CheckoutPaymentIntent,
        purchaseUnits: [{ referenceId: 'default', customId: request.attemptId, amount: toPayPal(request.amount) }],
        // Of a kept account the order takes no money before it is charged by a call of its own.
        ...(request.payer
          ? {}
          : {
              paymentSource: {
                paypal: { experienceContext: { returnUrl: request.returnUrl, cancelUrl: request.returnUrl } },
              },
            }),
      },
    });
  }

  /** The order as it stands; one that ended without the shopper is gone. An id that never arrived is learnt by asking again. */
  private async find(api: PayPalApi, { providerPaymentId, request }: AttemptReference): Promise<Order | null> {
    const id = providerPaymentId ?? (request ? (await this.order(api, request)).result.id! : null);
    if (!id) return null;
    try {
      return (await api.orders.getOrder({ id })).result;
    } catch (error) {
      if ((error as PayPalFault).statusCode === 404) return null;
      throw error;
    }
  }
}
