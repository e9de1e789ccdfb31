import { DateTime, IANAZone } from 'luxon';

/** A time of day, `22:00`. */
export type TimeOfDay = string;

const TIME = /^([01]\d|2[0-3]):([0-5]\d)$/;

export const isTimeOfDay = (text: unknown): text is TimeOfDay => typeof text === 'string' && TIME.test(text);

/** A date and time of a calendar without zone, `2026-03-29T09:00`. */
export function isLocalTime(text: string): boolean {
  return /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}$/.test(text) && DateTime.fromISO(text, { zone: 'utc' }).isValid;
}

/** Whether a name is a time zone of the IANA list. */
export const isTimeZone = (name: string): boolean => IANAZone.isValidZone(name);

/**
 * The moment at which the clocks of a zone show this date and time. Where they are put forward over it, the next minute
 * that they do show; where they show it twice, the first of both.
 * @param day `2026-03-29`
 * @throws RangeError for a day that no calendar has, and for a zone that nobody knows
 */
export function momentOf(day: string, time: TimeOfDay, zone: string): Date {
  const [year, month, date] = day.split('-').map(Number);
  const [hour, minute] = time.split(':').map(Number);
  // What a clock shows is counted in UTC, where every minute exists.
  let shown = DateTime.utc(year, month, date, hour, minute);
  for (;;) {
    const there = shown.setZone(zone, { keepLocalTime: true });
    // No minute is ever equal to one that does not exist.
    if (!there.isValid) throw new RangeError(`There is no ${day} ${time} in ${zone}.`);
    if (there.hour === shown.hour && there.minute === shown.minute && there.day === shown.day) {
      return new Date(Math.min(...there.getPossibleOffsets().map((each) => each.toMillis())));
    }
    shown = shown.plus({ minutes: 1 });
  }
}

/** The date in a zone, moved by so many days: `2026-03-29`. */
export const dayIn = (zone: string, at: Date, days = 0): string =>
  DateTime.fromJSDate(at, { zone }).plus({ days }).toISODate()!;

/** The first moment after `after` at which the clocks of a zone show this time. */
export function nextTimeOfDay(time: TimeOfDay, zone: string, after: Date): Date {
  for (let days = -1; ; days += 1) {
    const moment = momentOf(dayIn(zone, after, days), time, zone);
    if (moment > after) return moment;
  }
}
