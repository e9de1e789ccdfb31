import type { DisputeEvidence } from '../../domain/dispute';
import type { DisputeMovement, GatewayAccount, PaymentGateway, ReportedDispute } from '../../domain/payment-gateway';
import { gatewayRefused } from '../../domain/payments.errors';
import { fromPayPal } from './paypal-answers';
import { PayPalRefusal, type PayPalRest } from './paypal-rest';

interface Amount {
  currency_code: string;
  value: string;
}

/** A dispute of PayPal's Customer Disputes v1, as far as it is looked at. */
interface PayPalDispute {
  dispute_id: string;
  create_time?: string;
  reason?: string;
  status: string;
  dispute_amount: Amount;
  dispute_life_cycle_stage?: string;
  dispute_outcome?: { outcome_code?: string };
  seller_response_due_date?: string;
  disputed_transactions?: { seller_transaction_id?: string; custom?: string }[];
  money_movements?: {
    affected_party?: string;
    amount: Amount;
    initiated_time?: string;
    type?: string;
    reason?: string;
  }[];
}

const amountOf = ({ currency_code: currencyCode, value }: Amount) => fromPayPal({ currencyCode, value });
const MOST_NOTE = 2_000;

/**
 * Disputes of PayPal, which its server SDK lacks. An inquiry is a warning; what PayPal moves for a dispute has no id of
 * its own and is told apart by kind, reason and time. Source: PayPal, "Customer Disputes API v1".
 */
export class PayPalDisputes {
  constructor(private readonly rest: PayPalRest) {}

  async fetch(account: GatewayAccount, id: string, signal: AbortSignal): Promise<ReportedDispute> {
    const path = `/v1/customer/disputes/${encodeURIComponent(id)}`;
    return disputeOf(await this.rest.call<PayPalDispute>(account, 'GET', path, signal));
  }

  async submit(
    account: GatewayAccount,
    {
      providerDisputeId,
      evidence,
      files,
      idempotencyKey,
    }: Parameters<NonNullable<PaymentGateway['submitEvidence']>>[1],
    signal: AbortSignal,
  ): Promise<ReportedDispute> {
    const form = new FormData();
    const documents = files.map(({ name }) => ({ name }));
    const input = JSON.stringify({
      evidences: [{ ...evidenceOf(evidence), ...(documents.length > 0 ? { documents } : {}) }],
    });
    form.append('input', new Blob([input], { type: 'application/json' }));
    for (const [i, { name, mediaType, bytes }] of files.entries())
      form.append(`file${i + 1}`, new Blob([Uint8Array.from(bytes)], { type: mediaType }), name);
    return this.answer(account, providerDisputeId, 'provide-evidence', form, idempotencyKey, signal);
  }

  accept(
    account: GatewayAccount,
    { providerDisputeId, idempotencyKey }: Parameters<NonNullable<PaymentGateway['acceptDispute']>>[1],
    signal: AbortSignal,
  ): Promise<ReportedDispute> {
    const body = { note: 'The shop gives in.' };
    return this.answer(account, providerDisputeId, 'accept-claim', body, idempotencyKey, signal);
  }

  private async answer(
    account: GatewayAccount,
    id: string,
    action: string,
    body: object | FormData,
    key: string,
    signal: AbortSignal,
  ): Promise<ReportedDispute> {
    const path = `/v1/customer/disputes/${encodeURIComponent(id)}/${action}`;
    try {
      await this.rest.call(account, 'POST', path, signal, body, key);
    } catch (error) {
      // Keys that are wrong and too many calls are put right; what PayPal refuses of this answer is final.
      if (error instanceof PayPalRefusal && [400, 404, 422].includes(error.status)) throw gatewayRefused(error.issue);
      throw error;
    }
    return this.fetch(account, id, signal);
  }
}

/** A tracked parcel is proof by itself; all else is told in words. */
function evidenceOf(evidence: DisputeEvidence): object {
  const { shippingCarrier, shippingTrackingNumber, uncategorizedText, ...others } = evidence;
  const told = Object.entries(others).map(([name, text]) => `${name}: ${text}`);
  const notes = [uncategorizedText, ...told].filter(Boolean).join('\n').slice(0, MOST_NOTE);
  if (!shippingTrackingNumber) return { evidence_type: 'OTHER', notes };
  const carrier = shippingCarrier ? { carrier_name: 'OTHER', carrier_name_other: shippingCarrier } : {};
  return {
    evidence_type: 'PROOF_OF_FULFILLMENT',
    evidence_info: { tracking_info: [{ ...carrier, tracking_number: shippingTrackingNumber }] },
    ...(notes ? { notes } : {}),
  };
}

const FOR_THE_SHOP = ['RESOLVED_SELLER_FAVOUR', 'CANCELED_BY_BUYER', 'DENIED'];

function stateOf(dispute: PayPalDispute, movements: readonly DisputeMovement[]): ReportedDispute['status'] {
  const warning = dispute.dispute_life_cycle_stage === 'INQUIRY' && movements.length === 0;
  switch (dispute.status) {
    case 'RESOLVED': {
      const kept = movements.reduce(
        (sum, { kind, amount }) => sum + (kind === 'withdrawn' ? amount.amount : -amount.amount),
        0,
      );
      const outcome = dispute.dispute_outcome?.outcome_code ?? '';
      if (FOR_THE_SHOP.includes(outcome)) return warning ? 'warning_closed' : 'won';
      // PayPal pays where it protects the shop.
      return outcome === 'RESOLVED_WITH_PAYOUT' && kept <= 0 ? 'won' : 'lost';
    }
    case 'OPEN':
    case 'WAITING_FOR_SELLER_RESPONSE':
      return warning ? 'warning_needs_response' : 'needs_response';
    default:
      return warning ? 'warning_under_review' : 'under_review';
  }
}

function disputeOf(dispute: PayPalDispute): ReportedDispute {
  const movements = (dispute.money_movements ?? [])
    .filter(({ affected_party: party, type }) => party === 'SELLER' && (type === 'DEBIT' || type === 'CREDIT'))
    .map(movementOf);
  return {
    providerDisputeId: dispute.dispute_id,
    providerPaymentId: null,
    attemptId: dispute.disputed_transactions?.[0]?.custom ?? null,
    amount: amountOf(dispute.dispute_amount),
    reason: (dispute.reason ?? 'other').toLowerCase(),
    status: stateOf(dispute, movements),
    evidenceDueBy: dispute.seller_response_due_date ? new Date(dispute.seller_response_due_date).toISOString() : null,
    openedAt: dispute.create_time ? new Date(dispute.create_time).toISOString() : null,
    movements,
  };
}

function movementOf(one: NonNullable<PayPalDispute['money_movements']>[number]): DisputeMovement {
  const amount = amountOf(one.amount);
  const out = one.type === 'DEBIT';
  const isFee = (one.reason ?? '').endsWith('FEE');
  const sign = out ? 1 : -1;
  return {
    id: `${one.type} ${one.reason ?? ''} ${one.initiated_time ?? ''}`,
    kind: out ? 'withdrawn' : 'reinstated',
    amount: isFee ? { ...amount, amount: 0 } : amount,
    fee: isFee ? { ...amount, amount: sign * amount.amount } : null,
    at: new Date(one.initiated_time ?? 0).toISOString(),
  };
}
