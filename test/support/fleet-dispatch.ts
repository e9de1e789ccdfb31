import { expectStatus } from './client';
import { eventually } from './eventually';
import type { Shop } from './shop';

/** A plan with one stop for the vehicle `v`, completed. @returns its id */
export async function planOneStop(shop: Shop): Promise<string> {
  const body = {
    vehicles: [{ id: 'v', start: { lat: 48.2, lng: 16.37 } }],
    stops: [{ id: 's', location: { lat: 48.21, lng: 16.37 } }],
    options: { iterations: 5 },
  };
  const { jobId } = expectStatus(await shop.asOwner.post<{ jobId: string }>('/routes/optimize', body), 202);
  await eventually(async () => {
    const { body: job } = await shop.asOwner.get<{ state: string }>(`/routes/jobs/${jobId}`);
    return job.state === 'completed';
  });
  return jobId;
}

/** What names a plan for a new driver and a new vehicle, tomorrow. */
export async function dispatchBody(shop: Shop, mark: string): Promise<object> {
  const made = async (path: string, body: object): Promise<string> =>
    expectStatus(await shop.asOwner.post<{ id: string }>(path, body), 201).id;
  const vehicleId = await made('/fleet-vehicles', { name: `Canary route van ${mark}`, class: 'van' });
  const driverId = await made('/drivers', { name: `Canary route driver ${mark}` });
  const { now } = expectStatus(await shop.asOwner.post<{ now: string }>('/dev/clock', { advanceSeconds: 0 }), 200);
  const startsAt = new Date(Date.parse(now) + 86_400_000).toISOString();
  return { planId: await planOneStop(shop), startsAt, routes: [{ planVehicleId: 'v', vehicleId, driverId }] };
}

/** A plan that is dispatched: ids by the collection that they live in. */
export async function openDispatch(shop: Shop, mark: string): Promise<Record<string, string>> {
  const body = await dispatchBody(shop, mark);
  const { id } = expectStatus(await shop.asOwner.post<{ id: string }>('/dispatches', body), 201);
  type Route = { id: string; stops: { id: string }[] };
  const { data } = expectStatus(await shop.asOwner.get<{ data: Route[] }>(`/dispatch-routes?dispatchId=${id}`), 200);
  return { dispatches: id, 'dispatch-routes': data[0].id, stops: data[0].stops[0].id };
}
