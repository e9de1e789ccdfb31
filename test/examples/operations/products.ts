import { expectStatus, type TestClient } from '../../support/client';
import { startedImport, stock, type Shop } from '../../support/shop';
import type { Arrangements } from '../world';
import { category } from './categories';

const productOf = async (shop: Shop, sku?: string) => {
  const { productId } = await stock(shop, { quantity: 0, sku });
  const answer = await shop.asOwner.get(`/products/${productId}`);
  expectStatus(answer, 200);
  return { path: { id: productId }, headers: { 'if-match': answer.headers.get('etag')! } };
};

const importProfile = async (client: TestClient): Promise<string> => {
  const columns = { sku: 'sku', name: 'name', price: 'price', currency: 'currency' };
  const body = { name: 'supplier-list', mapping: { sheets: [{ entity: 'products', file: 'list.csv', columns }] } };
  return expectStatus(await client.post<{ id: string }>('/import-profiles', body), 201).id;
};

const arrangements: Arrangements = {
  createProduct: async ({ ownShop }) => {
    const shop = await ownShop();
    const { asOwner } = shop;
    await stock(shop, { quantity: 0, sku: 'TEA-50' });
    return { client: asOwner, body: { categoryId: await category(asOwner), category: undefined } };
  },
  getProductByHandle: async ({ shop }) => {
    const { path } = await productOf(shop);
    const { body } = await shop.asOwner.get<{ handle: string }>(`/products/${path.id}`);
    return { query: { handle: body.handle } };
  },
  listRelatedProducts: async ({ shop }) => ({ path: (await productOf(shop)).path }),
  relateProducts: async ({ shop }) => ({
    path: (await productOf(shop)).path,
    body: { productIds: [(await productOf(shop)).path.id] },
  }),
  completeVariants: async ({ ownShop }) => {
    const { asOwner } = await ownShop();
    const variants = [{ sku: 'TEE-M', price: { amount: 900, currency: 'EUR' }, optionValues: ['M'] }];
    const body = { name: 'Tee', options: [{ name: 'Size', values: ['M', 'L'] }], variants };
    return {
      client: asOwner,
      path: { id: expectStatus(await asOwner.post<{ id: string }>('/products', body), 201).id },
    };
  },
  createProductAttribute: async ({ ownShop }) => ({ client: (await ownShop()).asOwner }),
  changeProductAttribute: async ({ ownShop }) => {
    const { asOwner } = await ownShop();
    const body = { code: 'leaf', name: 'Leaf', type: 'choice', choices: ['black'] };
    const { id } = expectStatus(await asOwner.post<{ id: string }>('/product-attributes', body), 201);
    return { client: asOwner, path: { id } };
  },
  getProductAvailability: async ({ shop }) => ({ path: (await productOf(shop)).path }),
  listPriceChanges: async ({ shop }) => ({ path: (await productOf(shop)).path }),
  getProduct: async ({ shop }) => ({ path: (await productOf(shop)).path }),
  changeProduct: async ({ ownShop }) => {
    const shop = await ownShop();
    await stock(shop, { quantity: 0, sku: 'TEA-50' });
    const body = { categoryId: await category(shop.asOwner), category: undefined };
    return { client: shop.asOwner, ...(await productOf(shop, 'TEA-100')), body };
  },
  startProductImport: async ({ ownShop }) => {
    const { asOwner } = await ownShop();
    await importProfile(asOwner);
    return { client: asOwner };
  },
  getProductImport: async ({ ownShop }) => {
    const { asOwner } = await ownShop();
    return { client: asOwner, path: { id: await startedImport(asOwner) } };
  },
  cancelProductImport: {
    notSent:
      'whether an import is still open is a matter of time; src/commerce/catalog/imports.int-spec.ts cancels one',
  },
  createImportProfile: async ({ ownShop }) => ({ client: (await ownShop()).asOwner }),
  getImportProfile: async ({ ownShop }) => {
    const { asOwner } = await ownShop();
    return { client: asOwner, path: { id: await importProfile(asOwner) } };
  },
  changeImportProfile: async ({ ownShop }) => {
    const { asOwner } = await ownShop();
    return { client: asOwner, path: { id: await importProfile(asOwner) }, headers: { 'if-match': '"1"' } };
  },
  removeImportProfile: async ({ ownShop }) => {
    const { asOwner } = await ownShop();
    return { client: asOwner, path: { id: await importProfile(asOwner) } };
  },
  importProducts: async ({ ownShop }) => ({ client: (await ownShop()).asOwner }),
};
export default arrangements;
