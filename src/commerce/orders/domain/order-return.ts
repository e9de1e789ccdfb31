import { Aggregate } from '../../../kernel/messaging/domain-event';
import { ReturnChanged } from '../contracts/order-events';
import type { ReturnState } from '../contracts/order-status';
import type { Order } from './order';
import { lineName, shareOf } from './order-line';
import {
  inspectionIncomplete,
  nothingToRefund,
  returnLineUnknown,
  returnQuantityExceeded,
  returnTransitionRefused,
} from './orders.errors';

/** The one table of allowed edges of a return; a trigger holds the same ones, and a test tries every pair. */
export const RETURN_STATE_EDGES: Record<ReturnState, readonly ReturnState[]> = {
  requested: ['approved', 'rejected', 'cancelled'],
  approved: ['received', 'cancelled'],
  rejected: [],
  cancelled: [],
  received: ['inspected'],
  /** `refunded` at once where all that is owed goes back through an earlier order. */
  inspected: ['refunding', 'refunded', 'exchanged', 'closed'],
  /** A refund that failed is asked for again from `inspected`. */
  refunding: ['refunded', 'inspected'],
  /** The money came back to the shop. */
  refunded: ['inspected'],
  /** The order that was to replace the goods was given up. */
  exchanged: ['inspected'],
  closed: [],
};

/** States in which goods are on their way back or being looked at: the order is `returning`. */
export const RETURN_UNDERWAY: readonly ReturnState[] = ['approved', 'received', 'inspected', 'refunding'];

export interface ReturnLine {
  id: string;
  lineId: string;
  sku: string;
  quantity: number;
  reason: string;
  /** What really came; null before. */
  receivedQuantity: number | null;
  restockedQuantity: number | null;
  scrappedQuantity: number | null;
  /** What the received pieces were sold for, with tax, minor units; null before they came. */
  amount: number | null;
}

/** What is to become of pieces of a line that came back. */
export interface Inspected {
  lineId: string;
  restock: boolean;
  /** Default: all that were received and not named otherwise. */
  quantity?: number;
}

/** The fields of a return, without its lines. */
export type ReturnRecord = {
  [
    K in keyof OrderReturn as K extends 'lines' | 'underway'
      ? never
      : OrderReturn[K] extends (...args: never[]) => unknown
        ? never
        : K
  ]: OrderReturn[K];
};

/** Goods of an order that come back (RMA): asked for, approved, received, inspected, and money or other goods for them. */
export class OrderReturn extends Aggregate {
  id: string;
  orderId: string;
  number: string;
  status: ReturnState;
  requestedBy: 'customer' | 'staff';
  note: string | null;
  currency: string;
  refundAmount: number | null;
  refundId: string | null;
  /** Part of the worth that went back otherwise: through an earlier order, or when an exchange shrank; minor units. */
  settledAmount: number;
  replacementOrderId: string | null;
  requestedAt: Date;
  approvedAt: Date | null;
  receivedAt: Date | null;
  inspectedAt: Date | null;
  endedAt: Date | null;
  version: number;
  lines: ReturnLine[];

  static of(record: ReturnRecord, lines: ReturnLine[]): OrderReturn {
    return Object.assign(new OrderReturn(), record, { lines });
  }

  /** True while goods are on their way back or being looked at. */
  get underway(): boolean {
    return RETURN_UNDERWAY.includes(this.status);
  }

  /** The goods may be sent. */
  approve(at: Date): void {
    this.move('approved');
    this.approvedAt = at;
  }

  /** The goods are not taken back. */
  reject(at: Date, note: string | null): void {
    this.move('rejected');
    this.note = note ?? this.note;
    this.endedAt = at;
  }

  /** Nobody sends the goods after all. */
  cancel(at: Date): void {
    this.move('cancelled');
    this.endedAt = at;
  }

  /**
   * The goods are here: all that were announced, or what `received` says. Their worth is the share of each line,
   * cumulative over all that was given up or came back of it before, so that everything returned is everything paid.
   * @throws AppError invalid `orders.unknown-line`, conflict `orders.quantity-exceeded`
   */
  receive(order: Order, at: Date, received?: readonly { lineId: string; quantity: number }[]): void {
    this.move('received');
    for (const line of this.lines) line.receivedQuantity = received ? 0 : line.quantity;
    for (const { lineId, quantity } of received ?? []) {
      const line = this.line(lineId);
      line.receivedQuantity! += quantity;
      if (line.receivedQuantity! > line.quantity)
        throw returnQuantityExceeded(line.sku, line.receivedQuantity!, line.quantity);
    }
    for (const line of this.lines) {
      const sold = order.line(line.lineId);
      const before = sold.cancelledQuantity + sold.returnedQuantity;
      const share = (whole: number) => shareOf(whole, sold.quantity, before, line.receivedQuantity!);
      line.amount = share(order.payableOf(sold)) + share(order.tradeOf(sold));
      sold.returnedQuantity += line.receivedQuantity!;
    }
    this.receivedAt = at;
  }

  /**
   * Somebody looked at the goods. Every received piece goes on the shelf or is scrapped.
   * @throws AppError invalid `orders.inspection-incomplete`, `orders.unknown-line`, conflict `orders.quantity-exceeded`
   */
  inspect(at: Date, found: readonly Inspected[]): void {
    this.move('inspected');
    for (const line of this.lines) Object.assign(line, { restockedQuantity: 0, scrappedQuantity: 0 });
    for (const { lineId, restock, quantity } of found) {
      const line = this.line(lineId);
      const left = line.receivedQuantity! - line.restockedQuantity! - line.scrappedQuantity!;
      const count = quantity ?? left;
      if (count > left) throw returnQuantityExceeded(line.sku, count, left);
      if (restock) line.restockedQuantity! += count;
      else line.scrappedQuantity! += count;
    }
    const forgotten = this.lines.filter(
      (line) => line.restockedQuantity! + line.scrappedQuantity! < line.receivedQuantity!,
    );
    if (forgotten.length > 0) throw inspectionIncomplete(forgotten.map(({ sku, lineId }) => ({ sku, lineId })));
    this.inspectedAt = at;
  }

  /** Money for the goods is on its way. @param amount minor units */
  refund(refundId: string, amount: number): void {
    this.move('refunding');
    this.refundId = refundId;
    this.refundAmount = amount;
  }

  /** A part of the worth goes back otherwise, minor units. */
  settlePart(amount: number): void {
    this.settledAmount += amount;
  }

  /** The money is with the shopper. */
  settle(at: Date): void {
    this.move('refunded');
    this.endedAt = at;
  }

  /** The gateway did not take the refund, or the money came back: it can be asked for again. */
  refundFailed(): void {
    this.move('inspected');
    this.endedAt = null;
    this.refundId = null;
    this.refundAmount = null;
  }

  /** Other goods are sent for these; what they cost less goes back as money. @param rest minor units */
  exchange(orderId: string, at: Date, rest: { refundId: string; amount: number } | null): void {
    this.move('exchanged');
    this.replacementOrderId = orderId;
    this.refundId = rest?.refundId ?? null;
    this.refundAmount = rest?.amount ?? null;
    this.endedAt = at;
  }

  /** The other goods are not sent after all: what becomes of the return is decided anew. */
  reopen(): void {
    this.move('inspected');
    this.replacementOrderId = null;
    this.endedAt = null;
    this.settlePart(this.refundAmount ?? 0);
    this.refundId = null;
    this.refundAmount = null;
  }

  /** Ends without money: nothing came, or nothing is owed for it. */
  close(at: Date): void {
    this.move('closed');
    this.endedAt = at;
  }

  /**
   * What the received goods of an inspected return were sold for, less what of it is settled already; minor units.
   * @throws AppError conflict `orders.nothing-to-refund`, `orders.return-transition-refused`
   */
  worth(to: 'refunding' | 'exchanged' = 'refunding'): number {
    if (this.status !== 'inspected') throw returnTransitionRefused(this.status, to);
    const sum = this.lines.reduce((all, { amount }) => all + (amount ?? 0), 0) - this.settledAmount;
    if (sum <= 0) throw nothingToRefund();
    return sum;
  }

  announce(order: Order): void {
    this.record(
      new ReturnChanged(
        this.id,
        {
          returnId: this.id,
          number: this.number,
          status: this.status,
          orderId: order.id,
          orderNumber: order.number,
          email: order.email,
          userId: order.userId,
          refund: this.refundAmount === null ? null : { amount: this.refundAmount, currency: this.currency },
          lines: this.lines.map(({ lineId, sku, quantity, receivedQuantity }) => ({
            lineId,
            sku,
            name: lineName(order.line(lineId)),
            quantity: receivedQuantity ?? quantity,
          })),
        },
        this.version + 1,
      ),
    );
  }

  private line(lineId: string): ReturnLine {
    const line = this.lines.find((each) => each.lineId === lineId);
    if (!line) throw returnLineUnknown(lineId);
    return line;
  }

  private move(to: ReturnState): void {
    if (!RETURN_STATE_EDGES[this.status].includes(to)) throw returnTransitionRefused(this.status, to);
    this.status = to;
  }
}
