import type Stripe from 'stripe';
import { clock } from '../../../../kernel/clock/clock';
import type { Money } from '../../../../kernel/money/money';
import type { GatewayOutcome } from '../../contracts/gateway-outcome';
import {
  NEEDS_NO_TOKEN,
  type AttemptReference,
  type CreateRequest,
  type GatewayAccount,
  type GatewayCapabilities,
  type PaymentGateway,
  type ProviderNotice,
  type RefundOutcome,
  type ReportedDispute,
  type ReportedPayout,
  type ReportedRefund,
  type SettlementEntry,
} from '../../domain/payment-gateway';
import type { PayingAs } from '../../contracts/open-intent';
import type { KeepOutcome, KeepRequest } from '../../domain/saved-method';
import { gatewayRefused } from '../../domain/payments.errors';
import { signingSecrets } from '../../domain/webhook-secrets';
import {
  disputeOf,
  entryOf,
  evidenceOf,
  EXPAND,
  moneyOf,
  outcomeOf,
  refundOutcomeOf,
  refusalOf,
  type StripeFault,
} from './stripe-answers';
import { StripeClients } from './stripe-client';
import { askShopper, KEPT, StripeMethods } from './stripe-methods';
import { twice } from './stripe-twice';
import { checkSignature, noticeOf } from './stripe-webhook';

/** Methods of Stripe by the names of `paymentMethod.type`; wallets are cards to it. */
const METHODS = ['card', 'apple_pay', 'google_pay', 'ideal', 'bancontact', 'sepa_debit', 'klarna', 'eps', 'p24'];
/** What Stripe refuses these methods without. */
const ASKS = { bancontact: ['name'], eps: ['name'], p24: ['email'], klarna: ['email', 'country'] } as const;
const MANDATES = ['sepa_debit'];
/** Methods whose money can be reserved first. */
const RESERVABLE = new Set(['card', 'apple_pay', 'google_pay', 'klarna']);
/** Seconds around the beginning of an attempt in which its payment is looked for where its id never arrived. */
const LOOK_BEFORE_SECONDS = 300;
const LOOK_AFTER_SECONDS = 900;
const MOST_LOOKED_AT = 5_000;

/**
 * Stripe behind the port, through its own SDK: PaymentIntents, confirmed as they are created. The attempt's id is the
 * idempotency key, and stands in the payment's metadata so that a payment whose answer was lost is found again.
 */
export class StripeGateway implements PaymentGateway {
  readonly provider = 'stripe';
  private readonly clients: StripeClients;
  private readonly methods: StripeMethods;

  constructor(
    private readonly apiBase: string | null,
    private readonly timeoutMs: number,
  ) {
    this.clients = new StripeClients(apiBase, timeoutMs);
    this.methods = new StripeMethods(this.clients);
  }

  capabilities(): GatewayCapabilities {
    return {
      methods: METHODS,
      currencies: 'any',
      manualCapture: true,
      partialRefunds: true,
      keeps: KEPT,
      asks: ASKS,
      mandates: MANDATES,
      // Twice the time of a call, as one that failed unclearly is made again.
      callTimeoutMs: this.timeoutMs * 2 + 500,
    };
  }

  reaches(account: { apiBase?: string | null }): boolean {
    return (account.apiBase ?? this.apiBase) !== null;
  }

  async create(account: GatewayAccount, request: CreateRequest): Promise<GatewayOutcome> {
    const stripe = await this.clients.of(account);
    try {
      const params = paramsOf(request, await methodOf(stripe, request));
      return outcomeOf(await twice(() => stripe.paymentIntents.create(params, { idempotencyKey: request.attemptId })));
    } catch (error) {
      const asked = request.offSession && (await askShopper(stripe, request, error as StripeFault));
      if (asked) return asked;
      const refusal = refusalOf(error as StripeFault);
      if (refusal) return refusal;
      throw error;
    }
  }

  /** What the shopper approved is charged by Stripe itself. */
  async confirm(account: GatewayAccount, reference: AttemptReference): Promise<GatewayOutcome> {
    return (await this.fetch(account, reference)).outcome;
  }

  async capture(account: GatewayAccount, reference: AttemptReference, amount: Money): Promise<GatewayOutcome> {
    return this.change(account, reference, (stripe, id) =>
      stripe.paymentIntents.capture(
        id,
        { amount_to_capture: amount.amount, expand: EXPAND },
        { idempotencyKey: `${reference.attemptId}:capture:${amount.amount}` },
      ),
    );
  }

  async cancel(account: GatewayAccount, reference: AttemptReference): Promise<GatewayOutcome> {
    return this.change(account, reference, (stripe, id) => stripe.paymentIntents.cancel(id, { expand: EXPAND }));
  }

  async refund(
    account: GatewayAccount,
    request: AttemptReference & { refundId: string; amount: Money; reason: string },
  ): Promise<RefundOutcome> {
    const stripe = await this.clients.of(account);
    const id = await this.idOf(stripe, request);
    if (!id)
      return {
        status: 'failed',
        providerRefundId: null,
        code: 'payment_unknown',
        message: 'Stripe knows no such payment.',
      };
    const params: Stripe.RefundCreateParams = {
      payment_intent: id,
      amount: request.amount.amount,
      metadata: { refund_id: request.refundId, attempt_id: request.attemptId },
    };
    try {
      return refundOutcomeOf(await twice(() => stripe.refunds.create(params, { idempotencyKey: request.refundId })));
    } catch (error) {
      const fault = error as StripeFault;
      // Keys that are wrong or too many calls are put right; what Stripe refuses of this refund is final.
      if (fault.type !== 'StripeInvalidRequestError') throw error;
      return {
        status: 'failed',
        providerRefundId: null,
        code: fault.code ?? 'gateway_refused',
        message: 'The gateway refused the refund.',
      };
    }
  }

  async fetch(
    account: GatewayAccount,
    reference: AttemptReference,
  ): Promise<{ outcome: GatewayOutcome; refunds: ReportedRefund[] }> {
    const stripe = await this.clients.of(account);
    const id = await this.idOf(stripe, reference);
    if (!id) return { outcome: { status: 'unknown' }, refunds: [] };
    const payment = await twice(() => stripe.paymentIntents.retrieve(id, { expand: EXPAND }));
    const refunds = payment.status === 'succeeded' ? await twice(() => refundsOf(stripe, id)) : [];
    return {
      outcome: outcomeOf(payment),
      refunds: refunds.map((refund) => ({
        refundId: refund.metadata?.refund_id ?? null,
        amount: moneyOf(refund.amount, refund.currency),
        outcome: refundOutcomeOf(refund),
      })),
    };
  }

  ensurePayer(account: GatewayAccount, person: { payerId: string; userId: string }): Promise<string> {
    return this.methods.ensurePayer(account, person);
  }

  keepMethod(account: GatewayAccount, request: KeepRequest): Promise<KeepOutcome> {
    return this.methods.keep(account, request);
  }

  forgetMethod(account: GatewayAccount, providerMethodId: string): Promise<void> {
    return this.methods.forget(account, providerMethodId);
  }

  verifyWebhook(
    account: GatewayAccount,
    request: { headers: Record<string, string | undefined>; body: Buffer },
  ): ProviderNotice {
    const nowMs = clock.nowMs();
    checkSignature(request.headers['stripe-signature'], request.body, signingSecrets(account, nowMs), nowMs);
    return noticeOf(request.body);
  }

  async fetchDispute(account: GatewayAccount, providerDisputeId: string): Promise<ReportedDispute> {
    const stripe = await this.clients.of(account);
    return disputeOf(await twice(() => stripe.disputes.retrieve(providerDisputeId)));
  }

  submitEvidence(
    account: GatewayAccount,
    {
      providerDisputeId,
      evidence,
      files,
      idempotencyKey,
    }: Parameters<NonNullable<PaymentGateway['submitEvidence']>>[1],
  ): Promise<ReportedDispute> {
    return this.answer(account, async (stripe) => {
      const uploaded: Record<string, string> = {};
      for (const { kind, name, mediaType, bytes: data } of files) {
        const file = { name, type: mediaType, data };
        // The same key gives the same id, so that a second try hands in the very same evidence.
        const options = { idempotencyKey: `${idempotencyKey}:${kind}` };
        const { id } = await stripe.files.create({ purpose: 'dispute_evidence', file }, options);
        uploaded[kind] = id;
      }
      const params = { evidence: evidenceOf({ ...evidence, ...uploaded }), submit: true };
      return stripe.disputes.update(providerDisputeId, params, { idempotencyKey });
    });
  }

  acceptDispute(
    account: GatewayAccount,
    { providerDisputeId, idempotencyKey }: Parameters<NonNullable<PaymentGateway['acceptDispute']>>[1],
  ): Promise<ReportedDispute> {
    return this.answer(account, (stripe) => stripe.disputes.close(providerDisputeId, {}, { idempotencyKey }));
  }

  async fetchEntries(account: GatewayAccount, { from, to }: { from: Date; to: Date }): Promise<SettlementEntry[]> {
    const stripe = await this.clients.of(account);
    const [gte, lt] = [from, to].map((at) => Math.ceil(at.getTime() / 1000));
    const entries: SettlementEntry[] = [];
    const lines = stripe.balanceTransactions.list({ created: { gte, lt }, limit: 100, expand: ['data.source'] });
    for await (const line of lines) entries.push(entryOf(line));
    return entries;
  }

  async fetchPayout(account: GatewayAccount, providerPayoutId: string): Promise<ReportedPayout> {
    const stripe = await this.clients.of(account);
    const payout = await twice(() => stripe.payouts.retrieve(providerPayoutId));
    const entries = [];
    for await (const line of stripe.balanceTransactions.list({
      payout: providerPayoutId,
      limit: 100,
      expand: ['data.source'],
    }))
      entries.push(entryOf(line));
    return {
      providerPayoutId,
      amount: moneyOf(payout.amount, payout.currency),
      status: payout.status === 'in_transit' ? 'pending' : (payout.status as ReportedPayout['status']),
      arrivesAt: new Date(payout.arrival_date * 1000).toISOString(),
      entries,
    };
  }

  /** A call that answers a dispute; what Stripe refuses of it is final. */
  private async answer(
    account: GatewayAccount,
    call: (stripe: Stripe) => Promise<Stripe.Dispute>,
  ): Promise<ReportedDispute> {
    const stripe = await this.clients.of(account);
    try {
      return disputeOf(await twice(() => call(stripe)));
    } catch (error) {
      const { type, code, statusCode } = error as StripeFault;
      if (type === 'StripeInvalidRequestError') throw gatewayRefused(code ?? 'invalid_request');
      // Known for other words; with 409 another call has the key just now, and what becomes of it is not known.
      if (type === 'StripeIdempotencyError' && statusCode !== 409) throw gatewayRefused(code ?? 'idempotency_error');
      throw error;
    }
  }

  /** A call that changes a payment; where its state forbids the change, the state is the answer. */
  private async change(
    account: GatewayAccount,
    reference: AttemptReference,
    call: (stripe: Stripe, id: string) => Promise<Stripe.PaymentIntent>,
  ): Promise<GatewayOutcome> {
    const stripe = await this.clients.of(account);
    const id = await this.idOf(stripe, reference);
    if (!id) return { status: 'unknown' };
    try {
      return outcomeOf(await twice(() => call(stripe, id)));
    } catch (error) {
      const { type } = error as StripeFault;
      if (type !== 'StripeInvalidRequestError' && type !== 'StripeCardError') throw error;
      return outcomeOf(await stripe.paymentIntents.retrieve(id, { expand: EXPAND }));
    }
  }

  /** Stripe's id of the payment, looked for among those of the time where no answer ever carried it; null: there is none. */
  private async idOf(
    stripe: Stripe,
    { providerPaymentId, attemptId, createdAt }: AttemptReference,
  ): Promise<string | null> {
    if (providerPaymentId) return providerPaymentId;
    if (!createdAt) return null;
    const begun = Math.floor(createdAt.getTime() / 1000);
    const created = { gte: begun - LOOK_BEFORE_SECONDS, lte: begun + LOOK_AFTER_SECONDS };
    let looked = 0;
    for await (const payment of stripe.paymentIntents.list({ created, limit: 100 })) {
      if (payment.metadata.attempt_id === attemptId) return payment.id;
      // To say that there is none would be a guess.
      if (++looked >= MOST_LOOKED_AT) throw new Error('Too many payments stand around the one that is looked for.');
    }
    return null;
  }
}

/** All of them: who gives money back in many parts has more than one page. */
async function refundsOf(stripe: Stripe, paymentIntent: string): Promise<Stripe.Refund[]> {
  const refunds: Stripe.Refund[] = [];
  for await (const refund of stripe.refunds.list({ payment_intent: paymentIntent, limit: 100 })) refunds.push(refund);
  return refunds;
}

/** A token of the older scripts becomes a payment method first; asked again, it is the same one. */
async function methodOf(stripe: Stripe, { attemptId, method: { token } }: CreateRequest): Promise<string> {
  if (!token.startsWith('tok_')) return token;
  const key = { idempotencyKey: `${attemptId}:method` };
  return (await twice(() => stripe.paymentMethods.create({ type: 'card', card: { token } }, key))).id;
}

/** The parameters of a payment; the same request always gives the same ones, as its idempotency key demands. */
function paramsOf(request: CreateRequest, paymentMethod: string): Stripe.PaymentIntentCreateParams {
  const { attemptId, amount, method, capture, challenge, returnUrl, metadata, payer, offSession, payingAs } = request;
  const isWallet = method.type === 'apple_pay' || method.type === 'google_pay';
  const type = isWallet ? 'card' : method.type;
  const of: Pick<Stripe.PaymentIntentCreateParams, 'payment_method' | 'payment_method_data' | 'confirmation_token'> =
    {};
  if (method.token === NEEDS_NO_TOKEN)
    of.payment_method_data = { type: type as 'ideal', ...(payingAs && { billing_details: billingOf(payingAs) }) };
  else if (method.token.startsWith('ctoken_')) of.confirmation_token = method.token;
  else of.payment_method = paymentMethod;
  return {
    amount: amount.amount,
    currency: amount.currency.toLowerCase(),
    ...of,
    automatic_payment_methods: { enabled: true },
    capture_method: capture === 'manual' && RESERVABLE.has(method.type) ? ('manual' as const) : ('automatic' as const),
    ...(challenge && type === 'card'
      ? { payment_method_options: { card: { request_three_d_secure: 'any' as const } } }
      : {}),
    confirm: true,
    ...(payer ? { customer: payer } : {}),
    ...(offSession ? { off_session: true as const } : {}),
    ...mandateOf(request),
    return_url: returnUrl,
    metadata: { ...metadata, attempt_id: attemptId },
    expand: EXPAND,
  };
}

const billingOf = ({
  name,
  email,
  country,
}: PayingAs): Stripe.PaymentIntentCreateParams.PaymentMethodData.BillingDetails => ({
  ...(name && { name }),
  ...(email && { email }),
  ...(country && { address: { country } }),
});

/** A token of the script's last step carries the mandate itself. */
function mandateOf({
  method,
  payingAs,
  offSession,
}: CreateRequest): Pick<Stripe.PaymentIntentCreateParams, 'mandate_data'> {
  if (!MANDATES.includes(method.type) || offSession || method.token.startsWith('ctoken_')) return {};
  const from = payingAs?.agreedFrom;
  const acceptance = from
    ? { type: 'online' as const, online: { ip_address: from.ip, user_agent: from.userAgent } }
    : { type: 'offline' as const };
  return { mandate_data: { customer_acceptance: acceptance } };
}
