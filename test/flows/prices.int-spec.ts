import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { asTenant, testApp, type TestApp } from '../support/app';
import { ListQuery } from '../../src/kernel/http/pagination';
import { newId } from '../../src/kernel/ids/ids';
import { DeliveryWorker } from '../../src/kernel/messaging/delivery-worker';
import {
  ChangeGroupMemberCommand,
  CreateCustomerGroupCommand,
  RemoveCustomerGroupCommand,
} from '../../src/commerce/customers/commands/customer-groups';
import { CreateCustomerCommand } from '../../src/commerce/customers/commands/write-customer';
import { EnsureCustomerCommand } from '../../src/commerce/customers/contracts/ensure-customer';
import { GroupsOfCustomersQuery, UserIdsOfGroupQuery } from '../../src/commerce/customers/contracts/customer-groups';
import { CustomersModule } from '../../src/commerce/customers/customers.module';
import { ListCustomersQuery } from '../../src/commerce/customers/queries/list-customers';
import { CatalogModule } from '../../src/commerce/catalog/catalog.module';
import { ChangeProductCommand } from '../../src/commerce/catalog/commands/change-product';
import { CreateProductCommand } from '../../src/commerce/catalog/commands/create-product';
import {
  ChangePriceListCommand,
  CreatePriceListCommand,
  RemovePriceListCommand,
  SetListPricesCommand,
} from '../../src/commerce/catalog/commands/price-lists';
import { FindVariantsBySkuQuery } from '../../src/commerce/catalog/contracts/find-variants-by-sku';
import { ResolvePricesQuery } from '../../src/commerce/catalog/contracts/resolve-prices';
import type { PriceListChange } from '../../src/commerce/catalog/domain/price-list';
import type { NewProduct, VariantChange } from '../../src/commerce/catalog/domain/product';
import {
  GetPriceListQuery,
  ListPriceChangesQuery,
  ListPricesOfListQuery,
} from '../../src/commerce/catalog/queries/price-lists';

const eur = (amount: number) => ({ amount, currency: 'EUR' });

describe('prices and bundles', () => {
  let app: TestApp;
  let commands: CommandBus;
  let queries: QueryBus;
  let tenant: string;

  beforeAll(async () => {
    app = await testApp([CatalogModule, CustomersModule]);
    commands = app.get(CommandBus);
    queries = app.get(QueryBus);
  });
  afterAll(() => app.close());
  beforeEach(() => {
    tenant = newId();
  });

  const inShop = <T>(work: () => Promise<T>): Promise<T> => asTenant(tenant, work);
  const product = (name: string, variants: NewProduct['variants'], more: object = {}) =>
    inShop(() => commands.execute(new CreateProductCommand({ name, variants, ...more })));
  const change = (id: string, variants: VariantChange[]) =>
    inShop(() => commands.execute(new ChangeProductCommand(id, { variants })));
  const priceList = async (
    name: string,
    prices: Record<string, number>,
    more: PriceListChange = {},
    currency = 'EUR',
  ) => {
    const { id } = await inShop(() => commands.execute(new CreatePriceListCommand({ name, currency, ...more })));
    const steps = Object.entries(prices).map(([key, amount]) => {
      const [sku, from = '1'] = key.split(' ');
      return { sku, minQuantity: Number(from), amount };
    });
    await inShop(() => commands.execute(new SetListPricesCommand(id, steps)));
    return id;
  };
  const resolve = async (
    lines: [string, number][],
    more: { currency?: string; customerGroupIds?: string[]; at?: Date } = {},
  ) => {
    const request = { ...more, lines: lines.map(([sku, quantity]) => ({ sku, quantity })) };
    const found = await inShop(() => queries.execute(new ResolvePricesQuery(request)));
    return found.map(({ sku, price }) => `${sku} ${price.amount} ${price.currency}`);
  };
  const group = async (name: string): Promise<string> =>
    (await inShop(() => commands.execute(new CreateCustomerGroupCommand({ name })))).id;

  describe('price lists', () => {
    it('give the price by group, then priority, then beginning, then quantity', async () => {
      await product('Tea', [{ sku: 'T', price: eur(1000) }]);
      await product('Cup', [{ sku: 'C', price: eur(500) }]);
      const resellers = await group('Resellers');
      await priceList('Everybody', { T: 900, 'T 10': 800, 'T 100': 700 });
      await priceList('Sale', { T: 950 }, { priority: 5 });
      await priceList('Resellers', { 'T 20': 990 }, { customerGroupId: resellers });
      await priceList('Later', { T: 940 }, { priority: 5, validFrom: new Date('2020-01-01') });
      const cases: [number, string[], string][] = [
        // A higher priority wins, though another list is cheaper; of two alike the one that began later.
        [1, [], 'T 940 EUR'],
        [50, [], 'T 940 EUR'],
        // The list of the group comes first, where its step is reached.
        [19, [resellers], 'T 940 EUR'],
        [20, [resellers], 'T 990 EUR'],
        [20, [newId()], 'T 940 EUR'],
      ];
      for (const [quantity, customerGroupIds, expected] of cases)
        expect(await resolve([['T', quantity]], { customerGroupIds })).toEqual([expected]);
      // In the order of the lines; unknown ones are absent; twice is twice.
      expect(
        await resolve([
          ['C', 1],
          ['nope', 1],
          ['T', 1],
          ['C', 2],
        ]),
      ).toEqual(['C 500 EUR', 'T 940 EUR', 'C 500 EUR']);
    });

    it('hold for their time and currency alone', async () => {
      await product('Tea', [{ sku: 'T', price: eur(1000) }]);
      const [from, until] = [new Date('2030-01-01T00:00:00Z'), new Date('2030-02-01T00:00:00Z')];
      const winter = await priceList('Winter', { T: 900, 'T 10': 850 }, { validFrom: from, validUntil: until });
      await priceList('Dollars', { T: 1100 }, {}, 'USD');
      const at = (time: string) => ({ at: new Date(time) });
      expect(await resolve([['T', 10]])).toEqual(['T 1000 EUR']);
      expect(await resolve([['T', 10]], at('2029-12-31T23:59:59.999Z'))).toEqual(['T 1000 EUR']);
      expect(await resolve([['T', 9]], at('2030-01-01T00:00:00Z'))).toEqual(['T 900 EUR']);
      expect(await resolve([['T', 10]], at('2030-01-31T23:59:59.999Z'))).toEqual(['T 850 EUR']);
      expect(await resolve([['T', 10]], at('2030-02-01T00:00:00Z'))).toEqual(['T 1000 EUR']);
      expect(await resolve([['T', 1]], { currency: 'USD' })).toEqual(['T 1100 USD']);
      expect(await resolve([['T', 1]], { currency: 'GBP' })).toEqual([]);
      await inShop(() => commands.execute(new ChangePriceListCommand(winter, { active: false })));
      expect(await resolve([['T', 9]], at('2030-01-01T00:00:00Z'))).toEqual(['T 1000 EUR']);
      await expect(
        inShop(() => commands.execute(new ChangePriceListCommand(winter, { validUntil: from }))),
      ).rejects.toMatchObject({ code: 'catalog.price-list-validity-invalid' });
    });

    it('set all prices or none, and refuse what they do not know', async () => {
      await product('Tea', [{ sku: 'T', price: eur(1000) }]);
      const list = await priceList('A', { T: 900 });
      const set = (steps: { sku: string; minQuantity: number; amount: number | null }[]) =>
        inShop(() => commands.execute(new SetListPricesCommand(list, steps)));
      const step = { sku: 'T', minQuantity: 1, amount: 100 };
      await expect(set([step, { ...step, sku: 'X' }])).rejects.toMatchObject({
        code: 'catalog.unknown-sku',
        data: { errors: [{ pointer: '/prices/1/sku' }] },
      });
      await expect(set([step, step])).rejects.toMatchObject({ code: 'catalog.price-step-invalid' });
      expect(await resolve([['T', 1]])).toEqual(['T 900 EUR']);
      expect(await set([{ ...step, amount: 900 }])).toEqual({ changed: 0 });
      expect(
        await set([
          { ...step, amount: null },
          { ...step, minQuantity: 5 },
        ]),
      ).toEqual({ changed: 2 });
      expect(await resolve([['T', 4]])).toEqual(['T 1000 EUR']);
      const page = await inShop(() => queries.execute(new ListPricesOfListQuery(list, new ListQuery())));
      expect(page.data).toMatchObject([{ sku: 'T', minQuantity: 5, price: eur(100) }]);
      await expect(priceList('a', {})).rejects.toMatchObject({ code: 'catalog.price-list-taken' });
      await expect(priceList('B', {}, { customerGroupId: newId() })).rejects.toMatchObject({
        code: 'catalog.unknown-customer-group',
      });
    });

    it('close when their group goes', async () => {
      const resellers = await group('Resellers');
      const list = await priceList('R', {}, { customerGroupId: resellers });
      await inShop(() => commands.execute(new RemoveCustomerGroupCommand(resellers)));
      await app.get(DeliveryWorker).drain();
      expect(await inShop(() => queries.execute(new GetPriceListQuery(list)))).toMatchObject({ active: false });
    });
  });

  it('remember what prices were: own ones, steps of lists, and those of a list that is gone', async () => {
    const tea = await product('Tea', [{ sku: 'T', price: eur(1000) }]);
    await change(tea.id, [{ sku: 'T', price: eur(1100) }]);
    const list = await priceList('Sale', { T: 900 });
    await inShop(() => commands.execute(new SetListPricesCommand(list, [{ sku: 'T', minQuantity: 1, amount: 950 }])));
    await inShop(() => commands.execute(new RemovePriceListCommand(list)));
    const read = (id: string) => inShop(() => queries.execute(new ListPriceChangesQuery(id, new ListQuery())));
    const { data } = await read(tea.id);
    expect(
      data.map((it) => [it.list?.name ?? null, it.minQuantity, it.before?.amount ?? null, it.after?.amount ?? null]),
    ).toEqual([
      ['Sale', 1, 950, null],
      ['Sale', 1, 900, 950],
      ['Sale', 1, null, 900],
      [null, null, 1000, 1100],
    ]);
    await expect(read(newId())).rejects.toMatchObject({ code: 'catalog.product-not-found' });
    expect(await resolve([['T', 1]])).toEqual(['T 1100 EUR']);
  });

  describe('bundles', () => {
    const facts = async (...skus: string[]) =>
      new Map((await inShop(() => queries.execute(new FindVariantsBySkuQuery({ skus })))).map((it) => [it.sku, it]));

    it('are taken apart to what has stock, and tell what orders must know', async () => {
      await product('Parts', [
        { sku: 'CUP', price: eur(500), weightGrams: 300, backorder: 'backorder' },
        { sku: 'TEA', price: eur(900), taxCategory: 'reduced' },
      ]);
      const pair = { sku: 'PAIR', price: eur(800), components: [{ sku: 'CUP', quantity: 2 }] };
      await product('Pair', [pair], { taxCategory: 'crockery' });
      const set = await product('Set', [
        {
          sku: 'SET',
          price: eur(2000),
          components: [
            { sku: 'PAIR', quantity: 3 },
            { sku: 'TEA', quantity: 1 },
            { sku: 'CUP', quantity: 1 },
          ],
        },
      ]);
      expect(set.variants[0].components).toEqual([
        { sku: 'PAIR', quantity: 3 },
        { sku: 'TEA', quantity: 1 },
        { sku: 'CUP', quantity: 1 },
      ]);
      const found = await facts('SET', 'PAIR', 'CUP', 'TEA');
      expect(found.get('SET')!.components).toEqual([
        { sku: 'CUP', quantity: 7 },
        { sku: 'TEA', quantity: 1 },
      ]);
      expect(found.get('PAIR')).toMatchObject({
        components: [{ sku: 'CUP', quantity: 2 }],
        taxCategory: 'crockery',
        weightGrams: null,
        backorder: 'no',
      });
      expect(found.get('CUP')).toMatchObject({ components: null, weightGrams: 300, backorder: 'backorder' });
      expect(found.get('TEA')).toMatchObject({ taxCategory: 'reduced' });
      await change(set.id, [{ sku: 'SET', components: null }]);
      expect((await facts('SET')).get('SET')!.components).toBeNull();
    });

    it('never contain themselves, however many are changed at once', async () => {
      const made = [];
      for (const sku of ['A', 'B', 'C']) made.push(await product(sku, [{ sku, price: eur(1) }]));
      const [a, b, c] = made;
      const contain = (id: string, sku: string, part: string) =>
        change(id, [{ sku, components: [{ sku: part, quantity: 1 }] }]);
      await expect(contain(a.id, 'A', 'A')).rejects.toMatchObject({ code: 'catalog.bundle-cycle' });
      await expect(contain(a.id, 'A', 'nope')).rejects.toMatchObject({ code: 'catalog.unknown-sku' });
      const results = await Promise.allSettled([
        contain(a.id, 'A', 'B'),
        contain(b.id, 'B', 'C'),
        contain(c.id, 'C', 'A'),
      ]);
      expect(results.filter((it) => it.status === 'fulfilled')).toHaveLength(2);
      for (const it of results)
        if (it.status === 'rejected') expect(it.reason).toMatchObject({ code: 'catalog.bundle-cycle' });
    });

    it('are nested five levels deep at most', async () => {
      await product('L0', [{ sku: 'L0', price: eur(1) }]);
      const level = (n: number) =>
        product(`L${n}`, [{ sku: `L${n}`, price: eur(1), components: [{ sku: `L${n - 1}`, quantity: 1 }] }]);
      for (let n = 1; n <= 5; n++) await level(n);
      await expect(level(6)).rejects.toMatchObject({ code: 'catalog.bundle-too-large' });
    });
  });

  it('groups hold customers, each once, and say whose they are', async () => {
    const resellers = await group('Resellers');
    await expect(group('resellers')).rejects.toMatchObject({ code: 'customers.group-taken' });
    const ann = await inShop(() => commands.execute(new CreateCustomerCommand({ name: 'Ann' })));
    const bea = await inShop(() => commands.execute(new CreateCustomerCommand({ name: 'Bea' })));
    const put = (id: string, isMember = true) =>
      inShop(() => commands.execute(new ChangeGroupMemberCommand(resellers, id, isMember)));
    await Promise.all([put(ann.id), put(ann.id), put(ann.id)]);
    const list = Object.assign(new ListQuery(), { groupId: resellers });
    const members = () => inShop(() => queries.execute(new ListCustomersQuery(list, null)));
    expect((await members()).data).toMatchObject([{ name: 'Ann', groups: [{ name: 'Resellers' }] }]);
    const of = new GroupsOfCustomersQuery({ customerIds: [ann.id, bea.id] });
    expect((await inShop(() => queries.execute(of))).map(({ groupIds }) => groupIds)).toEqual([[resellers], []]);
    const users = [newId(), newId()].sort();
    for (const userId of users)
      await put(
        (await inShop(() => commands.execute(new EnsureCustomerCommand({ email: `${userId}@example.org`, userId }))))
          .id,
      );
    const people = (after: string | null, limit = 10) =>
      inShop(() => queries.execute(new UserIdsOfGroupQuery({ groupId: resellers, after, limit })));
    expect([await people(null), await people(users[0]), await people(null, 1)]).toEqual([
      users,
      [users[1]],
      [users[0]],
    ]);
    await put(ann.id, false);
    await put(ann.id, false);
    expect((await members()).data).toHaveLength(2);
    await expect(put(newId())).rejects.toMatchObject({ code: 'customers.customer-not-found' });
  });
});
