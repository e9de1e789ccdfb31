import { ActivityTally, boundsOf, totalOf, type Activity, type CountedFix } from './analytics';
import { fromMetres, metresBetween } from './geodesy';
import { SeededRandom } from './optimization/random';
import { journeyOf } from './trips';

const HOME = { lat: 48.2, lng: 16.37 };
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** A Saturday in Vienna; the night after has 23 hours. */
const FROM = Date.parse('2026-03-28T00:00:00+01:00');
const TO = Date.parse('2026-03-31T00:00:00+02:00');

/** A van that drives and stands at random, through the nights too, with a few fixes that are not believed. */
function wandering(seed: number, noise: number): CountedFix[] {
  const random = new SeededRandom(seed);
  const fixes: CountedFix[] = [];
  let [x, speed, ignition] = [0, 0, false];
  for (let time = FROM + 5_000; time < TO;) {
    if (random.next() < 0.01) speed = random.next() < 0.5 ? 0 : 5 + random.next() * 25;
    if (random.next() < 0.02) ignition = speed > 0 || random.next() < 0.5;
    const off = noise * random.next();
    const reason = random.next() < 0.03 ? 'inaccurate' : null;
    const place = fromMetres(HOME, { x: x + off, y: off });
    fixes.push({ fixTime: time, ...place, speed: random.next() < 0.5 ? null : speed, reason, ignition });
    const seconds = random.next() < 0.002 ? 5_000 : 20 + Math.floor(random.next() * 20);
    x += speed * seconds;
    time += seconds * 1000;
  }
  return fixes;
}

const tallied = (fixes: readonly CountedFix[], bounds: readonly number[]): Activity[] => {
  const tally = new ActivityTally(bounds);
  for (const fix of fixes) tally.take(fix);
  return tally.end();
};

describe('the days of a zone', () => {
  it('have 23 or 25 hours where the clock is set, and begin when the clock says so', () => {
    const hours = (from: string, to: string, zone: string): number[] => {
      const bounds = boundsOf(Date.parse(from), Date.parse(to), 'day', zone);
      return bounds.slice(1).map((bound, k) => (bound - bounds[k]) / HOUR);
    };
    expect(hours('2026-03-28T12:00:00+01:00', '2026-03-31T06:00:00+02:00', 'Europe/Vienna')).toEqual([12, 23, 24, 6]);
    expect(hours('2026-10-24T00:00:00+02:00', '2026-10-27T00:00:00+01:00', 'Europe/Vienna')).toEqual([24, 25, 24]);
    // There the clock is set at midnight: the day begins at one.
    expect(hours('2025-09-06T00:00:00-04:00', '2025-09-09T00:00:00-03:00', 'America/Santiago')).toEqual([24, 23, 24]);
  });

  it('make weeks that begin on Monday, months, and one whole', () => {
    const [from, to] = [Date.parse('2026-01-01T00:00:00Z'), Date.parse('2026-03-01T00:00:00Z')];
    const starts = (grouping: 'week' | 'month' | 'tracker'): string[] =>
      boundsOf(from, to, grouping, 'UTC').map((bound) => new Date(bound).toISOString().slice(0, 10));
    expect(starts('week').slice(0, 3)).toEqual(['2026-01-01', '2026-01-05', '2026-01-12']);
    expect(starts('month')).toEqual(['2026-01-01', '2026-02-01', '2026-03-01']);
    expect(starts('tracker')).toEqual(['2026-01-01', '2026-03-01']);
  });
});

describe('what a device did', () => {
  it.each([
    [1, 0],
    [2, 8],
    [3, 15],
  ])('day by day sums up to the whole, and to its trips and stops (%i, noise %i m)', (seed, noise) => {
    const fixes = wandering(seed, noise);
    const days = tallied(fixes, boundsOf(FROM, TO, 'day', 'Europe/Vienna'));
    expect(days).toHaveLength(3);
    const [whole] = tallied(fixes, [FROM, TO]);
    const total = totalOf(days);
    const close = (a: number, b: number): void => expect(Math.abs(a - b)).toBeLessThan(1e-6 * Math.max(1, b));
    for (const key of ['distance', 'movingSeconds', 'stoppedSeconds', 'idleSeconds', 'silentSeconds'] as const)
      close(total[key], whole[key]);
    total.speedProfile.forEach((seconds, band) => close(seconds, whole.speedProfile[band]));
    close(total.gaps.seconds, whole.gaps.seconds);
    close(total.averageSpeed!, whole.averageSpeed!);
    const { trips, stops, maxSpeed, firstFixTime, lastFixTime } = whole;
    expect(total).toMatchObject({ trips, stops, maxSpeed, firstFixTime, lastFixTime, fixes: whole.fixes });

    const believed = fixes.filter(({ reason }) => reason === null);
    const journey = journeyOf(believed);
    expect([trips, stops]).toEqual([journey.trips.length, journey.stops.length]);
    expect(trips).toBeGreaterThan(10);
    close(whole.distance, journey.distance);
    const lasting = (these: readonly { startTime: number; endTime: number }[]): number =>
      these.reduce((sum, { startTime, endTime }) => sum + (endTime - startTime) / 1000, 0);
    close(whole.movingSeconds, lasting(journey.trips.filter(({ gap }) => !gap)));
    close(whole.silentSeconds, lasting(journey.trips.filter(({ gap }) => gap)));
    close(whole.stoppedSeconds, lasting(journey.stops));
    close(
      whole.movingSeconds,
      whole.speedProfile.reduce((sum, seconds) => sum + seconds, 0),
    );
    // Every second between the first fix and the last is in exactly one of them.
    const span = (believed.at(-1)!.fixTime - believed[0].fixTime) / 1000;
    close(whole.movingSeconds + whole.stoppedSeconds + whole.silentSeconds, span);
    expect(whole.idleSeconds).toBeGreaterThan(0);
    expect(whole.idleSeconds).toBeLessThan(whole.stoppedSeconds);
    expect(whole.fixes).toMatchObject({ received: fixes.length, believed: believed.length });
    expect(whole.fixes.refused.inaccurate).toBe(fixes.length - believed.length);
    const silences = believed.filter((fix, k) => k > 0 && fix.fixTime - believed[k - 1].fixTime > HOUR);
    expect(whole.gaps.count).toBe(silences.length);
  });

  it('over a bound is split by time, and a trip counts where it began', () => {
    const at = (time: number, x: number): CountedFix => ({
      ...fromMetres(HOME, { x, y: 0 }),
      ...{ fixTime: FROM + time, speed: null, reason: null, ignition: null },
    });
    // An hour from ten minutes before midnight, 20 m/s.
    const way = Array.from({ length: 121 }, (_, k) => at(DAY - 615_000 + k * 30_000, k * 600));
    const [before, after] = tallied(way, [FROM, FROM + DAY, FROM + 2 * DAY]);
    const metres = way.slice(1).reduce((sum, fix, k) => sum + metresBetween(way[k], fix), 0);
    expect([before.trips, after.trips]).toEqual([1, 0]);
    expect([before.movingSeconds, after.movingSeconds]).toEqual([615, 2_985]);
    expect(before.distance).toBeCloseTo((metres * 615) / 3_600, 3);
    expect(before.distance + after.distance).toBeCloseTo(metres, 6);
  });
});
