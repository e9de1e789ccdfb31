import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import type { Money } from '../../../kernel/money/money';
import type { AlertKind } from '../domain/stock-alert';

/** What is open about the stock of a shop. */
export interface OpenStock {
  counts: Record<AlertKind, number>;
  /** Alerts that nobody took on. */
  unacknowledged: number;
  /** The most urgent of them: first what is sold out, then what is low, past its day, too much. */
  alerts: {
    kind: AlertKind;
    sku: string;
    locationName: string;
    lotNumber: string | null;
    available: number;
    onHand: number | null;
    removeAt: string | null;
    acknowledged: boolean;
  }[];
  /** What lies there and is not given out any more within 30 days, at cost. */
  expiringValue: Money[];
}

/** When the staff is mailed what is open about the stock, and what that is. */
@Injectable()
export class DigestRepository {
  constructor(private readonly uow: UnitOfWork) {}

  /** The shop's hour and when the next one is due; locked. */
  async lock(): Promise<{ hour: number | null; nextAt: Date | null }> {
    const tx = this.uow.current();
    await tx.execute(
      `insert into inventory.alert_settings (tenant_id, id, updated_at) values ($1, $1, kernel.now()) on conflict do nothing`,
      [tx.tenantId],
    );
    const [row] = await tx.query<{ hour: number | null; nextAt: Date | null }>(
      `select digest_hour as hour, next_digest_at as "nextAt" from inventory.alert_settings where tenant_id = $1 for update`,
      [tx.tenantId],
    );
    return row;
  }

  async plan(hour: number | null, nextAt: Date | null): Promise<void> {
    const tx = this.uow.current();
    await tx.execute(
      `update inventory.alert_settings set digest_hour = $2, next_digest_at = $3, version = version + 1, updated_at = kernel.now()
       where tenant_id = $1`,
      [tx.tenantId, hour, nextAt],
    );
  }

  async open(most: number): Promise<OpenStock> {
    const tx = this.uow.current();
    const [row] = await tx.query<OpenStock>(
      `with open as (
         select a.id, a.kind, a.sku, p.name as "locationName", t.number as "lotNumber",
           l.on_hand - l.unavailable - l.reserved as available, coalesce(t.on_hand, l.on_hand) as "onHand", a.remove_at as "removeAt",
           a.acknowledged_at is not null as acknowledged, array_position(array['out_of_stock', 'low_stock', 'expiring', 'overstock'], a.kind) as rank
         from inventory.stock_alerts a join inventory.stock_levels l on l.tenant_id = a.tenant_id and l.id = a.level_id
           join inventory.locations p on p.tenant_id = l.tenant_id and p.id = l.location_id
           left join inventory.stock_lots t on t.tenant_id = a.tenant_id and t.id = a.lot_id
         where a.tenant_id = $1 and a.state = 'open'
       )
       select json_build_object('low_stock', count(*) filter (where kind = 'low_stock'), 'out_of_stock', count(*) filter (where kind = 'out_of_stock'),
           'expiring', count(*) filter (where kind = 'expiring'), 'overstock', count(*) filter (where kind = 'overstock')) as counts,
         (count(*) filter (where not acknowledged))::int as unacknowledged,
         (select coalesce(json_agg(json_build_object('kind', o.kind, 'sku', o.sku, 'locationName', o."locationName", 'lotNumber', o."lotNumber",
             'available', o.available, 'onHand', o."onHand", 'removeAt', o."removeAt", 'acknowledged', o.acknowledged) order by o.acknowledged, o.rank, o.sku, o.id), '[]')
          from (select * from open order by acknowledged, rank, sku, id limit $2) o) as alerts,
         (select coalesce(json_agg(json_build_object('amount', v.amount, 'currency', v.currency) order by v.currency), '[]')
          from (select sum(t.on_hand * t.unit_cost)::bigint as amount, t.cost_currency as currency from inventory.stock_lots t
            where t.tenant_id = $1 and t.on_hand > 0 and t.unit_cost is not null and t.remove_at < kernel.now() + interval '30 days'
            group by t.cost_currency) v) as "expiringValue"
       from open`,
      [tx.tenantId, most],
    );
    return row;
  }
}
