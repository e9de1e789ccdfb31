import { readFileSync } from 'node:fs';
import path from 'node:path';
import { createContext, runInContext } from 'node:vm';

type LngLat = [lng: number, lat: number];
interface Tracker {
  id: string;
  name: string;
  colour: string;
  at: LngLat;
  way: LngLat[];
  fixTime: string;
}
interface Told {
  trackerId: string;
  name: string;
  fixTime: string;
  lat: number;
  lng: number;
  speed: number | null;
  course: number | null;
}
interface PageWorld {
  trackers: Map<string, Tracker>;
  fences: Map<string, { name: string; inside: Set<string> }>;
  seen(latest: Told[]): Tracker[];
  drawn(fences: object[]): void;
  moved(position: object): boolean;
  happened(event: object): string | null;
  places(): LngLat[];
}
interface PageDrawing {
  world: { trackers: object[]; fences: object[] };
  view: { x: number; y: number; size: number };
  pixel(place: LngLat): [x: number, y: number];
  fit(places: LngLat[]): void;
  zoom(factor: number, at?: [number, number]): void;
  draw(): void;
}

const SIZE = { width: 800, height: 600 };

/** The scripts of the page, with a canvas that notes what is drawn on it. */
function page(): { world: PageWorld; drawing: PageDrawing; drawn: [what: string, ...with_: unknown[]][] } {
  const drawn: [string, ...unknown[]][] = [];
  const pen = new Proxy({} as Record<string, unknown>, {
    get: (own, name: string) => (name in own ? own[name] : (...given: unknown[]) => void drawn.push([name, ...given])),
  });
  const canvas = { clientWidth: SIZE.width, clientHeight: SIZE.height, getContext: () => pen };
  const browser = createContext({
    canvas,
    document: { documentElement: {} },
    devicePixelRatio: 2,
    getComputedStyle: () => ({ getPropertyValue: (name: string) => ` ${name} ` }),
    matchMedia: () => ({ addEventListener: () => undefined }),
    requestAnimationFrame: () => undefined,
    ResizeObserver: class {
      observe = (): void => undefined;
    },
  });
  for (const file of ['drawing.js', 'world.js'])
    runInContext(readFileSync(path.join(__dirname, 'dev-map', file), 'utf8'), browser);
  const { world, drawing } = runInContext('({ world: new World(), drawing: new Drawing(canvas) })', browser) as {
    world: PageWorld;
    drawing: PageDrawing;
  };
  return { world, drawing, drawn };
}

const told = (trackerId: string, second: number, lng: number, more: object = {}): Told => ({
  ...{ trackerId, name: `Van ${trackerId}`, lat: 48.2, lng, speed: 10, course: 90 },
  fixTime: new Date(Date.UTC(2026, 2, 1, 12, 0, second)).toISOString(),
  ...more,
});
const CIRCLE = { id: 'f', name: 'Depot', shape: { type: 'circle', center: [16.37, 48.2], radius: 100 } };

describe('the map for development', () => {
  it('shows trackers also that came after the page, moves them by what is newer, and forgets those that are gone', () => {
    const { world } = page();
    expect(world.seen([told('a', 0, 16.37)]).map(({ id }) => id)).toEqual(['a']);
    expect(world.moved(told('a', 5, 16.371))).toBe(true);
    expect(world.moved(told('a', 4, 17))).toBe(false);
    expect(world.moved(told('b', 5, 16.371))).toBe(false);
    const fresh = world.seen([told('a', 5, 16.371, { name: 'Van renamed' }), told('b', 6, 16.38)]);
    expect(fresh.map(({ id }) => id)).toEqual(['b']);
    expect([...world.trackers.values()].map(({ name, at, way }) => [name, [...at], way.length])).toEqual([
      ['Van renamed', [16.371, 48.2], 1],
      ['Van b', [16.38, 48.2], 0],
    ]);
    expect(new Set([...world.trackers.values()].map(({ colour }) => colour)).size).toBe(2);
    world.seen([told('b', 6, 16.38)]);
    expect([...world.trackers.keys()]).toEqual(['b']);
  });

  it('says what happens at fences also that were drawn after the page, and knows who is inside', () => {
    const { world } = page();
    world.seen([told('a', 0, 16.37)]);
    const enter = { trackerId: 'a', geofenceId: 'f', type: 'enter' };
    expect(world.happened(enter)).toBeNull();
    world.drawn([CIRCLE]);
    expect(world.happened(enter)).toBe('Van a entered Depot');
    world.drawn([{ ...CIRCLE, name: 'Yard' }]);
    expect([...world.fences.get('f')!.inside]).toEqual(['a']);
    expect(world.happened({ ...enter, type: 'exit' })).toBe('Van a left Yard');
    expect(world.fences.get('f')!.inside.size).toBe(0);
    world.drawn([]);
    expect(world.fences.size).toBe(0);
  });

  it('draws fences, ways and trackers where they are, all of them in sight', () => {
    const { world, drawing, drawn } = page();
    const ring = [
      [16.36, 48.19],
      [16.4, 48.19],
      [16.4, 48.21],
      [16.36, 48.19],
    ];
    const line = { type: 'corridor', width: 50, coordinates: ring.slice(0, 2) };
    world.drawn([
      CIRCLE,
      { id: 'p', name: 'Port', shape: { type: 'Polygon', coordinates: [ring] } },
      { id: 'c', name: 'Road', shape: line },
    ]);
    world.seen([told('a', 0, 16.37), told('b', 0, 16.39, { course: null, speed: null })]);
    world.moved(told('a', 5, 16.38));
    world.moved(told('a', 9, 16.381));
    drawing.fit(world.places());
    for (const place of world.places()) {
      const [x, y] = drawing.pixel(place);
      expect([x >= 0 && x <= SIZE.width, y >= 0 && y <= SIZE.height]).toEqual([true, true]);
    }
    drawing.world = {
      trackers: [...world.trackers.values()],
      fences: [...world.fences.values()].map((it) => ({ ...it, busy: true })),
    };
    drawing.draw();
    const of = (what: string) => drawn.filter(([name]) => name === what).map(([, ...given]) => given);
    expect(of('fillText').map(([text]) => text)).toEqual(
      expect.arrayContaining(['Depot', 'Port', 'Road', 'Van a', 'Van b']),
    );
    expect(of('translate')).toEqual(['a', 'b'].map((id) => drawing.pixel(world.trackers.get(id)!.at)));
    // An arrow east for who drives, a dot for who does not say where to.
    expect(of('rotate')).toEqual([[Math.PI / 2]]);
    const circles = of('arc').map(([x, y, radius]) => [x, y, radius] as number[]);
    expect(circles).toHaveLength(2);
    expect(circles[0].slice(0, 2)).toEqual([...drawing.pixel([16.37, 48.2])]);
    const edge = drawing.pixel([16.37, 48.2 + 100 / 111_320]);
    expect(circles[0][2]).toBeCloseTo(circles[0][1] - edge[1], 0);
    expect(of('moveTo')).toContainEqual([...drawing.pixel([16.36, 48.19])]);
  });

  it('zooms about a place that stays, and over the antimeridian', () => {
    const { drawing } = page();
    drawing.fit([
      [179.9, 10],
      [-179.9, 10.1],
    ]);
    const [east, west] = [drawing.pixel([179.9, 10]), drawing.pixel([-179.9, 10.1])];
    expect(west[0] - east[0]).toBeGreaterThan(0);
    expect(west[0] - east[0]).toBeLessThanOrEqual(SIZE.width);
    drawing.zoom(2, east);
    const [x, y] = drawing.pixel([179.9, 10]);
    expect([Math.abs(x - east[0]) < 1e-6, Math.abs(y - east[1]) < 1e-6]).toEqual([true, true]);
  });
});
