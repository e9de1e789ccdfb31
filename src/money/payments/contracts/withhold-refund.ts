import { Command } from '@nestjs/cqrs';
import type { Payable } from './payment-view';

/**
 * A part of what was charged pays for something else now (other goods were sent instead, or credit was given), so that it
 * is not to go back: every refund, by hand too, is refused that would reach into it. In the caller's transaction; not
 * idempotent: the caller's own state says that it was asked. What was never charged here needs nothing.
 *
 * @throws AppError conflict `payments.refund-exceeds-charge` where not so much is left that could go back
 */
export class WithholdRefundCommand extends Command<void> {
  constructor(
    readonly request: {
      payable: Payable;
      /** Integer minor units, greater than zero. */
      amount: number;
    },
  ) {
    super();
  }
}

/** The reverse: it may go back again. In the caller's transaction; at most what is withheld. */
export class ReleaseWithheldCommand extends Command<void> {
  constructor(
    readonly request: {
      payable: Payable;
      /** Integer minor units, greater than zero. */
      amount: number;
    },
  ) {
    super();
  }
}
