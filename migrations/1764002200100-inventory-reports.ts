import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Reports of stock: an index for periods, and the value of stock at its moving average as an aggregate. */
export class InventoryReports1764002200100 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`create index stock_movements_at on inventory.stock_movements (tenant_id, at)`);
    await runner.query(`create index stock_movements_lot on inventory.stock_movements (tenant_id, lot_id, id)`);
    // State: pieces and their value. What comes adds its cost; what leaves takes its share of the value.
    await runner.query(`create function inventory.moving_step(state numeric[], quantity bigint, cost bigint) returns numeric[]
      language sql immutable parallel safe as $$ select case
        when quantity > 0 then array[state[1] + quantity, state[2] + quantity * cost]
        when state[1] + quantity <= 0 then array[0, 0]::numeric[]
        else array[state[1] + quantity, state[2] * (state[1] + quantity) / state[1]] end $$`);
    await runner.query(`create aggregate inventory.moving_average(bigint, bigint)
      (sfunc = inventory.moving_step, stype = numeric[], initcond = '{0,0}')`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop aggregate inventory.moving_average(bigint, bigint)`);
    await runner.query(`drop function inventory.moving_step(numeric[], bigint, bigint)`);
    await runner.query(`drop index inventory.stock_movements_at`);
    await runner.query(`drop index inventory.stock_movements_lot`);
  }
}
