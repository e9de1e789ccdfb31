import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import type { WorkOrderLine, WorkOrderState } from '../domain/work-order';

export interface NewWorkOrder {
  id: string;
  vehicleId: string;
  scheduleId: string | null;
  cycle: number | null;
  title: string;
  description: string | null;
  currency: string;
  assignee: string | null;
  by: string | null;
}

export interface WorkOrderRow {
  id: string;
  vehicleId: string;
  scheduleId: string | null;
  state: WorkOrderState;
  currency: string;
  openedAt: Date;
}

/** Work orders and what was spent on them. A vehicle's row is locked before its orders. */
@Injectable()
export class WorkOrderRepository {
  constructor(private readonly uow: UnitOfWork) {}

  /** @returns false where the cycle has its order already */
  async insert(order: NewWorkOrder): Promise<boolean> {
    const tx = this.uow.current();
    const [{ last }] = await tx.query<{ last: number }>(
      `insert into fleet.work_order_counters as c (tenant_id, id, last) values ($1, $1, 1)
       on conflict (tenant_id, id) do update set last = c.last + 1 returning last`,
      [tx.tenantId],
    );
    const written = await tx.execute(
      `insert into fleet.work_orders (tenant_id, id, number, vehicle_id, schedule_id, cycle, title, description, currency, assignee, opened_at, opened_by)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, kernel.now(), $11)
       on conflict (tenant_id, schedule_id, cycle) where state <> 'cancelled' do nothing`,
      [
        tx.tenantId,
        order.id,
        last,
        order.vehicleId,
        order.scheduleId,
        order.cycle,
        order.title,
        order.description,
        order.currency,
        order.assignee,
        order.by,
      ],
    );
    return written === 1;
  }

  /** The vehicle of an order, unlocked: vehicles are locked first. */
  async vehicleOf(id: string): Promise<string | null> {
    const tx = this.uow.current();
    const [row] = await tx.query<{ vehicleId: string }>(
      `select vehicle_id as "vehicleId" from fleet.work_orders where tenant_id = $1 and id = $2`,
      [tx.tenantId, id],
    );
    return row?.vehicleId ?? null;
  }

  async lock(id: string): Promise<WorkOrderRow | null> {
    const tx = this.uow.current();
    const [row] = await tx.query<WorkOrderRow>(
      `select id, vehicle_id as "vehicleId", schedule_id as "scheduleId", state, currency, opened_at as "openedAt"
       from fleet.work_orders where tenant_id = $1 and id = $2 for no key update`,
      [tx.tenantId, id],
    );
    return row ?? null;
  }

  async move(id: string, state: WorkOrderState): Promise<void> {
    const tx = this.uow.current();
    await tx.execute(
      `update fleet.work_orders set state = $3,
         started_at = case when $3 = 'in_progress' then coalesce(started_at, kernel.now()) else started_at end
       where tenant_id = $1 and id = $2`,
      [tx.tenantId, id, state],
    );
  }

  async close(
    id: string,
    closing: {
      state: 'completed' | 'cancelled';
      at: Date;
      by: string | null;
      note: string | null;
      metres: number;
      seconds: number;
    },
  ): Promise<void> {
    const tx = this.uow.current();
    await tx.execute(
      `update fleet.work_orders set state = $3, closed_at = $4, closed_by = $5, closing_note = $6, odometer_metres = $7, engine_seconds = $8
       where tenant_id = $1 and id = $2`,
      [tx.tenantId, id, closing.state, closing.at, closing.by, closing.note, closing.metres, closing.seconds],
    );
  }

  async addLine(workOrderId: string, line: WorkOrderLine, by: string | null): Promise<void> {
    const tx = this.uow.current();
    const { id, kind, description, sku, quantity, total, warrantyId } = line;
    await tx.execute(
      `insert into fleet.work_order_lines (tenant_id, id, work_order_id, kind, description, sku, quantity, amount, currency, warranty_id,
         created_by, created_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, kernel.now())`,
      [tx.tenantId, id, workOrderId, kind, description, sku, quantity, total.amount, total.currency, warrantyId, by],
    );
  }

  /** Ends the defects of an order. @returns whether the vehicle has critical ones left */
  async closeDefects(workOrderId: string, vehicleId: string, state: 'fixed' | 'dismissed'): Promise<boolean> {
    const tx = this.uow.current();
    await tx.execute(
      `update fleet.defects set state = $3, closed_at = kernel.now() where tenant_id = $1 and work_order_id = $2 and state = 'open'`,
      [tx.tenantId, workOrderId, state],
    );
    const [{ left }] = await tx.query<{ left: boolean }>(
      `select exists (select from fleet.defects where tenant_id = $1 and vehicle_id = $2 and state = 'open' and critical) as left`,
      [tx.tenantId, vehicleId],
    );
    return left;
  }
}
