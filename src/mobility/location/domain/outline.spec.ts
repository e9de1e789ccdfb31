import { FenceIndex } from '../data/fence-index';
import { MOST_WATCHED } from './fence';
import { DEGREE, wrapped } from './geodesy';
import { Outline } from './outline';
import { distanceTo, entryOf, holds, regionOf } from './region';
import type { Position } from './rings';
import { readingShape, readShape, type Shape } from './shape';

/** A pseudo-random number of [0, 1) by seed (mulberry32): the same in every run. */
const random = (seed: number) => (): number => {
  seed = (seed + 0x6d2b79f5) | 0;
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
};
const ring = (corners: number, radius: (turn: number) => number, [lng, lat]: Position): Position[] => {
  const line = Array.from({ length: corners }, (_, at): Position => {
    const turn = (2 * Math.PI * at) / corners;
    return [wrapped(lng + radius(turn) * Math.cos(turn)), lat + radius(turn) * Math.sin(turn)];
  });
  return [...line, line[0]];
};
/** Asks every edge. */
const asked = (line: readonly Position[], [lng, lat]: Position) => {
  const scale = DEGREE * Math.cos((lat * Math.PI) / 180);
  let nearest = Infinity;
  let inside = false;
  line.slice(1).forEach((next, at) => {
    const [fx, fy] = [wrapped(line[at][0] - lng) * scale, (line[at][1] - lat) * DEGREE];
    const [dx, dy] = [wrapped(next[0] - line[at][0]) * scale, (next[1] - line[at][1]) * DEGREE];
    const along = Math.min(1, Math.max(0, -(fx * dx + fy * dy) / (dx * dx + dy * dy)));
    nearest = Math.min(nearest, Math.hypot(fx + along * dx, fy + along * dy));
    if (fy > 0 !== fy + dy > 0 && fx - (fy / dy) * dx > 0) inside = !inside;
  });
  return inside ? -nearest : nearest;
};

describe('an outline', () => {
  it.each([1, 3])('answers as asking every edge would (seed %i)', (seed) => {
    const next = random(seed);
    const center: Position = [seed === 3 ? 179.99 : 16, 48];
    const wobble = Array.from({ length: 9 }, next);
    const line = ring(
      20 + Math.floor(next() * 600),
      (turn) => 0.05 + 0.02 * wobble.reduce((sum, part, k) => sum + part * Math.sin(k * turn), 0) ** 2,
      center,
    );
    const region = regionOf({ type: 'Polygon', coordinates: [line] });
    for (let i = 0; i < 80; i++) {
      const place: Position = [wrapped(center[0] + (next() - 0.5) * 0.4), center[1] + (next() - 0.5) * 0.4];
      const [off, at] = [asked(line, place), { lng: place[0], lat: place[1] }];
      expect(distanceTo(region, at)).toBeCloseTo(off, 3);
      expect(holds(region, at)).toBe(off <= 0);
      expect(distanceTo(region, at, 50, 500)).toBeCloseTo(Math.max(-50, Math.min(500, off)), 3);
      // The first place on the way that is inside, as small steps find it.
      const to = { lng: wrapped(at.lng + (next() - 0.5) * 0.02), lat: at.lat + (next() - 0.5) * 0.02 };
      const entry = entryOf(region, at, to);
      const step = (part: number) =>
        holds(region, {
          lng: wrapped(at.lng + part * wrapped(to.lng - at.lng)),
          lat: at.lat + part * (to.lat - at.lat),
        });
      if (off <= 0) expect(entry).toBe(0);
      else if (entry === null) for (let part = 0; part <= 1; part += 0.1) expect(step(part)).toBe(false);
      else {
        expect(step(Math.min(1, entry + 1e-9)) || step(entry)).toBe(true);
        for (let part = 0; part < entry - 1e-6; part += entry / 10) expect(step(part)).toBe(false);
      }
    }
  });

  it('meets ways that come near to a corridor or a circle, at the place where they do', () => {
    const corridor = regionOf({
      type: 'corridor',
      coordinates: [
        [16, 48],
        [16.01, 48],
        [16.01, 48.01],
      ],
      width: 100,
    });
    const north = entryOf(corridor, { lng: 16.005, lat: 47.995 }, { lng: 16.005, lat: 48.002 })!;
    expect(north * 0.007 * DEGREE).toBeCloseTo(0.005 * DEGREE - 50, 0);
    expect(entryOf(corridor, { lng: 15.9985, lat: 47.995 }, { lng: 15.9985, lat: 48.002 })).toBeNull();
    expect(entryOf(corridor, { lng: 15.9995, lat: 47.995 }, { lng: 15.9995, lat: 48.002 })).toBeGreaterThan(0.6);
    const circle = regionOf({ type: 'circle', center: [180, 0], radius: 200 });
    const east = entryOf(circle, { lng: 179.99, lat: 0 }, { lng: -179.99, lat: 0 })!;
    expect(east * 0.02 * DEGREE).toBeCloseTo(0.01 * DEGREE - 200, 0);
    expect(entryOf(circle, { lng: 179.99, lat: 0.002 }, { lng: -179.99, lat: 0.002 })).toBeNull();
  });

  it('reads a few of five thousand edges where the answer is near', () => {
    let reads = 0;
    const line = ring(5_000, () => 0.01, [16, 48]);
    const points = new Proxy(Float64Array.from(line.flat()), {
      get: (of, key) => {
        if (typeof key === 'string' && /^\d/.test(key)) reads += 1;
        return Reflect.get(of, key, of) as unknown;
      },
    });
    const outline = new Outline(points, 5_000);
    reads = 0;
    expect(outline.encloses(16, 48)).toBe(true);
    expect(outline.distance(16, 48, 50)).toBe(50);
    expect(outline.distance(16.0099, 48, 50)).toBeLessThan(10);
    expect(reads).toBeLessThan(400);
  });
});

it('a place has to do with fifty fences and no more, of which the oldest come first', () => {
  const fences = Array.from({ length: 200 }, (_, at) => ({
    id: `${1000 - at}`,
    region: regionOf({ type: 'circle', center: [16, 48], radius: 100 + at }),
    dwellSeconds: null,
    watch: null,
    version: 1,
    since: 0,
    positions: 1,
  }));
  const found = new FenceIndex(fences).near({ lng: 16, lat: 48 }, { lng: 15.999, lat: 48 });
  expect(found.map(({ id }) => id)).toEqual(
    fences
      .map(({ id }) => id)
      .sort()
      .slice(0, MOST_WATCHED),
  );
});

it('a comb of five thousand corners is read in pieces, and one that crosses itself at its end is refused', () => {
  // Each tooth leans, so that the boxes of all of them lie over each other.
  const teeth = 2_498;
  const comb: Position[] = Array.from({ length: teeth }, (_, at): Position => {
    const [x, y] = [at * -4e-6, at * 1e-5];
    return at % 2 === 0 ? [x, y] : [x + 20, y + 8];
  });
  const far: Position[] = [
    [30, 20],
    [30, -5],
    [-1, -5],
  ];
  const shape = { type: 'Polygon', coordinates: [[...comb, ...far, comb[0]]] };
  const reading = readingShape(shape);
  let pieces = 1;
  let step = reading.next();
  for (; !step.done; step = reading.next()) pieces += 1;
  expect(step.value).toEqual(shape);
  expect(pieces).toBeGreaterThan(2);
  const crossed: Shape = { type: 'Polygon', coordinates: [[...comb, ...far, [10, 9], comb[0]]] };
  expect(readShape(crossed)).toMatchObject({ code: 'self-crossing' });
});
