import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { Client } from 'pg';
import { asTenant, testApp, type TestApp } from '../../../test/support/app';
import { UnitOfWork } from '../../kernel/database/unit-of-work';
import { ListQuery } from '../../kernel/http/pagination';
import { newId } from '../../kernel/ids/ids';
import { CatalogModule } from './catalog.module';
import { ChangeAttributeCommand, CreateAttributeCommand } from './commands/attributes';
import { ChangeProductCommand } from './commands/change-product';
import { CreateProductCommand } from './commands/create-product';
import { ResolvePricesQuery } from './contracts/resolve-prices';
import { ListCategoriesQuery } from './queries/list-categories';
import { ListProductsQuery } from './queries/list-products';
import { ProductFacetsQuery } from './queries/product-facets';
import type { ProductListQuery } from './queries/product-filters';

const eur = (amount: number) => ({ amount, currency: 'EUR' });

/** Fills the transaction's shop with products of one variant each, as the application's role. */
async function fillShop(uow: UnitOfWork, tenant: string, products: number): Promise<void> {
  await asTenant(tenant, () =>
    uow.run(async (tx) => {
      await tx.execute(
        `insert into catalog.categories (tenant_id, id, name, name_key, slug, version, created_at, updated_at)
         select $1, gen_random_uuid(), 'Shelf ' || n, 'shelf ' || n, 'shelf-' || n, 1, kernel.now(), kernel.now() from generate_series(1, 20) n`,
        [tenant],
      );
      await tx.execute(
        `insert into catalog.products (tenant_id, id, handle, name, name_key, category_id, active, search_text, detail_text, attributes,
           price_from, price_currency, version, created_at, updated_at)
         select $1, gen_random_uuid(), 'p-' || n, 'Thing ' || n, 'thing ' || lpad(n::text, 6, '0'), c.ids[1 + n % 20], true,
           'thing ' || n || ' sku ' || n || case when n % 500 = 0 then ' marmalade' else '' end, 'useful in the house',
           jsonb_build_object('colour', 'c' || n % 7), n % 1000, 'EUR', 1, kernel.now(), kernel.now()
         from generate_series(1, $2::int) n, (select array_agg(id) as ids from catalog.categories where tenant_id = $1) c`,
        [tenant, products],
      );
      await tx.execute(
        `insert into catalog.product_facets (tenant_id, id, product_id, facet, value)
         select $1, gen_random_uuid(), id, 'colour:' || (attributes ->> 'colour'), attributes ->> 'colour' from catalog.products where tenant_id = $1`,
        [tenant],
      );
      await tx.execute(
        `insert into catalog.variants (tenant_id, id, product_id, sku, position, price_amount, price_currency, active, created_at, updated_at)
         select $1, gen_random_uuid(), id, 'SKU-' || substr(handle, 3), 0, price_from, 'EUR', true, kernel.now(), kernel.now()
         from catalog.products where tenant_id = $1`,
        [tenant],
      );
    }),
  );
}

describe('search with facets', () => {
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

  const inShop = <T>(work: () => Promise<T>): Promise<T> => asTenant(tenant, work);
  const asked = (query: Partial<ProductListQuery>) => Object.assign(new ListQuery(), query);
  const names = async (query: Partial<ProductListQuery>, onSaleOnly = true) =>
    (await inShop(() => queries.execute(new ListProductsQuery(asked(query), onSaleOnly)))).data.map((it) => it.name);
  const facets = (query: Partial<ProductListQuery> = {}) =>
    inShop(() => queries.execute(new ProductFacetsQuery(asked(query), true)));

  describe('in a small shop', () => {
    let tea: string;

    beforeAll(async () => {
      tenant = newId();
      const define = (code: string, type: 'choice' | 'boolean' | 'number', choices?: string[]) =>
        inShop(() => commands.execute(new CreateAttributeCommand({ code, name: code, type, choices })));
      await define('leaf', 'choice', ['Black Tea', 'Green']);
      await define('organic', 'boolean');
      await define('grams', 'number');
      const create = (
        name: string,
        category: string,
        amount: number,
        attributes: Record<string, string | boolean | number>,
      ) =>
        inShop(() =>
          commands.execute(
            new CreateProductCommand({
              name,
              category,
              attributes,
              variants: [{ sku: `SKU-${name}`, price: eur(amount) }],
            }),
          ),
        );
      const [{ category }] = [
        await create('Assam', 'Tea > Black', 500, { leaf: 'Black Tea', organic: true, grams: 100 }),
        await create('Ceylon', 'Tea > Black', 700, { leaf: 'Black Tea', organic: false }),
        await create('Sencha', 'Tea > Green', 900, { leaf: 'Green', organic: true }),
        await create('Cup', 'Crockery', 300, {}),
        await create('Assam cup', 'Crockery', 1500, { organic: true }),
      ];
      expect(category!.name).toBe('Black');
      const tree = await inShop(() => queries.execute(new ListCategoriesQuery()));
      tea = tree.find((it) => it.name === 'Tea')!.id;
    });

    it('narrows by attributes, price and category together', async () => {
      const cases: [Partial<ProductListQuery>, string[]][] = [
        [{ attributes: ['leaf:Black Tea'] }, ['Assam', 'Ceylon']],
        [{ attributes: ['leaf:black tea', 'organic:true'] }, ['Assam']],
        [{ attributes: ['leaf:black tea', 'leaf:green'] }, ['Assam', 'Ceylon', 'Sencha']],
        [{ attributes: ['nope:x'] }, []],
        [{ price: { gte: 500, lt: 900 } }, ['Assam', 'Ceylon']],
        [{ price: { gte: 500 }, currency: 'USD' }, []],
        [{ categoryId: tea, attributes: ['organic:true'] }, ['Assam', 'Sencha']],
        [{ q: 'assam', attributes: ['leaf:black tea'] }, ['Assam']],
        [{ sort: '-price' }, ['Assam cup', 'Sencha', 'Ceylon', 'Assam', 'Cup']],
        [{ sort: 'price' }, ['Cup', 'Assam', 'Ceylon', 'Sencha', 'Assam cup']],
      ];
      for (const [query, expected] of cases) expect(await names(query)).toEqual(expected);
    });

    it('ranks a SKU first, then names that match better, and forgives a typing error', async () => {
      expect(await names({ q: 'SKU-Cup' })).toEqual(['Cup', 'Assam cup']);
      expect(await names({ q: 'assam' })).toEqual(['Assam', 'Assam cup']);
      expect(await names({ q: 'sench' })).toEqual(['Sencha']);
      expect(await names({ q: 'senhca' })).toEqual(['Sencha']);
      expect(await names({ q: 'zzzz' })).toEqual([]);
    });

    it('counts each kind without its own filter', async () => {
      const all = await facets();
      expect(all).toMatchObject({
        total: 5,
        exact: true,
        prices: [{ currency: 'EUR', lowest: 300, highest: 1500, count: 5 }],
        attributes: [
          {
            code: 'leaf',
            values: [
              { value: 'Black Tea', filter: 'leaf:black tea', count: 2 },
              { value: 'Green', count: 1 },
            ],
          },
          {
            code: 'organic',
            values: [
              { value: 'true', count: 3 },
              { value: 'false', count: 1 },
            ],
          },
        ],
      });
      expect(new Map(all.categories.map((it) => [it.name, it.count]))).toEqual(
        new Map([
          ['Black', 2],
          ['Green', 1],
          ['Crockery', 2],
        ]),
      );
      const black = await facets({ attributes: ['leaf:black tea'], categoryId: tea, price: { lte: 600 } });
      expect(black).toMatchObject({
        total: 1,
        categories: [{ name: 'Black', count: 1 }],
        prices: [{ lowest: 500, highest: 700, count: 2 }],
        attributes: [
          { code: 'leaf', values: [{ value: 'Black Tea', count: 1 }] },
          { code: 'organic', values: [{ value: 'true', count: 1 }] },
        ],
      });
      expect((await facets({ q: 'assam' })).attributes[0].values).toEqual([
        { value: 'Black Tea', filter: 'leaf:black tea', count: 1 },
      ]);
      expect(await facets({ q: '!!' })).toMatchObject({ total: 0, categories: [], attributes: [], prices: [] });
    });

    it('follows changes, and leaves what is not filterable uncounted', async () => {
      const { data } = await inShop(() => queries.execute(new ListProductsQuery(asked({ q: 'Ceylon' }), true)));
      await inShop(() =>
        commands.execute(
          new ChangeProductCommand(data[0].id, {
            attributes: { leaf: 'Green' },
            variants: [{ sku: 'SKU-Ceylon', price: eur(100) }],
          }),
        ),
      );
      expect(await names({ attributes: ['leaf:green'] })).toEqual(['Ceylon', 'Sencha']);
      expect(await names({ price: { lte: 100 } })).toEqual(['Ceylon']);
      const made = await inShop(() =>
        commands.execute(new CreateAttributeCommand({ code: 'hidden', name: 'x', type: 'text' })),
      );
      await inShop(() => commands.execute(new ChangeAttributeCommand(made.id, { filterable: false })));
      await inShop(() => commands.execute(new ChangeProductCommand(data[0].id, { attributes: { hidden: 'a' } })));
      expect((await facets()).attributes.map((it) => it.code)).toEqual(['leaf', 'organic']);
    });
  });

  describe('counts of a large shop', () => {
    interface Counted {
      name: string;
      category: string;
      price: number | null;
      currency: string | null;
      availability: string;
      colour: string;
      kinds: string[];
      shown: boolean;
    }
    let products: Counted[];

    beforeAll(async () => {
      tenant = newId();
      await fillShop(app.get(UnitOfWork), tenant, 10_000);
      await inShop(() =>
        commands.execute(new CreateAttributeCommand({ code: 'colour', name: 'Colour', type: 'text' })),
      );
      // What hides products or sets them apart, and three values for most of them: more than are gathered by their attribute.
      await inShop(() =>
        app.get(UnitOfWork).run(async (tx) => {
          await tx.execute(
            `update catalog.products set active = price_from % 50 <> 7,
               publish_at = case when price_from % 40 = 3 then kernel.now() + interval '1 day' end,
               unpublish_at = case when price_from % 60 = 9 then kernel.now() - interval '1 day' end,
               price_currency = case when price_from % 30 = 1 then null when price_from % 10 = 4 then 'JPY' else 'EUR' end,
               price_from = case when price_from % 30 = 1 then null else price_from end,
               availability = case when price_from % 90 = 8 then 'backorder' when price_from % 3 = 0 then 'out_of_stock' else 'in_stock' end
             where tenant_id = $1`,
            [tenant],
          );
          await tx.execute(
            `insert into catalog.product_facets (tenant_id, id, product_id, facet, value)
             select $1, gen_random_uuid(), p.id, 'kind:' || k, k from catalog.products p, unnest(array['a', 'b', 'c']) k
             where p.tenant_id = $1 and p.name_key > 'thing 001000'`,
            [tenant],
          );
          products = await tx.query<Counted>(
            `select name_key as name, category_id as category, price_from as price, price_currency as currency, availability, attributes ->> 'colour' as colour,
               case when name_key > 'thing 001000' then array['a', 'b', 'c'] else '{}' end as kinds,
               active and (publish_at is null or publish_at <= kernel.now()) and (unpublish_at is null or unpublish_at > kernel.now()) as shown
             from catalog.products where tenant_id = $1 order by name_key, id`,
            [tenant],
          );
        }),
      );
    }, 60_000);

    const ALL = ['a', 'b', 'c'].map((kind) => `kind:${kind}`);
    it.each<[string, Partial<ProductListQuery>]>([
      ['nothing', {}],
      ['an attribute', { attributes: ['colour:c3'] }],
      [
        'an attribute, price and availability',
        { attributes: ['colour:c3'], price: { gte: 500 }, availability: ['in_stock'] },
      ],
      ['an attribute that many have', { attributes: ALL, price: { lt: 900 } }],
      [
        'a rare one and one that many have',
        { attributes: ['colour:c1', 'colour:c2', ...ALL], availability: ['backorder', 'in_stock'] },
      ],
      ['a rare one with what is rarely so', { attributes: ['colour:c5'], availability: ['backorder'] }],
      ['an attribute of a currency', { attributes: ['colour:c6'], currency: 'JPY' }],
      ['an attribute that nothing has', { attributes: ['colour:none'] }],
    ])('are those of a plain recount: %s', async (_, query) => {
      const wished = (code: string) =>
        (query.attributes ?? []).filter((it) => it.startsWith(`${code}:`)).map((it) => it.slice(code.length + 1));
      const of = (without: string): Counted[] =>
        products
          .filter(
            (it) =>
              it.shown &&
              (query.currency === undefined || it.currency === query.currency) &&
              (without === 'price' ||
                !query.price ||
                (it.price !== null && it.price >= (query.price.gte ?? 0) && it.price < (query.price.lt ?? Infinity))) &&
              (without === 'availability' ||
                !query.availability ||
                query.availability.includes(it.availability as never)) &&
              (without === 'colour' || wished('colour').length === 0 || wished('colour').includes(it.colour)) &&
              (wished('kind').length === 0 || wished('kind').some((kind) => it.kinds.includes(kind))),
          )
          .slice(0, 2_001);
      const tally = (found: (string | null)[]) => {
        const counts = new Map<string, number>();
        for (const it of found) if (it !== null) counts.set(it, (counts.get(it) ?? 0) + 1);
        return Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));
      };
      const said = (found: { key: string; count: number }[]) =>
        Object.fromEntries(found.map(({ key, count }) => [key, count] as const).sort(([a], [b]) => (a < b ? -1 : 1)));
      const view = await facets(query);
      const all = of('');
      expect({ total: view.total, exact: view.exact }).toEqual({
        total: Math.min(all.length, 2_000),
        exact: all.length <= 2_000,
      });
      expect(said(view.categories.map(({ id: key, count }) => ({ key, count })))).toEqual(
        tally(all.map((it) => it.category)),
      );
      expect(said(view.availability.map(({ value: key, count }) => ({ key, count })))).toEqual(
        tally(of('availability').map((it) => it.availability)),
      );
      const colours = view.attributes.find((it) => it.code === 'colour')?.values ?? [];
      expect(said(colours.map(({ value: key, count }) => ({ key, count })))).toEqual(
        tally(of('colour').map((it) => it.colour)),
      );
      const priced = of('price');
      expect(said(view.prices.map(({ currency: key, count }) => ({ key, count })))).toEqual(
        tally(priced.map((it) => it.currency)),
      );
      for (const { currency, lowest, highest, count, ranges } of view.prices) {
        const amounts = priced.filter((it) => it.currency === currency).map((it) => it.price!);
        expect([lowest, highest]).toEqual([Math.min(...amounts), Math.max(...amounts)]);
        expect(ranges.reduce((sum, it) => sum + it.count, 0)).toBe(count);
        for (const range of ranges)
          expect(amounts.filter((it) => it >= range.from && it <= range.to)).toHaveLength(range.count);
      }
    });
  });

  it('reads no table as a whole for lists, searches, counts and prices', async () => {
    tenant = newId();
    const uow = app.get(UnitOfWork);
    await fillShop(uow, tenant, 10_000);
    const admin = new Client({ connectionString: app.database.superuserUrl });
    await admin.connect();
    await admin.query('analyze catalog.products, catalog.variants, catalog.product_facets, catalog.categories');
    await admin.end();
    const [{ id: categoryId }] = await inShop(() => queries.execute(new ListCategoriesQuery()));
    const found = async (query: Partial<ProductListQuery>) => {
      const page = await queries.execute(new ListProductsQuery(asked(query), true));
      const more = page.page.nextCursor;
      if (more) await queries.execute(new ListProductsQuery(asked({ ...query, cursor: more }), true));
      return page.data.length;
    };
    const ways: [string, () => Promise<unknown>][] = [
      ['by name', () => found({})],
      ['by price, falling', () => found({ sort: '-price' })],
      ['latest', () => found({ sort: '-createdAt' })],
      ['of a category', () => found({ categoryId })],
      ['by attribute', () => found({ attributes: ['colour:c3'] })],
      ['by attribute that nothing has', () => found({ attributes: ['colour:none'] })],
      ['by price', () => found({ price: { gte: 5, lt: 8 } })],
      ['a rare word', () => found({ q: 'marmalade' })],
      ['a word of everything', () => found({ q: 'thing' })],
      ['a SKU', () => found({ q: 'SKU-77' })],
      ['a typing error', () => found({ q: 'marmelade' })],
      ['counts', () => queries.execute(new ProductFacetsQuery(asked({}), true))],
      ['counts of a search', () => queries.execute(new ProductFacetsQuery(asked({ q: 'thing', categoryId }), true))],
      [
        'counts of a category and attribute',
        () => queries.execute(new ProductFacetsQuery(asked({ categoryId, attributes: ['colour:c3'] }), true)),
      ],
      ['prices', () => queries.execute(new ResolvePricesQuery({ lines: [{ sku: 'SKU-1', quantity: 1 }] }))],
    ];
    for (const [name, read] of ways) {
      const scans = await inShop(() =>
        uow.run(async (tx) => {
          await read();
          return tx.query<{ relname: string; seq_scan: string }>(
            `select relname, seq_scan from pg_stat_xact_user_tables
             where schemaname = 'catalog' and relname in ('products', 'variants', 'product_facets') and seq_scan > 0`,
          );
        }),
      );
      expect([name, scans]).toEqual([name, []]);
    }
  }, 60_000);
});
