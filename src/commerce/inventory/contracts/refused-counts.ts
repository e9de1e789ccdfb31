import { Query } from '@nestjs/cqrs';

/** A count that `SetStockCommand` would refuse, in the words of its problem. */
export interface RefusedCount {
  sku: string;
  /** `inventory.below-reserved` or `inventory.serials-uncounted`. */
  code: string;
  detail: string;
}

/**
 * Which of these counts at the shop's default location `SetStockCommand` would refuse as things are. It locks nothing, so
 * the command decides again. One statement for any number of lines.
 */
export class RefusedCountsQuery extends Query<RefusedCount[]> {
  constructor(readonly request: { lines: readonly { sku: string; onHand: number }[] }) {
    super();
  }
}
