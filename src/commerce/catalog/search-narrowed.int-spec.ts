import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { Client } from 'pg';
import { asTenant, testApp, type TestApp } from '../../../test/support/app';
import { UnitOfWork } from '../../kernel/database/unit-of-work';
import { ListQuery } from '../../kernel/http/pagination';
import { newId } from '../../kernel/ids/ids';
import { CatalogModule } from './catalog.module';
import { CreateAttributeCommand } from './commands/attributes';
import { ListProductsQuery } from './queries/list-products';
import { ProductFacetsQuery } from './queries/product-facets';
import type { ProductListQuery } from './queries/product-filters';

/** Forty small shops, all that the planner knows of: it takes another for one that has next to nothing, until it looks again. */
async function amongOthers(url: string): Promise<void> {
  const admin = new Client({ connectionString: url });
  await admin.connect();
  await admin.query(
    `with made as (
       insert into catalog.products (tenant_id, id, handle, name, name_key, active, search_text, detail_text, attributes,
         price_from, price_currency, availability, version, created_at, updated_at)
       select t.id, gen_random_uuid(), 'p-' || n, 'thing ' || n, 'thing ' || n, true, 'thing ' || n, '', '{"fit":"wide"}', 1, 'EUR', 'in_stock', 1, now(), now()
       from (select gen_random_uuid() as id from generate_series(1, 40)) t, generate_series(1, 20) n
       returning tenant_id, id
     )
     insert into catalog.product_facets (tenant_id, id, product_id, facet, value) select tenant_id, gen_random_uuid(), id, 'fit:wide', 'wide' from made`,
  );
  await admin.query('analyze catalog.products, catalog.product_facets');
  await admin.end();
}

/** By name come 5,000 shirts that are hidden, 13,000 for men, then 12,000 for women, twelve of them slim. */
describe('a search for what nearly all products are', () => {
  let app: TestApp;
  const tenant = newId();
  const [clothes, men, women] = [newId(), newId(), newId()];

  beforeAll(async () => {
    app = await testApp([CatalogModule]);
    await amongOthers(app.database.superuserUrl);
    await asTenant(tenant, async () => {
      await app
        .get(CommandBus)
        .execute(new CreateAttributeCommand({ code: 'fit', name: 'Fit', type: 'choice', choices: ['slim', 'wide'] }));
      await app.get(UnitOfWork).run(async (tx) => {
        await tx.execute(
          `insert into catalog.categories (tenant_id, id, name, name_key, slug, parent_id, version, created_at, updated_at)
           select $1, c.id, c.name, c.name, c.name, c.parent, 1, kernel.now(), kernel.now()
           from (values ($2::uuid, 'clothes', null), ($3, 'men', $2), ($4, 'women', $2)) as c(id, name, parent)`,
          [tenant, clothes, men, women],
        );
        await tx.execute(
          `insert into catalog.products (tenant_id, id, handle, name, name_key, category_id, active, search_text, detail_text, attributes,
             price_from, price_currency, availability, version, created_at, updated_at)
           select $1, gen_random_uuid(), 'p-' || n, k || ' shirt ' || n, k || ' shirt ' || n || repeat(' and so on', case when n % 2000 = 0 then 15 else 0 end), case k when 'women' then $3::uuid else $2 end, k <> 'archive',
             k || ' shirt ' || n, '', jsonb_build_object('fit', case when k = 'women' and n % 1000 = 0 then 'slim' else 'wide' end),
             case k when 'women' then 2000 else 1000 end, case k when 'women' then 'USD' else 'EUR' end,
             case k when 'women' then 'in_stock' else 'out_of_stock' end, 1, kernel.now(), kernel.now()
           from (select n, case when n <= 5000 then 'archive' when n <= 18000 then 'men' else 'women' end as k from generate_series(1, 30000) n) n`,
          [tenant, men, women],
        );
        await tx.execute(
          `insert into catalog.product_facets (tenant_id, id, product_id, facet, value)
           select $1, gen_random_uuid(), id, 'fit:' || (attributes ->> 'fit'), attributes ->> 'fit' from catalog.products where tenant_id = $1`,
          [tenant],
        );
      });
    });
  }, 120_000);
  afterAll(() => app.close());

  const asked = (query: Partial<ProductListQuery>) => Object.assign(new ListQuery(), query);
  const list = (query: Partial<ProductListQuery>, onSaleOnly = true) =>
    asTenant(tenant, () => app.get(QueryBus).execute(new ListProductsQuery(asked(query), onSaleOnly)));
  const facets = (query: Partial<ProductListQuery>) =>
    asTenant(tenant, () => app.get(QueryBus).execute(new ProductFacetsQuery(asked(query), true)));

  it('passes over what is hidden', async () => {
    const { data } = await list({ q: 'shirt', limit: 20 });
    expect(data.map(({ name }) => name.split(' ')[0])).toEqual(Array(20).fill('men'));
    expect((await list({ q: 'shirt', limit: 20, active: false }, false)).data).toHaveLength(20);
  });

  it.each<[string, Partial<ProductListQuery>]>([
    ['a category', { categoryId: women }],
    ['a price', { price: { gte: 1500, lte: 2000 } }],
    ['a currency', { currency: 'USD' }],
    ['what can be had', { availability: ['in_stock', 'backorder'] }],
    ['a category above, and a price', { categoryId: clothes, price: { gt: 1999, lt: 2001 } }],
  ])('finds those of %s behind thousands of others, and pages through them', async (_, filters) => {
    for (let cursor: string | undefined, pages = 0; pages < 3; pages += 1) {
      const { data, page } = await list({ q: 'shirt', limit: 100, cursor, ...filters });
      expect(data).toHaveLength(100);
      expect(data.every(({ name }) => name.startsWith('women '))).toBe(true);
      cursor = page.nextCursor!;
    }
  });

  it('finds all that have a rare attribute, also with other filters', async () => {
    for (const filters of [{}, { categoryId: women }, { price: { gte: 2000 }, availability: ['in_stock' as const] }])
      expect((await list({ q: 'shirt', limit: 50, attributes: ['fit:slim'], ...filters })).data).toHaveLength(12);
    expect((await list({ q: 'shirt', categoryId: men, attributes: ['fit:slim'] })).data).toEqual([]);
    expect((await list({ q: 'shirt', limit: 50, attributes: ['fit:slim', 'fit:wide'] })).data).toHaveLength(50);
  });

  it('finds a product by its handle, and nothing spelled alike where the filters leave out what has the words', async () => {
    expect((await list({ q: 'shirt', handle: 'p-29999' })).data.map(({ name }) => name)).toEqual(['women shirt 29999']);
    expect((await list({ q: 'women', categoryId: men })).data).toEqual([]);
    expect((await list({ q: 'womenn', limit: 20 })).data).toHaveLength(20);
    expect((await list({ q: 'archive' })).data.filter(({ name }) => name.startsWith('archive'))).toEqual([]);
  });

  it('counts within the filters, and says when others match besides', async () => {
    const part = await facets({ q: 'shirt', categoryId: women });
    expect(part).toMatchObject({ exact: false, total: 300, availability: [{ value: 'in_stock', count: 300 }] });
    const slim = await facets({ q: 'shirt', attributes: ['fit:slim'] });
    expect(slim).toMatchObject({ exact: false, total: 12, categories: [{ id: women, count: 12 }] });
    expect(await facets({ q: 'women 2999' })).toMatchObject({ exact: true, total: 10 });
  });

  it('leaves out none of a shop that it could answer whole: what all 500 are is narrowed to each of the 200', async () => {
    const other = newId();
    await asTenant(other, async () => {
      await app
        .get(CommandBus)
        .execute(new CreateAttributeCommand({ code: 'fit', name: 'Fit', type: 'choice', choices: ['slim', 'wide'] }));
      await app.get(UnitOfWork).run(async (tx) => {
        await tx.execute(
          `insert into catalog.products (tenant_id, id, handle, name, name_key, active, search_text, detail_text, attributes,
             price_from, price_currency, availability, version, created_at, updated_at)
           select $1, gen_random_uuid(), 'p-' || n, 'shirt ' || n, 'shirt ' || n, true, 'shirt ' || n, '',
             jsonb_build_object('fit', case when n % 5 < 2 then 'slim' else 'wide' end), 1000 + n, 'EUR', 'in_stock', 1, kernel.now(), kernel.now()
           from generate_series(1, 500) n`,
          [other],
        );
        await tx.execute(
          `insert into catalog.product_facets (tenant_id, id, product_id, facet, value)
           select $1, gen_random_uuid(), id, 'fit:' || (attributes ->> 'fit'), attributes ->> 'fit' from catalog.products where tenant_id = $1`,
          [other],
        );
      });
    });
    for (const [filters, expected] of [
      [{ attributes: ['fit:slim'] }, 200],
      [{ currency: 'EUR' }, 500],
      [{ price: { gt: 1100 } }, 400],
    ] as [Partial<ProductListQuery>, number][]) {
      const query = { q: 'shirt', ...filters };
      const found = new Set<string>();
      for (let cursor: string | undefined, more = true; more;) {
        const { data, page } = await asTenant(other, () =>
          app.get(QueryBus).execute(new ListProductsQuery(asked({ ...query, limit: 100, cursor }), true)),
        );
        for (const { id } of data) found.add(id);
        cursor = page.nextCursor ?? undefined;
        more = cursor !== undefined;
      }
      expect(found.size).toBe(expected);
      const counts = await asTenant(other, () => app.get(QueryBus).execute(new ProductFacetsQuery(asked(query), true)));
      expect(counts).toMatchObject({ exact: true, total: expected });
    }
  });
});
