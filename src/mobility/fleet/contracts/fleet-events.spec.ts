import {
  DocumentExpiring,
  DrivingAlert,
  FuelLevelChanged,
  InspectionFailed,
  MaintenanceDue,
  MaintenanceUpcoming,
  MeterRead,
  RouteDispatched,
  RouteEnded,
  StopMoved,
} from './fleet-events';

const id = '01900000-0000-7000-8000-000000000001';
const route = { routeId: id, dispatchId: id, vehicleId: id, driverId: id };
const due = { scheduleId: id, planId: id, planName: 'Oil', vehicleId: id, cycle: 1, by: 'date' as const };

// Stored events outlive releases: a member may be added here, never renamed or removed.
it('events keep their names and payloads', () => {
  const events = [
    new MeterRead(id, { vehicleId: id, meter: 'odometer', total: 1, at: '2026-03-01T12:00:00.000Z' }),
    new DocumentExpiring(id, {
      documentId: id,
      documentType: 'insurance',
      vehicleId: id,
      driverId: null,
      expiresOn: '2026-03-01',
      expired: false,
      revision: 1,
    }),
    new MaintenanceUpcoming(id, due),
    new MaintenanceDue(id, { ...due, workOrderId: id }),
    new InspectionFailed(id, { inspectionId: id, vehicleId: id, workOrderId: id, labels: ['Brakes'], critical: true }),
    new DrivingAlert(id, {
      ...{
        vehicleId: id,
        driverId: id,
        kind: 'speeding',
        at: '2026-03-01T12:00:00.000Z',
        seconds: 1,
        peak: 1,
        lat: 0,
        lng: 0,
      },
    }),
    new FuelLevelChanged(id, {
      ...{ changeId: id, vehicleId: id, driverId: null, kind: 'drop', quantity: 1, lat: 0, lng: 0 },
      ...{ at: '2026-03-01T12:00:00.000Z', endedAt: '2026-03-01T12:00:00.000Z' },
    }),
    new RouteDispatched(id, { ...route, stops: 1, startsAt: '2026-03-01T12:00:00.000Z' }),
    new StopMoved(id, {
      ...route,
      stopId: id,
      planStop: 'a',
      state: 'done',
      reason: null,
      at: '2026-03-01T12:00:00.000Z',
    }),
    new RouteEnded(id, { routeId: id, dispatchId: id, state: 'completed' }),
  ];
  expect(events.map((event) => [event.type, Object.keys(event.payload).sort()])).toEqual([
    ['fleet.meter-read.v1', ['at', 'meter', 'total', 'vehicleId']],
    [
      'fleet.document-expiring.v1',
      ['documentId', 'documentType', 'driverId', 'expired', 'expiresOn', 'revision', 'vehicleId'],
    ],
    ['fleet.maintenance-upcoming.v1', ['by', 'cycle', 'planId', 'planName', 'scheduleId', 'vehicleId']],
    ['fleet.maintenance-due.v1', ['by', 'cycle', 'planId', 'planName', 'scheduleId', 'vehicleId', 'workOrderId']],
    ['fleet.inspection-failed.v1', ['critical', 'inspectionId', 'labels', 'vehicleId', 'workOrderId']],
    ['fleet.driving-alert.v1', ['at', 'driverId', 'kind', 'lat', 'lng', 'peak', 'seconds', 'vehicleId']],
    [
      'fleet.fuel-level-changed.v1',
      ['at', 'changeId', 'driverId', 'endedAt', 'kind', 'lat', 'lng', 'quantity', 'vehicleId'],
    ],
    ['fleet.route-dispatched.v1', ['dispatchId', 'driverId', 'routeId', 'startsAt', 'stops', 'vehicleId']],
    [
      'fleet.stop-moved.v1',
      ['at', 'dispatchId', 'driverId', 'planStop', 'reason', 'routeId', 'state', 'stopId', 'vehicleId'],
    ],
    ['fleet.route-ended.v1', ['dispatchId', 'routeId', 'state']],
  ]);
});
