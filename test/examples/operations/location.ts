import { newId } from '../../../src/kernel/ids/ids';
import { expectStatus } from '../../support/client';
import type { Arrangement, Arrangements, World } from '../world';

const tracker = async ({ shop }: World): Promise<{ id: string; key: string }> =>
  expectStatus(
    await shop.asOwner.post<{ id: string; key: string }>('/trackers', { name: `Van ${newId().slice(-8)}` }),
    201,
  );
const fence = async ({ shop }: World): Promise<string> => {
  const shape = { type: 'circle', center: [16.37, 48.2], radius: 100 };
  return expectStatus(await shop.asOwner.post<{ id: string }>('/geofences', { name: 'Depot', shape }), 201).id;
};
const fix = () => ({ fixTime: new Date().toISOString(), lat: 48.2, lng: 16.37 });

const ofTracker: Arrangement = async (world) => ({ path: { id: (await tracker(world)).id } });
const ofFence: Arrangement = async (world) => ({ path: { id: await fence(world) } });
const ofTrack =
  (query: Record<string, string> = {}): Arrangement =>
  async (world) => {
    const { id, key } = await tracker(world);
    const headers = { 'x-tracker-key': key };
    expectStatus(await world.anyone.post('/location/positions', { positions: [fix()] }, { headers }), 200);
    return { query: { trackerId: id, ...query } };
  };
const byUrl: Arrangement = async (world) => {
  const { key } = await tracker(world);
  return { client: world.anyone, query: { id: key, lat: '48.2', lon: '16.37', timestamp: fix().fixTime } };
};

const arrangements: Arrangements = {
  createTracker: async ({ shop }) => {
    const vehicle = { name: `Van ${newId().slice(-8)}`, class: 'van' };
    const { id } = expectStatus(await shop.asOwner.post<{ id: string }>('/fleet-vehicles', vehicle), 201);
    return { body: { name: 'Van 7', vehicleId: id } };
  },
  getTracker: ofTracker,
  changeTracker: ofTracker,
  changeTrackerKey: ofTracker,
  deleteTracker: ofTracker,
  recordPositions: async (world) => ({
    client: world.shop.asOwner,
    body: { positions: [{ trackerId: (await tracker(world)).id, ...fix() }] },
  }),
  importTrack: async (world) => ({ query: { trackerId: (await tracker(world)).id } }),
  recordPositionByUrl: byUrl,
  postPositionByUrl: async (world) => ({
    client: world.anyone,
    body: {
      device_id: (await tracker(world)).key,
      location: { timestamp: fix().fixTime, coords: { latitude: 48.2, longitude: 16.37, accuracy: 5 } },
    },
  }),
  getLocationHistory: ofTrack(),
  listTrackerAnalytics: ofTrack({ groupBy: 'day' }),
  getSpeedProfile: ofTrack(),
  getHeatMap: ofTrack(),
  exportHeatMap: ofTrack(),
  exportLocationHistory: ofTrack({ format: 'gpx' }),
  getGeofence: ofFence,
  changeGeofence: ofFence,
  deleteGeofence: ofFence,
  getFollowedGeofence: ofFence,
  followGeofence: ofFence,
  unfollowGeofence: ofFence,
};
export default arrangements;
