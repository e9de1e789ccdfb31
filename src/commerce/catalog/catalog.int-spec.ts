import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { asTenant, testApp, type TestApp } from '../../../test/support/app';
import { Database } from '../../kernel/database/database';
import { newId } from '../../kernel/ids/ids';
import type { ImportOutcome } from '../../kernel/tabular/import-report';
import { CatalogModule } from './catalog.module';
import { ChangeCategoryCommand, CreateCategoryCommand, RemoveCategoryCommand } from './commands/change-categories';
import { ChangeProductCommand } from './commands/change-product';
import { CreateProductCommand } from './commands/create-product';
import { FindVariantsBySkuQuery } from './contracts/find-variants-by-sku';
import { ImportProductsCommand, type ProductRow } from './contracts/import-products';

const eur = (amount: number) => ({ amount, currency: 'EUR' });

describe('catalog', () => {
  let app: TestApp;
  let commands: CommandBus;
  let queries: QueryBus;
  let database: Database;
  let tenant: string;

  beforeAll(async () => {
    app = await testApp([CatalogModule]);
    commands = app.get(CommandBus);
    queries = app.get(QueryBus);
    database = app.get(Database);
  });
  afterAll(() => app.close());
  beforeEach(() => {
    tenant = newId();
  });

  const inShop = <T>(work: () => Promise<T>): Promise<T> => asTenant(tenant, work);
  const create = (name: string, sku: string, more: object = {}) =>
    inShop(() => commands.execute(new CreateProductCommand({ name, variants: [{ sku, price: eur(1000) }], ...more })));
  const events = () =>
    database.readAs<{ type: string; version: number; payload: Record<string, unknown> }>(
      tenant,
      'select type, version, payload from kernel.events where tenant_id = $1 order by id',
      [tenant],
    );

  describe('products', () => {
    it('are stored with their variants, category and event', async () => {
      const product = await create('Café Crème', 'CC-1', { category: 'Beverages' });
      expect(product).toMatchObject({
        handle: 'cafe-creme',
        category: { name: 'Beverages' },
        version: 1,
        variants: [{ sku: 'CC-1', price: eur(1000), active: true }],
      });
      expect((await events()).map((event) => event.type)).toEqual(['catalog.product-changed.v1']);
    });

    it('keep SKUs unique in a shop, also when two come at once, and let another shop use them', async () => {
      const results = await Promise.allSettled([create('One', 'S-1'), create('Two', 'S-1'), create('Three', 'S-1')]);
      expect(results.filter((it) => it.status === 'fulfilled')).toHaveLength(1);
      for (const it of results)
        if (it.status === 'rejected') expect(it.reason).toMatchObject({ code: 'catalog.sku-taken' });
      tenant = newId();
      await expect(create('One', 'S-1')).resolves.toMatchObject({ name: 'One' });
    });

    it('get a handle of their own where the name is taken, and refuse a wished one', async () => {
      await create('Chai', 'A');
      expect((await create('Chai', 'B')).handle).toMatch(/^chai-[0-9a-f]{8}$/);
      await expect(create('Other', 'C', { handle: 'chai' })).rejects.toMatchObject({ code: 'catalog.handle-taken' });
    });

    it('of one name have a handle each, however many come at once', async () => {
      const made = await Promise.all(Array.from({ length: 8 }, (_, n) => create('Oolong', `O-${n}`)));
      const handles = made.map(({ handle }) => handle);
      expect(handles.filter((handle) => handle === 'oolong')).toHaveLength(1);
      expect(new Set(handles).size).toBe(8);
    });

    it('change what is named, count versions, and say the price', async () => {
      const product = await create('Chai', 'A', { description: 'tea' });
      const changed = await inShop(() =>
        commands.execute(
          new ChangeProductCommand(
            product.id,
            {
              variants: [
                { sku: 'A', price: eur(900) },
                { sku: 'B', name: 'large', price: eur(2000) },
              ],
            },
            1,
          ),
        ),
      );
      expect(changed).toMatchObject({
        version: 2,
        description: 'tea',
        variants: [
          { sku: 'A', price: eur(900) },
          { sku: 'B', name: 'large' },
        ],
      });
      expect((await events()).map((event) => event.type)).toEqual([
        'catalog.product-changed.v1',
        'catalog.price-changed.v1',
        'catalog.product-changed.v1',
      ]);
      const same = await inShop(() => commands.execute(new ChangeProductCommand(product.id, { name: 'Chai' }, 2)));
      expect(same.version).toBe(2);
    });

    it('refuse a change of what somebody else changed meanwhile', async () => {
      const product = await create('Chai', 'A');
      const writes = await Promise.allSettled(
        ['x', 'y', 'z'].map((name) =>
          inShop(() => commands.execute(new ChangeProductCommand(product.id, { name }, 1))),
        ),
      );
      expect(writes.filter((it) => it.status === 'fulfilled')).toHaveLength(1);
      for (const it of writes)
        if (it.status === 'rejected') expect(it.reason).toMatchObject({ code: 'catalog.stale-product' });
    });

    it('are not found from another shop', async () => {
      const product = await create('Chai', 'A');
      tenant = newId();
      await expect(
        inShop(() => commands.execute(new ChangeProductCommand(product.id, { name: 'x' }))),
      ).rejects.toMatchObject({ code: 'catalog.product-not-found' });
      expect(await inShop(() => queries.execute(new FindVariantsBySkuQuery({ skus: ['A'] })))).toEqual([]);
    });

    it('answer variants by SKU with the names that an order copies', async () => {
      await create('Chai', 'A', { category: 'Beverages' });
      await create('Gone', 'B', { active: false });
      const found = await inShop(() => queries.execute(new FindVariantsBySkuQuery({ skus: ['A', 'B', 'nope'] })));
      expect(found).toHaveLength(2);
      expect(found.find((it) => it.sku === 'A')).toMatchObject({
        productName: 'Chai',
        price: eur(1000),
        active: true,
        categoryName: 'Beverages',
      });
      expect(found.find((it) => it.sku === 'B')).toMatchObject({ active: false, categoryName: null });
    });
  });

  describe('categories', () => {
    const make = (name: string, parentId?: string) =>
      inShop(() => commands.execute(new CreateCategoryCommand({ name, parentId })));

    it('are unique among siblings whatever the case', async () => {
      const top = await make('Food');
      await expect(make('FOOD')).rejects.toMatchObject({ code: 'catalog.category-taken' });
      await expect(make('Food', top.id)).resolves.toMatchObject({ parentId: top.id });
    });

    it('of one name under several others have a slug each, however many come at once', async () => {
      const parents = await Promise.all(Array.from({ length: 8 }, (_, n) => make(`Of ${n}`)));
      const slugs = (await Promise.all(parents.map(({ id }) => make('Shirts', id)))).map(({ slug }) => slug);
      expect(slugs.filter((slug) => slug === 'shirts')).toHaveLength(1);
      expect(new Set(slugs).size).toBe(8);
    });

    it('cannot lie beneath themselves, also when two moves come at once', async () => {
      const [a, b] = [await make('a'), await make('b')];
      const moves = await Promise.allSettled([
        inShop(() => commands.execute(new ChangeCategoryCommand(a.id, { parentId: b.id }))),
        inShop(() => commands.execute(new ChangeCategoryCommand(b.id, { parentId: a.id }))),
      ]);
      expect(moves.filter((it) => it.status === 'fulfilled')).toHaveLength(1);
      expect(moves.find((it) => it.status === 'rejected')).toMatchObject({
        reason: { code: 'catalog.category-cycle' },
      });
    });

    it('stay while something is in them', async () => {
      const product = await create('Chai', 'A', { category: 'Tea' });
      const remove = () => inShop(() => commands.execute(new RemoveCategoryCommand(product.category!.id)));
      await expect(remove()).rejects.toMatchObject({ code: 'catalog.category-in-use' });
      await inShop(() => commands.execute(new ChangeProductCommand(product.id, { categoryId: null })));
      await remove();
    });
  });

  describe('import', () => {
    const row = (line: number, sku: string, more: Partial<ProductRow> = {}): ProductRow => ({
      line,
      sku,
      name: `Product ${sku}`,
      price: 500,
      currency: 'EUR',
      ...more,
    });
    const load = (rows: ProductRow[], dryRun = false): Promise<ImportOutcome> =>
      inShop(() => commands.execute(new ImportProductsCommand({ rows, dryRun })));
    const counts = ({ created, updated, unchanged, faults }: ImportOutcome) => [
      created,
      updated,
      unchanged,
      faults.length,
    ];

    it('creates, changes nothing the second time, and updates what is different', async () => {
      const rows = Array.from({ length: 700 }, (_, i) => row(i + 2, `S${i}`, { category: `Category ${i % 7}` }));
      expect(counts(await load(rows, true))).toEqual([700, 0, 0, 0]);
      expect(counts(await load(rows))).toEqual([700, 0, 0, 0]);
      const before = (await events()).length;
      expect(counts(await load(rows))).toEqual([0, 0, 700, 0]);
      expect(await events()).toHaveLength(before);
      expect(
        counts(
          await load([row(2, 'S0', { price: 600, category: 'Category 0' }), row(3, 'S1', { category: 'Category 1' })]),
        ),
      ).toEqual([0, 1, 1, 0]);
      const [s0] = await inShop(() => queries.execute(new FindVariantsBySkuQuery({ skus: ['S0'] })));
      expect(s0).toMatchObject({ price: eur(600), categoryName: 'Category 0' });
    });

    it('gathers rows of one handle to one product and adds a variant later', async () => {
      const both = [
        row(2, 'T-S', { handle: 'tee', name: 'Tee', variantName: 'S' }),
        row(3, 'T-M', { handle: 'tee', name: 'Tee', variantName: 'M' }),
      ];
      expect(counts(await load(both))).toEqual([2, 0, 0, 0]);
      expect(counts(await load([...both, row(4, 'T-L', { handle: 'tee', name: 'Tee', variantName: 'L' })]))).toEqual([
        1, 0, 2, 0,
      ]);
      const found = await inShop(() => queries.execute(new FindVariantsBySkuQuery({ skus: ['T-S', 'T-M', 'T-L'] })));
      expect(new Set(found.map((it) => it.productId)).size).toBe(1);
    });

    it('leaves alone what the file does not have and clears what it leaves empty', async () => {
      await create('Chai', 'A', { description: 'tea', category: 'Tea' });
      await load([row(2, 'A', { name: 'Chai' })]);
      expect((await inShop(() => queries.execute(new FindVariantsBySkuQuery({ skus: ['A'] }))))[0].categoryName).toBe(
        'Tea',
      );
      await load([row(2, 'A', { name: 'Chai', category: null })]);
      expect(
        (await inShop(() => queries.execute(new FindVariantsBySkuQuery({ skus: ['A'] }))))[0].categoryName,
      ).toBeNull();
    });

    it('refuses rows that contradict each other and takes the rest', async () => {
      await create('Chai', 'A');
      await create('Chang', 'B');
      const outcome = await load([
        row(2, 'A', { name: 'Chai', handle: 'chang' }),
        row(3, 'C', { handle: 'c' }),
        row(4, 'C', { handle: 'c' }),
        row(5, 'D', { handle: 'c', name: 'Another name' }),
      ]);
      expect(outcome.faults.map((fault) => [fault.line, fault.column, fault.code])).toEqual([
        [2, 'sku', 'taken'],
        [4, 'sku', 'duplicate'],
        [5, 'name', 'conflicting-value'],
      ]);
      expect(outcome.created).toBe(1);
    });

    it('gives different handles to new products of one name', async () => {
      await load([
        row(2, 'A', { name: 'Same' }),
        row(3, 'B', { name: 'Same' }),
        row(4, 'C', { name: 'X', handle: 'same' }),
      ]);
      const handles = await database.readAs<{ handle: string }>(
        tenant,
        'select handle from catalog.products where tenant_id = $1',
        [tenant],
      );
      expect(new Set(handles.map((it) => it.handle)).size).toBe(3);
      expect(handles.map((it) => it.handle)).toContain('same');
    });
  });
});
