import type { MigrationInterface, QueryRunner } from 'typeorm';
import { tenantTable } from '../src/kernel/database/migration-kit';

const KINDS = `'receipt', 'shipment', 'count', 'adjustment', 'return', 'scrap', 'transfer'`;

/**
 * Lots: every piece on hand lies in one. A level always has its nameless lot, whose id is the level's own; batches and
 * costs are lots beside it. Lines of holds name the lots they take from, movements the lot they changed.
 */
export class InventoryLots1764002200000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await tenantTable(
      runner,
      'inventory.stock_lots',
      `level_id uuid not null, sku text not null, location_id uuid not null, number text check (number <> ''),
       received_at timestamptz not null, best_before_at timestamptz, expires_at timestamptz, remove_at timestamptz,
       alert_at timestamptz,
       on_hand bigint not null default 0, reserved bigint not null default 0, unavailable bigint not null default 0,
       unit_cost bigint check (unit_cost >= 0), cost_currency text, version int not null default 1,
       unique nulls not distinct (tenant_id, level_id, number, unit_cost, cost_currency),
       foreign key (tenant_id, level_id) references inventory.stock_levels (tenant_id, id),
       constraint stock_lots_on_hand check (on_hand >= 0),
       constraint stock_lots_reserved check (reserved >= 0),
       constraint stock_lots_unavailable check (unavailable >= 0),
       constraint stock_lots_not_oversold check (on_hand - unavailable - reserved >= 0),
       constraint stock_lots_cost check ((unit_cost is null) = (cost_currency is null)),
       constraint stock_lots_nameless check (id <> level_id or (number is null and unit_cost is null and remove_at is null)),
       constraint stock_lots_dates check ((expires_at is null or remove_at <= expires_at) and (alert_at is null or alert_at <= remove_at))`,
      { suffix: 'with (fillfactor = 70)' },
    );
    await runner.query(`create index stock_lots_sku on inventory.stock_lots (tenant_id, sku)`);
    await runner.query(
      `create index stock_lots_remove on inventory.stock_lots (tenant_id, remove_at) where remove_at is not null`,
    );
    await tenantTable(
      runner,
      'inventory.reservation_allocations',
      `reservation_id uuid not null, line_id uuid not null, level_id uuid not null, lot_id uuid not null,
       quantity bigint not null check (quantity >= 0), shipped bigint not null default 0 check (shipped >= 0),
       returned bigint not null default 0 check (returned between 0 and shipped),
       unique (tenant_id, reservation_id, lot_id),
       foreign key (tenant_id, line_id) references inventory.reservation_lines (tenant_id, id),
       foreign key (tenant_id, lot_id) references inventory.stock_lots (tenant_id, id)`,
    );
    await runner.query(`alter table inventory.stock_levels
      add column backordered bigint not null default 0,
      add constraint stock_levels_backordered check (backordered between 0 and reserved)`);
    await runner.query(`alter table inventory.inventory_reservations add column need_by timestamptz`);
    await runner.query(`alter table inventory.reservation_lines
      add column shipped bigint not null default 0 check (shipped >= 0),
      add column backordered bigint not null default 0,
      drop constraint reservation_lines_quantity_check,
      add constraint reservation_lines_quantity_check check (quantity >= 0),
      add constraint reservation_lines_backordered check (backordered between 0 and quantity)`);
    await runner.query(`alter table inventory.stock_movements
      add column lot_id uuid, add column unit_cost bigint, add column cost_currency text,
      drop constraint stock_movements_kind_check, add constraint stock_movements_kind_check check (kind in (${KINDS})),
      add foreign key (tenant_id, lot_id) references inventory.stock_lots (tenant_id, id)`);
    await this.edges(runner, `, ('committed', 'committed')`);
    await this.fill(runner);
    await runner.query(`alter table inventory.stock_movements alter column lot_id set not null`);
  }

  /** A committed hold of which a part leaves stays committed. */
  private async edges(runner: QueryRunner, partial: string): Promise<void> {
    await runner.query(`create or replace function inventory.reservation_edge_allowed(source text, target text) returns boolean
      language sql immutable parallel safe as $$ select (source, target) in
        (('active', 'active'), ('active', 'committed'), ('active', 'released'), ('active', 'expired'),
         ('committed', 'fulfilled'), ('committed', 'released')${partial}) $$`);
  }

  /** What lay in levels alone lies in their nameless lots now. The owner reads and writes across tenants for it. */
  private async fill(runner: QueryRunner): Promise<void> {
    const tables = [
      'stock_levels',
      'stock_lots',
      'inventory_reservations',
      'reservation_lines',
      'reservation_allocations',
      'stock_movements',
    ];
    for (const table of tables) await runner.query(`alter table inventory.${table} no force row level security`);
    await runner.query(`update inventory.stock_levels set backordered = greatest(0, reserved + unavailable - on_hand)`);
    await runner.query(`insert into inventory.stock_lots (tenant_id, id, level_id, sku, location_id, received_at, on_hand, reserved, unavailable)
      select tenant_id, id, id, sku, location_id, updated_at, on_hand, reserved - backordered, unavailable from inventory.stock_levels`);
    await runner.query(`update inventory.reservation_lines x set shipped = x.quantity, quantity = 0 from inventory.inventory_reservations r
      where r.tenant_id = x.tenant_id and r.id = x.reservation_id and r.state = 'fulfilled'`);
    await runner.query(`insert into inventory.reservation_allocations (tenant_id, id, reservation_id, line_id, level_id, lot_id, quantity, shipped)
      select x.tenant_id, x.id, x.reservation_id, x.id, x.level_id, x.level_id, x.quantity, x.shipped
      from inventory.reservation_lines x`);
    await runner.query(`update inventory.stock_movements set lot_id = level_id`);
    for (const table of tables) await runner.query(`alter table inventory.${table} force row level security`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await this.edges(runner, '');
    await runner.query(
      `alter table inventory.stock_movements drop column lot_id, drop column unit_cost, drop column cost_currency`,
    );
    await runner.query(`drop table inventory.reservation_allocations, inventory.stock_lots`);
    await runner.query(`alter table inventory.inventory_reservations drop column need_by`);
    await runner.query(`alter table inventory.reservation_lines drop column shipped, drop column backordered`);
    await runner.query(`alter table inventory.stock_levels drop column backordered`);
  }
}
