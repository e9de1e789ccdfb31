import sharp from 'sharp';
import { expectStatus, type TestClient } from '../../../../test/support/client';
import { server } from '../../../../test/support/server';
import { openShop, type Shop } from '../../../../test/support/shop';
import { uploaded } from '../../../../test/support/upload';

interface Product {
  id: string;
  name: string;
  version: number;
  variants: { sku: string; price: { amount: number; currency: string } }[];
}
interface Problem {
  status: number;
  code: string;
  errors?: { pointer: string; code: string }[];
  faults?: { line: number; column: string; code: string; reason: string }[];
}

const TEA = { name: 'Darjeeling', variants: [{ sku: 'TEA-1', price: { amount: 1250, currency: 'EUR' } }] };

describe('the catalogue over HTTP', () => {
  let shop: Shop;
  let other: Shop;

  beforeAll(async () => {
    const { url } = await server();
    shop = await openShop(url, 'Catalogue');
    other = await openShop(url, 'Other');
  });

  const problem = (answer: { status: number; body: unknown; headers: Headers }): Problem => {
    expect(answer.headers.get('content-type')).toMatch(/application\/problem\+json/);
    return answer.body as Problem;
  };
  const csv = (client: TestClient, body: string, query = ''): Promise<Response> =>
    fetch(`${shop.url}/api/v1/products/import${query}`, {
      method: 'POST',
      headers: { 'content-type': 'text/csv', authorization: `Bearer ${shop.owner.accessToken}` },
      body,
    });

  it('creates, shows, changes by version and hides', async () => {
    const made = await shop.asOwner.post<Product>('/products', TEA);
    const product = expectStatus(made, 201);
    expect(product).toMatchObject({
      name: 'Darjeeling',
      handle: 'darjeeling',
      version: 1,
      variants: [{ sku: 'TEA-1' }],
    });
    const seen = await shop.asGuest.get<Product>(`/products/${product.id}`);
    expect(expectStatus(seen, 200).name).toBe('Darjeeling');
    expect(seen.headers.get('etag')).toBe('"1"');

    const change = (body: object, etag?: string) =>
      shop.asOwner.call<Product>(
        'PATCH',
        `/products/${product.id}`,
        body,
        etag ? { headers: { 'if-match': etag } } : {},
      );
    expect(expectStatus(await change({ description: 'First flush' }, '"1"'), 200).version).toBe(2);
    expect(problem(await change({ name: 'x' }, '"1"'))).toMatchObject({ status: 412, code: 'catalog.stale-product' });
    expect(problem(await change({ name: 'x' }, 'W/"2"'))).toMatchObject({ status: 412 });
    expect(problem(await change({ name: null }))).toMatchObject({ status: 400, code: 'request.invalid' });
    expectStatus(await change({ active: false }), 200);
    expect((await shop.asGuest.get(`/products/${product.id}`)).status).toBe(404);
    expect((await shop.asOwner.get(`/products/${product.id}`)).status).toBe(200);
    expectStatus(await change({ active: true }), 200);
  });

  it('lists and searches for guests of the shop', async () => {
    const names = ['Assam', 'Ceylon', 'Earl Grey'];
    for (const [i, name] of names.entries()) {
      expectStatus(
        await shop.asOwner.post('/products', {
          name,
          category: 'Tea',
          variants: [{ sku: `L-${i}`, price: { amount: 100, currency: 'EUR' } }],
        }),
        201,
      );
    }
    const page = expectStatus(
      await shop.asGuest.get<{ data: Product[]; page: { nextCursor: string } }>('/products?limit=2&sort=name'),
      200,
    );
    expect(page.data).toHaveLength(2);
    const next = expectStatus(
      await shop.asGuest.get<{ data: Product[] }>(`/products?limit=2&sort=name&cursor=${page.page.nextCursor}`),
      200,
    );
    expect(new Set([...page.data, ...next.data].map((it) => it.id)).size).toBe(4);
    expect(
      problem(await shop.asGuest.get(`/products?limit=2&sort=-name&cursor=${page.page.nextCursor}`)),
    ).toMatchObject({ status: 400, code: 'pagination.cursor-mismatch' });
    const found = expectStatus(await shop.asGuest.get<{ data: Product[] }>('/products?q=earl'), 200);
    expect(found.data.map((it) => it.name)).toEqual(['Earl Grey']);
    expect(problem(await shop.asGuest.get('/products?color=red'))).toMatchObject({ status: 400 });
    const categories = expectStatus(
      await shop.asGuest.get<{ data: { id: string; name: string }[] }>('/categories'),
      200,
    );
    const tea = categories.data.find((it) => it.name === 'Tea')!;
    expect(
      expectStatus(await shop.asGuest.get<{ data: Product[] }>(`/products?categoryId=${tea.id}`), 200).data,
    ).toHaveLength(3);
    expect(problem(await shop.asOwner.call('DELETE', `/categories/${tea.id}`))).toMatchObject({
      status: 409,
      code: 'catalog.category-in-use',
    });
  });

  it('refuses what is not the caller’s', async () => {
    const product = expectStatus(
      await shop.asOwner.post<Product>('/products', { ...TEA, variants: [{ ...TEA.variants[0], sku: 'OWN-1' }] }),
      201,
    );
    for (const answer of [
      await other.asOwner.get(`/products/${product.id}`),
      await other.asGuest.get(`/products/${product.id}`),
      await other.asOwner.call('PATCH', `/products/${product.id}`, { name: 'mine' }),
    ]) {
      expect(problem(answer)).toMatchObject({ status: 404, code: 'catalog.product-not-found' });
    }
    expect((await shop.asGuest.post('/products', TEA)).status).toBe(401);
    expect((await shop.asGuest.get('/products/export.csv')).status).toBe(401);
    expect(
      problem(await shop.asOwner.post('/products', { ...TEA, variants: [{ ...TEA.variants[0], sku: 'OWN-1' }] })),
    ).toMatchObject({ status: 409, code: 'catalog.sku-taken' });
  });

  it.each([
    [{ ...TEA, variants: [] }, '/variants'],
    [{ ...TEA, variants: [{ sku: 'X', price: { amount: 1.5, currency: 'EUR' } }] }, '/variants/0/price/amount'],
    [{ ...TEA, variants: [{ sku: 'X', price: { amount: -1, currency: 'EUR' } }] }, '/variants/0/price/amount'],
    [{ ...TEA, variants: [{ sku: 'X', price: { amount: 1, currency: 'EURO' } }] }, '/variants/0/price/currency'],
    [{ ...TEA, name: '   ' }, '/name'],
    [{ ...TEA, colour: 'red' }, '/colour'],
  ])('refuses %j', async (body, pointer) => {
    const refused = problem(await shop.asOwner.post('/products', body));
    expect(refused).toMatchObject({ status: 400 });
    expect(refused.errors!.map((error) => error.pointer)).toContain(pointer);
  });

  it('takes a CSV file, names its broken rows, and gives the catalogue back as one', async () => {
    const file = `sku;name;price;currency;category
F-1;First;1.00;EUR;Files
F-2;;2.00;EUR;Files
F-3;Third;three;EUR;Files
F-4;Fourth;4.00;XXX1;Files
F-1;Again;5.00;EUR;Files
F-6;=Sixth;6.00;EUR;
`;
    const refused = await csv(shop.asOwner, file);
    expect(refused.status).toBe(422);
    const told = (await refused.json()) as Problem;
    expect(told.code).toBe('catalog.import-refused');
    expect(told.faults!.map((fault) => [fault.line, fault.column, fault.code])).toEqual([
      [3, 'name', 'required'],
      [4, 'price', 'not-an-amount'],
      [5, 'currency', 'unknown-currency'],
      [6, 'sku', 'duplicate'],
    ]);
    expect(((await (await csv(shop.asOwner, file, '?dryRun=true')).json()) as { created: number }).created).toBe(2);
    expect(await (await csv(shop.asOwner, file, '?acceptPartial=true')).json()).toMatchObject({
      written: true,
      created: 2,
      refused: 4,
    });
    expect(await (await csv(shop.asOwner, file, '?acceptPartial=true')).json()).toMatchObject({
      changes: 0,
      unchanged: 2,
    });

    const exported = await shop.asOwner.get('/products/export.csv');
    expect(exported.headers.get('content-type')).toMatch(/^text\/csv/);
    expect(exported.text).toContain("'=Sixth");
    expect(await (await csv(shop.asOwner, exported.text)).json()).toMatchObject({ changes: 0 });
  });

  it('takes a form of files with a mapping of its own', async () => {
    const form = new FormData();
    const mapping = {
      name: 'own',
      currency: 'USD',
      sheets: [
        {
          entity: 'products',
          file: 'goods.csv',
          joins: { kind: { file: 'kinds.csv', column: 'kind', key: 'id' } },
          columns: { sku: { template: 'M-{id}' }, name: 'title', price: 'cost', category: 'kind.label' },
        },
      ],
    };
    form.set('mapping', JSON.stringify(mapping));
    form.set('kinds', new Blob(['id,label\n1,Mapped\n']), 'kinds.csv');
    form.set('file', new Blob(['id,title,cost,kind\n1,One,9.99,1\n']), 'goods.csv');
    const answer = await fetch(`${shop.url}/api/v1/products/import`, {
      method: 'POST',
      headers: { authorization: `Bearer ${shop.owner.accessToken}` },
      body: form,
    });
    expect(await answer.json()).toMatchObject({ written: true, created: 1 });
    const found = expectStatus(await shop.asGuest.get<{ data: Product[] }>('/products?q=M-1'), 200);
    expect(found.data[0]).toMatchObject({
      name: 'One',
      category: { name: 'Mapped' },
      variants: [{ price: { amount: 999, currency: 'USD' } }],
    });
    const json = await shop.asOwner.post('/products/import', { rows: [] });
    expect(json.status).toBeGreaterThanOrEqual(400);
    expect(json.status).toBeLessThan(500);
  });

  it('shows a picture among the files of the shop to shoppers', async () => {
    const png = await sharp({ create: { width: 400, height: 300, channels: 3, background: '#a33' } })
      .png()
      .toBuffer();
    const fileId = await uploaded(shop.asOwner, png, 'cup.png');
    const cup = { name: 'Cup', variants: [{ sku: 'CUP-1', price: { amount: 500, currency: 'EUR' } }] };
    const { id } = expectStatus(
      await shop.asOwner.post<Product>('/products', { ...cup, images: [{ fileId, alt: 'A cup' }] }),
      201,
    );
    type Image = { src: string; alt: string; sizes: { src: string; width: number }[] };
    const { images } = expectStatus(await shop.asGuest.get<{ images: Image[] }>(`/products/${id}`), 200);
    expect(images).toMatchObject([{ alt: 'A cup', sizes: [{ width: 320 }, { width: 400 }] }]);
    const fetched = async (src: string) => {
      const answer = await fetch(`${shop.url}${new URL(src).pathname}`);
      return [answer.status, answer.headers.get('content-type')];
    };
    expect([await fetched(images[0].src), await fetched(images[0].sizes[0].src)]).toEqual([
      [200, 'image/png'],
      [200, 'image/webp'],
    ]);
    const foreign = await other.asOwner.post('/products', { ...cup, images: [{ fileId }] });
    expect([foreign.status, problem(foreign).code]).toEqual([404, 'files.file-not-found']);
  });
});
