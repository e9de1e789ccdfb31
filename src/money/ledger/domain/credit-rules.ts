/** How gift cards are made from now on. */
export interface GiftCardRules {
  /** Days for which they are valid; null: for ever. */
  validDays: number | null;
  /** Days before its end that a card's recipient is told; null: never. */
  remindDays: number | null;
  /** SKUs that are sold as gift cards: each piece is a card of its price. */
  skus: string[];
}

/** When store credit ends. */
export interface StoreCreditRules {
  /** Days after it was given, spent or put back last; null: never. */
  validDays: number | null;
  /** Days before its end that the customer is told; null: never. */
  remindDays: number | null;
}

/** Days of notice where a shop says nothing. */
export const REMIND_DAYS = 30;
