import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { newId } from '../../../kernel/ids/ids';
import type { Order, Parcel } from '../domain/order';

/** Stores parcels. The order's row is locked by whoever writes one. */
@Injectable()
export class ShipmentRepository {
  constructor(private readonly uow: UnitOfWork) {}

  /** What the next parcel of an order is called: the order's number and a count. */
  async nextNumber(order: Order): Promise<string> {
    const tx = this.uow.current();
    const [{ count }] = await tx.query<{ count: number }>(
      `select count(*)::int as count from orders.shipments where tenant_id = $1 and order_id = $2`,
      [tx.tenantId, order.id],
    );
    return `${order.number}-${count + 1}`;
  }

  /** Stores a parcel and counts what left on the order's lines, in one statement. */
  async ship(order: Order, parcel: Parcel, at: Date): Promise<void> {
    const tx = this.uow.current();
    const lines = parcel.lines.map((line) => ({ ...line, id: newId() }));
    await tx.execute(
      `with parcel as (
         insert into orders.shipments (tenant_id, id, order_id, number, carrier, tracking_number, tracking_url, shipped_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8)
       ), gone as (
         select x.id, x."lineId" as line_id, x.quantity from json_to_recordset($9::json) as x(id uuid, "lineId" uuid, quantity bigint)
       ), stored as (
         insert into orders.shipment_lines (tenant_id, id, order_id, shipment_id, line_id, quantity)
         select $1, gone.id, $3, $2, gone.line_id, gone.quantity from gone
       )
       update orders.order_lines l set shipped_quantity = l.shipped_quantity + gone.quantity
       from gone where l.tenant_id = $1 and l.id = gone.line_id and l.order_id = $3`,
      [
        tx.tenantId,
        parcel.shipmentId,
        order.id,
        parcel.shipmentNumber,
        parcel.carrier,
        parcel.trackingNumber,
        parcel.trackingUrl,
        at,
        JSON.stringify(lines),
      ],
    );
  }

  /**
   * Notes that a parcel arrived.
   * @returns null when the order has no such parcel, else whether parcels of the order are still on their way
   */
  async arrive(orderId: string, shipmentId: string, at: Date): Promise<{ noted: boolean; underway: number } | null> {
    const tx = this.uow.current();
    const noted = await tx.execute(
      `update orders.shipments set delivered_at = $4 where tenant_id = $1 and order_id = $2 and id = $3 and delivered_at is null`,
      [tx.tenantId, orderId, shipmentId, at],
    );
    const [found] = await tx.query<{ mine: number; underway: number }>(
      `select count(*) filter (where id = $3)::int as mine, count(*) filter (where delivered_at is null)::int as underway
       from orders.shipments where tenant_id = $1 and order_id = $2`,
      [tx.tenantId, orderId, shipmentId],
    );
    return found.mine === 0 ? null : { noted: noted > 0, underway: found.underway };
  }

  /** Every parcel of an order that is not known to have arrived has. */
  async arriveAll(orderId: string, at: Date): Promise<void> {
    const tx = this.uow.current();
    await tx.execute(
      `update orders.shipments set delivered_at = $3 where tenant_id = $1 and order_id = $2 and delivered_at is null`,
      [tx.tenantId, orderId, at],
    );
  }
}
