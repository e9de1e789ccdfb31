import { fromMetres } from './geodesy';
import { speedProfileOf } from './speed-profile';
import { journeyOf, type TripPoint } from './trips';

const HOME = { lat: 48.2, lng: 16.37 };
const FROM = Date.UTC(2026, 2, 1, 8);

/** Ten minutes at 8 m/s, ten minutes of standing, ten at 22 m/s; a fix each ten seconds. */
function drive(): TripPoint[] {
  let x = 0;
  return Array.from({ length: 181 }, (_, k) => {
    const speed = k <= 60 ? 8 : k <= 120 ? 0 : 22;
    if (k > 0) x += speed * 10;
    return { fixTime: FROM + k * 10_000, ...fromMetres(HOME, { x, y: 0 }), speed };
  });
}

describe('the profile of speed', () => {
  const sum = (numbers: readonly number[]): number => numbers.reduce((all, each) => all + each, 0);

  it('has bands that sum up to the movement, and shares to one', () => {
    const { bands, distance, movingSeconds } = speedProfileOf(drive(), 'time', 60, FROM);
    const journey = journeyOf(drive());
    expect(bands.map(({ seconds }) => seconds)).toEqual(journey.speedProfile);
    expect(distance).toBeCloseTo(journey.distance, 6);
    expect(sum(bands.map(({ seconds }) => seconds))).toBeCloseTo(movingSeconds, 6);
    expect(sum(bands.map(({ share }) => share))).toBeCloseTo(1, 9);
    expect([bands[0].from, bands[1], bands[7].to]).toMatchObject([0, { from: 5, to: 10 }, null]);
    expect(bands[1].seconds).toBeGreaterThanOrEqual(590);
  });

  it.each([
    ['time', 60],
    ['time', 7],
    ['distance', 500],
    ['distance', 33],
  ] as const)('has bins of %s that cover the way without a gap (%i wide)', (by, width) => {
    const { bins, distance, movingSeconds } = speedProfileOf(drive(), by, width, FROM);
    expect(bins[0].startDistance).toBe(0);
    expect(bins.at(-1)!.endDistance).toBeCloseTo(distance, 6);
    bins.slice(1).forEach((bin, k) => expect(bin.startDistance).toBeCloseTo(bins[k].endDistance, 6));
    const seconds = bins.map((bin) => (bin.endDistance - bin.startDistance) / bin.averageSpeed);
    expect(sum(seconds.filter(Number.isFinite))).toBeLessThanOrEqual(movingSeconds + 1e-6);
    expect(bins[2].averageSpeed).toBeCloseTo(8, 1);
    expect(bins.at(-2)!.averageSpeed).toBeCloseTo(22, 1);
    if (by === 'distance')
      bins.slice(0, -1).forEach((bin) => expect(bin.endDistance - bin.startDistance).toBeCloseTo(width, 6));
  });

  it('is empty for who does not move', () => {
    const still = drive().map((point) => ({ ...point, ...HOME }));
    expect(speedProfileOf(still, 'time', 60, FROM)).toMatchObject({ bins: [], distance: 0, movingSeconds: 0 });
  });
});
