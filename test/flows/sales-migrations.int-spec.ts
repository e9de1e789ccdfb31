import { OrdersMarksByOrder1764002590300 } from '../../migrations/1764002590300-orders-marks-by-order';
import { OrdersFunnelDays1764002590400 } from '../../migrations/1764002590400-orders-funnel-days';
import { OrdersRollingWindows1764002590500 } from '../../migrations/1764002590500-orders-rolling-windows';
import { newId } from '../../src/kernel/ids/ids';
import { testDatabase } from '../support/cluster';
import { migrating } from '../support/migrating';

describe('sales, added up by migrations', () => {
  it('are marked by day where marks by order are taken back', async () => {
    const tenant = newId();
    await migrating(await testDatabase({ fresh: true }), async ({ admin, runner }) => {
      const [marks, funnel] = [new OrdersMarksByOrder1764002590300(), new OrdersFunnelDays1764002590400()];
      const windows = new OrdersRollingWindows1764002590500();
      const summed = (grain: string) =>
        admin.query(
          `insert into orders.sales_rollups values ($1, 'product', $2, '-infinity', 'EUR', 'S', 1, 1, 1, 1, 0, 0, 0, 0, 0, 0)`,
          [tenant, grain],
        );
      for (const grain of ['all', '30 days']) await summed(grain);
      const placed = `insert into orders.orders (tenant_id, id, number, channel, currency, subtotal, discount_total, shipping_total, tax_total,
          total, payment_status, fulfilment_status, return_status, placed_at, created_at, updated_at)
        values ($1, $1, '1', 'import', 'EUR', 1, 0, 0, 0, 1, 'paid', 'none', 'none', '2025-03-01', now(), now())`;
      const change = `update orders.orders set refunded_total = 1`;
      const marked = async () => (await admin.query<{ day: string }>('select * from orders.sales_marks')).rows;
      await windows.down(runner);
      await funnel.down(runner);
      await marks.down(runner);
      expect((await admin.query('select grain from orders.sales_rollups')).rows).toEqual([{ grain: 'all' }]);
      await expect(summed('30 days')).rejects.toThrow('sales_rollups_grain_check');
      await admin.query(placed, [tenant]);
      await admin.query(change);
      expect(Object.keys((await marked())[0])).toEqual(['tenant_id', 'id', 'day']);
      expect((await admin.query('select * from orders.shops_to_fold(10)')).rows).toHaveLength(1);
      await marks.up(runner);
      await funnel.up(runner);
      await windows.up(runner);
      await summed('30 days');
      await admin.query(change.replace('= 1', '= 0'));
      const before = { id: tenant, total: 1, refunded_total: 1, lines: null };
      expect(await marked()).toMatchObject([{ order_id: null }, { order_id: null }, { order_before: before }]);
      expect((await admin.query('select * from orders.shops_to_fold(10)')).rows).toHaveLength(1);
    });
  });
});
