import { DateTime, type DateTimeUnit } from 'luxon';
import { periodInvalid } from './ledger.errors';

export const PERIODS = ['day', 'week', 'month', 'quarter', 'year'] as const;
export type Period = (typeof PERIODS)[number];

/** Periods that one report tells apart at most: a year by days, and a leap day. */
const MOST_PERIODS = 400;
const LABELS: Record<Period, string> = {
  day: 'yyyy-MM-dd',
  week: "kkkk-'W'WW",
  month: 'yyyy-MM',
  quarter: "yyyy-'Q'q",
  year: 'yyyy',
};

/** What a report is about in time: `[from, to)`, in the days of a time zone. */
export interface Span {
  from: DateTime;
  to: DateTime;
  timeZone: string;
}

/** A stretch `[starts, ends)` of the journal; instants as RFC 3339 or `-infinity`. */
export interface Stretch {
  /** Place in the report; −1 is everything before it. */
  n: number;
  starts: string;
  ends: string;
}

/** The part of a stretch that is whole days in UTC, `[from, to)`, which the totals of days answer. */
export interface WholeDays {
  n: number;
  from: string;
  to: string;
}

export interface Cover {
  whole: WholeDays[];
  /** What the whole days leave, at the edges: it is read from the journal itself. */
  edges: Stretch[];
}

/**
 * Reads the bounds of a report. A date is the midnight that it begins with in the time zone; without `from` the month
 * of `to` so far, without `to` until now.
 * @throws AppError `ledger.period-invalid`
 */
export function spanOf(
  bounds: { from?: string; to?: string },
  timeZone: string,
  now: Date,
  least: { empty?: boolean } = {},
): Span {
  const read = (name: 'from' | 'to'): DateTime | undefined => {
    const text = bounds[name];
    if (text === undefined) return undefined;
    const at = DateTime.fromISO(text, { zone: timeZone });
    if (!at.isValid) throw periodInvalid(name, `"${text}" is no date or time.`);
    return at;
  };
  const to = read('to') ?? DateTime.fromJSDate(now, { zone: timeZone });
  // What ends at the midnight of a month's first day is about the month before.
  const from = read('from') ?? to.minus({ milliseconds: 1 }).startOf('month');
  if (from.toMillis() > to.toMillis() || (!least.empty && from.toMillis() === to.toMillis()))
    throw periodInvalid('from', 'The period ends before it begins.');
  return { from, to, timeZone };
}

/** The periods of a span with their labels; without a period it is one. @throws AppError `ledger.period-invalid` */
export function stretchesOf({ from, to }: Span, period?: Period): (Stretch & { label: string | null })[] {
  const iso = (at: DateTime): string => at.toUTC().toISO()!;
  if (!period) return [{ n: 0, label: null, starts: iso(from), ends: iso(to) }];
  const made: (Stretch & { label: string })[] = [];
  for (let starts = from; starts < to;) {
    if (made.length === MOST_PERIODS)
      throw periodInvalid('groupBy', `A report tells at most ${MOST_PERIODS} periods apart.`);
    const next = starts.startOf(period as DateTimeUnit).plus({ [period]: 1 });
    const ends = next < to ? next : to;
    made.push({ n: made.length, label: starts.toFormat(LABELS[period]), starts: iso(starts), ends: iso(ends) });
    starts = ends;
  }
  return made;
}

/** Everything before a span, as a stretch. */
export const before = ({ from }: Span): Stretch => ({ n: -1, starts: '-infinity', ends: from.toUTC().toISO()! });

/** Splits stretches into whole days in UTC and what is left of them. */
export function coverOf(stretches: readonly Stretch[]): Cover {
  const cover: Cover = { whole: [], edges: [] };
  for (const { n, starts, ends } of stretches) {
    const end = DateTime.fromISO(ends, { zone: 'utc' });
    const last = end.startOf('day');
    const start = starts === '-infinity' ? null : DateTime.fromISO(starts, { zone: 'utc' });
    const first = start && (start.equals(start.startOf('day')) ? start : start.startOf('day').plus({ days: 1 }));
    if (first && first >= last) {
      cover.edges.push({ n, starts, ends });
      continue;
    }
    cover.whole.push({ n, from: first?.toISODate() ?? '-infinity', to: last.toISODate()! });
    if (first && start < first) cover.edges.push({ n, starts, ends: first.toISO()! });
    if (last < end) cover.edges.push({ n, starts: last.toISO()!, ends });
  }
  return cover;
}
