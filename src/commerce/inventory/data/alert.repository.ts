import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { newId } from '../../../kernel/ids/ids';
import type { AlertKind, Watched } from '../domain/stock-alert';

/** A level as the watch sees it, with the thresholds that hold for it. */
export interface WatchedLevel extends Watched {
  levelId: string;
  sku: string;
  locationId: string;
  locationName: string;
  /** Free pieces of lots past their day: counted as available by the level, and not to be sold. */
  expired: number;
}

/** A lot whose alert is to be raised (`due`) or closed. */
export interface WatchedLot {
  lotId: string;
  levelId: string;
  number: string | null;
  onHand: number;
  removeAt: Date;
  due: boolean;
}

export interface AlertRow {
  id: string;
  levelId: string;
  kind: AlertKind;
  lotId: string | null;
  available: number;
  onHand: number;
  reorderLevel: number | null;
  overstockLevel: number | null;
  removeAt: Date | null;
}

/** The moment at which a lot (`t`) of a level (`l`) is told of; `s` are the shop's settings. */
const ALERT_AT = `coalesce(t.alert_at, t.remove_at - make_interval(days => coalesce(l.expiry_alert_days, s.expiry_alert_days, 0)))`;
const OF_LOT = `inventory.stock_lots t join inventory.stock_levels l on l.tenant_id = t.tenant_id and l.id = t.level_id
  left join inventory.alert_settings s on s.tenant_id = t.tenant_id
  left join inventory.stock_alerts a on a.tenant_id = t.tenant_id and a.level_id = t.level_id and a.kind = 'expiring' and a.lot_id = t.id and a.state = 'open'`;
/** True where the alert of a lot is not as the lot is. */
const DIFFERS = `(t.on_hand > 0 and ${ALERT_AT} <= kernel.now()) is distinct from (a.id is not null) and t.remove_at is not null`;

/** What the watch over stock reads and writes: levels beside their thresholds, alerts, when to look again. */
@Injectable()
export class AlertRepository {
  constructor(private readonly uow: UnitOfWork) {}

  /** These levels as they are now; those of closed locations are not watched. */
  levels(ids: readonly string[]): Promise<WatchedLevel[]> {
    const tx = this.uow.current();
    return tx
      .query<Omit<WatchedLevel, 'now' | 'open'> & { available: number; onHand: number; open: AlertKind[] | null }>(
        `select l.id as "levelId", l.sku, l.location_id as "locationId", p.name as "locationName", l.on_hand as "onHand",
           l.on_hand - l.unavailable - l.reserved as available, x.expired,
           coalesce(l.reorder_level, s.reorder_level, 0) as "reorderLevel", coalesce(l.overstock_level, s.overstock_level) as "overstockLevel",
           coalesce(l.expiry_alert_days, s.expiry_alert_days, 0) as "expiryAlertDays",
           (select array_agg(a.kind) from inventory.stock_alerts a
            where a.tenant_id = l.tenant_id and a.level_id = l.id and a.state = 'open' and a.lot_id is null) as open
         from inventory.stock_levels l join inventory.locations p on p.tenant_id = l.tenant_id and p.id = l.location_id
           left join inventory.alert_settings s on s.tenant_id = l.tenant_id
           cross join lateral (select coalesce(sum(t.on_hand - t.unavailable - t.reserved), 0)::bigint as expired from inventory.stock_lots t
             where t.tenant_id = l.tenant_id and t.level_id = l.id and t.remove_at <= kernel.now()) x
         where l.tenant_id = $1 and l.id = any($2::uuid[]) and p.active order by l.id`,
        [tx.tenantId, ids],
      )
      .then((rows) =>
        rows.map(({ available, onHand, open, ...row }) => ({
          ...row,
          now: { sellable: available - row.expired, onHand },
          open: open ?? [],
        })),
      );
  }

  /** Lots of these levels whose alert is not as they are; null: of all levels of the shop. */
  lots(levelIds: readonly string[] | null): Promise<WatchedLot[]> {
    const tx = this.uow.current();
    return tx.query<WatchedLot>(
      `select t.id as "lotId", t.level_id as "levelId", t.number, t.on_hand as "onHand", t.remove_at as "removeAt", a.id is null as due
       from ${OF_LOT}
       where t.tenant_id = $1 and ($2::uuid[] is null or t.level_id = any($2)) and ${DIFFERS} order by t.remove_at, t.id`,
      [tx.tenantId, levelIds],
    );
  }

  /** Levels of which free pieces passed their day since then, and how many. */
  expiredSince(since: Date): Promise<{ levelId: string; quantity: number }[]> {
    const tx = this.uow.current();
    return tx.query(
      `select level_id as "levelId", sum(on_hand - unavailable - reserved)::bigint as quantity from inventory.stock_lots
       where tenant_id = $1 and remove_at > $2 and remove_at <= kernel.now() and on_hand - unavailable - reserved > 0
       group by level_id`,
      [tx.tenantId, since],
    );
  }

  /** Levels with open alerts. */
  async alerted(): Promise<string[]> {
    const tx = this.uow.current();
    const rows = await tx.query<{ id: string }>(
      `select distinct level_id as id from inventory.stock_alerts where tenant_id = $1 and state = 'open' and lot_id is null`,
      [tx.tenantId],
    );
    return rows.map((row) => row.id);
  }

  /** Opens alerts; what is open already is left out of the answer. */
  raise(alerts: readonly (Omit<AlertRow, 'id'> & { sku: string; locationId: string })[]): Promise<AlertRow[]> {
    const tx = this.uow.current();
    return tx.query<AlertRow>(
      `insert into inventory.stock_alerts as a (tenant_id, id, level_id, sku, location_id, kind, state, lot_id, available, on_hand,
         reorder_level, overstock_level, remove_at, raised_at)
       select $1, x.id, x."levelId", x.sku, x."locationId", x.kind, 'open', x."lotId", x.available, x."onHand", x."reorderLevel",
         x."overstockLevel", x."removeAt", kernel.now()
       from json_to_recordset($2::json) as x(id uuid, "levelId" uuid, sku text, "locationId" uuid, kind text, "lotId" uuid,
         available bigint, "onHand" bigint, "reorderLevel" bigint, "overstockLevel" bigint, "removeAt" timestamptz)
       on conflict (tenant_id, level_id, kind, lot_id) where state = 'open' do nothing
       returning a.id, a.level_id as "levelId", a.kind, a.lot_id as "lotId", a.available, a.on_hand as "onHand",
         a.reorder_level as "reorderLevel", a.overstock_level as "overstockLevel", a.remove_at as "removeAt"`,
      [tx.tenantId, JSON.stringify(alerts.map((alert) => ({ id: newId(), ...alert })))],
    );
  }

  /** Closes open alerts: what crosses its threshold next is a new one. */
  async resolve(alerts: readonly { levelId: string; kind: AlertKind; lotId: string | null }[]): Promise<void> {
    const tx = this.uow.current();
    await tx.execute(
      `update inventory.stock_alerts a set state = 'resolved', resolved_at = kernel.now()
       from json_to_recordset($2::json) as x("levelId" uuid, kind text, "lotId" uuid)
       where a.tenant_id = $1 and a.level_id = x."levelId" and a.kind = x.kind and a.lot_id is not distinct from x."lotId" and a.state = 'open'`,
      [tx.tenantId, JSON.stringify(alerts)],
    );
  }

  /** Closes all open alerts of a location. */
  async resolveAt(locationId: string): Promise<void> {
    const tx = this.uow.current();
    await tx.execute(
      `update inventory.stock_alerts set state = 'resolved', resolved_at = kernel.now()
       where tenant_id = $1 and location_id = $2 and state = 'open'`,
      [tx.tenantId, locationId],
    );
  }

  /** Notes that the staff was told. @returns false when it had been told before */
  async claim(id: string): Promise<boolean> {
    const tx = this.uow.current();
    const changed = await tx.execute(
      `update inventory.stock_alerts set told_at = kernel.now() where tenant_id = $1 and id = $2 and told_at is null`,
      [tx.tenantId, id],
    );
    return changed === 1;
  }

  /** Who acknowledged first stays. @returns false when there is no such alert */
  async acknowledge(id: string, by: string | null, note: string | null): Promise<boolean> {
    const tx = this.uow.current();
    const changed = await tx.execute(
      `update inventory.stock_alerts set acknowledged_at = coalesce(acknowledged_at, kernel.now()),
         acknowledged_by = case when acknowledged_at is null then $3 else acknowledged_by end,
         note = case when acknowledged_at is null then $4 else note end
       where tenant_id = $1 and id = $2`,
      [tx.tenantId, id, by, note],
    );
    return changed === 1;
  }

  /** The first moment at which one of these lots is to be looked at; null for lots that keep. */
  async firstLook(lotIds: readonly string[]): Promise<Date | null> {
    const tx = this.uow.current();
    const [{ at }] = await tx.query<{ at: Date | null }>(
      `select interval '1 millisecond' + date_trunc('milliseconds', min(case when ${ALERT_AT} > kernel.now() then ${ALERT_AT} else t.remove_at end)) as at
       from ${OF_LOT} where t.tenant_id = $1 and t.id = any($2::uuid[]) and t.remove_at > kernel.now()`,
      [tx.tenantId, lotIds],
    );
    return at;
  }

  /** When it was looked last and will be next; null: never. */
  async looks(): Promise<{ lookedAt: Date | null; nextLookAt: Date | null }> {
    const tx = this.uow.current();
    const [row] = await tx.query<{ lookedAt: Date | null; nextLookAt: Date | null }>(
      `select looked_at as "lookedAt", next_look_at as "nextLookAt" from inventory.alert_settings where tenant_id = $1`,
      [tx.tenantId],
    );
    return row ?? { lookedAt: null, nextLookAt: null };
  }

  /** Puts the next look at this moment where none is planned before it. @returns whether it did */
  async lookBy(at: Date): Promise<boolean> {
    const tx = this.uow.current();
    const changed = await tx.execute(
      `insert into inventory.alert_settings as s (tenant_id, id, next_look_at, updated_at) values ($1, $1, $2, kernel.now())
       on conflict (tenant_id, id) do update set next_look_at = excluded.next_look_at
       where s.next_look_at is null or s.next_look_at > excluded.next_look_at`,
      [tx.tenantId, at],
    );
    return changed === 1;
  }

  /** A look that was due at `due` ended; the next is at the first moment at which a lot changes, in a day at the latest. */
  async looked(due: Date): Promise<Date | null> {
    const tx = this.uow.current();
    const [row] = await tx.query<{ next: Date }>(
      `update inventory.alert_settings set looked_at = kernel.now(), next_look_at = interval '1 millisecond' + date_trunc('milliseconds', least(
           kernel.now() + interval '1 day',
           (select min(least(case when ${ALERT_AT} > kernel.now() then ${ALERT_AT} end, case when t.remove_at > kernel.now() then t.remove_at end))
            from ${OF_LOT} where t.tenant_id = $1 and t.on_hand > 0 and t.remove_at > kernel.now())))
       where tenant_id = $1 and next_look_at = $2 returning next_look_at as next`,
      [tx.tenantId, due],
    );
    return row?.next ?? null;
  }
}
