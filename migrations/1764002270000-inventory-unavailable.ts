import type { MigrationInterface, QueryRunner } from 'typeorm';
import { tenantTable } from '../src/kernel/database/migration-kit';

const STATES = `'damaged', 'quarantine', 'quality_control', 'safety'`;

/** Why pieces that lie there cannot be sold, a row a lot and state, and the log of how they came into their states. */
export class InventoryUnavailable1764002270000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await tenantTable(
      runner,
      'inventory.unavailable_stock',
      `level_id uuid not null, lot_id uuid not null, sku text not null, location_id uuid not null,
       state text collate "C" not null check (state in (${STATES})), quantity bigint not null check (quantity >= 0),
       updated_at timestamptz not null,
       unique (tenant_id, lot_id, state),
       foreign key (tenant_id, level_id) references inventory.stock_levels (tenant_id, id),
       foreign key (tenant_id, lot_id) references inventory.stock_lots (tenant_id, id)`,
    );
    await runner.query(
      `create index unavailable_stock_sku on inventory.unavailable_stock (tenant_id, sku, id) where quantity > 0`,
    );
    await tenantTable(
      runner,
      'inventory.stock_state_changes',
      `operation_id uuid not null, level_id uuid not null, lot_id uuid not null, sku text not null, location_id uuid not null,
       from_state text collate "C" not null check (from_state in ('available', ${STATES})),
       to_state text collate "C" not null check (to_state in ('available', ${STATES}, 'written_off') and to_state <> from_state),
       quantity bigint not null check (quantity > 0), reason text not null, actor_id uuid, at timestamptz not null,
       foreign key (tenant_id, lot_id) references inventory.stock_lots (tenant_id, id)`,
      { grants: ['select', 'insert'] },
    );
    await runner.query(`create index stock_state_changes_sku on inventory.stock_state_changes (tenant_id, sku, id)`);
    const tables = ['stock_lots', 'unavailable_stock'];
    for (const table of tables) await runner.query(`alter table inventory.${table} no force row level security`);
    await runner.query(`insert into inventory.unavailable_stock (tenant_id, id, level_id, lot_id, sku, location_id, state, quantity, updated_at)
      select tenant_id, id, level_id, id, sku, location_id, 'quarantine', unavailable, kernel.now() from inventory.stock_lots where unavailable > 0`);
    for (const table of tables) await runner.query(`alter table inventory.${table} force row level security`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop table inventory.stock_state_changes, inventory.unavailable_stock`);
  }
}
