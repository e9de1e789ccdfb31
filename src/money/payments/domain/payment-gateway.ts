import type { Money } from '../../../kernel/money/money';
import type { GatewayOutcome } from '../contracts/gateway-outcome';

/** One tenant's account at a provider. `secrets` are decrypted and must never be logged. */
export interface GatewayAccount {
  id: string;
  tenantId: string;
  provider: string;
  secrets: GatewaySecrets;
}

export interface GatewaySecrets {
  /** Secrets that sign the provider's webhooks; two while one is being rolled. Standard Webhooks form `whsec_...`. */
  webhook: string[];
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
  /** Milliseconds after which a call counts as unanswered; the attempt is then unresolved. */
  callTimeoutMs: number;
}

/** How an attempt is named to a gateway; the attempt's id is the idempotency key of every call about it. */
export interface AttemptReference {
  attemptId: string;
  providerPaymentId: string | null;
}

export interface ConfirmRequest {
  attemptId: string;
  amount: Money;
  method: { type: string; token: string };
  capture: 'automatic' | 'manual';
  /** Where the provider sends the browser after a redirect step. */
  returnUrl: string;
  metadata: Record<string, string>;
}

export type RefundOutcome =
  | { status: 'succeeded' | 'pending'; providerRefundId: string }
  | { status: 'failed'; providerRefundId: string | null; code: string; message: string };

/** A refund that a webhook or a fetch reports; `refundId` is ours when the provider gives our key back. */
export interface ReportedRefund {
  refundId: string | null;
  amount: Money;
  outcome: RefundOutcome;
}

/** A verified webhook: what it is about, never what it claims happened (that is fetched). */
export interface ProviderNotice {
  eventId: string;
  type: string;
  /** Our attempt id where the provider carries it, else null. */
  attemptId: string | null;
  providerPaymentId: string | null;
  /** What the provider claims, where the claim is no news about an attempt that is known to be so. */
  says?: 'charged';
}

/**
 * Port to a payment provider. Implementations translate; they keep no state and decide nothing. Calls throw only when
 * the answer is missing or unreadable (which the caller records as unresolved); a decline is an outcome.
 */
export interface PaymentGateway {
  readonly provider: string;
  capabilities(): GatewayCapabilities;
  /** Creates and confirms the payment; repeated with the same attempt id it returns the same payment. */
  confirm(account: GatewayAccount, request: ConfirmRequest, signal: AbortSignal): Promise<GatewayOutcome>;
  /** Captures an authorised payment, by default in full. */
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
  ): ProviderNotice;
}
