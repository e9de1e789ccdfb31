import { DateTime } from 'luxon';

/** A time of day, `22:00`. */
export type TimeOfDay = string;

const TIME = /^([01]\d|2[0-3]):([0-5]\d)$/;

export const isTimeOfDay = (text: unknown): text is TimeOfDay => typeof text === 'string' && TIME.test(text);

/** Whether a name is a time zone of the IANA list. */
export function isTimeZone(name: string): boolean {
  return DateTime.fromMillis(0, { zone: name }).isValid;
}

/**
 * The moment at which the clocks of a zone show this date and time. Where they are put forward over it, the next minute
 * that they do show; where they show it twice, the first of both.
 * @param day `2026-03-29`
 */
export function momentOf(day: string, time: TimeOfDay, zone: string): Date {
  const [year, month, date] = day.split('-').map(Number);
  const [hour, minute] = time.split(':').map(Number);
  // What a clock shows is counted in UTC, where every minute exists.
  let shown = DateTime.utc(year, month, date, hour, minute);
  for (;;) {
    const there = shown.setZone(zone, { keepLocalTime: true });
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
