import { randomBytes } from 'node:crypto';
import { Refusal } from './stripe-refusal';
import { StripeWallet } from './stripe-wallet';

export { Refusal };

const id = (prefix: string): string => `${prefix}_${randomBytes(12).toString('hex')}`;
/** Minor units that a dispute costs besides. */
const DISPUTE_FEE = 1_500;
const seconds = (): number => Math.floor(Date.now() / 1000);

export interface StripePayment {
  id: string;
  object: 'payment_intent';
  amount: number;
  amount_capturable: number;
  amount_received: number;
  capture_method: string;
  client_secret: string;
  created: number;
  currency: string;
  last_payment_error: { code: string; decline_code?: string; message: string; type: string } | null;
  latest_charge: StripeCharge | string | null;
  livemode: false;
  metadata: Record<string, string>;
  next_action: { type: string; redirect_to_url: { url: string; return_url: string } } | null;
  payment_method: string | null;
  customer: string | null;
  return_url: string | null;
  status: string;
}

interface StripeCharge {
  id: string;
  object: 'charge';
  amount: number;
  amount_captured: number;
  amount_refunded: number;
  balance_transaction: { id: string; object: 'balance_transaction'; fee: number; currency: string } | null;
  payment_method_details?: { type: 'card'; card: object };
  currency: string;
  payment_intent: string;
}

export interface StripeRefund {
  id: string;
  object: 'refund';
  amount: number;
  currency: string;
  payment_intent: string;
  metadata: Record<string, string>;
  status: string;
  created: number;
  failure_reason?: string;
}

export interface StripeDispute {
  id: string;
  object: 'dispute';
  amount: number;
  currency: string;
  payment_intent: string;
  reason: string;
  status: string;
  evidence_details: { due_by: number };
  evidence: Record<string, string>;
  created: number;
  balance_transactions: {
    id: string;
    object: 'balance_transaction';
    type: 'adjustment';
    amount: number;
    fee: number;
    currency: string;
    created: number;
  }[];
  metadata: Record<string, string>;
}

const invalid = (code: string, message: string): Refusal =>
  new Refusal(400, { type: 'invalid_request_error', code, message });

interface MethodData {
  type: string;
  billing_details?: { name?: string; email?: string; address?: { country?: string } };
  sepa_debit?: { iban?: string };
}

function demandBilling(data: MethodData | undefined): void {
  const { address, ...told } = data?.billing_details ?? {};
  const known: Record<string, string | undefined> = { ...told, country: address?.country };
  const missing = (BILLING[data?.type ?? ''] ?? []).find((fact) => !known[fact]);
  if (missing) throw invalid('parameter_missing', `Missing required param: billing_details[${missing}].`);
}

/** How payment methods behave; the names are those of Stripe's test mode, `pm_double_*` are the double's own. */
const DECLINES: Record<string, string> = {
  pm_card_chargeDeclined: 'generic_decline',
  pm_card_chargeDeclinedInsufficientFunds: 'insufficient_funds',
  pm_card_chargeDeclinedLostCard: 'lost_card',
};
const AUTHENTICATED = ['pm_card_threeDSecure2Required', 'pm_card_authenticationRequired'];
/** What Stripe tells of the card of its test mode. */
const CARD = {
  brand: 'visa',
  country: 'US',
  fingerprint: 'Xt5EWLLDS7FJjR1c',
  funding: 'credit',
  checks: { address_line1_check: 'pass', address_postal_code_check: 'fail', cvc_check: 'pass' },
};
/** What Stripe refuses a method without that no script of its made a PaymentMethod of. */
const BILLING: Record<string, readonly string[]> = {
  bancontact: ['name'],
  eps: ['name'],
  p24: ['email'],
  klarna: ['email', 'country'],
};
const REDIRECTED = ['ideal', 'bancontact', 'klarna', 'eps', 'p24'];

/** What the double knows: payments with their refunds and disputes, and what they told. */
export class StripeBooks {
  readonly payments = new Map<string, StripePayment>();
  readonly refunds = new Map<string, StripeRefund>();
  readonly disputes = new Map<string, StripeDispute>();
  private readonly payouts = new Map<string, { payout: StripePayout; lines: BalanceLine[] }>();
  private readonly paidOut = new Set<string>();

  /** Customers and what is kept for them. */
  readonly wallet: StripeWallet;

  constructor(
    private readonly url: () => string,
    private readonly tell: (type: string, object: object) => void,
  ) {
    this.wallet = new StripeWallet(url, tell);
  }

  create(given: Record<string, unknown>): StripePayment {
    const payment: StripePayment = {
      id: id('pi'),
      object: 'payment_intent',
      amount: given.amount as number,
      amount_capturable: 0,
      amount_received: 0,
      capture_method: (given.capture_method as string) ?? 'automatic',
      client_secret: id('pi_secret'),
      created: seconds(),
      currency: given.currency as string,
      last_payment_error: null,
      latest_charge: null,
      livemode: false,
      metadata: (given.metadata as Record<string, string>) ?? {},
      next_action: null,
      payment_method: (given.payment_method as string) ?? null,
      customer: (given.customer as string) ?? null,
      return_url: (given.return_url as string) ?? null,
      status: 'requires_payment_method',
    };
    this.payments.set(payment.id, payment);
    this.tell('payment_intent.created', payment);
    const asked = (given.payment_method_options as { card?: { request_three_d_secure?: string } } | undefined)?.card;
    const challenge = ['any', 'challenge'].includes(asked?.request_three_d_secure ?? '');
    const data = given.payment_method_data as MethodData | undefined;
    if (given.confirm) this.confirm(payment, data, challenge, given);
    return payment;
  }

  /** Once more, with the shopper there. */
  confirmAgain(payment: StripePayment, given: Record<string, unknown>): StripePayment {
    if (payment.status !== 'requires_payment_method')
      throw invalid('payment_intent_unexpected_state', `It is ${payment.status}.`);
    payment.payment_method = (given.payment_method as string) ?? payment.payment_method;
    payment.return_url = (given.return_url as string) ?? payment.return_url;
    this.confirm(payment, undefined, false, { ...given, customer: payment.customer });
    return payment;
  }

  private confirm(
    payment: StripePayment,
    data: MethodData | undefined,
    challenge = false,
    given: Record<string, unknown> = {},
  ): void {
    const method = this.wallet.behind(payment.payment_method, given.customer as string | undefined) ?? data?.type ?? '';
    if (given.off_session && AUTHENTICATED.includes(method)) this.decline(payment, 'authentication_required', true);
    demandBilling(data);
    if (challenge || AUTHENTICATED.includes(method) || REDIRECTED.includes(method)) {
      if (!payment.return_url) throw invalid('parameter_missing', 'A return_url is needed.');
      payment.status = 'requires_action';
      const redirect = { url: `${this.url()}/double/pages/${payment.id}`, return_url: payment.return_url };
      payment.next_action = { type: 'redirect_to_url', redirect_to_url: redirect };
      this.tell('payment_intent.requires_action', payment);
    } else if (method === 'pm_sepaDebit' || method === 'sepa_debit') {
      const isAgreed = (given.mandate_data as { customer_acceptance?: object } | undefined)?.customer_acceptance;
      if (!isAgreed || (data && !data.sepa_debit?.iban)) throw invalid('parameter_missing', 'A mandate is needed.');
      payment.status = 'processing';
      this.tell('payment_intent.processing', payment);
    } else if (DECLINES[method]) this.decline(payment, DECLINES[method], true);
    else if (method.startsWith('pm_') || data) this.charge(payment);
    else throw invalid('resource_missing', `No such PaymentMethod: '${method}'`);
  }

  /** The money is taken, or reserved where it is captured later. */
  charge(payment: StripePayment): void {
    payment.next_action = null;
    if (payment.capture_method === 'manual' && payment.status !== 'requires_capture') {
      payment.status = 'requires_capture';
      payment.amount_capturable = payment.amount;
      this.tell('payment_intent.amount_capturable_updated', payment);
      return;
    }
    this.take(payment, payment.amount);
  }

  private take(payment: StripePayment, amount: number): void {
    payment.status = 'succeeded';
    payment.amount_received = amount;
    payment.amount_capturable = 0;
    const fee = Math.round(amount * 0.015) + 25;
    payment.latest_charge = {
      id: id('ch'),
      object: 'charge',
      amount: payment.amount,
      amount_captured: amount,
      amount_refunded: 0,
      balance_transaction: { id: id('txn'), object: 'balance_transaction', fee, currency: payment.currency },
      currency: payment.currency,
      payment_intent: payment.id,
      ...(payment.payment_method?.startsWith('pm_card')
        ? { payment_method_details: { type: 'card', card: CARD } }
        : {}),
    };
    this.tell('payment_intent.succeeded', payment);
  }

  decline(payment: StripePayment, declineCode: string, thrown = false): void {
    const error = {
      type: 'card_error',
      code: thrown && declineCode === 'authentication_required' ? declineCode : 'card_declined',
      decline_code: declineCode,
      message: 'Your card was declined.',
    };
    payment.status = 'requires_payment_method';
    payment.next_action = null;
    payment.last_payment_error = error;
    this.tell('payment_intent.payment_failed', payment);
    if (thrown) throw new Refusal(402, { ...error, payment_intent: { ...payment } });
  }

  find(paymentId: string): StripePayment {
    const payment = this.payments.get(paymentId);
    if (!payment)
      throw new Refusal(404, {
        type: 'invalid_request_error',
        code: 'resource_missing',
        message: `No such payment_intent: '${paymentId}'`,
      });
    return payment;
  }

  capture(payment: StripePayment, amount: number | undefined): StripePayment {
    if (payment.status !== 'requires_capture')
      throw invalid('payment_intent_unexpected_state', `It is ${payment.status}.`);
    if ((amount ?? 0) > payment.amount_capturable) throw invalid('amount_too_large', 'More than is reserved.');
    this.take(payment, amount ?? payment.amount_capturable);
    return payment;
  }

  cancel(payment: StripePayment): StripePayment {
    if (['succeeded', 'processing', 'canceled'].includes(payment.status))
      throw invalid('payment_intent_unexpected_state', `It is ${payment.status}.`);
    payment.status = 'canceled';
    payment.amount_capturable = 0;
    payment.next_action = null;
    this.tell('payment_intent.canceled', payment);
    return payment;
  }

  refund(given: Record<string, unknown>): StripeRefund {
    const payment = this.find(given.payment_intent as string);
    const charge = payment.latest_charge as StripeCharge | null;
    if (!charge) throw invalid('payment_intent_unexpected_state', 'Nothing was charged.');
    if ([...this.disputes.values()].some((one) => one.payment_intent === payment.id && one.status !== 'won'))
      throw invalid('charge_disputed', 'The charge is disputed.');
    const left = charge.amount_captured - charge.amount_refunded;
    const amount = (given.amount as number) ?? left;
    if (left === 0) throw invalid('charge_already_refunded', 'It is refunded already.');
    if (amount > left) throw invalid('amount_too_large', 'More than is left.');
    charge.amount_refunded += amount;
    const refund: StripeRefund = {
      id: id('re'),
      object: 'refund',
      amount,
      currency: payment.currency,
      payment_intent: payment.id,
      metadata: (given.metadata as Record<string, string>) ?? {},
      status: 'succeeded',
      created: seconds(),
    };
    this.refunds.set(refund.id, refund);
    this.tell('charge.refunded', { ...charge, metadata: payment.metadata });
    this.tell('refund.created', refund);
    return refund;
  }

  /** Days after it succeeded the bank sends the money of a refund back. */
  failRefund(refundId: string): void {
    const refund = this.refunds.get(refundId)!;
    const charge = this.find(refund.payment_intent).latest_charge as StripeCharge;
    charge.amount_refunded -= refund.amount;
    Object.assign(refund, { status: 'failed', failure_reason: 'lost_or_stolen_card' });
    this.tell('refund.updated', refund);
    this.tell('refund.failed', refund);
    this.tell('charge.refund.updated', refund);
  }

  dispute(paymentId: string, reason = 'fraudulent'): StripeDispute {
    const payment = this.find(paymentId);
    const dispute: StripeDispute = {
      id: id('dp'),
      object: 'dispute',
      amount: payment.amount_received,
      currency: payment.currency,
      payment_intent: payment.id,
      reason,
      status: 'needs_response',
      evidence_details: { due_by: seconds() + 7 * 86_400 },
      evidence: {},
      created: seconds(),
      balance_transactions: [],
      metadata: {},
    };
    this.disputes.set(dispute.id, dispute);
    this.tell('charge.dispute.created', dispute);
    this.moveDisputed(dispute, -dispute.amount, DISPUTE_FEE);
    this.tell('charge.dispute.funds_withdrawn', dispute);
    return dispute;
  }

  private moveDisputed({ balance_transactions: moved, currency }: StripeDispute, amount: number, fee: number): void {
    const line = { id: id('txn'), object: 'balance_transaction' as const, type: 'adjustment' as const };
    moved.push({ ...line, amount, fee, currency, created: seconds() });
  }

  answerDispute(disputeId: string, submit: boolean, evidence: Record<string, string> = {}): StripeDispute {
    const dispute = this.disputes.get(disputeId);
    if (!dispute)
      throw new Refusal(404, { type: 'invalid_request_error', code: 'resource_missing', message: 'No such dispute.' });
    Object.assign(dispute.evidence, evidence);
    if (submit) {
      if (dispute.status !== 'needs_response') throw invalid('dispute_submitted', 'It was answered already.');
      dispute.status = 'under_review';
      this.tell('charge.dispute.updated', dispute);
    }
    return dispute;
  }

  /** The bank decides, or the shop gives in. What was won comes back, its fee too. */
  closeDispute(disputeId: string, status: 'won' | 'lost'): StripeDispute {
    const dispute = this.answerDispute(disputeId, false);
    if (dispute.status === 'won' || dispute.status === 'lost') throw invalid('dispute_closed', 'It has ended.');
    dispute.status = status;
    this.tell('charge.dispute.closed', dispute);
    if (status === 'won') {
      this.moveDisputed(dispute, dispute.amount, -DISPUTE_FEE);
      this.tell('charge.dispute.funds_reinstated', dispute);
    }
    return dispute;
  }

  /** Pays out what was charged and given back since the last time. */
  payOut(currency: string): StripePayout {
    const lines: BalanceLine[] = [];
    const add = (type: string, source: { id: string; payment_intent: string }, amount: number, fee: number): void => {
      if (this.paidOut.has(source.id)) return;
      this.paidOut.add(source.id);
      const { id: sourceId, payment_intent } = source;
      const line = { id: id('txn'), object: 'balance_transaction' as const, type, amount, fee, currency };
      lines.push({ ...line, created: seconds(), source: { id: sourceId, payment_intent } });
    };
    for (const { latest_charge: charge } of this.payments.values())
      if (charge && typeof charge !== 'string' && charge.currency === currency)
        add('charge', charge, charge.amount_captured, charge.balance_transaction!.fee);
    for (const refund of this.refunds.values())
      if (refund.currency === currency) add('refund', refund, -refund.amount, 0);
    const payout: StripePayout = {
      id: id('po'),
      object: 'payout',
      amount: lines.reduce((sum, { amount, fee }) => sum + amount - fee, 0),
      currency,
      status: 'paid',
      arrival_date: seconds(),
    };
    this.payouts.set(payout.id, { payout, lines });
    this.tell('payout.paid', payout);
    return payout;
  }

  /** All that moved the balance, oldest first. */
  balance({ gte = 0, lt = Infinity }: { gte?: number; lt?: number }): object[] {
    const line = { object: 'balance_transaction' };
    const lines: { created: number }[] = [];
    for (const { latest_charge: charge, created, id: paymentId } of this.payments.values())
      if (charge && typeof charge !== 'string') {
        const { id: lineId, fee, currency } = charge.balance_transaction!;
        const source = { id: charge.id, object: 'charge', payment_intent: paymentId };
        lines.push({
          ...line,
          id: lineId,
          type: 'charge',
          amount: charge.amount_captured,
          fee,
          currency,
          created,
          source,
        } as never);
      }
    for (const { id: refundId, payment_intent, amount, currency, created, status } of this.refunds.values()) {
      const source = { id: refundId, object: 'refund', payment_intent };
      lines.push({
        ...line,
        id: `txn_${refundId}`,
        type: 'refund',
        amount: -amount,
        fee: 0,
        currency,
        created,
        source,
      } as never);
      if (status === 'failed')
        lines.push({
          ...line,
          id: `txn_${refundId}_failed`,
          type: 'refund_failure',
          amount,
          fee: 0,
          currency,
          created,
          source,
        } as never);
    }
    for (const { id: disputeId, payment_intent, balance_transactions } of this.disputes.values())
      for (const moved of balance_transactions)
        lines.push({ ...moved, source: { id: disputeId, object: 'dispute', payment_intent } } as never);
    for (const { payout } of this.payouts.values()) {
      const { id: payoutId, amount, currency, arrival_date: created } = payout;
      const source = { id: payoutId, object: 'payout' };
      lines.push({
        ...line,
        id: `txn_${payoutId}`,
        type: 'payout',
        amount: -amount,
        fee: 0,
        currency,
        created,
        source,
      } as never);
    }
    return lines.filter(({ created }) => created >= gte && created < lt);
  }

  findPayout(payoutId: string): { payout: StripePayout; lines: BalanceLine[] } {
    const found = this.payouts.get(payoutId);
    if (!found)
      throw new Refusal(404, { type: 'invalid_request_error', code: 'resource_missing', message: 'No such payout.' });
    return found;
  }
}

export interface StripePayout {
  id: string;
  object: 'payout';
  amount: number;
  currency: string;
  status: 'paid';
  arrival_date: number;
}

interface BalanceLine {
  id: string;
  object: 'balance_transaction';
  type: string;
  amount: number;
  fee: number;
  currency: string;
  created: number;
  source: { id: string; payment_intent: string };
}
