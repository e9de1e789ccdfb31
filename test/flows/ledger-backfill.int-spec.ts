import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ImportOrdersCommand, type ImportedOrder } from '../../src/commerce/orders/contracts/import-orders';
import { clock } from '../../src/kernel/clock/clock';
import { BackfillLedgerCommand } from '../../src/money/ledger/contracts/backfill-ledger';
import { VerifyLedgerQuery } from '../../src/money/ledger/contracts/verify-ledger';
import { LedgerModule } from '../../src/money/ledger/ledger.module';
import { FinanceReportQuery } from '../../src/money/ledger/queries/finance-report';
import { TrialBalanceQuery } from '../../src/money/ledger/queries/trial-balance';
import { CatalogModule } from '../../src/commerce/catalog/catalog.module';
import { CustomersModule } from '../../src/commerce/customers/customers.module';
import { InventoryModule } from '../../src/commerce/inventory/inventory.module';
import { OrdersModule } from '../../src/commerce/orders/orders.module';
import { OrganizationsModule } from '../../src/access/organizations/organizations.module';
import { Database } from '../../src/kernel/database/database';
import { newId } from '../../src/kernel/ids/ids';
import { FraudModule } from '../../src/money/fraud/fraud.module';
import { PaymentsModule } from '../../src/money/payments/payments.module';
import { SandboxModule } from '../../src/money/sandbox/sandbox.module';
import { asTenant, testApp, type TestApp } from '../support/app';
import { RecordedRealtimeModule } from '../support/realtime';

const usd = (amount: number) => ({ amount, currency: 'USD' });
const day = (n: number) => new Date(Date.UTC(2020, 0, 1 + n)).toISOString();

/** Orders in the manner of the Northwind sample: discounts by line, freight, one in five not shipped yet. */
const order = (n: number): ImportedOrder => ({
  line: n,
  number: String(10_000 + n),
  customerId: null,
  email: null,
  customerName: `Customer ${n % 7}`,
  placedAt: day(n * 3),
  shippedAt: n % 5 === 0 ? null : day(n * 3 + 8),
  shippingAddress: null,
  shipping: usd(n * 37),
  lines: Array.from({ length: 1 + (n % 4) }, (_, i) => ({
    line: n * 10 + i,
    sku: `SKU-${(n + i) % 9}`,
    variantId: null,
    productId: null,
    productName: `Product ${(n + i) % 9}`,
    variantName: null,
    categoryId: null,
    categoryName: null,
    quantity: 1 + ((n * 7 + i) % 13),
    unitPrice: usd(333 + n * 11),
    discountBasisPoints: [0, 500, 1_500][(n + i) % 3],
  })),
});

describe('imported orders on the books', () => {
  let app: TestApp;
  const tenant = newId();
  beforeAll(async () => {
    app = await testApp([
      CatalogModule,
      CustomersModule,
      InventoryModule,
      OrganizationsModule,
      OrdersModule,
      FraudModule,
      PaymentsModule,
      SandboxModule,
      LedgerModule,
      RecordedRealtimeModule,
    ]);
  });
  afterAll(() => app?.close());

  const run = <T>(work: () => Promise<T>): Promise<T> => asTenant(tenant, work);
  const rows = <Row extends object>(text: string, params?: unknown[]): Promise<Row[]> =>
    app.get(Database).readAs<Row>(tenant, text, params);
  const backfill = async () => {
    let [orders, journals] = [0, 0];
    for (let after: string | null = null; ;) {
      const batch = await run(() =>
        app.get(CommandBus).execute(new BackfillLedgerCommand({ channel: 'import', after, limit: 7 })),
      );
      orders += batch.orders;
      journals += batch.journals;
      after = batch.after;
      if (after === null) return { orders, journals };
    }
  };
  const trial = async (at: Date) => {
    const found = await run(() => app.get(QueryBus).execute(new TrialBalanceQuery(at)));
    for (const { balance } of found.total) expect(balance.amount).toBe(0);
    return Object.fromEntries(found.data.map((line) => [line.account, line.balance.amount]));
  };
  /** What plain SQL over the orders says, up to a moment. */
  const recount = async (at: Date) => {
    const [row] = await rows<{ paid: number; owed: number; net: number; discount: number; freight: number }>(
      `select coalesce(sum(total) filter (where placed_at <= $1), 0)::bigint as paid,
         coalesce(sum(total) filter (where placed_at <= $1 and (fulfilled_at is null or fulfilled_at > $1)), 0)::bigint as owed,
         coalesce(sum(subtotal) filter (where fulfilled_at <= $1), 0)::bigint as net,
         coalesce(sum(discount_total) filter (where fulfilled_at <= $1), 0)::bigint as discount,
         coalesce(sum(shipping_total) filter (where fulfilled_at <= $1), 0)::bigint as freight
       from orders.orders where channel = 'import'`,
      [at],
    );
    const all = { 1000: row.paid, 2100: -row.owed, 4000: -row.net, 4010: -row.freight, 4090: row.discount };
    return Object.fromEntries(Object.entries(all).filter(([, amount]) => amount !== 0));
  };

  it('are posted once and equal a recount of the orders at any moment; a second run posts nothing', async () => {
    const orders = Array.from({ length: 25 }, (_, n) => order(n + 1));
    await run(() => app.get(CommandBus).execute(new ImportOrdersCommand({ orders })));
    expect(await backfill()).toEqual({ orders: 25, journals: 45 });
    expect(await backfill()).toEqual({ orders: 25, journals: 0 });
    for (const at of [new Date(day(20)), new Date(day(45)), clock.now()]) {
      const balances = await trial(at);
      const kept = Object.fromEntries(Object.entries(balances).filter(([, amount]) => amount !== 0));
      expect(kept).toEqual(await recount(at));
    }
    expect(await run(() => app.get(QueryBus).execute(new VerifyLedgerQuery()))).toMatchObject({ ok: true });
    // By product, from the postings alone.
    const booked = await rows(
      `select p.dimensions->>'sku' as sku, -sum(p.amount)::bigint as net from ledger.postings p
       join ledger.accounts a on a.tenant_id = p.tenant_id and a.id = p.account_id
       where a.code in ('4000', '4090') group by 1 order by 1`,
    );
    expect(booked).toEqual(
      await rows(
        `select l.sku, sum(l.total)::bigint as net from orders.order_lines l
         join orders.orders o on o.tenant_id = l.tenant_id and o.id = l.order_id where o.fulfilled_at is not null group by 1 order by 1`,
      ),
    );
    // Reports of any months, in the days of a time zone, beside SQL over the orders.
    for (const timeZone of ['UTC', 'Asia/Kathmandu']) {
      const request = { from: '2020-01-01', to: '2020-05-01', timeZone, groupBy: ['product', 'month'] };
      const found = await run(() => app.get(QueryBus).execute(new FinanceReportQuery('profit-and-loss', request)));
      const sold = await rows<{ period: string; key: string; net: number }>(
        `select to_char(o.fulfilled_at at time zone $1, 'YYYY-MM') as period, l.sku as key, sum(l.total)::bigint as net
         from orders.order_lines l join orders.orders o on o.tenant_id = l.tenant_id and o.id = l.order_id
         where (o.fulfilled_at at time zone $1)::date between '2020-01-01' and '2020-04-30' group by 1, 2 order by 1, 2`,
        [timeZone],
      );
      expect(
        found.data
          .filter(({ key }) => key !== null)
          .map(({ period, key, netRevenue }) => ({ period, key, net: netRevenue.amount })),
      ).toEqual(sold);
      const [freight] = await rows<{ shipping: number }>(
        `select sum(shipping_total)::bigint as shipping from orders.orders
         where (fulfilled_at at time zone $1)::date between '2020-01-01' and '2020-04-30'`,
        [timeZone],
      );
      expect(found.total).toMatchObject([{ currency: 'USD', shipping: usd(freight.shipping) }]);
    }
    const cash = await run(() =>
      app
        .get(QueryBus)
        .execute(new FinanceReportQuery('cash-flow', { from: '2020-01-01', to: '2020-05-01', groupBy: ['purpose'] })),
    );
    expect(cash.data).toMatchObject([
      { key: 'import-paid', inflow: usd((await recount(new Date('2020-05-01')))[1000]), outflow: usd(0) },
    ]);
    // What is imported later comes to what is there.
    await run(() => app.get(CommandBus).execute(new ImportOrdersCommand({ orders: [order(26)] })));
    expect(await backfill()).toEqual({ orders: 26, journals: 2 });
  });
});
