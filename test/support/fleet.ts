import { newId } from '../../src/kernel/ids/ids';
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
  const maintenance = { name: `Canary oil ${mark}`, everyDays: 365, currency: 'EUR' };
  const plans = await made('/maintenance/plans', maintenance);
  const order = { vehicleId: vehicle, title: `Canary order ${mark}`, currency: 'EUR' };
  const items = [{ key: 'brakes', label: `Canary brakes ${mark}`, critical: true, photoRequired: false }];
  const checklists = await made('/inspections/checklists', { name: `Canary list ${mark}`, items, currency: 'EUR' });
  const results = [{ key: 'brakes', ok: true }];
  const { trips, sensors, changes } = await openTrip(shop, vehicle, mark);
  return {
    ids: {
      entries: await openFuel(shop, vehicle, mark),
      ...(await openCard(shop, mark)),
      ...(await openCosts(shop, vehicle, mark)),
      sensors,
      changes,
      plans,
      trips,
      schedules: await made('/maintenance/schedules', { planId: plans, vehicleId: vehicle }),
      'work-orders': await made('/maintenance/work-orders', order),
      warranties: await made('/maintenance/warranties', {
        ...{ vehicleId: vehicle, name: `Canary warranty ${mark}`, beginsOn: '2026-01-01', endsOn: '2036-01-01' },
      }),
      checklists,
      inspections: await made('/inspections', { vehicleId: vehicle, checklistId: checklists, results }),
      fleets,
      'fleet-vehicles': vehicle,
      drivers,
      assignments: await made(`${at}/assignments`, { kind: 'driver', subjectId: drivers }),
      readings: await made(`${at}/readings`, { meter: 'odometer', shown: 1000 }),
      documents: await made('/fleets/documents', { type: 'insurance', vehicleId: vehicle, number: `canary-${mark}` }),
    },
  };
}

/** Something was filled in. */
async function openFuel(shop: Shop, vehicleId: string, mark: string): Promise<string> {
  const body = { vehicleId, quantity: 52_340, full: true, station: `Canary station ${mark}` };
  return expectStatus(await shop.asOwner.post<{ id: string }>('/fuel/entries', body, { key: newId() }), 201).id;
}

/** A card paid for something, nobody knows whose. */
async function openCard(shop: Shop, mark: string): Promise<Record<'cards' | 'card-rows', string>> {
  const client = shop.asOwner;
  const provider = `Canary ${mark}`;
  const card = { provider, number: '**** 4182', label: `Canary card ${mark}` };
  const cards = expectStatus(await client.post<{ id: string }>('/fuel/cards', card), 201).id;
  const form = new FormData();
  const rows = `provider,card,at,quantity,station\n${provider},4182,2026-03-01 06:00,50,Canary station ${mark}\n`;
  form.set('file', new Blob([rows]), 'cards.csv');
  expectStatus(await client.post('/fuel/card-imports', form), 200);
  const { body } = await client.get<{ data: { id: string }[] }>(`/fuel/card-rows?cardId=${cards}`);
  return { cards, 'card-rows': body.data[0].id };
}

/** What the vehicle cost, and its lease. */
async function openCosts(shop: Shop, vehicleId: string, mark: string): Promise<Record<string, string>> {
  const made = async (path: string, body: object): Promise<string> =>
    expectStatus(await shop.asOwner.post<{ id: string }>(path, body, { key: newId() }), 201).id;
  const about = { vehicleId, amount: { amount: 45_000, currency: 'EUR' }, vendor: `Canary vendor ${mark}` };
  const days = { firstDay: '2026-01-01', lastDay: '2026-12-31' };
  return {
    costs: await made('/costs', { ...about, category: 'insurance', ...days }),
    recurring: await made('/costs/recurring', { ...about, category: 'lease', every: 'year', beginsOn: '2026-01-01' }),
  };
}

/** A tracker in the vehicle told of a trip of 3 km, an hour ago, and that 30 litres were lost afterwards. */
async function openTrip(
  shop: Shop,
  vehicleId: string,
  mark: string,
): Promise<Record<'trips' | 'sensors' | 'changes', string>> {
  const client = shop.asOwner;
  const tracker = expectStatus(await client.post<{ id: string }>('/trackers', { name: `Canary box ${mark}` }), 201).id;
  const { now } = expectStatus(await client.post<{ now: string }>('/dev/clock', { advanceSeconds: 0 }), 200);
  const begin = Date.parse(now) - 3_600_000;
  const at = (seconds: number): string => new Date(begin + seconds * 1000).toISOString();
  const device = { kind: 'device', subjectId: tracker, from: at(0) };
  expectStatus(await client.post(`/fleet-vehicles/${vehicleId}/assignments`, device), 201);
  const driven = (step: number): number => Math.min(Math.max(step - 20, 0), 20) * 150;
  const positions = Array.from({ length: 62 }, (_, step) => ({
    ...{ trackerId: tracker, fixTime: at(step < 61 ? step * 10 : 1_000), lat: 48 + driven(step) / 111_195, lng: 16 },
    attributes: { fuel: step < 50 ? 60 : 30 },
  }));
  const points = [0, 100].map((raw) => ({ raw, amount: raw }));
  const sensor = { vehicleId, attribute: 'fuel', from: at(0), points };
  const sensors = expectStatus(await client.post<{ id: string }>('/fuel/sensors', sensor), 201).id;
  expectStatus(await client.post('/location/positions', { positions }), 200);
  expectStatus(await client.post('/trips/make', { vehicleId, from: at(0), to: at(3_000) }), 200);
  expectStatus(await client.post('/fuel/levels/make', { vehicleId, from: at(0), to: at(3_000) }), 200);
  const first = async (path: string): Promise<string> =>
    (await client.get<{ data: { id: string }[] }>(`${path}?vehicleId=${vehicleId}`)).body.data[0].id;
  return { trips: await first('/trips'), sensors, changes: await first('/fuel/changes') };
}
