import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { RecordedRealtimeModule } from '../../../test/support/realtime';
import { asTenant, testApp, type TestApp } from '../../../test/support/app';
import { CatalogModule } from '../../commerce/catalog/catalog.module';
import { PRODUCT_FIELDS } from '../../commerce/catalog/contracts/import-products';
import { FindVariantsBySkuQuery } from '../../commerce/catalog/contracts/find-variants-by-sku';
import { CUSTOMER_FIELDS } from '../../commerce/customers/contracts/import-customers';
import { FindCustomersQuery } from '../../commerce/customers/contracts/find-customers';
import { CustomersModule } from '../../commerce/customers/customers.module';
import { AvailabilityQuery } from '../../commerce/inventory/contracts/availability';
import { InventoryModule } from '../../commerce/inventory/inventory.module';
import { OrdersModule } from '../../commerce/orders/orders.module';
import { Database } from '../../kernel/database/database';
import { newId } from '../../kernel/ids/ids';
import { parseProfile, type Profile } from '../../kernel/tabular/profile';
import { CustomerImporter } from './customer-importer';
import type { EntityImporter } from '../../kernel/tabular/importer';
import { RunKnowledge } from './run-knowledge';
import { findFiles } from './import-files';
import { changesOf, ImportRun, type RunReport } from '../../kernel/tabular/import-run';
import { OrderImporter } from './order-importer';
import { ProductImporter } from './product-importer';

const PROFILE = parseProfile(
  JSON.stringify({
    name: 'shop',
    nullToken: 'NULL',
    surplus: 'rejoin',
    currency: 'EUR',
    sheets: [
      {
        entity: 'products',
        file: 'goods.csv',
        joins: { kind: { file: 'kinds.csv', column: 'kindId', key: 'id' } },
        columns: {
          sku: { template: 'G-{id}' },
          name: 'title',
          price: 'price',
          category: 'kind.name',
          active: { from: 'gone', map: { 0: 'true', 1: 'false' } },
        },
      },
      {
        entity: 'customers',
        file: 'people.csv',
        columns: { externalRef: 'no', name: 'name', line1: 'street', city: 'city', email: 'mail' },
      },
    ],
  }),
);
const WITH_ORDERS: Profile = {
  ...PROFILE,
  sheets: [
    { ...PROFILE.sheets[0], columns: { ...PROFILE.sheets[0].columns, onHand: 'stock', reorderLevel: 'low' } },
    PROFILE.sheets[1],
    {
      entity: 'orders',
      file: 'sales.csv',
      columns: {
        number: 'no',
        customer: 'who',
        placedAt: 'day',
        shippedAt: 'sent',
        shipping: 'freight',
        shipCity: 'to',
      },
      children: {
        file: 'lines.csv',
        column: 'no',
        key: 'sale',
        columns: { sku: { template: 'G-{good}' }, quantity: 'count', unitPrice: 'price', discount: 'off' },
      },
    },
  ],
};
const SALES =
  'no,who,day,sent,freight,to\n100,A,2020-01-02,2020-01-05 10:00:00,4.50,Rio\n101,B,2020-02-03,NULL,0,Bonn\n';
const LINES = 'sale,good,price,count,off\n100,1,1.40,10,0\n100,2,2.00,3,0.15\n101,3,3.00,1,0\n';
const GOODS = 'id,title,price,kindId,gone\n1,Tea,1.50,1,0\n2,"Cake, dry",2,2,0\n3,Old cake,3,2,1\n';
const KINDS = 'id,name\r\n1,Drinks\r\n2,Food\r\n';
const PEOPLE = 'no,name,street,city,mail\nA,Ann,Rua do Paço, 67,Rio,ann@example.com\nB,Bob,Street 1,Bonn,NULL\n';

describe('an import run', () => {
  let app: TestApp;
  let folder: string;
  let tenant: string;

  beforeAll(async () => {
    app = await testApp([CatalogModule, CustomersModule, InventoryModule, OrdersModule, RecordedRealtimeModule]);
  });
  afterAll(() => app.close());
  beforeEach(() => {
    tenant = newId();
    folder = mkdtempSync(path.join(os.tmpdir(), 'mainstay-import-'));
    write({ 'goods.csv': GOODS, 'kinds.csv': KINDS, 'people.csv': PEOPLE });
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const write = (files: Record<string, string>): void => {
    for (const [name, content] of Object.entries(files)) writeFileSync(path.join(folder, name), content);
  };
  async function run(
    options: { dryRun?: boolean; acceptPartial?: boolean; file?: string; profile?: Profile | null } = {},
  ): Promise<RunReport> {
    const files = await findFiles(
      path.join(folder, options.file ?? ''),
      options.profile === undefined ? PROFILE : options.profile,
      {
        products: PRODUCT_FIELDS,
        customers: CUSTOMER_FIELDS,
      },
    );
    const commands = app.get(CommandBus);
    const knowledge = new RunKnowledge();
    const importers = {
      products: new ProductImporter(commands, knowledge) as EntityImporter,
      customers: new CustomerImporter(commands, knowledge) as EntityImporter,
      orders: new OrderImporter(commands, app.get(QueryBus), knowledge) as EntityImporter,
    };
    return asTenant(tenant, () =>
      new ImportRun(files, importers).execute({
        dryRun: options.dryRun ?? false,
        acceptPartial: options.acceptPartial ?? false,
      }),
    );
  }
  const counts = (report: RunReport) =>
    report.sheets.map((it) => [it.entity, it.rows, it.created, it.updated, it.unchanged, it.refused]);
  const variants = (...skus: string[]) =>
    asTenant(tenant, () => app.get(QueryBus).execute(new FindVariantsBySkuQuery({ skus })));

  it('writes all sheets, and nothing the second time', async () => {
    expect(counts(await run())).toEqual([
      ['products', 3, 3, 0, 0, 0],
      ['customers', 2, 2, 0, 0, 0],
    ]);
    const found = await variants('G-1', 'G-2', 'G-3');
    expect(found.find((it) => it.sku === 'G-2')).toMatchObject({
      productName: 'Cake, dry',
      categoryName: 'Food',
      price: { amount: 200, currency: 'EUR' },
      active: true,
    });
    expect(found.find((it) => it.sku === 'G-3')!.active).toBe(false);
    const people = await asTenant(tenant, () =>
      app.get(QueryBus).execute(new FindCustomersQuery({ externalRefs: ['A', 'B'] })),
    );
    expect(people.map((it) => it.email).sort()).toEqual(['ann@example.com', null]);
    expect(counts(await run())).toEqual([
      ['products', 3, 0, 0, 3, 0],
      ['customers', 2, 0, 0, 2, 0],
    ]);
  });

  it('writes nothing on a dry run', async () => {
    const report = await run({ dryRun: true });
    expect(counts(report)).toEqual([
      ['products', 3, 3, 0, 0, 0],
      ['customers', 2, 2, 0, 0, 0],
    ]);
    expect(report.written).toBe(false);
    expect(report.warnings).toEqual(['people.csv: 1 rows had a comma without quotes; they were mended.']);
    expect(await variants('G-1')).toEqual([]);
  });

  describe('with five broken rows', () => {
    const BROKEN = `id,title,price,kindId,gone
1,Tea,1.50,1,0
2,,2,2,0
3,Coffee,cheap,1,0
4,Cake,2.00,7,0
5,Bread,1.00,2,perhaps
1,Tea again,1.60,1,0
6,Jam,3.10,2,0
`;
    beforeEach(() => write({ 'goods.csv': BROKEN }));

    it('names line, column and reason and writes nothing', async () => {
      const report = await run();
      expect(report.faults.map((fault) => [fault.file, fault.line, fault.column, fault.code])).toEqual([
        ['goods.csv', 3, 'title', 'required'],
        ['goods.csv', 4, 'price', 'not-an-amount'],
        ['goods.csv', 5, 'kindId', 'unknown-reference'],
        ['goods.csv', 6, 'gone', 'not-a-boolean'],
        ['goods.csv', 7, 'id', 'duplicate'],
      ]);
      for (const fault of report.faults) expect(fault.reason).toMatch(/^.{10,}\.$/);
      expect(report.written).toBe(false);
      expect(await variants('G-1', 'G-6')).toEqual([]);
    });

    it('writes the rest when asked', async () => {
      const report = await run({ acceptPartial: true });
      expect(report.faults).toHaveLength(5);
      expect(counts(report)).toEqual([
        ['products', 7, 2, 0, 0, 5],
        ['customers', 2, 2, 0, 0, 0],
      ]);
      expect((await variants('G-1', 'G-2', 'G-3', 'G-4', 'G-5', 'G-6')).map((it) => it.sku).sort()).toEqual([
        'G-1',
        'G-6',
      ]);
    });
  });

  it('finds the sheet of a single file by its name, else by its header', async () => {
    expect(counts(await run({ file: 'people.csv' }))).toEqual([['customers', 2, 2, 0, 0, 0]]);
    write({ 'renamed.csv': GOODS });
    expect(counts(await run({ file: 'renamed.csv' }))).toEqual([['products', 3, 3, 0, 0, 0]]);
    write({ 'other.csv': 'a,b\n1,2\n' });
    await expect(run({ file: 'other.csv' })).rejects.toThrow('is none of the profile');
  });

  it('reads files that are called like fields without a profile', async () => {
    write({
      'products.csv': 'sku;name;price;currency;handle;variantName\nT-S;Tee;9,99;EUR;tee;S\nT-M;Tee;9.99;EUR;tee;M\n',
    });
    const report = await run({ profile: null });
    expect(report.faults.map((fault) => [fault.line, fault.column, fault.code])).toEqual([
      [2, 'price', 'not-an-amount'],
    ]);
  });

  it('says which file cannot be read as a table', async () => {
    write({ 'goods.csv': 'id,id\n' });
    expect((await run()).faults).toMatchObject([{ file: 'goods.csv', line: 1, code: 'duplicate-column' }]);
    write({ 'goods.csv': 'id,title,kindId,gone\n1,x,1,0\n' });
    const report = await run({ acceptPartial: true });
    expect(report.faults.map((fault) => [fault.line, fault.column, fault.code])).toEqual([
      [1, 'price', 'missing-column'],
    ]);
    expect(counts(report)).toEqual([
      ['products', 0, 0, 0, 0, 0],
      ['customers', 2, 2, 0, 0, 0],
    ]);
  });

  describe('with orders', () => {
    const GOODS_WITH_STOCK =
      'id,title,price,kindId,gone,stock,low\n1,Tea,1.50,1,0,40,5\n2,Cake,2,2,0,7,0\n3,Old cake,3,2,1,0,0\n';
    beforeEach(() => write({ 'goods.csv': GOODS_WITH_STOCK, 'sales.csv': SALES, 'lines.csv': LINES }));

    const count = async (table: string): Promise<number> =>
      (
        await app
          .get(Database)
          .readAs<{ n: number }>(tenant, `select count(*)::int as n from ${table} where tenant_id = $1`, [tenant])
      )[0].n;
    const available = () =>
      asTenant(tenant, () => app.get(QueryBus).execute(new AvailabilityQuery({ skus: ['G-1', 'G-2'] })));

    it('stores orders with what they copy; stock is what was counted, and nothing else happens', async () => {
      const report = await run({ profile: WITH_ORDERS });
      expect(report.faults).toEqual([]);
      expect(counts(report)).toEqual([
        ['products', 3, 3, 0, 0, 0],
        ['customers', 2, 2, 0, 0, 0],
        ['orders', 2, 2, 0, 0, 0],
      ]);
      expect(report.sheets.map((it) => it.further)).toEqual([{ stock: 3, stockChanged: 3 }, {}, { lines: 3 }]);
      expect(await count('orders.orders')).toBe(2);
      expect(await available()).toMatchObject([
        { sku: 'G-1', onHand: 40, available: 40 },
        { sku: 'G-2', onHand: 7, available: 7 },
      ]);
      const deliveries = await app
        .get(Database)
        .readAs<{ name: string }>(tenant, `select name from kernel.deliveries where tenant_id = $1`, [tenant]);
      expect(deliveries.map((it) => it.name).filter((name) => !/^(catalog|inventory|customers)\./.test(name))).toEqual(
        [],
      );
    });

    it('changes nothing the second time', async () => {
      await run({ profile: WITH_ORDERS });
      const again = await run({ profile: WITH_ORDERS });
      expect(changesOf(again)).toBe(0);
      expect(counts(again)).toEqual([
        ['products', 3, 0, 0, 3, 0],
        ['customers', 2, 0, 0, 2, 0],
        ['orders', 2, 0, 0, 2, 0],
      ]);
    });

    it('judges orders by the products and customers of the same files before anything is written', async () => {
      const dry = await run({ profile: WITH_ORDERS, dryRun: true });
      expect(dry.faults).toEqual([]);
      expect(counts(dry)[2]).toEqual(['orders', 2, 2, 0, 0, 0]);
      expect(await count('orders.orders')).toBe(0);
    });

    it('names wrong lines in their file, leaves their orders out, and takes the others when asked', async () => {
      write({
        'sales.csv': `${SALES}102,Z,2020-01-01,NULL,0,X\n103,A,2020-13-01,NULL,0,X\n104,A,2020-01-01,NULL,0,X\n105,B,2020-01-01,NULL,0,X\n`,
        'lines.csv': `${LINES}102,1,1,1,0\n103,1,1,1,0\n105,9,1,1,0\n105,1,1,none,0\n999,1,1,1,0\n`,
      });
      const report = await run({ profile: WITH_ORDERS, acceptPartial: true });
      expect(report.faults.map((fault) => [fault.file, fault.line, fault.column, fault.code])).toEqual([
        ['sales.csv', 4, 'who', 'unknown-reference'],
        ['sales.csv', 5, 'day', 'not-a-date'],
        ['sales.csv', 6, 'no', 'no-lines'],
        ['sales.csv', 7, 'no', 'wrong-lines'],
        ['lines.csv', 8, 'count', 'not-a-number'],
        ['lines.csv', 9, 'sale', 'unknown-reference'],
      ]);
      expect(counts(report)[2]).toEqual(['orders', 6, 2, 0, 0, 4]);
      expect(await count('orders.orders')).toBe(2);
    });

    it('sets a stock that was counted anew, and only that', async () => {
      await run({ profile: WITH_ORDERS });
      write({ 'goods.csv': GOODS_WITH_STOCK.replace(',40,5', ',38,5') });
      const recounted = await run({ profile: WITH_ORDERS });
      expect(recounted.sheets[0].further).toEqual({ stock: 3, stockChanged: 1 });
      expect((await available())[0]).toMatchObject({ onHand: 38 });
    });
  });
});
