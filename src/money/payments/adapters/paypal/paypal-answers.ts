import type { Money as PayPalMoney, Order, Refund } from '@paypal/paypal-server-sdk';
import { formatAmount, parseMoney, type Money } from '../../../../kernel/money/money';
import { sha256 } from '../../../../kernel/crypto/hashing';
import type { GatewayOutcome, ReportedCard } from '../../contracts/gateway-outcome';
import { neverConnected } from '../never-connected';
import type { RefundOutcome, ReportedRefund } from '../../domain/payment-gateway';

/** `12.50`, with as many digits as the currency has. */
export const toPayPal = (money: Money): PayPalMoney => ({ currencyCode: money.currency, value: formatAmount(money) });

/** Minor units of a decimal text. @throws where it has more digits than its currency */
export const fromPayPal = ({ currencyCode, value }: PayPalMoney): Money => parseMoney(value, currencyCode);

/** Members of the SDK's errors that are looked at. */
export interface PayPalFault {
  statusCode?: number;
  code?: string;
  syscall?: string;
  result?: { name?: string; details?: { issue?: string }[]; error?: string };
  body?: unknown;
}

/** PayPal's word for what it refused, e.g. `INSTRUMENT_DECLINED`. */
export function issueOf(fault: PayPalFault): string {
  let result = fault.result;
  if (!result && typeof fault.body === 'string') {
    try {
      result = JSON.parse(fault.body) as PayPalFault['result'];
    } catch {
      // It answered something that is no JSON; the status alone counts.
    }
  }
  return (result?.details?.[0]?.issue ?? result?.name ?? result?.error ?? 'refused').toLowerCase();
}

/** True where PayPal surely did nothing: it refused before it began, or never heard of it. */
export const surelyNothing = ({ statusCode, code, syscall }: PayPalFault): boolean =>
  statusCode === undefined
    ? neverConnected({ code, syscall })
    : statusCode >= 400 && statusCode < 500 && statusCode !== 409;

export function refusalOf(fault: PayPalFault): GatewayOutcome {
  const { statusCode } = fault;
  const code =
    statusCode === undefined
      ? 'gateway_unreachable'
      : statusCode === 401 || statusCode === 403
        ? 'gateway_credentials'
        : statusCode === 429
          ? 'gateway_busy'
          : issueOf(fault);
  const message = 'The gateway did not take the payment; nothing was charged.';
  const notAttempted = code.startsWith('gateway_') || OF_ACCOUNT.has(code);
  return { status: 'failed', providerPaymentId: null, code, message, ...(notAttempted ? { notAttempted } : {}) };
}

/** Refusals that are of an account, whatever payment it is asked for. */
const OF_ACCOUNT = new Set([
  'payee_account_restricted',
  'payee_account_locked_or_closed',
  'payee_not_enabled_for_card_processing',
]);

const paymentsOf = (order: Order) => order.purchaseUnits?.[0]?.payments;

/** Ids of the capture and of the authorisation of an order, where it has them. */
export const partsOf = (order: Order): { captureId: string | null; authorizationId: string | null } => ({
  captureId: paymentsOf(order)?.captures?.at(-1)?.id ?? null,
  authorizationId: paymentsOf(order)?.authorizations?.at(-1)?.id ?? null,
});

/** What PayPal's code of a check of the postal address means. Source: PayPal, "AVS response codes". */
const AVS: Record<string, ReportedCard['avs']> = {
  ...Object.fromEntries([...'DFMXY0'].map((code) => [code, 'pass'])),
  ...Object.fromEntries([...'ABCNPWZ12'].map((code) => [code, 'fail'])),
  ...Object.fromEntries([...'EGIRSU34'].map((code) => [code, 'unchecked'])),
};
/** The same of the security code. Source: PayPal, "CVV2 response codes". */
const CVC: Record<string, ReportedCard['cvc']> = {
  ...Object.fromEntries([...'M0'].map((code) => [code, 'pass'])),
  ...Object.fromEntries([...'N1'].map((code) => [code, 'fail'])),
  ...Object.fromEntries([...'EIPSUX234'].map((code) => [code, 'unchecked'])),
};

/**
 * What PayPal tells of what was paid with. Of its own accounts it is the account, which stands for the card where uses are
 * counted, and the country it is of. Of cards it names neither number nor fingerprint: the digits it shows, the brand, the
 * expiry and the name tell cards apart well enough to count.
 */
function cardOf(order: Order): ReportedCard | null {
  const { card, paypal } = order.paymentSource ?? {};
  const checks =
    paymentsOf(order)?.captures?.at(-1)?.processorResponse ??
    paymentsOf(order)?.authorizations?.at(-1)?.processorResponse;
  if (card) {
    const { lastDigits, brand, expiry, name, type, binDetails } = card;
    const marks = [brand, lastDigits, expiry, name?.toUpperCase()];
    return {
      fingerprint: lastDigits ? `paypal:${sha256(JSON.stringify(marks)).toString('base64url').slice(0, 22)}` : null,
      country: binDetails?.binCountryCode ?? null,
      funding: type?.toLowerCase() ?? null,
      avs: AVS[checks?.avsCode ?? ''] ?? null,
      cvc: CVC[checks?.cvvCode ?? ''] ?? null,
    };
  }
  if (!paypal?.accountId) return null;
  const country = paypal.address?.countryCode ?? null;
  return { fingerprint: `paypal:${paypal.accountId}`, country, funding: 'wallet', avs: null, cvc: null };
}

/** An order as the outcome of its attempt. */
export function outcomeOf(order: Order): GatewayOutcome {
  const providerPaymentId = order.id!;
  const capture = paymentsOf(order)?.captures?.at(-1);
  if (capture) {
    switch (capture.status) {
      case 'COMPLETED':
      case 'PARTIALLY_REFUNDED':
      case 'REFUNDED': {
        const fee = capture.sellerReceivableBreakdown?.paypalFee;
        return {
          status: 'charged',
          providerPaymentId,
          captured: fromPayPal(capture.amount!),
          fee: fee ? fromPayPal(fee) : null,
          card: cardOf(order),
        };
      }
      case 'PENDING':
        return { status: 'processing', providerPaymentId };
      default:
        return declined(providerPaymentId, capture.statusDetails?.reason);
    }
  }
  const authorization = paymentsOf(order)?.authorizations?.at(-1);
  if (authorization) {
    switch (authorization.status) {
      case 'CREATED':
        return {
          status: 'authorized',
          providerPaymentId,
          authorized: fromPayPal(authorization.amount!),
          card: cardOf(order),
        };
      case 'VOIDED':
        return { status: 'canceled', providerPaymentId };
      case 'DENIED':
        return declined(providerPaymentId, authorization.statusDetails?.reason);
      default:
        return { status: 'processing', providerPaymentId };
    }
  }
  if (order.status === 'APPROVED') return { status: 'approved', providerPaymentId };
  if (order.status === 'VOIDED') return { status: 'canceled', providerPaymentId };
  // Of a kept account: it was asked for, and never charged.
  if (order.status === 'CREATED') return { status: 'unknown' };
  const url = order.links?.find(({ rel }) => rel === 'payer-action' || rel === 'approve')?.href;
  if (!url) throw new Error('The gateway names no page for the shopper.');
  return { status: 'requires_action', providerPaymentId, url };
}

const declined = (providerPaymentId: string, reason: string | undefined): GatewayOutcome => ({
  status: 'failed',
  providerPaymentId,
  code: (reason ?? 'declined').toLowerCase(),
  message: 'The payment was declined.',
});

export function refundOutcomeOf({ id, status }: Pick<Refund, 'id' | 'status'>): RefundOutcome {
  if (status === 'COMPLETED' || status === 'PENDING')
    return { status: status === 'COMPLETED' ? 'succeeded' : 'pending', providerRefundId: id! };
  return {
    status: status === 'CANCELLED' ? 'canceled' : 'failed',
    providerRefundId: id!,
    code: (status ?? 'failed').toLowerCase(),
    message: 'The gateway could not give the money back.',
  };
}

/** What a refund is marked with at PayPal: the attempt and our refund. */
export const refundMark = (attemptId: string, refundId: string): string => `${attemptId}/${refundId}`;

export const refundsOf = (order: Order): ReportedRefund[] =>
  (paymentsOf(order)?.refunds ?? []).map((refund) => ({
    refundId: refund.customId?.split('/')[1] ?? null,
    amount: fromPayPal(refund.amount!),
    outcome: refundOutcomeOf(refund),
  }));
