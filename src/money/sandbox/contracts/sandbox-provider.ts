import { Command, Query } from '@nestjs/cqrs';
import type { Money } from '../../../kernel/money/money';

export type SandboxStatus = 'requires_action' | 'authorized' | 'succeeded' | 'failed' | 'canceled';

/** A refund as the provider double answers it. */
export interface SandboxRefund {
  id: string;
  /** The caller's idempotency key. */
  key: string;
  amount: Money;
  status: 'succeeded' | 'failed';
  error: { code: string; message: string } | null;
}

/** A payment as the provider double answers it; `id` is the provider's own. */
export interface SandboxPayment {
  id: string;
  /** The caller's idempotency key. */
  key: string;
  status: SandboxStatus;
  amount: Money;
  captured: Money;
  error: { code: string; message: string } | null;
  /** Page of the 3-D Secure step while the status is requires_action. */
  actionUrl: string | null;
  refunds: SandboxRefund[];
}

/** Opens an account at the provider double; joins the caller's transaction. Opening it again changes nothing. */
export class OpenSandboxAccountCommand extends Command<void> {
  constructor(
    readonly account: {
      accountId: string;
      /** Standard Webhooks secret (`whsec_...`) that the double signs its webhooks with. */
      webhookSecret: string;
    },
  ) {
    super();
  }
}

/**
 * Creates and confirms a payment. `token` decides: `success`, `declined`, `requires_action` (a page to approve or
 * decline), `timeout_after_success` (charges; `silent` says that no answer arrives). Repeated with the same key it
 * answers with the same payment. Runs in a transaction of its own, as a provider would.
 */
export class ConfirmSandboxPaymentCommand extends Command<{ payment: SandboxPayment; silent: boolean }> {
  constructor(
    readonly request: {
      accountId: string;
      key: string;
      amount: Money;
      token: string;
      capture: 'automatic' | 'manual';
      returnUrl: string;
    },
  ) {
    super();
  }
}

/** Captures an authorised payment in part or in full. Null when the double does not know it. */
export class CaptureSandboxPaymentCommand extends Command<SandboxPayment | null> {
  constructor(readonly request: { accountId: string; key: string; amount: Money }) {
    super();
  }
}

/** Cancels a payment that is not charged; answers with its true state. Null when the double does not know it. */
export class CancelSandboxPaymentCommand extends Command<SandboxPayment | null> {
  constructor(readonly request: { accountId: string; key: string }) {
    super();
  }
}

/** Gives back part of a charge; `key` is the idempotency key of the refund, `paymentKey` that of the payment. */
export class RefundSandboxPaymentCommand extends Command<SandboxRefund | null> {
  constructor(readonly request: { accountId: string; paymentKey: string; key: string; amount: Money }) {
    super();
  }
}

/** The payment with this idempotency key, or null. */
export class FetchSandboxPaymentQuery extends Query<SandboxPayment | null> {
  constructor(readonly request: { accountId: string; key: string }) {
    super();
  }
}

/** Body of the double's webhooks; types `payment.*` and `refund.*`. */
export interface SandboxWebhook {
  type: string;
  data: { paymentId: string; key: string };
}
