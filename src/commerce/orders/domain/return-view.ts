import type { Money } from '../../../kernel/money/money';
import type { ReturnState } from '../contracts/order-status';
import type { ReturnLine, ReturnRecord } from './order-return';

/** A return as clients see it. */
export interface ReturnView {
  id: string;
  number: string;
  orderId: string;
  status: ReturnState;
  requestedBy: 'customer' | 'staff';
  note: string | null;
  refund: Money | null;
  refundId: string | null;
  /** Part of the worth that went back otherwise: through an earlier order, or when an exchange shrank. */
  settled: Money;
  /** The order that is sent in exchange; null where there is none. */
  replacementOrderId: string | null;
  lines: {
    lineId: string;
    sku: string;
    quantity: number;
    reason: string;
    receivedQuantity: number | null;
    restockedQuantity: number | null;
    scrappedQuantity: number | null;
    amount: Money | null;
  }[];
  requestedAt: string;
  approvedAt: string | null;
  receivedAt: string | null;
  inspectedAt: string | null;
  endedAt: string | null;
  version: number;
}

/** The view of a return and its lines; a whitelist. */
export function returnViewOf(back: ReturnRecord, lines: readonly ReturnLine[]): ReturnView {
  const { currency } = back;
  const at = (date: Date | null): string | null => date?.toISOString() ?? null;
  const money = (amount: number | null): Money | null => (amount === null ? null : { amount, currency });
  return {
    id: back.id,
    number: back.number,
    orderId: back.orderId,
    status: back.status,
    requestedBy: back.requestedBy,
    note: back.note,
    refund: money(back.refundAmount),
    refundId: back.refundId,
    settled: { amount: back.settledAmount, currency },
    replacementOrderId: back.replacementOrderId,
    lines: lines.map((line) => ({
      lineId: line.lineId,
      sku: line.sku,
      quantity: line.quantity,
      reason: line.reason,
      receivedQuantity: line.receivedQuantity,
      restockedQuantity: line.restockedQuantity,
      scrappedQuantity: line.scrappedQuantity,
      amount: money(line.amount),
    })),
    requestedAt: back.requestedAt.toISOString(),
    approvedAt: at(back.approvedAt),
    receivedAt: at(back.receivedAt),
    inspectedAt: at(back.inspectedAt),
    endedAt: at(back.endedAt),
    version: back.version,
  };
}
