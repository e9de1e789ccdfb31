import { expectStatus } from '../../support/client';
import type { Arrangements, World } from '../world';

/** A member other than the owner. */
export async function member({ shop, customer }: World): Promise<string> {
  const { user } = await customer(shop);
  const list = await shop.asOwner.get<{ data: { id: string; userId: string }[] }>('/members?sort=-joinedAt&limit=100');
  return expectStatus(list, 200).data.find((one) => one.userId === user.id)!.id;
}

const arrangements: Arrangements = {
  changeMember: async (world) => ({ path: { id: await member(world) } }),
  removeMember: async (world) => ({ path: { id: await member(world) } }),
  suspendMember: async (world) => ({ path: { id: await member(world) } }),
  resumeMember: async (world) => {
    const id = await member(world);
    const rested = await world.shop.asOwner.post(`/members/${id}/suspend`);
    if (rested.status >= 300) throw new Error(rested.text);
    return { path: { id } };
  },
  transferOwnership: async (world) => {
    const shop = await world.ownShop();
    const id = await member({ ...world, shop });
    expectStatus(await shop.asOwner.call('PATCH', `/members/${id}`, { role: 'staff' }), 204);
    return { client: shop.asOwner, path: { id } };
  },
};
export default arrangements;
