import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { newId } from '../../../kernel/ids/ids';
import type { Holder, HoldLine, HoldReference, WaitingLine } from '../contracts/hold-stock';
import type { Money } from '../../../kernel/money/money';
import { goodsOf, heldIn, type HeldRow } from './held-goods';
import type { Reservation } from '../domain/reservation';
import { byExpiry, sumDemand } from '../domain/stock.policy';

/** A lot of the hold `r` is past its day. */
const SPOILT = `select from inventory.reservation_allocations a join inventory.stock_lots t on t.tenant_id = a.tenant_id and t.id = a.lot_id
           where a.tenant_id = $1 and a.reservation_id = r.id and a.quantity > 0 and t.remove_at <= kernel.now()`;
const RESERVATION = `id, state, expires_at as "expiresAt", need_by as "needBy"`;

/** What a hold has of one lot. */
export interface HeldLot {
  /** The lot's id. */
  id: string;
  allocationId: string;
  quantity: number;
  number: string | null;
  receivedAt: Date;
  removeAt: Date | null;
  expired: boolean;
  unitCost: Money | null;
}

/** What a hold still has on one level: `quantity` is the sum of its lots, in the order to give them out, and `backordered`. */
export interface OpenLine {
  lineId: string;
  levelId: string;
  sku: string;
  quantity: number;
  backordered: number;
  lots: HeldLot[];
}

/** Pieces of a lot that left for a reference and did not come back. */
export interface ShippedLot {
  allocationId: string;
  lotId: string;
  levelId: string;
  sku: string;
  stillOut: number;
  unitCost: Money | null;
}

type AllocationRow = Omit<HeldLot, 'id' | 'quantity' | 'unitCost' | 'allocationId' | 'expired'> & {
  allocationId: string | null;
  lotId: string;
  lotQuantity: number;
  unitCost: number | null;
  costCurrency: string | null;
  expired: boolean | null;
};

/** Finds and settles holds. A hold's row is always locked before its levels. */
@Injectable()
export class ReservationRepository {
  constructor(private readonly uow: UnitOfWork) {}

  /** One hold, locked; null when there is none. */
  async lock(id: string): Promise<Reservation | null> {
    const tx = this.uow.current();
    const rows = await tx.query<Reservation>(
      `select ${RESERVATION} from inventory.inventory_reservations where tenant_id = $1 and id = $2 for update`,
      [tx.tenantId, id],
    );
    return rows[0] ?? null;
  }

  /** The latest hold of a reference, locked; null when there never was one. */
  async lockLatest(reference: HoldReference<Holder>): Promise<Reservation | null> {
    const tx = this.uow.current();
    const rows = await tx.query<Reservation>(
      `select ${RESERVATION} from inventory.inventory_reservations
       where tenant_id = $1 and reference_type = $2 and reference_id = $3 order by id desc limit 1 for update`,
      [tx.tenantId, reference.type, reference.id],
    );
    return rows[0] ?? null;
  }

  /** The open holds of these carts, locked in id order. */
  lockOpenOf(carts: readonly HoldReference<'cart'>[]): Promise<Reservation[]> {
    const tx = this.uow.current();
    return tx.query<Reservation & object>(
      `select ${RESERVATION} from inventory.inventory_reservations
       where tenant_id = $1 and reference_type = 'cart' and reference_id = any($2::uuid[]) and state = 'active' order by id for update`,
      [tx.tenantId, carts.map(({ id }) => id)],
    );
  }

  /**
   * Gives a locked hold to a reference as it is, if at this very moment it lives, all of its lots are good, and it is of exactly
   * these lines, added up by SKU.
   * @returns what of it is waited for; null where it is not to be had so, and nothing changed
   */
  async handOver(
    holdId: string,
    to: { reference: HoldReference<Holder>; expiresAt: Date; needBy: Date | null },
    lines: readonly HoldLine[],
  ): Promise<WaitingLine[] | null> {
    const tx = this.uow.current();
    const rows = await tx.query<{ waiting: { sku: string; quantity: number; promisedAt: string | null }[] | null }>(
      `update inventory.inventory_reservations r
       set reference_type = $3, reference_id = $4, expires_at = $5, need_by = $6, version = r.version + 1
       where r.tenant_id = $1 and r.id = $2 and r.state = 'active' and r.lapsed_at is null and r.expires_at > kernel.now()
         and r.need_by is not distinct from $6::timestamptz
         and not exists (${SPOILT})
         and not exists (select from
             (select x.sku, sum(x.quantity) as quantity, max(x.beyond) as beyond from inventory.reservation_lines x
              where x.tenant_id = $1 and x.reservation_id = r.id and x.quantity > 0 group by x.sku) held
           full join json_to_recordset($7::json) as d(sku text, quantity bigint, beyond text) on d.sku = held.sku
           where held.quantity is distinct from d.quantity or held.beyond is distinct from d.beyond)
       returning (select json_agg(json_build_object('sku', w.sku, 'quantity', w.quantity, 'promisedAt', w.at) order by w.sku)
         from (select x.sku, sum(x.backordered) as quantity, max(x.promised_at) as at from inventory.reservation_lines x
           where x.tenant_id = $1 and x.reservation_id = r.id and x.backordered > 0 group by x.sku) w) as waiting`,
      [
        tx.tenantId,
        holdId,
        to.reference.type,
        to.reference.id,
        to.expiresAt,
        to.needBy,
        JSON.stringify(addedUp(lines)),
      ],
    );
    if (rows.length === 0) return null;
    return (rows[0].waiting ?? []).map(({ promisedAt, ...line }) => ({
      ...line,
      promisedAt: promisedAt && new Date(promisedAt).toISOString(),
    }));
  }

  /** Commits the hold of a reference if, at this very moment, it is active, has not lapsed and all of its lots are good. */
  async commitIfLive(reference: HoldReference): Promise<ReturnType<typeof heldIn>> {
    const tx = this.uow.current();
    const [held] = await tx.query<HeldRow>(
      goodsOf`update inventory.inventory_reservations r set state = 'committed', settled_at = kernel.now(), version = version + 1
       where r.tenant_id = $1 and r.reference_type = $2 and r.reference_id = $3
         and r.state = 'active' and r.lapsed_at is null and r.expires_at > kernel.now()
         and not exists (${SPOILT})`,
      [tx.tenantId, reference.type, reference.id],
    );
    return heldIn(held);
  }

  /** What a hold was made for and did not ship yet, per SKU, taken over or not. */
  lines(holdId: string): Promise<HoldLine[]> {
    const tx = this.uow.current();
    return tx.query<HoldLine & object>(
      `select sku, sum(quantity)::bigint as quantity, max(beyond) as beyond from inventory.reservation_lines
       where tenant_id = $1 and reservation_id = $2 and quantity > 0 group by sku order by sku`,
      [tx.tenantId, holdId],
    );
  }

  /** True when something of a hold left the house already. */
  async shipped(holdId: string): Promise<boolean> {
    const tx = this.uow.current();
    const [{ shipped }] = await tx.query<{ shipped: boolean }>(
      `select exists (select from inventory.reservation_lines where tenant_id = $1 and reservation_id = $2 and shipped > 0) as shipped`,
      [tx.tenantId, holdId],
    );
    return shipped;
  }

  /** What left the house for a reference and is still out, what left last first; locks the reference's holds. */
  async lockShipped(reference: HoldReference): Promise<ShippedLot[]> {
    const tx = this.uow.current();
    await tx.query(
      `select id from inventory.inventory_reservations where tenant_id = $1 and reference_type = $2 and reference_id = $3
       order by id for update`,
      [tx.tenantId, reference.type, reference.id],
    );
    const rows = await tx.query<
      Omit<ShippedLot, 'unitCost'> & { unitCost: number | null; costCurrency: string | null }
    >(
      `select a.id as "allocationId", a.lot_id as "lotId", a.level_id as "levelId", t.sku, a.shipped - a.returned as "stillOut",
         t.unit_cost as "unitCost", t.cost_currency as "costCurrency"
       from inventory.inventory_reservations r
         join inventory.reservation_allocations a on a.tenant_id = r.tenant_id and a.reservation_id = r.id
         join inventory.stock_lots t on t.tenant_id = a.tenant_id and t.id = a.lot_id
       where r.tenant_id = $1 and r.reference_type = $2 and r.reference_id = $3 and a.shipped > a.returned
       order by t.remove_at desc nulls first, t.received_at desc, t.id desc, a.id desc`,
      [tx.tenantId, reference.type, reference.id],
    );
    return rows.map(({ unitCost, costCurrency, ...row }) => ({
      ...row,
      unitCost: unitCost === null ? null : { amount: unitCost, currency: costCurrency! },
    }));
  }

  /** Notes that pieces of these allocations, whose holds are locked, came back. */
  async noteReturned(parts: readonly { allocationId: string; quantity: number }[]): Promise<void> {
    const tx = this.uow.current();
    await tx.execute(
      `update inventory.reservation_allocations a set returned = a.returned + x.quantity
       from (select "allocationId", sum(quantity)::bigint as quantity
             from json_to_recordset($2::json) as x("allocationId" uuid, quantity bigint) group by 1) x
       where a.tenant_id = $1 and a.id = x."allocationId"`,
      [tx.tenantId, JSON.stringify(parts)],
    );
  }

  /** Gives a locked hold pieces of other lots at its levels, which are locked; more of some, fewer of others. */
  async shift(
    holdId: string,
    shifts: readonly { lineId: string; levelId: string; lotId: string; quantity: number }[],
  ): Promise<void> {
    const tx = this.uow.current();
    const more = shifts.filter(({ quantity }) => quantity > 0).map((shift) => ({ id: newId(), ...shift }));
    await tx.execute(
      `with fewer as (
         update inventory.reservation_allocations a set quantity = a.quantity + x.quantity
         from json_to_recordset($4::json) as x("lotId" uuid, quantity bigint)
         where a.tenant_id = $1 and a.reservation_id = $2 and a.lot_id = x."lotId"
       )
       insert into inventory.reservation_allocations as a (tenant_id, id, reservation_id, line_id, level_id, lot_id, quantity)
       select $1, x.id, $2, x."lineId", x."levelId", x."lotId", x.quantity
       from json_to_recordset($3::json) as x(id uuid, "lineId" uuid, "levelId" uuid, "lotId" uuid, quantity bigint)
       on conflict (tenant_id, reservation_id, lot_id) do update set quantity = a.quantity + excluded.quantity`,
      [tx.tenantId, holdId, JSON.stringify(more), JSON.stringify(shifts.filter(({ quantity }) => quantity < 0))],
    );
  }

  /**
   * What a locked hold still has, and locks its levels in id order. Nobody else changes the lines of a hold whose row is
   * locked, so they and their lots may be read by the statement that locks.
   */
  async lockOpenLines(holdId: string): Promise<OpenLine[]> {
    const tx = this.uow.current();
    const rows = await tx.query<Omit<OpenLine, 'lots'> & AllocationRow>(
      `select x.id as "lineId", x.level_id as "levelId", x.sku, x.quantity, x.backordered, a.id as "allocationId", a.lot_id as "lotId",
         a.quantity as "lotQuantity", t.number, t.received_at as "receivedAt", t.remove_at as "removeAt", t.unit_cost as "unitCost",
         t.cost_currency as "costCurrency", t.remove_at <= kernel.now() as expired
       from inventory.reservation_lines x
         join inventory.stock_levels l on l.tenant_id = x.tenant_id and l.id = x.level_id
         left join inventory.reservation_allocations a on a.tenant_id = x.tenant_id and a.line_id = x.id and a.reservation_id = x.reservation_id and a.quantity > 0
         left join inventory.stock_lots t on t.tenant_id = a.tenant_id and t.id = a.lot_id
       where x.tenant_id = $1 and x.reservation_id = $2 and x.taken_over_at is null and x.quantity > 0
       order by l.id for no key update of l`,
      [tx.tenantId, holdId],
    );
    const lines = new Map<string, OpenLine>();
    for (const { allocationId, lotId, lotQuantity, number, receivedAt, removeAt, expired, ...row } of rows) {
      const { lineId, levelId, sku, quantity, backordered, unitCost, costCurrency } = row;
      const line = lines.get(lineId) ?? { lineId, levelId, sku, quantity, backordered, lots: [] };
      lines.set(lineId, line);
      if (allocationId === null) continue;
      line.lots.push({
        id: lotId,
        allocationId,
        quantity: lotQuantity,
        number,
        receivedAt,
        removeAt,
        expired: expired === true,
        unitCost: unitCost === null ? null : { amount: unitCost, currency: costCurrency! },
      });
    }
    for (const line of lines.values()) line.lots.sort(byExpiry);
    return [...lines.values()];
  }
}

/** Lines of one SKU as one; whether it may go beyond the stock, each of them says. */
function addedUp(lines: readonly HoldLine[]): HoldLine[] {
  const beyond = new Map(lines.map((line) => [line.sku, line.beyond]));
  return [...sumDemand(lines)].map(([sku, quantity]) => ({ sku, quantity, beyond: beyond.get(sku) }));
}
