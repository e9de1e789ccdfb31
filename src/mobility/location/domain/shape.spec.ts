import { FenceIndex } from '../data/fence-index';
import { readFix, timeOf, withoutRollover, positionId, positionIdBytes, positionIds } from './fix';
import { metresBetween } from './geodesy';
import { distanceTo, regionOf } from './region';
import type { Position } from './rings';
import { readShape, type Shape } from './shape';

const box = (west: number, south: number, east: number, north: number): Position[] => [
  [west, south],
  [east, south],
  [east, north],
  [west, north],
  [west, south],
];
const polygon = (...rings: Position[][]): Shape => ({ type: 'Polygon', coordinates: rings });
const CAP = (lat: number): Position[] =>
  [-180, -90, 0, 90, 180].map((lng): Position => [lng === 180 ? -180 : lng, lat]);
const PACIFIC = polygon(box(170, -10, -170, 10));
const SQUARE = polygon(box(0, 0, 1, 1));
const HOLED = polygon(box(0, 0, 10, 10), box(4, 4, 6, 6));
const L: Shape = polygon([
  [0, 0],
  [3, 0],
  [3, 1],
  [1, 1],
  [1, 3],
  [0, 3],
  [0, 0],
]);
const CIRCLE: Shape = { type: 'circle', center: [179.999, 0], radius: 500 };
const POLAR: Shape = { type: 'circle', center: [0, 89.99], radius: 5_000 };
const ROAD: Shape = {
  type: 'corridor',
  coordinates: [
    [0, 0],
    [0.1, 0],
    [0.1, 0.1],
  ],
  width: 100,
};
const FIJI: Shape = {
  type: 'corridor',
  coordinates: [
    [179.9, 0],
    [-179.9, 0],
  ],
  width: 200,
};

describe('regions', () => {
  it.each<[string, Shape, Position, 'in' | 'out' | 'edge']>([
    ['square', SQUARE, [0.5, 0.5], 'in'],
    ['square, beside', SQUARE, [1.5, 0.5], 'out'],
    ['square, at the level of a corner', SQUARE, [-0.5, 1], 'out'],
    ['square, at the level of the lower corners', SQUARE, [-0.5, 0], 'out'],
    ['square, edge', SQUARE, [1, 0.5], 'edge'],
    ['square, corner', SQUARE, [0, 0], 'edge'],
    ['square, a turn away', SQUARE, [-179.5, 0.5], 'out'],
    ['L, in the foot', L, [2.5, 0.5], 'in'],
    ['L, in the leg', L, [0.5, 2.5], 'in'],
    ['L, in the notch', L, [2, 2], 'out'],
    ['L, at the level of the inner corner', L, [2, 1.0001], 'out'],
    ['the wrong way around', polygon(box(0, 0, 1, 1).reverse()), [0.5, 0.5], 'in'],
    ['hole, beside it', HOLED, [2, 5], 'in'],
    ['hole', HOLED, [5, 5], 'out'],
    ['hole, its edge', HOLED, [4, 5], 'edge'],
    ['hole, outside of all', HOLED, [11, 5], 'out'],
    ['antimeridian, east of it', PACIFIC, [-175, 0], 'in'],
    ['antimeridian, west of it', PACIFIC, [175, 0], 'in'],
    ['antimeridian, on it', PACIFIC, [-180, 0], 'in'],
    ['antimeridian, on it from the west', PACIFIC, [180, 0], 'in'],
    ['antimeridian, the rest of the world', PACIFIC, [0, 0], 'out'],
    ['antimeridian, just beside', PACIFIC, [169.9, 0], 'out'],
    ['antimeridian, its edge', PACIFIC, [-170, 0], 'edge'],
    ['antimeridian, north of it', PACIFIC, [180, 10.5], 'out'],
    ['north cap, the pole', polygon(CAP(80)), [0, 90], 'in'],
    ['north cap, within', polygon(CAP(80)), [135, 85], 'in'],
    ['north cap, at its seam', polygon(CAP(80)), [-180, 89], 'in'],
    ['north cap, beyond', polygon(CAP(80)), [45, 79], 'out'],
    ['north cap, the other pole', polygon(CAP(80)), [0, -90], 'out'],
    ['south cap, the pole', polygon(CAP(-80)), [17, -90], 'in'],
    ['south cap, beyond', polygon(CAP(-80)), [17, -79], 'out'],
    ['circle over the antimeridian', CIRCLE, [-179.998, 0], 'in'],
    ['circle over the antimeridian, beyond', CIRCLE, [-179.99, 0], 'out'],
    ['circle over the pole', POLAR, [180, 89.99], 'in'],
    ['circle over the pole, beyond', POLAR, [180, 89.9], 'out'],
    ['corridor, on its line', ROAD, [0.05, 0], 'in'],
    ['corridor, within its width', ROAD, [0.05, 0.0004], 'in'],
    ['corridor, beyond its width', ROAD, [0.05, 0.0006], 'out'],
    ['corridor, around its corner', ROAD, [0.1003, -0.0003], 'in'],
    ['corridor, behind its end', ROAD, [-0.0006, 0], 'out'],
    ['corridor over the antimeridian', FIJI, [-180, 0.0005], 'in'],
    ['corridor over the antimeridian, beside', FIJI, [180, 0.002], 'out'],
  ])('%s', (_name, shape, [lng, lat], where) => {
    const off = distanceTo(regionOf(shape), { lng, lat });
    if (where === 'edge') expect(Math.abs(off)).toBeLessThan(0.01);
    else expect(off < 0).toBe(where === 'in');
    // The index finds each that a place is in, whichever turn of the longitudes it is written in.
    const fence = {
      id: 'f',
      region: regionOf(shape),
      dwellSeconds: null,
      watch: null,
      version: 1,
      since: 0,
      positions: 1,
    };
    const place = { lat, lng: lng === 180 ? -180 : lng };
    if (where !== 'out') expect(new FenceIndex([fence]).near(place, null)).toHaveLength(1);
  });

  it('know how far it is to their edge in metres', () => {
    expect(distanceTo(regionOf(SQUARE), { lng: 0.5, lat: -0.01 })).toBeCloseTo(1111.95, 1);
    expect(distanceTo(regionOf(PACIFIC), { lng: -179.99, lat: 9.99 })).toBeCloseTo(-1111.95, 1);
  });
});

describe('what is drawn', () => {
  const many = Array.from({ length: 100_000 }, (_, i): Position => [Math.cos(i / 1e4), Math.sin(i / 1e4)]);
  it.each<[string, unknown, string, string]>([
    ['nothing', null, 'shape', '/type'],
    ['another type', { type: 'Point', coordinates: [0, 0] }, 'shape', '/type'],
    ['a circle of no place', { type: 'circle', center: [0, 91], radius: 5 }, 'position', '/center'],
    ['a circle of no size', { type: 'circle', center: [0, 0], radius: 0 }, 'radius', '/radius'],
    ['NaN', { type: 'circle', center: [NaN, 0], radius: 5 }, 'position', '/center'],
    ['no rings', { type: 'Polygon', coordinates: [] }, 'shape', '/coordinates'],
    ['a ring of text', { type: 'Polygon', coordinates: ['x'] }, 'shape', '/coordinates/0'],
    [
      'two corners',
      {
        type: 'Polygon',
        coordinates: [
          [
            [0, 0],
            [1, 1],
            [0, 0],
          ],
        ],
      },
      'too-few',
      '/coordinates/0',
    ],
    ['an open ring', { type: 'Polygon', coordinates: [box(0, 0, 1, 1).slice(0, 4)] }, 'not-closed', '/coordinates/0'],
    [
      'a bow tie',
      {
        type: 'Polygon',
        coordinates: [
          [
            [0, 0],
            [1, 1],
            [1, 0],
            [0, 1],
            [0, 0],
          ],
        ],
      },
      'self-crossing',
      '/coordinates/0/0',
    ],
    [
      'a bow tie over the antimeridian',
      {
        type: 'Polygon',
        coordinates: [
          [
            [179, 0],
            [-179, 1],
            [-179, 0],
            [179, 1],
            [179, 0],
          ],
        ],
      },
      'self-crossing',
      '/coordinates/0/0',
    ],
    [
      'a spike',
      {
        type: 'Polygon',
        coordinates: [
          [
            [0, 0],
            [2, 0],
            [1, 0],
            [1, 1],
            [0, 0],
          ],
        ],
      },
      'self-crossing',
      '/coordinates/0/0',
    ],
    [
      'a hole that leaves',
      { type: 'Polygon', coordinates: [box(0, 0, 2, 2), box(1, 1, 3, 1.5)] },
      'self-crossing',
      '/coordinates/1/0',
    ],
    ['far too many corners', { type: 'Polygon', coordinates: [many] }, 'too-many', '/coordinates'],
    [
      'a corridor of one place',
      {
        type: 'corridor',
        coordinates: [
          [0, 0],
          [0, 0],
        ],
        width: 5,
      },
      'too-few',
      '/coordinates',
    ],
    [
      'a corridor of no width',
      {
        type: 'corridor',
        coordinates: [
          [0, 0],
          [1, 0],
        ],
      },
      'width',
      '/width',
    ],
  ])('%s is refused with the place', (_name, raw, code, pointer) => {
    expect(readShape(raw)).toMatchObject({ code, pointer });
  });
  it('is taken when it is right', () => {
    for (const shape of [SQUARE, HOLED, L, PACIFIC, polygon(CAP(80)), CIRCLE, ROAD])
      expect(readShape(shape)).toEqual(shape);
  });
});

it('the index answers as asking every fence would', () => {
  const fences = Array.from({ length: 400 }, (_, i) => {
    const [lng, lat] = [-180 + ((i * 61.7) % 360), -80 + ((i * 23.9) % 155)];
    const shape = polygon(box(lng, lat, lng + 8 > 180 ? lng - 352 : lng + 8, lat + 4));
    return {
      id: String(i),
      region: regionOf(shape),
      dwellSeconds: null,
      watch: null,
      version: 1,
      since: 0,
      positions: 1,
    };
  });
  const index = new FenceIndex(fences);
  for (let i = 0; i < 400; i++) {
    const place = { lng: -180 + ((i * 97.3) % 360), lat: -80 + ((i * 37.7) % 160) };
    const inside = fences.filter(({ region }) => distanceTo(region, place) <= 0).map(({ id }) => id);
    const found = index.near(place, null).filter(({ region }) => distanceTo(region, place) <= 0);
    expect(found.map(({ id }) => id).sort()).toEqual(inside.sort());
  }
});

describe('a position of a batch', () => {
  const NOW = Date.UTC(2026, 2, 1);
  const good = { fixTime: '2026-02-28T23:00:00Z', lat: 48.2, lng: 16.37 };
  it.each<[string, unknown, string]>([
    ['a text', 'x', 'not-an-object'],
    ['a list', [good], 'not-an-object'],
    ['NaN', { ...good, lat: NaN }, 'coordinates-invalid'],
    ['text for a number', { ...good, lat: '48.2' }, 'coordinates-invalid'],
    ['beyond the pole', { ...good, lat: 90.1 }, 'coordinates-invalid'],
    ['no time', { ...good, fixTime: undefined }, 'time-invalid'],
    ['a time without its zone', { ...good, fixTime: '2026-02-28T23:00:00' }, 'time-invalid'],
    ['the future', { ...good, fixTime: '2026-03-02T01:00:00Z' }, 'time-in-future'],
    ['long ago', { ...good, fixTime: '2024-01-01T00:00:00Z' }, 'time-too-old'],
    ['a speed below zero', { ...good, speed: -1 }, 'value-invalid'],
    ['an infinite accuracy', { ...good, accuracy: Infinity }, 'value-invalid'],
    ['nested attributes', { ...good, attributes: { a: {} } }, 'attributes-invalid'],
  ])('%s is refused', (_name, raw, reason) => expect(readFix(raw, 'a', NOW)).toBe(reason));
  it('is read', () => {
    expect(readFix({ ...good, lng: 180, course: 360 }, 'a', NOW)).toMatchObject({ lng: -180, course: 0 });
    expect(readFix(good, null, NOW)).toBe('tracker-unknown');
    expect(timeOf(1_772_366_400)).toBe(timeOf('2026-03-01T12:00:00Z'));
    expect(timeOf(1_772_366_400_000)).toBe(timeOf('2026-03-01T13:00:00+01:00'));
  });
  it('has the time that it would have without the rollover of GPS weeks', () => {
    const rolled = NOW - 1024 * 7 * 86_400_000;
    expect(withoutRollover(rolled, NOW)).toBe(NOW);
    expect(withoutRollover(NOW - 1000, NOW)).toBe(NOW - 1000);
  });
  it('has an id that sorts by time and is the same each time', () => {
    expect(positionId('a', NOW)).toBe(positionId('a', NOW));
    expect(positionId('a', NOW) < positionId('b', NOW + 1)).toBe(true);
    expect(positionId('a', NOW)).not.toBe(positionId('b', NOW));
    expect(positionId('a', NOW)).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}$/);
    // Kept for ever: another id would keep a position a second time.
    expect(positionId('019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c', 1_772_366_400_000)).toBe(
      '019ca945-0a00-7ccb-a2cb-86c2bcbb2b7f',
    );
  });
  it('has the same id among many', () => {
    const fixes = ['a', 'b', 'a', 'c', 'b'].map((trackerId, i) => ({ trackerId, fixTime: NOW + (i % 3) }));
    const ids = fixes.map(({ trackerId, fixTime }) => positionId(trackerId, fixTime));
    expect(positionIds(fixes)).toEqual(ids);
    expect(positionIdBytes(fixes).toString('hex')).toBe(ids.join('').replaceAll('-', ''));
  });
});

it('a degree of latitude has its metres', () => {
  expect(metresBetween({ lat: 0, lng: 0 }, { lat: 1, lng: 0 })).toBeCloseTo(111_195, 0);
  expect(metresBetween({ lat: 0, lng: 179.5 }, { lat: 0, lng: -179.5 })).toBeCloseTo(111_195, 0);
});
