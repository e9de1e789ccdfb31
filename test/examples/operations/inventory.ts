import { expectStatus } from '../../support/client';
import { stock } from '../../support/shop';
import type { Arrangements } from '../world';

const arrangements: Arrangements = {
  acknowledgeStockAlert: async ({ ownShop }) => {
    const shop = await ownShop();
    const { sku } = await stock(shop);
    const body = { lines: [{ sku, reorderLevel: 1_000_000 }] };
    expectStatus(await shop.asOwner.call('PUT', '/inventory/thresholds', body), 200);
    const alerts = expectStatus(await shop.asOwner.get<{ data: { id: string }[] }>('/inventory/alerts'), 200);
    return { client: shop.asOwner, path: { id: alerts.data[0].id } };
  },
  changeStockThresholds: async ({ ownShop }) => {
    const shop = await ownShop();
    await stock(shop, { sku: 'TEA-100', quantity: 0 });
    return { client: shop.asOwner };
  },
  getStockReport: () => ({ query: { report: 'ageing' } }),
  printLotLabel: async ({ shop }) => {
    await stock(shop);
    const lots = expectStatus(await shop.asOwner.get<{ data: { id: string }[] }>('/inventory/lots?limit=1'), 200);
    return { path: { id: lots.data[0].id } };
  },
  adjustStock: async ({ ownShop }) => {
    const shop = await ownShop();
    await stock(shop, { sku: 'TEA-100', quantity: 0 });
    return {
      client: shop.asOwner,
      body: { lines: [{ sku: 'TEA-100', expectedOnHand: 0, onHand: 12, reason: 'found behind the shelf' }] },
    };
  },
  saveBackorderTerms: async ({ ownShop }) => {
    const shop = await ownShop();
    await stock(shop, { sku: 'TEA-100', quantity: 0 });
    return { client: shop.asOwner };
  },
  receiveStock: async ({ ownShop }) => {
    const shop = await ownShop();
    await stock(shop, { sku: 'TEA-100', quantity: 0 });
    return { client: shop.asOwner };
  },
};
export default arrangements;
