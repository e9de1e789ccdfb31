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
  /** The card that the token stands for, where it says so. */
  card: SandboxCard | null;
}

/** What the double says of a card. */
export interface SandboxCard {
  fingerprint: string;
  country: string | null;
  funding: string | null;
  avs: 'pass' | 'fail' | 'unchecked' | null;
  cvc: 'pass' | 'fail' | 'unchecked' | null;
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
 * decline), `timeout_after_success` (charges; `silent` says that no answer arrives), `disputed` (charges, and the charge
 * is disputed at once). Behind it, as in `success:card=blue,country=BR,avs=fail,cvc=pass,funding=prepaid`, the token says
 * what card it stands for. Repeated with the same key it
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
      /** Asks for the page although the token would not. */
      challenge?: boolean;
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

/** A dispute as the provider double answers it. */
export interface SandboxDispute {
  id: string;
  paymentId: string;
  /** Idempotency key of the payment. */
  paymentKey: string;
  amount: Money;
  /** Taken besides; it comes back when the dispute is won. */
  fee: Money;
  reason: string;
  status: 'needs_response' | 'under_review' | 'won' | 'lost';
  /** RFC 3339. */
  dueAt: string;
  openedAt: string;
  closedAt: string | null;
}

/** The dispute with this id, or null. */
export class FetchSandboxDisputeQuery extends Query<SandboxDispute | null> {
  constructor(readonly request: { accountId: string; id: string }) {
    super();
  }
}

/**
 * Answers a dispute: evidence whose text holds `winning_evidence` wins it at once, `losing_evidence` loses it, any other
 * waits for ever; without evidence the shop gives in. An answered one stays as it is. Null when the double does not know it.
 */
export class AnswerSandboxDisputeCommand extends Command<SandboxDispute | null> {
  constructor(readonly request: { accountId: string; id: string; evidence: string | null }) {
    super();
  }
}

/** What moved the balance of an account at the double. */
export interface SandboxEntry {
  id: string;
  type: 'charge' | 'refund' | 'dispute';
  paymentId: string;
  /** Of the refund or dispute. */
  objectId: string | null;
  /** Negative for money that went out. */
  amount: Money;
  fee: Money;
  /** RFC 3339. */
  at: string;
}

/** All that moved the balance in a period (its end excluded), oldest first. */
export class SandboxEntriesQuery extends Query<SandboxEntry[]> {
  constructor(readonly request: { accountId: string; from: Date; to: Date }) {
    super();
  }
}

/** Body of the double's webhooks; types `payment.*`, `refund.*` and `dispute.*`. */
export interface SandboxWebhook {
  type: string;
  data: { paymentId: string; key: string; disputeId?: string };
}
