import type Stripe from 'stripe';
import type { Money } from '../../../../kernel/money/money';
import type { GatewayOutcome, ReportedCard } from '../../contracts/gateway-outcome';
import type { DisputeEvidence } from '../../domain/dispute';
import { neverConnected } from '../never-connected';
import type { RefundOutcome, ReportedDispute, SettlementEntry } from '../../domain/payment-gateway';

/** Members of the SDK's errors that are looked at. */
export interface StripeFault {
  type?: string;
  code?: string;
  decline_code?: string;
  message?: string;
  statusCode?: number;
  payment_intent?: Stripe.PaymentIntent;
  detail?: { code?: string; syscall?: string };
}

export const moneyOf = (amount: number, currency: string): Money => ({ amount, currency: currency.toUpperCase() });

/** What is asked to come along with every payment: its charge, with the fee. */
export const EXPAND = ['latest_charge.balance_transaction'];

function feeOf({ latest_charge: charge }: Stripe.PaymentIntent): Money | null {
  if (!charge || typeof charge === 'string') return null;
  const entry = charge.balance_transaction;
  return entry && typeof entry !== 'string' ? moneyOf(entry.fee, entry.currency) : null;
}

const CHECKS: Record<string, ReportedCard['avs']> = {
  pass: 'pass',
  fail: 'fail',
  unavailable: 'unchecked',
  unchecked: 'unchecked',
};
const checkOf = (word: string | null | undefined): ReportedCard['avs'] => CHECKS[word ?? ''] ?? null;

/** What the charge tells of the card. A line of the address and its code are checked apart: one that fails is a failure. */
function cardOf({ latest_charge: charge }: Stripe.PaymentIntent): ReportedCard | null {
  const card = charge && typeof charge !== 'string' ? charge.payment_method_details?.card : null;
  if (!card) return null;
  const address = [card.checks?.address_line1_check, card.checks?.address_postal_code_check].map(checkOf);
  return {
    fingerprint: card.fingerprint ?? null,
    country: card.country ?? null,
    funding: card.funding ?? null,
    avs: address.includes('fail')
      ? 'fail'
      : (address.find((check) => check === 'pass') ?? address[1] ?? address[0] ?? null),
    cvc: checkOf(card.checks?.cvc_check),
  };
}

/** Where the shopper goes on: the bank's page, or the provider's own for methods with one. */
function actionUrlOf(payment: Stripe.PaymentIntent): string | null {
  const steps = Object.values(payment.next_action ?? {}) as (ActionStep | string | null)[];
  for (const step of steps) {
    if (!step || typeof step !== 'object') continue;
    const url = step.url ?? step.hosted_verification_url ?? step.hosted_voucher_url ?? step.hosted_instructions_url;
    if (url) return url;
  }
  return null;
}

/** Addresses that the members of `next_action` may carry. */
type ActionStep = Partial<
  Record<'url' | 'hosted_verification_url' | 'hosted_voucher_url' | 'hosted_instructions_url', string | null>
>;

const declinedOf = (error: { code?: string; decline_code?: string; message?: string } | null | undefined) => ({
  code: (error?.code === 'card_declined' ? error.decline_code : undefined) ?? error?.code ?? 'declined',
  message: error?.message ?? 'The payment was declined.',
});

/** A PaymentIntent as the outcome of its attempt. */
export function outcomeOf(payment: Stripe.PaymentIntent): GatewayOutcome {
  const providerPaymentId = payment.id;
  switch (payment.status) {
    case 'succeeded':
      return {
        status: 'charged',
        providerPaymentId,
        captured: moneyOf(payment.amount_received, payment.currency),
        fee: feeOf(payment),
        card: cardOf(payment),
      };
    case 'requires_capture':
      return {
        status: 'authorized',
        providerPaymentId,
        authorized: moneyOf(payment.amount_capturable, payment.currency),
        card: cardOf(payment),
      };
    case 'requires_action': {
      const url = actionUrlOf(payment);
      // A step that only a script in the browser could take; no such script was asked for.
      if (!url) return { status: 'processing', providerPaymentId };
      return { status: 'requires_action', providerPaymentId, url };
    }
    case 'processing':
      return { status: 'processing', providerPaymentId };
    case 'canceled':
      return { status: 'canceled', providerPaymentId };
    case 'requires_payment_method':
    case 'requires_confirmation':
      return { status: 'failed', providerPaymentId, ...declinedOf(payment.last_payment_error) };
    default:
      throw new Error('The gateway reports a state that is not known here.');
  }
}

/** Errors that are of an account, whatever payment it is asked for. */
const OF_ACCOUNT = new Set([
  'account_invalid',
  'country_unsupported',
  'payment_method_unactivated',
  'testmode_charges_only',
]);

/** True where Stripe surely did nothing: it refused before it began, or never heard of it. */
export function surelyNothing({ type, detail }: StripeFault): boolean {
  if (type === 'StripeConnectionError') return neverConnected(detail);
  return [
    'StripeInvalidRequestError',
    'StripeAuthenticationError',
    'StripePermissionError',
    'StripeRateLimitError',
  ].includes(type ?? '');
}

/** What an error means for an attempt that was to be created; null where it may have charged. */
export function refusalOf(fault: StripeFault): GatewayOutcome | null {
  if (fault.type === 'StripeCardError')
    return { status: 'failed', providerPaymentId: fault.payment_intent?.id ?? null, ...declinedOf(fault) };
  if (!surelyNothing(fault)) return null;
  const codes: Record<string, string> = {
    StripeConnectionError: 'gateway_unreachable',
    StripeAuthenticationError: 'gateway_credentials',
    StripePermissionError: 'gateway_credentials',
    StripeRateLimitError: 'gateway_busy',
  };
  const code = codes[fault.type!];
  return {
    status: 'failed',
    providerPaymentId: null,
    code: code ?? fault.code ?? 'gateway_refused',
    message: 'The gateway did not take the payment; nothing was charged.',
    ...(code || OF_ACCOUNT.has(fault.code ?? '') ? { notAttempted: true } : {}),
  };
}

export function refundOutcomeOf(refund: Stripe.Refund): RefundOutcome {
  if (refund.status === 'failed' || refund.status === 'canceled')
    return {
      status: refund.status,
      providerRefundId: refund.id,
      code: refund.failure_reason ?? refund.status,
      message: 'The gateway could not give the money back.',
    };
  const status =
    refund.status === 'succeeded' || refund.status === 'requires_action' ? refund.status : ('pending' as const);
  return { status, providerRefundId: refund.id };
}

export const disputeOf = (dispute: Stripe.Dispute): ReportedDispute => ({
  providerDisputeId: dispute.id,
  providerPaymentId: idOf(dispute.payment_intent),
  attemptId: null,
  amount: moneyOf(dispute.amount, dispute.currency),
  reason: dispute.reason,
  status: DISPUTE_STATES[dispute.status] ?? (dispute.status as ReportedDispute['status']),
  evidenceDueBy: dispute.evidence_details?.due_by ? timeOf(dispute.evidence_details.due_by) : null,
  openedAt: timeOf(dispute.created),
  movements: dispute.balance_transactions.map(({ id, amount, fee, currency, created }) => ({
    id,
    kind: amount < 0 ? 'withdrawn' : 'reinstated',
    amount: moneyOf(Math.abs(amount), currency),
    fee: moneyOf(fee, currency),
    at: timeOf(created),
  })),
});

const timeOf = (seconds: number): string => new Date(seconds * 1000).toISOString();

/** States of Stripe that are one of ours by another name. */
const DISPUTE_STATES: Record<string, ReportedDispute['status']> = {
  appeal_needs_response: 'needs_response',
  appeal_under_review: 'under_review',
  prevented: 'warning_closed',
};

/** Evidence by Stripe's names of its parts: ours in snake case. */
export const evidenceOf = (evidence: DisputeEvidence): Stripe.DisputeUpdateParams.Evidence =>
  Object.fromEntries(
    Object.entries(evidence).map(([name, text]) => [name.replace(/[A-Z]/g, (one) => `_${one.toLowerCase()}`), text]),
  );

const KINDS: Record<string, SettlementEntry['type']> = {
  charge: 'charge',
  payment: 'charge',
  refund: 'refund',
  payment_refund: 'refund',
  refund_failure: 'refund',
  adjustment: 'dispute',
  stripe_fee: 'fee',
  payout: 'payout',
  payout_failure: 'payout',
  payout_cancel: 'payout',
};

/** A line of Stripe's balance, its source expanded. */
export function entryOf(line: Stripe.BalanceTransaction): SettlementEntry {
  const source = line.source as { id: string; payment_intent?: string | { id: string } | null } | string | null;
  const object = typeof source === 'string' ? source : (source?.id ?? null);
  return {
    id: line.id,
    at: timeOf(line.created),
    type: KINDS[line.type] ?? 'other',
    providerPaymentId: typeof source === 'object' ? idOf(source?.payment_intent ?? null) : null,
    objectId: object,
    amount: moneyOf(line.amount, line.currency),
    fee: moneyOf(line.fee, line.currency),
  };
}

const idOf = (thing: string | { id: string } | null | undefined): string | null =>
  typeof thing === 'string' ? thing : (thing?.id ?? null);
