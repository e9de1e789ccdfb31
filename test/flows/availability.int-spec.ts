import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { asTenant, testApp, type TestApp } from '../support/app';
import { RecordedRealtimeModule } from '../support/realtime';
import { newId } from '../../src/kernel/ids/ids';
import { DeliveryWorker } from '../../src/kernel/messaging/delivery-worker';
import { HoldStockCommand, ReleaseHoldCommand } from '../../src/commerce/inventory/contracts/hold-stock';
import { SetStockCommand } from '../../src/commerce/inventory/contracts/set-stock';
import { InventoryModule } from '../../src/commerce/inventory/inventory.module';
import { CatalogModule } from '../../src/commerce/catalog/catalog.module';
import { ChangeCategoryCommand, CreateCategoryCommand } from '../../src/commerce/catalog/commands/change-categories';
import { ChangeProductCommand } from '../../src/commerce/catalog/commands/change-product';
import { CreateProductCommand } from '../../src/commerce/catalog/commands/create-product';
import { ImportProductsCommand, type ProductRow } from '../../src/commerce/catalog/contracts/import-products';
import { AskToFollowStockCommand } from '../../src/commerce/catalog/commands/ask-to-follow-stock';
import { FollowAllStockCommand } from '../../src/commerce/catalog/commands/follow-all-stock';
import { FollowSchedule } from '../../src/commerce/catalog/jobs/follow-schedule';
import { Database } from '../../src/kernel/database/database';
import { UnitOfWork } from '../../src/kernel/database/unit-of-work';
import { GetCategoryBySlugQuery, ListCategoriesQuery } from '../../src/commerce/catalog/queries/list-categories';
import { ListProductsQuery } from '../../src/commerce/catalog/queries/list-products';
import { ProductAvailabilityQuery } from '../../src/commerce/catalog/queries/product-availability';
import { ProductFacetsQuery } from '../../src/commerce/catalog/queries/product-facets';

const eur = (amount: number) => ({ amount, currency: 'EUR' });

describe('what can be had', () => {
  let app: TestApp;
  let commands: CommandBus;
  let queries: QueryBus;
  let tenant: string;

  beforeAll(async () => {
    app = await testApp([RecordedRealtimeModule, CatalogModule, InventoryModule]);
    commands = app.get(CommandBus);
    queries = app.get(QueryBus);
  });
  afterAll(() => app.close());
  beforeEach(() => {
    tenant = newId();
  });

  const inShop = <T>(work: () => Promise<T>): Promise<T> => asTenant(tenant, work);
  const settle = () => app.get(DeliveryWorker).drain();
  const make = (name: string, sku: string, variant: object = {}) =>
    inShop(() =>
      commands.execute(new CreateProductCommand({ name, variants: [{ sku, price: eur(1_000), ...variant }] })),
    );
  const setStock = async (...lines: [string, number][]) => {
    const command = new SetStockCommand({
      lines: lines.map(([sku, onHand]) => ({ sku, onHand })),
      reason: 'count',
      document: newId(),
    });
    await inShop(() => commands.execute(command));
    await settle();
  };
  const list = async (availability?: ('in_stock' | 'backorder' | 'out_of_stock')[], q?: string) => {
    const query = { limit: 20, availability, q };
    const { data } = await inShop(() => queries.execute(new ListProductsQuery(query, true)));
    return Object.fromEntries(data.map((it) => [it.name, it.availability]));
  };
  const variants = (id: string, publicly = false) =>
    inShop(() => queries.execute(new ProductAvailabilityQuery(id, publicly)));

  it('follows the stock, whoever takes it, and is what lists narrow and count by', async () => {
    const tea = await make('Tea', 'TEA');
    await make('Cup', 'CUP');
    await make('Later', 'LATER', { backorder: 'preorder' });
    expect(await list()).toEqual({ Tea: 'out_of_stock', Cup: 'out_of_stock', Later: 'backorder' });
    await setStock(['TEA', 3], ['CUP', 1], ['LATER', 0]);
    expect(await list(['in_stock'])).toEqual({ Tea: 'in_stock', Cup: 'in_stock' });
    expect(await list(['in_stock', 'backorder'], 'tea')).toEqual({ Tea: 'in_stock' });
    const reference = { type: 'order' as const, id: newId() };
    const expiresAt = new Date(Date.parse('2100-01-01'));
    await inShop(() =>
      commands.execute(new HoldStockCommand({ reference, lines: [{ sku: 'TEA', quantity: 3 }], expiresAt })),
    );
    await settle();
    expect(await list(['out_of_stock'])).toEqual({ Tea: 'out_of_stock' });
    const facets = await inShop(() =>
      queries.execute(new ProductFacetsQuery({ limit: 20, availability: ['in_stock'] }, true)),
    );
    expect(facets).toMatchObject({
      total: 1,
      availability: [
        { value: 'in_stock', count: 1 },
        { value: 'backorder', count: 1 },
        { value: 'out_of_stock', count: 1 },
      ],
    });
    await inShop(() => commands.execute(new ReleaseHoldCommand({ reference, reason: 'given up' })));
    await settle();
    expect(await variants(tea.id)).toEqual([{ sku: 'TEA', availability: 'in_stock', backorder: 'no', available: 3 }]);
    expect(await variants(tea.id, true)).toMatchObject([{ availability: 'in_stock', available: null }]);
    await inShop(() =>
      commands.execute(new ChangeProductCommand(tea.id, { variants: [{ sku: 'TEA', active: false }] })),
    );
    expect(
      (await inShop(() => queries.execute(new ListProductsQuery({ limit: 20, handle: 'tea' }, false)))).data,
    ).toMatchObject([{ availability: 'out_of_stock' }]);
    await expect(variants(newId())).rejects.toMatchObject({ code: 'catalog.product-not-found' });
  });

  it('is for a bundle what its parts allow, parts of parts included, however one comes to it', async () => {
    await make('Bag', 'BAG');
    await make('Pot', 'POT');
    await setStock(['BAG', 9], ['POT', 2]);
    await make('Pair', 'PAIR', { components: [{ sku: 'BAG', quantity: 2 }] });
    const set = await make('Set', 'SET', {
      components: [
        { sku: 'PAIR', quantity: 2 },
        { sku: 'POT', quantity: 1 },
      ],
    });
    await settle();
    expect(await list()).toMatchObject({ Pair: 'in_stock', Set: 'in_stock' });
    expect(await variants(set.id)).toMatchObject([{ sku: 'SET', available: 2 }]);
    await setStock(['BAG', 3]);
    expect(await list()).toMatchObject({ Bag: 'in_stock', Pair: 'in_stock', Set: 'out_of_stock' });
    await inShop(() =>
      commands.execute(
        new ChangeProductCommand(set.id, { variants: [{ sku: 'SET', components: [{ sku: 'POT', quantity: 2 }] }] }),
      ),
    );
    await settle();
    expect(await variants(set.id)).toMatchObject([{ sku: 'SET', available: 1, availability: 'in_stock' }]);
    await setStock(['POT', 1]);
    expect(await list(['out_of_stock'])).toEqual({ Set: 'out_of_stock' });
  });

  it('comes with an import of stock, and counts prices in ranges', async () => {
    const rows = [100, 199, 200, 599, 600].map((price, i): ProductRow => {
      const line = i + 2;
      return { line, sku: `S-${i}`, name: `Thing ${i}`, price, currency: 'EUR', onHand: i };
    });
    await inShop(() => commands.execute(new ImportProductsCommand({ rows })));
    await settle();
    expect(Object.values(await list(['in_stock']))).toHaveLength(4);
    const [price] = (await inShop(() => queries.execute(new ProductFacetsQuery({ limit: 20 }, true)))).prices;
    expect(price).toEqual({
      currency: 'EUR',
      lowest: 100,
      highest: 600,
      count: 5,
      ranges: [
        { from: 100, to: 200, count: 3 },
        { from: 501, to: 600, count: 2 },
      ],
    });
    for (const { from, to, count } of price.ranges) {
      const query = { limit: 20, price: { gte: from, lte: to } };
      expect((await inShop(() => queries.execute(new ListProductsQuery(query, true)))).data).toHaveLength(count);
    }
  });

  it('is looked up for products from before lists knew it, in bites, once, whoever begins', async () => {
    await make('Tea', 'TEA');
    await make('Cup', 'CUP');
    await make('Later', 'LATER', { backorder: 'preorder' });
    await setStock(['TEA', 3]);
    await make('Box', 'BOX', { components: [{ sku: 'TEA', quantity: 2 }] });
    await settle();
    const run = (text: string) => inShop(() => app.get(UnitOfWork).run((tx) => tx.execute(text, [tx.tenantId])));
    await run(`delete from catalog.sku_stock where tenant_id = $1`);
    await run(`update catalog.products set availability = 'out_of_stock' where tenant_id = $1`);
    expect(await inShop(() => commands.execute(new FollowAllStockCommand()))).toEqual({ skus: 0 });
    await run(`insert into catalog.stock_follows (tenant_id, id) values ($1, $1)`);
    expect(await app.get(FollowSchedule).look()).toBeGreaterThan(0);
    expect(await app.get(FollowSchedule).look()).toBe(0);
    // Who waited for the row began before whoever wrote it.
    await run(`update catalog.stock_follows set asked_at = kernel.now() + interval '30 seconds' where tenant_id = $1`);
    await inShop(() => commands.execute(new AskToFollowStockCommand()));
    const asked = await app
      .get(Database)
      .readAs(tenant, `select name from kernel.deliveries where name = 'catalog.follow-all-stock'`);
    expect(asked).toHaveLength(1);
    // Stock that changes meanwhile and two runs at once: each SKU is looked up once.
    const [, ...runs] = await Promise.all([
      setStock(['CUP', 1]),
      inShop(() => commands.execute(new FollowAllStockCommand())),
      inShop(() => commands.execute(new FollowAllStockCommand())),
    ]);
    expect(runs.reduce((sum, { skus }) => sum + skus, 0)).toBeLessThanOrEqual(4);
    await settle();
    expect(await list()).toEqual({ Tea: 'in_stock', Cup: 'in_stock', Later: 'backorder', Box: 'in_stock' });
    expect(await inShop(() => commands.execute(new FollowAllStockCommand()))).toEqual({ skus: 0 });
  });

  it('lies in categories whose slugs are unique, and lead on after a change', async () => {
    const category = (name: string, more: object = {}) =>
      inShop(() => commands.execute(new CreateCategoryCommand({ name, ...more })));
    const bySlug = (slug: string) => inShop(() => queries.execute(new GetCategoryBySlugQuery(slug)));
    const tea = await category('Thé & Kräuter');
    expect(tea.slug).toBe('the-krauter');
    const twin = await category('Thé Kräuter!', { parentId: tea.id });
    expect(twin.slug).toMatch(/^the-krauter-[0-9a-f]{8}$/);
    await expect(category('Other', { slug: 'the-krauter' })).rejects.toMatchObject({ code: 'catalog.slug-taken' });
    const change = (id: string, what: object) => inShop(() => commands.execute(new ChangeCategoryCommand(id, what)));
    expect(await change(tea.id, { name: 'Tea' })).toMatchObject({ name: 'Tea', slug: 'the-krauter' });
    expect(await change(tea.id, { slug: 'tea' })).toMatchObject({ slug: 'tea' });
    expect(await bySlug('the-krauter')).toMatchObject({ id: tea.id, slug: 'tea', children: [{ slug: twin.slug }] });
    // Whoever takes a former slug has it.
    expect(await category('Herbs', { slug: 'the-krauter' })).toMatchObject({ slug: 'the-krauter' });
    expect(await bySlug('the-krauter')).toMatchObject({ name: 'Herbs' });
    await expect(bySlug('nothing')).rejects.toMatchObject({ code: 'catalog.category-not-found' });
    // Two imports at once make the same and like-named places; each finds its own.
    const row = (sku: string, path: string): ProductRow => ({
      line: 2,
      sku,
      name: sku,
      price: 1,
      currency: 'EUR',
      category: path,
    });
    await Promise.all(
      ['A', 'B', 'C'].map((sku) =>
        inShop(() =>
          commands.execute(
            new ImportProductsCommand({
              rows: [row(sku, 'Tea > Green'), { ...row(`${sku}2`, `Cups > Green > ${sku}`), line: 3 }],
            }),
          ),
        ),
      ),
    );
    const all = await inShop(() => queries.execute(new ListCategoriesQuery()));
    expect(all.filter(({ name }) => name === 'Green')).toHaveLength(2);
    expect(new Set(all.map(({ slug }) => slug)).size).toBe(all.length);
  });
});
