import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { newId } from '../../src/kernel/ids/ids';
import { testDatabase, type TestDatabase } from '../support/cluster';
import { ROOT } from '../support/process';

/** Files in the form of the Northwind sample, written for this test. */
const FILES: Record<string, string> = {
  'categories.csv': 'categoryID,categoryName,description\r\n1,Drinks,"tea, juice"\r\n2,Food,NULL\r\n',
  'products.csv': `productID,productName,supplierID,categoryID,quantityPerUnit,unitPrice,unitsInStock,unitsOnOrder,reorderLevel,discontinued
1,Green Tea,1,1,20 bags,4.50,40,0,10,0
2,"Rye bread, dark",1,2,NULL,3.20,12,6,5,0
3,Old cake,1,2,1 piece,9.00,0,0,0,1
`,
  'customers.csv': `customerID,companyName,contactName,contactTitle,address,city,region,postalCode,country,phone,fax
ADAAA,Ada & Sons,Ada Example,Owner,Rua do Porto, 7,Lisboa,NULL,1000,Portugal,+351 1,NULL
BOBBB,Bobs,Bob Example,NULL,Hauptstr. 1,Bonn,NULL,53111,Germany,NULL,NULL
`,
  'orders.csv': `orderID,customerID,employeeID,orderDate,requiredDate,shippedDate,shipVia,freight,shipName,shipAddress,shipCity,shipRegion,shipPostalCode,shipCountry
900,ADAAA,1,2020-01-02 00:00:00.000,NULL,2020-01-04 00:00:00.000,1,4.50,Ada & Sons,Rua do Porto, 7,Lisboa,NULL,1000,Portugal
901,BOBBB,1,2020-02-02 00:00:00.000,NULL,NULL,1,0.00,Bobs,Hauptstr. 1,Bonn,NULL,53111,Germany
`,
  'order-details.csv':
    'orderID,productID,unitPrice,quantity,discount\n900,1,4.00,10,0\n900,2,3.20,3,0.15\n901,3,9.00,1,0\n',
};

describe('mainstay import and export', () => {
  const scratch = mkdtempSync(path.join(tmpdir(), 'mainstay-import-'));
  const folder = path.join(scratch, 'files');
  let database: TestDatabase;
  let shops = 0;
  /** The shop that takes the folder in, and out again. */
  let shop: string;

  beforeAll(async () => {
    database = await testDatabase({ label: 'import' });
    mkdirSync(folder);
    for (const [name, content] of Object.entries(FILES)) writeFileSync(path.join(folder, name), content);
    shop = openShop();
  });
  afterAll(() => rmSync(scratch, { recursive: true, force: true }));

  function mainstay(...words: string[]): { code: number | null; out: string; err: string } {
    const { status, stdout, stderr } = spawnSync(process.execPath, [path.join(ROOT, 'dist/cli.js'), ...words], {
      cwd: scratch,
      env: {
        PATH: process.env.PATH,
        MAINSTAY_DATA_DIR: path.join(scratch, 'data'),
        DATABASE_URL: database.appUrl,
        MAINSTAY_OWNER_DATABASE_URL: database.ownerUrl,
      },
      encoding: 'utf8',
      input: '',
    });
    return { code: status, out: stdout, err: stderr };
  }
  function openShop(): string {
    const slug = `files-${++shops}-${newId().slice(-8)}`;
    const made = mainstay('user:create', `${slug}@example.com`, '--new-organization', slug, '--json');
    if (made.code !== 0) throw new Error(made.err || made.out);
    return slug;
  }
  const northwind = (target: string, tenant: string, ...more: string[]) =>
    mainstay('import', target, '--profile', 'northwind', '--tenant', tenant, ...more);

  it('imports a folder once; again it changes nothing', () => {
    const dry = northwind(folder, shop, '--dry-run', '--json');
    expect(JSON.parse(dry.out)).toMatchObject({ written: false, dryRun: true, changes: 7, faults: [] });
    const first = northwind(folder, shop);
    expect(first).toMatchObject({
      code: 0,
      out: expect.stringContaining('3 products, 2 customers, 2 orders, 3 lines → 10 changes'),
    });
    expect(first.out + first.err).not.toContain('\u001b');
    const again = northwind(folder, shop, '--json');
    expect(again.code).toBe(0);
    expect(JSON.parse(again.out)).toMatchObject({
      changes: 0,
      sheets: [
        { entity: 'products', unchanged: 3 },
        { entity: 'customers', unchanged: 2 },
        { entity: 'orders', unchanged: 2, further: { lines: 3 } },
      ],
    });
  });

  it('writes files that an import takes without a change', () => {
    const products = path.join(scratch, 'products.csv');
    expect(mainstay('export', 'products', '--tenant', shop, '--out', products).code).toBe(0);
    expect(readFileSync(products, 'utf8')).toContain('rye-bread-dark,NW-2,"Rye bread, dark"');
    const people = mainstay('export', 'customers', '--tenant', shop);
    expect(people.out).toContain(`ADAAA,,Ada Example,Ada & Sons,Owner,'+351 1,"Rua do Porto, 7",,Lisboa`);
    writeFileSync(path.join(scratch, 'customers.csv'), people.out);
    // Without a profile a folder's files go by their names.
    const again = JSON.parse(mainstay('import', scratch, '--tenant', shop, '--json').out);
    expect(again).toMatchObject({ changes: 0, faults: [], sheets: [{ entity: 'products' }, { entity: 'customers' }] });
  });

  it('names five broken rows of a file and imports the rest only when asked', () => {
    const other = openShop();
    const file = path.join(scratch, 'broken.csv');
    const broken = [
      '4,,1,1,x,1.00,1,0,0,0',
      '5,Five,1,1,x,one,1,0,0,0',
      '6,Six,1,1,x,6.00,many,0,0,0',
      '7,Seven,1,1,x,7.00,1,0,0,perhaps',
      '1,Green Tea,1,1,x,1.00,1,0,0,0',
    ];
    writeFileSync(file, FILES['products.csv'] + broken.join('\n'));
    const refused = northwind(file, other);
    expect(refused.code).toBe(1);
    expect(refused.out).toContain('Nothing imported');
    for (const said of [
      'broken.csv:5  productName  required',
      'broken.csv:6  unitPrice  not-an-amount',
      'broken.csv:7  unitsInStock  not-a-number',
      'broken.csv:8  discontinued  not-a-boolean',
      'broken.csv:9  productID  duplicate',
    ]) {
      expect(refused.err).toContain(said);
    }
    const rest = northwind(file, other, '--accept-partial', '--json');
    expect(rest.code).toBe(0);
    expect(JSON.parse(rest.out)).toMatchObject({ written: true, sheets: [{ rows: 8, created: 3, refused: 5 }] });
  });

  it('says what is wrong with the words', () => {
    expect(mainstay('import')).toMatchObject({ code: 2 });
    expect(mainstay('import', folder)).toMatchObject({ code: 2, err: expect.stringContaining('--tenant') });
    expect(northwind(path.join(scratch, 'nowhere'), 'x')).toMatchObject({
      code: 2,
      err: expect.stringContaining('no file or folder'),
    });
    expect(mainstay('import', folder, '--tenant', shop, '--profile', 'southwind')).toMatchObject({
      code: 2,
      err: expect.stringContaining('known: northwind'),
    });
    expect(northwind(folder, 'no-such-shop')).toMatchObject({ code: 1, err: expect.stringContaining('no-such-shop') });
    expect(mainstay('export', 'orders', '--tenant', 'x').code).toBe(2);
  });

  // The sample itself is not part of the repository: NORTHWIND_DIR names a folder that has it.
  const sample = process.env.NORTHWIND_DIR;
  (sample ? it : it.skip)('imports the whole of Northwind', () => {
    const other = openShop();
    const first = northwind(sample!, other, '--json');
    expect(JSON.parse(first.out)).toMatchObject({
      faults: [],
      sheets: [
        { entity: 'products', rows: 77, created: 77, further: { stock: 77, stockChanged: 77 } },
        { entity: 'customers', rows: 91, created: 91 },
        { entity: 'orders', rows: 830, created: 830, further: { lines: 2155 } },
      ],
    });
    expect(JSON.parse(northwind(sample!, other, '--json').out)).toMatchObject({ changes: 0 });
  });
});
