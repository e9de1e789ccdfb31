import type { MigrationInterface, QueryRunner } from 'typeorm';
import { tenantTable } from '../src/kernel/database/migration-kit';

/**
 * Alerts of four kinds with thresholds per item and location and the shop's defaults; people acknowledge them. A reorder
 * level nobody set is null from now on: the shop's default holds then, and without one 0 as before.
 */
export class InventoryAlerts1764002250100 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table inventory.stock_levels
      alter column reorder_level drop not null, alter column reorder_level drop default,
      add column overstock_level bigint check (overstock_level >= 0),
      add column expiry_alert_days int check (expiry_alert_days between 0 and 3650)`);
    await runner.query(`alter table inventory.stock_levels no force row level security`);
    await runner.query(`update inventory.stock_levels set reorder_level = null where reorder_level = 0`);
    await runner.query(`alter table inventory.stock_levels force row level security`);
    await runner.query(`alter table inventory.stock_alerts
      drop constraint stock_alerts_kind_check,
      add constraint stock_alerts_kind_check check (kind in ('low_stock', 'out_of_stock', 'expiring', 'overstock')),
      alter column reorder_level drop not null,
      add column lot_id uuid, add column on_hand bigint, add column overstock_level bigint, add column remove_at timestamptz,
      add column acknowledged_at timestamptz, add column acknowledged_by uuid, add column note text, add column told_at timestamptz,
      add constraint stock_alerts_lot check ((kind = 'expiring') = (lot_id is not null)),
      add foreign key (tenant_id, lot_id) references inventory.stock_lots (tenant_id, id)`);
    await runner.query(`drop index inventory.stock_alerts_open`);
    await runner.query(`create unique index stock_alerts_open on inventory.stock_alerts (tenant_id, level_id, kind, lot_id)
      nulls not distinct where state = 'open'`);
    await tenantTable(
      runner,
      'inventory.alert_settings',
      `reorder_level bigint check (reorder_level >= 0), overstock_level bigint check (overstock_level >= 0),
       expiry_alert_days int check (expiry_alert_days between 0 and 3650),
       looked_at timestamptz, next_look_at timestamptz, version int not null default 1, updated_at timestamptz not null`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop table inventory.alert_settings`);
    await runner.query(`alter table inventory.stock_alerts no force row level security`);
    await runner.query(`delete from inventory.stock_alerts where kind <> 'low_stock'`);
    await runner.query(`alter table inventory.stock_alerts force row level security`);
    await runner.query(`drop index inventory.stock_alerts_open`);
    await runner.query(`alter table inventory.stock_alerts drop constraint stock_alerts_lot, drop constraint stock_alerts_kind_check,
      add constraint stock_alerts_kind_check check (kind in ('low_stock')),
      drop column lot_id, drop column on_hand, drop column overstock_level, drop column remove_at, drop column acknowledged_at,
      drop column acknowledged_by, drop column note, drop column told_at, alter column reorder_level set not null`);
    await runner.query(
      `create unique index stock_alerts_open on inventory.stock_alerts (tenant_id, level_id, kind) where state = 'open'`,
    );
    await runner.query(`alter table inventory.stock_levels no force row level security`);
    await runner.query(`update inventory.stock_levels set reorder_level = 0 where reorder_level is null`);
    await runner.query(`alter table inventory.stock_levels force row level security`);
    await runner.query(`alter table inventory.stock_levels drop column overstock_level, drop column expiry_alert_days,
      alter column reorder_level set default 0, alter column reorder_level set not null`);
  }
}
