/** How a shop buys. */
export interface PurchasingSettings {
  /** Part of an ordered quantity that may come beyond it, rounded down to pieces; 10,000 is all of it once more. */
  overReceiptBasisPoints: number;
  /** What numbers of purchase orders begin with. */
  numberPrefix: string;
  /** Days back over which demand is averaged. */
  demandDays: number;
  /** Days of demand that are kept beyond what is needed until goods arrive. */
  safetyDays: number;
}

export const DEFAULT_PURCHASING: PurchasingSettings = {
  overReceiptBasisPoints: 0,
  numberPrefix: 'PO-',
  demandDays: 30,
  safetyDays: 7,
};
