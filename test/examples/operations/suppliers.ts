import { newId } from '../../../src/kernel/ids/ids';
import { expectStatus } from '../../support/client';
import { stock, type Shop } from '../../support/shop';
import type { Arrangements, World } from '../world';

/** A supplier of a shop. */
export async function supplier(shop: Shop): Promise<string> {
  const made = await shop.asOwner.post<{ id: string }>('/suppliers', {
    name: `Teas ${newId().slice(-8)}`,
    currency: 'EUR',
  });
  return expectStatus(made, 201).id;
}

const one = async ({ shop }: World) => ({ path: { id: await supplier(shop) } });

const arrangements: Arrangements = {
  createSupplier: async ({ ownShop }) => ({ client: (await ownShop()).asOwner }),
  getSupplier: one,
  changeSupplier: one,
  listSupplierItems: one,
  changeSupplierItems: async ({ ownShop }) => {
    const shop = await ownShop();
    await stock(shop, { sku: 'TEA-100', quantity: 0 });
    return { client: shop.asOwner, path: { id: await supplier(shop) } };
  },
};
export default arrangements;
