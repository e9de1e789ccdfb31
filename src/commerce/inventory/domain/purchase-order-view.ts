import type { Money } from '../../../kernel/money/money';
import type { PurchaseState } from './purchase-order';

export interface PurchaseOrderLineView {
  id: string;
  sku: string;
  supplierSku: string | null;
  name: string;
  quantity: number;
  received: number;
  open: number;
  unitCost: Money;
  total: Money;
  expectedAt: string | null;
}

/** An order to a supplier, without its lines. */
export interface PurchaseOrderSummary {
  id: string;
  number: string;
  status: PurchaseState;
  supplier: { id: string; name: string };
  locationId: string;
  total: Money;
  /** Pieces that are still to come; none once the order ended. */
  openQuantity: number;
  expectedAt: string | null;
  reference: string | null;
  orderedAt: string | null;
  endedAt: string | null;
  createdAt: string;
}

export interface PurchaseOrderView extends PurchaseOrderSummary {
  lines: PurchaseOrderLineView[];
  note: string | null;
  endNote: string | null;
  /** Also the ETag. */
  version: number;
}
