import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import type { Thresholds } from '../domain/stock-alert';

/** Thresholds as they were said; null: nobody said any. */
export interface OwnThresholds {
  reorderLevel: number | null;
  overstockLevel: number | null;
  expiryAlertDays: number | null;
}

interface ThresholdsOfLevel {
  sku: string;
  locationId: string;
  own: OwnThresholds;
  effective: Thresholds;
}

const COLUMNS: Record<keyof OwnThresholds, string> = {
  reorderLevel: 'reorder_level',
  overstockLevel: 'overstock_level',
  expiryAlertDays: 'expiry_alert_days',
};
const NAMES = Object.keys(COLUMNS) as (keyof OwnThresholds)[];

/** Columns of one level's thresholds, own and effective; its level is `l`, the shop's settings `s`. */
export const THRESHOLDS = `l.sku, l.location_id as "locationId",
  json_build_object('reorderLevel', l.reorder_level, 'overstockLevel', l.overstock_level, 'expiryAlertDays', l.expiry_alert_days) as own,
  json_build_object('reorderLevel', coalesce(l.reorder_level, s.reorder_level, 0), 'overstockLevel', coalesce(l.overstock_level, s.overstock_level),
    'expiryAlertDays', coalesce(l.expiry_alert_days, s.expiry_alert_days, 0)) as effective`;
export const LEVELS_WITH_SETTINGS = `inventory.stock_levels l left join inventory.alert_settings s on s.tenant_id = l.tenant_id`;

/** From when on stock is worth an alert: of levels, and the shop's defaults. */
@Injectable()
export class ThresholdRepository {
  constructor(private readonly uow: UnitOfWork) {}

  /** Changes thresholds of locked levels; undefined stays, null goes back to the default. */
  async change(lines: readonly ({ levelId: string } & Partial<OwnThresholds>)[]): Promise<void> {
    const tx = this.uow.current();
    const rows = lines.map((line) => ({
      ...line,
      ...Object.fromEntries(NAMES.map((name) => [`${name}Said`, line[name] !== undefined])),
    }));
    const sets = NAMES.map(
      (name) => `${COLUMNS[name]} = case when x."${name}Said" then x."${name}" else l.${COLUMNS[name]} end`,
    );
    await tx.execute(
      `update inventory.stock_levels l set ${sets.join(', ')}, version = l.version + 1, updated_at = kernel.now()
       from json_to_recordset($2::json) as x("levelId" uuid, "reorderLevel" bigint, "overstockLevel" bigint, "expiryAlertDays" int,
         "reorderLevelSaid" boolean, "overstockLevelSaid" boolean, "expiryAlertDaysSaid" boolean)
       where l.tenant_id = $1 and l.id = x."levelId"`,
      [tx.tenantId, JSON.stringify(rows)],
    );
  }

  of(levelIds: readonly string[]): Promise<ThresholdsOfLevel[]> {
    const tx = this.uow.current();
    return tx.query<ThresholdsOfLevel>(
      `select ${THRESHOLDS} from ${LEVELS_WITH_SETTINGS} where l.tenant_id = $1 and l.id = any($2::uuid[]) order by l.sku, l.location_id`,
      [tx.tenantId, levelIds],
    );
  }

  async changeDefaults(changes: Partial<OwnThresholds>): Promise<OwnThresholds> {
    const tx = this.uow.current();
    const said = NAMES.filter((name) => changes[name] !== undefined);
    const values = said.map((name) => changes[name]);
    const columns = said.map((name) => COLUMNS[name]);
    const [row] = await tx.query<OwnThresholds>(
      `insert into inventory.alert_settings as s (tenant_id, id, updated_at${columns.map((column) => `, ${column}`).join('')})
       values ($1, $1, kernel.now()${columns.map((_, at) => `, $${at + 2}`).join('')})
       on conflict (tenant_id, id) do update set version = s.version + 1, updated_at = kernel.now()${columns.map((column) => `, ${column} = excluded.${column}`).join('')}
       returning reorder_level as "reorderLevel", overstock_level as "overstockLevel", expiry_alert_days as "expiryAlertDays"`,
      [tx.tenantId, ...values],
    );
    return row;
  }
}
