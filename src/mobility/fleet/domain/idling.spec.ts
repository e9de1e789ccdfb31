import type { DrivenPoint } from './driving';
import { idlingOf } from './idling';

const NOON = Date.parse('2026-03-01T12:00:00Z');
/** Points every so many seconds that say this. */
const said = (count: number, step: number, more: Partial<DrivenPoint> = {}): DrivenPoint[] =>
  Array.from({ length: count }, (_, i) => ({
    ...{ at: NOON + i * step * 1000, lat: 48, lng: 16, speed: 0, course: 0, accuracy: 5, ignition: true },
    ...more,
  }));
const but = (points: DrivenPoint[], at: number, more: Partial<DrivenPoint>): DrivenPoint[] =>
  points.map((point, i) => (i === at ? { ...point, ...more } : point));

it.each([
  ['six minutes', said(37, 10), [360]],
  ['five minutes less a step', said(30, 10), []],
  ['six minutes without ignition', said(37, 10, { ignition: false }), []],
  ['six minutes of a device that does not know', said(37, 10, { ignition: null }), []],
  ['six minutes of a device that does not say how fast', said(37, 10, { speed: null }), []],
  ['creeping at 1.2 m/s', said(37, 10, { speed: 1.2 }), []],
  ['one outlier of speed', but(said(61, 10), 30, { speed: 4 }), [600]],
  ['the ignition off once', but(said(71, 10), 35, { ignition: false }), [340, 340]],
  ['a position every ten minutes', said(4, 600), [1_800]],
  ['a position every quarter of an hour', said(4, 900), []],
  ['repeated and backwards', [...said(37, 10), ...said(37, 10)].reverse(), [360]],
] as const)('%s', (_name, points, expected) => {
  expect(idlingOf(points).map(({ seconds }) => seconds)).toEqual(expected);
});
