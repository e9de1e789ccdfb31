import { Readable } from 'node:stream';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { asTenant, testApp, type TestApp } from '../../../test/support/app';
import { RecordedRealtimeModule, SENT } from '../../../test/support/realtime';
import { Database } from '../../kernel/database/database';
import type { UploadPart } from '../../kernel/tabular/upload-form';
import { newId } from '../../kernel/ids/ids';
import { XlsxReader } from '../../kernel/tabular/xlsx-reader';
import { openTable } from '../../kernel/tabular/open-table';
import { CatalogImportsModule } from './catalog-imports.module';
import { CatalogModule } from './catalog.module';
import { ImportProductFileCommand } from './commands/import-product-file';
import {
  ChangeImportProfileCommand,
  CreateImportProfileCommand,
  RemoveImportProfileCommand,
} from './commands/import-profiles';
import { CancelImportCommand } from './commands/run-import';
import { StartImportCommand } from './commands/start-import';
import { ExportProductsQuery } from './contracts/export-products';
import { ImportProfileQuery } from './contracts/import-profiles';
import { RunImport } from './jobs/run-import';
import { GetImportQuery, ListImportsQuery } from './queries/imports';

const rowsOf = (count: number, from = 0): string =>
  `sku,name,price,currency\n${Array.from({ length: count }, (_, i) => `S-${from + i},Thing ${from + i},${i + 1}.00,EUR`).join('\n')}\n`;

describe('imports of products', () => {
  let app: TestApp;
  let commands: CommandBus;
  let queries: QueryBus;
  let tenant: string;

  beforeAll(async () => {
    app = await testApp([RecordedRealtimeModule, CatalogModule, CatalogImportsModule]);
    commands = app.get(CommandBus);
    queries = app.get(QueryBus);
  });
  afterAll(() => app.close());
  beforeEach(() => {
    tenant = newId();
  });

  const inShop = <T>(work: () => Promise<T>): Promise<T> => asTenant(tenant, work);
  async function* parts(...files: (string | Buffer)[]): AsyncGenerator<UploadPart> {
    for (const [i, content] of files.entries())
      yield { field: 'file', file: `file-${i}.csv`, content: Readable.from([Buffer.from(content as string)]) };
  }
  const start = (
    content: string | Buffer,
    more: { profileName?: string; dryRun?: boolean; acceptPartial?: boolean } = {},
  ) => inShop(() => commands.execute(new StartImportCommand({ parts: parts(content), ...more })));
  const run = (importId: string) =>
    inShop(() => app.get(RunImport).run({ importId }, { id: newId(), attempt: 1, tenantId: tenant }));
  const get = (importId: string) => inShop(() => queries.execute(new GetImportQuery(importId)));
  const imported = async (...args: Parameters<typeof start>) => {
    const { id } = await start(...args);
    await run(id);
    return get(id);
  };
  const count = async (table: string): Promise<number> => {
    const text = `select count(*)::int as n from catalog.${table} where tenant_id = $1`;
    return (await app.get(Database).readAs<{ n: number }>(tenant, text, [tenant]))[0].n;
  };

  it('run on their own, tell sockets where they stand, and change nothing the second time', async () => {
    const begun = await start(rowsOf(600));
    expect(begun).toMatchObject({ state: 'queued', files: [{ name: 'file-0.csv' }], rowsTotal: null });
    await run(begun.id);
    expect(await get(begun.id)).toMatchObject({
      state: 'done',
      written: true,
      rowsRead: 600,
      rowsTotal: 600,
      created: 600,
      faultCount: 0,
    });
    const told = SENT.filter(({ to, event }) => to === `staff:${tenant}` && event === 'products.import');
    expect(told.map(({ payload }) => payload as { state: string; rowsRead: number })).toEqual([
      ...[500, 600].map((rowsRead) => expect.objectContaining({ state: 'checking', rowsRead })),
      ...[500, 600].map((rowsRead) => expect.objectContaining({ state: 'writing', rowsRead, rowsTotal: 600 })),
      expect.objectContaining({ state: 'done', created: 600 }),
    ]);
    expect(await count('import_chunks')).toBe(0);
    expect(await imported(rowsOf(600))).toMatchObject({ state: 'done', created: 0, unchanged: 600 });
    const page = await inShop(() => queries.execute(new ListImportsQuery({ limit: 1, state: ['done'] })));
    expect(page.data).toMatchObject([{ unchanged: 600, faults: [] }]);
    expect(page.page.hasMore).toBe(true);
  });

  it('that a crash interrupts go on where they stopped and count each row once', async () => {
    const { id } = await start(rowsOf(600));
    // The database goes away once the first batch is written.
    const database = app.get(Database);
    const connect = jest.spyOn(database, 'connect').mockImplementation(() => {
      const written = SENT.some(
        ({ to, payload }) => to === `staff:${tenant}` && (payload as { state: string }).state === 'writing',
      );
      if (written) return Promise.reject(new Error('away'));
      return Database.prototype.connect.call(database);
    });
    await expect(run(id)).rejects.toThrow('away');
    connect.mockRestore();
    const half = await get(id);
    expect(half.state).toBe('writing');
    expect(half.created).toBeGreaterThan(0);
    expect(half.created).toBeLessThan(600);
    await Promise.all([run(id), run(id)]);
    expect(await get(id)).toMatchObject({ state: 'done', created: 600, unchanged: 0, updated: 0 });
    expect(await count('variants')).toBe(600);
  });

  it('refuse a file with faults as a whole, say line and column, and take the rest when asked', async () => {
    const file =
      'sku,name,price,currency\nA,One,1.00,EUR\nB,,1.00,EUR\nA,Again,2.00,EUR\nC,=1+1,x,EUR\nD,Four,4.00,EUR\n';
    const refused = await imported(file);
    expect(refused).toMatchObject({ state: 'refused', written: false, refused: 3, faultCount: 3 });
    expect(refused.faults.map(({ line, column, code }) => [line, column, code])).toEqual([
      [3, 'name', 'required'],
      [4, 'sku', 'duplicate'],
      [5, 'price', 'not-an-amount'],
    ]);
    expect(await count('variants')).toBe(0);
    expect(await imported(file, { dryRun: true })).toMatchObject({
      state: 'done',
      written: false,
      created: 2,
      refused: 3,
    });
    expect(await count('variants')).toBe(0);
    expect(await imported(file, { acceptPartial: true })).toMatchObject({
      state: 'done',
      written: true,
      created: 2,
      refused: 3,
    });
  });

  it.each<[string, Buffer, object]>([
    [
      'a byte order mark, CRLF and semicolons',
      Buffer.from('\uFEFFsku;name;price;currency\r\nA;Ä;1.00;EUR\r\n'),
      { state: 'done', created: 1 },
    ],
    ['UTF-16', Buffer.from('\uFEFFsku,name,price,currency\nA,Ä,1.00,EUR\n', 'utf16le'), { state: 'done', created: 1 }],
    [
      '500 columns',
      Buffer.from(
        `sku,name,price,currency,${Array.from({ length: 496 }, (_, i) => `c${i}`).join()}\nA,B,1.00,EUR${',x'.repeat(496)}\n`,
      ),
      { state: 'done', created: 1, warnings: [expect.stringContaining('"c0", "c1", "c2", "c3", "c4" and 491 more')] },
    ],
    [
      '2,000 columns',
      Buffer.from(Array.from({ length: 2_000 }, (_, i) => `c${i}`).join()),
      { state: 'failed', problem: { code: 'tabular.too-many-columns' } },
    ],
    [
      'bytes that are no text',
      Buffer.from('sku,name\n\xe9', 'latin1'),
      { state: 'failed', problem: { code: 'tabular.not-text' } },
    ],
    ['nothing', Buffer.alloc(0), { state: 'failed', problem: { code: 'tabular.no-header' } }],
    [
      'half a workbook',
      Buffer.from('PK\u0003\u0004broken'),
      { state: 'failed', problem: { code: 'tabular.not-a-workbook' } },
    ],
    [
      'no column for the SKU',
      Buffer.from('name,price,currency\nA,1.00,EUR\n'),
      { state: 'refused', faults: [{ line: 1, column: 'sku', code: 'missing-column' }] },
    ],
  ])('take or clearly refuse a file with %s', async (_, content, expected) => {
    expect(await imported(content)).toMatchObject(expected);
  });

  it('end when they are cancelled, also while they run, and never come back', async () => {
    const { id } = await start(rowsOf(3));
    const cancelled = await inShop(() => commands.execute(new CancelImportCommand(id)));
    expect(cancelled).toMatchObject({ state: 'cancelled', written: false });
    await run(id);
    expect(await get(id)).toMatchObject({ state: 'cancelled' });
    expect(await count('variants')).toBe(0);
    expect(await count('import_chunks')).toBe(0);
    await expect(inShop(() => commands.execute(new CancelImportCommand(id)))).rejects.toMatchObject({
      code: 'catalog.import-ended',
    });
    await expect(inShop(() => commands.execute(new CancelImportCommand(newId())))).rejects.toMatchObject({
      code: 'catalog.import-not-found',
    });
  });

  it('are ten at once in a shop at most, and an upload that breaks off leaves nothing', async () => {
    async function* broken(): AsyncGenerator<UploadPart> {
      yield { field: 'file', file: 'a.csv', content: Readable.from([Buffer.alloc(2 * 1024 ** 2)]) };
      throw new Error('connection lost');
    }
    await expect(inShop(() => commands.execute(new StartImportCommand({ parts: broken() })))).rejects.toThrow(
      'connection lost',
    );
    expect([await count('imports'), await count('import_chunks')]).toEqual([0, 0]);
    const results = await Promise.allSettled(Array.from({ length: 12 }, () => start(rowsOf(1))));
    expect(results.filter((it) => it.status === 'fulfilled')).toHaveLength(10);
    for (const it of results)
      if (it.status === 'rejected') expect(it.reason).toMatchObject({ code: 'catalog.too-many-imports' });
  });

  it('bring what taxes, weight and sale beyond the stock are, and tell which row is wrong', async () => {
    const head = 'handle;sku;name;price;currency;taxCategory;variantTaxCategory;weightGrams;backorder';
    const file = (...rows: string[]) => [head, ...rows, ''].join('\n');
    const first = file('lamp;L-1;Lamp;9.00;EUR;reduced;;120;Preorder', 'lamp;L-2;Lamp;9.50;EUR;reduced;zero;;no');
    expect(await imported(first)).toMatchObject({ state: 'done', created: 2 });
    const stored = await inShop(() =>
      app.get(Database)
        .read(`select v.sku, p.tax_category as "ofProduct", v.tax_category as own, v.weight_grams as grams, v.backorder
         from catalog.variants v join catalog.products p on p.tenant_id = v.tenant_id and p.id = v.product_id
         where v.tenant_id = kernel.tenant_id() and v.sku like 'L-%' order by v.sku`),
    );
    expect(stored).toEqual([
      { sku: 'L-1', ofProduct: 'reduced', own: null, grams: 120, backorder: 'preorder' },
      { sku: 'L-2', ofProduct: 'reduced', own: 'zero', grams: null, backorder: 'no' },
    ]);
    expect(await imported(first)).toMatchObject({ state: 'done', unchanged: 2, updated: 0 });
    const wrong = file(
      'lamp;L-1;Lamp;9.00;EUR;reduced;;-1;no',
      'lamp;L-2;Lamp;9.50;EUR;reduced;Zero Rate;;no',
      'lamp;L-3;Lamp;9.50;EUR;reduced;;;perhaps',
      'lamp;L-4;Lamp;9.50;EUR;standard;;;no',
    );
    const refused = await imported(wrong);
    expect(refused.faults.map(({ line, column, code }) => [line, column, code])).toEqual([
      [2, 'weightGrams', 'out-of-range'],
      [3, 'variantTaxCategory', 'wrong-form'],
      [4, 'backorder', 'not-one-of'],
    ]);
  });

  it('read a supplier’s workbook by a saved profile; an export as a workbook changes nothing', async () => {
    const columns = { sku: { template: 'X-{Art}' }, name: 'Titel', price: 'Preis' };
    const mapping = { currency: 'EUR', decimal: ',', sheets: [{ entity: 'products', file: 'list.csv', columns }] };
    const saved = await inShop(() => commands.execute(new CreateImportProfileCommand('supplier', mapping)));
    expect(saved).toMatchObject({ name: 'supplier', version: 1, mapping: { name: 'supplier', decimal: ',' } });
    const list = 'Art;Titel;Preis\n1;=HYPERLINK("x");12,50\n2;Tee;3,00\n';
    expect(await imported(list, { profileName: 'supplier' })).toMatchObject({
      state: 'done',
      created: 2,
      profile: 'supplier',
    });
    const pieces: Buffer[] = [];
    await inShop(async () => {
      for await (const piece of await queries.execute(new ExportProductsQuery('xlsx')))
        pieces.push(Buffer.from(piece as Buffer));
    });
    const book = Buffer.concat(pieces);
    const reader = await openTable(Readable.from([book]));
    expect(reader).toBeInstanceOf(XlsxReader);
    const cells = [];
    for await (const row of reader) cells.push(row.cells);
    expect(cells[0]).toMatchObject({ sku: 'X-1', name: '=HYPERLINK("x")', price: '12.5', active: 'true' });
    expect(await imported(book)).toMatchObject({ state: 'done', unchanged: 2, created: 0, updated: 0 });
    const direct = await inShop(() =>
      commands.execute(
        new ImportProductFileCommand({ files: [{ name: 'a', content: list }], profileName: 'supplier' }),
      ),
    );
    expect(direct).toMatchObject({ changes: 0, unchanged: 2 });
  });

  it('keep profiles by name, refuse wrong ones, and know who changed them first', async () => {
    const sheet = { entity: 'products', file: 'a.csv', columns: { sku: 'a', name: 'b', price: 'c', currency: 'd' } };
    const save = (mapping: object, name = 'mine') =>
      inShop(() => commands.execute(new CreateImportProfileCommand(name, mapping)));
    const { id } = await save({ sheets: [sheet] });
    await expect(save({ sheets: [sheet] })).rejects.toMatchObject({ code: 'catalog.import-profile-taken' });
    await expect(save({ sheets: [{ ...sheet, entity: 'orders' }] }, 'b')).rejects.toMatchObject({
      code: 'catalog.no-product-sheet',
    });
    await expect(save({ sheets: [{ ...sheet, columns: { sku: 'a', colour: 'b' } }] }, 'b')).rejects.toMatchObject({
      code: 'tabular.bad-profile',
      data: { errors: [{ pointer: '/mapping/sheets/0/columns/colour' }] },
    });
    const change = (version: number | null) =>
      inShop(() => commands.execute(new ChangeImportProfileCommand(id, { currency: 'EUR', sheets: [sheet] }, version)));
    expect(await change(1)).toMatchObject({ version: 2, mapping: { currency: 'EUR' } });
    await expect(change(1)).rejects.toMatchObject({ code: 'catalog.stale-import-profile' });
    await inShop(() => commands.execute(new RemoveImportProfileCommand(id)));
    await expect(inShop(() => queries.execute(new ImportProfileQuery({ name: 'mine' })))).rejects.toMatchObject({
      code: 'catalog.import-profile-not-found',
    });
    await expect(start(rowsOf(1), { profileName: 'mine' })).rejects.toMatchObject({
      code: 'catalog.import-profile-not-found',
    });
  });
});
