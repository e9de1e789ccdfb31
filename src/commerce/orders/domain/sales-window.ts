/** Spans that sales are added up by, coarsest first. */
export const GRAINS = ['all', 'year', 'month', 'day'] as const;
export type Grain = (typeof GRAINS)[number];

/** Numbers of days up to now for which the best are kept added up, and the grain of each. */
export const WINDOWS = [7, 30, 90, 365].map((days) => ({ grain: `${days} days`, days }));

/** Rows of one grain whose first day lies in [low, high); days as `2026-03-01`, open ends as `-infinity` and `infinity`. */
export interface Cover {
  grain: Grain;
  low: string;
  high: string;
}

/** A time taken apart into what was added up before and what is left over at its ends. */
export interface SalesWindow {
  /** First moment that counts, and the first that does not; as given, or infinite. */
  from: string;
  to: string;
  /** Whole days in it, [low, high). */
  low: string;
  high: string;
  /** Together exactly these days, each once. */
  covers: Cover[];
  /** What lies outside of whole days, at most two spans [low, high). */
  edges: { low: string; high: string }[];
}

const DAY_MS = 86_400_000;
const dayOf = (number: number): string => {
  if (number === -Infinity) return '-infinity';
  return number === Infinity ? 'infinity' : new Date(number * DAY_MS).toISOString().slice(0, 10);
};
/** 1 January 9999. */
const LAST_YEAR = Date.UTC(9999, 0) / DAY_MS;
/** Digits beyond milliseconds, which a Date does not hold. */
const FINER = /\.\d{3}\d*[1-9]/;

/**
 * Takes a time apart into years, months and days (UTC), the coarsest first, and the rest at its ends.
 * @param from, to RFC 3339 or a date (its midnight UTC); absent is open. @param coarsest grain that a group may span
 */
export function salesWindow({ from, to }: { from?: string; to?: string }, coarsest: Grain): SalesWindow {
  const low = from === undefined ? -Infinity : Math.ceil((Date.parse(from) + (FINER.test(from) ? 1 : 0)) / DAY_MS);
  const high = to === undefined ? Infinity : Math.floor(Date.parse(to) / DAY_MS);
  const ends = { from: from ?? '-infinity', to: to ?? 'infinity' };
  // No whole day in it, or none that is followed by a year of four digits.
  if (low >= high || low > LAST_YEAR)
    return { ...ends, low: 'infinity', high: 'infinity', covers: [], edges: [{ low: ends.from, high: ends.to }] };
  const edges: SalesWindow['edges'] = [];
  if (from !== undefined) edges.push({ low: from, high: `${dayOf(low)}T00:00:00Z` });
  if (to !== undefined) edges.push({ low: `${dayOf(high)}T00:00:00Z`, high: to });
  return {
    ...ends,
    low: dayOf(low),
    high: dayOf(high),
    covers: coversOf(low, high, GRAINS.slice(GRAINS.indexOf(coarsest))),
    edges,
  };
}

/** A time for which carts are told, the whole days in it up to now, [low, high), and the spans that are left over at its ends. */
export interface FunnelWindow {
  from: string;
  to: string;
  days: { low: string; high: string };
  edges: { low: string; high: string }[];
}

/**
 * The time for which carts can be told: an end before `exact` is moved outwards to a midnight (UTC), since carts begun before
 * it are known by their day alone. A time of nothing stays one.
 */
export function funnelWindow(
  asked: { from: string; to: string },
  { exact, now }: { exact: Date; now: Date },
): FunnelWindow {
  let { from, to } = asked;
  if (Date.parse(from) < Date.parse(to)) {
    if (Date.parse(from) < exact.getTime())
      from = new Date(Math.max(0, Math.floor(Date.parse(from) / DAY_MS)) * DAY_MS).toISOString();
    if (Date.parse(to) < exact.getTime())
      to = new Date(
        Math.max(0, Math.ceil((Date.parse(to) + (FINER.test(to) ? 1 : 0)) / DAY_MS)) * DAY_MS,
      ).toISOString();
  }
  const [start, end] = [from, to].map((time) => Math.min(Date.parse(time), now.getTime() + DAY_MS) / DAY_MS);
  const low = Math.ceil(start + (FINER.test(from) ? 1 / DAY_MS : 0));
  const days = { low: dayOf(low), high: dayOf(Math.max(low, Math.floor(end))) };
  const edges =
    Math.floor(end) < low
      ? [{ low: from, high: to }]
      : [
          { low: from, high: `${days.low}T00:00:00Z` },
          { low: `${days.high}T00:00:00Z`, high: to },
        ];
  return { from, to, days, edges };
}

/** The first moment from which carts can be told where all begun `since` are known: before `exact` a midnight. */
export function firstTold(since: Date, exact: Date): Date {
  return since < exact ? new Date(Math.ceil(since.getTime() / DAY_MS) * DAY_MS) : since;
}

/** The one period that the whole time is, if it is one; its first day. */
export function onePeriod({ covers, edges }: SalesWindow): { grain: Grain; period: string } | null {
  if (covers.length !== 1 || edges.some(({ low, high }) => Date.parse(low) !== Date.parse(high))) return null;
  const [{ grain, low, high }] = covers;
  if (grain === 'all') return { grain, period: '-infinity' };
  if (low === '-infinity' || high === 'infinity') return null;
  return dayOf(boundary(dayNumber(low) + 1, grain, 'up')) === high ? { grain, period: low } : null;
}

/** A time as one that is kept added up up to now, and the whole days [low, high) by which it is longer (1) or shorter (-1). */
export interface RollingWindow {
  grain: string;
  differs: { low: string; high: string; sign: 1 | -1 }[];
}

/**
 * The kept time to which one of several periods comes closest, if it is close enough that the days between cost less than
 * all of its periods. @param rolled the day from which the days of kept times count back; null where none are kept
 */
export function rollingWindow({ low, high }: SalesWindow, rolled: string | null): RollingWindow | null {
  if (rolled === null || low === '-infinity' || low === 'infinity') return null;
  const [first, today] = [dayNumber(low), dayNumber(rolled)];
  const end = high === 'infinity' ? Infinity : dayNumber(high);
  const missing = Math.max(0, today + 1 - end);
  const near = WINDOWS.map(({ grain, days }) => ({ grain, days, begin: today - days }))
    .map((window) => ({ ...window, differ: Math.abs(first - window.begin) + missing }))
    .filter(({ differ, days, begin }) => differ <= Math.max(1, days / 10) && end > begin)
    .sort((a, b) => a.differ - b.differ)[0];
  if (near === undefined) return null;
  const differs: RollingWindow['differs'] = [];
  const begin = dayOf(near.begin);
  if (first < near.begin) differs.push({ low, high: begin, sign: 1 });
  if (first > near.begin) differs.push({ low: begin, high: low, sign: -1 });
  if (end < Infinity) differs.push({ low: high, high: 'infinity', sign: -1 });
  return { grain: near.grain, differs };
}

const dayNumber = (day: string): number => Date.parse(day) / DAY_MS;

function coversOf(low: number, high: number, grains: readonly Grain[]): Cover[] {
  if (low >= high) return [];
  const [grain, ...finer] = grains;
  if (grain === 'all') {
    if (low === -Infinity && high === Infinity) return [{ grain, low: '-infinity', high: 'infinity' }];
    return coversOf(low, high, finer);
  }
  const first = boundary(low, grain, 'up');
  const last = boundary(high, grain, 'down');
  if (first >= last) return coversOf(low, high, finer);
  const whole = { grain, low: dayOf(first), high: dayOf(last) };
  return [...coversOf(low, first, finer), whole, ...coversOf(last, high, finer)];
}

/** The next (or last) first day of a year or month, this day itself included. */
function boundary(day: number, grain: Grain, direction: 'up' | 'down'): number {
  if (!Number.isFinite(day) || grain === 'day') return day;
  const date = new Date(day * DAY_MS);
  const [year, month] = [date.getUTCFullYear(), grain === 'year' ? 0 : date.getUTCMonth()];
  const start = Date.UTC(year, month) / DAY_MS;
  if (direction === 'down' || start === day) return start;
  return (grain === 'year' ? Date.UTC(year + 1, 0) : Date.UTC(year, month + 1)) / DAY_MS;
}
