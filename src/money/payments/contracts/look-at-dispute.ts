import { Command } from '@nestjs/cqrs';

/**
 * Asks the provider how a dispute stands and writes that down. Network first: never inside a transaction.
 * @throws AppError not-found `payments.dispute-not-found`; what the gateway call throws
 */
export class LookAtDisputeCommand extends Command<void> {
  constructor(readonly disputeId: string) {
    super();
  }
}
