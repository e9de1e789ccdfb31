import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { asTenant, testApp, type TestApp } from '../support/app';
import { RecordedRealtimeModule } from '../support/realtime';
import { STOCK_FAULTS } from '../support/stock-identity';
import { Database } from '../../src/kernel/database/database';
import { ListQuery } from '../../src/kernel/http/pagination';
import { newId } from '../../src/kernel/ids/ids';
import { CatalogModule } from '../../src/commerce/catalog/catalog.module';
import { CreateProductCommand } from '../../src/commerce/catalog/commands/create-product';
import { CustomersModule } from '../../src/commerce/customers/customers.module';
import {
  ChangeSupplierCommand,
  ChangeSupplierItemsCommand,
  CreateSupplierCommand,
} from '../../src/commerce/inventory/commands/suppliers';
import type { SupplierItem } from '../../src/commerce/inventory/domain/supplier';
import { InventoryModule } from '../../src/commerce/inventory/inventory.module';
import {
  ListSupplierItemsQuery,
  ListSuppliersQuery,
  type SupplierView,
} from '../../src/commerce/inventory/queries/suppliers';

const EUR = (amount: number) => ({ amount, currency: 'EUR' });

describe('purchasing', () => {
  let app: TestApp;
  let tenant: string;
  const run = <T>(work: () => Promise<T>): Promise<T> => asTenant(tenant, work);
  const act = <T>(command: object): Promise<T> => run(() => app.get(CommandBus).execute(command as never));
  const ask = <T>(query: object): Promise<T> => run(() => app.get(QueryBus).execute(query as never));
  const rows = <Row extends object>(text: string): Promise<Row[]> => app.get(Database).readAs<Row>(tenant, text);
  const refused = (code: string, more: object = {}) => expect.objectContaining({ code, ...more });
  const list = (more: object = {}) => Object.assign(new ListQuery(), more);
  const product = async (...skus: string[]) => {
    for (const sku of skus)
      await act(new CreateProductCommand({ name: `Thing ${sku}`, variants: [{ sku, price: EUR(1000) }] }));
  };
  const supplier = (name = 'Teas', more: object = {}) =>
    act<SupplierView>(new CreateSupplierCommand({ name, currency: 'EUR', ...more }));
  const item = (sku: string, unitCost: number, more: Partial<SupplierItem> = {}): SupplierItem => ({
    sku,
    supplierSku: null,
    unitCost,
    minQuantity: 1,
    packSize: 1,
    leadDays: null,
    preferred: false,
    ...more,
  });
  const sells = (supplierId: string, put: SupplierItem[], remove: string[] = []) =>
    act(new ChangeSupplierItemsCommand({ supplierId, put, remove }));

  beforeAll(async () => {
    app = await testApp([CatalogModule, CustomersModule, InventoryModule, RecordedRealtimeModule]);
  });
  afterAll(() => app?.close());
  beforeEach(() => {
    tenant = newId();
  });
  afterEach(async () => {
    expect(await rows(STOCK_FAULTS)).toEqual([]);
  });

  it('keeps suppliers apart by name, and their currency as soon as costs are in it', async () => {
    await product('A');
    const teas = await supplier('Harbour Téas', {
      leadDays: 14,
      contacts: [{ name: 'Tara', email: null, phone: null, role: null }],
    });
    await expect(supplier('harbour teas')).rejects.toEqual(refused('inventory.supplier-name-taken'));
    await act(new ChangeSupplierCommand(teas.id, { currency: 'USD' }));
    await sells(teas.id, [item('A', 400)]);
    await expect(act(new ChangeSupplierCommand(teas.id, { currency: 'EUR' }))).rejects.toEqual(
      refused('inventory.supplier-currency-fixed'),
    );
    const changed = await act<SupplierView>(
      new ChangeSupplierCommand(teas.id, { note: 'Closed in August', active: false }, 2),
    );
    expect(changed).toMatchObject({
      currency: 'USD',
      leadDays: 14,
      note: 'Closed in August',
      active: false,
      version: 3,
    });
    await expect(act(new ChangeSupplierCommand(teas.id, { note: null }, 2))).rejects.toEqual(
      refused('inventory.supplier-stale', { kind: 'precondition-failed' }),
    );
    await expect(act(new ChangeSupplierCommand(newId(), { note: null }))).rejects.toEqual(
      refused('inventory.supplier-not-found'),
    );
    expect(await ask(new ListSuppliersQuery(list({ active: true })))).toMatchObject({ data: [] });
    expect(await ask(new ListSuppliersQuery(list()))).toMatchObject({ data: [{ name: 'Harbour Téas' }] });
  });

  it('knows who sells what at which cost, and one preferred supplier an article', async () => {
    await product('A', 'B');
    const [teas, pots] = [await supplier('Teas'), await supplier('Pots')];
    await sells(teas.id, [item('A', 400, { preferred: true, supplierSku: 'T-1' }), item('B', 300)]);
    const again = item('A', 390, { preferred: true, minQuantity: 12, packSize: 6 });
    await Promise.all([sells(pots.id, [again]), sells(teas.id, [item('A', 400, { preferred: true })])]);
    expect(await rows('select sku from inventory.supplier_items where preferred')).toEqual([{ sku: 'A' }]);
    await sells(pots.id, [again]);
    await expect(sells(teas.id, [item('A', 1), item('X', 1)])).rejects.toMatchObject({
      code: 'inventory.unknown-sku',
      data: { errors: [{ pointer: '/put/1/sku' }] },
    });
    await expect(sells(teas.id, [item('A', 1)], ['A'])).rejects.toEqual(refused('inventory.supplier-item-repeated'));
    await expect(sells(newId(), [item('A', 1)])).rejects.toEqual(refused('inventory.supplier-not-found'));
    expect(await sells(teas.id, [item('A', 410, { supplierSku: 'T-1' })], ['B', 'gone'])).toEqual({
      set: 1,
      removed: 1,
    });
    expect(await ask(new ListSupplierItemsQuery(teas.id, list()))).toMatchObject({
      data: [{ sku: 'A', unitCost: EUR(410), supplierSku: 'T-1', preferred: false }],
    });
    expect(await ask(new ListSupplierItemsQuery(pots.id, list({ sku: 'A' })))).toMatchObject({
      data: [{ sku: 'A', unitCost: EUR(390), minQuantity: 12, packSize: 6, preferred: true }],
    });
    await expect(ask(new ListSupplierItemsQuery(newId(), list()))).rejects.toEqual(
      refused('inventory.supplier-not-found'),
    );
  });
});
