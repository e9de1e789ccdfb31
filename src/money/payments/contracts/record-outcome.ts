import { Command } from '@nestjs/cqrs';
import type { GatewayOutcome } from './gateway-outcome';
import type { PaymentFacts } from './payment-view';

/**
 * Writes what a gateway said, in the caller's transaction. The one path on which money becomes known: checkout, webhook,
 * poller and browser return all end here. Conditional and idempotent: the intent's row is locked first, an outcome that
 * is already known or older changes nothing, and `payments.payment-captured.v1` is said once per intent.
 */
export class RecordOutcomeCommand extends Command<PaymentFacts> {
  constructor(readonly request: { attemptId: string; outcome: GatewayOutcome }) {
    super();
  }
}
