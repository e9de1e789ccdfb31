import type { MigrationInterface, QueryRunner } from 'typeorm';
import { wall } from '../src/kernel/database/migration-kit';

/**
 * Cohorts, added up: a cell says how many customers of those who ordered first in one month ordered in another, and for how
 * much. It is kept by what adds sales up, and begins with what was added up so far.
 */
export class OrdersCohortCells1764002590100 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    // Cells are found and written by what they count, and by nothing else.
    await runner.query(`create table orders.sales_cohorts (
      tenant_id uuid not null, cohort date not null, month date not null, currency text not null,
      customers bigint not null, orders bigint not null, revenue bigint not null,
      primary key (tenant_id, cohort, month, currency))`);
    await wall(runner, 'orders.sales_cohorts');
    await runner.query(`grant select, insert, update, delete on orders.sales_cohorts to mainstay_app`);
    // Nobody adds sales up meanwhile.
    await runner.query(`lock table orders.sales_rollups in share mode`);
    await runner.query(`alter table orders.sales_cohorts no force row level security`);
    await runner.query(`insert into orders.sales_cohorts (tenant_id, cohort, month, currency, customers, orders, revenue)
      select tenant_id, cohort, month, currency, sum(here::int), sum(orders), sum(revenue) from (
        select tenant_id, min(period) over (partition by tenant_id, key) as cohort, period as month, currency,
          currency = min(currency) over (partition by tenant_id, key, period) as here, orders, total - reduced as revenue
        from orders.sales_rollups where dimension = 'customer' and grain = 'month'
          and key ~ '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$'
      ) bought group by tenant_id, cohort, month, currency`);
    await runner.query(`alter table orders.sales_cohorts force row level security`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop table orders.sales_cohorts`);
  }
}
