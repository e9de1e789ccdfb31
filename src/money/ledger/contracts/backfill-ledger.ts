import { Command } from '@nestjs/cqrs';

/** Orders that were looked at, and journals that were posted for them. */
export interface BackfillReport {
  orders: number;
  journals: number;
  /** Where to go on: id of the last order; null when there are no more. */
  after: string | null;
  /** Orders that are left behind `after`. */
  left: number;
}

/**
 * Posts the next batch of orders that were imported, each once: what was paid when it was placed, what left when it left.
 * One transaction. Orders that are on the books already post nothing, also where the import changed them since.
 */
export class BackfillLedgerCommand extends Command<BackfillReport> {
  constructor(readonly request: { channel: 'import'; after: string | null; limit?: number }) {
    super();
  }
}
