import { newId } from '../../../src/kernel/ids/ids';
import { expectStatus } from '../../support/client';
import { stock, type Shop } from '../../support/shop';
import type { Arrangements } from '../world';

const priceList = async ({ asOwner }: Shop) => {
  const body = { name: `Prices ${newId().slice(-10)}`, currency: 'EUR' };
  const { id } = expectStatus(await asOwner.post<{ id: string }>('/price-lists', body), 201);
  return { path: { id }, headers: { 'if-match': '"1"' } };
};

const arrangements: Arrangements = {
  createPriceList: async ({ ownShop }) => ({ client: (await ownShop()).asOwner }),
  getPriceList: async ({ shop }) => ({ path: (await priceList(shop)).path }),
  changePriceList: async ({ ownShop }) => {
    const shop = await ownShop();
    return { client: shop.asOwner, ...(await priceList(shop)) };
  },
  removePriceList: async ({ shop }) => ({ path: (await priceList(shop)).path }),
  listPricesOfList: async ({ shop }) => ({ path: (await priceList(shop)).path }),
  setListPrices: async ({ ownShop }) => {
    const shop = await ownShop();
    await stock(shop, { quantity: 0, sku: 'TEA-100' });
    return { client: shop.asOwner, path: (await priceList(shop)).path };
  },
};
export default arrangements;
