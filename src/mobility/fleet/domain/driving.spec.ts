import { drivenOf, scoreOf, THRESHOLDS, type DrivenPoint, type DrivenTotals } from './driving';

const NOON = Date.parse('2026-03-01T12:00:00Z');
/** Points at steps of so many seconds, north at these speeds. */
const drive = (speeds: readonly number[], step = 1, more: Partial<DrivenPoint> = {}): DrivenPoint[] =>
  speeds.map((speed, i) => ({
    ...{ at: NOON + i * step * 1000, lat: 48 + i * 1e-4, lng: 16, speed, course: 0, accuracy: 5, ignition: true },
    ...more,
  }));
const kinds = (points: readonly DrivenPoint[]) => drivenOf(points, THRESHOLDS.car).events.map(({ kind }) => kind);
const G = 9.80665;
const ramp = (from: number, g: number, seconds: number): number[] =>
  Array.from({ length: seconds + 1 }, (_, i) => from - g * G * i);
const flat = (speed: number, count: number): number[] => Array.from({ length: count }, () => speed);
/** Numbers that look drawn by lot and are always the same (mulberry32). */
function lots(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

it.each([
  ['braking of 0.5 g for 2 s', drive([...flat(20, 3), ...ramp(20, 0.5, 2), ...flat(20 - G, 3)]), ['harsh_braking']],
  ['braking of 0.25 g', drive([...flat(20, 3), ...ramp(20, 0.25, 4), ...flat(20 - G, 3)]), []],
  ['accelerating of 0.5 g', drive([...flat(2, 3), ...ramp(2, -0.5, 3), ...flat(16.7, 3)]), ['harsh_acceleration']],
  ['one outlier of speed', drive([...flat(20, 5), 35, ...flat(20, 5)]), []],
  ['speeding for 12 s', drive(flat(40, 13)), ['speeding']],
  ['speeding for 9 s', drive(flat(40, 10)), []],
  ['standing for 6 minutes', drive(flat(0, 37), 10), []],
] as const)('%s', (_name, points, expected) => {
  expect(kinds(points)).toEqual(expected);
});

it('a bend taken too fast is one event, by class of vehicle', () => {
  const bend = drive(flat(15, 12)).map((point, i) => ({ ...point, course: (350 + Math.min(i, 6) * 15) % 360 }));
  // 15 m/s x 15 degrees a second = 0.40 g.
  expect(kinds(bend)).toEqual([]);
  expect(drivenOf(bend, THRESHOLDS.van).events.map(({ kind }) => kind)).toEqual(['harsh_cornering']);
});

it('positions every 5 s tell of no harsh braking, and say that they cannot', () => {
  const seldom = drivenOf(drive([20, 20, 10, 2, 2, 2], 5), THRESHOLDS.car);
  expect([seldom.events, seldom.lowResolution]).toEqual([[], true]);
});

it('an hour of steady driving with noise has no event', () => {
  const lot = lots(7);
  const noise = (): number => (lot() + lot() + lot() + lot() - 2) * 0.87;
  const hour = drive(flat(25, 3_600).map((speed) => speed + noise()));
  expect(kinds(hour)).toEqual([]);
});

it('any order, chunking and repetition of the points gives the same events', () => {
  for (let seed = 1; seed <= 15; seed++) {
    const lot = lots(seed);
    const points = drive(Array.from({ length: 200 }, () => 0)).map((point, i) => ({
      ...point,
      speed: 20 + 12 * Math.sin(i / (2 + lot() * 0.1)) + lot() * 3,
      course: (i * 7 + lot() * 25) % 360,
    }));
    const whole = drivenOf(points, THRESHOLDS.truck);
    expect(whole.events.length).toBeGreaterThan(3);
    const repeated = [...points, ...points.filter(() => lot() < 0.4)];
    const shuffled = repeated.map((point) => ({ point, key: lot() })).sort((a, b) => a.key - b.key);
    const cut = Math.floor(lot() * shuffled.length);
    const chunks = [shuffled.slice(cut), shuffled.slice(0, cut)].flat().map(({ point }) => point);
    expect(drivenOf(chunks, THRESHOLDS.truck)).toEqual(whole);
  }
});

it('the score of a whole is that of its parts, more events never raise it, and little says nothing', () => {
  const none: DrivenTotals = {
    metres: 100_000,
    harshAcceleration: 0,
    harshBraking: 0,
    harshCornering: 0,
    speedingSeconds: 0,
    idleSeconds: 0,
    nightSeconds: 0,
  };
  expect(scoreOf(none)).toBe(100);
  expect(scoreOf({ ...none, metres: 49_999 })).toBeNull();
  // Five brakings in 100 km: 100 e^-0.1.
  expect(scoreOf({ ...none, harshBraking: 5 })).toBeCloseTo(90.4837418, 6);
  const part = {
    ...none,
    harshBraking: 3,
    harshCornering: 1,
    speedingSeconds: 90,
    idleSeconds: 600,
    nightSeconds: 1_800,
  };
  const whole = Object.fromEntries(
    Object.entries(part).map(([key, value]) => [key, value * 2]),
  ) as unknown as DrivenTotals;
  expect(scoreOf(whole)).toBeCloseTo(scoreOf(part)!, 9);
  for (const key of Object.keys(none).slice(1))
    expect(scoreOf({ ...part, [key]: part[key as keyof DrivenTotals] + 60 })!).toBeLessThan(scoreOf(part)!);
});
