import { Command } from '@nestjs/cqrs';
import type { Money } from '../../../kernel/money/money';
import type { Payable } from './payment-view';

/** Pieces of a sold line that money goes back for. Amounts in minor units, with their tax. */
export interface RefundedLine {
  lineId: string;
  quantity: number;
  amount: number;
  /** What the whole line was sold for; its tax goes back in proportion. */
  of: { gross: number; tax: number };
  /** Pieces that left the house and go back on the shelf once the money is back. */
  takeBack?: number;
  /** Pieces that did not leave, and shall not, once the money is back. */
  giveUp?: number;
}

/**
 * Gives a part (or all) of a charge back, in the caller's transaction: the amount is reserved on the charge by a
 * conditional update, so that no more than was captured ever goes back; the gateway is told afterwards by a job, and
 * `payments.refund-succeeded.v1` is said once it agreed. Not idempotent: the caller's own state says that it was asked.
 *
 * @throws AppError not-found `payments.payment-not-found`, conflict `payments.refund-exceeds-charge`,
 *   `payments.charge-disputed`
 */
export class RequestRefundCommand extends Command<{ refundId: string }> {
  constructor(
    readonly request: {
      /** What was paid for, or the payment itself. */
      payable?: Payable;
      paymentId?: string;
      /** Integer minor units, greater than zero, in the payment's currency. */
      amount: Money;
      /** A word of ours that says why, e.g. `return`; never what a person typed. */
      reason: string;
      /** What a person says about it. */
      note?: string;
      /** What the amount is for; with `shipping` they add up to it. */
      lines?: readonly RefundedLine[];
      /** Part of the amount that is for the freight. */
      shipping?: { amount: number; of: { gross: number; tax: number } };
    },
  ) {
    super();
  }
}
