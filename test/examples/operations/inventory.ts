import { stock } from '../../support/shop';
import type { Arrangements } from '../world';

const arrangements: Arrangements = {
  receiveStock: async ({ ownShop }) => {
    const shop = await ownShop();
    await stock(shop, { sku: 'TEA-100', quantity: 0 });
    return { client: shop.asOwner };
  },
};
export default arrangements;
