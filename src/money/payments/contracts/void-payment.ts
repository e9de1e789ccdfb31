import { Command } from '@nestjs/cqrs';
import type { PaymentDetails } from './payment-details';

/**
 * Calls a payment off that is not captured, in the caller's transaction: what is reserved is let go, an open step at the
 * provider ends. The gateway is told by a job of the same commit.
 *
 * @throws AppError not-found `payments.payment-not-found`, conflict `payments.not-voidable`, `payments.payment-in-flight`
 */
export class VoidPaymentCommand extends Command<PaymentDetails> {
  constructor(
    readonly request: {
      paymentId: string;
      /** Kept with the payment; default `voided_by_staff`. */
      reason?: string;
    },
  ) {
    super();
  }
}
