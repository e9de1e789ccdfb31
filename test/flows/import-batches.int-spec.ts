import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { asTenant, testApp, type TestApp } from '../support/app';
import { RecordedRealtimeModule } from '../support/realtime';
import { Database } from '../../src/kernel/database/database';
import { UnitOfWork } from '../../src/kernel/database/unit-of-work';
import { clock } from '../../src/kernel/clock/clock';
import type { AppError } from '../../src/kernel/errors/app-error';
import { newId } from '../../src/kernel/ids/ids';
import { ResourceLimits } from '../../src/kernel/limits/resource-limits';
import { InventoryModule } from '../../src/commerce/inventory/inventory.module';
import { AvailabilityQuery } from '../../src/commerce/inventory/contracts/availability';
import { HoldStockCommand } from '../../src/commerce/inventory/contracts/hold-stock';
import { CatalogModule } from '../../src/commerce/catalog/catalog.module';
import {
  ImportProductFileCommand,
  type ImportReportView,
} from '../../src/commerce/catalog/commands/import-product-file';
import { ImportProductsCommand } from '../../src/commerce/catalog/contracts/import-products';

const HEAD = 'sku,handle,name,price,currency,onHand';
/** Rows of products of their own, so that the next one lies in the next batch. */
const filler = (count: number): string[] => Array.from({ length: count }, (_, i) => `F-${i},,Filler ${i},1.00,EUR,`);
const file = (...rows: string[]): string => [HEAD, ...rows, ''].join('\n');

describe('files of products of more than one batch', () => {
  let app: TestApp;
  let tenant: string;
  /** Products that the plan of a tenant allows. */
  const allowed = new Map<string, number>();

  beforeAll(async () => {
    app = await testApp([RecordedRealtimeModule, CatalogModule, InventoryModule]);
    app.get(ResourceLimits).bind({
      of: (tenantId) => Promise.resolve({ plan: 'small', limits: { products: allowed.get(tenantId) ?? null } }),
    });
  });
  afterAll(() => app.close());
  beforeEach(() => {
    tenant = newId();
  });

  const send = (content: string, more: { dryRun?: boolean; acceptPartial?: boolean } = {}): Promise<ImportReportView> =>
    asTenant(tenant, () =>
      app.get(CommandBus).execute(new ImportProductFileCommand({ files: [{ name: 'a.csv', content }], ...more })),
    );
  /** What a refused file said. */
  const refused = async (content: string): Promise<ImportReportView> => {
    const error = await send(content).then(
      () => null,
      (reason: AppError) => reason,
    );
    expect(error).toMatchObject({ code: 'catalog.import-refused' });
    return error!.data as unknown as ImportReportView;
  };
  const told = (report: Pick<ImportReportView, 'faults'>) =>
    report.faults.map(({ line, column, code }) => [line, column, code]);
  const products = () =>
    app.get(Database).readAs<{ handle: string; name: string; skus: string[]; version: number }>(
      tenant,
      `select p.handle, p.name, array_agg(v.sku order by v.sku) as skus, p.version from catalog.products p
           join catalog.variants v on v.tenant_id = p.tenant_id and v.product_id = p.id
         where p.tenant_id = $1 and v.sku not like 'F-%' group by p.id, p.handle, p.name, p.version order by p.handle`,
      [tenant],
    );
  const count = async (): Promise<number> =>
    (
      await app
        .get(Database)
        .readAs<{ n: number }>(tenant, 'select count(*)::int as n from catalog.products where tenant_id = $1', [tenant])
    )[0].n;
  const onHand = async (...skus: string[]): Promise<Record<string, number>> => {
    const found = await asTenant(tenant, () => app.get(QueryBus).execute(new AvailabilityQuery({ skus })));
    return Object.fromEntries(found.map((each) => [each.sku, each.onHand]));
  };

  describe('whose counts stock does not allow', () => {
    beforeEach(async () => {
      await send(file('A,,A,1.00,EUR,10', 'B,,B,1.00,EUR,10', 'C,,C,1.00,EUR,10'));
      await asTenant(tenant, () =>
        app.get(CommandBus).execute(
          new HoldStockCommand({
            reference: { type: 'order', id: newId() },
            lines: [{ sku: 'A', quantity: 4 }],
            expiresAt: new Date(clock.nowMs() + 60_000),
          }),
        ),
      );
      await asTenant(tenant, () =>
        app
          .get(UnitOfWork)
          .run((tx) =>
            tx.execute(
              `insert into inventory.item_settings (tenant_id, id, sku, serials, updated_at) values ($1, $2, 'B', true, kernel.now())`,
              [tx.tenantId, newId()],
            ),
          ),
      );
    });

    const wrong = file('C,,Renamed,2.00,EUR,7', ...filler(500), 'A,,A,2.00,EUR,3', 'B,,B,2.00,EUR,9');
    const FAULTS = [
      [503, 'onHand', 'below-reserved'],
      [504, 'onHand', 'serials-uncounted'],
    ];

    it('say so on a dry run, and write nothing at all', async () => {
      const look = await send(wrong, { dryRun: true });
      expect(told(look)).toEqual(FAULTS);
      expect(look).toMatchObject({ refused: 2, created: 500, updated: 1, written: false });
      expect(told(await refused(wrong))).toEqual(FAULTS);
      expect(await count()).toBe(3);
      expect(await onHand('A', 'B', 'C')).toEqual({ A: 10, B: 10, C: 10 });
    });

    it('leave those rows alone as a whole where the rest is wanted, every time', async () => {
      const first = await send(wrong, { acceptPartial: true });
      expect(told(first)).toEqual(FAULTS);
      expect(first).toMatchObject({ written: true, created: 500, updated: 1, refused: 2 });
      expect(await onHand('A', 'B', 'C')).toEqual({ A: 10, B: 10, C: 7 });
      const prices = await app
        .get(Database)
        .readAs<{ sku: string; price: number }>(
          tenant,
          `select sku, price_amount as price from catalog.variants where tenant_id = $1 and sku in ('A', 'B', 'C') order by sku`,
          [tenant],
        );
      expect(prices.map(({ price }) => price)).toEqual([100, 100, 200]);
      expect(await send(wrong, { acceptPartial: true })).toMatchObject({ changes: 0, refused: 2 });
    });

    it('take counts that are as low as what is promised, or say what lies there', async () => {
      expect(await send(file('A,,A,1.00,EUR,4', 'B,,B,1.00,EUR,10'))).toMatchObject({ refused: 0, written: true });
      expect(await onHand('A', 'B')).toEqual({ A: 4, B: 10 });
    });
  });

  describe('that have more products than the plan allows', () => {
    const rows = file(...filler(499), 'T-1,tee,Tee,1.00,EUR,', 'T-2,tee,Tee,1.00,EUR,', 'X,,X,1.00,EUR,');

    it('are refused before anything is written', async () => {
      allowed.set(tenant, 500);
      const [fault, ...others] = (await refused(rows)).faults;
      expect(fault).toMatchObject({ line: 503, column: '*', code: 'limit-reached' });
      expect(fault.reason).toContain('allows 500 products');
      expect(others).toEqual([]);
      expect(await count()).toBe(0);
      expect(told(await send(rows, { dryRun: true }))).toEqual([[503, '*', 'limit-reached']]);
    });

    it('fill the plan to the last product where the rest is wanted, and change nothing then', async () => {
      allowed.set(tenant, 500);
      expect(await send(rows, { acceptPartial: true })).toMatchObject({ created: 501, refused: 1, written: true });
      expect(await count()).toBe(500);
      expect(await send(rows, { acceptPartial: true })).toMatchObject({ changes: 0, unchanged: 501, refused: 1 });
      allowed.set(tenant, 501);
      expect(await send(rows)).toMatchObject({ created: 1, unchanged: 501 });
    });
  });

  describe('with rows of one product on both sides of the border', () => {
    const split = (first: string, last: string): string => file(first, ...filler(499), last);

    it.each([
      ['that is new', []],
      ['that is there', ['T-1,tee,Tee,1.00,EUR,', 'T-2,tee,Tee,1.00,EUR,']],
    ])('refuse a product %s to have two names, as within a batch', async (_, before) => {
      if (before.length > 0) await send(file(...before));
      const rows = split('T-1,tee,Tee,1.00,EUR,', 'T-2,tee,T-Shirt,1.00,EUR,');
      expect((await refused(rows)).faults).toMatchObject([
        { line: 502, column: 'name', code: 'conflicting-value', reason: expect.stringContaining('Line 2 ') as string },
      ]);
      const kept = await send(rows, { acceptPartial: true });
      expect(kept).toMatchObject({ refused: 1 });
      expect(await products()).toMatchObject([{ handle: 'tee', name: 'Tee' }]);
      expect(await send(rows, { acceptPartial: true })).toMatchObject({ changes: 0, refused: 1 });
    });

    it('find the product again by its SKU where rows name no handle', async () => {
      await send(file('T-1,tee,Tee,1.00,EUR,', 'T-2,tee,Tee,1.00,EUR,'));
      const rows = split('T-1,,Tee,1.00,EUR,', 'T-2,,T-Shirt,1.00,EUR,');
      expect(told(await refused(rows))).toEqual([[502, 'name', 'conflicting-value']]);
    });

    it('give a product one handle', async () => {
      await send(file('T-1,tee,Tee,1.00,EUR,', 'T-2,tee,Tee,1.00,EUR,'));
      const rows = split('T-1,shirt,Tee,1.00,EUR,', 'T-2,top,Tee,1.00,EUR,');
      expect(told(await refused(rows))).toEqual([[502, 'handle', 'conflicting-value']]);
      expect(told(await refused(file('T-1,shirt,Tee,1.00,EUR,', 'T-2,top,Tee,1.00,EUR,')))).toEqual([
        [3, 'handle', 'conflicting-value'],
      ]);
    });

    it.each([
      ['in one batch', (first: string, last: string) => file(first, last)],
      ['in two', split],
    ])('know a product by the handle that a row before gives it, %s', async (_, laid) => {
      await send(file('T-1,tee,Tee,1.00,EUR,'));
      const rows = laid('T-1,shirt,Tee,1.00,EUR,', 'T-2,shirt,Tee,1.00,EUR,');
      expect(await send(rows, { dryRun: true })).toMatchObject({ refused: 0 });
      await send(rows);
      expect(await products()).toMatchObject([{ handle: 'shirt', skus: ['T-1', 'T-2'] }]);
      expect(await send(rows)).toMatchObject({ changes: 0 });
    });

    it('keep a handle that a later row wishes from a product that only would be called so', async () => {
      const rows = split('A,,Tee,1.00,EUR,', 'B,tee,T-Shirt,1.00,EUR,');
      await send(rows);
      expect(await products()).toMatchObject([
        { handle: 'tee', name: 'T-Shirt', skus: ['B'] },
        { handle: expect.stringMatching(/^tee-./) as string, name: 'Tee', skus: ['A'] },
      ]);
      expect(await send(rows)).toMatchObject({ changes: 0, unchanged: 501 });
    });

    it('write them as one product, once', async () => {
      const rows = split('T-1,tee,Tee,1.00,EUR,', 'T-2,tee,Tee,2.00,EUR,');
      expect(await send(rows, { dryRun: true })).toMatchObject({ created: 501 });
      expect(await send(rows)).toMatchObject({ created: 501 });
      const [{ version, skus }] = await products();
      expect(skus).toEqual(['T-1', 'T-2']);
      expect(await send(rows)).toMatchObject({ changes: 0, unchanged: 501 });
      expect((await products())[0].version).toBe(version);
    });
  });

  it('judge rows that come without a run by themselves', async () => {
    allowed.set(tenant, 1);
    const rows = ['A', 'B'].map((sku, i) => ({ line: i + 1, sku, name: sku, price: 1, currency: 'EUR' }));
    const outcome = await asTenant(tenant, () =>
      app.get(CommandBus).execute(new ImportProductsCommand({ rows: rows as never, dryRun: true })),
    );
    expect(outcome).toMatchObject({ created: 1, faults: [{ line: 2, code: 'limit-reached' }] });
  });
});
