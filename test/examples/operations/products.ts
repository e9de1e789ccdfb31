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
    const { asOwner } = await ownShop();
    return { client: asOwner, body: { categoryId: await category(asOwner), category: undefined } };
  },
  getProduct: async ({ shop }) => ({ path: (await productOf(shop)).path }),
  changeProduct: async ({ ownShop }) => {
    const shop = await ownShop();
    return { client: shop.asOwner, ...(await productOf(shop)) };
  },
  importProducts: async ({ ownShop }) => ({ client: (await ownShop()).asOwner }),
};
export default arrangements;
