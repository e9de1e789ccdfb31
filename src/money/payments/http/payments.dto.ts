import { IsInt, IsPositive } from 'class-validator';
import { MayBeAbsent } from '../../../kernel/http/may-be-absent';
import { AnyOf, AnyOfIds, ListQuery, TimeRange, TimeRangeFilter } from '../../../kernel/http/pagination';
import type { AttemptState, IntentStatus } from '../contracts/payment-view';
import { INTENT_STATUSES } from '../domain/machines';

/** Filters of the list of payments. */
export class ListPaymentsParams extends ListQuery {
  @AnyOf(INTENT_STATUSES)
  status?: IntentStatus[];

  /** Ids of what is paid for (orders). */
  @AnyOfIds()
  payableId?: string[];

  @TimeRangeFilter()
  createdAt?: TimeRange;
}

/** How much of what is reserved is taken. */
export class CapturePaymentBody {
  /**
   * Minor units of the payment's currency; absent is all of it.
   * @example 1000
   */
  @MayBeAbsent()
  @IsInt()
  @IsPositive()
  amount?: number;
}

/** Money on the wire. */
export class PaymentMoneyView {
  /**
   * Integer minor units.
   * @example 1250
   */
  amount: number;
  /**
   * ISO 4217.
   * @example "EUR"
   */
  currency: string;
}

/** Why a try failed. */
export class PaymentErrorView {
  /** @example "card_declined" */
  code: string;
  /** @example "The card was declined." */
  message: string;
}

/** What the shopper must do next. */
export class PaymentNextActionView {
  /** @example "redirect" */
  type: 'redirect';
  /** @example "https://shop.example.org/api/v1/sandbox/challenges/abc" */
  url: string;
}

/** One try at one gateway. */
export class PaymentAttemptView {
  /** @example "019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c" */
  id: string;
  /** @example "charged" */
  state: AttemptState;
  /** @example "sandbox" */
  provider: string;
  error: PaymentErrorView | null;
  /** Reserved by this try. */
  authorized: PaymentMoneyView;
  captured: PaymentMoneyView;
  refunded: PaymentMoneyView;
  /** What the provider kept, where it said so. */
  fee: PaymentMoneyView | null;
  /** The account at the provider. */
  gatewayId: string;
  /**
   * The provider's id of the payment.
   * @example "pi_3Example"
   */
  providerPaymentId: string | null;
  /** @example "card" */
  method: string;
  /** @example "2026-03-01T12:00:00.000Z" */
  createdAt: string;
  /** @example "2026-03-01T12:00:01.000Z" */
  settledAt: string | null;
}

/** What is paid for. */
export class PayableView {
  /** @example "order" */
  type: string;
  /** @example "019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c" */
  id: string;
}

/** A payment in a list. */
export class PaymentSummaryView {
  /** @example "019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c" */
  id: string;
  /** @example "succeeded" */
  status: IntentStatus;
  payable: PayableView;
  amount: PaymentMoneyView;
  /** Taken so far, over all tries. */
  captured: PaymentMoneyView;
  /** Given back so far, over all tries. */
  refunded: PaymentMoneyView;
  error: PaymentErrorView | null;
  /** @example "2026-03-01T12:00:00.000Z" */
  createdAt: string;
  /** @example "2026-03-01T12:00:01.000Z" */
  capturedAt: string | null;
}

/** A payment with its tries. */
export class PaymentDetailsView extends PaymentSummaryView {
  /**
   * `manual`: reserved first, captured by a later decision.
   * @example "automatic"
   */
  capture: 'automatic' | 'manual';
  nextAction: PaymentNextActionView | null;
  attempts: PaymentAttemptView[];
}

/** Receipt of a webhook: it is stored and will be worked on. */
export class WebhookReceiptView {
  /** @example true */
  received: true;
}
