import { Command } from '@nestjs/cqrs';

/**
 * Fetches the report of a reconciliation's period and compares it with what is known here. Network first: never inside a
 * transaction; it may repeat. @throws AppError not-found `payments.reconciliation-not-found`; what the gateway call throws
 */
export class RunReconciliationCommand extends Command<void> {
  constructor(readonly reconciliationId: string) {
    super();
  }
}
