import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Database } from '../../../kernel/database/database';
import { keyset, type ListQuery, type Page } from '../../../kernel/http/pagination';
import { multiply, sum, type Money } from '../../../kernel/money/money';
import { PURCHASE_COLUMNS } from '../data/purchase-order.repository';
import {
  differencesOf,
  openOf,
  type PurchaseLine,
  type PurchaseOrderRecord,
  type ReceiptDifference,
} from '../domain/purchase-order';
import type { PurchaseOrderSummary, PurchaseOrderView } from '../domain/purchase-order-view';
import { purchaseOrderNotFound } from '../domain/purchasing.errors';
import { DEFAULT_PURCHASING, type PurchasingSettings } from '../domain/purchasing-settings';

export interface PurchaseReceiptView {
  id: string;
  number: string;
  purchaseOrderId: string;
  deliveryNote: string | null;
  note: string | null;
  receivedAt: string;
  actorId: string | null;
  lines: {
    lineId: string;
    sku: string;
    quantity: number;
    announced: number | null;
    over: number;
    locationId: string;
    lotNumber: string | null;
    expiresAt: string | null;
    unitCost: Money;
  }[];
  differences: ReceiptDifference[];
}

/** @throws AppError not-found `inventory.purchase-order-not-found` */
export class FindPurchaseOrderQuery extends Query<PurchaseOrderView> {
  constructor(readonly orderId: string) {
    super();
  }
}

/** A page of purchase orders, newest first. */
export class ListPurchaseOrdersQuery extends Query<Page<PurchaseOrderSummary>> {
  constructor(readonly list: ListQuery) {
    super();
  }
}

/**
 * A page of what came for an order, newest first; or one delivery of it.
 * @throws AppError not-found `inventory.purchase-order-not-found`
 */
export class ListPurchaseReceiptsQuery extends Query<Page<PurchaseReceiptView>> {
  constructor(
    readonly orderId: string,
    readonly list: ListQuery & { id?: string },
  ) {
    super();
  }
}

/** How the shop buys. */
export class PurchasingSettingsQuery extends Query<PurchasingSettings> {}

type DatedLine = Omit<PurchaseLine, 'expectedAt'> & { expectedAt: string | null };
const LINES = `(select coalesce(json_agg(json_build_object('id', x.id, 'sku', x.sku, 'supplierSku', x.supplier_sku, 'name', x.name,
    'quantity', x.quantity, 'received', x.received, 'unitCost', x.unit_cost, 'expectedAt', x.expected_at) order by x.position), '[]')
  from inventory.purchase_order_lines x where x.tenant_id = o.tenant_id and x.order_id = o.id) as lines`;
const SUMS = `(select coalesce(sum(x.quantity * x.unit_cost), 0)::bigint as total,
    coalesce(sum(greatest(x.quantity - x.received, 0)), 0)::bigint as open
  from inventory.purchase_order_lines x where x.tenant_id = o.tenant_id and x.order_id = o.id) s`;

const at = (date: Date | null): string | null => date?.toISOString() ?? null;
const instant = (text: string | null): string | null => (text === null ? null : new Date(text).toISOString());

function summaryOf(row: PurchaseOrderRecord, total: Money, open: number): PurchaseOrderSummary {
  return {
    id: row.id,
    number: row.number,
    status: row.status,
    supplier: { id: row.supplierId, name: row.supplierName },
    locationId: row.locationId,
    total,
    openQuantity: row.endedAt === null ? open : 0,
    expectedAt: at(row.expectedAt),
    reference: row.reference,
    orderedAt: at(row.orderedAt),
    endedAt: at(row.endedAt),
    createdAt: row.createdAt.toISOString(),
  };
}

function viewOf(row: PurchaseOrderRecord & { lines: DatedLine[] }): PurchaseOrderView {
  const money = (amount: number): Money => ({ amount, currency: row.currency });
  const lines = row.lines.map((line) => ({
    id: line.id,
    sku: line.sku,
    supplierSku: line.supplierSku,
    name: line.name,
    quantity: line.quantity,
    received: line.received,
    open: row.endedAt === null ? openOf(line) : 0,
    unitCost: money(line.unitCost),
    total: multiply(money(line.unitCost), line.quantity),
    expectedAt: instant(line.expectedAt),
  }));
  const open = lines.reduce((all, line) => all + line.open, 0);
  const total = sum(
    lines.map((line) => line.total),
    row.currency,
  );
  return { ...summaryOf(row, total, open), lines, note: row.note, endNote: row.endNote, version: row.version };
}

const ORDERS = keyset({
  id: 'o.id',
  sorts: {
    createdAt: { sql: 'o.created_at', type: 'timestamptz' },
    expectedAt: { sql: 'o.expected_at', type: 'timestamptz', nullable: true },
    number: { sql: 'o.number', type: 'text' },
  },
  defaultSort: '-createdAt',
  filters: {
    status: { sql: 'o.status', type: 'text' },
    supplierId: { sql: 'o.supplier_id', type: 'uuid' },
    number: { sql: 'o.number', type: 'text' },
    expectedAt: { sql: 'o.expected_at', type: 'timestamptz' },
    sku: (sku: string, place) =>
      `exists (select from inventory.purchase_order_lines y where y.tenant_id = o.tenant_id and y.order_id = o.id and y.sku = ${place(sku, 'text')})`,
  },
});
const RECEIPTS = keyset({
  id: 'r.id',
  sorts: {},
  // Ids are made in the order of time.
  defaultSort: '-id',
  filters: { id: { sql: 'r.id', type: 'uuid' } },
});

@QueryHandler(FindPurchaseOrderQuery)
export class FindPurchaseOrderHandler implements IQueryHandler<FindPurchaseOrderQuery> {
  constructor(private readonly database: Database) {}

  async execute({ orderId }: FindPurchaseOrderQuery): Promise<PurchaseOrderView> {
    const [row] = await this.database.read<PurchaseOrderRecord & { lines: DatedLine[] }>(
      `select ${PURCHASE_COLUMNS}, ${LINES} from inventory.purchase_orders o where o.tenant_id = kernel.tenant_id() and o.id = $1`,
      [orderId],
    );
    if (!row) throw purchaseOrderNotFound();
    return viewOf(row);
  }
}

@QueryHandler(ListPurchaseOrdersQuery)
export class ListPurchaseOrdersHandler implements IQueryHandler<ListPurchaseOrdersQuery> {
  constructor(private readonly database: Database) {}

  execute({ list }: ListPurchaseOrdersQuery): Promise<Page<PurchaseOrderSummary>> {
    type Row = PurchaseOrderRecord & { total: number; open: number };
    return ORDERS.run<Row, PurchaseOrderSummary>(this.database, list, {
      select: `${PURCHASE_COLUMNS}, s.total, s.open`,
      from: `inventory.purchase_orders o cross join lateral ${SUMS}`,
      where: 'o.tenant_id = kernel.tenant_id()',
      map: ({ total, open, ...row }) => summaryOf(row, { amount: total, currency: row.currency }, open),
    });
  }
}

interface ReceiptRow {
  id: string;
  number: string;
  deliveryNote: string | null;
  note: string | null;
  receivedAt: Date;
  actorId: string | null;
  currency: string;
  lines: (Omit<PurchaseReceiptView['lines'][number], 'unitCost'> & { unitCost: number; orderedCost: number })[];
}

@QueryHandler(ListPurchaseReceiptsQuery)
export class ListPurchaseReceiptsHandler implements IQueryHandler<ListPurchaseReceiptsQuery> {
  constructor(private readonly database: Database) {}

  async execute({ orderId, list }: ListPurchaseReceiptsQuery): Promise<Page<PurchaseReceiptView>> {
    const page = await RECEIPTS.run<ReceiptRow, PurchaseReceiptView>(this.database, list, {
      select: `r.id, r.number, r.delivery_note as "deliveryNote", r.note, r.received_at as "receivedAt", r.actor_id as "actorId", o.currency,
        (select json_agg(json_build_object('lineId', y.line_id, 'sku', x.sku, 'quantity', y.quantity, 'announced', y.announced, 'over', y.over,
            'locationId', y.location_id, 'lotNumber', y.lot_number, 'expiresAt', y.expires_at, 'unitCost', y.unit_cost,
            'orderedCost', y.ordered_cost) order by y.position)
          from inventory.purchase_receipt_lines y
          join inventory.purchase_order_lines x on x.tenant_id = y.tenant_id and x.id = y.line_id
          where y.tenant_id = r.tenant_id and y.order_id = r.order_id and y.receipt_id = r.id) as lines`,
      from: 'inventory.purchase_receipts r join inventory.purchase_orders o on o.tenant_id = r.tenant_id and o.id = r.order_id',
      where: 'r.tenant_id = kernel.tenant_id() and r.order_id = $1',
      params: [orderId],
      map: (row) => receiptOf(orderId, row),
    });
    // An empty page is either of an order of which nothing came or of none at all.
    if (page.data.length === 0) await this.demand(orderId);
    return page;
  }

  private async demand(orderId: string): Promise<void> {
    const found = await this.database.read<{ id: string }>(
      `select id from inventory.purchase_orders where tenant_id = kernel.tenant_id() and id = $1`,
      [orderId],
    );
    if (found.length === 0) throw purchaseOrderNotFound();
  }
}

function receiptOf(purchaseOrderId: string, row: ReceiptRow): PurchaseReceiptView {
  return {
    id: row.id,
    number: row.number,
    purchaseOrderId,
    deliveryNote: row.deliveryNote,
    note: row.note,
    receivedAt: row.receivedAt.toISOString(),
    actorId: row.actorId,
    lines: row.lines.map(({ orderedCost: _, ...line }) => ({
      ...line,
      expiresAt: instant(line.expiresAt),
      unitCost: { amount: line.unitCost, currency: row.currency },
    })),
    differences: row.lines.flatMap(differencesOf),
  };
}

@QueryHandler(PurchasingSettingsQuery)
export class PurchasingSettingsHandler implements IQueryHandler<PurchasingSettingsQuery> {
  constructor(private readonly database: Database) {}

  async execute(): Promise<PurchasingSettings> {
    const [row] = await this.database.read<PurchasingSettings>(
      `select over_receipt_basis_points as "overReceiptBasisPoints", number_prefix as "numberPrefix", demand_days as "demandDays",
         safety_days as "safetyDays"
       from inventory.purchasing_settings where tenant_id = kernel.tenant_id()`,
    );
    return row ?? DEFAULT_PURCHASING;
  }
}
