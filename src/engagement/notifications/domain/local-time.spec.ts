import { isLocalTime, isTimeZone, momentOf, nextTimeOfDay } from './local-time';
import { digestDue } from './preferences';
import { quietUntil } from './quiet-hours';

const iso = (at: Date | null): string | null => at && at.toISOString().slice(0, 16);

describe('times on the clocks of people', () => {
  it.each([
    ['an ordinary day', '2026-06-01', '08:00', 'Europe/Berlin', '2026-06-01T06:00'],
    ['passed over: the next minute that exists', '2026-03-29', '02:30', 'Europe/Berlin', '2026-03-29T01:00'],
    ['shown twice: the first', '2026-10-25', '02:30', 'Europe/Berlin', '2026-10-25T00:30'],
    ['passed over by half an hour', '2026-10-04', '02:15', 'Australia/Lord_Howe', '2026-10-03T15:30'],
    ['shown twice for half an hour', '2026-04-05', '01:45', 'Australia/Lord_Howe', '2026-04-04T14:45'],
    ['no midnight that day', '2026-04-24', '00:00', 'Africa/Cairo', '2026-04-23T22:00'],
    ['no such day at all', '2011-12-30', '09:00', 'Pacific/Apia', '2011-12-30T10:00'],
    ['a quarter of an hour off', '2026-01-01', '08:00', 'Asia/Kathmandu', '2026-01-01T02:15'],
  ])('%s', (_case, day, time, zone, expected) => {
    expect(iso(momentOf(day, time, zone))).toBe(expected);
  });

  it.each([
    ['2026-02-30', '09:00', 'Europe/Berlin'],
    ['2026-13-01', '09:00', 'UTC'],
    ['2026-02-01', '09:00', 'Mars/Olympus'],
  ])('%s %s in %s is never shown, and is not waited for', (day, time, zone) => {
    expect(() => momentOf(day, time, zone)).toThrow(RangeError);
  });

  it('are told from texts that are none', () => {
    expect(['2028-02-29T23:59', '0001-01-01T00:00'].filter(isLocalTime)).toHaveLength(2);
    const none = ['2026-02-29T09:00', '2026-02-01T24:30', '2026-02-01', '2026-W05-1T09:00', '2026-02-01T09:00Z', ''];
    expect(none.filter(isLocalTime)).toEqual([]);
    expect(['local', 'system', 'utc+3', 'Mars/Olympus', ''].filter(isTimeZone)).toEqual([]);
    expect(['UTC', 'Europe/Berlin', 'Pacific/Chatham'].filter(isTimeZone)).toHaveLength(3);
  });

  it('come once a day', () => {
    const berlin = (after: string) => iso(nextTimeOfDay('02:30', 'Europe/Berlin', new Date(after)));
    expect(berlin('2026-10-24T23:00:00Z')).toBe('2026-10-25T00:30');
    // The clocks show 02:30 again an hour later; that is not another one.
    expect(berlin('2026-10-25T00:30:00Z')).toBe('2026-10-26T01:30');
    expect(berlin('2026-03-28T23:00:00Z')).toBe('2026-03-29T01:00');
    expect(iso(digestDue('weekly', '08:00', 'Europe/Berlin', new Date('2026-03-23T08:00:00Z')))).toBe(
      '2026-03-30T06:00',
    );
    expect(iso(digestDue('hourly', '08:00', 'Asia/Kathmandu', new Date('2026-03-23T08:00:00Z')))).toBe(
      '2026-03-23T08:15',
    );
  });

  it.each([
    ['in the evening', '22:00', '07:00', '2026-06-01T21:00:00Z', '2026-06-02T05:00'],
    ['in the morning', '22:00', '07:00', '2026-06-01T04:59:59Z', '2026-06-01T05:00'],
    ['at its end', '22:00', '07:00', '2026-06-01T05:00:00Z', null],
    ['before it begins', '22:00', '07:00', '2026-06-01T19:59:59Z', null],
    ['at noon', '12:00', '13:30', '2026-06-01T10:15:00Z', '2026-06-01T11:30'],
    ['over the short night', '22:00', '07:00', '2026-03-28T23:00:00Z', '2026-03-29T05:00'],
    ['over the long night', '22:00', '07:00', '2026-10-24T23:00:00Z', '2026-10-25T06:00'],
    ['ending at a time that is passed over', '22:00', '02:30', '2026-03-28T23:00:00Z', '2026-03-29T01:00'],
    ['ending at a time that is shown twice: the first', '22:00', '02:30', '2026-10-25T00:15:00Z', '2026-10-25T00:30'],
    ['not again when it is shown the second time', '22:00', '02:30', '2026-10-25T01:15:00Z', null],
    ['beginning at a time that is shown twice', '02:30', '05:00', '2026-10-25T01:15:00Z', '2026-10-25T04:00'],
    ['never', '00:00', '00:00', '2026-10-25T01:15:00Z', null],
  ])('quiet hours %s', (_case, from, to, at, expected) => {
    expect(iso(quietUntil({ from, to }, 'Europe/Berlin', new Date(at)))).toBe(expected);
  });
});
