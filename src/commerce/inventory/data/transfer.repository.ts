import { Injectable } from '@nestjs/common';
import { currentContext } from '../../../kernel/context/request-context';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { newId } from '../../../kernel/ids/ids';
import type { Settled, TransferState, TravellingLot } from '../domain/transfer';

export interface Transfer {
  id: string;
  fromLocationId: string;
  toLocationId: string;
  state: TransferState;
}

export interface TransferLine {
  id: string;
  sku: string;
  lotNumber: string | null;
  quantity: number;
}

/** Writes transfers and what travels with them. A transfer's row is locked before its levels. */
@Injectable()
export class TransferRepository {
  constructor(private readonly uow: UnitOfWork) {}

  async create(transfer: {
    id: string;
    fromLocationId: string;
    toLocationId: string;
    reference: string | null;
    lines: readonly { sku: string; quantity: number; lotNumber?: string }[];
  }): Promise<void> {
    const tx = this.uow.current();
    const { id, fromLocationId, toLocationId, reference, lines } = transfer;
    const rows = lines.map((line, position) => ({ id: newId(), position: position + 1, ...line }));
    await tx.execute(
      `with transfer as (
         insert into inventory.stock_transfers (tenant_id, id, from_location_id, to_location_id, reference, created_by, created_at)
         values ($1, $2, $3, $4, $5, $6, kernel.now())
       )
       insert into inventory.stock_transfer_lines (tenant_id, id, transfer_id, position, sku, lot_number, quantity)
       select $1, x.id, $2, x.position, x.sku, x."lotNumber", x.quantity
       from json_to_recordset($7::json) as x(id uuid, position int, sku text, "lotNumber" text, quantity bigint)`,
      [
        tx.tenantId,
        id,
        fromLocationId,
        toLocationId,
        reference,
        currentContext().principal.userId,
        JSON.stringify(rows),
      ],
    );
  }

  /** One transfer, locked; null when there is none. */
  async lock(id: string): Promise<Transfer | null> {
    const tx = this.uow.current();
    const [row] = await tx.query<Transfer>(
      `select id, from_location_id as "fromLocationId", to_location_id as "toLocationId", state
       from inventory.stock_transfers where tenant_id = $1 and id = $2 for update`,
      [tx.tenantId, id],
    );
    return row ?? null;
  }

  lines(id: string): Promise<TransferLine[]> {
    const tx = this.uow.current();
    return tx.query<TransferLine>(
      `select id, sku, lot_number as "lotNumber", quantity from inventory.stock_transfer_lines
       where tenant_id = $1 and transfer_id = $2 order by position`,
      [tx.tenantId, id],
    );
  }

  /** The lots that travel, first to expire first. */
  lots(id: string): Promise<TravellingLot[]> {
    const tx = this.uow.current();
    return tx.query<TravellingLot>(
      `select id, line_id as "lineId", lot_id as "lotId", number, received_at as "receivedAt", best_before_at as "bestBeforeAt",
         expires_at as "expiresAt", remove_at as "removeAt", alert_at as "alertAt", unit_cost as "unitCost",
         cost_currency as "costCurrency", quantity, received, lost, returned
       from inventory.stock_transfer_lots where tenant_id = $1 and transfer_id = $2
       order by remove_at nulls last, received_at, id`,
      [tx.tenantId, id],
    );
  }

  /** Notes which lots leave, with their dates and costs as they are now. */
  async ship(
    id: string,
    shares: readonly { id: string; lineId: string; lotId: string; quantity: number }[],
  ): Promise<void> {
    const tx = this.uow.current();
    await tx.execute(
      `with share as (
         select * from json_to_recordset($3::json) as s(id uuid, "lineId" uuid, "lotId" uuid, quantity bigint)
       ), lots as (
         insert into inventory.stock_transfer_lots (tenant_id, id, transfer_id, line_id, lot_id, number, received_at, best_before_at,
           expires_at, remove_at, alert_at, unit_cost, cost_currency, quantity)
         select $1, s.id, $2, s."lineId", t.id, t.number, t.received_at, t.best_before_at, t.expires_at, t.remove_at, t.alert_at,
           t.unit_cost, t.cost_currency, s.quantity
         from share s join inventory.stock_lots t on t.tenant_id = $1 and t.id = s."lotId"
       ), lines as (
         update inventory.stock_transfer_lines x set shipped = x.quantity where x.tenant_id = $1 and x.transfer_id = $2
       )
       update inventory.stock_transfers set state = 'shipped', shipped_at = kernel.now(), version = version + 1
       where tenant_id = $1 and id = $2`,
      [tx.tenantId, id, JSON.stringify(shares)],
    );
  }

  /** Notes what became of travelling lots; the transfer ends in `to` where given. */
  async settle(
    id: string,
    parts: readonly (Pick<Settled, 'received' | 'lost'> & { lotId: string; lineId: string; returned: number })[],
    to: TransferState | null,
    reason: string | null,
  ): Promise<void> {
    const tx = this.uow.current();
    await tx.execute(
      `with part as (
         select * from json_to_recordset($3::json) as p("lotId" uuid, "lineId" uuid, received bigint, lost bigint, returned bigint)
       ), lots as (
         update inventory.stock_transfer_lots t set received = t.received + p.received, lost = t.lost + p.lost, returned = t.returned + p.returned
         from part p where t.tenant_id = $1 and t.id = p."lotId"
       ), lines as (
         update inventory.stock_transfer_lines x set received = x.received + p.received, lost = x.lost + p.lost, returned = x.returned + p.returned
         from (select "lineId", sum(received)::bigint as received, sum(lost)::bigint as lost, sum(returned)::bigint as returned from part group by 1) p
         where x.tenant_id = $1 and x.id = p."lineId"
       )
       update inventory.stock_transfers set state = coalesce($4, state), reason = coalesce($5, reason),
         settled_at = case when $4::text is null then settled_at else kernel.now() end, version = version + 1
       where tenant_id = $1 and id = $2`,
      [tx.tenantId, id, JSON.stringify(parts), to, reason],
    );
  }
}
