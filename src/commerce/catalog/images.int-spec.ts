import { CommandBus, QueryBus, type Command, type Query } from '@nestjs/cqrs';
import { Client } from 'pg';
import sharp from 'sharp';
import { asTenant, testApp, type TestApp } from '../../../test/support/app';
import { FILES, filesDesk } from '../../../test/support/files-desk';
import { clock } from '../../kernel/clock/clock';
import { ListQuery } from '../../kernel/http/pagination';
import { newId } from '../../kernel/ids/ids';
import { RetentionRules } from '../../kernel/retention/retention';
import { CatalogModule } from './catalog.module';
import { ChangeProductCommand } from './commands/change-product';
import { CreateProductCommand } from './commands/create-product';
import { GetProductQuery } from './queries/get-product';
import { ListProductsQuery } from './queries/list-products';

const NONE = { url: null, fileId: null, alt: null, sku: null };

describe('images of products', () => {
  let app: TestApp;
  let sql: Client;
  let tenant: string;
  let picture: Buffer;

  beforeAll(async () => {
    app = await testApp([...FILES, CatalogModule]);
    sql = new Client({ connectionString: app.database.superuserUrl });
    await sql.connect();
    picture = await sharp({ create: { width: 500, height: 400, channels: 3, background: '#a33' } })
      .png()
      .toBuffer();
  });
  afterAll(async () => {
    await sql.end();
    await app.close();
  });
  beforeEach(() => {
    tenant = newId();
  });
  afterEach(() => clock.setOffset(0));

  const send = <T>(command: Command<T>): Promise<T> => asTenant(tenant, () => app.get(CommandBus).execute(command));
  const ask = <T>(query: Query<T>): Promise<T> => asTenant(tenant, () => app.get(QueryBus).execute(query));
  const store = (bytes = picture, name = 'tea.png', shop = tenant) => filesDesk(app, sql).store(shop, bytes, name);
  const inspect = () => filesDesk(app, sql).inspect(tenant);
  const create = (images: object[]) =>
    send(
      new CreateProductCommand({
        name: 'Tea',
        variants: [{ sku: 'TEA', price: { amount: 900, currency: 'EUR' } }],
        images: images as never,
      }),
    );
  const change = (id: string, images: object[]) => send(new ChangeProductCommand(id, { images: images as never }));
  const remove = (fileId: string) => filesDesk(app, sql).remove(tenant, fileId);
  const seen = async (id: string, onSaleOnly = true) => (await ask(new GetProductQuery(id, onSaleOnly))).images;

  it('are an address or a file, for the product or one of its variants', async () => {
    const image = { ...NONE, url: 'https://img.example.com/1.png' };
    const tea = await create([image, { ...NONE, fileId: await store(), sku: 'TEA' }]);
    expect(tea.images).toMatchObject([
      { ...image, src: image.url, width: null, sizes: [] },
      { url: null, src: null, sku: 'TEA' },
    ]);
    for (const it of [NONE, { ...image, fileId: newId() }, { ...image, sku: 'nope' }])
      await expect(change(tea.id, [it])).rejects.toMatchObject({ code: 'catalog.images-invalid' });
    expect((await change(tea.id, [])).images).toEqual([]);
  });

  it('are shown to shoppers once they were inspected, with links of a whole hour, and no more when they turn out bad', async () => {
    // An hour begins, so that it does not end between two looks.
    clock.setOffset(3_600 - (Date.now() % 3_600_000) / 1000);
    const fileId = await store();
    const { id } = await create([{ ...NONE, fileId, alt: 'A tin' }]);
    expect([await seen(id), await seen(id, false)]).toMatchObject([[], [{ fileId, src: null, sizes: [] }]]);
    await inspect();
    const [shown] = await seen(id);
    expect(shown).toMatchObject({
      fileId,
      alt: 'A tin',
      width: 500,
      height: 400,
      sizes: [
        { width: 320, height: 256 },
        { width: 500, height: 400 },
      ],
    });
    expect(shown.src).toMatch(/\/api\/v1\/file-links\/[\w-]+$/);
    expect(await seen(id)).toEqual([shown]);
    const listed = await ask(new ListProductsQuery(new ListQuery(), true));
    expect(listed.data.map(({ images }) => images)).toEqual([[shown]]);
    await sql.query(
      `update files.blobs set state = 'infected', signature = 'Eicar' where tenant_id = $1 and state = 'clean'`,
      [tenant],
    );
    expect([await seen(id), await seen(id, false)]).toEqual([[], []]);
    // It can be taken away, and not be named anew.
    await change(id, []);
    await expect(change(id, [{ ...NONE, fileId }])).rejects.toMatchObject({ code: 'files.not-clean' });
  });

  it('are files of the shop alone, and pictures', async () => {
    const elsewhere = await store(picture, 'tea.png', newId());
    for (const fileId of [newId(), elsewhere])
      await expect(create([{ ...NONE, fileId }])).rejects.toMatchObject({
        kind: 'not-found',
        code: 'files.file-not-found',
        data: { fileIds: [fileId] },
      });
    const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>');
    for (const fileId of [await store(Buffer.from('text'), 'note.txt'), await store(svg, 'logo.svg')])
      await expect(create([{ ...NONE, fileId }])).rejects.toMatchObject({
        code: 'catalog.images-invalid',
        data: { errors: [{ pointer: '/images/0/fileId' }] },
      });
    const { rows } = await sql.query('select 1 from files.attachments where tenant_id = $1', [tenant]);
    expect(rows).toEqual([]);
  });

  it('keep their files from the commit that names them to the one that does not', async () => {
    const [kept, left] = [await store(), await store(Buffer.concat([picture, Buffer.from([0])]), 'other.png')];
    const { id } = await create([
      { ...NONE, fileId: kept },
      { ...NONE, fileId: left },
    ]);
    await expect(remove(kept)).rejects.toMatchObject({
      code: 'files.in-use',
      data: { attachedTo: [{ kind: 'product-image', id }] },
    });
    clock.setOffset(30 * 86_400);
    await app.get(RetentionRules).apply('files.unattached');
    await inspect();
    expect(await seen(id)).toHaveLength(2);
    await change(id, [{ ...NONE, fileId: kept }]);
    clock.setOffset(60 * 86_400);
    await app.get(RetentionRules).apply('files.unattached');
    const { rows } = await sql.query<{ id: string }>('select id from files.files where tenant_id = $1', [tenant]);
    expect(rows).toEqual([{ id: kept }]);
  });

  it('name no file that is deleted at the same moment', async () => {
    for (let round = 0; round < 12; round += 1) {
      const fileId = await store(picture, `${round}.png`);
      const { id } = await create([]);
      const [named, removed] = await Promise.allSettled([change(id, [{ ...NONE, fileId }]), remove(fileId)]);
      // One of them won, and the other was told so.
      expect([named.status, removed.status].sort()).toEqual(['fulfilled', 'rejected']);
      const loser = (named.status === 'rejected' ? named : removed) as PromiseRejectedResult;
      expect(loser.reason).toMatchObject({
        code: named.status === 'rejected' ? 'files.file-not-found' : 'files.in-use',
      });
      expect(await seen(id, false)).toHaveLength(named.status === 'fulfilled' ? 1 : 0);
      await send(new ChangeProductCommand(id, { variants: [{ sku: 'TEA', active: false }], active: false }));
      await sql.query(`update catalog.variants set sku = $2 where tenant_id = $1 and sku = 'TEA'`, [tenant, newId()]);
    }
  });
});
