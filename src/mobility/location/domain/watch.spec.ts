import { FenceIndex, type HeldFence } from '../data/fence-index';
import type { FenceEvent } from './fence';
import type { Fix } from './fix';
import { fromMetres } from './geodesy';
import { isOpen, type Day } from './opening-hours';
import { regionOf } from './region';
import { advance, inferDwells, NEW_TRACK, nextDwell, type TrackState } from './track-state';
import { readSchedule, scheduleView, Watch, type FenceSchedule } from './watch';

const HOME = { lat: 48.2, lng: 16.37 };
const VIENNA = 'Europe/Vienna';
const week = (...spans: string[]): FenceSchedule['week'] =>
  spans.map((span) => {
    const [day, from, to] = span.split(' ');
    return { day: day as Day, from, to };
  });
const hoursOf = (...spans: string[]) => {
  const hours = readSchedule({ timeZone: VIENNA, week: week(...spans) });
  if ('code' in hours) throw new Error(hours.detail);
  return hours;
};
const fence = (watch: Watch | null, more: Partial<HeldFence> = {}): HeldFence => ({
  id: 'f',
  region: regionOf({ type: 'circle', center: [HOME.lng, HOME.lat], radius: 100 }),
  dwellSeconds: null,
  watch,
  version: 1,
  since: 0,
  positions: 1,
  ...more,
});
/** At a moment, so many metres east of the middle. */
const fixAt = (moment: string, x: number, more: Partial<Fix> = {}): Fix => ({
  trackerId: 'a',
  fixTime: Date.parse(moment),
  deviceTime: null,
  receivedAt: Date.parse(moment),
  ...fromMetres(HOME, { x, y: 0 }),
  altitude: null,
  speed: null,
  course: null,
  accuracy: 5,
  attributes: {},
  ...more,
});
const follow = (fixes: readonly Fix[], fences: HeldFence[], from: TrackState = NEW_TRACK) => {
  const index = new FenceIndex(fences);
  let state = from;
  const events: FenceEvent[] = [];
  for (const fix of fixes) {
    const next = advance(state, fix, index);
    state = next.state;
    events.push(...next.events);
  }
  return { state, events, told: events.map(({ type, at }) => `${type} ${new Date(at).toISOString().slice(5, 16)}`) };
};
/** `02T08:00:00 300`: a day of March 2026 in UTC, and metres. */
const trace = (...fixes: string[]): Fix[] =>
  fixes.map((it) => {
    const [moment, x] = it.split(' ');
    return fixAt(`${moment.length > 11 ? '2026-' : '2026-03-'}${moment}Z`, Number(x));
  });

// Monday the 2nd of March: Vienna is an hour ahead of UTC.
const office = hoursOf('mo 08:00 12:00', 'mo 13:00 18:00', 'tu 08:00 12:00');
const night = hoursOf('mo 22:00 06:00');
const dawn = hoursOf('su 02:30 03:30');
const always = hoursOf(...['mo', 'tu', 'we', 'th', 'fr', 'sa', 'su'].map((day) => `${day} 00:00 24:00`));

describe('a fence with a schedule', () => {
  it.each<[string, typeof office, string[], string[], number?]>([
    [
      'tells nothing of what is there while it is closed',
      office,
      ['02T05:00:00 -300', '02T05:00:10 0', '02T05:00:20 0', '02T05:01:00 400', '02T05:01:10 400'],
      [],
    ],
    [
      'tells who is inside at the first position of a watch, and that it leaves',
      office,
      ['02T06:59:00 0', '02T07:00:00 0', '02T07:00:10 0', '02T07:05:00 400', '02T07:05:10 400'],
      ['inside_start 03-02T07:00', 'exit 03-02T07:01'],
    ],
    [
      'tells who came between watches as inside, not as entering',
      office,
      ['02T10:59:50 -300', '02T12:00:10 0', '02T12:00:20 0'],
      ['inside_start 03-02T12:00'],
    ],
    [
      'ends a stay without a word when it closes, and begins another when it opens',
      office,
      ['02T10:00:00 -300', '02T10:00:20 0', '02T10:00:40 0', '02T11:00:00 0', '02T12:00:00 0', '02T12:00:10 400'],
      ['enter 03-02T10:00', 'inside_start 03-02T12:00'],
    ],
    [
      'does not tell of leaving that is not sure by its end, nor of a pass over it',
      office,
      ['02T10:59:00 0', '02T10:59:55 300', '02T11:00:10 300', '02T11:59:50 -180', '02T12:00:05 180'],
      ['inside_start 03-02T10:59'],
    ],
    [
      'is watched over midnight, and then no longer',
      night,
      [
        '02T20:00:00 0',
        '02T21:00:00 0',
        '02T23:30:00 0',
        '03T04:59:00 0',
        '03T04:59:30 400',
        '03T04:59:45 400',
        '03T22:00:00 0',
      ],
      ['inside_start 03-02T21:00', 'exit 03-03T04:59'],
    ],
    [
      'has no seams at midnight when it is always watched',
      always,
      ['01T12:00:00 0', '02T12:00:00 0', '29T12:00:00 0', '10-25T12:00:00 0'],
      ['inside_start 03-01T12:00'],
    ],
    [
      'is watched for what is left when the clock leaps into it',
      dawn,
      ['29T00:59:50 0', '29T01:00:00 0', '29T01:29:00 0', '29T01:30:00 0'],
      ['inside_start 03-29T01:00'],
    ],
    [
      'is watched twice when the clock is set back out of it',
      dawn,
      [
        '10-25T00:30:00 0',
        '10-25T00:59:00 0',
        '10-25T01:00:00 0',
        '10-25T01:29:00 0',
        '10-25T01:30:00 0',
        '10-25T02:29:00 0',
        '10-25T02:30:00 0',
      ],
      ['inside_start 10-25T00:30', 'inside_start 10-25T01:30'],
    ],
    [
      'counts a dwell from the opening, not from before',
      office,
      ['02T06:50:00 0', '02T07:00:00 0', '02T07:09:00 0', '02T07:10:00 0'],
      ['inside_start 03-02T07:00', 'dwell 03-02T07:10'],
      600,
    ],
    [
      'tells a dwell that was full when it closed, by the next position',
      office,
      ['02T10:45:00 0', '02T10:46:00 0', '02T13:00:00 400'],
      ['inside_start 03-02T10:45', 'dwell 03-02T10:55'],
      600,
    ],
    [
      'tells none that was not, and counts the next one anew',
      office,
      ['02T10:55:00 0', '02T10:56:00 0', '02T12:00:00 0', '02T12:09:00 0', '02T12:11:00 0'],
      ['inside_start 03-02T10:55', 'inside_start 03-02T12:00', 'dwell 03-02T12:10'],
      600,
    ],
  ])('%s', (...[, hours, fixes, told, dwellSeconds = null]) => {
    expect(follow(trace(...fixes), [fence(new Watch(hours), { dwellSeconds })]).told).toEqual(told);
  });

  it('judges a late batch by the times of its positions, not by its arrival', () => {
    const fixes = trace('02T10:00:00 -300', '02T10:00:20 0', '02T10:00:40 0', '02T11:30:00 0', '02T11:40:00 400');
    const arrived = fixes.map((fix) => ({ ...fix, receivedAt: Date.parse('2026-03-08T03:00:00Z') }));
    const scheduled = [fence(new Watch(office))];
    expect(follow(arrived, scheduled).events).toEqual(follow(fixes, scheduled).events);
    expect(follow(arrived, scheduled).told).toEqual(['enter 03-02T10:00']);
  });

  it('is taken up without events once the schedule changed, and opens with one', () => {
    const changed = fence(new Watch(office), { version: 2, since: Date.parse('2026-03-02T10:30:00Z') });
    const before = follow(trace('02T10:00:00 0', '02T10:20:00 0'), [fence(null)]);
    expect(before.told).toEqual(['inside_start 03-02T10:00']);
    const after = follow(trace('02T10:40:00 0', '02T11:30:00 0', '02T12:30:00 0'), [changed], before.state);
    expect(after.told).toEqual(['inside_start 03-02T12:30']);
    const late = follow(trace('02T11:30:00 0', '02T12:30:00 0'), [changed], before.state);
    expect(late.told).toEqual(['inside_start 03-02T12:30']);
  });

  it('tells the dwell of a silent device by the clock only when it was full before the end', () => {
    const index = new FenceIndex([fence(new Watch(office), { dwellSeconds: 600 })]);
    const now = Date.parse('2026-03-02T12:30:00Z');
    const full = follow(trace('02T10:50:00 0', '02T10:51:00 0'), [index.get('f')!]).state;
    expect(nextDwell(full, index)).toBe(Date.parse('2026-03-02T11:00:00Z'));
    const told = inferDwells(full, index, now);
    expect(told.events).toMatchObject([{ type: 'dwell', at: Date.parse('2026-03-02T11:00:00Z') }]);
    // The next position does not tell it again.
    expect(advance(told.state, trace('02T11:30:00 0')[0], index).events).toEqual([]);
    const short = follow(trace('02T10:50:01 0', '02T10:51:00 0'), [index.get('f')!]).state;
    expect([nextDwell(short, index), inferDwells(short, index, now).events]).toEqual([null, []]);
  });
});

describe('a watch', () => {
  it.each([
    ['office', office],
    ['night', night],
    ['dawn', dawn],
    ['always', always],
  ])('%s: says of each minute what the hours say, and of each watch one end', (_name, hours) => {
    const watch = new Watch(hours);
    for (const start of ['2026-03-27T00:00:00Z', '2026-10-23T00:00:00Z']) {
      let last: { at: number; until: number | null } = { at: 0, until: null };
      for (let at = Date.parse(start), end = at + 5 * 86_400_000; at < end; at += 60_000) {
        const until = watch.until(at);
        expect([at, until !== null]).toEqual([at, isOpen(hours, at)]);
        if (until !== null && last.until !== null && last.at !== 0)
          expect(last.until === until || last.until === at).toBe(true);
        if (until !== null && until !== Infinity)
          expect([isOpen(hours, until - 1), isOpen(hours, until)]).toEqual([true, false]);
        last = { at, until };
      }
    }
    expect(watch.until(Date.parse('2026-03-30T08:00:00Z'))).toBe(
      hours === always ? Infinity : hours === office ? Date.parse('2026-03-30T10:00:00Z') : null,
    );
  });

  it('answers the same whatever was asked before', () => {
    const days = Array.from({ length: 40 }, (_, i) => Date.parse('2026-03-02T08:30:00Z') + i * 86_400_000);
    const watch = new Watch(office);
    const forwards = days.map((at) => watch.until(at));
    expect(days.toReversed().map((at) => watch.until(at))).toEqual(forwards.toReversed());
  });
});

describe('a schedule', () => {
  it.each<[string, Partial<FenceSchedule>, object]>([
    ['of no zone', { timeZone: 'Mars/Olympus' }, { pointer: '/timeZone', code: 'zone' }],
    ['of an abbreviation', { timeZone: 'CET' }, { pointer: '/timeZone', code: 'zone' }],
    ['of an offset', { timeZone: '+02:00' }, { pointer: '/timeZone', code: 'zone' }],
    ['that is never', { week: [] }, { pointer: '/week', code: 'empty' }],
    ['that begins at the end of a day', { week: week('mo 24:00 02:00') }, { pointer: '/week', code: 'time' }],
    ['of no time', { week: week('mo 08:00 25:00') }, { pointer: '/week', code: 'time' }],
    ['over itself', { week: week('mo 08:00 12:00', 'mo 11:00 13:00') }, { pointer: '/week', code: 'overlap' }],
    [
      'in pieces',
      { week: week(...Array.from({ length: 13 }, (_, i) => `mo ${i + 10}:00 ${i + 10}:30`)) },
      { pointer: '/week', code: 'too-many' },
    ],
  ])('%s is refused', (_name, request, found) => {
    expect(readSchedule({ timeZone: VIENNA, week: week('mo 08:00 12:00'), ...request })).toMatchObject(found);
  });

  it('is shown as it was sent, in order', () => {
    expect(scheduleView(hoursOf('tu 22:00 06:00', 'mo 13:00 24:00', 'mo 08:00 12:00'))).toEqual({
      timeZone: VIENNA,
      week: week('mo 08:00 12:00', 'mo 13:00 24:00', 'tu 22:00 06:00'),
    });
  });
});
