import { DateTime } from 'luxon';
import type { Period } from './report-periods';

/** When a report is mailed: in each period at this day and hour, about the period before. */
export interface Rhythm {
  every: Period;
  /** Day of the period, from 1: of a week Monday is 1; of days it is 1. */
  day: number;
  hour: number;
  timeZone: string;
}

/** Periods that were missed and are still sent: whoever was down for years mails no archive. */
const MOST_MISSED = 12;

/** The first moment after `after` at which the report is due. Where clocks are put forward over it, the hour after. */
export function nextDue({ every, day, hour, timeZone }: Rhythm, after: Date): Date {
  const begins = DateTime.fromJSDate(after, { zone: timeZone }).startOf(every);
  for (let n = 0; ; n += 1) {
    const due = begins
      .plus({ [every]: n })
      .plus({ days: day - 1 })
      .set({ hour });
    if (due.toMillis() > after.getTime()) return due.toJSDate();
  }
}

/** The next moment at which it is due once it was at `due`; what was missed long ago is passed over. */
export function followingDue(rhythm: Rhythm, due: Date, now: Date): Date {
  const missed = [nextDue(rhythm, due)];
  for (let next = missed[0]; next <= now;) {
    next = nextDue(rhythm, next);
    missed.push(next);
    if (missed.length > MOST_MISSED) missed.shift();
  }
  return missed[0];
}

/** What is reported at a due moment: the whole period before the one that the moment lies in. */
export function periodAt({ every, timeZone }: Rhythm, due: Date): { from: Date; to: Date } {
  const to = DateTime.fromJSDate(due, { zone: timeZone }).startOf(every);
  return { from: to.minus({ [every]: 1 }).toJSDate(), to: to.toJSDate() };
}

/** First and last day of a period, `2026-03-01`. */
export function daysOf(
  { from, to }: { from: Date; to: Date },
  timeZone: string,
): { firstDay: string; lastDay: string } {
  const day = (at: number): string => DateTime.fromMillis(at, { zone: timeZone }).toISODate()!;
  return { firstDay: day(from.getTime()), lastDay: day(to.getTime() - 1) };
}
