import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { QueryBus } from '@nestjs/cqrs';
import { parse } from 'csv-parse/sync';
import { CustomerImporter } from '../../src/cli/import/customer-importer';
import { findFiles, loadProfile } from '../../src/cli/import/import-files';
import { OrderImporter } from '../../src/cli/import/order-importer';
import { ProductImporter } from '../../src/cli/import/product-importer';
import { RunKnowledge } from '../../src/cli/import/run-knowledge';
import { invoicePdf } from '../../src/commerce/orders/adapters/invoice-pdf';
import { IssueInvoiceCommand } from '../../src/commerce/orders/commands/issue-invoice';
import { OrderAnalyticsQuery, type GroupBy } from '../../src/commerce/orders/queries/order-analytics';
import { SalesByDayQuery } from '../../src/commerce/orders/queries/sales-reports';
import { printAmount } from '../../src/kernel/money/money';
import { changesOf, ImportRun, type RunReport } from '../../src/kernel/tabular/import-run';
import type { EntityImporter } from '../../src/kernel/tabular/importer';
import { OrderDesk } from '../support/order-desk';
import { textsOf } from '../support/pdf-text';

type Rows = Record<string, string>[];

const COUNTRIES = ['Germany', 'Mexico', 'UK', 'Brazil'];
const TOWNS = ['Münster', 'México D.F.', 'London', 'São Paulo'];
const time = (day: number): string =>
  `${new Date(Date.UTC(1996, 6, 4) + day * 86_400_000).toISOString().slice(0, 10)} 00:00:00.000`;

/**
 * Files with the columns of the Northwind sample and its oddities: NULL for nothing, a byte order mark, both line ends,
 * quotes, and commas of addresses without any.
 */
function likeNorthwind(folder: string, { products = 12, customers = 9, orders = 60 } = {}): void {
  let seed = 11;
  const next = (below: number): number => (seed = (seed * 1103515245 + 12345) % 2147483648) % below;
  const all = <T>(count: number, of: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => of(i));
  const write = (name: string, header: string, rows: string[], end = '\n', mark = ''): void =>
    writeFileSync(path.join(folder, name), mark + [header, ...rows].join(end) + end);
  write(
    'categories.csv',
    'categoryID,categoryName,description',
    ['1,Beverages,"Soft drinks, coffees"', '2,Meat/Poultry,NULL'],
    '\r\n',
  );
  write(
    'products.csv',
    'productID,productName,supplierID,categoryID,quantityPerUnit,unitPrice,unitsInStock,unitsOnOrder,reorderLevel,discontinued',
    all(
      products,
      (i) =>
        `${i + 1},"Käse, No. ${i + 1}",1,${1 + (i % 2)},24 - 12 oz,${4 + i}.50,${next(90)},0,10,${Number(i === 5)}`,
    ),
    '\r\n',
    '\ufeff',
  );
  const address = (i: number): string => `Rua do Paço, ${i},${TOWNS[i % 4]},NULL,0${i}100,${COUNTRIES[i % 4]}`;
  write(
    'customers.csv',
    'customerID,companyName,contactName,contactTitle,address,city,region,postalCode,country,phone,fax',
    all(customers, (i) => `C${i},Firma ${i} & Söhne,Ann ${i},Owner,${address(i)},(5) 555-${i},NULL`),
  );
  write(
    'orders.csv',
    'orderID,customerID,employeeID,orderDate,requiredDate,shippedDate,shipVia,freight,shipName,shipAddress,shipCity,shipRegion,shipPostalCode,shipCountry',
    all(orders, (i) => {
      const day = 11 * i;
      const shipped = i % 5 === 0 ? 'NULL' : time(day + 6);
      return `${10248 + i},C${next(customers)},5,${time(day)},NULL,${shipped},3,${next(90)}.38,Firma,${address(i % 9)}`;
    }),
  );
  write(
    'order-details.csv',
    'orderID,productID,unitPrice,quantity,discount',
    all(orders, (i) => i).flatMap((i) => {
      const first = next(products);
      return [...new Set([first, next(products), next(products)])].map(
        (n) =>
          `${10248 + i},${n + 1},${3 + n}.${10 + next(80)},${1 + next(40)},${['0', '0.05', '0.15', '0.25'][next(4)]}`,
      );
    }),
  );
}

const rowsOf = (folder: string, name: string): Rows =>
  parse(readFileSync(path.join(folder, name)), { columns: true, bom: true, relax_column_count: true });

/** The sales of the files themselves, counted in plain SQL that knows no table of the product. */
const BOOKS = `with o as (select "orderID" as id, "orderDate"::timestamp as at, round(freight::numeric * 100) as freight
    from json_to_recordset($1::json) as x("orderID" text, "orderDate" text, freight text)),
  l as (select "orderID" as id, 'NW-' || "productID" as sku, quantity::bigint as quantity, round("unitPrice"::numeric * 100) * quantity::bigint as gross, discount::numeric as discount
    from json_to_recordset($2::json) as x("orderID" text, "productID" text, "unitPrice" text, quantity text, discount text)),
  n as (select l.*, round(gross * (1 - discount)) as net from l),
  s as (select o.at, o.freight, (select sum(gross) from n where n.id = o.id) as gross, (select sum(net) from n where n.id = o.id) as net from o)`;

describe('files like those of Northwind', () => {
  let desk: OrderDesk;
  let folder: string;

  beforeAll(async () => {
    desk = await OrderDesk.start();
  });
  afterAll(() => desk?.app.close());
  beforeEach(() => {
    desk.open();
    folder = mkdtempSync(path.join(tmpdir(), 'mainstay-northwind-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  async function run(source: string, acceptPartial = false): Promise<RunReport> {
    const files = await findFiles(source, await loadProfile('northwind'), {});
    const knowledge = new RunKnowledge();
    const queries = desk.app.get(QueryBus);
    const importers = {
      products: new ProductImporter(desk.commands, knowledge) as EntityImporter,
      customers: new CustomerImporter(desk.commands, knowledge) as EntityImporter,
      orders: new OrderImporter(desk.commands, queries, knowledge) as EntityImporter,
    };
    return desk.asStaff(() => new ImportRun(files, importers).execute({ dryRun: false, acceptPartial }));
  }

  /** Reports of the sales against the files. @returns gross and net in minor units */
  async function agree(source: string): Promise<{ gross: number; net: number }> {
    const params = [rowsOf(source, 'orders.csv'), rowsOf(source, 'order-details.csv')].map((it) => JSON.stringify(it));
    const counted = <R>(select: string): Promise<R[]> => desk.rows<R & object>(`${BOOKS} ${select}`, params);
    const report = (groupBy: GroupBy) =>
      desk.asStaff(() => desk.app.get(QueryBus).execute(new OrderAnalyticsQuery({ groupBy, limit: 1_000 })));
    const years = await counted(
      `select to_char(at, 'YYYY') as key, count(*)::int as orders, sum(gross)::bigint as gross, sum(net)::bigint as net, sum(freight)::bigint as shipping
       from s group by 1 order by 1`,
    );
    const told = await report('year');
    expect(
      told.data.map(({ key, orders, gross, net, shipping }) => ({
        key,
        orders,
        gross: gross.amount,
        net: net.amount,
        shipping: shipping!.amount,
      })),
    ).toEqual(years);
    const products = await counted<{ gross: number }>(
      'select sum(quantity)::bigint as quantity, sum(gross)::bigint as gross, sum(net)::bigint as net from n group by sku order by net desc, gross',
    );
    const byProduct = (await report('product')).data.map(({ quantity, gross, net }) => ({
      quantity,
      gross: gross.amount,
      net: net.amount,
    }));
    expect(byProduct.sort((a, b) => b.net - a.net || a.gross - b.gross)).toEqual(products);
    const [whole] = await counted<{ gross: number; net: number; total: number }>(
      `select sum(gross)::bigint as gross, sum(net)::bigint as net, sum(net + freight)::bigint as total from s where at < '1998-07-01'`,
    );
    const days = await desk.asStaff(() =>
      desk.app.get(QueryBus).execute(new SalesByDayQuery({ from: '1996-07-01', to: '1998-07-01' })),
    );
    expect([days.total.gross.amount, days.total.total.amount]).toEqual([whole.gross, whole.total]);
    return whole;
  }

  it('come in whole, again without a change, and their sales are those of the files', async () => {
    likeNorthwind(folder);
    const lines = rowsOf(folder, 'order-details.csv').length;
    const first = await run(folder);
    expect(first).toMatchObject({
      faults: [],
      sheets: [
        { entity: 'products', rows: 12, created: 12 },
        { entity: 'customers', rows: 9, created: 9 },
        { entity: 'orders', rows: 60, created: 60, further: { lines } },
      ],
    });
    expect(changesOf(await run(folder))).toBe(0);
    await agree(folder);
  });

  it('give orders whose invoices say what the files come to', async () => {
    likeNorthwind(folder);
    await run(folder);
    const [orders, details] = [rowsOf(folder, 'orders.csv'), rowsOf(folder, 'order-details.csv')];
    const cents = (text: string): number => Math.round(Number(text) * 100);
    const say = (amount: number): string => printAmount({ amount, currency: 'USD' });
    for (const order of orders.filter((_, i) => i % 10 === 0)) {
      const [{ id }] = await desk.rows<{ id: string }>('select id from orders.orders where number = $1', [
        order.orderID,
      ]);
      const invoice = await desk.asStaff(() => desk.commands.execute(new IssueInvoiceCommand(id)));
      const said = textsOf(await invoicePdf(invoice));
      const lines = details
        .filter((line) => line.orderID === order.orderID)
        .map(({ unitPrice, quantity, discount }) => {
          const gross = cents(unitPrice) * Number(quantity);
          // In whole numbers: a half goes up.
          const net = Math.floor((gross * (100 - Math.round(Number(discount) * 100)) + 50) / 100);
          return { gross, net };
        });
      const [gross, net] = (['gross', 'net'] as const).map((of) => lines.reduce((sum, line) => sum + line[of], 0));
      const freight = cents(order.freight);
      expect(said).toEqual(expect.arrayContaining(lines.map((line) => say(line.net))));
      expect(said).toEqual(
        expect.arrayContaining([order.orderID, say(gross), say(freight), `${say(net + freight)} USD`, say(0)]),
      );
      expect(said).toContain(gross > net ? `−${say(gross - net)}` : 'Subtotal');
      expect(said.join(' ')).toContain(order.shipCity ?? '');
    }
  });

  it('that are broken in five places say where and why, and the rest comes in where that is wanted', async () => {
    likeNorthwind(folder);
    const broken = (name: string, ...rows: string[]): number => {
      const file = path.join(folder, name);
      const text = readFileSync(file, 'utf8');
      writeFileSync(file, text + rows.join('\n') + '\n');
      return text.trimEnd().split('\n').length + 1;
    };
    const product = broken('products.csv', '90,,1,1,x,1.00,1,0,0,0', '91,Dear,1,1,x,dear,1,0,0,0');
    const customer = broken('customers.csv', 'ZZ,Firma,Zoe,Owner,Street 1,Town,NULL,1,Atlantis,1,NULL');
    const order = broken(
      'orders.csv',
      '99001,C1,5,last year,NULL,NULL,3,1.00,F,Street 1,Town,NULL,1,Germany',
      '99002,NOBODY,5,1997-01-01 00:00:00.000,NULL,NULL,3,1.00,F,Street 1,Town,NULL,1,Germany',
    );
    broken('order-details.csv', '99001,1,1.00,1,0', '99002,1,1.00,1,0');
    const refused = await run(folder);
    expect(refused.written).toBe(false);
    expect(refused.faults.map(({ file, line, column }) => [file, line, column])).toEqual([
      ['products.csv', product, 'productName'],
      ['products.csv', product + 1, 'unitPrice'],
      ['customers.csv', customer, 'country'],
      ['orders.csv', order, 'orderDate'],
      ['orders.csv', order + 1, 'customerID'],
    ]);
    expect(refused.faults.every(({ reason }) => reason.length > 5)).toBe(true);
    expect(await run(folder, true)).toMatchObject({
      written: true,
      sheets: [
        { created: 12, refused: 2 },
        { created: 9, refused: 1 },
        { created: 60, refused: 2 },
      ],
    });
  });

  // By hand: `NORTHWIND_DIR=<folder with its CSV files> npx jest imported-sales`.
  const sample = process.env.NORTHWIND_DIR;
  (sample ? it : it.skip)(
    'agree for Northwind itself',
    async () => {
      expect(await run(sample!)).toMatchObject({
        faults: [],
        sheets: [
          { rows: 77, created: 77 },
          { rows: 91, created: 91 },
          { rows: 830, created: 830, further: { lines: 2_155 } },
        ],
      });
      expect(changesOf(await run(sample!))).toBe(0);
      expect((await agree(sample!)).gross).toBe(135_445_859);
    },
    300_000,
  );
});
