import { Query } from '@nestjs/cqrs';
import type { Money } from '../../../kernel/money/money';

export interface ResolvedPrice {
  sku: string;
  /** Price of one piece, minor units. */
  price: Money;
  /** Price list that the price is of; null for the variant's own. */
  listId: string | null;
}

/**
 * The price of one piece for each line, in the order of the lines; one statement for all of them, which joins an open
 * transaction. A line is absent where its SKU is unknown, or has neither a list price nor an own price in the currency.
 *
 * A price list applies that is active, of the currency, valid at the time, for everybody or for one of the groups, and
 * has a price for the SKU from this quantity on. Among several, the first one by this order gives the price, whether it
 * is the lowest or not: lists for a group before lists for everybody; higher `priority`; later `validFrom` (a list
 * without one last); smaller id, that is the older list. Within the list the highest quantity step that is reached
 * counts. Without a list it is the variant's own price.
 */
export class ResolvePricesQuery extends Query<ResolvedPrice[]> {
  constructor(
    readonly request: {
      /** ISO 4217; absent: each variant's own currency. */
      currency?: string;
      /** Groups of the buyer, see `GroupsOfCustomersQuery`; none for a guest. */
      customerGroupIds?: readonly string[];
      /** Moment of the purchase; absent: now. */
      at?: Date;
      lines: readonly { sku: string; quantity: number }[];
    },
  ) {
    super();
  }
}
