import { newId } from '../../../src/kernel/ids/ids';
import { expectStatus } from '../../support/client';
import type { Shop } from '../../support/shop';
import type { Arrangements } from '../world';

const made = async ({ asOwner }: Shop, path: string): Promise<string> =>
  expectStatus(await asOwner.post<{ id: string }>(path, { name: `Thing ${newId().slice(-10)}` }), 201).id;

const groupOf = async (shop: Shop) => ({ path: { id: await made(shop, '/customer-groups') } });
const withCustomer = async (shop: Shop) => ({
  path: { id: await made(shop, '/customer-groups'), customerId: await made(shop, '/customers') },
});

const arrangements: Arrangements = {
  createCustomerGroup: async ({ ownShop }) => ({ client: (await ownShop()).asOwner }),
  getCustomerGroup: ({ shop }) => groupOf(shop),
  changeCustomerGroup: async ({ ownShop }) => {
    const shop = await ownShop();
    return { client: shop.asOwner, ...(await groupOf(shop)) };
  },
  removeCustomerGroup: ({ shop }) => groupOf(shop),
  addCustomerToGroup: ({ shop }) => withCustomer(shop),
  removeCustomerFromGroup: ({ shop }) => withCustomer(shop),
};
export default arrangements;
