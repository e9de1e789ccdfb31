import { expectStatus } from '../../support/client';
import { stock, type Shop } from '../../support/shop';
import type { Arrangements } from '../world';
import { category } from './categories';

const productOf = async (shop: Shop) => {
  const { productId } = await stock(shop, { quantity: 0 });
  const answer = await shop.asOwner.get(`/products/${productId}`);
  expectStatus(answer, 200);
  return { path: { id: productId }, headers: { 'if-match': answer.headers.get('etag')! } };
};

const arrangements: Arrangements = {
  createProduct: async ({ ownShop }) => {
    const shop = await ownShop();
    const { asOwner } = shop;
    await stock(shop, { quantity: 0, sku: 'TEA-50' });
    return { client: asOwner, body: { categoryId: await category(asOwner), category: undefined } };
  },
  listPriceChanges: async ({ shop }) => ({ path: (await productOf(shop)).path }),
  getProduct: async ({ shop }) => ({ path: (await productOf(shop)).path }),
  changeProduct: async ({ ownShop }) => {
    const shop = await ownShop();
    await stock(shop, { quantity: 0, sku: 'TEA-50' });
    const body = { categoryId: await category(shop.asOwner), category: undefined };
    return { client: shop.asOwner, ...(await productOf(shop)), body };
  },
  importProducts: async ({ ownShop }) => ({ client: (await ownShop()).asOwner }),
};
export default arrangements;
