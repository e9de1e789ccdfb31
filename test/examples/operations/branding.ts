import { newId } from '../../../src/kernel/ids/ids';
import { expectStatus } from '../../support/client';
import type { Shop } from '../../support/shop';
import type { Arrangements } from '../world';

/** A domain that a shop says is its own. @returns its id */
export const domain = async ({ asOwner }: Shop): Promise<string> => {
  const host = `shop-${newId().slice(-10)}.example.org`;
  return expectStatus(await asOwner.post<{ id: string }>('/branding/domains', { host }), 201).id;
};

const arrangements: Arrangements = {
  claimDomain: async ({ ownShop }) => ({ client: (await ownShop()).asOwner }),
  removeDomain: async ({ ownShop }) => {
    const shop = await ownShop();
    return { client: shop.asOwner, path: { id: await domain(shop) } };
  },
  makeDomainPrimary: async ({ ownShop, operator }) => {
    const shop = await ownShop();
    const id = await domain(shop);
    const vouched = await operator.post(`/organizations/${shop.id}/domains/${id}/verify`);
    if (vouched.status >= 300) throw new Error(vouched.text);
    return { client: shop.asOwner, path: { id } };
  },
  verifyDomain: {
    notSent: 'It asks the public name system for a record; the tests of organizations ask a server of their own.',
  },
};
export default arrangements;
