import type { Money } from '../../../kernel/money/money';
import { DomainEvent } from '../../../kernel/messaging/domain-event';

/** State of one level after a change; `version` grows with each change of the level, older ones are to be ignored. */
export interface LevelState {
  levelId: string;
  sku: string;
  locationId: string;
  onHand: number;
  reserved: number;
  available: number;
  version: number;
  /** Before the change; absent from events of earlier releases. */
  was?: { onHand: number; available: number };
}

export type StockCause =
  | 'receipt'
  | 'hold'
  | 'release'
  | 'lapse'
  | 'shipment'
  | 'return'
  | 'count'
  | 'adjustment'
  | 'expiry'
  | 'transfer'
  | 'allocation'
  | 'state';

/** Stock was received, held, given back, shipped, counted, or came into another state. One event per operation; aggregate: its document. */
export class StockChanged extends DomainEvent<{
  cause: StockCause;
  levels: LevelState[];
}> {
  static override readonly type = 'inventory.stock-changed.v1';
}

/** Pieces of one lot. `number` is null for goods without a batch number, `unitCost` where nobody said what they cost. */
export interface LotPieces {
  lotId: string;
  number: string | null;
  quantity: number;
  unitCost: Money | null;
  /** Which pieces, of articles that have serial numbers. */
  serials?: string[];
}

/** Goods that were committed to a reference left the house. Said once per shipment; aggregate: the reference's id. */
export class StockShipped extends DomainEvent<{
  reference: { type: 'order'; id: string };
  lines: { sku: string; quantity: number; lots: LotPieces[] }[];
}> {
  static override readonly type = 'inventory.stock-shipped.v1';
}

/**
 * Goods that had been shipped for a reference came back: into stock again (`restock`) or to be thrown away (`scrap`).
 * One line a lot, with what a piece had cost. Aggregate: the reference's id.
 */
export class StockReturned extends DomainEvent<{
  reference: { type: 'order'; id: string };
  lines: { sku: string; quantity: number; disposition: 'restock' | 'scrap'; lotId: string; unitCost: Money | null }[];
}> {
  static override readonly type = 'inventory.stock-returned.v1';
}

/**
 * Goods whose cost is known came, left, were counted or thrown away: every movement of one operation that changes what the
 * stock is worth, for books. Aggregate: its document.
 */
export class StockMoved extends DomainEvent<{
  /** `order` for what leaves and comes back; `receipt`, `count`, ... with an id of its own. */
  document: { type: string; id: string };
  /** Who is owed for what came, where it came for a purchase order. */
  supplierId?: string;
  movements: {
    sku: string;
    lotId: string;
    kind: 'receipt' | 'shipment' | 'count' | 'adjustment' | 'return' | 'scrap' | 'transfer';
    /** Pieces that came (positive) or left (negative). */
    quantity: number;
    /** Of one piece. */
    unitCost: Money;
  }[];
}> {
  static override readonly type = 'inventory.stock-moved.v1';
}

/**
 * Stock passed a threshold: what can be sold fell to the reorder level or to nothing, more lies there than the overstock
 * level says, or a lot's alert date passed. Said once per crossing, and again only after it was back. Aggregate: the level.
 */
export class StockAlertRaised extends DomainEvent<{
  alertId: string;
  kind: 'low_stock' | 'out_of_stock' | 'expiring' | 'overstock';
  levelId: string;
  sku: string;
  locationId: string;
  locationName: string;
  /** What can be sold there: without lots past their day. */
  available: number;
  reorderLevel: number;
  /** What lies there; of the lot alone where it is `expiring`. */
  onHand?: number;
  overstockLevel?: number | null;
  /** The lot that is `expiring`. */
  lotId?: string | null;
  lotNumber?: string | null;
  removeAt?: string | null;
}> {
  static override readonly type = 'inventory.stock-alert-raised.v1';
}

/**
 * What is open about the stock of the shop, once a day at its hour; not said where nothing is. Aggregate: the shop.
 */
export class StockDigestDue extends DomainEvent<{
  /** YYYY-MM-DD, UTC. */
  day: string;
  /** Open alerts by kind. */
  counts: { low_stock: number; out_of_stock: number; expiring: number; overstock: number };
  /** Alerts that nobody took on. */
  unacknowledged: number;
  /** The most urgent ones, at most 50. */
  alerts: {
    kind: 'low_stock' | 'out_of_stock' | 'expiring' | 'overstock';
    sku: string;
    locationName: string;
    lotNumber: string | null;
    available: number;
    onHand: number | null;
    removeAt: string | null;
    acknowledged: boolean;
  }[];
  /** What is not given out any more within 30 days, at cost; an amount a currency. */
  expiringValue: Money[];
}> {
  static override readonly type = 'inventory.stock-digest-due.v1';
}

/** Stock of SKUs that are promised beyond it came, or came free: whoever waits may get it. Aggregate: the document of the change. */
export class BackordersInReach extends DomainEvent<{ skus: string[] }> {
  static override readonly type = 'inventory.backorders-in-reach.v1';
}

/** Pieces that a reference waited for are its own now, and can leave. Said once per piece; aggregate: the reference's id. */
export class BackordersAllocated extends DomainEvent<{
  reference: { type: 'order'; id: string };
  lines: { sku: string; quantity: number }[];
  /** Pieces of these SKUs that it still waits for. */
  waiting: number;
}> {
  static override readonly type = 'inventory.backorders-allocated.v1';
}
