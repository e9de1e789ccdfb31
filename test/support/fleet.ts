import { expectStatus } from './client';
import type { Shop } from './shop';

/** A fleet over HTTP: ids by the collection that they live in. */
export async function openFleet(shop: Shop, mark: string): Promise<{ ids: Record<string, string> }> {
  const made = async (path: string, body: object): Promise<string> =>
    expectStatus(await shop.asOwner.post<{ id: string }>(path, body), 201).id;
  const fleets = await made('/fleets', { name: `Canary fleet ${mark}` });
  const vehicle = await made('/fleet-vehicles', { name: `Canary van ${mark}`, class: 'van', fleetId: fleets });
  const drivers = await made('/drivers', { name: `Canary driver ${mark}` });
  const at = `/fleet-vehicles/${vehicle}`;
  return {
    ids: {
      fleets,
      'fleet-vehicles': vehicle,
      drivers,
      assignments: await made(`${at}/assignments`, { kind: 'driver', subjectId: drivers }),
      readings: await made(`${at}/readings`, { meter: 'odometer', shown: 1000 }),
      documents: await made('/fleets/documents', { type: 'insurance', vehicleId: vehicle, number: `canary-${mark}` }),
    },
  };
}
