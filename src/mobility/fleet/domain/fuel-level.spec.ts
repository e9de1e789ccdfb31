import fc from 'fast-check';
import {
  changesOf,
  countsAfter,
  countsBefore,
  levelOf,
  paceOf,
  smoothed,
  thresholdsOf,
  type LevelPoint,
} from './fuel-level';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const START = Date.parse('2026-03-01T00:00:00Z');
const TRUCK = thresholdsOf('truck', 'diesel', 400_000);

/** A reading a step; place by the metres driven. */
const reading = (minutes: number, level: number, driven = 0, ignition = false): LevelPoint => ({
  ...{ at: START + minutes * MINUTE, lat: 48 + driven / 111_195, lng: 16, level, ignition, source: 'one' },
});
const kinds = (points: LevelPoint[], thresholds = TRUCK) =>
  changesOf(points, thresholds).map(({ kind, quantity }) => [kind, Math.round(quantity / 1000)]);
const flat = (from: number, level: number) => Array.from({ length: 20 }, (_, i) => reading(from + i, level));
/** Noise that is the same each time. */
const noise = (i: number, most: number): number => Math.round(Math.sin(i * 12.9898) * 43_758.5453) % most;

describe('fuel by a sensor', () => {
  it('is read off a table, and broken readings are none', () => {
    const table = [
      { raw: 0, amount: 0 },
      { raw: 100, amount: 20 },
      { raw: 200, amount: 80 },
    ];
    expect([0, 50, 100, 150, 200, 205].map((raw) => levelOf(table, raw))).toEqual([
      0, 10_000, 20_000, 50_000, 80_000, 80_000,
    ]);
    expect([-20, 999].map((raw) => levelOf(table, raw))).toEqual([null, null]);
    expect(
      levelOf(
        [
          { raw: 0, amount: 80 },
          { raw: 100, amount: 0 },
        ],
        25,
      ),
    ).toBe(60_000);
  });

  it('lost 30 litres at night: one drop, within two litres', () => {
    const points = Array.from({ length: 48 }, (_, i) =>
      reading(i * 10, 300_000 + noise(i, 1_000) - (i >= 20 ? 30_000 : 0)),
    );
    const found = changesOf(points, TRUCK);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({ kind: 'drop', beganAt: points[19].at, endedAt: points[20].at });
    expect(Math.abs(found[0].quantity - 30_000)).toBeLessThanOrEqual(2_000);
    // Siphoned off slowly it is the same.
    const slow = Array.from({ length: 400 }, (_, i) =>
      reading(i / 2, 300_000 + noise(i, 800) - Math.min(30_000, Math.max(0, i - 100) * 750)),
    );
    expect(kinds(slow)).toEqual([['drop', 30]]);
  });

  it('sloshes over two hours of hills, and is burned while standing: nothing', () => {
    const hills = Array.from({ length: 720 }, (_, i) =>
      reading(i / 6, 300_000 - i * 40 + 8_000 * Math.sin(i * 1.7), i * 140, true),
    );
    expect(kinds(hills)).toEqual([]);
    const stops = hills.map((point, i) => ({ ...point, lat: 48 + Math.floor(i / 60) * 0.05 }));
    expect(kinds(stops)).toEqual([]);
    const idling = Array.from({ length: 60 }, (_, i) => reading(i * 30, 300_000 - i * 1_500, 0, true));
    expect(kinds(idling)).toEqual([]);
  });

  it('was filled in: one refill of 200 litres, told only when it is confirmed', () => {
    const fill = (i: number): number => Math.min(200_000, Math.max(0, i - 60) * 7_000);
    const points = Array.from({ length: 240 }, (_, i) => reading(i / 6, 100_000 + noise(i, 800) + fill(i)));
    expect(kinds(points)).toEqual([['refill', 200]]);
    expect(kinds(points.slice(0, 80))).toEqual([]);
    const far = [0, 60, 120, 180, 240, 300].map((at, i) => reading(at, i > 2 ? 280_000 : 80_000));
    expect(kinds(far.slice(0, 5))).toEqual([]);
    expect(kinds(far)).toEqual([['refill', 200]]);
  });

  it('is told by class, size of the tank and kind of fuel', () => {
    const drop = Array.from({ length: 20 }, (_, i) => reading(i, 15_000 - (i > 9 ? 3_000 : 0)));
    expect(kinds(drop, thresholdsOf('car', 'petrol', 50_000))).toEqual([]);
    expect(kinds(drop, thresholdsOf('motorcycle', 'petrol', 18_000))).toEqual([['drop', 3]]);
    expect(kinds(drop, thresholdsOf('motorcycle', 'electric', 18_000))).toEqual([]);
  });

  it('is not compared with what another table, sensor or tracker says', () => {
    const told = (level: number, from: number, source: string) =>
      Array.from({ length: 30 }, (_, i) => ({ ...reading(from + i, level), source }));
    const anew = [...told(300_000, 0, 'one'), ...told(220_000, 30, 'two'), ...told(320_000, 60, 'three')];
    expect(kinds(anew)).toEqual([]);
    const levels = smoothed(anew);
    expect([levels[29], levels[30], levels[59], levels[60]]).toEqual([300_000, 220_000, 220_000, 320_000]);
    expect(kinds([...anew, ...told(290_000, 90, 'three')])).toEqual([['drop', 30]]);
  });

  it('is burned by a machine that works where it stands; at night it is lost', () => {
    const digger = thresholdsOf('machine', 'diesel', 200_000, 25_000);
    const works = Array.from({ length: 180 }, (_, i) => reading(i, 190_000 - i * 450, 0, true));
    expect(kinds(works, digger)).toEqual([]);
    expect(kinds([...works, ...flat(180, 109_000), ...flat(200, 109_000)], digger)).toEqual([]);
    expect(kinds([...flat(0, 190_000), ...flat(20, 160_000)], digger)).toEqual([['drop', 30]]);
  });

  it('is the same in whatever order and parts positions come', () => {
    const step = fc.record({
      minutes: fc.integer({ min: 1, max: 40 }),
      metres: fc.constantFrom(0, 0, 0, 400),
      by: fc.constantFrom(0, 0, 0, -300, 25_000, -30_000, 2_000),
    });
    const tracks = fc.array(step, { minLength: 10, maxLength: 80 }).map((steps) => {
      let [at, driven, level] = [0, 0, 200_000];
      return steps.map(({ minutes, metres, by }) => {
        [at, driven, level] = [at + minutes, driven + metres, Math.max(0, level + by)];
        return reading(at, level, driven);
      });
    });
    const [before, after] = [countsBefore(paceOf('diesel')), countsAfter(paceOf('diesel'))];
    fc.assert(
      fc.property(tracks, fc.integer({ min: 1, max: 12 }), fc.integer(), (track, hours, seed) => {
        const whole = changesOf(track, TRUCK);
        const order = [...track].sort((a, b) => Math.sin(a.at + seed) - Math.sin(b.at + seed));
        expect(changesOf(order, TRUCK)).toEqual(whole);
        const parts: unknown[] = [];
        for (let from = START; from <= track[track.length - 1].at; from += hours * HOUR) {
          const to = from + hours * HOUR;
          const seen = track.filter(({ at }) => at >= from - before && at < to + after);
          parts.push(...changesOf(seen, TRUCK).filter(({ beganAt }) => beganAt >= from && beganAt < to));
        }
        expect(parts).toEqual(whole);
      }),
      { numRuns: 200, seed: 7 },
    );
  });

  const CAR = thresholdsOf('car', 'electric', 60_000);
  /** A sensor that says whole hundredths of 60 kWh, each five minutes. */
  const charged = (from: number, begin: number, kilowatts: number, minutes: number, most = 57_000) =>
    Array.from({ length: minutes / 5 }, (_, i) => {
      const level = Math.min(most, begin + (i * 5 * kilowatts * 1000) / 60);
      return reading(from + i * 5, Math.round(level / 600) * 600);
    });

  it('was charged overnight: one charge from its beginning to its end, and none while it goes on', () => {
    const evening = charged(0, 20_000, 0, 120);
    const night = charged(120, 20_000, 2.3, 960, 50_000);
    const morning = charged(1_080, 50_000, 0, 120);
    const found = changesOf([...evening, ...night, ...morning], CAR);
    expect(found).toHaveLength(1);
    const [{ kind, quantity, beganAt, endedAt }] = found;
    expect(kind).toBe('refill');
    expect(Math.abs(quantity - 30_000)).toBeLessThanOrEqual(1_500);
    expect(Math.abs(beganAt - (START + 120 * MINUTE))).toBeLessThanOrEqual(45 * MINUTE);
    expect(Math.abs(endedAt - (START + 903 * MINUTE))).toBeLessThanOrEqual(45 * MINUTE);
    expect(changesOf([...evening, ...night.slice(0, 100)], CAR)).toEqual([]);
    // Fast at the highway, two nights, and what the sun or a heater does to a battery.
    expect(kinds([...evening, ...charged(120, 20_000, 150, 15), ...charged(135, 56_000, 0, 90)], CAR)).toEqual([
      ['refill', 36],
    ]);
    const nights = [0, 2_000].flatMap((from) => [
      ...charged(from, 20_000, 0, 60),
      ...charged(from + 60, 20_000, 3.7, 300),
      ...charged(from + 360, 38_500, 0, 100),
    ]);
    expect(kinds(nights, CAR).map(([kind]) => kind)).toEqual(['refill', 'refill']);
    const stands = Array.from({ length: 300 }, (_, i) => reading(i * 5, 40_000 - i * 20 + (i % 7 === 0 ? 600 : 0)));
    expect(changesOf(stands, CAR)).toEqual([]);
    const downhill = Array.from({ length: 60 }, (_, i) => reading(i, 30_000 + i * 100, i * 800));
    expect(changesOf(downhill, CAR)).toEqual([]);
  });

  it('was charged the same in whatever parts positions come', () => {
    const [before, after] = [countsBefore(paceOf('electric')), countsAfter(paceOf('electric'))];
    const stage = fc.record({
      minutes: fc.integer({ min: 20, max: 600 }),
      does: fc.constantFrom('charges', 'charges', 'fast', 'stands', 'drives'),
    });
    const tracks = fc.array(stage, { minLength: 3, maxLength: 10 }).map((stages) => {
      let [at, driven, level] = [0, 0, 30_000];
      return stages.flatMap(({ minutes, does }) =>
        Array.from({ length: Math.ceil(minutes / 10) }, () => {
          at += 10;
          const by = { charges: 600, fast: 9_000, stands: 0, drives: -2_400 }[does];
          if (does === 'drives') driven += 9_000;
          level = Math.max(3_000, Math.min(57_000, level + by));
          return reading(at, level, driven);
        }),
      );
    });
    fc.assert(
      fc.property(tracks, fc.integer({ min: 3, max: 24 }), (track, hours) => {
        const whole = changesOf(track, CAR);
        const parts: unknown[] = [];
        for (let from = START; from <= track[track.length - 1].at; from += hours * HOUR) {
          const to = from + hours * HOUR;
          const seen = track.filter(({ at }) => at >= from - before && at < to + after);
          parts.push(...changesOf(seen, CAR).filter(({ beganAt }) => beganAt >= from && beganAt < to));
        }
        expect(parts).toEqual(whole);
      }),
      { numRuns: 200, seed: 7 },
    );
  });
});
