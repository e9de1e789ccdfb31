import { coverOf } from './nearby';

const RADIUS = 6_371_008.8;
const RADIANS = Math.PI / 180;
const metres = (a: { lat: number; lng: number }, b: { lat: number; lng: number }): number => {
  const h =
    Math.sin(((b.lat - a.lat) * RADIANS) / 2) ** 2 +
    Math.cos(a.lat * RADIANS) * Math.cos(b.lat * RADIANS) * Math.sin(((b.lng - a.lng) * RADIANS) / 2) ** 2;
  return 2 * RADIUS * Math.asin(Math.min(1, Math.sqrt(h)));
};
/** A sequence that fills an interval evenly (van der Corput): no chance, and no grid either. */
const spread = (n: number, base: number): number => {
  let [value, part] = [0, 1];
  for (let i = n; i > 0; i = Math.floor(i / base)) value += ((part /= base), (i % base) * part);
  return value;
};

describe('the cover of a circle', () => {
  it.each([
    { where: 'in the city', lat: 48.2082, lng: 16.3738 },
    { where: 'on the equator and the meridian', lat: 0, lng: 0 },
    { where: 'east of the antimeridian', lat: 65, lng: -179.999 },
    { where: 'west of the antimeridian', lat: -17.5, lng: 179.9999 },
    { where: 'at the north pole', lat: 90, lng: 0 },
    { where: 'near the south pole', lat: -89.7, lng: 120 },
    { where: 'where the pole is just out of reach', lat: 89.05, lng: -180 },
  ])('has every point within each of its rings, $where', ({ lat, lng }) => {
    for (const radius of [50, 5_000, 100_000]) {
      const cover = coverOf(lat, lng, radius);
      expect(cover.outer.at(-1)).toBe(radius * 1000);
      expect(cover.inner.slice(1)).toEqual(cover.outer.slice(0, -1));
      expect(cover.band.every((band) => band >= 0 && band <= 180 * 64)).toBe(true);
      const counts = { within: 0, once: 0 };
      for (let n = 1; n <= 400; n++) {
        // Around the centre by angle and distance, a little beyond the edge as well.
        const [away, turn] = [(Math.sqrt(spread(n, 2)) * radius * 1.05) / RADIUS, spread(n, 3) * 2 * Math.PI];
        const sin =
          Math.sin(lat * RADIANS) * Math.cos(away) + Math.cos(lat * RADIANS) * Math.sin(away) * Math.cos(turn);
        const at = {
          lat: Math.asin(Math.max(-1, Math.min(1, sin))) / RADIANS,
          lng:
            lng +
            Math.atan2(
              Math.sin(turn) * Math.sin(away) * Math.cos(lat * RADIANS),
              Math.cos(away) - Math.sin(lat * RADIANS) * sin,
            ) /
              RADIANS,
        };
        at.lng = ((((at.lng + 180) % 360) + 360) % 360) - 180;
        const distance = metres({ lat, lng }, at) * 1000;
        cover.outer.forEach((outer, i) => {
          if (distance > outer) return;
          counts.within += 1;
          const band = Math.floor((at.lat + 90) * 64);
          const found = cover.band.filter(
            (it, k) => it === band && cover.ring[k] === i + 1 && cover.west[k] <= at.lng && at.lng <= cover.east[k],
          );
          // Once, or the place would be found twice.
          if (found.length === 1) counts.once += 1;
        });
      }
      expect(counts.within).toBeGreaterThan(300);
      expect(counts.once).toBe(counts.within);
    }
  });

  it('reads little more than the circle', () => {
    const cover = coverOf(48, 16, 5_000);
    expect(cover.outer).toEqual([312_500, 1_250_000, 5_000_000]);
    expect(cover.band.filter((_, k) => cover.ring[k] === 3)).toHaveLength(6);
    expect(coverOf(48, 16, 1e9).outer.at(-1)).toBe(100_000_000);
  });
});
