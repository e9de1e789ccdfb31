import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { type TestApp } from '../support/app';
import { ImportOrdersCommand, type ImportedOrder } from '../../src/commerce/orders/contracts/import-orders';
import { OrderAnalyticsQuery } from '../../src/commerce/orders/queries/order-analytics';
import { OrderDesk } from '../support/order-desk';

describe('orders of the past', () => {
  let desk: OrderDesk;
  let commands: CommandBus;
  let app: TestApp;
  const run = <T>(work: () => Promise<T>): Promise<T> => desk.run(work);
  const rows = <Row extends object>(text: string, params?: unknown[]) => desk.rows<Row>(text, params);

  beforeAll(async () => {
    desk = await OrderDesk.start();
    commands = desk.commands;
    app = desk.app;
  });
  afterAll(() => desk?.app.close());
  beforeEach(() => desk.open());

  describe('history from elsewhere', () => {
    const usd = (amount: number) => ({ amount, currency: 'USD' });
    const historical = (number: string, more: Partial<ImportedOrder> = {}): ImportedOrder => ({
      line: Number(number),
      number,
      customerId: null,
      email: null,
      customerName: 'Around the Horn',
      placedAt: '1996-07-04T00:00:00Z',
      shippedAt: '1996-07-16T00:00:00Z',
      shippingAddress: null,
      shipping: usd(3238),
      lines: [
        {
          line: 2,
          sku: '11',
          variantId: null,
          productId: null,
          productName: 'Queso',
          variantName: null,
          categoryId: null,
          categoryName: 'Dairy',
          quantity: 3,
          unitPrice: usd(333),
          discountBasisPoints: 1500,
        },
      ],
      ...more,
    });
    const take = (orders: ImportedOrder[], dryRun = false) =>
      run(() => commands.execute(new ImportOrdersCommand({ orders, dryRun })));

    it('is stored once, without event, stock or payment, and known again', async () => {
      const orders = [historical('1'), historical('2', { shippedAt: null })];
      expect(await take(orders, true)).toMatchObject({ created: 2, lines: 2 });
      expect(await rows('select id from orders.orders')).toEqual([]);
      expect(await take(orders)).toEqual({ created: 2, updated: 0, unchanged: 0, lines: 2, faults: [] });
      expect(await take(orders)).toEqual({ created: 0, updated: 0, unchanged: 2, lines: 0, faults: [] });
      expect(await take([historical('1', { shippedAt: null }), orders[1]])).toMatchObject({ updated: 1, unchanged: 1 });
      expect(await rows('select number, status, total from orders.orders order by number')).toEqual([
        { number: '1', status: 'paid', total: 3238 + 849 },
        { number: '2', status: 'paid', total: 3238 + 849 },
      ]);
      expect(await rows('select id from kernel.events')).toEqual([]);
    });

    it('refuses what is wrong by line, and takes the rest', async () => {
      const bad = historical('2', { placedAt: 'yesterday' });
      const outcome = await take([historical('1'), bad, historical('1'), historical('3', { lines: [] })]);
      expect(outcome).toMatchObject({ created: 1, lines: 1 });
      expect(outcome.faults.map((fault) => [fault.column, fault.code])).toEqual([
        ['placedAt', 'not-a-time'],
        ['number', 'duplicate'],
        ['*', 'no-lines'],
      ]);
    });

    it('is reported with each line rounded half-up, by month, year, product, customer and category', async () => {
      await take([
        historical('1'),
        historical('2', { placedAt: '1996-07-31T23:59:59Z' }),
        historical('3', { placedAt: '1996-08-01T00:00:00Z', customerName: 'Other' }),
      ]);
      const report = (groupBy: 'month' | 'category' | 'customer', to?: string) =>
        run(() => app.get(QueryBus).execute(new OrderAnalyticsQuery({ groupBy, to, limit: 100 })));
      // 3 × 3.33 × 0.85 = 8.4915 → 8.49
      expect(await report('month')).toMatchObject({
        data: [
          {
            key: '1996-07',
            label: 'July 1996',
            orders: 2,
            quantity: 6,
            gross: usd(1998),
            net: usd(1698),
            shipping: usd(6476),
          },
          { key: '1996-08', orders: 1, net: usd(849) },
        ],
        total: { orders: 3, quantity: 9, gross: usd(2997), net: usd(2547), shipping: usd(9714) },
      });
      expect((await report('month', '1996-08-01T00:00:00Z')).total.orders).toBe(2);
      expect(await report('category')).toMatchObject({
        data: [{ label: 'Dairy', orders: 3, net: usd(2547), shipping: null }],
      });
      expect((await report('customer')).data).toHaveLength(1);
    });
  });
});
