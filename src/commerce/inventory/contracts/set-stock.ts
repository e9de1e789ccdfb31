import { Command } from '@nestjs/cqrs';

/**
 * Sets the counted stock of SKUs at one location (default: the shop's default location), as imports and the seed do;
 * joins an open transaction. The difference to the present count becomes a movement with this document and reason, and
 * a SKU that is there already with these numbers is left alone, so repeating it changes nothing. Unknown SKUs get a level.
 *
 * @throws AppError conflict `inventory.below-reserved` when a count would fall below what is promised already;
 *   `inventory.serials-uncounted` where pieces have serial numbers, and something else is said than lies there.
 */
export class SetStockCommand extends Command<{ created: number; updated: number; unchanged: number }> {
  constructor(
    readonly request: {
      lines: readonly {
        sku: string;
        onHand: number;
        /** Alerts are raised when the available quantity falls to this or below; default: left as it is (0 for a new level). */
        reorderLevel?: number;
        /** Pieces that are to come beside those of the shop's own papers (purchase orders, transfers); default: left as it is. */
        incoming?: number;
      }[];
      locationId?: string;
      reason: string;
      /** What the count rests on, e.g. `import:products.csv`. */
      document: string;
    },
  ) {
    super();
  }
}
