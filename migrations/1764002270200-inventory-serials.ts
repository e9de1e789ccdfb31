import type { MigrationInterface, QueryRunner } from 'typeorm';
import { tenantTable } from '../src/kernel/database/migration-kit';

const CONDITIONS = `'available', 'damaged', 'quarantine', 'quality_control', 'safety'`;

/**
 * Articles of which every piece has a number of its own: which they are, where each piece is, and how it got there. The
 * last line: at the end of a transaction a lot has as many pieces with a number as it has pieces.
 */
export class InventorySerials1764002270200 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await tenantTable(
      runner,
      'inventory.item_settings',
      `sku text collate "C" not null check (sku <> ''), serials boolean not null, warranty_months int check (warranty_months between 1 and 600),
       version int not null default 1, updated_at timestamptz not null,
       constraint item_settings_once unique (tenant_id, sku)`,
    );
    await tenantTable(
      runner,
      'inventory.serials',
      `sku text collate "C" not null, serial text collate "C" not null check (serial <> ''), provisional boolean not null default false,
       state text collate "C" not null check (state in ('in_stock', 'under_way', 'shipped', 'gone')),
       condition text collate "C" not null default 'available' check (condition in (${CONDITIONS})),
       level_id uuid not null, lot_id uuid not null, reference_type text, reference_id uuid, transfer_lot_id uuid,
       received_at timestamptz not null, shipped_at timestamptz, warranty_until timestamptz,
       version int not null default 1, updated_at timestamptz not null,
       constraint serials_once unique (tenant_id, sku, serial),
       constraint serials_condition check (condition = 'available' or state = 'in_stock'),
       constraint serials_shipped check (state <> 'shipped' or (reference_id is not null and shipped_at is not null)),
       constraint serials_under_way check ((state = 'under_way') = (transfer_lot_id is not null)),
       foreign key (tenant_id, level_id) references inventory.stock_levels (tenant_id, id),
       foreign key (tenant_id, lot_id) references inventory.stock_lots (tenant_id, id),
       foreign key (tenant_id, transfer_lot_id) references inventory.stock_transfer_lots (tenant_id, id)`,
    );
    for (const [name, columns] of [
      ['number', 'tenant_id, serial, id'],
      ['sku', 'tenant_id, sku, id'],
      ['lot', `tenant_id, lot_id, received_at, id) where (state = 'in_stock'`],
      ['reference', 'tenant_id, reference_id, id) where (reference_id is not null'],
      ['transfer', 'tenant_id, transfer_lot_id) where (transfer_lot_id is not null'],
    ])
      await runner.query(`create index serials_by_${name} on inventory.serials (${columns})`);
    await tenantTable(
      runner,
      'inventory.serial_events',
      `serial_id uuid not null, kind text collate "C" not null check (kind in ('received', 'found', 'tracked', 'shipped', 'returned', 'scrapped',
         'transfer_sent', 'transfer_received', 'transfer_lost', 'transfer_returned', 'state_changed', 'written_off', 'missing', 'renamed', 'untracked')),
       lot_id uuid not null, location_id uuid not null, condition text collate "C" not null, document_type text, document_id text,
       reason text, actor_id uuid, at timestamptz not null,
       foreign key (tenant_id, serial_id) references inventory.serials (tenant_id, id)`,
      { grants: ['select', 'insert'] },
    );
    await runner.query(`create index serial_events_serial on inventory.serial_events (tenant_id, serial_id, id)`);
    await this.guard(runner);
  }

  private async guard(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table inventory.stock_lots add column serialized boolean not null default false`);
    await runner.query(`create function inventory.mark_serialized() returns trigger language plpgsql as $$
      begin
        new.serialized := new.serialized or exists (select from inventory.item_settings i
          where i.tenant_id = new.tenant_id and i.sku = new.sku and i.serials);
        return new;
      end $$`);
    await runner.query(`create trigger mark_serialized before insert on inventory.stock_lots
      for each row execute function inventory.mark_serialized()`);
    await runner.query(`create function inventory.check_serialized() returns trigger language plpgsql as $$
      declare
        pieces bigint;
        numbered bigint;
      begin
        select t.on_hand into pieces from inventory.stock_lots t where t.tenant_id = new.tenant_id and t.id = new.id and t.serialized;
        select count(*) into numbered from inventory.serials s where s.tenant_id = new.tenant_id and s.lot_id = new.id and s.state = 'in_stock';
        if pieces <> numbered then
          raise exception 'a lot has % pieces and % serial numbers', pieces, numbered using errcode = '23514', constraint = 'stock_lots_serialized';
        end if;
        return null;
      end $$`);
    await runner.query(`create constraint trigger check_serialized after update of on_hand on inventory.stock_lots
      deferrable initially deferred for each row when (new.serialized and old.on_hand <> new.on_hand)
      execute function inventory.check_serialized()`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop trigger check_serialized on inventory.stock_lots`);
    await runner.query(`drop trigger mark_serialized on inventory.stock_lots`);
    await runner.query(`drop function inventory.check_serialized(), inventory.mark_serialized()`);
    await runner.query(`alter table inventory.stock_lots drop column serialized`);
    await runner.query(`drop table inventory.serial_events, inventory.serials, inventory.item_settings`);
  }
}
