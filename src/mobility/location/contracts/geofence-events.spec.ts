import { GeofenceDwelled, GeofenceEntered, GeofenceLeft } from './geofence-events';

const visit = {
  eventId: '01900000-0000-7000-8000-000000000001',
  trackerId: '01900000-0000-7000-8000-000000000002',
  geofenceId: '01900000-0000-7000-8000-000000000003',
  at: '2026-03-01T12:00:00.000Z',
  lat: 48.2,
  lng: 16.37,
  late: false,
  followed: true,
};
const MEMBERS = ['at', 'eventId', 'followed', 'geofenceId', 'lat', 'late', 'lng', 'trackerId'];

// Stored events outlive releases: a member may be added here, never renamed or removed.
it('events keep their names and payloads', () => {
  const events = [GeofenceEntered, GeofenceLeft, GeofenceDwelled].map((it) => new it(visit.trackerId, visit));
  expect(events.map((event) => [event.type, Object.keys(event.payload).sort()])).toEqual([
    ['location.geofence-entered.v1', MEMBERS],
    ['location.geofence-left.v1', MEMBERS],
    ['location.geofence-dwelled.v1', MEMBERS],
  ]);
});
