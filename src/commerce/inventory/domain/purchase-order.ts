import { newId } from '../../../kernel/ids/ids';
import { overReceipt, purchaseOrderState, unknownPurchaseLine, type OverReceivedLine } from './purchasing.errors';

/**
 * An order to a supplier: `draft` until it is sent, then it is expected, and comes in parts. Ends received, cancelled
 * before anything came, or closed short when the rest will not come.
 */
export const PURCHASE_STATES = [
  'draft',
  'ordered',
  'partly_received',
  'received',
  'closed_short',
  'cancelled',
] as const;
export type PurchaseState = (typeof PURCHASE_STATES)[number];

/** The one table of allowed edges; a trigger holds the same ones, and a test tries every pair. */
export const PURCHASE_EDGES: Record<PurchaseState, readonly PurchaseState[]> = {
  draft: ['draft', 'ordered', 'cancelled'],
  ordered: ['ordered', 'partly_received', 'received', 'cancelled'],
  partly_received: ['partly_received', 'received', 'closed_short'],
  received: [],
  closed_short: [],
  cancelled: [],
};

export interface PurchaseLine {
  id: string;
  sku: string;
  supplierSku: string | null;
  /** Of the article, as it was when the order was written. */
  name: string;
  quantity: number;
  received: number;
  /** A piece, in minor units of the order's currency. */
  unitCost: number;
  /** When these pieces are expected; null: with the order. */
  expectedAt: Date | null;
}

/** Pieces that are still to come. */
export const openOf = ({ quantity, received }: Pick<PurchaseLine, 'quantity' | 'received'>): number =>
  Math.max(0, quantity - received);

/** What came of a line. */
export interface ReceivedPart {
  lineId: string;
  quantity: number;
}

export interface PurchaseOrderRecord {
  id: string;
  number: string;
  supplierId: string;
  supplierName: string;
  status: PurchaseState;
  currency: string;
  locationId: string;
  expectedAt: Date | null;
  reference: string | null;
  note: string | null;
  endNote: string | null;
  orderedAt: Date | null;
  endedAt: Date | null;
  version: number;
  createdAt: Date;
}

/** What of an order can be changed; lines and place only while it is a draft. */
export interface PurchaseOrderChange {
  expectedAt?: Date | null;
  reference?: string | null;
  note?: string | null;
  locationId?: string;
  lines?: Omit<PurchaseLine, 'id' | 'received'>[];
}

/** An order to a supplier. Its row is locked by whoever changes it, before any stock is. */
export class PurchaseOrder implements PurchaseOrderRecord {
  id: string;
  number: string;
  supplierId: string;
  supplierName: string;
  status: PurchaseState;
  currency: string;
  locationId: string;
  expectedAt: Date | null;
  reference: string | null;
  note: string | null;
  endNote: string | null;
  orderedAt: Date | null;
  endedAt: Date | null;
  version: number;
  createdAt: Date;
  lines: PurchaseLine[];

  static of(record: PurchaseOrderRecord, lines: PurchaseLine[]): PurchaseOrder {
    return Object.assign(new PurchaseOrder(), record, { lines });
  }

  /** True while goods are expected for it. */
  get underway(): boolean {
    return this.status === 'ordered' || this.status === 'partly_received';
  }

  /** Pieces that are still to come, where they are expected. */
  expected(): { sku: string; locationId: string; quantity: number }[] {
    return this.lines
      .map((line) => ({ sku: line.sku, locationId: this.locationId, quantity: openOf(line) }))
      .filter(({ quantity }) => quantity > 0);
  }

  /** @throws AppError conflict `inventory.purchase-order-state` for what this state does not let change */
  change({ lines, locationId, ...rest }: PurchaseOrderChange): void {
    this.move(this.status, 'changed');
    if ((lines || locationId) && this.status !== 'draft') throw purchaseOrderState(this.status, 'given other lines');
    if (lines) this.lines = lines.map((line) => ({ ...line, id: newId(), received: 0 }));
    if (locationId) this.locationId = locationId;
    Object.assign(this, Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined)));
  }

  /** It goes to the supplier. @param expectedAt when its goods should come, where nobody said otherwise */
  order(at: Date, expectedAt: Date): void {
    if (this.status !== 'draft') throw purchaseOrderState(this.status, 'ordered');
    this.move('ordered', 'ordered');
    this.orderedAt = at;
    this.expectedAt ??= expectedAt;
  }

  /** Nothing came, and nothing shall. */
  cancel(at: Date, note: string | null): void {
    this.move('cancelled', 'cancelled');
    this.end(at, note);
  }

  /** What has not come will not. */
  closeShort(at: Date, note: string | null): void {
    this.move('closed_short', 'closed short');
    this.end(at, note);
  }

  /**
   * Goods came. More than was ordered is taken only within the tolerance.
   * @param toleranceBasisPoints part of the ordered quantity that may come beyond it, rounded down to pieces
   * @returns what of each part had been expected, and what came beyond the order
   * @throws AppError conflict `inventory.purchase-order-state`, `inventory.over-receipt`, invalid `inventory.unknown-line`
   */
  receive(
    parts: readonly ReceivedPart[],
    at: Date,
    toleranceBasisPoints: number,
  ): { line: PurchaseLine; expected: number; over: number }[] {
    if (!this.underway) throw purchaseOrderState(this.status, 'received');
    const tooMuch = new Map<string, OverReceivedLine>();
    const taken = parts.map(({ lineId, quantity }, index) => {
      const line = this.lines.find(({ id }) => id === lineId);
      if (!line) throw unknownPurchaseLine(`/lines/${index}/lineId`);
      const expected = Math.min(openOf(line), quantity);
      line.received += quantity;
      const most = line.quantity + Math.floor((line.quantity * toleranceBasisPoints) / 10_000);
      if (line.received > most)
        tooMuch.set(lineId, { lineId, sku: line.sku, ordered: line.quantity, received: line.received, most });
      return { line, expected, over: quantity - expected };
    });
    if (tooMuch.size > 0) throw overReceipt([...tooMuch.values()]);
    const complete = this.lines.every((line) => openOf(line) === 0);
    this.move(complete ? 'received' : 'partly_received', 'received');
    if (complete) this.end(at, null);
    return taken;
  }

  private end(at: Date, note: string | null): void {
    this.endedAt = at;
    this.endNote = note;
  }

  private move(to: PurchaseState, what: string): void {
    if (!PURCHASE_EDGES[this.status].includes(to)) throw purchaseOrderState(this.status, what);
    this.status = to;
  }
}

/** How a delivery differs from what was ordered or announced. */
export interface ReceiptDifference {
  lineId: string;
  sku: string;
  /** `announced`: the delivery note says another number; `over`: beyond the order; `cost`: a piece costs something else. */
  kind: 'announced' | 'over' | 'cost';
  /** Pieces, or minor units for `cost`. */
  expected: number;
  found: number;
}

/** Differences of one line of a delivery. `ordered` and `over` are pieces of the order's line as of that delivery. */
export function differencesOf(line: {
  lineId: string;
  sku: string;
  quantity: number;
  announced: number | null;
  over: number;
  unitCost: number;
  orderedCost: number;
}): ReceiptDifference[] {
  const { lineId, sku, quantity, announced, over, unitCost, orderedCost } = line;
  const found: ReceiptDifference[] = [];
  if (announced !== null && announced !== quantity)
    found.push({ lineId, sku, kind: 'announced', expected: announced, found: quantity });
  if (over > 0) found.push({ lineId, sku, kind: 'over', expected: quantity - over, found: quantity });
  if (unitCost !== orderedCost) found.push({ lineId, sku, kind: 'cost', expected: orderedCost, found: unitCost });
  return found;
}
