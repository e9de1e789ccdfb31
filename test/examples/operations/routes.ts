import { newId } from '../../../src/kernel/ids/ids';
import { expectStatus } from '../../support/client';
import { eventually } from '../../support/eventually';
import type { Arrangement, Arrangements, World } from '../world';

const ONE_STOP = { vehicles: [{ id: 'v', start: { x: 0, y: 0 } }], stops: [{ id: 's', x: 1, y: 1 }] };

const asked = async ({ shop }: World, options: object): Promise<string> =>
  expectStatus(await shop.asOwner.post<{ jobId: string }>('/routes/optimize', { ...ONE_STOP, options }), 202).jobId;

const profile: Arrangement = async ({ shop }) => {
  const body = {
    name: `Traffic ${newId().slice(-8)}`,
    timeZone: 'UTC',
    rules: [{ hours: Array.from({ length: 24 }, () => 1) }],
  };
  return {
    path: { id: expectStatus(await shop.asOwner.post<{ id: string }>('/routes/traffic/profiles', body), 201).id },
  };
};
const override: Arrangement = async ({ shop }) => {
  const body = { wayIds: [1], factor: 2, reason: 'Works' };
  return {
    path: { id: expectStatus(await shop.asOwner.post<{ id: string }>('/routes/traffic/overrides', body), 201).id },
  };
};

const arrangements: Arrangements = {
  getTrafficProfile: profile,
  changeTrafficProfile: profile,
  deleteTrafficProfile: profile,
  getRoadOverride: override,
  changeRoadOverride: override,
  endRoadOverride: override,
  getRouteJob: async (world) => {
    const id = await asked(world, { iterations: 10 });
    await eventually(async () => {
      const { body } = await world.shop.asOwner.get<{ state: string }>(`/routes/jobs/${id}`);
      return body.state === 'completed';
    });
    return { path: { id } };
  },
  // Long enough that it has not ended by itself.
  cancelRouteJob: async (world) => ({ path: { id: await asked(world, { seconds: 30 }) } }),
};
export default arrangements;
