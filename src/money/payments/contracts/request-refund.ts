import { Command } from '@nestjs/cqrs';
import type { Money } from '../../../kernel/money/money';
import type { Payable } from './payment-view';

/**
 * Gives a part (or all) of a charge back, in the caller's transaction: the amount is reserved on the charge by a
 * conditional update, so that no more than was captured ever goes back; the gateway is told afterwards by a job, and
 * `payments.refund-succeeded.v1` is said once it agreed. Not idempotent: the caller's own state says that it was asked.
 *
 * @throws AppError not-found `payments.payment-not-found`, conflict `payments.refund-exceeds-charge`
 */
export class RequestRefundCommand extends Command<{ refundId: string }> {
  constructor(
    readonly request: {
      payable: Payable;
      /** Integer minor units, greater than zero, in the payment's currency. */
      amount: Money;
      reason: string;
    },
  ) {
    super();
  }
}
