import { TrackerGivenVehicle } from './tracker-events';

// Stored events outlive releases: a member may be added here, never renamed or removed.
it('events keep their names and payloads', () => {
  const id = '01900000-0000-7000-8000-000000000001';
  const event = new TrackerGivenVehicle(id, { trackerId: id, vehicleId: null, entered: false });
  expect([event.type, Object.keys(event.payload).sort()]).toEqual([
    'location.tracker-given-vehicle.v1',
    ['entered', 'trackerId', 'vehicleId'],
  ]);
});
