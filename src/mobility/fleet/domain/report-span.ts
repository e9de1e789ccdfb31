import { DateTime } from 'luxon';
import { reportPeriod } from './costs.errors';

/** Days [from, to) of a report with the moments at which they begin and end in the organization's time zone. */
export interface Stretch {
  n: number;
  /** `2026-03` of a month, null of the whole. */
  label: string | null;
  /** Days, the last not included. */
  from: string;
  to: string;
  /** RFC 3339. */
  starts: string;
  ends: string;
}

export interface ReportSpan extends Stretch {
  timeZone: string;
  days: number;
  stretches: Stretch[];
}

/** Five years. */
export const MOST_REPORT_DAYS = 1_830;

const between = (from: DateTime, to: DateTime, n: number, label: string | null): Stretch => ({
  n,
  label,
  from: from.toISODate()!,
  to: to.toISODate()!,
  starts: from.toUTC().toISO()!,
  ends: to.toUTC().toISO()!,
});

/**
 * The days of a report, as a whole or month by month. A day begins at the time zone's midnight, also where the clocks
 * change.
 * @throws AppError invalid `fleet.report-period` where it ends before it begins or has more days than that
 */
export function spanOf(
  { from, to }: { from: string; to: string },
  timeZone: string,
  by: 'month' | null = null,
  mostDays = MOST_REPORT_DAYS,
): ReportSpan {
  const [begin, end] = [from, to].map((day) => DateTime.fromISO(day, { zone: timeZone }).startOf('day'));
  const days = Math.round(end.diff(begin, 'days').days);
  if (days < 1) throw reportPeriod('to', 'The first day that counts no more comes after the first.');
  if (days > mostDays) throw reportPeriod('to', `A report is about ${mostDays} days at most.`);
  const whole = between(begin, end, 0, null);
  const stretches: Stretch[] = [];
  for (let at = begin; by && at < end;) {
    const next = DateTime.min(at.startOf('month').plus({ months: 1 }), end);
    stretches.push(between(at, next, stretches.length, at.toFormat('yyyy-MM')));
    at = next;
  }
  return { ...whole, timeZone, days, stretches: by ? stretches : [whole] };
}
