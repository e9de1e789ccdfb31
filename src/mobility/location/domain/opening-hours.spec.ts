import { readOsmHours } from '../adapters/osm-hours';
import { hoursView, isOpen, nextChange, readHours, type HoursRequest, type OpeningHours } from './opening-hours';

const VIENNA = 'Europe/Vienna';
const read = (request: HoursRequest): OpeningHours => {
  const hours = readHours(request);
  if ('code' in hours) throw new Error(hours.detail);
  return hours;
};
const fault = (request: Partial<HoursRequest>): unknown => readHours({ zone: VIENNA, ...request });
const at = (text: string): number => Date.parse(text);
const next = (hours: OpeningHours, text: string): string | null => {
  const change = nextChange(hours, at(text));
  return change === null ? null : new Date(change).toISOString().slice(0, 16);
};

const office = read({
  zone: VIENNA,
  week: [
    { day: 'mo', from: '08:00', to: '12:00' },
    { day: 'mo', from: '13:00', to: '18:00' },
    { day: 'fr', from: '22:00', to: '03:00' },
    { day: 'su', from: '22:00', to: '24:00' },
  ],
  exceptions: [
    { date: '2026-03-07', hours: [] },
    { date: '2026-03-14', hours: [{ from: '09:00', to: '10:00' }] },
    { date: '2026-03-27', hours: [] },
  ],
});
const always = read({
  zone: VIENNA,
  week: (['mo', 'tu', 'we', 'th', 'fr', 'sa', 'su'] as const).map((day) => ({ day, from: '00:00', to: '24:00' })),
});
/** Sundays in the hour that the clock leaps over in March, and shows twice in October. */
const night = read({ zone: VIENNA, week: [{ day: 'su', from: '02:30', to: '03:30' }] });

describe('opening hours', () => {
  it.each([
    ['Monday before noon', office, '2026-03-02T10:59:59Z', true, '2026-03-02T11:00'],
    ['the minute it closes', office, '2026-03-02T11:00:00Z', false, '2026-03-02T12:00'],
    ['Friday night', office, '2026-03-06T21:00:00Z', true, '2026-03-07T02:00'],
    ['behind midnight, although Saturday itself is closed', office, '2026-03-07T01:59:00Z', true, '2026-03-07T02:00'],
    ['until Sunday', office, '2026-03-07T02:00:00Z', false, '2026-03-08T21:00'],
    ['to midnight', office, '2026-03-08T22:59:00Z', true, '2026-03-08T23:00'],
    ['a date with hours of its own', office, '2026-03-14T08:30:00Z', true, '2026-03-14T09:00'],
    ['a Friday that is left out has no night either', office, '2026-03-28T01:00:00Z', false, '2026-03-29T20:00'],
    ['Monday in summer time', office, '2026-03-30T06:00:00Z', true, '2026-03-30T10:00'],
    ['never closed', always, '2026-03-29T00:30:00Z', true, null],
    ['before the leap', night, '2026-03-29T00:59:00Z', false, '2026-03-29T01:00'],
    ['leapt into it', night, '2026-03-29T01:00:00Z', true, '2026-03-29T01:30'],
    ['closed before the clock is set back', night, '2026-10-25T00:15:00Z', false, '2026-10-25T00:30'],
    ['open, then set back out of it', night, '2026-10-25T00:45:00Z', true, '2026-10-25T01:00'],
    ['the hour shown again', night, '2026-10-25T01:10:00Z', false, '2026-10-25T01:30'],
    ['open again', night, '2026-10-25T01:40:00Z', true, '2026-10-25T02:30'],
  ])('%s', (_what, hours, when, open, change) => {
    expect(isOpen(hours, at(when))).toBe(open);
    expect(next(hours, when)).toBe(change);
  });

  it('change where the next change says, and not before', () => {
    for (const hours of [office, night])
      for (let from = at('2026-03-01T00:00Z'), steps = 0; steps < 60; steps++) {
        const change = nextChange(hours, from)!;
        expect(isOpen(hours, change - 1)).toBe(isOpen(hours, from));
        expect(isOpen(hours, change)).toBe(!isOpen(hours, from));
        from = change;
      }
  });

  it.each([
    ['zone', { zone: 'Mars/Base' }],
    ['time', { week: [{ day: 'mo' as const, from: '24:00', to: '25:00' }] }],
    ['overlap', { week: ['08:00', '09:00'].map((from) => ({ day: 'mo' as const, from, to: '10:00' })) }],
    ['date', { exceptions: [{ date: '2026-02-30', hours: [] }] }],
    ['duplicate', { exceptions: [1, 2].map(() => ({ date: '2026-02-28', hours: [] })) }],
  ])('are refused for their %s', (code, request) => {
    expect(fault(request)).toMatchObject({ code });
  });
});

describe('opening hours as OpenStreetMap writes them', () => {
  const AUSTRIA = { country: 'AT', region: 'Wien', lat: 48.2, lng: 16.37 };
  const osm = (text: string, where = AUSTRIA) => readOsmHours(text, VIENNA, where, '2026-03-01') as OpeningHours;
  const week = (text: string): string =>
    hoursView(osm(text))
      .week.map(({ day, from, to }) => `${day} ${from}-${to}`)
      .join(', ');

  it.each([
    ['Mo,Tu 08:00-12:00,13:00-18:00', 'mo 08:00-12:00, mo 13:00-18:00, tu 08:00-12:00, tu 13:00-18:00'],
    ['Fr,Sa 22:00-02:00', 'fr 22:00-02:00, sa 22:00-02:00'],
    ['Su 10:00-26:00', 'su 10:00-02:00'],
    ['Mo 08:00-18:00; Mo off', ''],
    ['Sa 10:00-12:00 unknown "by appointment"', ''],
  ])('%s', (text, expected) => expect(week(text)).toBe(expected));

  it('24/7 is every day from midnight to midnight', () => {
    expect(osm('24/7')).toMatchObject({ osm: '24/7', exceptions: {}, week: Array(7).fill([[0, 1440]]) });
    expect(next(osm('24/7'), '2026-03-01T12:00Z')).toBeNull();
  });

  it('what varies over the year is written out, and unknown behind that', () => {
    const hours = osm('Mo-Fr 08:00-18:00; PH off');
    expect(hours.through).toBe('2027-04-04');
    expect(hours.exceptions).toMatchObject({ '2026-05-01': [], '2026-10-26': [] });
    expect(Object.keys(hours.exceptions).length).toBeLessThan(20);
    expect(isOpen(hours, at('2026-10-26T10:00Z'))).toBe(false);
    expect(isOpen(hours, at('2026-10-27T10:00Z'))).toBe(true);
    expect(isOpen(hours, at('2027-04-05T10:00Z'))).toBeNull();
    const seasons = osm('Apr-Sep: Mo-Su 08:00-20:00; Oct-Mar: Mo-Su 09:00-17:00');
    expect(isOpen(seasons, at('2026-07-01T17:30Z'))).toBe(true);
    expect(isOpen(seasons, at('2026-12-01T17:30Z'))).toBe(false);
  });

  it.each([
    ['too-many', `PH off; ${Array.from({ length: 13 }, (_, i) => `${i + 8}:00-${i + 8}:30`).join(',')}`, AUSTRIA],
    ['too-many', Array.from({ length: 40 }, (_, i) => `0${i % 9}:${10 + i}-0${i % 9}:${11 + i}`).join(','), AUSTRIA],
    ['sun', 'sunrise-sunset', AUSTRIA],
    ['syntax', 'whenever 99', AUSTRIA],
    ['country', 'Mo-Fr 08:00-18:00; PH off', { ...AUSTRIA, country: null as unknown as string }],
  ])('are refused for %s', (code, text, where) => expect(osm(text, where)).toMatchObject({ code }));
});
