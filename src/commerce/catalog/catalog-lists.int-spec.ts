import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { Client } from 'pg';
import { asTenant, testApp, type TestApp } from '../../../test/support/app';
import { currentContext } from '../../kernel/context/request-context';
import { Database } from '../../kernel/database/database';
import { ListQuery } from '../../kernel/http/pagination';
import { newId } from '../../kernel/ids/ids';
import { CatalogModule } from './catalog.module';
import { ChangeProductCommand } from './commands/change-product';
import { CreateProductCommand } from './commands/create-product';
import { ImportProductFileCommand } from './commands/import-product-file';
import { ExportProductsQuery } from './contracts/export-products';
import { GetProductQuery } from './queries/get-product';
import { ListCategoriesQuery } from './queries/list-categories';
import { ListProductsQuery } from './queries/list-products';
import type { ProductListQuery } from './queries/product-filters';

const eur = (amount: number) => ({ amount, currency: 'EUR' });

describe('catalog lists', () => {
  let app: TestApp;
  let commands: CommandBus;
  let queries: QueryBus;
  let tenant: string;

  beforeAll(async () => {
    app = await testApp([CatalogModule]);
    commands = app.get(CommandBus);
    queries = app.get(QueryBus);
  });
  afterAll(() => app.close());
  beforeEach(() => {
    tenant = newId();
  });

  const inShop = <T>(work: () => Promise<T>): Promise<T> => asTenant(tenant, work);
  const create = (name: string, sku: string, more: object = {}) =>
    inShop(() => commands.execute(new CreateProductCommand({ name, variants: [{ sku, price: eur(1000) }], ...more })));
  const list = (query: Partial<ProductListQuery> = {}, onSaleOnly = false) =>
    inShop(() => queries.execute(new ListProductsQuery(Object.assign(new ListQuery(), query), onSaleOnly)));
  const names = async (query: Partial<ProductListQuery> = {}, onSaleOnly = false): Promise<string[]> =>
    (await list(query, onSaleOnly)).data.map((it) => it.name);

  it('gives 20 products with all their variants in one round trip', async () => {
    for (let i = 0; i < 25; i++) {
      const variants = ['S', 'M', 'L'].map((size) => ({ sku: `P${i}-${size}`, name: size, price: eur(i) }));
      await inShop(() =>
        commands.execute(new CreateProductCommand({ name: `Product ${String(i).padStart(2, '0')}`, variants })),
      );
    }
    const { page, trips } = await inShop(async () => {
      const result = await queries.execute(new ListProductsQuery(new ListQuery(), true));
      return { page: result, trips: currentContext().sql };
    });
    expect(page.data).toHaveLength(20);
    expect(page.page).toMatchObject({ hasMore: true, limit: 20 });
    expect(page.data[3]).toMatchObject({
      name: 'Product 03',
      variants: [{ sku: 'P3-S' }, { sku: 'P3-M' }, { sku: 'P3-L', price: eur(3) }],
    });
    if (trips) expect(trips).toMatchObject({ trips: 1 });
    const rest = await list({ cursor: page.page.nextCursor!, count: 'exact' });
    expect(rest.data.map((it) => it.name)).toEqual([
      'Product 20',
      'Product 21',
      'Product 22',
      'Product 23',
      'Product 24',
    ]);
    expect(rest.page).toMatchObject({ hasMore: false, nextCursor: null, total: 25 });
  });

  it('shows the public only what is on sale', async () => {
    const tea = await create('Tea', 'T-1');
    await inShop(() =>
      commands.execute(new ChangeProductCommand(tea.id, { variants: [{ sku: 'T-2', price: eur(1), active: false }] })),
    );
    const gone = await create('Gone', 'G-1', { active: false });
    expect(await names({}, true)).toEqual(['Tea']);
    expect((await list({}, true)).data[0].variants.map((it) => it.sku)).toEqual(['T-1']);
    expect(await names({ active: false }, true)).toEqual([]);
    expect(await names({ active: false })).toEqual(['Gone']);
    expect(await names({ q: 'gone' }, true)).toEqual([]);
    await expect(inShop(() => queries.execute(new GetProductQuery(gone.id, true)))).rejects.toMatchObject({
      code: 'catalog.product-not-found',
    });
    await expect(inShop(() => queries.execute(new GetProductQuery(gone.id, false)))).resolves.toMatchObject({
      active: false,
    });
  });

  it('finds products of a category and of those beneath it', async () => {
    const cheese = await create('Gouda', 'C-1', { category: 'Food > Cheese' });
    await create('Bread', 'B-1', { category: 'Food' });
    await create('Cup', 'K-1', { category: 'Kitchen' });
    const tree = await inShop(() => queries.execute(new ListCategoriesQuery()));
    const food = tree.find((it) => it.name === 'Food')!;
    expect(tree.find((it) => it.name === 'Cheese')!.parentId).toBe(food.id);
    expect(await names({ categoryId: food.id })).toEqual(['Bread', 'Gouda']);
    expect(await names({ categoryId: cheese.category!.id })).toEqual(['Gouda']);
    expect(await names({ categoryId: newId() })).toEqual([]);
  });

  describe('search', () => {
    beforeEach(async () => {
      await create("Chef Anton's Cajun Seasoning", 'NW-4', { description: '48 - 6 oz jars' });
      await create('Queso Cabrales', 'NW-11', { description: '1 kg pkg.' });
      await create('Queso Manchego La Pastora', 'NW-12', { description: '10 - 500 g pkgs.' });
      await create('Gênève Tart', 'NW-100');
    });

    it.each([
      ['queso', ['Queso Cabrales', 'Queso Manchego La Pastora']],
      ['QUE', ['Queso Cabrales', 'Queso Manchego La Pastora']],
      ['manchego ques', ['Queso Manchego La Pastora']],
      ['NW-4', ["Chef Anton's Cajun Seasoning"]],
      ['nw 11', ['Queso Cabrales']],
      ['geneve', ['Gênève Tart']],
      ['manchgo', ['Queso Manchego La Pastora']],
      ['jars', ["Chef Anton's Cajun Seasoning"]],
      ["anton's", ["Chef Anton's Cajun Seasoning"]],
      ['nothing like it', []],
      ['!!', []],
      ["' | & ! ( ) \\ :*", []],
    ])('%j finds %j', async (q, expected) => expect((await names({ q })).sort()).toEqual(expected));

    it('pages by relevance and by name, and stays within the shop', async () => {
      const first = await list({ q: 'queso', limit: 1 });
      const second = await list({ q: 'queso', limit: 1, cursor: first.page.nextCursor! });
      expect([...first.data, ...second.data].map((it) => it.name).sort()).toEqual([
        'Queso Cabrales',
        'Queso Manchego La Pastora',
      ]);
      expect(second.page.hasMore).toBe(false);
      expect(await names({ q: 'queso', sort: '-name' })).toEqual(['Queso Manchego La Pastora', 'Queso Cabrales']);
      expect((await list({ q: 'queso', count: 'exact' })).page.total).toBe(2);
      await expect(list({ q: 'cabrales', limit: 1, cursor: first.page.nextCursor! })).rejects.toMatchObject({
        code: 'pagination.cursor-mismatch',
      });
      tenant = newId();
      expect(await names({ q: 'queso' })).toEqual([]);
    });

    it('uses its indexes although the table is behind the tenant wall, and shows nothing without a tenant', async () => {
      const client = new Client({ connectionString: app.database.superuserUrl });
      await client.connect();
      try {
        await client.query(
          `insert into catalog.products (tenant_id, id, handle, name, name_key, active, search_text, detail_text, version, created_at, updated_at)
           select t, gen_random_uuid(), 'bulk-' || n, 'Bulk ' || n, 'bulk ' || n, true, 'bulk ' || md5(n::text), '', 1, now(), now()
           from unnest($1::uuid[]) t, generate_series(1, 1000) n`,
          [[tenant, ...Array.from({ length: 11 }, newId)]],
        );
        await client.query('vacuum analyze catalog.products');
        const { rows } = await client.query<{ body: string; owner: string }>(
          `select prosrc as body, pg_get_userbyid(proowner)::text as owner from pg_proc where proname = 'search_products'`,
        );
        expect(rows[0].owner).toBe('mainstay_search');
        // The body as its owner runs it, with values in place of the parameters.
        const body = rows[0].body
          .replaceAll(/\bphrase\b/g, `'queso'`)
          .replace("to_tsquery('simple', words)", `to_tsquery('simple', '''queso'':*')`)
          .replaceAll(/\bmost\b/g, '10');
        await client.query(
          `begin; set local role mainstay_search; set local search_path = pg_catalog, public; set local app.tenant_id = '${tenant}'`,
        );
        const plan = JSON.stringify((await client.query(`explain ${body}`)).rows);
        await client.query('rollback');
        expect(plan).toContain('products_words');
        expect(plan).toContain('products_letters');
      } finally {
        await client.end();
      }
      await expect(
        app.get(Database).readPlatform(`select * from catalog.search_products('''queso'':*', 'queso', 10)`),
      ).resolves.toEqual([]);
    });
  });

  describe('files', () => {
    const exported = async (): Promise<string> => {
      let text = '';
      for await (const piece of await inShop(() => queries.execute(new ExportProductsQuery()))) text += piece;
      return text;
    };
    const load = (content: string, more: object = {}) =>
      inShop(() =>
        commands.execute(new ImportProductFileCommand({ files: [{ name: 'products.csv', content }], ...more })),
      );

    it('come back as they went: an import of the export changes nothing', async () => {
      await create('Tea', 'T-1', { category: 'Drinks > Hot', description: '=HYPERLINK("x")' });
      const tee = await create('Tee, "soft"', 'S-1', { active: false });
      await inShop(() =>
        commands.execute(
          new ChangeProductCommand(tee.id, {
            variants: [{ sku: 'S-2', name: 'large', price: { amount: 1500, currency: 'JPY' }, active: false }],
          }),
        ),
      );
      const file = await exported();
      expect(file).toContain(`tea,T-1,Tea,,"'=HYPERLINK(""x"")",Drinks > Hot,10.00,EUR,true,true,standard,,,no\r\n`);
      expect(file).toContain(`tee-soft,S-2,"Tee, ""soft""",large,,,1500,JPY,false,false,standard,,,no\r\n`);
      expect(await load(file)).toMatchObject({ rows: 3, unchanged: 3, changes: 0, written: true });
      tenant = newId();
      expect(await load(file, { dryRun: true })).toMatchObject({ created: 3, written: false });
      expect(await load(file)).toMatchObject({ rows: 3, created: 3, changes: 3 });
      expect(await exported()).toBe(file);
    });

    it('are refused as a whole with the faults, or taken in part when asked', async () => {
      const file = 'sku,name,price,currency\nA,Tea,1.00,EUR\nB,,2.00,EUR\nC,Cup,x,EUR\n';
      const refused = await load(file).catch((error: unknown) => error);
      expect(refused).toMatchObject({
        code: 'catalog.import-refused',
        kind: 'unprocessable',
        data: {
          refused: 2,
          faults: [
            { line: 3, column: 'name' },
            { line: 4, column: 'price' },
          ],
        },
      });
      expect(await names()).toEqual([]);
      expect(await load(file, { acceptPartial: true })).toMatchObject({ created: 1, refused: 2, written: true });
      expect(await load('sku,name,price\nD,x,1\n', { dryRun: true })).toMatchObject({
        faults: [{ line: 1, column: 'currency', code: 'missing-column' }],
      });
    });
  });
});
