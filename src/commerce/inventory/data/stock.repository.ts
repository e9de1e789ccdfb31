import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { newId } from '../../../kernel/ids/ids';
import type { Allocation, Level } from '../domain/stock.policy';

/** Columns of a level as `Level` wants them; the alias is `l`, its location `p`. */
const LEVEL = `l.id, l.sku, l.location_id as "locationId", p.name as "locationName", p.is_default as "isDefault",
  l.on_hand as "onHand", l.reserved, l.unavailable, l.incoming, l.backorder_limit as "backorderLimit",
  l.reorder_level as "reorderLevel", l.version`;
const PLACE = `inventory.locations p`;
const AT_PLACE = `p.tenant_id = l.tenant_id and p.id = l.location_id`;

/** One wanted change of a level; numbers are what is to be, not differences. */
export interface LevelChange {
  levelId: string;
  onHand: number;
  reorderLevel: number;
  incoming: number;
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

  /** Makes missing levels of these SKUs at a location, empty. */
  async ensure(skus: readonly string[], locationId: string): Promise<void> {
    const tx = this.uow.current();
    const rows = [...skus].sort().map((sku) => ({ id: newId(), sku }));
    await tx.execute(
      `insert into inventory.stock_levels (tenant_id, id, sku, location_id, updated_at)
       select $1, x.id, x.sku, $2, kernel.now() from json_to_recordset($3::json) as x(id uuid, sku text)
       on conflict (tenant_id, sku, location_id) do nothing`,
      [tx.tenantId, locationId, JSON.stringify(rows)],
    );
  }

  /**
   * Raises `reserved` on locked levels where, and only where, enough is left: the condition is in the update itself.
   * The hold and its lines are written by the same statement.
   * @returns the changed levels; fewer than allocations means out of stock and the caller must roll back
   */
  async hold(
    hold: { id: string; reference: { type: string; id: string }; state: 'active' | 'committed'; expiresAt: Date },
    allocations: readonly Allocation[],
  ): Promise<Level[]> {
    const tx = this.uow.current();
    const demand = allocations.map(({ levelId, sku, quantity }) => ({ id: newId(), levelId, sku, quantity }));
    return tx.query<Level>(
      `with demand as (
         select * from json_to_recordset($7::json) as d(id uuid, "levelId" uuid, sku text, quantity bigint)
       ), reservation as (
         insert into inventory.inventory_reservations (tenant_id, id, reference_type, reference_id, state, expires_at, created_at)
         values ($1, $2, $3, $4, $5, $6, kernel.now())
       ), lines as (
         insert into inventory.reservation_lines (tenant_id, id, reservation_id, level_id, sku, quantity)
         select $1, d.id, $2, d."levelId", d.sku, d.quantity from demand d
       )
       update inventory.stock_levels l
       set reserved = l.reserved + d.quantity, version = l.version + 1, updated_at = kernel.now()
       from demand d, ${PLACE}
       where l.tenant_id = $1 and l.id = d."levelId" and ${AT_PLACE}
         and l.on_hand - l.unavailable - l.reserved + l.backorder_limit >= d.quantity
       returning ${LEVEL}`,
      [
        tx.tenantId,
        hold.id,
        hold.reference.type,
        hold.reference.id,
        hold.state,
        hold.expiresAt,
        JSON.stringify(demand),
      ],
    );
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
         returning x.level_id, x.quantity
       ), freed as (
         select level_id, sum(quantity)::bigint as quantity from taken group by level_id
       )
       update inventory.stock_levels l
       set reserved = l.reserved - freed.quantity, version = l.version + 1, updated_at = kernel.now()
       from freed, ${PLACE} where l.tenant_id = $1 and l.id = freed.level_id and ${AT_PLACE}
       returning ${LEVEL}`,
      [tx.tenantId, levelIds],
    );
  }

  /** Ends a hold whose row is locked, and gives back what was not taken over. @returns the changed levels */
  giveBack(holdId: string, to: 'released' | 'expired', from: readonly string[], reason: string): Promise<Level[]> {
    const tx = this.uow.current();
    return tx.query<Level>(
      `with open as (
         select level_id, quantity from inventory.reservation_lines
         where tenant_id = $1 and reservation_id = $2 and taken_over_at is null
       ), locked as (
         select id from inventory.stock_levels where tenant_id = $1 and id in (select level_id from open)
         order by id for no key update
       ), settled as (
         update inventory.inventory_reservations set state = $3, settled_at = kernel.now(), reason = $5, version = version + 1
         where tenant_id = $1 and id = $2 and state = any($4::text[]) returning id
       )
       update inventory.stock_levels l
       set reserved = l.reserved - open.quantity, version = l.version + 1, updated_at = kernel.now()
       from open, locked, settled, ${PLACE}
       where l.tenant_id = $1 and l.id = open.level_id and l.id = locked.id and ${AT_PLACE}
       returning ${LEVEL}`,
      [tx.tenantId, holdId, to, from, reason],
    );
  }

  /** The goods of a committed hold, whose row is locked, leave. @returns the changed levels */
  ship(holdId: string): Promise<Level[]> {
    const tx = this.uow.current();
    return tx.query<Level>(
      `with open as (
         select level_id, quantity from inventory.reservation_lines
         where tenant_id = $1 and reservation_id = $2 and taken_over_at is null
       ), locked as (
         select id from inventory.stock_levels where tenant_id = $1 and id in (select level_id from open)
         order by id for no key update
       ), settled as (
         update inventory.inventory_reservations set state = 'fulfilled', settled_at = kernel.now(), version = version + 1
         where tenant_id = $1 and id = $2 and state = 'committed' returning id
       )
       update inventory.stock_levels l
       set on_hand = l.on_hand - open.quantity, reserved = l.reserved - open.quantity, version = l.version + 1,
         updated_at = kernel.now()
       from open, locked, settled, ${PLACE}
       where l.tenant_id = $1 and l.id = open.level_id and l.id = locked.id and ${AT_PLACE}
       returning ${LEVEL}`,
      [tx.tenantId, holdId],
    );
  }

  /** Writes counted numbers on locked levels. @returns the changed levels */
  change(changes: readonly LevelChange[]): Promise<Level[]> {
    const tx = this.uow.current();
    return tx.query<Level>(
      `update inventory.stock_levels l
       set on_hand = x."onHand", reorder_level = x."reorderLevel", incoming = x.incoming, version = l.version + 1,
         updated_at = kernel.now()
       from json_to_recordset($2::json) as x("levelId" uuid, "onHand" bigint, "reorderLevel" bigint, incoming bigint), ${PLACE}
       where l.tenant_id = $1 and l.id = x."levelId" and ${AT_PLACE}
       returning ${LEVEL}`,
      [tx.tenantId, JSON.stringify(changes)],
    );
  }
}
