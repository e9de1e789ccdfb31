import fc from 'fast-check';
import { readFix, type Fix } from '../domain/fix';
import { reportOf } from './osmand';

const KEY = 'trk_q3Jc9d0m4Xk2v8Zt1sB7uYpL';
const NOW = Date.parse('2026-03-01T12:00:05Z');
const TRACKER = '019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c';
const readAll = (query: Record<string, unknown>, body?: unknown) =>
  reportOf(query, body).positions.map((position) => readFix(position, TRACKER, NOW));
const read = (query: Record<string, unknown>, body?: unknown): Fix => readAll(query, body)[0] as Fix;
const HERE = { id: KEY, lat: '48.2082', lon: '16.3738', timestamp: '1772366400' };

describe('what phone trackers send', () => {
  it('is a position: as Traccar Client says it, every field', () => {
    expect(
      read({
        ...HERE,
        ...{ speed: '27', bearing: '270', altitude: '171.5', accuracy: '5', batt: '83', charge: 'true', mock: 'true' },
        ...{ hdop: '1.2', driverUniqueId: '00417', event: '12', odometer: '120345', alarm: 'sos', valid: '1' },
      }),
    ).toEqual({
      trackerId: TRACKER,
      fixTime: 1_772_366_400_000,
      deviceTime: null,
      receivedAt: NOW,
      ...{ lat: 48.2082, lng: 16.3738, altitude: 171.5, accuracy: 5, speed: (27 * 1852) / 3600, course: 270 },
      attributes: {
        ...{ battery: 83, charging: true, mock: true, hdop: 1.2, driverUniqueId: '00417', event: 12 },
        ...{ odometer: 120_345, alarm: 'sos', valid: true },
      },
    });
  });

  it.each([
    ['1772366400', '2026-03-01T12:00:00.000Z'],
    ['1772366400250', '2026-03-01T12:00:00.250Z'],
    ['2026-03-01T12:00:00Z', '2026-03-01T12:00:00.000Z'],
    ['2026-03-01T13:00:00.5+01:00', '2026-03-01T12:00:00.500Z'],
    ['2026-03-01T13:00:00 0100', '2026-03-01T12:00:00.000Z'],
    ['2026-03-01 12:00:00', '2026-03-01T12:00:00.000Z'],
  ])('the time %s', (timestamp, expected) => {
    const { fixTime, deviceTime } = read({ ...HERE, timestamp, deviceTime: timestamp });
    expect([fixTime, deviceTime].map((ms) => new Date(ms!).toISOString())).toEqual([expected, expected]);
  });

  it('by other names, and without what the phone does not know', () => {
    const { id, timestamp } = HERE;
    const found = read({
      ...{ deviceid: id, timestamp, location: '48.2082,16.3738', heading: '90', battery: '12.5', charge: '0' },
      ...{ speed: '-1', altitude: 'NaN', accuracy: '', activity: 'walking' },
    });
    expect(found).toMatchObject({
      lat: 48.2082,
      lng: 16.3738,
      course: 90,
      speed: null,
      altitude: null,
      accuracy: null,
    });
    expect(found.attributes).toEqual({ battery: 12.5, charging: false, activity: 'walking' });
    expect(reportOf({ deviceid: id }, undefined).key).toBe(id);
  });

  it('whatever else it has is an attribute, as far as there is room: it is refused for none', () => {
    const many = Object.fromEntries(Array.from({ length: 70 }, (_, k) => [`io${k}`, `${k}`]));
    const found = read({
      ...HERE,
      rpm: '2200',
      vin: '007',
      door: 'false',
      ...{ long: 'x'.repeat(501) },
      ['n'.repeat(65)]: '1',
      ...many,
    });
    expect(found.attributes).toMatchObject({ rpm: 2_200, vin: '007', door: false, io0: 0, io46: 46 });
    expect(Object.keys(found.attributes)).toHaveLength(50);
    const wide = Object.fromEntries(Array.from({ length: 9 }, (_, k) => [`text${k}`, 'x'.repeat(400)]));
    expect(Object.keys(read({ ...HERE, ...wide, bad: '\ud800', group: { eq: '1' } }).attributes)).toEqual([
      'text0',
      'text1',
      'text2',
      'text3',
    ]);
  });

  it('in a form, and in the JSON of newer clients, one or many', () => {
    expect(read({}, HERE)).toMatchObject({ lat: 48.2082, lng: 16.3738 });
    expect(read({ id: KEY }, { lat: 48.2, lon: 16.3, timestamp: 1_772_366_400 })).toMatchObject({ lat: 48.2 });
    const location = {
      timestamp: '2026-03-01T12:00:00.000Z',
      recorded_at: '2026-03-01T12:00:01.000Z',
      coords: {
        latitude: 48.2082,
        longitude: 16.3738,
        accuracy: 4.7,
        speed: 13.9,
        heading: 270,
        altitude: 171,
        speed_accuracy: 1,
      },
      ...{ uuid: 'c0ffee', event: 'motionchange', is_moving: true, mock: false, odometer: 1_200.5, age: 12 },
      activity: { type: 'in_vehicle', confidence: 90 },
      battery: { level: 0.8299999833106995, is_charging: true },
      extras: { shift: 'early' },
      _: '&id=123',
    };
    expect(read({}, { device_id: KEY, location })).toEqual({
      trackerId: TRACKER,
      fixTime: 1_772_366_400_000,
      deviceTime: 1_772_366_401_000,
      receivedAt: NOW,
      ...{ lat: 48.2082, lng: 16.3738, altitude: 171, accuracy: 4.7, speed: 13.9, course: 270 },
      attributes: {
        ...{ battery: 83, charging: true, motion: true, activity: 'in_vehicle', uuid: 'c0ffee', event: 'motionchange' },
        ...{ mock: false, odometer: 1_200.5, age: 12, shift: 'early' },
      },
    });
    const unknown = { ...location, coords: { ...location.coords, speed: -1, heading: -1 }, battery: { level: -1 } };
    expect(readAll({ id: KEY }, { location: [unknown, null, {}] })).toEqual([
      expect.objectContaining({ speed: null, course: null }),
      'coordinates-invalid',
      'coordinates-invalid',
    ]);
  });

  it('is read whatever it is, and what is kept is what a batch may have', () => {
    const anything = fc.anything({ withBigInt: false, maxDepth: 3 });
    const names = [
      'timestamp',
      'lat',
      'lon',
      'location',
      'speed',
      'batt',
      'charge',
      'coords',
      'battery',
      'activity',
      'extras',
      'deviceTime',
      'recorded_at',
    ];
    const fields = fc.dictionary(
      fc.oneof(fc.constantFrom(...names), fc.string()),
      fc.oneof(fc.constantFrom('1', '1772366400'), anything),
    );
    fc.assert(
      fc.property(fields, fields, fc.array(fields), (said, location, others) => {
        const good = { ...location, coords: { latitude: 1, longitude: 2 }, timestamp: 1_772_366_400 };
        const [plain] = readAll({ ...said, ...HERE });
        const [first] = readAll({ id: KEY }, { ...said, location: [good, ...others] });
        // Values out of range refuse a position; attributes never do.
        for (const one of [plain, first])
          expect(one === 'value-invalid' || typeof one === 'object' ? null : one).toBeNull();
      }),
      { numRuns: 500 },
    );
  });

  it('of nobody, or too much at once, is refused', () => {
    for (const body of [undefined, null, [], 'text', { device_id: 7 }, {}])
      expect(() => reportOf({ lat: '1' }, body)).toThrow('tells its positions with its key');
    const location = Array.from({ length: 12_001 }, () => null);
    expect(() => reportOf({}, { device_id: KEY, location })).toThrow('at most 12000 positions');
  });
});
