import { expectStatus } from '../../support/client';
import type { Arrangements, World } from '../world';

/** A member other than the owner. */
async function member({ shop, customer }: World): Promise<string> {
  const { user } = await customer(shop);
  const list = await shop.asOwner.get<{ data: { id: string; userId: string }[] }>('/members?sort=-joinedAt&limit=100');
  return expectStatus(list, 200).data.find((one) => one.userId === user.id)!.id;
}

const arrangements: Arrangements = {
  changeMember: async (world) => ({ path: { id: await member(world) } }),
  removeMember: async (world) => ({ path: { id: await member(world) } }),
};
export default arrangements;
