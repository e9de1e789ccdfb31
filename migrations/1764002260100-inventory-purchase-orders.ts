import type { MigrationInterface, QueryRunner } from 'typeorm';
import { tenantTable } from '../src/kernel/database/migration-kit';

/** Orders to suppliers, what came for them, and how the shop buys. */
export class InventoryPurchaseOrders1764002260100 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    // One row a shop, its id the tenant's; without one the defaults of the code hold.
    await tenantTable(
      runner,
      'inventory.purchasing_settings',
      `over_receipt_basis_points int not null check (over_receipt_basis_points between 0 and 10000),
       number_prefix text not null check (length(number_prefix) <= 12), demand_days int not null check (demand_days between 1 and 365),
       safety_days int not null check (safety_days between 0 and 365), version int not null default 1`,
    );
    await tenantTable(runner, 'inventory.purchase_order_counters', `last bigint not null`);
    await tenantTable(
      runner,
      'inventory.purchase_orders',
      `number text collate "C" not null, supplier_id uuid not null, supplier_name text not null,
       status text collate "C" not null check (status in ('draft', 'ordered', 'partly_received', 'received', 'closed_short', 'cancelled')),
       currency char(3) not null, location_id uuid not null, expected_at timestamptz, reference text, note text, end_note text,
       ordered_at timestamptz, ended_at timestamptz, version int not null default 1, created_by uuid,
       created_at timestamptz not null, updated_at timestamptz not null,
       constraint purchase_orders_number unique (tenant_id, number),
       foreign key (tenant_id, supplier_id) references inventory.suppliers (tenant_id, id),
       foreign key (tenant_id, location_id) references inventory.locations (tenant_id, id),
       check ((status = 'draft') = (ordered_at is null) or status = 'cancelled'),
       check ((ended_at is null) = (status in ('draft', 'ordered', 'partly_received')))`,
    );
    await runner.query(
      `create index purchase_orders_of_supplier on inventory.purchase_orders (tenant_id, supplier_id, id)`,
    );
    await tenantTable(
      runner,
      'inventory.purchase_order_lines',
      `order_id uuid not null, position int not null, sku text collate "C" not null, supplier_sku text, name text not null,
       quantity bigint not null check (quantity > 0), received bigint not null default 0 check (received >= 0),
       unit_cost bigint not null check (unit_cost >= 0), expected_at timestamptz,
       foreign key (tenant_id, order_id) references inventory.purchase_orders (tenant_id, id)`,
    );
    await runner.query(
      `create index purchase_order_lines_order on inventory.purchase_order_lines (tenant_id, order_id, position)`,
    );
    await runner.query(`create index purchase_order_lines_sku on inventory.purchase_order_lines (tenant_id, sku)`);
    await this.receipts(runner);
    await this.guard(runner);
  }

  /** What came is only ever added to. */
  private async receipts(runner: QueryRunner): Promise<void> {
    const grants: ('select' | 'insert')[] = ['select', 'insert'];
    await tenantTable(
      runner,
      'inventory.purchase_receipts',
      `order_id uuid not null, number text not null, delivery_note text collate "C", note text, actor_id uuid, received_at timestamptz not null,
       constraint purchase_receipts_note unique (tenant_id, order_id, delivery_note),
       foreign key (tenant_id, order_id) references inventory.purchase_orders (tenant_id, id)`,
      { grants },
    );
    await tenantTable(
      runner,
      'inventory.purchase_receipt_lines',
      `order_id uuid not null, receipt_id uuid not null, line_id uuid not null, position int not null, location_id uuid not null,
       quantity bigint not null check (quantity > 0), announced bigint check (announced >= 0), over bigint not null check (over between 0 and quantity),
       lot_number text, expires_at timestamptz, unit_cost bigint not null check (unit_cost >= 0), ordered_cost bigint not null,
       foreign key (tenant_id, receipt_id) references inventory.purchase_receipts (tenant_id, id),
       foreign key (tenant_id, line_id) references inventory.purchase_order_lines (tenant_id, id)`,
      { grants },
    );
    await runner.query(
      `create index purchase_receipt_lines_order on inventory.purchase_receipt_lines (tenant_id, order_id, receipt_id, position)`,
    );
  }

  /** The state machine once more, beneath the code. */
  private async guard(runner: QueryRunner): Promise<void> {
    await runner.query(`create function inventory.purchase_order_edge_allowed(source text, target text) returns boolean
      language sql immutable parallel safe as $$ select source = target and source in ('draft', 'ordered', 'partly_received') or (source, target) in
        (('draft', 'ordered'), ('draft', 'cancelled'), ('ordered', 'partly_received'), ('ordered', 'received'), ('ordered', 'cancelled'),
         ('partly_received', 'received'), ('partly_received', 'closed_short')) $$`);
    await runner.query(`create function inventory.guard_purchase_order() returns trigger language plpgsql as $$
      begin
        if not inventory.purchase_order_edge_allowed(old.status, new.status) then
          raise exception 'a purchase order cannot go from % to %', old.status, new.status using errcode = '23514', constraint = 'purchase_orders_edge';
        end if;
        return new;
      end $$`);
    await runner.query(`create trigger guard before update on inventory.purchase_orders
      for each row execute function inventory.guard_purchase_order()`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop table inventory.purchase_receipt_lines, inventory.purchase_receipts, inventory.purchase_order_lines,
      inventory.purchase_orders, inventory.purchase_order_counters, inventory.purchasing_settings`);
    await runner.query(`drop function inventory.guard_purchase_order, inventory.purchase_order_edge_allowed`);
  }
}
