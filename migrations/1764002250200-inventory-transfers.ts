import type { MigrationInterface, QueryRunner } from 'typeorm';
import { tenantTable } from '../src/kernel/database/migration-kit';

/** Transfers between locations: what was asked for, and which lots travel with their dates and costs. */
export class InventoryTransfers1764002250200 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await tenantTable(
      runner,
      'inventory.stock_transfers',
      `from_location_id uuid not null, to_location_id uuid not null check (to_location_id <> from_location_id),
       state text not null default 'draft' check (state in ('draft', 'shipped', 'received', 'cancelled')),
       reference text, shipped_at timestamptz, settled_at timestamptz, reason text,
       created_by uuid, created_at timestamptz not null, version int not null default 1,
       foreign key (tenant_id, from_location_id) references inventory.locations (tenant_id, id),
       foreign key (tenant_id, to_location_id) references inventory.locations (tenant_id, id)`,
    );
    await runner.query(
      `create index stock_transfers_open on inventory.stock_transfers (tenant_id, id) where state = 'shipped'`,
    );
    await tenantTable(
      runner,
      'inventory.stock_transfer_lines',
      `transfer_id uuid not null, position int not null, sku text not null, lot_number text,
       quantity bigint not null check (quantity > 0), shipped bigint not null default 0, received bigint not null default 0,
       lost bigint not null default 0, returned bigint not null default 0,
       unique (tenant_id, transfer_id, position),
       foreign key (tenant_id, transfer_id) references inventory.stock_transfers (tenant_id, id),
       constraint stock_transfer_lines_shipped check (shipped in (0, quantity)),
       constraint stock_transfer_lines_settled check (received >= 0 and lost >= 0 and returned >= 0 and received + lost + returned <= shipped)`,
    );
    await tenantTable(
      runner,
      'inventory.stock_transfer_lots',
      `transfer_id uuid not null, line_id uuid not null, lot_id uuid not null, number text, received_at timestamptz not null,
       best_before_at timestamptz, expires_at timestamptz, remove_at timestamptz, alert_at timestamptz,
       unit_cost bigint, cost_currency text, quantity bigint not null check (quantity > 0),
       received bigint not null default 0, lost bigint not null default 0, returned bigint not null default 0,
       unique (tenant_id, line_id, lot_id),
       foreign key (tenant_id, line_id) references inventory.stock_transfer_lines (tenant_id, id),
       foreign key (tenant_id, lot_id) references inventory.stock_lots (tenant_id, id),
       constraint stock_transfer_lots_settled check (received >= 0 and lost >= 0 and returned >= 0 and received + lost + returned <= quantity)`,
    );
    await runner.query(
      `create index stock_transfer_lots_transfer on inventory.stock_transfer_lots (tenant_id, transfer_id)`,
    );
    await runner.query(`create function inventory.transfer_edge_allowed(source text, target text) returns boolean
      language sql immutable parallel safe as $$ select source = target and source in ('draft', 'shipped') or (source, target) in
        (('draft', 'shipped'), ('draft', 'cancelled'), ('shipped', 'received'), ('shipped', 'cancelled')) $$`);
    await runner.query(`create function inventory.guard_transfer() returns trigger language plpgsql as $$
      begin
        if not inventory.transfer_edge_allowed(old.state, new.state) then
          raise exception 'a transfer cannot go from % to %', old.state, new.state using errcode = '23514', constraint = 'stock_transfers_edge';
        end if;
        return new;
      end $$`);
    await runner.query(`create trigger guard before update on inventory.stock_transfers
      for each row execute function inventory.guard_transfer()`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      `drop table inventory.stock_transfer_lots, inventory.stock_transfer_lines, inventory.stock_transfers`,
    );
    await runner.query(`drop function inventory.guard_transfer()`);
    await runner.query(`drop function inventory.transfer_edge_allowed(text, text)`);
  }
}
