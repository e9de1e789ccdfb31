import { Command } from '@nestjs/cqrs';
import type { Money } from '../../../kernel/money/money';
import type { Payable, PaymentFacts } from './payment-view';

/**
 * Captures what is reserved for a payable, in part or in full; the rest is let go. Speaks to the gateway between two
 * transactions of its own, so it refuses to run inside one; keeps away from the request's idempotency key, which is the
 * caller's. One that is captured already is answered as it is. Silence of the gateway leaves the payment `requires_capture`.
 *
 * @throws AppError not-found `payments.payment-not-found`, conflict `payments.not-capturable`,
 *   `payments.payment-in-flight`, invalid `payments.capture-too-large`
 */
export class CaptureReservedCommand extends Command<PaymentFacts> {
  constructor(
    readonly request: {
      payable: Payable;
      /** Integer minor units, greater than zero. */
      amount: Money;
    },
  ) {
    super();
  }
}
