import { multiply, type Money } from '../../../kernel/money/money';
import { CODES } from './chart';
import { credit, debit, type Dimensions, type Line } from './journal-draft';

export interface StockMovement {
  sku: string;
  kind: 'receipt' | 'shipment' | 'count' | 'adjustment' | 'return' | 'scrap' | 'transfer';
  /** Positive: into stock. */
  quantity: number;
  /** Of one piece. */
  unitCost: Money;
}

/** The account that stands against the inventory, by what happened; a transfer only moves goods within it. */
const AGAINST: Record<StockMovement['kind'], string | null> = {
  receipt: CODES.goodsReceived,
  shipment: CODES.costOfGoods,
  return: CODES.costOfGoods,
  scrap: CODES.scrap,
  count: CODES.stockAdjustments,
  adjustment: CODES.stockAdjustments,
  transfer: null,
};

/**
 * Movements at cost, as lines; what one SKU and kind moves is one pair of lines.
 * @param supplier who is owed for what came, where it was ordered of somebody: it stands against accounts payable then
 */
export function stockLines(
  movements: readonly StockMovement[],
  about: (sku: string) => Dimensions,
  supplier?: string,
): Line[] {
  const values = new Map<string, { sku: string; account: string; value: Money }>();
  for (const { sku, kind, quantity, unitCost } of movements) {
    const account = kind === 'receipt' && supplier ? CODES.payables : AGAINST[kind];
    if (account === null) continue;
    const key = `${account} ${unitCost.currency} ${sku}`;
    const before = values.get(key)?.value.amount ?? 0;
    const value = { amount: before + multiply(unitCost, quantity).amount, currency: unitCost.currency };
    values.set(key, { sku, account, value });
  }
  return [...values.values()].flatMap(({ sku, account, value }) => {
    const dimensions = about(sku);
    const cost =
      account === CODES.costOfGoods
        ? dimensions
        : { sku, ...pick(dimensions), ...(account === CODES.payables ? { supplier } : {}) };
    return [...debit(CODES.inventory, value, { sku }), ...credit(account, value, cost)];
  });
}

const pick = ({ product }: Dimensions): Dimensions => (product ? { product } : {});
