import { expectStatus } from '../../support/client';
import type { Arrangement, Arrangements, World } from '../world';
import { domain } from './branding';

const ofOther: Arrangement = async ({ ownShop }: World) => ({ path: { id: (await ownShop()).id } });

const arrangements: Arrangements = {
  changeCurrentOrganization: async ({ ownShop }) => ({ client: (await ownShop()).asOwner }),
  requestDeletion: async ({ ownShop }) => {
    const shop = await ownShop();
    return { client: shop.asOwner, body: { confirm: shop.slug } };
  },
  withdrawDeletion: async ({ ownShop }) => {
    const shop = await ownShop();
    expectStatus(await shop.asOwner.post('/organizations/current/deletion', { confirm: shop.slug }), 200);
    return { client: shop.asOwner };
  },
  getOrganization: ofOther,
  getOrganizationUsage: ofOther,
  changePlan: ofOther,
  suspendOrganization: ofOther,
  resumeOrganization: async ({ ownShop, operator }) => {
    const { id } = await ownShop();
    const stopped = await operator.post(`/organizations/${id}/suspend`, { reason: 'unpaid' });
    if (stopped.status >= 300) throw new Error(stopped.text);
    return { path: { id } };
  },
  vouchForDomain: async ({ ownShop }) => {
    const shop = await ownShop();
    return { path: { id: shop.id, domainId: await domain(shop) } };
  },
};
export default arrangements;
