import { newId } from '../../../src/kernel/ids/ids';
import { openFleet } from '../../support/fleet';
import type { Arrangement, Arrangements, World } from '../world';

const fleet = async ({ shop }: World): Promise<Record<string, string>> =>
  (await openFleet(shop, newId().slice(-10))).ids;

/** At one of a collection of a new fleet. */
const one =
  (collection: string, body: Record<string, unknown> = {}): Arrangement =>
  async (world) => ({ path: { id: (await fleet(world))[collection] }, body });
const ofVehicle: Arrangement = async (world) => ({ body: { vehicleId: (await fleet(world))['fleet-vehicles'] } });

const YEAR = { from: '2026-01-01', to: '2027-01-01' };

const arrangements: Arrangements = {
  enterFleetCost: ofVehicle,
  getFleetCost: one('costs'),
  changeFleetCost: one('costs'),
  deleteFleetCost: one('costs'),
  enterRecurringCost: ofVehicle,
  getRecurringCost: one('recurring'),
  changeRecurringCost: one('recurring'),
  getCostProfile: one('fleet-vehicles'),
  setCostProfile: one('fleet-vehicles'),
  getTotalCostOfOwnership: one('fleet-vehicles'),
  getCostSummary: () => ({ query: { ...YEAR, groupBy: 'vehicle' } }),
  getIdleCosts: () => ({ query: YEAR }),
  getEmissions: () => ({ query: { ...YEAR, groupBy: 'vehicle' } }),
  getUtilisation: () => ({ query: { ...YEAR, groupBy: 'vehicle' } }),
};

export default arrangements;
