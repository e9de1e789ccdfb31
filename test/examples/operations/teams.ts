import { expectStatus } from '../../support/client';
import { newId } from '../../../src/kernel/ids/ids';
import type { Arrangement, Arrangements, World } from '../world';
import { member } from './members';

/** A team of the shop. @returns its id */
export const team = async ({ shop }: World): Promise<string> =>
  expectStatus(await shop.asOwner.post<{ id: string }>('/teams', { name: `Team ${newId().slice(-10)}` }), 201).id;

const ofTeam: Arrangement = async (world: World) => ({ path: { id: await team(world) } });

const arrangements: Arrangements = {
  changeTeam: ofTeam,
  removeTeam: ofTeam,
  listTeamMembers: ofTeam,
  addTeamMember: async (world) => ({ path: { id: await team(world), memberId: await member(world) } }),
  removeTeamMember: async (world) => {
    const path = { id: await team(world), memberId: await member(world) };
    const added = await world.shop.asOwner.call('PUT', `/teams/${path.id}/members/${path.memberId}`);
    if (added.status >= 300) throw new Error(added.text);
    return { path };
  },
};
export default arrangements;
