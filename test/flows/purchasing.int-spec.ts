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
import type { DeliveredLine } from '../../src/commerce/inventory/commands/receive-purchase-order';
import {
  ChangePurchaseOrderCommand,
  CreatePurchaseOrderCommand,
  EndPurchaseOrderCommand,
  OrderGoodsCommand,
  SavePurchasingSettingsCommand,
} from '../../src/commerce/inventory/commands/purchase-orders';
import {
  ImportPurchaseOrderCommand,
  type PurchaseFileOutcome,
} from '../../src/commerce/inventory/commands/import-purchase-order';
import { ReceivePurchaseOrderCommand } from '../../src/commerce/inventory/commands/receive-purchase-order';
import {
  CommitHoldCommand,
  FulfilHoldCommand,
  HoldStockCommand,
} from '../../src/commerce/inventory/contracts/hold-stock';
import { SetStockCommand } from '../../src/commerce/inventory/contracts/set-stock';
import {
  PURCHASE_EDGES,
  PURCHASE_STATES,
  type PurchaseState,
} from '../../src/commerce/inventory/domain/purchase-order';
import type { PurchaseOrderView } from '../../src/commerce/inventory/domain/purchase-order-view';
import { DEFAULT_PURCHASING } from '../../src/commerce/inventory/domain/purchasing-settings';
import { PurchaseOrderDocumentQuery } from '../../src/commerce/inventory/queries/purchase-order-document';
import {
  FindPurchaseOrderQuery,
  ListPurchaseOrdersQuery,
  ListPurchaseReceiptsQuery,
  PurchasingSettingsQuery,
  type PurchaseReceiptView,
} from '../../src/commerce/inventory/queries/purchase-orders';
import { ReplenishmentQuery } from '../../src/commerce/inventory/queries/replenishment';
import { LedgerModule } from '../../src/money/ledger/ledger.module';
import { OrganizationsModule } from '../../src/access/organizations/organizations.module';
import { clock } from '../../src/kernel/clock/clock';
import { DeliveryWorker } from '../../src/kernel/messaging/delivery-worker';
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
    app = await testApp([
      CatalogModule,
      CustomersModule,
      InventoryModule,
      LedgerModule,
      OrganizationsModule,
      RecordedRealtimeModule,
    ]);
  });
  afterAll(() => app?.close());
  beforeEach(() => {
    tenant = newId();
  });
  afterEach(async () => {
    expect(await rows(STOCK_FAULTS)).toEqual([]);
  });

  it('is written from a CSV file, all of it or nothing, and told by line and column what is wrong', async () => {
    await product('A', 'B');
    const { id: supplierId } = await supplier();
    const file = (csv: string, dryRun = false) =>
      act<PurchaseFileOutcome>(new ImportPurchaseOrderCommand({ supplierId, csv, dryRun }));
    const wrong = async (csv: string): Promise<string[]> =>
      (await file(csv).then(
        () => ['written'],
        (error: { data: { errors: { pointer: string; code: string }[] } }) =>
          error.data.errors.map(({ pointer, code }) => `${pointer} ${code}`),
      )) as string[];
    const good = '\ufeffsku;quantity;unitCost;expectedAt\r\nA;12;430;2026-03-01\r\n\r\n"B";5;0;\r\n';
    expect(await file(good, true)).toEqual({ order: null, lines: 2, quantity: 17 });
    expect(await wrong('sku,quantity\nA,1.5\nB,-2\n,3\n=A,0\n')).toEqual([
      '/csv/2/quantity not-a-number',
      '/csv/3/quantity not-a-number',
      '/csv/4/sku no-sku',
      '/csv/5/quantity not-a-number',
    ]);
    expect(await wrong('sku,quantity,expectedAt\nA,1,soon\nA\nA,1,\nA,2,')).toEqual([
      '/csv/2/expectedAt not-a-date',
      '/csv/3 column-count',
      '/csv/5/sku repeated-line',
    ]);
    expect(await wrong('sku,price\nA,1')).toEqual(['/csv/1 unknown-column', '/csv/1 missing-column']);
    expect(await wrong('sku,quantity\n')).toEqual(['/csv/1 no-lines']);
    expect(await wrong('sku,quantity,unitCost\nA,1,5\nNONE,1,5')).toEqual(['/csv/3/sku unknown-sku']);
    expect(await wrong('sku,quantity\nB,1\n\nA,1')).toEqual([
      '/csv/2/unitCost cost-unknown',
      '/csv/4/unitCost cost-unknown',
    ]);
    expect((await ask<{ data: unknown[] }>(new ListPurchaseOrdersQuery(list()))).data).toEqual([]);
    const { order } = await file(good);
    expect(order).toMatchObject({
      status: 'draft',
      lines: [{ sku: 'A', quantity: 12, unitCost: EUR(430) }, { sku: 'B' }],
    });
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

  /** A supplier of A (from 12 pieces in packs of 6, at 4.00) and B (at 3.00), and an order of 24 A and 10 B. */
  const ordered = async (more: Partial<CreatePurchaseOrderCommand['request']> = {}) => {
    await product('A', 'B');
    const teas = await supplier('Teas', { leadDays: 10 });
    await sells(teas.id, [
      item('A', 400, { minQuantity: 12, packSize: 6, supplierSku: 'T-1', leadDays: 20, preferred: true }),
      item('B', 300),
    ]);
    const lines = [
      { sku: 'A', quantity: 24 },
      { sku: 'B', quantity: 10 },
    ];
    const draft = await act<PurchaseOrderView>(new CreatePurchaseOrderCommand({ supplierId: teas.id, lines, ...more }));
    return { teas, draft, order: await act<PurchaseOrderView>(new OrderGoodsCommand(draft.id)) };
  };
  const receive = (order: { id: string }, lines: DeliveredLine[], more: { deliveryNote?: string } = {}) =>
    act<PurchaseReceiptView>(new ReceivePurchaseOrderCommand({ orderId: order.id, lines, ...more }));
  const end = (order: { id: string }, as: 'cancelled' | 'closed_short') =>
    act<PurchaseOrderView>(new EndPurchaseOrderCommand({ orderId: order.id, as, note: 'gone' }));
  const find = (order: { id: string }) => ask<PurchaseOrderView>(new FindPurchaseOrderQuery(order.id));
  const levels = () =>
    rows('select sku, on_hand as "onHand", incoming, expected from inventory.stock_levels order by sku');

  it('expects what is ordered, takes it in lot by lot at its cost, and ends with the last piece', async () => {
    const { draft, order } = await ordered();
    expect(draft).toMatchObject({ number: 'PO-1001', status: 'draft', total: EUR(12600), expectedAt: null });
    expect(order).toMatchObject({ status: 'ordered', openQuantity: 34, lines: [{ supplierSku: 'T-1' }, {}] });
    // As long as the slowest article takes.
    expect(Date.parse(order.expectedAt!) - Date.parse(order.orderedAt!)).toBe(20 * 86_400_000);
    expect(await levels()).toEqual([
      { sku: 'A', onHand: 0, incoming: 24, expected: 24 },
      { sku: 'B', onHand: 0, incoming: 10, expected: 10 },
    ]);
    const [a, b] = order.lines;
    const first = await receive(
      order,
      [
        { lineId: a.id, quantity: 10, announced: 12, lot: { number: 'L1', expiresAt: '2030-01-01T00:00:00Z' } },
        { lineId: a.id, quantity: 2, lot: { number: 'L2', expiresAt: '2031-01-01T00:00:00Z' }, unitCost: 410 },
        { lineId: b.id, quantity: 4 },
      ],
      { deliveryNote: 'DN-1' },
    );
    expect(first).toMatchObject({
      number: 'PO-1001-1',
      differences: [
        { sku: 'A', kind: 'announced', expected: 12, found: 10 },
        { sku: 'A', kind: 'cost', expected: 400, found: 410 },
      ],
    });
    await expect(receive(order, [{ lineId: b.id, quantity: 1 }], { deliveryNote: 'DN-1' })).rejects.toEqual(
      refused('inventory.delivery-received'),
    );
    expect(await find(order)).toMatchObject({ status: 'partly_received', openQuantity: 18 });
    await receive(order, [{ lineId: b.id, quantity: 6 }]);
    await receive(order, [{ lineId: a.id, quantity: 12 }]);
    expect(await find(order)).toMatchObject({
      status: 'received',
      openQuantity: 0,
      lines: [{ received: 24 }, { received: 10 }],
    });
    expect(await levels()).toEqual([
      { sku: 'A', onHand: 24, incoming: 0, expected: 0 },
      { sku: 'B', onHand: 10, incoming: 0, expected: 0 },
    ]);
    const lots = `select number, on_hand as "onHand", unit_cost as cost from inventory.stock_lots where on_hand > 0 order by sku, number, unit_cost`;
    expect(await rows(lots)).toEqual([
      { number: 'L1', onHand: 10, cost: 400 },
      { number: 'L2', onHand: 2, cost: 410 },
      { number: null, onHand: 12, cost: 400 },
      { number: null, onHand: 10, cost: 300 },
    ]);
    expect(await ask(new ListPurchaseReceiptsQuery(order.id, list()))).toMatchObject({
      data: [{ number: 'PO-1001-3' }, { number: 'PO-1001-2', differences: [] }, { deliveryNote: 'DN-1' }],
    });
    const { data } = await ask<{ data: object[] }>(
      new ListPurchaseOrdersQuery(list({ sku: 'A', status: ['received'] })),
    );
    expect(data).toMatchObject([{ number: 'PO-1001', total: EUR(12600), openQuantity: 0 }]);
    await app.get(DeliveryWorker).drain();
    const owed = `select a.code, p.dimensions->>'supplier' as supplier, sum(p.amount)::float8 as amount from ledger.postings p
      join ledger.accounts a on a.id = p.account_id where a.code in ('1300', '2000', '2050') group by 1, 2 order by 1`;
    expect(await rows(owed)).toEqual([
      { code: '1300', supplier: null, amount: 12620 },
      { code: '2000', supplier: order.supplier.id, amount: -12620 },
    ]);
  });

  it('refuses what was not ordered, unless it is within the tolerance; nothing is half received', async () => {
    const { order } = await ordered();
    const [a, b] = order.lines;
    const tooMuch = [
      { lineId: b.id, quantity: 5 },
      { lineId: a.id, quantity: 20 },
      { lineId: a.id, quantity: 5 },
    ];
    await expect(receive(order, tooMuch)).rejects.toMatchObject({
      code: 'inventory.over-receipt',
      data: { lines: [{ sku: 'A', ordered: 24, received: 25, most: 24 }] },
    });
    await expect(receive(order, [{ lineId: newId(), quantity: 1 }])).rejects.toEqual(refused('inventory.unknown-line'));
    expect(await levels()).toMatchObject([{ onHand: 0, incoming: 24 }, { onHand: 0 }]);
    const settings = { ...DEFAULT_PURCHASING, overReceiptBasisPoints: 500 };
    await act(new SavePurchasingSettingsCommand(settings));
    expect(await ask(new PurchasingSettingsQuery())).toEqual(settings);
    const receipt = await receive(order, tooMuch);
    expect(receipt.differences).toMatchObject([{ sku: 'A', kind: 'over', expected: 4, found: 5 }]);
    await expect(receive(order, [{ lineId: a.id, quantity: 1 }])).rejects.toEqual(refused('inventory.over-receipt'));
    expect(await levels()).toMatchObject([
      { onHand: 25, expected: 0 },
      { onHand: 5, expected: 5 },
    ]);
    expect(await end(order, 'closed_short')).toMatchObject({
      status: 'closed_short',
      endNote: 'gone',
      openQuantity: 0,
    });
    expect(await levels()).toMatchObject([{ expected: 0 }, { onHand: 5, incoming: 0, expected: 0 }]);
  });

  it('is received once by people who receive at the same time', async () => {
    const { order } = await ordered();
    const [a] = order.lines;
    const all = await Promise.allSettled(
      Array.from({ length: 8 }, () => receive(order, [{ lineId: a.id, quantity: 6 }])),
    );
    expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(4);
    expect(await levels()).toMatchObject([
      { onHand: 24, expected: 0 },
      { onHand: 0, expected: 10 },
    ]);
    const numbers = await rows<{ number: string }>('select number from inventory.purchase_receipts order by number');
    expect(numbers.map(({ number }) => number)).toEqual([1, 2, 3, 4].map((n) => `PO-1001-${n}`));
  });

  it('checks lines against catalogue and supplier, and lets a draft alone be rewritten', async () => {
    const { teas, draft, order } = await ordered();
    const write = (lines: { sku: string; quantity: number; unitCost?: number }[]) =>
      act<PurchaseOrderView>(new CreatePurchaseOrderCommand({ supplierId: teas.id, lines }));
    await product('C');
    await expect(write([{ sku: 'C', quantity: 1 }])).rejects.toEqual(refused('inventory.cost-unknown'));
    await expect(write([{ sku: 'X', quantity: 1 }])).rejects.toEqual(refused('inventory.unknown-sku'));
    for (const quantity of [6, 13])
      await expect(write([{ sku: 'A', quantity }])).rejects.toEqual(refused('inventory.order-quantity'));
    const next = await write([{ sku: 'C', quantity: 3, unitCost: 5 }]);
    expect(next).toMatchObject({ number: 'PO-1002', total: EUR(15) });
    const rewritten = new ChangePurchaseOrderCommand(
      next.id,
      { lines: [{ sku: 'B', quantity: 2 }], note: 'Ring twice' },
      1,
    );
    expect(await act(rewritten)).toMatchObject({ total: EUR(600), note: 'Ring twice', version: 2 });
    await expect(act(rewritten)).rejects.toEqual(refused('inventory.purchase-order-stale'));
    await expect(act(new ChangePurchaseOrderCommand(order.id, { lines: [{ sku: 'B', quantity: 2 }] }))).rejects.toEqual(
      refused('inventory.purchase-order-state'),
    );
    expect(await act(new ChangePurchaseOrderCommand(order.id, { reference: 'HT-1' }))).toMatchObject({
      reference: 'HT-1',
    });
    await expect(act(new OrderGoodsCommand(draft.id))).rejects.toEqual(refused('inventory.purchase-order-state'));
    await act(new ChangeSupplierCommand(teas.id, { active: false }));
    await expect(act(new OrderGoodsCommand(next.id))).rejects.toEqual(refused('inventory.supplier-inactive'));
    await expect(write([{ sku: 'B', quantity: 1 }])).rejects.toEqual(refused('inventory.supplier-inactive'));
    expect(await end(order, 'cancelled')).toMatchObject({ status: 'cancelled' });
    expect(await levels()).toMatchObject([{ expected: 0 }, { expected: 0 }]);
    const { file } = await ask<{ file: Buffer }>(new PurchaseOrderDocumentQuery(order.id));
    expect(file.subarray(0, 5).toString()).toBe('%PDF-');
  });

  it('takes each step of a purchase order only from the states that it is for', async () => {
    await product('A');
    const { id: supplierId } = await supplier();
    const lines = [{ sku: 'A', quantity: 4, unitCost: 100 }];
    const draft = () => act<PurchaseOrderView>(new CreatePurchaseOrderCommand({ supplierId, lines }));
    const send = ({ id }: { id: string }) => act<PurchaseOrderView>(new OrderGoodsCommand(id));
    const take = (quantity: number) => async (one: PurchaseOrderView) => {
      await receive(one, [{ lineId: one.lines[0].id, quantity }]);
      return find(one);
    };
    const part = async () => take(1)(await send(await draft()));
    const reach: Record<PurchaseState, () => Promise<PurchaseOrderView>> = {
      draft,
      ordered: async () => send(await draft()),
      partly_received: part,
      received: async () => take(4)(await send(await draft())),
      closed_short: async () => end(await part(), 'closed_short'),
      cancelled: async () => end(await draft(), 'cancelled'),
    };
    const steps: Record<string, (one: PurchaseOrderView) => Promise<PurchaseOrderView>> = {
      send,
      takeOne: take(1),
      cancel: (one) => end(one, 'cancelled'),
      closeShort: (one) => end(one, 'closed_short'),
    };
    const outcomes: Record<string, Partial<Record<PurchaseState, PurchaseState>>> = {
      send: { draft: 'ordered' },
      takeOne: { ordered: 'partly_received', partly_received: 'partly_received' },
      cancel: { draft: 'cancelled', ordered: 'cancelled' },
      closeShort: { partly_received: 'closed_short' },
    };
    for (const state of PURCHASE_STATES)
      for (const [name, step] of Object.entries(steps)) {
        const one = await reach[state]();
        const found = await step(one).then(
          ({ status }) => status,
          (error: { code: string }) => error.code,
        );
        const expected = outcomes[name][state] ?? 'inventory.purchase-order-state';
        expect(`${state}, ${name}: ${found}`).toBe(`${state}, ${name}: ${expected}`);
        expect((await find(one)).status).toBe(outcomes[name][state] ?? state);
      }
  });

  it('has the same edges of a purchase order in the database as in the code', async () => {
    for (const from of PURCHASE_STATES)
      for (const to of PURCHASE_STATES) {
        const [{ allowed }] = await rows<{ allowed: boolean }>(
          `select inventory.purchase_order_edge_allowed('${from}', '${to}') as allowed`,
        );
        expect([from, to, allowed]).toEqual([from, to, PURCHASE_EDGES[from].includes(to)]);
      }
  });

  it('suggests what brings an article to its reorder level and over the days until it arrives', async () => {
    await ordered({ lines: [{ sku: 'B', quantity: 10 }] });
    await act(
      new SetStockCommand({
        lines: [
          { sku: 'A', onHand: 100, reorderLevel: 20 },
          { sku: 'B', onHand: 1, reorderLevel: 5 },
        ],
        reason: 'count',
        document: 'test',
      }),
    );
    const reference = { type: 'order' as const, id: newId() };
    const expiresAt = new Date(clock.nowMs() + 60_000);
    await act(new HoldStockCommand({ reference, lines: [{ sku: 'A', quantity: 90 }], expiresAt }));
    await act(new CommitHoldCommand({ reference }));
    await act(new FulfilHoldCommand({ reference }));
    // 3 a day × (20 + 7 days) + 20 − 10 = 91, in packs of 6. B is expected already.
    expect(await ask(new ReplenishmentQuery(list()))).toMatchObject({
      data: [
        {
          sku: 'A',
          available: 10,
          demandPerDay: 3,
          leadDays: 20,
          suggestedQuantity: 96,
          supplier: { name: 'Teas', supplierSku: 'T-1' },
          cost: EUR(38400),
        },
      ],
    });
  });
});
