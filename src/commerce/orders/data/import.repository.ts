import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { newId } from '../../../kernel/ids/ids';
import type { PlannedOrder } from '../domain/import-plan';

interface Known {
  id: string;
  number: string;
  sourceHash: string | null;
}

const ROW = `number text, "customerId" uuid, email text, "customerName" text, "shippingAddress" jsonb, currency text,
  subtotal bigint, "discountTotal" bigint, "shippingTotal" bigint, "taxTotal" bigint, total bigint,
  "placedAt" timestamptz, "shippedAt" timestamptz, id uuid, "sourceHash" text`;

/** Historical orders, written set by set. */
@Injectable()
export class ImportRepository {
  constructor(private readonly uow: UnitOfWork) {}

  /** Imported orders with these numbers, locked in id order. */
  async known(numbers: readonly string[]): Promise<Map<string, Known>> {
    const tx = this.uow.current();
    const rows = await tx.query<Known>(
      `select id, number, source_hash as "sourceHash" from orders.orders
       where tenant_id = $1 and channel = 'import' and number = any($2::text[]) order by id for update`,
      [tx.tenantId, numbers],
    );
    return new Map(rows.map((row) => [row.number, row]));
  }

  async insert(orders: readonly PlannedOrder[]): Promise<void> {
    const tx = this.uow.current();
    const rows = orders.map((order) => ({ ...order.row, id: newId(), sourceHash: order.sourceHash }));
    await tx.execute(
      `insert into orders.orders (tenant_id, id, number, channel, customer_id, email, customer_name, shipping_address, currency,
         subtotal, discount_total, shipping_total, tax_total, total, payment_status, fulfilment_status, return_status,
         source_hash, placed_at, paid_at, fulfilled_at, closed_at, created_at, updated_at)
       select $1, x.id, x.number, 'import', x."customerId", x.email, x."customerName", x."shippingAddress", x.currency,
         x.subtotal, x."discountTotal", x."shippingTotal", x."taxTotal", x.total, 'paid',
         case when x."shippedAt" is null then 'none' else 'fulfilled' end, 'none',
         x."sourceHash", x."placedAt", x."placedAt", x."shippedAt", x."shippedAt", kernel.now(), kernel.now()
       from json_to_recordset($2::json) as x(${ROW})`,
      [tx.tenantId, JSON.stringify(rows)],
    );
    await this.insertLines(orders.map((order, index) => ({ orderId: rows[index].id, lines: order.lines })));
  }

  /** Replaces what these orders say, lines included. */
  async replace(orders: readonly (PlannedOrder & { id: string })[]): Promise<void> {
    const tx = this.uow.current();
    const rows = orders.map((order) => ({ ...order.row, id: order.id, sourceHash: order.sourceHash }));
    await tx.execute(
      `update orders.orders o set customer_id = x."customerId", email = x.email, customer_name = x."customerName",
         shipping_address = x."shippingAddress", currency = x.currency, subtotal = x.subtotal,
         discount_total = x."discountTotal", shipping_total = x."shippingTotal", tax_total = x."taxTotal", total = x.total,
         fulfilment_status = case when x."shippedAt" is null then 'none' else 'fulfilled' end, source_hash = x."sourceHash",
         placed_at = x."placedAt", paid_at = x."placedAt", fulfilled_at = x."shippedAt", closed_at = x."shippedAt",
         version = o.version + 1, updated_at = kernel.now()
       from json_to_recordset($2::json) as x(${ROW}) where o.tenant_id = $1 and o.id = x.id`,
      [tx.tenantId, JSON.stringify(rows)],
    );
    await tx.execute(`delete from orders.order_lines where tenant_id = $1 and order_id = any($2::uuid[])`, [
      tx.tenantId,
      orders.map((order) => order.id),
    ]);
    await this.insertLines(orders.map((order) => ({ orderId: order.id, lines: order.lines })));
  }

  private async insertLines(orders: { orderId: string; lines: Record<string, unknown>[] }[]): Promise<void> {
    const tx = this.uow.current();
    const rows = orders.flatMap(({ orderId, lines }) => lines.map((line) => ({ ...line, orderId, id: newId() })));
    await tx.execute(
      `insert into orders.order_lines (tenant_id, id, order_id, position, sku, variant_id, product_id, product_name, variant_name,
         category_id, category_name, quantity, unit_price, discount_basis_points, total)
       select $1, x.id, x."orderId", x.position, x.sku, x."variantId", x."productId", x."productName", x."variantName",
         x."categoryId", x."categoryName", x.quantity, x."unitPrice", x."discountBasisPoints", x.total
       from json_to_recordset($2::json) as x(id uuid, "orderId" uuid, position int, sku text, "variantId" uuid, "productId" uuid,
         "productName" text, "variantName" text, "categoryId" uuid, "categoryName" text, quantity bigint, "unitPrice" bigint,
         "discountBasisPoints" int, total bigint)`,
      [tx.tenantId, JSON.stringify(rows)],
    );
  }
}
