import { newId } from '../../../src/kernel/ids/ids';
import { expectStatus } from '../../support/client';
import { openFleet } from '../../support/fleet';
import { dispatchBody, openDispatch } from '../../support/fleet-dispatch';
import { stock } from '../../support/shop';
import { uploaded } from '../../support/upload';
import type { Arrangement, Arrangements, World } from '../world';

const mark = (): string => newId().slice(-10);
const fleet = async ({ shop }: World): Promise<Record<string, string>> => (await openFleet(shop, mark())).ids;
const made = async ({ shop }: World, path: string, body: object): Promise<string> =>
  expectStatus(await shop.asOwner.post<{ id: string }>(path, body), 201).id;

const ofVehicle: Arrangement = async (world) => ({ path: { id: (await fleet(world))['fleet-vehicles'] } });
const ofDriver: Arrangement = async (world) => ({ path: { id: (await fleet(world)).drivers } });
const ofDocument: Arrangement = async (world) => ({ path: { id: (await fleet(world)).documents } });
const ofFleet: Arrangement = async (world) => ({ path: { id: (await fleet(world)).fleets } });

/** What belongs to one collection of a new fleet. */
const one =
  (collection: string, body: Record<string, unknown> = {}): Arrangement =>
  async (world) => ({ path: { id: (await fleet(world))[collection] }, body });

const dispatched =
  (collection: string): Arrangement =>
  async ({ shop }) => ({ path: { id: (await openDispatch(shop, mark()))[collection] } });

const arrangements: Arrangements = {
  dispatchPlan: async ({ shop }) => ({ body: { ...(await dispatchBody(shop, mark())) } }),
  getDispatch: dispatched('dispatches'),
  cancelDispatch: dispatched('dispatches'),
  getDispatchRoute: dispatched('dispatch-routes'),
  giveDispatchRoute: async (world) => {
    const { 'dispatch-routes': id } = await openDispatch(world.shop, mark());
    const vehicleId = await made(world, '/fleet-vehicles', { name: `Van ${mark()}`, class: 'van' });
    return { path: { id }, body: { vehicleId, driverId: await made(world, '/drivers', { name: 'Emil' }) } };
  },
  moveDispatchStop: async ({ shop }) => {
    const { 'dispatch-routes': id, stops: stopId } = await openDispatch(shop, mark());
    return { path: { id, stopId }, body: { reason: undefined, proof: undefined } };
  },
  enterFuel: async (world) => ({
    body: { vehicleId: (await fleet(world))['fleet-vehicles'], at: undefined },
  }),
  getFuelEntry: one('entries'),
  changeFuelEntry: one('entries'),
  deleteFuelEntry: one('entries'),
  // The example's digits are of one card alone; what it was paid for twice is taken once.
  createFuelCard: async ({ ownShop }) => ({ client: (await ownShop()).asOwner }),
  importFuelCardRows: async ({ ownShop }) => ({ client: (await ownShop()).asOwner }),
  getFuelCard: one('cards'),
  labelFuelCard: one('cards'),
  listFuelCardHolders: one('cards'),
  assignFuelCard: async (world) => {
    const ids = await fleet(world);
    return {
      path: { id: ids.cards },
      body: { vehicleId: ids['fleet-vehicles'], driverId: undefined, until: undefined },
    };
  },
  returnFuelCard: async (world) => {
    const ids = await fleet(world);
    const holder = { vehicleId: ids['fleet-vehicles'], from: '2026-01-01T00:00:00Z' };
    expectStatus(await world.shop.asOwner.post(`/fuel/cards/${ids.cards}/holders`, holder), 200);
    return { path: { id: ids.cards }, body: { at: undefined } };
  },
  getFuelCardRow: one('card-rows'),
  settleFuelCardRow: one('card-rows'),
  createFuelSensor: async (world) => ({ body: { vehicleId: (await fleet(world))['fleet-vehicles'] } }),
  deleteFuelSensor: one('sensors'),
  listFuelLevels: async (world) => ({ query: { vehicleId: (await fleet(world))['fleet-vehicles'] } }),
  makeFuelLevels: async (world) => ({ body: { vehicleId: (await fleet(world))['fleet-vehicles'] } }),
  getFuelChange: one('changes'),
  decideFuelChange: one('changes'),
  getFuelConsumption: async (world) => ({
    query: { vehicleId: (await fleet(world))['fleet-vehicles'], from: '2026-01-01', to: '2026-12-31' },
  }),
  getFleetTrip: one('trips'),
  listDrivingScores: () => ({ query: { by: 'vehicle', from: '2026-01-01', to: '2046-01-01' } }),
  makeFleetTrips: async (world) => ({ body: { vehicleId: (await fleet(world))['fleet-vehicles'] } }),
  getMaintenancePlan: one('plans'),
  scheduleMaintenance: async (world) => {
    const ids = await fleet(world);
    const planId = await made(world, '/maintenance/plans', { name: 'Tyres', everyMetres: 50_000_000, currency: 'EUR' });
    return { body: { planId, vehicleId: ids['fleet-vehicles'] } };
  },
  getMaintenanceSchedule: one('schedules'),
  createWarranty: async (world) => ({ body: { vehicleId: (await fleet(world))['fleet-vehicles'] } }),
  openWorkOrder: async (world) => ({ body: { vehicleId: (await fleet(world))['fleet-vehicles'] } }),
  getWorkOrder: one('work-orders'),
  moveWorkOrder: one('work-orders'),
  addWorkOrderCost: one('work-orders'),
  addWorkOrderPart: async (world) => {
    const sku = `OIL-${mark()}`;
    await stock(world.shop, { sku, quantity: 5 });
    return { path: { id: (await fleet(world))['work-orders'] }, body: { sku } };
  },
  inspectVehicle: async (world) => {
    const ids = await fleet(world);
    const fileId = await uploaded(world.shop.asOwner, 'a picture', 'brakes.txt');
    const results = [{ key: 'brakes', ok: false, note: 'Soft pedal', fileIds: [fileId] }];
    const about = { vehicleId: ids['fleet-vehicles'], checklistId: ids.checklists };
    return { body: { ...about, results } };
  },
  getInspection: one('inspections'),
  getChecklist: one('checklists'),
  changeChecklist: one('checklists'),
  // The example's name is for one fleet alone.
  createFleet: async ({ ownShop }) => ({ client: (await ownShop()).asOwner }),
  getFleet: ofFleet,
  changeFleet: async (world) => ({ ...(await ofFleetIn(world)), body: { name: `Vans ${mark()}` } }),
  deleteFleet: async (world) => ({ path: { id: await made(world, '/fleets', { name: `Empty ${mark()}` }) } }),
  createFleetVehicle: async ({ ownShop }) => ({ client: (await ownShop()).asOwner }),
  getFleetVehicle: ofVehicle,
  changeFleetVehicle: async (world) => ({
    path: { id: (await fleet(world))['fleet-vehicles'] },
    body: { vin: undefined, plate: mark() },
  }),
  moveFleetVehicle: ofVehicle,
  listFleetAssignments: ofVehicle,
  listMeterReadings: ofVehicle,
  // A later reading is there.
  recordMeterReading: async (world) => ({ ...(await ofVehicleIn(world)), body: { at: undefined } }),
  assignToFleetVehicle: async (world) => {
    const ids = await fleet(world);
    const subjectId = await made(world, '/drivers', { name: 'Emil' });
    return { path: { id: ids['fleet-vehicles'] }, body: { subjectId, slot: 2 } };
  },
  endFleetAssignment: async (world) => {
    const ids = await fleet(world);
    return { path: { id: ids['fleet-vehicles'], assignmentId: ids.assignments } };
  },
  deleteFleetAssignment: async (world) => {
    const ids = await fleet(world);
    const body = { kind: 'driver', subjectId: ids.drivers, from: '2039-01-01', slot: 1 };
    const end = { until: '2038-01-01T00:00:00Z' };
    const at = `/fleet-vehicles/${ids['fleet-vehicles']}/assignments`;
    expectStatus(await world.shop.asOwner.call('PATCH', `${at}/${ids.assignments}`, end), 200);
    return { path: { id: ids['fleet-vehicles'], assignmentId: await made(world, at, body) } };
  },
  getDriver: ofDriver,
  changeDriver: ofDriver,
  forgetDriver: ofDriver,
  getOwnDriver: async (world) => {
    const shop = await world.ownShop();
    const body = { name: 'Dora', userId: shop.owner.user.id };
    expectStatus(await shop.asOwner.post('/drivers', body), 201);
    return { client: shop.asOwner };
  },
  createFleetDocument: async (world) => ({ body: { vehicleId: (await fleet(world))['fleet-vehicles'] } }),
  getFleetDocument: ofDocument,
  changeFleetDocument: ofDocument,
  deleteFleetDocument: ofDocument,
};

const ofVehicleIn = async (world: World) => ({ path: { id: (await fleet(world))['fleet-vehicles'] } });
const ofFleetIn = async (world: World) => ({ path: { id: (await fleet(world)).fleets } });

export default arrangements;
