import fc from 'fast-check';
import { FenceIndex, type HeldFence } from '../data/fence-index';
import type { FenceEvent } from './fence';
import type { Fix } from './fix';
import { fromMetres, metresBetween } from './geodesy';
import { regionOf } from './region';
import type { Shape } from './shape';
import { simplified } from './simplify';
import { smoothed } from './smoothing';
import { advance, inferDwells, NEW_TRACK, type TrackState } from './track-state';
import { journeyOf } from './trips';
import { readSchedule, Watch, type FenceSchedule } from './watch';

const HOME = { lat: 48.2, lng: 16.37 };
const START = Date.UTC(2026, 2, 1, 8);

/** A fix so many metres east and north of home, so many seconds after the start. */
const fixAt = (seconds: number, x: number, y = 0, more: Partial<Fix> = {}): Fix => ({
  trackerId: 'a',
  fixTime: START + seconds * 1000,
  deviceTime: null,
  receivedAt: START + seconds * 1000,
  ...fromMetres(HOME, { x, y }),
  altitude: null,
  speed: null,
  course: null,
  accuracy: 5,
  attributes: {},
  ...more,
});
const fence = (shape: Shape, more: Partial<HeldFence> = {}): HeldFence => ({
  id: 'f',
  region: regionOf(shape),
  dwellSeconds: null,
  watch: null,
  version: 1,
  since: 0,
  positions: 1,
  ...more,
});
const circle = (radius: number, x = 0): Shape => {
  const { lng, lat } = fromMetres(HOME, { x, y: 0 });
  return { type: 'circle', center: [lng, lat], radius };
};
const watched = (schedule: FenceSchedule): Watch => {
  const hours = readSchedule(schedule);
  if ('code' in hours) throw new Error(hours.detail);
  return new Watch(hours);
};
const follow = (fixes: readonly Fix[], fences: HeldFence[] = [], from: TrackState = NEW_TRACK) => {
  const index = new FenceIndex(fences);
  let state = from;
  const events: FenceEvent[] = [];
  const reasons = fixes.map((fix) => {
    const next = advance(state, fix, index);
    state = next.state;
    events.push(...next.events);
    return next.reason;
  });
  return { state, events, reasons };
};
const typesOf = (events: readonly FenceEvent[]): string[] => events.map(({ type }) => type);

/** A pseudo-random number of [0, 1) by seed (mulberry32): the same in every run. */
const random = (seed: number) => (): number => {
  seed = (seed + 0x6d2b79f5) | 0;
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
};
const noise = (next: () => number): number => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());

describe('the filter', () => {
  it('keeps what is not believed, with the reason', () => {
    const fixes = [
      fixAt(0, 0),
      fixAt(10, 100),
      { ...fixAt(20, 0), lat: 0, lng: 0 },
      fixAt(30, 300, 0, { accuracy: 80 }),
      fixAt(40, 20_000),
      fixAt(50, 500),
    ];
    expect(follow(fixes).reasons).toEqual([null, null, 'zero', 'inaccurate', 'implied-speed', null]);
  });
  it('believes nothing of a clock that is ahead, and goes on as if it had not been told', () => {
    const ahead = fixAt(500, 5_000, 0, { receivedAt: START });
    const { state, reasons } = follow([fixAt(0, 0), ahead, fixAt(600, 10)]);
    expect(reasons).toEqual([null, 'ahead', null]);
    expect(state).toEqual(follow([fixAt(0, 0), fixAt(600, 10)]).state);
  });
  it('believes three that agree with each other against one that does not', () => {
    const fixes = [fixAt(0, 0), fixAt(10, 50_000), fixAt(20, 50_100), fixAt(30, 50_200), fixAt(40, 50_300)];
    expect(follow(fixes).reasons).toEqual([null, 'implied-speed', 'implied-speed', null, null]);
  });
});

describe('fences', () => {
  it.each<[string, Fix[], string[], number?]>([
    ['two that agree enter', [fixAt(0, -300), fixAt(10, 0), fixAt(20, 5)], ['enter']],
    ['two within ten seconds are not enough', [fixAt(0, -300), fixAt(10, 0), fixAt(15, 5)], []],
    ['who is inside at first was so before', [fixAt(0, 0), fixAt(10, 5)], ['inside_start']],
    [
      'one spike does not leave',
      [fixAt(0, 0), fixAt(10, 0), fixAt(20, 250, 0, { accuracy: 1.7 }), fixAt(30, 0)],
      ['inside_start'],
    ],
    [
      'two that agree leave, once',
      [0, 1, 2, 3].map((at) => fixAt(at * 10, at < 1 ? 0 : 300)),
      ['inside_start', 'exit'],
    ],
    [
      'between edge and buffer all stays',
      [fixAt(0, 0), ...[1, 2, 3].map((at) => fixAt(at * 10, 115))],
      ['inside_start'],
    ],
    ['a pass between two fixes', [fixAt(0, -180), fixAt(10, 180), fixAt(20, 400)], ['crossed']],
    ['no pass over a long silence', [fixAt(0, -180), fixAt(130, 180), fixAt(140, 400)], []],
    [
      'a dwell, in its time',
      [0, 10, 20, 300, 310].map((at) => fixAt(at, at === 0 ? -300 : 0)),
      ['enter', 'dwell'],
      295,
    ],
    ['no dwell before', [0, 10, 20, 300].map((at) => fixAt(at, at === 0 ? -300 : 0)), ['enter'], 299],
    [
      'a blip does not begin a dwell anew',
      [fixAt(0, 0), fixAt(150, 0), fixAt(160, 200), fixAt(170, 0), fixAt(310, 0)],
      ['inside_start', 'dwell'],
      300,
    ],
  ])('%s', (...[, fixes, expected, dwellSeconds = null]) => {
    const { events } = follow(fixes, [fence(circle(100), { dwellSeconds })]);
    expect(typesOf(events)).toEqual(expected);
  });

  it('hold the time at the edge, not that of the fix', () => {
    const { events } = follow([fixAt(0, -300), fixAt(20, 0), fixAt(40, 0)], [fence(circle(100))]);
    expect(Math.abs(events[0].at - (START + (20_000 * 200) / 300))).toBeLessThan(50);
    expect(events[0].confirmedAt).toBe(START + 40_000);
  });

  it('are left at the edge, also by who lingers a moment beside it, and when they are left by who stays there', () => {
    const leave = (seconds: number) =>
      follow(
        [
          ...[0, 10, 20].map((at) => fixAt(at, 0)),
          fixAt(30, 95),
          fixAt(40, 105),
          fixAt(40 + seconds, 110),
          fixAt(50 + seconds, 200),
          fixAt(60 + seconds, 300),
        ],
        [fence(circle(100), { dwellSeconds: 37 })],
      ).events;
    const [, exit] = leave(20);
    expect([exit.type, exit.at - START, metresBetween(exit, fromMetres(HOME, { x: 100, y: 0 })) < 1]).toEqual([
      'exit',
      35_000,
      true,
    ]);
    // It counts as inside while it is beside the edge, and dwells.
    expect(leave(300).map(({ type, at }) => [type, at - START])).toEqual([
      ['inside_start', 0],
      ['dwell', 37_000],
      ['exit', 350_000],
    ]);
  });

  it('are not left by a receiver that wanders about their centre for a day', () => {
    const naive = { exits: 0 };
    for (let seed = 1; seed <= 20; seed++) {
      const next = random(seed);
      const fixes = Array.from({ length: 8_640 }, (_, i) =>
        fixAt(i * 10, 15 * noise(next), 15 * noise(next), { accuracy: 15 }),
      );
      expect(typesOf(follow(fixes, [fence(circle(50))]).events).filter((it) => it !== 'inside_start')).toEqual([]);
      const outside = fixes.map((fix) => metresBetween(fix, HOME) > 50);
      naive.exits += outside.filter((it, at) => it && !outside[at - 1]).length;
    }
    // What a plain comparison would have told.
    expect(naive.exits).toBeGreaterThan(200);
  });

  it('tell each of a thousand passes through them in pairs, within a fix of the truth', () => {
    const fixes = Array.from({ length: 1_000 * 60 }, (_, i) => {
      const way = (i % 120) * 20;
      return fixAt(i * 5, way <= 1_200 ? way - 600 : 1_800 - way);
    });
    const { events } = follow(fixes, [fence(circle(100))]);
    expect(events).toHaveLength(2_000);
    expect(typesOf(events).every((type, at) => type === (at % 2 === 0 ? 'enter' : 'exit'))).toBe(true);
    // A pass takes 60 fixes; it is at the edge 500 m and 700 m along, at 4 m/s.
    const off = events.map(({ at }, k) =>
      Math.abs(at - START - (Math.floor(k / 2) * 300 + (k % 2 === 0 ? 125 : 175)) * 1_000),
    );
    expect(Math.max(...off)).toBeLessThanOrEqual(5_000);
  });

  it('are taken up anew without a word once they are changed, and ask about what came later alone', () => {
    const before = follow([fixAt(0, 0), fixAt(10, 0)], [fence(circle(100))]);
    const changed = fence(circle(120), { version: 2 });
    expect(follow([fixAt(20, 0), fixAt(30, 0)], [changed], before.state).events).toEqual([]);
    expect(follow([fixAt(0, 0), fixAt(10, 0)], [fence(circle(100), { since: START + 10_001 })]).events).toEqual([]);
  });

  it('tell the dwell of a device that is silent, once', () => {
    const fences = [fence(circle(100), { dwellSeconds: 300 })];
    const { state } = follow([fixAt(0, 0), fixAt(10, 0)], fences);
    const index = new FenceIndex(fences);
    expect(inferDwells(state, index, START + 299_000).events).toEqual([]);
    const told = inferDwells(state, index, START + 301_000);
    expect(told.events).toMatchObject([{ type: 'dwell', at: START + 300_000 }]);
    expect(inferDwells(told.state, index, START + 400_000).events).toEqual([]);
    expect(follow([fixAt(500, 0)], fences, told.state).events).toEqual([]);
  });
});

/** Minutes of driving at 10 m/s and of standing, a fix every ten seconds. */
const drive = (legs: readonly [minutes: number, metresPerSecond: number][], seed = 1): Fix[] => {
  const next = random(seed);
  const fixes: Fix[] = [];
  let [seconds, x] = [0, 0];
  for (const [minutes, speed] of legs)
    for (let i = 0; i < minutes * 6; i++) {
      fixes.push(fixAt(seconds, x + 2 * noise(next), 2 * noise(next)));
      seconds += 10;
      x += speed * 10;
    }
  return fixes;
};

describe('trips and stops', () => {
  it('are three trips with stops of ten minutes between them', () => {
    const { trips, stops, distance } = journeyOf(
      drive([
        [10, 0],
        [5, 10],
        [10, 0],
        [6, 12],
        [10, 0],
        [7, 10],
        [10, 0],
      ]),
    );
    expect(trips).toHaveLength(3);
    expect(stops).toHaveLength(4);
    const truth = 3_000 + 4_320 + 4_200;
    expect(Math.abs(distance - truth) / truth).toBeLessThan(0.02);
  });
  it('are none, and no distance, for who stands for eight hours', () => {
    const next = random(3);
    const fixes = Array.from({ length: 2_880 }, (_, i) => fixAt(i * 10, 10 * noise(next), 10 * noise(next)));
    expect(journeyOf(fixes)).toMatchObject({ trips: [], distance: 0, stops: [{ startTime: START }] });
  });
  it('part at a silence, over which only the ends are known', () => {
    const { trips, stops } = journeyOf([fixAt(0, 0), fixAt(60, 5), fixAt(8_000, 9_000), fixAt(8_060, 9_005)]);
    expect(trips).toMatchObject([{ gap: true }]);
    expect(stops).toHaveLength(2);
  });
  it.each([[[]], [[fixAt(0, 0)]]])('hold for next to nothing', (fixes) => {
    expect(journeyOf(fixes).trips).toEqual([]);
  });
});

/** What the product keeps: each fix once, judged as it comes; a late one sends it back to a checkpoint before it. */
class Ledger {
  readonly fixes = new Map<number, Fix>();
  private state = NEW_TRACK;
  private checkpoints: TrackState[] = [NEW_TRACK];
  private events: FenceEvent[] = [];
  private reasons = new Map<number, string | null>();

  constructor(private readonly index: FenceIndex) {}

  add(batch: readonly Fix[]): void {
    let dirty = Infinity;
    for (const fix of [...batch].sort((a, b) => a.fixTime - b.fixTime)) {
      if (this.fixes.has(fix.fixTime)) continue;
      this.fixes.set(fix.fixTime, fix);
      if (fix.fixTime > this.state.lastFixTime) this.take(fix);
      else dirty = Math.min(dirty, fix.fixTime);
    }
    if (dirty < Infinity) this.replay(dirty);
  }

  result() {
    const fixes = [...this.fixes.values()].sort((a, b) => a.fixTime - b.fixTime);
    const believed = fixes.filter(({ fixTime }) => this.reasons.get(fixTime) === null);
    const events = [...this.events].sort((a, b) => a.at - b.at || (a.fenceId + a.type < b.fenceId + b.type ? -1 : 1));
    return { events, reasons: fixes.map(({ fixTime }) => this.reasons.get(fixTime)), journey: journeyOf(believed) };
  }

  private take(fix: Fix): void {
    const { state, reason, events } = advance(this.state, fix, this.index);
    this.state = state;
    this.reasons.set(fix.fixTime, reason);
    this.events.push(...events);
    if (fix.fixTime % 70_000 === 0) this.checkpoints.push(state);
  }

  private replay(from: number): void {
    this.checkpoints = this.checkpoints.filter(({ lastFixTime }) => lastFixTime < from);
    this.state = this.checkpoints[this.checkpoints.length - 1];
    const { lastFixTime } = this.state;
    this.events = this.events.filter(({ confirmedAt }) => confirmedAt <= lastFixTime);
    for (const fix of [...this.fixes.values()].sort((a, b) => a.fixTime - b.fixTime))
      if (fix.fixTime > lastFixTime) this.take(fix);
  }
}

it('comes to the same in any chunks, any order and however often it is sent', () => {
  // Sunday: closed, open and closed again while it is inside, open while it drives out and in.
  const watch = watched({
    timeZone: 'UTC',
    week: (['08:02 08:07', '08:09 08:12', '08:13 08:20'] as const).map((span) => {
      const [from, to] = span.split(' ');
      return { day: 'su', from, to };
    }),
  });
  const fences = [
    fence(circle(150, 900)),
    fence(circle(90, 2_500), { id: 'g', dwellSeconds: 200 }),
    fence(circle(120), { id: 'h', dwellSeconds: 60, watch }),
    fence(circle(150, 2_400), { id: 'i', dwellSeconds: 100, watch }),
  ];
  const index = new FenceIndex(fences);
  const trace = drive(
    [
      [4, 0],
      [4, 10],
      [6, 0],
      [3, 12],
      [4, 0],
    ],
    5,
  );
  trace[30] = fixAt(300, 40_000);
  trace[60] = { ...trace[60], accuracy: 90 };
  const whole = new Ledger(index);
  whole.add(trace);
  const expected = whole.result();
  expect(expected.journey.trips).toHaveLength(2);
  expect(expected.events.length).toBeGreaterThan(2);
  const ofScheduled = (id: string): string[] => typesOf(expected.events.filter(({ fenceId }) => fenceId === id));
  expect(ofScheduled('h')).toEqual(['inside_start', 'dwell', 'exit']);
  expect(ofScheduled('i')).toEqual(['inside_start', 'dwell', 'inside_start', 'exit']);
  const places = fc.array(fc.nat(trace.length - 1), { maxLength: 60 });
  fc.assert(
    fc.property(
      fc.infiniteStream(fc.nat(1_000_000)),
      fc.integer({ min: 1, max: 40 }),
      places,
      (stream, chunk, again) => {
        const shuffled = trace
          .map((fix) => ({ fix, key: stream.next().value as number }))
          .sort((a, b) => a.key - b.key)
          .map(({ fix }) => fix);
        const sent = [...shuffled, ...again.map((at) => trace[at])];
        const ledger = new Ledger(index);
        for (let from = 0; from < sent.length; from += chunk) ledger.add(sent.slice(from, from + chunk));
        expect(ledger.result()).toEqual(expected);
      },
    ),
    { numRuns: 40, seed: 7 },
  );
});

describe('the smoothed track', () => {
  it('is nearer to the truth than what was told, ignores a spike and keeps a turn', () => {
    const next = random(11);
    const truth = Array.from({ length: 300 }, (_, i) =>
      i < 150 ? { x: i * 12, y: 0 } : { x: 1_800, y: (i - 150) * 12 },
    );
    const fixes = truth.map(({ x, y }, i) => fixAt(i, x + 10 * noise(next), y + 10 * noise(next), { accuracy: 10 }));
    fixes[80] = fixAt(80, truth[80].x, 60, { accuracy: 10 });
    const off = (places: readonly { lat: number; lng: number }[]): number =>
      Math.sqrt(
        places.reduce((sum, it, i) => sum + metresBetween(it, fromMetres(HOME, truth[i])) ** 2, 0) / places.length,
      );
    const places = smoothed(fixes);
    expect(off(places)).toBeLessThan(0.75 * off(fixes));
    expect(metresBetween(places[80], fromMetres(HOME, truth[80]))).toBeLessThan(15);
    expect(metresBetween(places[299], fromMetres(HOME, truth[299]))).toBeLessThan(20);
  });
});

it('a simplified track is never further off than was asked for', () => {
  const fixes = drive([[10, 10]], 4);
  const kept = simplified(fixes, 10);
  expect(kept.length).toBeLessThan(10);
  expect(kept[0]).toBe(0);
  expect(kept[kept.length - 1]).toBe(fixes.length - 1);
});

it('a track of fifty thousand fixes costs no more than its length, also one that is made for the worst', () => {
  // A saw that grows: the farthest place always is the last but one.
  const saw = Array.from({ length: 50_000 }, (_, i) =>
    fromMetres(HOME, { x: i % 2 === 0 ? i / 1e3 : -i / 1e3, y: i / 1e3 }),
  );
  expect(simplified(saw, 0.1)).toEqual(expect.arrayContaining([0, 49_999]));
  // 1.5 m/s, two hundred fixes a second: what is further than 200 m lies at the far end of the last 180 s, each time.
  const slow = Array.from({ length: 50_000 }, (_, i) => fixAt(i / 200, (i / 200) * 1.5));
  expect(journeyOf(slow).trips).toMatchObject([{ startTime: START, endTime: slow[49_999].fixTime }]);
});
