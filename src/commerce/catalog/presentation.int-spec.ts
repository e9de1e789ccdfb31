import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { asTenant, testApp, type TestApp } from '../../../test/support/app';
import { ListQuery } from '../../kernel/http/pagination';
import { newId } from '../../kernel/ids/ids';
import { CatalogModule } from './catalog.module';
import { ChangeAttributeCommand, CreateAttributeCommand } from './commands/attributes';
import { ChangeCategoryCommand } from './commands/change-categories';
import { ChangeProductCommand } from './commands/change-product';
import { CompleteVariantsCommand } from './commands/complete-variants';
import { CreateProductCommand } from './commands/create-product';
import { RelateProductsCommand } from './commands/relate-products';
import { FindVariantsBySkuQuery } from './contracts/find-variants-by-sku';
import type { ProductChange } from './domain/product';
import { GetProductByHandleQuery, GetProductQuery, ListRelatedProductsQuery } from './queries/get-product';
import { GetCategoryQuery, ListCategoriesQuery } from './queries/list-categories';
import { ListProductsQuery } from './queries/list-products';

const eur = (amount: number) => ({ amount, currency: 'EUR' });

describe('how products are shown', () => {
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
  const create = (name: string, more: object = {}) =>
    inShop(() =>
      commands.execute(new CreateProductCommand({ name, variants: [{ sku: name, price: eur(1000) }], ...more })),
    );
  const change = (id: string, it: ProductChange) => inShop(() => commands.execute(new ChangeProductCommand(id, it)));

  it('options make variants of every combination, each once', async () => {
    const options = [
      { name: 'Size', values: ['S', 'M'] },
      { name: 'Colour', values: ['Red', 'Grün'] },
    ];
    const variant = (sku: string, ...optionValues: string[]) => ({ sku, price: eur(900), optionValues });
    const tee = await create('Tee', { options, variants: [variant('MINE', 'M', 'Red')] });
    const complete = () =>
      inShop(() => commands.execute(new CompleteVariantsCommand(tee.id, { skuPrefix: 'TEE', price: eur(1000) })));
    const whole = await complete();
    expect(whole.variants.map((it) => [it.sku, it.optionValues])).toEqual([
      ['MINE', ['M', 'Red']],
      ['TEE-S-RED', ['S', 'Red']],
      ['TEE-S-GRUN', ['S', 'Grün']],
      ['TEE-M-GRUN', ['M', 'Grün']],
    ]);
    expect(await complete()).toEqual(whole);
    // Two may swap their values in one change.
    await change(tee.id, { variants: [variant('MINE', 'S', 'Red'), variant('TEE-S-RED', 'M', 'Red')] });
    const refused: ProductChange[] = [
      { variants: [variant('TWIN', 'm', 'grun')] },
      { variants: [variant('ODD', 'XL', 'Red')] },
      { variants: [variant('FEW', 'S')] },
      { variants: [{ sku: 'NONE', price: eur(1) }] },
      { options: [options[0], options[0]] },
      { options: [{ name: 'Size', values: ['S', 's'] }] },
      // A value goes with its variants alone.
      { options: [{ name: 'Size', values: ['S'] }, options[1]] },
    ];
    for (const it of refused)
      await expect(change(tee.id, it)).rejects.toMatchObject({ code: 'catalog.options-invalid' });
    await expect(
      change(tee.id, {
        options: [{ name: 'Size', values: ['S'] }, options[1]],
        variants: ['TEE-M-GRUN', 'TEE-S-RED'].map((sku) => ({ sku, active: false })),
      }),
    ).resolves.toMatchObject({ options: [{ values: ['S'] }, { name: 'Colour' }] });
  });

  it('attributes have a type, and choices that only grow', async () => {
    const define = (code: string, type: 'text' | 'number' | 'boolean' | 'date' | 'choice', choices?: string[]) =>
      inShop(() => commands.execute(new CreateAttributeCommand({ code, name: code, type, choices })));
    for (const type of ['text', 'number', 'boolean', 'date'] as const) await define(type, type);
    const leaf = await define('leaf', 'choice', ['black', 'green']);
    await expect(define('leaf', 'text')).rejects.toMatchObject({ code: 'catalog.attribute-taken' });
    await expect(define('none', 'choice')).rejects.toMatchObject({ code: 'catalog.choices-invalid' });
    const attributes = { text: 'x', number: 1.5, boolean: false, date: '2026-02-28', leaf: 'green' };
    const tea = await create('Tea', { attributes });
    expect(tea.attributes).toEqual(attributes);
    expect(
      (await change(tea.id, { attributes: Object.fromEntries(Object.entries(attributes).reverse()) })).version,
    ).toBe(tea.version);
    const wrong = { text: 1, number: '1', boolean: 'yes', date: '2026-02-30', leaf: 'white', nope: 'x' };
    await expect(change(tea.id, { attributes: wrong as never })).rejects.toMatchObject({
      code: 'catalog.attributes-invalid',
      data: { errors: Object.keys(wrong).map((code) => ({ pointer: `/attributes/${code}` })) },
    });
    const choices = (...all: string[]) =>
      inShop(() => commands.execute(new ChangeAttributeCommand(leaf.id, { choices: all })));
    await expect(choices('green')).rejects.toMatchObject({ code: 'catalog.choices-invalid' });
    await choices('white', 'black', 'green');
    await change(tea.id, { attributes: { leaf: 'white' } });
  });

  it('appear and disappear at their time, for orders too', async () => {
    const [past, future] = [new Date('2020-01-01T00:00:00Z'), new Date('2200-01-01T00:00:00Z')];
    const soon = await create('Soon', { publishAt: future });
    await create('Over', { unpublishAt: past });
    await create('Now', { publishAt: past, unpublishAt: future });
    const shown = async () =>
      (await inShop(() => queries.execute(new ListProductsQuery(new ListQuery(), true)))).data.map((it) => it.name);
    expect(await shown()).toEqual(['Now']);
    const facts = await inShop(() => queries.execute(new FindVariantsBySkuQuery({ skus: ['Soon', 'Over', 'Now'] })));
    expect(facts.filter((it) => it.active).map((it) => it.sku)).toEqual(['Now']);
    await expect(inShop(() => queries.execute(new GetProductQuery(soon.id, true)))).rejects.toMatchObject({
      code: 'catalog.product-not-found',
    });
    await expect(change(soon.id, { unpublishAt: past })).rejects.toMatchObject({ code: 'catalog.publication-invalid' });
    await change(soon.id, { publishAt: null });
    expect(await shown()).toEqual(['Now', 'Soon']);
  });

  it('are found by a handle that they had before, until another product takes it', async () => {
    const tea = await create('Tea');
    await change(tea.id, { handle: 'darjeeling' });
    await change(tea.id, { handle: 'first-flush' });
    const at = (handle: string) => inShop(() => queries.execute(new GetProductByHandleQuery(handle, true)));
    for (const handle of ['tea', 'darjeeling', 'first-flush'])
      expect(await at(handle)).toMatchObject({ id: tea.id, handle: 'first-flush' });
    const other = await create('Tea 2', { handle: 'tea' });
    expect(await at('tea')).toMatchObject({ id: other.id });
    // Back again: it is its own present handle and leads nowhere else.
    await change(tea.id, { handle: 'darjeeling' });
    expect(await at('darjeeling')).toMatchObject({ id: tea.id, handle: 'darjeeling' });
    expect(await at('first-flush')).toMatchObject({ id: tea.id });
    await expect(at('nope')).rejects.toMatchObject({ code: 'catalog.product-not-found' });
  });

  it('stand beside others, in their order', async () => {
    const [tea, cup, pot] = [await create('Tea'), await create('Cup'), await create('Pot', { active: false })];
    const relate = (...ids: string[]) => inShop(() => commands.execute(new RelateProductsCommand(tea.id, ids)));
    const related = async (onSaleOnly = false) =>
      (await inShop(() => queries.execute(new ListRelatedProductsQuery(tea.id, onSaleOnly)))).map((it) => it.name);
    await relate(pot.id, cup.id, pot.id);
    expect(await related()).toEqual(['Pot', 'Cup']);
    expect(await related(true)).toEqual(['Cup']);
    await expect(relate(tea.id)).rejects.toMatchObject({ code: 'catalog.unknown-product' });
    await expect(relate(newId())).rejects.toMatchObject({ code: 'catalog.unknown-product' });
    await relate();
    expect(await related()).toEqual([]);
  });

  it('categories say their way from the top and what lies beneath', async () => {
    await create('Gouda', { category: 'Food > Cheese > Hard' });
    await create('Brie', { category: 'Food > Cheese > Soft' });
    const tree = await inShop(() => queries.execute(new ListCategoriesQuery()));
    const cheese = tree.find((it) => it.name === 'Cheese')!;
    const place = () => inShop(() => queries.execute(new GetCategoryQuery(cheese.id)));
    const names = ({ breadcrumbs, children }: Awaited<ReturnType<typeof place>>) => [
      breadcrumbs.map((it) => it.name).join(' > '),
      children.map((it) => it.name),
    ];
    expect(names(await place())).toEqual(['Food > Cheese', ['Hard', 'Soft']]);
    await inShop(() => commands.execute(new ChangeCategoryCommand(cheese.id, { parentId: null })));
    expect(names(await place())).toEqual(['Cheese', ['Hard', 'Soft']]);
  });
});
