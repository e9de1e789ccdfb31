import { StockMoved } from '../../../commerce/inventory/contracts/inventory-events';
import type { StoredEvent } from '../../../kernel/messaging/domain-event';
import { Reaction, type Reacts } from '../../../kernel/messaging/reaction';
import { Bookkeeper } from '../commands/bookkeeper';
import { SaleRepository } from '../data/sale.repository';
import type { Dimensions } from '../domain/journal-draft';
import { placeOf } from '../domain/sale';
import { stockLines } from '../domain/stock-journal';

const PURPOSES: Record<string, [string, string]> = {
  receipt: ['goods-received', 'Goods received'],
  shipment: ['cost-of-goods', 'Cost of goods that left'],
  return: ['goods-returned', 'Goods came back'],
  scrap: ['stock-scrapped', 'Goods thrown away'],
  count: ['stock-adjusted', 'Stock counted'],
  adjustment: ['stock-adjusted', 'Stock adjusted'],
  transfer: ['stock-adjusted', 'Stock moved'],
};

/** Goods are booked at the cost of their lots when they come, leave, come back, are counted or thrown away. */
@Reaction({ name: 'ledger.book-when-stock-moved', on: StockMoved })
export class BookWhenStockMoved implements Reacts<StockMoved> {
  constructor(
    private readonly bookkeeper: Bookkeeper,
    private readonly sales: SaleRepository,
  ) {}

  async react({ id, at, payload: { document, supplierId, movements } }: StoredEvent<StockMoved>): Promise<void> {
    const sold = document.type === 'order' ? ((await this.sales.find(document.id))?.sold ?? null) : null;
    const about = (sku: string): Dimensions => {
      const product = sold?.lines.find((line) => line.sku === sku)?.name;
      return { sku, ...(product ? { product } : {}), ...(sold ? placeOf(sold) : {}) };
    };
    const lines = stockLines(movements, about, supplierId);
    if (lines.length === 0) return;
    const [purpose, description] = PURPOSES[movements[0].kind];
    await this.bookkeeper.post({
      kind: 'posted',
      purpose,
      description,
      source: { type: 'event', id },
      document,
      idempotencyKey: id,
      effectiveAt: at,
      lines,
    });
  }
}
