import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { newId } from '../../../kernel/ids/ids';
import type { Order } from '../domain/order';
import { OrderReturn, RETURN_UNDERWAY, type ReturnLine, type ReturnRecord } from '../domain/order-return';
import { staleReturn } from '../domain/orders.errors';

export const RETURN_COLUMNS = `r.id, r.order_id as "orderId", r.number, r.status, r.requested_by as "requestedBy", r.note, r.currency,
  r.refund_amount as "refundAmount", r.refund_id as "refundId", r.settled_amount as "settledAmount",
  r.replacement_order_id as "replacementOrderId",
  r.requested_at as "requestedAt", r.approved_at as "approvedAt", r.received_at as "receivedAt",
  r.inspected_at as "inspectedAt", r.ended_at as "endedAt", r.version`;
export const RETURN_LINES = `(select json_agg(json_build_object('id', x.id, 'lineId', x.line_id, 'sku', l.sku, 'quantity', x.quantity,
    'reason', x.reason, 'receivedQuantity', x.received_quantity, 'restockedQuantity', x.restocked_quantity,
    'scrappedQuantity', x.scrapped_quantity, 'amount', x.amount) order by l.position)
  from orders.return_lines x join orders.order_lines l on l.tenant_id = x.tenant_id and l.id = x.line_id
  where x.tenant_id = r.tenant_id and x.return_id = r.id) as lines`;

/** Stores returns. Whoever changes one has locked its order before. */
@Injectable()
export class ReturnRepository {
  constructor(private readonly uow: UnitOfWork) {}

  /** The order that a return belongs to, unlocked; null when the shop has no such return. */
  async orderOf(where: { returnId: string } | { refundId: string }): Promise<{ id: string; orderId: string } | null> {
    const tx = this.uow.current();
    const [column, value] = 'returnId' in where ? ['id', where.returnId] : ['refund_id', where.refundId];
    const [row] = await tx.query<{ id: string; orderId: string }>(
      `select id, order_id as "orderId" from orders.returns where tenant_id = $1 and ${column} = $2`,
      [tx.tenantId, value],
    );
    return row ?? null;
  }

  /** A return with its lines; its order is locked. */
  async find(id: string): Promise<OrderReturn | null> {
    const tx = this.uow.current();
    const [row] = await tx.query<ReturnRecord & { lines: ReturnLine[] }>(
      `select ${RETURN_COLUMNS}, ${RETURN_LINES} from orders.returns r where r.tenant_id = $1 and r.id = $2`,
      [tx.tenantId, id],
    );
    return row ? OrderReturn.of(row, row.lines) : null;
  }

  /** Pieces by line that are announced to come back and are not here yet; and how many returns the order has. */
  async announced(orderId: string): Promise<{ byLine: Map<string, number>; returns: number }> {
    const tx = this.uow.current();
    const rows = await tx.query<{ lineId: string; quantity: number; returns: number }>(
      `select x.line_id as "lineId", (sum(x.quantity) filter (where r.status in ('requested', 'approved')))::float8 as quantity,
         (select count(*)::int from orders.returns a where a.tenant_id = $1 and a.order_id = $2) as returns
       from orders.returns r join orders.return_lines x on x.tenant_id = r.tenant_id and x.return_id = r.id
       where r.tenant_id = $1 and r.order_id = $2 group by x.line_id`,
      [tx.tenantId, orderId],
    );
    return { byLine: new Map(rows.map((row) => [row.lineId, row.quantity ?? 0])), returns: rows[0]?.returns ?? 0 };
  }

  /** True when another return of the order is on its way or being looked at. */
  async othersUnderway(orderId: string, id: string): Promise<boolean> {
    const tx = this.uow.current();
    const rows = await tx.query<{ id: string }>(
      `select id from orders.returns where tenant_id = $1 and order_id = $2 and id <> $3 and status = any($4::text[]) limit 1`,
      [tx.tenantId, orderId, id, RETURN_UNDERWAY],
    );
    return rows.length > 0;
  }

  async insert(back: OrderReturn): Promise<void> {
    const tx = this.uow.current();
    await tx.execute(
      `with stored as (
         insert into orders.returns (tenant_id, id, order_id, number, status, requested_by, note, currency, requested_at, approved_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
       )
       insert into orders.return_lines (tenant_id, id, order_id, return_id, line_id, quantity, reason)
       select $1, x.id, $3, $2, x."lineId", x.quantity, x.reason
       from json_to_recordset($11::json) as x(id uuid, "lineId" uuid, quantity bigint, reason text)`,
      [
        tx.tenantId,
        back.id,
        back.orderId,
        back.number,
        back.status,
        back.requestedBy,
        back.note,
        back.currency,
        back.requestedAt,
        back.approvedAt,
        JSON.stringify(back.lines.map((line) => ({ ...line, id: newId() }))),
      ],
    );
    tx.record(...back.pullEvents());
  }

  /** Writes a changed return with what is known of its lines. @throws AppError conflict `orders.stale-return` */
  async save(back: OrderReturn): Promise<void> {
    const tx = this.uow.current();
    const affected = await tx.execute(
      `with counted as (
         update orders.return_lines l set received_quantity = x."receivedQuantity", restocked_quantity = x."restockedQuantity",
           scrapped_quantity = x."scrappedQuantity", amount = x.amount
         from json_to_recordset($12::json) as x(id uuid, "receivedQuantity" bigint, "restockedQuantity" bigint,
           "scrappedQuantity" bigint, amount bigint)
         where l.tenant_id = $1 and l.id = x.id and l.return_id = $2
       )
       update orders.returns set status = $4, note = $5, refund_amount = $6, refund_id = $7, replacement_order_id = $8,
         approved_at = $9, received_at = $10, inspected_at = $11, ended_at = $13, settled_amount = $14, version = version + 1
       where tenant_id = $1 and id = $2 and version = $3`,
      [
        tx.tenantId,
        back.id,
        back.version,
        back.status,
        back.note,
        back.refundAmount,
        back.refundId,
        back.replacementOrderId,
        back.approvedAt,
        back.receivedAt,
        back.inspectedAt,
        JSON.stringify(back.lines),
        back.endedAt,
        back.settledAmount,
      ],
    );
    if (affected !== 1) throw staleReturn();
    back.version += 1;
    tx.record(...back.pullEvents());
  }

  /** Writes how many pieces of each line of the order came back or were given up. */
  async count(order: Order): Promise<void> {
    const tx = this.uow.current();
    const lines = order.lines.map(({ id, returnedQuantity, cancelledQuantity }) => ({
      id,
      returnedQuantity,
      cancelledQuantity,
    }));
    await tx.execute(
      `update orders.order_lines l set returned_quantity = x."returnedQuantity", cancelled_quantity = x."cancelledQuantity"
       from json_to_recordset($3::json) as x(id uuid, "returnedQuantity" bigint, "cancelledQuantity" bigint)
       where l.tenant_id = $1 and l.order_id = $2 and l.id = x.id
         and (l.returned_quantity, l.cancelled_quantity) is distinct from (x."returnedQuantity", x."cancelledQuantity")`,
      [tx.tenantId, order.id, JSON.stringify(lines)],
    );
  }
}
