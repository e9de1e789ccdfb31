import type { MigrationInterface, QueryRunner } from 'typeorm';
import { tenantTable } from '../src/kernel/database/migration-kit';

/**
 * Articles whose pieces have serial numbers are counted by these: what was read on the shelf, what is missing of it and
 * what nobody knew of, as of the moment of counting. Lines counted so say how many pieces are missing and how many were found.
 */
export class InventorySerialCounts1764002290000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table inventory.stock_count_lines
      add column missing bigint check (missing >= 0), add column found bigint check (found >= 0),
      add constraint stock_count_lines_named check ((missing is null) = (found is null))`);
    await tenantTable(
      runner,
      'inventory.stock_count_serials',
      `count_id uuid not null, level_id uuid not null, sku text collate "C" not null, lot_number text,
       serial text collate "C" not null check (serial <> ''), serial_id uuid,
       finding text collate "C" not null check (finding in ('seen', 'missing', 'found')),
       constraint stock_count_serials_once unique (tenant_id, count_id, level_id, serial),
       constraint stock_count_serials_known check (finding <> 'missing' or serial_id is not null),
       foreign key (tenant_id, count_id) references inventory.stock_counts (tenant_id, id),
       foreign key (tenant_id, level_id) references inventory.stock_levels (tenant_id, id),
       foreign key (tenant_id, serial_id) references inventory.serials (tenant_id, id)`,
    );
    await runner.query(
      `create index stock_count_serials_serial on inventory.stock_count_serials (tenant_id, count_id, serial, id)`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop table inventory.stock_count_serials`);
    await runner.query(`alter table inventory.stock_count_lines drop column missing, drop column found`);
  }
}
