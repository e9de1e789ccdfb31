import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { newId } from '../../../kernel/ids/ids';
import type { ReservationState } from '../domain/reservation';
import type { Allocation, BeyondTerms, Level, Lot, StockedLevel } from '../domain/stock.policy';

/** Columns of a level as `Level` wants them; the alias is `l`, its location `p`. */
const LEVEL = `l.id, l.sku, l.location_id as "locationId", p.name as "locationName", p.is_default as "isDefault",
  l.on_hand as "onHand", l.reserved, l.unavailable, l.incoming,
  coalesce(l.reorder_level, 0) as "reorderLevel", l.backordered, l.expected, l.version`;
const LOT = `t.id, t.level_id as "levelId", t.number, t.received_at as "receivedAt", t.remove_at as "removeAt",
  t.on_hand as "onHand", t.reserved, t.unavailable, t.unit_cost as "unitCost", t.cost_currency as "costCurrency",
  t.expires_at as "expiresAt"`;
const PLACE = `inventory.locations p`;
const AT_PLACE = `p.tenant_id = l.tenant_id and p.id = l.location_id`;

/** By how much a locked level changes, and the reorder level that it gets (null: it stays). */
export interface LevelDelta {
  levelId: string;
  onHand?: number;
  reserved?: number;
  unavailable?: number;
  incoming?: number;
  backordered?: number;
  reorderLevel?: number | null;
}

/** By how much a lot of a locked level changes. */
export interface LotDelta {
  lotId: string;
  onHand?: number;
  reserved?: number;
  unavailable?: number;
}

/** What leaves a hold: all of it (rows stay as the record of what was wanted), or parts that are shipped or dropped. */
export interface Settlement {
  holdId: string;
  /** `keep`: the hold ends and its lines say what it was for; `drop`: lines shrink; `ship`: lines shrink, goods leave. */
  rows: 'keep' | 'drop' | 'ship';
  lines: { lineId: string; levelId: string; quantity: number; backordered: number }[];
  allocations: { allocationId: string; lotId: string; quantity: number }[];
  /** The state that it gets; null: it stays open. */
  to: ReservationState | null;
  from: readonly ReservationState[];
  reason: string | null;
}

/** A lot as its row says. */
export interface LotRow extends Lot {
  levelId: string;
  expiresAt: Date | null;
  /** Minor units of `costCurrency` a piece; null: not known. */
  unitCost: number | null;
  costCurrency: string | null;
}

/** A lot beside its level in one row. */
interface LotOfRow {
  lotId: string;
  lotNumber: string | null;
  lotReceivedAt: Date;
  lotRemoveAt: Date | null;
  lotOnHand: number;
  lotReserved: number;
  lotUnavailable: number;
}

/** Reads and changes levels, set by set. Levels are always locked in id order before they are changed. */
@Injectable()
export class StockRepository {
  constructor(private readonly uow: UnitOfWork) {}

  /** Levels of these SKUs at active locations (or at one), locked in id order and read after the lock. */
  lock(skus: readonly string[], locationId: string | null = null): Promise<Level[]> {
    const tx = this.uow.current();
    return tx.query<Level>(
      `select ${LEVEL} from inventory.stock_levels l join ${PLACE} on ${AT_PLACE}
       where l.tenant_id = $1 and l.sku = any($2::text[]) and ($3::uuid is null or l.location_id = $3) and p.active
       order by l.id for no key update of l`,
      [tx.tenantId, skus, locationId],
    );
  }

  /** These levels, locked in id order, wherever they are. */
  lockByIds(ids: readonly string[]): Promise<Level[]> {
    const tx = this.uow.current();
    return tx.query<Level>(
      `select ${LEVEL} from inventory.stock_levels l join ${PLACE} on ${AT_PLACE}
       where l.tenant_id = $1 and l.id = any($2::uuid[]) order by l.id for no key update of l`,
      [tx.tenantId, ids],
    );
  }

  /**
   * Levels of these SKUs at active locations, locked in id order, with the lots that may be given out: kept past
   * `needBy` (default: now). Lots are locked behind their level for one reason: what is locked is read as it is after the
   * lock, everything else of a statement as it was before. A lot that came while this waited is not seen; so nobody is
   * told that stock is short before `lotsOf` was asked.
   */
  async lockWithLots(skus: readonly string[], needBy: Date | null): Promise<StockedLevel[]> {
    const tx = this.uow.current();
    const rows = await tx.query<Level & LotOfRow>(
      `select ${LEVEL}, t.id as "lotId", t.number as "lotNumber", t.received_at as "lotReceivedAt", t.remove_at as "lotRemoveAt",
         t.on_hand as "lotOnHand", t.reserved as "lotReserved", t.unavailable as "lotUnavailable"
       from inventory.stock_levels l join ${PLACE} on ${AT_PLACE} join inventory.stock_lots t on t.tenant_id = l.tenant_id and t.level_id = l.id
       where l.tenant_id = $1 and l.sku = any($2::text[]) and p.active
         and (t.id = l.id or (t.on_hand > t.unavailable + t.reserved and (t.remove_at is null or t.remove_at > greatest(kernel.now(), $3::timestamptz))))
       order by l.id, t.id for no key update of l, t`,
      [tx.tenantId, skus, needBy],
    );
    const levels = new Map<string, StockedLevel>();
    for (const row of rows) {
      const { lotId, lotNumber, lotReceivedAt, lotRemoveAt, lotOnHand, lotReserved, lotUnavailable, ...level } = row;
      const lot = {
        id: lotId,
        number: lotNumber,
        receivedAt: lotReceivedAt,
        removeAt: lotRemoveAt,
        onHand: lotOnHand,
        reserved: lotReserved,
        unavailable: lotUnavailable,
      };
      const known = levels.get(level.id);
      if (known) known.lots.push(lot);
      else levels.set(level.id, { ...level, lots: [lot] });
    }
    return [...levels.values()];
  }

  /**
   * Locks all levels that these holds lie on, or these SKUs, in one order of ids: what gives holds back and takes others in
   * one transaction must not lock them in two passes.
   */
  async lockAround(holdIds: readonly string[], skus: readonly string[]): Promise<void> {
    const tx = this.uow.current();
    await tx.query(
      `select l.id from inventory.stock_levels l where l.tenant_id = $1 and l.id in (
         select x.level_id from inventory.reservation_lines x where x.tenant_id = $1 and x.reservation_id = any($2::uuid[])
         union select s.id from inventory.stock_levels s where s.tenant_id = $1 and s.sku = any($3::text[]))
       order by l.id for no key update of l`,
      [tx.tenantId, holdIds, skus],
    );
  }

  /** Lots with goods of levels that the caller has locked; `live` alone: those kept past `needBy` (default: now). */
  lotsOf(levelIds: readonly string[], { live = false, needBy = null as Date | null } = {}): Promise<LotRow[]> {
    const tx = this.uow.current();
    return tx.query<LotRow>(
      `select ${LOT} from inventory.stock_lots t
       where t.tenant_id = $1 and t.level_id = any($2::uuid[]) and t.on_hand > 0
         and (not $3 or t.remove_at is null or t.remove_at > greatest(kernel.now(), $4::timestamptz))
       order by t.remove_at nulls last, t.received_at, t.id`,
      [tx.tenantId, levelIds, live, needBy],
    );
  }

  /** Makes missing levels of these SKUs at a location, empty, each with its nameless lot. */
  async ensure(skus: readonly string[], locationId: string): Promise<void> {
    const tx = this.uow.current();
    const rows = [...skus].sort().map((sku) => ({ id: newId(), sku }));
    await tx.execute(
      `with made as (
         insert into inventory.stock_levels (tenant_id, id, sku, location_id, updated_at)
         select $1, x.id, x.sku, $2, kernel.now() from json_to_recordset($3::json) as x(id uuid, sku text)
         on conflict (tenant_id, sku, location_id) do nothing returning id, sku
       )
       insert into inventory.stock_lots (tenant_id, id, level_id, sku, location_id, received_at)
       select $1, id, id, sku, $2, kernel.now() from made`,
      [tx.tenantId, locationId, JSON.stringify(rows)],
    );
  }

  /**
   * Makes missing levels of SKUs at a location, each with its nameless lot, and what was counted there: at their second
   * version, as if they had been made first and counted then. A level of an article with serial numbers stays empty, and
   * at its first.
   * @returns those that were made with their count; whoever makes the same ones meanwhile is waited for
   */
  open(
    lines: readonly { sku: string; onHand: number; reorderLevel?: number; incoming?: number }[],
    locationId: string,
  ): Promise<Level[]> {
    const tx = this.uow.current();
    const rows = [...lines].sort((a, b) => (a.sku < b.sku ? -1 : 1)).map((line) => ({ id: newId(), ...line }));
    return tx.query<Level>(
      `with wanted as (
         select x.*, exists (select from inventory.item_settings i where i.tenant_id = $1 and i.sku = x.sku and i.serials) as numbered
         from json_to_recordset($3::json) as x(id uuid, sku text, "onHand" bigint, "reorderLevel" bigint, incoming bigint)
       ), made as (
         insert into inventory.stock_levels (tenant_id, id, sku, location_id, on_hand, reorder_level, incoming, version, updated_at)
         select $1, w.id, w.sku, $2, case when numbered then 0 else w."onHand" end, case when not numbered then w."reorderLevel" end,
           case when numbered then 0 else coalesce(w.incoming, 0) end, case when numbered then 1 else 2 end, kernel.now() from wanted w
         on conflict (tenant_id, sku, location_id) do nothing returning *
       ), lots as (
         insert into inventory.stock_lots (tenant_id, id, level_id, sku, location_id, received_at, on_hand)
         select $1, id, id, sku, $2, kernel.now(), on_hand from made
       )
       select ${LEVEL} from made l join ${PLACE} on ${AT_PLACE} where p.tenant_id = $1 and l.version = 2`,
      [tx.tenantId, locationId, JSON.stringify(rows)],
    );
  }

  /**
   * Raises `reserved` on locked levels and lots where, and only where, enough is left: the condition is in the update
   * itself. The hold, its lines and the lots that they take from are written by the same statement.
   * @returns the changed levels; fewer than allocations means out of stock and the caller must roll back
   */
  async hold(
    hold: {
      id: string;
      reference: { type: string; id: string };
      state: 'active' | 'committed';
      expiresAt: Date;
      needBy: Date | null;
    },
    allocations: readonly Allocation[],
    terms: ReadonlyMap<string, BeyondTerms>,
  ): Promise<Level[]> {
    const tx = this.uow.current();
    const demand = allocations.map(({ lots: _, ...line }) => {
      const { mode: beyond, most, promisedAt } = terms.get(line.sku) ?? {};
      return { id: newId(), ...line, beyond, most, promisedAt: line.backordered > 0 ? promisedAt : null };
    });
    const shares = allocations.flatMap(({ levelId, lots }, index) =>
      lots.map((share) => ({ id: newId(), lineId: demand[index].id, levelId, ...share })),
    );
    const rows = await tx.query<Level & { lots: number }>(
      `with demand as (
         select * from json_to_recordset($7::json) as d(id uuid, "levelId" uuid, sku text, quantity bigint, backordered bigint,
           beyond text, most bigint, "promisedAt" timestamptz)
       ), share as (
         select * from json_to_recordset($8::json) as s(id uuid, "lineId" uuid, "levelId" uuid, "lotId" uuid, quantity bigint)
       ), reservation as (
         insert into inventory.inventory_reservations (tenant_id, id, reference_type, reference_id, state, expires_at, need_by, created_at)
         values ($1, $2, $3, $4, $5, $6, $9, kernel.now())
       ), lines as (
         insert into inventory.reservation_lines (tenant_id, id, reservation_id, level_id, sku, quantity, backordered, beyond, promised_at)
         select $1, d.id, $2, d."levelId", d.sku, d.quantity, d.backordered, d.beyond, d."promisedAt" from demand d
       ), allocations as (
         insert into inventory.reservation_allocations (tenant_id, id, reservation_id, line_id, level_id, lot_id, quantity)
         select $1, s.id, $2, s."lineId", s."levelId", s."lotId", s.quantity from share s
       ), lots as (
         update inventory.stock_lots t set reserved = t.reserved + s.quantity, version = t.version + 1 from share s
         where t.tenant_id = $1 and t.id = s."lotId" and t.on_hand - t.unavailable - t.reserved >= s.quantity
           and (t.remove_at is null or t.remove_at > kernel.now())
         returning t.id
       )
       update inventory.stock_levels l
       set reserved = l.reserved + d.quantity, backordered = l.backordered + d.backordered, version = l.version + 1, updated_at = kernel.now()
       from demand d, ${PLACE}
       where l.tenant_id = $1 and l.id = d."levelId" and ${AT_PLACE}
         and l.on_hand - l.unavailable - l.reserved + l.backordered >= d.quantity - d.backordered
         and (d.backordered = 0 or d.beyond is not null and (d.most is null or l.backordered + d.backordered <= d.most))
       returning ${LEVEL}, (select count(*) from lots) as lots`,
      [
        tx.tenantId,
        hold.id,
        hold.reference.type,
        hold.reference.id,
        hold.state,
        hold.expiresAt,
        JSON.stringify(demand),
        JSON.stringify(shares),
        hold.needBy,
      ],
    );
    return rows.length > 0 && rows[0].lots !== shares.length ? [] : rows.map(({ lots: _, ...level }) => level);
  }

  /**
   * Takes the stock of lapsed holds on these levels, which the caller has locked. Hold rows that others work on are
   * skipped, never waited for: whoever releases a hold locks it before its levels, so waiting here could deadlock. Only
   * lines on these levels are taken; the hold itself stays for its timer, marked so that it can no longer be committed.
   * @returns the levels that gained stock
   */
  takeOverLapsed(levelIds: readonly string[]): Promise<Level[]> {
    const tx = this.uow.current();
    return tx.query<Level>(
      `with lapsed as (
         select r.id from inventory.inventory_reservations r
         where r.tenant_id = $1 and r.state = 'active' and r.expires_at <= kernel.now()
           and exists (select from inventory.reservation_lines x where x.tenant_id = $1 and x.reservation_id = r.id
             and x.level_id = any($2::uuid[]) and x.taken_over_at is null)
         order by r.id for update skip locked
       ), marked as (
         update inventory.inventory_reservations r set lapsed_at = kernel.now(), version = r.version + 1
         from lapsed where r.tenant_id = $1 and r.id = lapsed.id
       ), taken as (
         update inventory.reservation_lines x set taken_over_at = kernel.now() from lapsed
         where x.tenant_id = $1 and x.reservation_id = lapsed.id and x.level_id = any($2::uuid[]) and x.taken_over_at is null
         returning x.id, x.level_id, x.quantity, x.backordered
       ), lots as (
         update inventory.stock_lots t set reserved = t.reserved - a.quantity, version = t.version + 1
         from (select a.lot_id, sum(a.quantity)::bigint as quantity from inventory.reservation_allocations a join taken on taken.id = a.line_id
               where a.tenant_id = $1 group by a.lot_id) a
         where t.tenant_id = $1 and t.id = a.lot_id
       ), freed as (
         select level_id, sum(quantity)::bigint as quantity, sum(backordered)::bigint as backordered from taken group by level_id
       )
       update inventory.stock_levels l
       set reserved = l.reserved - freed.quantity, backordered = l.backordered - freed.backordered, version = l.version + 1,
         updated_at = kernel.now()
       from freed, ${PLACE} where l.tenant_id = $1 and l.id = freed.level_id and ${AT_PLACE}
       returning ${LEVEL}`,
      [tx.tenantId, levelIds],
    );
  }

  /** Takes parts out of a hold whose row and levels are locked. @returns the changed levels */
  settle({ holdId, rows, lines, allocations, to, from, reason }: Settlement): Promise<Level[]> {
    const tx = this.uow.current();
    return tx.query<Level>(
      `with line as (
         select * from json_to_recordset($3::json) as x("lineId" uuid, "levelId" uuid, quantity bigint, backordered bigint)
       ), part as (
         select * from json_to_recordset($4::json) as x("allocationId" uuid, "lotId" uuid, quantity bigint)
       ), settled as (
         update inventory.inventory_reservations r
         set state = coalesce($5, r.state), settled_at = case when $5 is null then r.settled_at else kernel.now() end,
           reason = coalesce($6, r.reason), version = r.version + 1
         where r.tenant_id = $1 and r.id = $2 and r.state = any($7::text[]) returning r.id
       ), parts as (
         update inventory.reservation_allocations a
         set quantity = a.quantity - part.quantity, shipped = a.shipped + case when $8 = 'ship' then part.quantity else 0 end
         from part, settled where a.tenant_id = $1 and a.id = part."allocationId" and $8 <> 'keep'
       ), lines as (
         update inventory.reservation_lines x
         set quantity = x.quantity - line.quantity, backordered = x.backordered - line.backordered,
           shipped = x.shipped + case when $8 = 'ship' then line.quantity else 0 end
         from line, settled where x.tenant_id = $1 and x.id = line."lineId" and $8 <> 'keep'
       ), lots as (
         update inventory.stock_lots t
         set reserved = t.reserved - s.quantity, on_hand = t.on_hand - case when $8 = 'ship' then s.quantity else 0 end, version = t.version + 1
         from (select "lotId", sum(quantity)::bigint as quantity from part group by 1) s, settled
         where t.tenant_id = $1 and t.id = s."lotId"
       )
       update inventory.stock_levels l
       set reserved = l.reserved - s.quantity, backordered = l.backordered - s.backordered,
         on_hand = l.on_hand - case when $8 = 'ship' then s.quantity else 0 end, version = l.version + 1, updated_at = kernel.now()
       from (select "levelId", sum(quantity)::bigint as quantity, sum(backordered)::bigint as backordered from line group by 1) s,
         settled, ${PLACE}
       where l.tenant_id = $1 and l.id = s."levelId" and ${AT_PLACE}
       returning ${LEVEL}`,
      [tx.tenantId, holdId, JSON.stringify(lines), JSON.stringify(allocations), to, reason, from, rows],
    );
  }

  /** Changes locked levels and their lots by differences. @returns the changed levels */
  post(levels: readonly LevelDelta[], lots: readonly LotDelta[]): Promise<Level[]> {
    const tx = this.uow.current();
    return tx.query<Level>(
      `with lots as (
         update inventory.stock_lots t
         set on_hand = t.on_hand + coalesce(x."onHand", 0), reserved = t.reserved + coalesce(x.reserved, 0),
           unavailable = t.unavailable + coalesce(x.unavailable, 0), version = t.version + 1
         from json_to_recordset($3::json) as x("lotId" uuid, "onHand" bigint, reserved bigint, unavailable bigint)
         where t.tenant_id = $1 and t.id = x."lotId"
       )
       update inventory.stock_levels l
       set on_hand = l.on_hand + coalesce(x."onHand", 0), reserved = l.reserved + coalesce(x.reserved, 0),
         unavailable = l.unavailable + coalesce(x.unavailable, 0), incoming = l.incoming + coalesce(x.incoming, 0),
         backordered = l.backordered + coalesce(x.backordered, 0), reorder_level = coalesce(x."reorderLevel", l.reorder_level),
         version = l.version + 1, updated_at = kernel.now()
       from json_to_recordset($2::json) as x("levelId" uuid, "onHand" bigint, reserved bigint, unavailable bigint, incoming bigint,
         backordered bigint, "reorderLevel" bigint), ${PLACE}
       where l.tenant_id = $1 and l.id = x."levelId" and ${AT_PLACE}
       returning ${LEVEL}`,
      [tx.tenantId, JSON.stringify(levels), JSON.stringify(lots)],
    );
  }
}
