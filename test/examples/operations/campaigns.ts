import { expectStatus } from '../../support/client';
import type { Arrangements, Example, World } from '../world';

/** A campaign of the shop for its owner, moved on by these steps. */
const campaign =
  (...steps: string[]) =>
  async ({ shop }: World): Promise<Example> => {
    const body = {
      name: 'Example',
      audience: { roles: ['developer'] },
      template: 'notice',
      data: { title: 'Example', body: 'An example.' },
    };
    const { id } = expectStatus(await shop.asOwner.post<{ id: string }>('/campaigns', body), 201);
    for (const step of steps) expectStatus(await shop.asOwner.post(`/campaigns/${id}/${step}`, {}), 200);
    return { path: { id } };
  };

const arrangements: Arrangements = {
  getCampaign: campaign(),
  changeCampaign: campaign(),
  startCampaign: campaign(),
  cancelCampaign: campaign(),
  // Nobody is left to be told: it is done as soon as it is started.
  pauseCampaign: async (world) => ({ ...(await campaign('start')(world)), status: 409 }),
  resumeCampaign: async (world) => ({ ...(await campaign('start')(world)), status: 409 }),
};

export default arrangements;
