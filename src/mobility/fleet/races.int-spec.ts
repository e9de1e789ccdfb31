import {
  expectAllHeard,
  expectOneVehicle,
  expectToldOnce,
  givingRace,
  maintenanceRace,
  openRaces,
  trackerRace,
} from '../../../test/scenarios/fleet-races';
import type { FleetDesk } from '../../../test/support/fleet-desk';

describe('at once', () => {
  let desk: FleetDesk;
  beforeAll(async () => {
    desk = await openRaces();
  });
  afterAll(() => desk.app.close());
  beforeEach(() => desk.begin());

  it('of many vehicles that want one tracker, one gets it', async () => expectOneVehicle(await trackerRace(desk)));

  it('maintenance is near once and due once, with one work order, however many look', async () =>
    expectToldOnce(await maintenanceRace(desk)));

  it('a route that is given to two drivers is one’s after the other, and each hears what becomes of it', async () =>
    expectAllHeard(await givingRace(desk)));
});
