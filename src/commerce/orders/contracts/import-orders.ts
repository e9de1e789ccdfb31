import { Command } from '@nestjs/cqrs';
import type { Money } from '../../../kernel/money/money';
import type { ImportOutcome } from '../../../kernel/tabular/import-report';

/** A historical order with everything copied that an order keeps; names and ids are resolved by the caller. */
export interface ImportedOrder {
  /** Line of the source file, for faults. */
  line: number;
  /** The order's number in the system it comes from; with channel `import` the key by which it is found again. */
  number: string;
  customerId: string | null;
  email: string | null;
  /** Name of the customer as reports show it. */
  customerName: string | null;
  /** RFC 3339. */
  placedAt: string;
  /** RFC 3339; null: the order is `paid`, else it is `closed`. */
  shippedAt: string | null;
  shippingAddress: {
    name: string | null;
    line1: string | null;
    city: string | null;
    region: string | null;
    postalCode: string | null;
    country: string | null;
  } | null;
  /** Freight, minor units; its currency is the order's. */
  shipping: Money;
  lines: {
    /** Line of the source file, for faults. */
    line: number;
    sku: string;
    variantId: string | null;
    productId: string | null;
    productName: string;
    variantName: string | null;
    categoryId: string | null;
    categoryName: string | null;
    quantity: number;
    /** Price of one piece, in the order's currency. */
    unitPrice: Money;
    /** Discount of the line in basis points, 0 to 10,000 (0.15 → 1500). Net = price × quantity × (1 − discount), half-up. */
    discountBasisPoints: number;
  }[];
}

/** What the import of a batch of orders did; `lines` counts the lines of the created and updated orders. */
export interface ImportOrdersOutcome extends ImportOutcome {
  lines: number;
}

/**
 * Stores historical orders, set by set, in one transaction: channel `import`, no stock moves, no mail, no payment, no
 * event that would cause one. An order whose number is known is compared: equal → unchanged, else updated.
 * With `dryRun` only reads and answers what would happen.
 */
export class ImportOrdersCommand extends Command<ImportOrdersOutcome> {
  constructor(readonly request: { orders: ImportedOrder[]; dryRun?: boolean }) {
    super();
  }
}
