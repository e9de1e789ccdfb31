import type { MigrationInterface, QueryRunner } from 'typeorm';
import { createSchema, tenantTable } from '../src/kernel/database/migration-kit';

/** Locations, stock levels, holds with their lines, the append-only journal of movements, alerts. */
export class InventoryCreate1764000500000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await createSchema(runner, 'inventory');
    await tenantTable(
      runner,
      'inventory.locations',
      `code text not null check (code <> ''), name text not null, is_default boolean not null default false,
       active boolean not null default true, version int not null default 1, created_at timestamptz not null,
       unique (tenant_id, code)`,
    );
    await runner.query(`create unique index locations_default on inventory.locations (tenant_id) where is_default`);

    // Updated by every hold: no index on a changing column, and room on the page, so that updates stay on their page.
    await tenantTable(
      runner,
      'inventory.stock_levels',
      `sku text not null check (sku <> ''), location_id uuid not null,
       on_hand bigint not null default 0, reserved bigint not null default 0, unavailable bigint not null default 0,
       incoming bigint not null default 0, backorder_limit bigint not null default 0, reorder_level bigint not null default 0,
       version int not null default 1, updated_at timestamptz not null,
       unique (tenant_id, sku, location_id),
       foreign key (tenant_id, location_id) references inventory.locations (tenant_id, id),
       constraint stock_levels_on_hand check (on_hand >= 0),
       constraint stock_levels_reserved check (reserved >= 0),
       constraint stock_levels_unavailable check (unavailable >= 0),
       constraint stock_levels_incoming check (incoming >= 0),
       constraint stock_levels_limits check (backorder_limit >= 0 and reorder_level >= 0),
       constraint stock_levels_not_oversold check (on_hand - unavailable - reserved >= -backorder_limit)`,
      { suffix: 'with (fillfactor = 70)' },
    );

    await tenantTable(
      runner,
      'inventory.inventory_reservations',
      `reference_type text not null check (reference_type in ('order')), reference_id uuid not null,
       state text not null check (state in ('active', 'committed', 'released', 'expired', 'fulfilled')),
       expires_at timestamptz not null, lapsed_at timestamptz, settled_at timestamptz, reason text,
       version int not null default 1, created_at timestamptz not null`,
    );
    await runner.query(`create unique index inventory_reservations_open on inventory.inventory_reservations
      (tenant_id, reference_type, reference_id) where state in ('active', 'committed')`);
    await runner.query(
      `create index inventory_reservations_reference on inventory.inventory_reservations (tenant_id, reference_id, id)`,
    );
    await runner.query(`create index inventory_reservations_lapsing on inventory.inventory_reservations
      (tenant_id, expires_at) where state = 'active'`);
    await this.guardReservations(runner);

    await tenantTable(
      runner,
      'inventory.reservation_lines',
      `reservation_id uuid not null, level_id uuid not null, sku text not null, quantity bigint not null check (quantity > 0),
       taken_over_at timestamptz,
       unique (tenant_id, reservation_id, level_id),
       foreign key (tenant_id, reservation_id) references inventory.inventory_reservations (tenant_id, id),
       foreign key (tenant_id, level_id) references inventory.stock_levels (tenant_id, id)`,
    );

    await tenantTable(
      runner,
      'inventory.stock_movements',
      `level_id uuid not null, sku text not null, location_id uuid not null,
       kind text not null check (kind in ('receipt', 'shipment', 'count')),
       quantity bigint not null check (quantity <> 0), on_hand_after bigint not null,
       document_type text not null, document_id text not null, reason text not null, idempotency_key text not null,
       actor_id uuid, at timestamptz not null,
       unique (tenant_id, idempotency_key),
       foreign key (tenant_id, level_id) references inventory.stock_levels (tenant_id, id)`,
      { grants: ['select', 'insert'] },
    );
    await runner.query(`create index stock_movements_sku on inventory.stock_movements (tenant_id, sku, id)`);

    await tenantTable(
      runner,
      'inventory.stock_alerts',
      `level_id uuid not null, sku text not null, location_id uuid not null, kind text not null check (kind in ('low_stock')),
       state text not null check (state in ('open', 'resolved')), available bigint not null, reorder_level bigint not null,
       raised_at timestamptz not null, resolved_at timestamptz,
       foreign key (tenant_id, level_id) references inventory.stock_levels (tenant_id, id)`,
    );
    await runner.query(
      `create unique index stock_alerts_open on inventory.stock_alerts (tenant_id, level_id, kind) where state = 'open'`,
    );
  }

  /** The state machine of holds once more, beneath the code: rows in an end state never change. */
  private async guardReservations(runner: QueryRunner): Promise<void> {
    await runner.query(`create function inventory.reservation_edge_allowed(source text, target text) returns boolean
      language sql immutable parallel safe as $$ select (source, target) in
        (('active', 'active'), ('active', 'committed'), ('active', 'released'), ('active', 'expired'),
         ('committed', 'fulfilled'), ('committed', 'released')) $$`);
    await runner.query(`create function inventory.guard_reservation() returns trigger language plpgsql as $$
      begin
        if not inventory.reservation_edge_allowed(old.state, new.state) then
          raise exception 'a reservation cannot go from % to %', old.state, new.state using errcode = '23514', constraint = 'inventory_reservations_edge';
        end if;
        return new;
      end $$`);
    await runner.query(`create trigger guard before update on inventory.inventory_reservations
      for each row execute function inventory.guard_reservation()`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop schema inventory cascade`);
  }
}
