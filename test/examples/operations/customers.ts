import { newId } from '../../../src/kernel/ids/ids';
import { expectStatus } from '../../support/client';
import { eventually } from '../../support/eventually';
import type { Shop } from '../../support/shop';
import type { Arrangements } from '../world';

const customerOf = async ({ asOwner }: Shop) => {
  const body = { name: 'Bea Beta', email: `bea-${newId().slice(-10)}@example.com` };
  const { id } = expectStatus(await asOwner.post<{ id: string }>('/customers', body), 201);
  const read = await asOwner.get(`/customers/${id}`);
  expectStatus(read, 200);
  return { path: { id }, headers: { 'if-match': read.headers.get('etag')! } };
};

const arrangements: Arrangements = {
  createCustomer: async ({ ownShop }) => ({ client: (await ownShop()).asOwner }),
  importCustomers: async ({ ownShop }) => ({ client: (await ownShop()).asOwner }),
  getCustomer: async ({ shop }) => ({ path: (await customerOf(shop)).path }),
  mergeCustomers: async ({ shop }) => ({
    path: (await customerOf(shop)).path,
    body: { mergedId: (await customerOf(shop)).path.id },
  }),
  getCustomerTimeline: async ({ shop }) => ({ path: (await customerOf(shop)).path }),
  giveConsent: async ({ ownShop, customer }) => {
    const shop = await ownShop();
    const { client } = await customer(shop);
    // A registration becomes a customer right after.
    await eventually(async () => (await client.get<{ data: unknown[] }>('/customers')).body.data.length > 0);
    return { client };
  },
  listConsents: async ({ shop }) => ({ path: (await customerOf(shop)).path }),
  recordConsent: async ({ ownShop }) => {
    const shop = await ownShop();
    return { client: shop.asOwner, path: (await customerOf(shop)).path };
  },
  changeCustomer: async ({ ownShop }) => {
    const shop = await ownShop();
    return { client: shop.asOwner, ...(await customerOf(shop)) };
  },
};
export default arrangements;
