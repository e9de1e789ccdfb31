import { newId } from '../../../src/kernel/ids/ids';
import type { Arrangements, World } from '../world';

/** A person of the shared shop. */
const person = async ({ shop, customer }: World): Promise<string> => (await customer(shop)).user.id;

const arrangements: Arrangements = {
  createUser: () => ({ body: { email: `grace-${newId().slice(-12)}@example.com` } }),
  getUser: async (world) => ({ path: { id: await person(world) } }),
  suspendUser: async (world) => ({ path: { id: await person(world) } }),
  resumeUser: async (world) => ({ path: { id: await person(world) } }),
  unlockUser: async (world) => ({ path: { id: await person(world) } }),
  askNewPassword: async (world) => ({ path: { id: await person(world) } }),
  assignRoles: async (world) => ({ path: { id: await person(world) } }),
  manageUsers: async (world) => ({ body: { userIds: [await person(world)], roles: undefined } }),
  disableUser: async (world) => ({ path: { id: await person(world) } }),
  enableUser: async (world) => ({ path: { id: await person(world) } }),
};
export default arrangements;
