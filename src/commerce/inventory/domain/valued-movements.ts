import type { Money } from '../../../kernel/money/money';
import { StockMoved } from '../contracts/inventory-events';

interface Moved {
  level: { sku: string; locationId: string };
  lotId: string;
  kind: StockMoved['payload']['movements'][number]['kind'];
  quantity: number;
  unitCost: Money | null;
  document: { type: string; id: string };
  supplierId?: string;
}

/** What books must know of one operation's movements: those of goods whose cost is known. Null when there are none. */
export function stockMoved(movements: readonly Moved[]): StockMoved | null {
  const valued = movements.flatMap(({ level, lotId, kind, quantity, unitCost }) =>
    unitCost === null || unitCost.amount === 0 ? [] : [{ sku: level.sku, lotId, kind, quantity, unitCost }],
  );
  if (valued.length === 0) return null;
  const { document, supplierId } = movements[0];
  return new StockMoved(document.id, { document, ...(supplierId ? { supplierId } : {}), movements: valued });
}
