import type { Money } from '../../../kernel/money/money';
import { workOrderEdge } from './maintenance.errors';

export const WORK_ORDER_STATES = ['open', 'in_progress', 'on_hold', 'completed', 'cancelled'] as const;
export type WorkOrderState = (typeof WORK_ORDER_STATES)[number];

/** States that a work order may go to. */
export const WORK_ORDER_EDGES: Record<WorkOrderState, readonly WorkOrderState[]> = {
  open: ['in_progress', 'on_hold', 'completed', 'cancelled'],
  in_progress: ['on_hold', 'completed', 'cancelled'],
  on_hold: ['in_progress', 'completed', 'cancelled'],
  completed: [],
  cancelled: [],
};

export const isClosed = (state: WorkOrderState): boolean => WORK_ORDER_EDGES[state].length === 0;

/** @throws AppError conflict `fleet.work-order-state` */
export function demandEdge(from: WorkOrderState, to: WorkOrderState): void {
  if (!WORK_ORDER_EDGES[from].includes(to)) throw workOrderEdge(from, to);
}

export const LINE_KINDS = ['part', 'labour', 'other'] as const;
export type LineKind = (typeof LINE_KINDS)[number];

export interface WorkOrderLine {
  id: string;
  kind: LineKind;
  description: string;
  sku: string | null;
  /** Pieces, or hours of labour. */
  quantity: number;
  /** Of all of it. */
  total: Money;
  /** Who pays it in place of the fleet. */
  warrantyId: string | null;
}

/** What an order costs the fleet, and what warranties pay of it. */
export function costsOf(lines: readonly WorkOrderLine[], currency: string): { cost: Money; covered: Money } {
  const sum = (own: boolean): Money => ({
    amount: lines
      .filter((line) => (line.warrantyId === null) === own)
      .reduce((all, { total }) => all + total.amount, 0),
    currency,
  });
  return { cost: sum(true), covered: sum(false) };
}
