import { DocumentExpiring, MeterRead } from './fleet-events';

const id = '01900000-0000-7000-8000-000000000001';

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
  ];
  expect(events.map((event) => [event.type, Object.keys(event.payload).sort()])).toEqual([
    ['fleet.meter-read.v1', ['at', 'meter', 'total', 'vehicleId']],
    [
      'fleet.document-expiring.v1',
      ['documentId', 'documentType', 'driverId', 'expired', 'expiresOn', 'revision', 'vehicleId'],
    ],
  ]);
});
