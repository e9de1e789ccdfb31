import { Command } from '@nestjs/cqrs';
import type { GatewayOutcome } from './gateway-outcome';
import type { OpenedAttempt } from './open-intent';

/** What became of it. */
export type ContactedOutcome = GatewayOutcome & {
  /** The try that it is the outcome of: another than was asked for where another gateway took over. */
  attemptId: string;
};

/**
 * Speaks to the gateway about one attempt: confirms a `started` one, asks about any other. Network: refuses to run
 * inside a transaction. Never throws for what a gateway does: a timeout or an unreadable answer is the outcome
 * `unresolved`. The attempt's id is the idempotency key, so a repeated call cannot charge twice.
 * `opened` is the attempt as `OpenIntentCommand` answered it, where the caller's commit has just begun it. Only then, and
 * only where that gateway surely did not take it up, the payment is begun at the next one in a commit of its own.
 */
export class ContactGatewayCommand extends Command<ContactedOutcome> {
  constructor(readonly request: { attemptId: string; opened?: OpenedAttempt }) {
    super();
  }
}
