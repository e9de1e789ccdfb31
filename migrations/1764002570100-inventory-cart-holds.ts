import type { MigrationInterface, QueryRunner } from 'typeorm';

const RESERVATIONS = 'inventory.inventory_reservations';

/** Carts hold stock for a time. They are promised nothing: what is committed is an order's. */
export class InventoryCartHolds1764002570100 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table ${RESERVATIONS} drop constraint inventory_reservations_reference_type_check,
      add constraint inventory_reservations_reference_type_check check (reference_type in ('order', 'cart')),
      add constraint inventory_reservations_carts check (reference_type = 'order' or state in ('active', 'released', 'expired'))`);
    await runner.query(`create index inventory_reservations_in_carts on ${RESERVATIONS} (tenant_id, id)
      where state = 'active' and reference_type = 'cart'`);
  }

  /** Holds of carts stay as the record that they are, and lapse: the release before knows one kind of reference. */
  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop index inventory.inventory_reservations_in_carts`);
    await runner.query(`alter table ${RESERVATIONS} drop constraint inventory_reservations_carts,
      drop constraint inventory_reservations_reference_type_check`);
    // The owner writes across tenants for it, and in rows whose state is final.
    await runner.query(`alter table ${RESERVATIONS} no force row level security, disable trigger guard`);
    await runner.query(`update ${RESERVATIONS} set reference_type = 'order' where reference_type = 'cart'`);
    await runner.query(`alter table ${RESERVATIONS} force row level security, enable trigger guard`);
    await runner.query(`alter table ${RESERVATIONS}
      add constraint inventory_reservations_reference_type_check check (reference_type in ('order'))`);
  }
}
