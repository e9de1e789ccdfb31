import { isCurrency } from '../../../kernel/money/money';
import type { RowFault } from '../../../kernel/tabular/import-report';
import type { ImportedOrder } from '../contracts/import-orders';
import { lineTotal, totalsOf } from './order-line';

/** An imported order as its row and lines are stored. */
export interface PlannedOrder {
  line: number;
  number: string;
  sourceHash: string;
  row: Record<string, unknown>;
  lines: Record<string, unknown>[];
}

/** What is wrong with one order; empty when nothing is. */
function faultsOf(order: ImportedOrder): RowFault[] {
  const faults: RowFault[] = [];
  const fault = (line: number, column: string, code: string, reason: string): void =>
    void faults.push({ line, column, code, reason });
  const { currency } = order.shipping;
  if (!isCurrency(currency)) fault(order.line, 'currency', 'unknown-currency', `"${currency}" is no currency.`);
  if (order.number.trim() === '') fault(order.line, 'number', 'required', 'An order needs its number.');
  if (Number.isNaN(Date.parse(order.placedAt)))
    fault(order.line, 'placedAt', 'not-a-time', 'The order date is no time.');
  if (order.shippedAt !== null && Number.isNaN(Date.parse(order.shippedAt)))
    fault(order.line, 'shippedAt', 'not-a-time', 'The shipping date is no time.');
  if (order.shipping.amount < 0) fault(order.line, 'shipping', 'negative', 'Freight is not negative.');
  if (order.lines.length === 0) fault(order.line, '*', 'no-lines', 'The order has no lines.');
  for (const line of order.lines) {
    if (line.unitPrice.currency !== currency)
      fault(line.line, 'unitPrice', 'mixed-currencies', 'The line has another currency than its order.');
    if (!Number.isSafeInteger(line.quantity) || line.quantity <= 0)
      fault(line.line, 'quantity', 'not-positive', 'The quantity is a whole number above zero.');
    if (!Number.isSafeInteger(line.unitPrice.amount) || line.unitPrice.amount < 0)
      fault(line.line, 'unitPrice', 'negative', 'The price is not negative.');
    if (!(line.discountBasisPoints >= 0 && line.discountBasisPoints <= 10_000))
      fault(line.line, 'discount', 'out-of-range', 'The discount is between 0 and 1.');
  }
  return faults;
}

/**
 * Turns imported orders into rows. Orders with a fault are left out whole, as are later ones with a number that came before.
 * @param hash of a value's canonical text, by which an unchanged order is known again
 */
export function planImport(
  orders: readonly ImportedOrder[],
  hash: (value: unknown) => string,
): { planned: PlannedOrder[]; faults: RowFault[] } {
  const faults: RowFault[] = [];
  const planned = new Map<string, PlannedOrder>();
  for (const order of orders) {
    const wrong = faultsOf(order);
    if (planned.has(order.number)) {
      const reason = `Order ${order.number} stands on line ${planned.get(order.number)!.line} already.`;
      wrong.push({ line: order.line, column: 'number', code: 'duplicate', reason });
    }
    if (wrong.length > 0) faults.push(...wrong);
    else planned.set(order.number, plan(order, hash));
  }
  return { planned: [...planned.values()], faults };
}

function plan(order: ImportedOrder, hash: (value: unknown) => string): PlannedOrder {
  const lines = order.lines.map((line, index) => ({
    position: index + 1,
    sku: line.sku,
    variantId: line.variantId,
    productId: line.productId,
    productName: line.productName,
    variantName: line.variantName,
    categoryId: line.categoryId,
    categoryName: line.categoryName,
    quantity: line.quantity,
    unitPrice: line.unitPrice.amount,
    discountBasisPoints: line.discountBasisPoints,
    total: lineTotal(line.unitPrice, line.quantity, line.discountBasisPoints).amount,
  }));
  const row = {
    number: order.number,
    customerId: order.customerId,
    email: order.email?.trim().toLowerCase() ?? null,
    customerName: order.customerName,
    shippingAddress: order.shippingAddress,
    currency: order.shipping.currency,
    ...totalsOf(lines, order.shipping.amount),
    placedAt: order.placedAt,
    shippedAt: order.shippedAt,
  };
  return { line: order.line, number: order.number, sourceHash: hash({ row, lines }), row, lines };
}
