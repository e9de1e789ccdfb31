import type { MigrationInterface, QueryRunner } from 'typeorm';
import { tenantTable } from '../src/kernel/database/migration-kit';

/** Stock counts: what was to be counted where, what was found, and what lay there in the books at that moment. */
export class InventoryCounts1764002270100 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await tenantTable(
      runner,
      'inventory.stock_counts',
      `location_id uuid not null, whole_location boolean not null, blind boolean not null,
       state text collate "C" not null default 'open' check (state in ('open', 'approved', 'cancelled')),
       note text, reason text, created_by uuid, created_at timestamptz not null, settled_by uuid, settled_at timestamptz,
       version int not null default 1,
       check ((state = 'open') = (settled_at is null)),
       foreign key (tenant_id, location_id) references inventory.locations (tenant_id, id)`,
    );
    await tenantTable(
      runner,
      'inventory.stock_count_lines',
      `count_id uuid not null, level_id uuid not null, sku text not null, lot_number text,
       counted bigint check (counted >= 0), expected bigint, counted_at timestamptz, counted_by uuid,
       times_counted int not null default 0, applied bigint,
       unique nulls not distinct (tenant_id, count_id, level_id, lot_number),
       check ((counted is null) = (expected is null) and (counted is null) = (counted_at is null)),
       foreign key (tenant_id, count_id) references inventory.stock_counts (tenant_id, id),
       foreign key (tenant_id, level_id) references inventory.stock_levels (tenant_id, id)`,
    );
    await runner.query(
      `create index stock_count_lines_sku on inventory.stock_count_lines (tenant_id, count_id, sku, id)`,
    );
    // Whether somebody corrected a lot since it was counted.
    await runner.query(`create index stock_movements_corrections on inventory.stock_movements (tenant_id, lot_id, at)
      where kind in ('count', 'adjustment')`);
    await runner.query(
      `create index stock_movements_document on inventory.stock_movements (tenant_id, document_id) where document_type = 'stock_count'`,
    );
    await runner.query(`create function inventory.count_edge_allowed(source text, target text) returns boolean
      language sql immutable parallel safe as $$ select source = 'open' $$`);
    await runner.query(`create function inventory.guard_count() returns trigger language plpgsql as $$
      begin
        if not inventory.count_edge_allowed(old.state, new.state) then
          raise exception 'a stock count cannot go from % to %', old.state, new.state using errcode = '23514', constraint = 'stock_counts_edge';
        end if;
        return new;
      end $$`);
    await runner.query(`create trigger guard before update on inventory.stock_counts
      for each row execute function inventory.guard_count()`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop index inventory.stock_movements_corrections, inventory.stock_movements_document`);
    await runner.query(`drop table inventory.stock_count_lines, inventory.stock_counts`);
    await runner.query(`drop function inventory.guard_count()`);
    await runner.query(`drop function inventory.count_edge_allowed(text, text)`);
  }
}
