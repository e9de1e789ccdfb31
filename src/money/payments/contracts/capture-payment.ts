import { Command } from '@nestjs/cqrs';
import type { PaymentDetails } from './payment-details';

/**
 * Captures a payment that the gateway has reserved, in part or in full; the rest is let go. The capture is written before
 * the gateway is asked; silence leaves it `unresolved`, and the poller learns what became of it. Network: refuses to run
 * inside a transaction, so other contexts send it from a job.
 *
 * @throws AppError not-found `payments.payment-not-found`, conflict `payments.not-capturable`,
 *   `payments.payment-in-flight`, invalid `payments.capture-too-large`
 */
export class CapturePaymentCommand extends Command<PaymentDetails> {
  constructor(
    readonly request: {
      paymentId: string;
      /** Integer minor units of the payment's currency, greater than zero; absent is all of it. */
      amount?: number | null;
      /**
       * For callers that may run again (jobs): a capture that was begun before is taken up where it stopped, and one that
       * is done is answered as it stands, where both are of the same amount.
       */
      repeatable?: boolean;
    },
  ) {
    super();
  }
}
