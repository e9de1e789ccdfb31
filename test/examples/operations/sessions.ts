import { expectStatus } from '../../support/client';
import type { Arrangements, World } from '../world';

interface Page {
  data: { id: string; current: boolean; device: { id: string } }[];
}

/** A customer of the shop with a session and a device of its own. */
const signedIn = async ({ shop, customer }: World) => {
  const { client, user } = await customer(shop);
  const { data } = expectStatus(await client.get<Page>('/sessions'), 200);
  return { client, userId: user.id, session: data[0].id, device: data[0].device.id };
};

const arrangements: Arrangements = {
  endOtherSessions: async (world) => ({ client: (await signedIn(world)).client }),
  endSession: async (world) => {
    const { client, session } = await signedIn(world);
    return { client, path: { id: session } };
  },
  trustDevice: async (world) => {
    const { client, device } = await signedIn(world);
    return { client, path: { id: device } };
  },
  forgetDevice: async (world) => {
    const { client, device } = await signedIn(world);
    return { client, path: { id: device } };
  },
  listUserSessions: async (world) => ({ path: { userId: (await signedIn(world)).userId } }),
  endUserSessions: async (world) => ({ path: { userId: (await signedIn(world)).userId } }),
  endUserSession: async (world) => {
    const { userId, session } = await signedIn(world);
    return { path: { userId, id: session } };
  },
  resumeLogin: async ({ ownShop, customer, anyone }) => {
    const shop = await ownShop();
    const { email, password, client } = await customer(shop);
    const caps = [{ role: 'customer', max: 1, onExceed: 'ask' }];
    expectStatus(await shop.asOwner.call('PATCH', '/security-policy', { sessions: { caps } }), 200);
    const refused = await anyone.post<{ ticket: string }>('/auth/login', { email, password });
    const { ticket } = expectStatus(refused, 409);
    const { data } = expectStatus(await client.get<Page>('/sessions'), 200);
    return { client: anyone, body: { ticket, endSession: data[0].id } };
  },
};
export default arrangements;
