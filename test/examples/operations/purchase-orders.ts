import { newId } from '../../../src/kernel/ids/ids';
import { expectStatus } from '../../support/client';
import { stock, type Shop } from '../../support/shop';
import type { Arrangements, World } from '../world';
import { supplier } from './suppliers';

interface Purchase {
  id: string;
  lines: { id: string }[];
}

/** A draft of 24 pieces in a shop, and what is done to it then. */
async function purchase(shop: Shop, ...steps: ('order' | 'receive')[]): Promise<Purchase> {
  const { sku } = await stock(shop, { quantity: 0 });
  const supplierId = await supplier(shop);
  const lines = [{ sku, quantity: 24, unitCost: 430 }];
  const made = await shop.asOwner.post<Purchase>('/purchase-orders', { supplierId, lines }, { key: newId() });
  const draft = expectStatus(made, 201);
  const at = `/purchase-orders/${draft.id}`;
  if (steps.includes('order')) expectStatus(await shop.asOwner.post(`${at}/order`, {}, { key: newId() }), 200);
  const part = { lines: [{ lineId: draft.lines[0].id, quantity: 1 }] };
  if (steps.includes('receive')) expectStatus(await shop.asOwner.post(`${at}/receipts`, part, { key: newId() }), 201);
  return draft;
}

const brought =
  (...steps: ('order' | 'receive')[]) =>
  async ({ shop }: World) => ({ path: { id: (await purchase(shop, ...steps)).id } });

const arrangements: Arrangements = {
  createPurchaseOrder: async ({ ownShop }) => {
    const shop = await ownShop();
    await stock(shop, { sku: 'TEA-100', quantity: 0 });
    return { client: shop.asOwner, body: { supplierId: await supplier(shop), locationId: undefined } };
  },
  importPurchaseOrder: async ({ ownShop }) => {
    const shop = await ownShop();
    await stock(shop, { sku: 'TEA-100', quantity: 0 });
    return { client: shop.asOwner, body: { supplierId: await supplier(shop), locationId: undefined } };
  },
  getPurchaseOrder: brought(),
  changePurchaseOrder: async (world) => ({
    ...(await brought()(world)),
    body: { lines: undefined, locationId: undefined },
  }),
  orderGoods: brought(),
  cancelPurchaseOrder: brought('order'),
  closePurchaseOrder: brought('order', 'receive'),
  listPurchaseReceipts: brought('order', 'receive'),
  getPurchaseOrderDocument: brought('order'),
  receivePurchaseOrder: async ({ shop }) => {
    const order = await purchase(shop, 'order');
    return { path: { id: order.id }, body: { lines: [{ lineId: order.lines[0].id, quantity: 12, announced: 12 }] } };
  },
};
export default arrangements;
