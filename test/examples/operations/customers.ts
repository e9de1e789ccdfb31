import { newId } from '../../../src/kernel/ids/ids';
import { expectStatus } from '../../support/client';
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
  getCustomer: async ({ shop }) => ({ path: (await customerOf(shop)).path }),
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
