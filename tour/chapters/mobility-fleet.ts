import {
  assignToFleetVehicle,
  createDriver,
  createFleetVehicle,
  createMainstay,
  createMaintenancePlan,
  dispatchPlan,
  getDispatchRoute,
  getRouteJob,
  listDispatchRoutes,
  listDrivingScores,
  listFleetTrips,
  listWorkOrders,
  makeFleetTrips,
  moveDispatchStop,
  optimizeRoutes,
  recordMeterReading,
  recordPositions,
  scheduleMaintenance,
  unwrap,
  uploadFile,
} from '../../sdk/src';
import { mailTo } from '../actors';
import { Ears } from '../ears';
import { same, until, type Guide } from '../guide';
import { DEPOT, linehaul } from './mobility-drive';
import { mobilityFuel } from './mobility-fuel';
import type { Haulier } from './mobility-tracking';

const HOUR = 3_600_000;
const DRIVERS = ['Duarte', 'Teresa', 'Mateus'];
/** How far north and east of the depot customers wait, in thousandths of a degree. */
const CUSTOMERS = [
  [12, 4],
  [9, 11],
  [15, -3],
  [4, 17],
  [-6, 9],
  [-2, 22],
  [7, -9],
  [18, 8],
  [1, -14],
];

export interface Van {
  vehicleId: string;
  driverId: string;
  name: string;
}

/** The vans are a fleet: what they drove, a day's deliveries, what they burn, and what falls due. */
export async function mobilityFleet(guide: Guide, url: string, haulier: Haulier): Promise<void> {
  const vans = await enterVans(guide, haulier);
  await tripsAndScores(guide, url, haulier, vans);
  await deliveries(guide, url, haulier, vans);
  await mobilityFuel(guide, url, haulier, vans);
  await maintenance(guide, url, haulier, vans[0]);
}

async function enterVans(guide: Guide, { client, trackers, userId }: Haulier): Promise<Van[]> {
  return guide.step('the vans are entered, each with its device and its driver since yesterday', async () => {
    const from = new Date(Date.now() - 20 * HOUR).toISOString();
    const vans: Van[] = [];
    for (const [at, { id: trackerId, name }] of trackers.entries()) {
      const { id: vehicleId } = unwrap(await createFleetVehicle({ client, body: { name, class: 'van' } }));
      // The haulier drives the first van herself.
      const driver = { name: DRIVERS[at], ...(at === 0 && { userId }) };
      const { id: driverId } = unwrap(await createDriver({ client, body: driver }));
      for (const subject of [
        { kind: 'device', subjectId: trackerId },
        { kind: 'driver', subjectId: driverId },
      ] as const)
        unwrap(await assignToFleetVehicle({ client, path: { id: vehicleId }, body: { ...subject, from } }));
      vans.push({ vehicleId, driverId, name });
    }
    return vans;
  });
}

async function tripsAndScores(guide: Guide, url: string, haulier: Haulier, vans: Van[]): Promise<void> {
  const { client, trackers } = haulier;
  const now = Date.now();
  const [from, to] = [new Date(now - 20 * HOUR).toISOString(), new Date(now).toISOString()];
  await guide.step("last night's long haul is read from a recorder, and every van has its trips", async () => {
    const device = createMainstay({ baseUrl: url });
    const headers = { 'X-Tracker-Key': trackers[0].key };
    const positions = linehaul(now - 12 * HOUR);
    const told = unwrap(await recordPositions({ client: device, headers, body: { positions: positions as never } }));
    same('taken', told.accepted, positions.length);
    for (const { vehicleId } of vans) unwrap(await makeFleetTrips({ client, body: { vehicleId, from, to } }));
    const { data } = unwrap(await listFleetTrips({ client, query: { sort: 'startedAt' } }));
    same(
      'trips',
      vans.map(({ vehicleId }) => data.filter((trip) => trip.vehicleId === vehicleId).length),
      [3, 2, 2],
    );
    return `${Math.round(data[0].distance / 1000)} km by night, ${data[0].harshBraking} hard stops`;
  });
  await guide.step('who drove far enough has a score, the others not yet', async () => {
    const { data } = unwrap(await listDrivingScores({ client, query: { by: 'driver', from, to } }));
    same(
      'drivers',
      data.map(({ name, score }) => [name, score !== null]),
      [['Duarte', true], ...data.slice(1).map(({ name }) => [name, false])],
    );
    return `Duarte ${data[0].score!.toFixed(1)} of 100`;
  });
}

async function deliveries(guide: Guide, url: string, haulier: Haulier, vans: Van[]): Promise<void> {
  const { client, token, email } = haulier;
  const ears = await Ears.open(url, token);
  try {
    const { jobId: planId } = await guide.step('nine deliveries are shared out among three vans', async () => {
      const [lng, lat] = DEPOT;
      const stops = CUSTOMERS.map(([north, east], at) => ({
        ...{ id: `customer ${at + 1}`, demand: [1], serviceSeconds: 180 },
        location: { lat: lat + north / 1000, lng: lng + east / 1000 },
      }));
      const vehicles = vans.map(({ name }) => ({ id: name, capacity: [3], start: { lat, lng } }));
      const body = { vehicles, stops, options: { iterations: 2_000, seed: 7 } };
      const { jobId } = unwrap(await optimizeRoutes({ client, body }));
      const { solution } = await until('The plan', async () => {
        const job = unwrap(await getRouteJob({ client, path: { id: jobId } }));
        return job.state === 'completed' && job;
      });
      same(
        'shares',
        solution!.routes.map(({ stops: own }) => own.length),
        [3, 3, 3],
      );
      return { jobId };
    });
    const route = await guide.step('the plan is dispatched: drivers hear of their stops', async () => {
      const routes = vans.map(({ name, vehicleId, driverId }) => ({ planVehicleId: name, vehicleId, driverId }));
      const body = { planId, startsAt: new Date().toISOString(), proofRequired: true, routes };
      const { id: dispatchId } = unwrap(await dispatchPlan({ client, body }));
      const query = { dispatchId: [dispatchId], driverId: [vans[0].driverId] };
      const [mine] = unwrap(await listDispatchRoutes({ client, query })).data;
      await ears.hear('fleet.route-changed', ({ routeId, state }) => routeId === mine.id && state === 'assigned');
      await mailTo(url, email, /New route: 3 stops with Van Douro/);
      return mine;
    });
    const move = async (at: number, body: Parameters<typeof moveDispatchStop>[0]['body']) =>
      unwrap(await moveDispatchStop({ client, path: { id: route.id, stopId: route.stops[at].id }, body }));
    await guide.step(
      'the first parcel is signed for; when the next ones come follows from where the van is',
      async () => {
        await move(0, { state: 'arrived' });
        const image = new Blob(['%PDF-1.4 signed'], { type: 'application/pdf' });
        const file = new File([image], 'signature.pdf');
        const { id: signatureFileId } = unwrap(await uploadFile({ client, body: { file } }));
        const { stops } = await move(0, { state: 'done', proof: { recipientName: 'Rita Silva', signatureFileId } });
        same('proof', stops[0].proof?.recipientName, 'Rita Silva');
        await ears.hear('fleet.arrivals-changed', ({ routeId }) => routeId === route.id);
        const { stops: left } = await until('The arrivals', async () => {
          const found = unwrap(await getDispatchRoute({ client, path: { id: route.id } }));
          return found.stops[1].eta !== null && found;
        });
        return `next at ${left[1].eta!.slice(11, 16)} UTC`;
      },
    );
    await guide.step('one customer is out, which the office is told; the last stop ends the route', async () => {
      await move(1, { state: 'failed', reason: 'Nobody at home' });
      await move(2, { state: 'arrived' });
      const proof = { recipientName: 'Ana Reis', photoFileIds: [route.stops[0].id] };
      // A picture that nobody uploaded proves nothing.
      const refused = await moveDispatchStop({
        ...{ client, path: { id: route.id, stopId: route.stops[2].id }, body: { state: 'done', proof } },
      });
      same('status', refused.response?.status, 404);
      const { state } = await move(2, { state: 'failed', reason: 'Address does not exist' });
      same('state', state, 'completed');
      const { subject } = await mailTo(url, email, /Stop failed: customer/);
      return subject;
    });
  } finally {
    ears.close();
  }
}

async function maintenance(guide: Guide, url: string, { client, email }: Haulier, van: Van): Promise<void> {
  await guide.step('the odometer passes an interval: maintenance falls due, with its work order', async () => {
    const plan = { name: 'Oil and filters', tasks: ['Oil', 'Filter'], everyMetres: 30_000_000, currency: 'EUR' };
    const { id: planId } = unwrap(await createMaintenancePlan({ client, body: plan }));
    const { vehicleId } = van;
    unwrap(await scheduleMaintenance({ client, body: { planId, vehicleId, lastMetres: 0 } }));
    const reading = { meter: 'odometer', shown: 30_250_000 } as const;
    unwrap(await recordMeterReading({ client, path: { id: vehicleId }, body: reading }));
    const [order] = await until('The work order', async () => {
      const { data } = unwrap(await listWorkOrders({ client, query: { vehicleId: [vehicleId] } }));
      return data.length > 0 && data;
    });
    same('order', [order.title, order.state], ['Oil and filters', 'open']);
    const { subject } = await mailTo(url, email, /Maintenance due: Oil and filters, Van Douro/);
    return subject;
  });
}
