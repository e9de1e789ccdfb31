import { stock } from '../../support/shop';
import type { Arrangements } from '../world';

const arrangements: Arrangements = {
  adjustStock: async ({ ownShop }) => {
    const shop = await ownShop();
    await stock(shop, { sku: 'TEA-100', quantity: 0 });
    return {
      client: shop.asOwner,
      body: { lines: [{ sku: 'TEA-100', expectedOnHand: 0, onHand: 12, reason: 'found behind the shelf' }] },
    };
  },
  receiveStock: async ({ ownShop }) => {
    const shop = await ownShop();
    await stock(shop, { sku: 'TEA-100', quantity: 0 });
    return { client: shop.asOwner };
  },
};
export default arrangements;
