import { newId } from '../../../src/kernel/ids/ids';
import { expectStatus } from '../../support/client';
import type { Arrangements } from '../world';

const arrangements: Arrangements = {
  deletePushToken: async ({ shop, customer }) => {
    const { client } = await customer(shop);
    const token = { provider: 'fcm', value: `token-of-a-device-${newId()}` };
    const { id } = expectStatus(await client.call<{ id: string }>('PUT', '/push-tokens', token), 200);
    return { client, path: { id } };
  },
};

export default arrangements;
