import { expectStatus } from '../../support/client';
import type { Arrangement, Arrangements, World } from '../world';

const subjectOf = async ({ shop, customer }: World) => ({
  type: 'user' as const,
  id: (await customer(shop)).user.id,
});

const ofGrant: Arrangement = async (world: World) => {
  const body = { subject: await subjectOf(world), permission: 'orders:read', effect: 'allow' };
  return { path: { id: expectStatus(await world.shop.asOwner.post<{ id: string }>('/grants', body), 201).id } };
};

const arrangements: Arrangements = {
  createGrant: async (world) => ({ body: { subject: await subjectOf(world) } }),
  getGrant: ofGrant,
  revokeGrant: ofGrant,
};
export default arrangements;
