import { Injectable } from '@nestjs/common';
import { currentContext } from '../../../kernel/context/request-context';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { newId } from '../../../kernel/ids/ids';
import { deliveryReceived } from '../domain/purchasing.errors';
import { PurchaseOrder, type PurchaseLine, type PurchaseOrderRecord } from '../domain/purchase-order';
import { DEFAULT_PURCHASING, type PurchasingSettings } from '../domain/purchasing-settings';

/** First number of a shop's purchase orders. */
const FIRST_NUMBER = 1001;

/** Columns of an order as its record wants them; the alias is `o`. */
export const PURCHASE_COLUMNS = `o.id, o.number, o.supplier_id as "supplierId", o.supplier_name as "supplierName", o.status, o.currency,
  o.location_id as "locationId", o.expected_at as "expectedAt", o.reference, o.note, o.end_note as "endNote", o.ordered_at as "orderedAt",
  o.ended_at as "endedAt", o.version, o.created_at as "createdAt"`;
export const PURCHASE_LINE_COLUMNS = `x.id, x.sku, x.supplier_sku as "supplierSku", x.name, x.quantity, x.received, x.unit_cost as "unitCost",
  x.expected_at as "expectedAt"`;

/** A delivery as it is stored. */
export interface NewReceipt {
  id: string;
  number: string;
  deliveryNote: string | null;
  note: string | null;
  receivedAt: Date;
  lines: {
    lineId: string;
    locationId: string;
    quantity: number;
    announced: number | null;
    over: number;
    lotNumber: string | null;
    expiresAt: string | null;
    unitCost: number;
    orderedCost: number;
  }[];
}

/** Stores purchase orders and their receipts. An order's row is locked before any stock. */
@Injectable()
export class PurchaseOrderRepository {
  constructor(private readonly uow: UnitOfWork) {}

  /** How the shop buys; the product's defaults where it never said. */
  async settings(): Promise<PurchasingSettings> {
    const tx = this.uow.current();
    const [row] = await tx.query<PurchasingSettings>(
      `select over_receipt_basis_points as "overReceiptBasisPoints", number_prefix as "numberPrefix", demand_days as "demandDays",
         safety_days as "safetyDays"
       from inventory.purchasing_settings where tenant_id = $1 and id = $1`,
      [tx.tenantId],
    );
    return row ?? DEFAULT_PURCHASING;
  }

  async saveSettings(settings: PurchasingSettings): Promise<void> {
    const tx = this.uow.current();
    await tx.execute(
      `insert into inventory.purchasing_settings (tenant_id, id, over_receipt_basis_points, number_prefix, demand_days, safety_days)
       values ($1, $1, $2, $3, $4, $5)
       on conflict (tenant_id, id) do update set over_receipt_basis_points = excluded.over_receipt_basis_points,
         number_prefix = excluded.number_prefix, demand_days = excluded.demand_days, safety_days = excluded.safety_days,
         version = purchasing_settings.version + 1`,
      [tx.tenantId, settings.overReceiptBasisPoints, settings.numberPrefix, settings.demandDays, settings.safetyDays],
    );
  }

  /** The shop's next number; whoever has it holds the counter until the commit, so that none is left out. */
  async nextNumber(): Promise<number> {
    const tx = this.uow.current();
    const [row] = await tx.query<{ last: number }>(
      `insert into inventory.purchase_order_counters (tenant_id, id, last) values ($1, $1, ${FIRST_NUMBER})
       on conflict (tenant_id, id) do update set last = purchase_order_counters.last + 1 returning last`,
      [tx.tenantId],
    );
    return row.last;
  }

  /** An order with its lines, locked; null when the shop has none with this id. */
  async lock(id: string): Promise<PurchaseOrder | null> {
    const tx = this.uow.current();
    const [order] = await tx.query<PurchaseOrderRecord>(
      `select ${PURCHASE_COLUMNS} from inventory.purchase_orders o where o.tenant_id = $1 and o.id = $2 for no key update`,
      [tx.tenantId, id],
    );
    if (!order) return null;
    // A statement of its own: lines are read as they are after the lock.
    const lines = await tx.query<PurchaseLine>(
      `select ${PURCHASE_LINE_COLUMNS} from inventory.purchase_order_lines x where x.tenant_id = $1 and x.order_id = $2 order by x.position`,
      [tx.tenantId, id],
    );
    return PurchaseOrder.of(order, lines);
  }

  async insert(order: PurchaseOrder): Promise<void> {
    const tx = this.uow.current();
    await tx.execute(
      `insert into inventory.purchase_orders (tenant_id, id, number, supplier_id, supplier_name, status, currency, location_id, expected_at,
         reference, note, created_by, created_at, updated_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $13)`,
      [
        tx.tenantId,
        order.id,
        order.number,
        order.supplierId,
        order.supplierName,
        order.status,
        order.currency,
        order.locationId,
        order.expectedAt,
        order.reference,
        order.note,
        currentContext().principal.userId,
        order.createdAt,
      ],
    );
    await this.writeLines(order);
  }

  /** Writes a locked order, without its lines. */
  async save(order: PurchaseOrder): Promise<void> {
    const tx = this.uow.current();
    await tx.execute(
      `update inventory.purchase_orders set status = $3, location_id = $4, expected_at = $5, reference = $6, note = $7, end_note = $8,
         ordered_at = $9, ended_at = $10, version = version + 1, updated_at = kernel.now()
       where tenant_id = $1 and id = $2`,
      [
        tx.tenantId,
        order.id,
        order.status,
        order.locationId,
        order.expectedAt,
        order.reference,
        order.note,
        order.endNote,
        order.orderedAt,
        order.endedAt,
      ],
    );
  }

  /** Replaces the lines of a locked draft. */
  async replaceLines(order: PurchaseOrder): Promise<void> {
    const tx = this.uow.current();
    await tx.execute(`delete from inventory.purchase_order_lines where tenant_id = $1 and order_id = $2`, [
      tx.tenantId,
      order.id,
    ]);
    await this.writeLines(order);
  }

  private async writeLines(order: PurchaseOrder): Promise<void> {
    const tx = this.uow.current();
    const lines = order.lines.map((line, index) => ({ ...line, position: index + 1 }));
    await tx.execute(
      `insert into inventory.purchase_order_lines (tenant_id, order_id, id, position, sku, supplier_sku, name, quantity, unit_cost, expected_at)
       select $1, $2, x.id, x.position, x.sku, x."supplierSku", x.name, x.quantity, x."unitCost", x."expectedAt"
       from json_to_recordset($3::json) as x(id uuid, position int, sku text, "supplierSku" text, name text, quantity bigint,
         "unitCost" bigint, "expectedAt" timestamptz)`,
      [tx.tenantId, order.id, JSON.stringify(lines)],
    );
  }

  /** What the next delivery of an order is called: the order's number and a count. */
  async nextReceiptNumber(order: PurchaseOrder): Promise<string> {
    const tx = this.uow.current();
    const [{ count }] = await tx.query<{ count: number }>(
      `select count(*)::int as count from inventory.purchase_receipts where tenant_id = $1 and order_id = $2`,
      [tx.tenantId, order.id],
    );
    return `${order.number}-${count + 1}`;
  }

  /** Stores a delivery and counts on the order's lines what came. @throws AppError conflict `inventory.delivery-received` */
  async receive(order: PurchaseOrder, receipt: NewReceipt): Promise<void> {
    const tx = this.uow.current();
    const lines = receipt.lines.map((line, index) => ({ ...line, id: newId(), position: index + 1 }));
    await tx
      .execute(
        `with delivery as (
           insert into inventory.purchase_receipts (tenant_id, id, order_id, number, delivery_note, note, actor_id, received_at)
           values ($1, $2, $3, $4, $5, $6, $7, $8)
         ), line as (
           select * from json_to_recordset($9::json) as x(id uuid, position int, "lineId" uuid, "locationId" uuid, quantity bigint,
             announced bigint, over bigint, "lotNumber" text, "expiresAt" timestamptz, "unitCost" bigint, "orderedCost" bigint)
         ), stored as (
           insert into inventory.purchase_receipt_lines (tenant_id, id, order_id, receipt_id, line_id, position, location_id, quantity,
             announced, over, lot_number, expires_at, unit_cost, ordered_cost)
           select $1, id, $3, $2, "lineId", position, "locationId", quantity, announced, over, "lotNumber", "expiresAt", "unitCost",
             "orderedCost" from line
         )
         update inventory.purchase_order_lines x set received = x.received + came.quantity
         from (select "lineId", sum(quantity)::bigint as quantity from line group by 1) came
         where x.tenant_id = $1 and x.id = came."lineId" and x.order_id = $3`,
        [
          tx.tenantId,
          receipt.id,
          order.id,
          receipt.number,
          receipt.deliveryNote,
          receipt.note,
          currentContext().principal.userId,
          receipt.receivedAt,
          JSON.stringify(lines),
        ],
      )
      .catch((error: unknown) => {
        throw (error as { constraint?: string }).constraint === 'purchase_receipts_note'
          ? deliveryReceived(receipt.deliveryNote!)
          : error;
      });
  }
}
