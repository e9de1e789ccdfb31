import {
  assignFuelCard,
  createFuelCard,
  createFuelSensor,
  createMainstay,
  enterFuel,
  getCostSummary,
  getFuelEntry,
  importFuelCardRows,
  listFuelCardRows,
  listFuelChanges,
  makeFuelLevels,
  newIdempotencyKey,
  recordPositions,
  unwrap,
} from '../../sdk/src';
import { mailTo } from '../actors';
import { same, type Guide } from '../guide';
import { DEPOT } from './mobility-drive';
import type { Van } from './mobility-fleet';
import type { Haulier } from './mobility-tracking';

const HOUR = 3_600_000;
const MINUTE = 60_000;
const ago = (time: number): string => new Date(Date.now() - time).toISOString();

/** What the vans burn and what that costs: by hand, by card, and by the sensor of a tank. */
export async function mobilityFuel(guide: Guide, url: string, haulier: Haulier, vans: Van[]): Promise<void> {
  await refuelling(guide, haulier, vans[0]);
  await theft(guide, url, haulier, vans[1]);
  await guide.step('what a kilometre costs follows from what was filled in and driven', async () => {
    const { client } = haulier;
    const [from, to] = [ago(48 * HOUR).slice(0, 10), ago(-24 * HOUR).slice(0, 10)];
    const query = { groupBy: 'vehicle' as const, from, to, vehicleId: [vans[0].vehicleId] };
    const { data } = unwrap(await getCostSummary({ client, query }));
    const [{ total, perKm, per100Km }] = data[0].costs;
    same('costs', total, { amount: 8_016, currency: 'EUR' });
    return `${(per100Km!.amount / 100).toFixed(2)} EUR for 100 km, ${(perKm!.amount / 100).toFixed(2)} a kilometre`;
  });
}

async function refuelling(guide: Guide, { client }: Haulier, van: Van): Promise<void> {
  const entry = await guide.step('a driver enters what was filled in, without the receipt', async () => {
    const body = { vehicleId: van.vehicleId, at: ago(6 * HOUR), quantity: 48_200, full: true };
    return unwrap(await enterFuel({ client, body, headers: { 'Idempotency-Key': newIdempotencyKey() } }));
  });
  await guide.step(
    'of a fuel card four digits are kept; its provider’s file gives the entry its price, once',
    async () => {
      const card = { provider: 'Galp', number: '7077 1234 5678 4182', label: 'Douro' };
      const { id, lastFour } = unwrap(await createFuelCard({ client, body: card }));
      same('digits', lastFour, '4182');
      const holder = { vehicleId: van.vehicleId, from: ago(20 * HOUR) };
      unwrap(await assignFuelCard({ client, path: { id }, body: holder }));
      const lines = [
        'provider,card,transaction,at,fuelType,quantity,total,currency,station',
        `Galp,7077123456784182,G-1,${ago(6 * HOUR - 5 * MINUTE)},diesel,48.15,80.16,EUR,Galp Foz`,
        `Galp,7077123456784182,G-2,${ago(3 * HOUR)},petrol,21.4,38.09,EUR,Galp Foz`,
      ];
      const file = { client, body: lines.join('\n'), headers: { 'content-type': 'text/csv' } as never };
      const told = [unwrap(await importFuelCardRows(file)), unwrap(await importFuelCardRows(file))];
      same(
        'taken',
        told.map(({ created, unchanged }) => [created, unchanged]),
        [
          [2, 0],
          [0, 2],
        ],
      );
      const { data } = unwrap(await listFuelCardRows({ client, query: { sort: 'at' } }));
      same(
        'rows',
        data.map(({ state, flags }) => [state, flags]),
        [
          ['matched', []],
          ['flagged', ['unmatched', 'wrong_fuel']],
        ],
      );
      const { total } = unwrap(await getFuelEntry({ client, path: { id: entry.id } }));
      same('price', total, { amount: 8_016, currency: 'EUR' });
      return 'petrol for a diesel van is flagged';
    },
  );
}

async function theft(guide: Guide, url: string, { client, email, trackers }: Haulier, van: Van): Promise<void> {
  await guide.step('by night 30 litres leave a tank, which its sensor says and the office is told', async () => {
    const points = [0, 80].map((raw) => ({ raw, amount: raw }));
    const sensor = { vehicleId: van.vehicleId, attribute: 'fuel', from: ago(20 * HOUR), points };
    unwrap(await createFuelSensor({ client, body: sensor }));
    const [lng, lat] = DEPOT;
    const positions = Array.from({ length: 30 }, (_, i) => ({
      ...{ fixTime: ago(8 * HOUR - i * 2 * MINUTE), lat, lng, speed: 0, accuracy: 6 },
      attributes: { ignition: false, fuel: i < 15 ? 62 : 32 },
    }));
    const device = createMainstay({ baseUrl: url });
    const headers = { 'X-Tracker-Key': trackers[1].key };
    unwrap(await recordPositions({ client: device, headers, body: { positions: positions as never } }));
    const period = { vehicleId: van.vehicleId, from: ago(9 * HOUR), to: ago(6 * HOUR) };
    unwrap(await makeFuelLevels({ client, body: period }));
    const { data } = unwrap(await listFuelChanges({ client, query: { vehicleId: [van.vehicleId] } }));
    same(
      'changes',
      data.map(({ kind, quantity }) => [kind, quantity]),
      [['drop', 30_000]],
    );
    const { subject } = await mailTo(url, email, /Fuel lost: Van Tejo/);
    return subject;
  });
}
