import type { Money } from '../../../kernel/money/money';
import type { GatewayOutcome } from '../contracts/gateway-outcome';
import type { PayingAs } from '../contracts/open-intent';
import type { DisputeEvidence, DisputeState, EvidenceFile } from './dispute';
import type { KeepOutcome, KeepRequest } from './saved-method';

/** One tenant's account at a provider. `secrets` are decrypted and must never be logged. */
export interface GatewayAccount {
  id: string;
  tenantId: string;
  provider: string;
  secrets: GatewaySecrets;
  /** The provider moves no real money for this account. */
  testMode?: boolean;
  /** Where the provider is instead of its usual address: a double on this machine, outside production only. */
  apiBase?: string | null;
}

export interface GatewaySecrets {
  /** Secrets that sign the provider's webhooks, newest first. Standard Webhooks form `whsec_...` at most providers. */
  webhook: string[];
  /** Secrets that were rolled and sign until their time is over (RFC 3339, kernel time). */
  formerWebhook?: { secret: string; until: string }[];
  /** Provider specific: API keys and the like. */
  credentials?: Record<string, string>;
}

export interface GatewayCapabilities {
  /** Values of `paymentMethod.type` that this gateway serves. */
  methods: readonly string[];
  /** ISO 4217 codes, or `any`. */
  currencies: readonly string[] | 'any';
  manualCapture: boolean;
  partialRefunds: boolean;
  /** Those of `methods` that can be kept for later; absent: none. */
  keeps?: readonly string[];
  /** What it must be told of the shopper, by method, where no token of its script says it. */
  asks?: Readonly<Record<string, readonly ('name' | 'email' | 'country')[]>>;
  /** Methods that debit an account of the shopper's by a mandate, given with the payment. */
  mandates?: readonly string[];
  /** Milliseconds after which a call counts as unanswered; the attempt is then unresolved. */
  callTimeoutMs: number;
}

/** The token of a method that needs no data of the shopper's, at whatever gateway. */
export const NEEDS_NO_TOKEN = 'new';

/** How an attempt is named to a gateway; the attempt's id is the idempotency key of every call about it. */
export interface AttemptReference {
  attemptId: string;
  /** The provider's own id; null while no answer carried it. */
  providerPaymentId: string | null;
  /** What was asked for, for providers that can only be asked by asking for the same again. */
  request?: CreateRequest;
  /** When the attempt was begun (kernel time): bounds a search at the provider. */
  createdAt?: Date;
}

export interface CreateRequest {
  attemptId: string;
  amount: Money;
  method: { type: string; token: string };
  capture: 'automatic' | 'manual';
  /** The shopper's bank is to make sure of the shopper (3-D Secure), where the provider can ask for it. */
  challenge?: boolean;
  /** Where the provider sends the browser after a redirect step. */
  returnUrl: string;
  metadata: Record<string, string>;
  /** The provider's id of the person whose kept way to pay the token is. */
  payer?: string | null;
  /** The shopper is not there: a bank that wants to hear them declines, and they are asked later. */
  offSession?: boolean;
  payingAs?: PayingAs;
}

export type RefundOutcome =
  /** `requires_action`: the shopper must do something first, say where the money goes. */
  | { status: 'succeeded' | 'pending' | 'requires_action'; providerRefundId: string }
  /** `canceled`: taken back before it left. */
  | { status: 'failed' | 'canceled'; providerRefundId: string | null; code: string; message: string };

/** A refund that a webhook or a fetch reports; `refundId` is ours when the provider gives our key back. */
export interface ReportedRefund {
  refundId: string | null;
  amount: Money;
  outcome: RefundOutcome;
}

/** What a webhook is about. One handler serves each kind; what happened to the thing is fetched, not believed. */
export const NOTICE_KINDS = ['payment', 'refund', 'dispute', 'payout', 'setup', 'other'] as const;
export type NoticeKind = (typeof NOTICE_KINDS)[number];

/** A verified webhook: what it is about, never what it claims happened (that is fetched). */
export interface ProviderNotice {
  eventId: string;
  kind: NoticeKind;
  /** The provider's own name of the event. */
  type: string;
  /** The provider's id of the refund, dispute or payout; null for payments. */
  objectId: string | null;
  /** Our attempt id where the provider carries it, else null. */
  attemptId: string | null;
  providerPaymentId: string | null;
  /** What the provider claims, where the claim is no news about an attempt that is known to be so. */
  says?: 'charged';
}

/** Money that the provider took for a dispute, or gave back. */
export interface DisputeMovement {
  /** Of the provider, or made of what tells it apart: the same movement always has the same. */
  id: string;
  kind: 'withdrawn' | 'reinstated';
  /** Without the fee; zero where a fee alone moved. */
  amount: Money;
  /** Taken besides; negative where one came back. */
  fee: Money | null;
  /** RFC 3339. */
  at: string;
}

/** A dispute as the provider reports it. */
export interface ReportedDispute {
  providerDisputeId: string;
  providerPaymentId: string | null;
  /** Our attempt, where the provider gives our mark back. */
  attemptId: string | null;
  amount: Money;
  /** The provider's word, e.g. `fraudulent`. */
  reason: string;
  status: DisputeState;
  /** RFC 3339, or null when no evidence is taken. */
  evidenceDueBy: string | null;
  /** RFC 3339, where the provider says it. */
  openedAt: string | null;
  /** All that moved so far. */
  movements: DisputeMovement[];
}

/** A line of a provider's settlement report; amounts as they moved the balance, minus for money that went out. */
export interface SettlementEntry {
  id: string;
  type: 'charge' | 'refund' | 'dispute' | 'fee' | 'payout' | 'other';
  providerPaymentId: string | null;
  /** Our attempt, where the provider gives our mark back. */
  attemptId?: string | null;
  /** The provider's id of the refund, dispute or payout. */
  objectId: string | null;
  amount: Money;
  fee: Money;
  /** RFC 3339. */
  at: string;
}

/** A transfer of the provider to the shop's bank, with what it is made of. */
export interface ReportedPayout {
  providerPayoutId: string;
  amount: Money;
  status: 'pending' | 'paid' | 'failed' | 'canceled';
  arrivesAt: string | null;
  entries: SettlementEntry[];
}

/**
 * Port to a payment provider. Implementations translate; they keep no state and decide nothing. Calls throw only when
 * the answer is missing or unreadable (which the caller records as unresolved); a decline is an outcome.
 */
export interface PaymentGateway {
  readonly provider: string;
  capabilities(): GatewayCapabilities;
  /** Whether whoever runs this installation lets requests go to the provider of an account; absent: always. */
  reaches?(account: { apiBase?: string | null }): boolean;
  /**
   * Creates the payment and takes it as far as it goes without the shopper; repeated with the same attempt id it
   * returns the same payment.
   */
  create(account: GatewayAccount, request: CreateRequest, signal: AbortSignal): Promise<GatewayOutcome>;
  /** Takes the money, or reserves it, of a payment that the shopper has `approved` at the provider's page. */
  confirm(
    account: GatewayAccount,
    reference: AttemptReference & { amount: Money; capture: 'automatic' | 'manual' },
    signal: AbortSignal,
  ): Promise<GatewayOutcome>;
  /** Captures an authorised payment, in part or in full; the rest is let go. */
  capture(
    account: GatewayAccount,
    reference: AttemptReference,
    amount: Money,
    signal: AbortSignal,
  ): Promise<GatewayOutcome>;
  /** Cancels an unpaid payment; answers with the state that the payment really has afterwards. */
  cancel(account: GatewayAccount, reference: AttemptReference, signal: AbortSignal): Promise<GatewayOutcome>;
  /** Gives money back; `refundId` is the idempotency key. */
  refund(
    account: GatewayAccount,
    request: AttemptReference & { refundId: string; amount: Money; reason: string },
    signal: AbortSignal,
  ): Promise<RefundOutcome>;
  /** The person at the provider, made once: the same `payerId` always gives the same. Absent where nothing can be kept. */
  ensurePayer?(
    account: GatewayAccount,
    person: { payerId: string; userId: string },
    signal: AbortSignal,
  ): Promise<string>;
  /** Keeps a way to pay for later, or says how its keeping stands; `savedMethodId` is the idempotency key. */
  keepMethod?(account: GatewayAccount, request: KeepRequest, signal: AbortSignal): Promise<KeepOutcome>;
  /** Forgets a way to pay; one that is not known any more is forgotten. */
  forgetMethod?(account: GatewayAccount, providerMethodId: string, signal: AbortSignal): Promise<void>;
  /** The payment as it stands, found by provider id or by idempotency key. */
  fetch(
    account: GatewayAccount,
    reference: AttemptReference,
    signal: AbortSignal,
  ): Promise<{ outcome: GatewayOutcome; refunds: ReportedRefund[] }>;
  /**
   * Checks signature and age (both sides) of a webhook on its raw bytes.
   * @throws AppError invalid `payments.webhook-*`
   */
  verifyWebhook(
    account: GatewayAccount,
    request: { headers: Record<string, string | undefined>; body: Buffer },
  ): ProviderNotice | Promise<ProviderNotice>;
  /** The dispute as it stands; absent where the provider has none. */
  fetchDispute?(account: GatewayAccount, providerDisputeId: string, signal: AbortSignal): Promise<ReportedDispute>;
  /** Hands in evidence for a dispute. @throws AppError conflict `payments.gateway-refused` */
  submitEvidence?(
    account: GatewayAccount,
    request: {
      providerDisputeId: string;
      evidence: DisputeEvidence;
      files: readonly EvidenceFile[];
      idempotencyKey: string;
    },
    signal: AbortSignal,
  ): Promise<ReportedDispute>;
  /** Gives in to a dispute. @throws AppError conflict `payments.gateway-refused` */
  acceptDispute?(
    account: GatewayAccount,
    request: { providerDisputeId: string; idempotencyKey: string },
    signal: AbortSignal,
  ): Promise<ReportedDispute>;
  /** All that moved the balance in a period (its end excluded); absent where the provider reports none. */
  fetchEntries?(
    account: GatewayAccount,
    period: { from: Date; to: Date },
    signal: AbortSignal,
  ): Promise<SettlementEntry[]>;
  /** A payout with its entries; absent where the provider reports none. */
  fetchPayout?(account: GatewayAccount, providerPayoutId: string, signal: AbortSignal): Promise<ReportedPayout>;
}
