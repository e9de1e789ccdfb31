import type { MigrationInterface, QueryRunner } from 'typeorm';

const TABLES = ['inventory_reservations', 'reservation_lines', 'reservation_allocations'];
const OVER = `reference_type = 'cart' and state in ('released', 'expired')`;

/** Holds of carts that are over say nothing that anybody asks for; those of orders are kept with them. */
export class InventoryCartHoldRetention1764002570130 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `create index retention_cart_holds on inventory.inventory_reservations (settled_at) where ${OVER}`,
    );
    // Whoever deletes a line is asked for its allocations.
    await runner.query(
      `create index reservation_allocations_line on inventory.reservation_allocations (tenant_id, line_id)`,
    );
    for (const table of TABLES) {
      for (const command of ['select', 'update', 'delete'])
        await runner.query(
          `create policy retention_${command} on inventory.${table} for ${command} to current_user using (true)`,
        );
    }
    // One statement: foreign keys are looked at when all of it is gone.
    await runner.query(`create function inventory.purge_cart_holds(days int, at_once int) returns int
      language plpgsql security definer set search_path = pg_catalog as $$
      declare
        taken int;
      begin
        with over as materialized (
          select tenant_id, id from inventory.inventory_reservations
          where ${OVER} and settled_at < kernel.now() - make_interval(days => days)
          order by settled_at limit at_once for update skip locked
        ), allocations as (
          delete from inventory.reservation_allocations a using over where a.tenant_id = over.tenant_id and a.reservation_id = over.id
        ), lines as (
          delete from inventory.reservation_lines x using over where x.tenant_id = over.tenant_id and x.reservation_id = over.id
        )
        delete from inventory.inventory_reservations r using over where r.tenant_id = over.tenant_id and r.id = over.id;
        get diagnostics taken = row_count;
        return taken;
      end $$`);
    await runner.query(`revoke execute on function inventory.purge_cart_holds(int, int) from public`);
    await runner.query(`grant execute on function inventory.purge_cart_holds(int, int) to mainstay_app`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop function inventory.purge_cart_holds(int, int)`);
    for (const table of TABLES) {
      for (const command of ['select', 'update', 'delete'])
        await runner.query(`drop policy retention_${command} on inventory.${table}`);
    }
    await runner.query(`drop index inventory.reservation_allocations_line, inventory.retention_cart_holds`);
  }
}
