import type { MigrationInterface, QueryRunner } from 'typeorm';

const GRAINS = ['day', 'month', 'year', 'all'];
const WINDOWS = ['7 days', '30 days', '90 days', '365 days'];

/** Of rows that are there all fit: the table is not read for it. */
const grains = (names: string[]): string => `alter table orders.sales_rollups drop constraint sales_rollups_grain_check,
  add constraint sales_rollups_grain_check check (grain in (${names.map((name) => `'${name}'`).join(', ')})) not valid`;

/** Products, customers and categories are added up for the last days too, which the best are asked of most. */
export class OrdersRollingWindows1764002590500 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(grains([...GRAINS, ...WINDOWS]));
    // Windows hold the days from so many before this one on; null where there are none yet.
    await runner.query(`alter table orders.sales_folds add column rolled date`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table orders.sales_folds drop column rolled`);
    // The owner writes across tenants for it.
    await runner.query(`alter table orders.sales_rollups no force row level security`);
    await runner.query(
      `delete from orders.sales_rollups where grain not in (${GRAINS.map((name) => `'${name}'`).join(', ')})`,
    );
    await runner.query(`alter table orders.sales_rollups force row level security`);
    await runner.query(grains(GRAINS));
  }
}
