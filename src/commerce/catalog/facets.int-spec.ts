import { CommandBus } from '@nestjs/cqrs';
import { asTenant, testApp, type TestApp } from '../../../test/support/app';
import { UnitOfWork } from '../../kernel/database/unit-of-work';
import { newId } from '../../kernel/ids/ids';
import { CatalogModule } from './catalog.module';
import { CreateAttributeCommand } from './commands/attributes';
import { ChangeProductCommand } from './commands/change-product';
import { CreateProductCommand } from './commands/create-product';
import { ImportProductsCommand } from './contracts/import-products';
import type { ProductChange } from './domain/product';

/** A row of random numbers that is the same in each run. */
function dice(seed: number): (most: number) => number {
  let state = seed;
  return (most) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * most);
  };
}

describe('values of attributes', () => {
  let app: TestApp;
  let commands: CommandBus;
  const tenant = newId();
  const inShop = <T>(work: () => Promise<T>): Promise<T> => asTenant(tenant, work);

  beforeAll(async () => {
    app = await testApp([CatalogModule]);
    commands = app.get(CommandBus);
  });
  afterAll(() => app.close());

  it('say of their products what a look at these says, whatever changes', async () => {
    const roll = dice(20_261_122);
    for (const code of ['leaf', 'size'])
      await inShop(() => commands.execute(new CreateAttributeCommand({ code, name: code, type: 'text' })));
    const eur = (amount: number) => ({ amount, currency: roll(4) === 0 ? 'USD' : 'EUR' });
    const attributes = () => ({
      ...(roll(3) > 0 ? { leaf: `Leaf ${roll(4)}` } : {}),
      ...(roll(2) > 0 ? { size: `${roll(3)}` } : {}),
    });
    const time = (): Date | null => (roll(2) > 0 ? null : new Date(Date.UTC(2026, roll(12), 1)));
    const products: { id: string; sku: string }[] = [];
    for (let i = 0; i < 12; i++) {
      const sku = `SKU-${i}`;
      const variants = [
        { sku, price: eur(roll(1_000)), backorder: roll(2) > 0 ? ('backorder' as const) : ('no' as const) },
      ];
      const name = `Product ${'long '.repeat(roll(30))}${i}`;
      const { id } = await inShop(() =>
        commands.execute(
          new CreateProductCommand({ name, category: `Shelf ${roll(3)}`, attributes: attributes(), variants }),
        ),
      );
      products.push({ id, sku });
    }
    const told = async (): Promise<number> =>
      inShop(() =>
        app.get(UnitOfWork).run(async (tx) => {
          const text = 'select count(*)::int as count from catalog.product_facets where tenant_id = $1';
          return (await tx.query<{ count: number }>(text, [tenant]))[0].count;
        }),
      );
    const differing = () =>
      inShop(() =>
        app.get(UnitOfWork).run((tx) =>
          tx.query<object>(
            `with said as (
               select product_id, split_part(facet, ':', 1) as code, value, name_key, category_id, price_from, price_currency, availability, active, publish_at, unpublish_at
               from catalog.product_facets where tenant_id = $1
             ), known as (
               select p.id, a.key, a.value, left(p.name_key, 100), p.category_id, p.price_from, p.price_currency, p.availability, p.active, p.publish_at, p.unpublish_at
               from catalog.products p, jsonb_each_text(p.attributes) a where p.tenant_id = $1
             )
             (select * from said except all select * from known) union all (select * from known except all select * from said)`,
            [tenant],
          ),
        ),
      );
    expect(await differing()).toEqual([]);
    expect(await told()).toBeGreaterThan(8);
    for (let i = 0; i < 60; i++) {
      const { id, sku } = products[roll(products.length)];
      const changes: ProductChange[] = [
        { name: `Renamed ${roll(1_000)}` },
        { active: roll(2) > 0 },
        { attributes: attributes() },
        { publishAt: time(), unpublishAt: null },
        { publishAt: null, unpublishAt: time() },
        { categoryId: null },
        { variants: [{ sku, price: eur(roll(1_000)) }] },
        { variants: [{ sku, active: roll(2) > 0, backorder: roll(2) > 0 ? 'backorder' : 'no' }] },
      ];
      await inShop(() => commands.execute(new ChangeProductCommand(id, changes[roll(changes.length)])));
    }
    expect(await differing()).toEqual([]);
    const rows = products.map(({ sku }, i) => ({
      line: i + 2,
      sku,
      name: `Imported ${roll(100)}`,
      price: roll(1_000),
      currency: 'EUR',
    }));
    expect(await inShop(() => commands.execute(new ImportProductsCommand({ rows })))).toMatchObject({ updated: 12 });
    expect(await differing()).toEqual([]);
  });
});
