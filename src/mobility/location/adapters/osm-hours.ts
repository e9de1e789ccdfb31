import type OpeningHoursReader from 'opening_hours';
import type * as OpeningHoursLibrary from 'opening_hours';
import { LRUCache } from 'lru-cache';
import { dateText, dayNumber, MOST_SPANS, weekdayOf, type OpeningHours, type Span } from '../domain/opening-hours';
import type { PlaceFault } from '../domain/places.errors';

/** Days that are written out where hours vary over the year. */
const WRITTEN_DAYS = 400;
const DAY = 1440;
/** A Monday in a winter week in which next to no clock of the world is set. */
const PLAIN_WEEK = dayNumber('2026-01-12');

/** So many days are looked at before it is judged whether they are too full to go on. */
const PIECE_DAYS = 28;
/** Times of day in one text: what people write has a dozen, and each costs on every day. */
const MOST_TIMES = 48;

/** Words that hang on more than the calendar. */
const SUN = /\b(?:sunrise|sunset|dawn|dusk)\b/;
const HOLIDAYS = /\b(?:PH|SH)\b/;

const known = new LRUCache<string, Omit<OpeningHours, 'zone'> | PlaceFault>({ max: 1_000 });

/** With its calendars of holidays some megabytes, which most processes never need. */
function library(): typeof OpeningHoursReader {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- read without waiting, and late
  const module = require('opening_hours') as typeof OpeningHoursLibrary & { default?: typeof OpeningHoursReader };
  return module.default ?? (module as unknown as typeof OpeningHoursReader);
}

/**
 * Reads opening hours as OpenStreetMap writes them (https://wiki.openstreetmap.org/wiki/Key:opening_hours) by the library
 * `opening_hours`. Hours that vary over the year, by holidays, months or weeks, are written out day by day for 400 days
 * from `today` on; `through` says how far.
 * @param where country (ISO 3166-1 alpha-2) and region, whose holidays are meant
 * @param today date in the place's zone
 */
export function readOsmHours(
  text: string,
  zone: string,
  where: { country: string | null; region: string | null; lat: number; lng: number },
  today: string,
): OpeningHours | PlaceFault {
  const varies = HOLIDAYS.test(text);
  const key = JSON.stringify([text, today, ...(varies ? [where.country, where.region] : [])]);
  let read = known.get(key);
  if (!read) known.set(key, (read = evaluate(text, where, today)));
  return 'code' in read ? read : { zone, ...read };
}

const refused = (code: string, detail: string): PlaceFault => ({ pointer: '/osm', code, detail });

const tooMany = (): PlaceFault => refused('too-many', `A day has at most ${MOST_SPANS} spans.`);
const isFull = (spans: readonly Span[]): boolean => spans.length > MOST_SPANS;

function evaluate(
  text: string,
  { country, region, lat, lng }: Parameters<typeof readOsmHours>[2],
  today: string,
): Omit<OpeningHours, 'zone'> | PlaceFault {
  if (SUN.test(text)) return refused('sun', 'Hours that follow the sun are not read.');
  if (HOLIDAYS.test(text) && !country)
    return refused('country', 'Hours that name holidays need the country of the place.');
  if ((text.match(/\d:\d\d/g)?.length ?? 0) > MOST_TIMES) return tooMany();
  const address = { country_code: country?.toLowerCase() ?? '', state: region ?? '' };
  try {
    const reader = new (library())(text, country ? { lat, lon: lng, address } : null);
    if (reader.isWeekStable()) {
      const week = daysOf(reader, PLAIN_WEEK, 7);
      return week.some(isFull) ? tooMany() : { week, exceptions: {}, osm: text };
    }
    const first = dayNumber(today);
    const days: Span[][] = [];
    while (days.length < WRITTEN_DAYS) {
      days.push(...daysOf(reader, first + days.length, Math.min(PIECE_DAYS, WRITTEN_DAYS - days.length)));
      if (days.some(isFull)) return tooMany();
    }
    const week = usualWeek(days, first);
    const different = days
      .map((spans, i) => [dateText(first + i), spans] as const)
      .filter(([, spans], i) => JSON.stringify(spans) !== JSON.stringify(week[weekdayOf(first + i)]));
    const through = dateText(first + WRITTEN_DAYS - 1);
    return { week, exceptions: Object.fromEntries(different), osm: text, through };
  } catch (error) {
    const [said] = String(error instanceof Error ? error.message : error).split('\n');
    return refused('syntax', `These are no opening hours: ${said.slice(0, 200)}`);
  }
}

/** The spans of each of so many days. What is not known for certain ("by appointment") is not open. */
function daysOf(reader: OpeningHoursReader, first: number, count: number): Span[][] {
  const days: Span[][] = Array.from({ length: count }, () => []);
  // The library reads and writes the clock of the process: only its digits count here.
  const local = (day: number): Date => {
    const [year, month, date] = dateText(day).split('-').map(Number);
    return new Date(year, month - 1, date);
  };
  const minute = (at: Date): number =>
    (Date.UTC(at.getFullYear(), at.getMonth(), at.getDate()) / 86_400_000) * DAY + at.getHours() * 60 + at.getMinutes();
  const add = (from: number, to: number): void => {
    const day = Math.floor(from / DAY);
    days[day - first]?.push([from - day * DAY, to - day * DAY]);
  };
  for (const [begins, ends, unknown] of reader.getOpenIntervals(local(first - 1), local(first + count + 1))) {
    if (unknown) continue;
    let from = minute(begins);
    const to = minute(ends);
    // A night belongs to the day that it begins on; what is longer than a day is cut at each midnight.
    if (to - from < DAY) add(from, to);
    else
      for (; from < to; from = (Math.floor(from / DAY) + 1) * DAY)
        add(from, Math.min(to, (Math.floor(from / DAY) + 1) * DAY));
  }
  return days;
}

/** Of each weekday the hours that it has most often. */
function usualWeek(days: readonly Span[][], first: number): Span[][] {
  return Array.from({ length: 7 }, (_, weekday) => {
    const counts = new Map<string, number>();
    days.forEach((spans, i) => {
      if (weekdayOf(first + i) !== weekday) return;
      const text = JSON.stringify(spans);
      counts.set(text, (counts.get(text) ?? 0) + 1);
    });
    const [most] = [...counts].sort(([, a], [, b]) => b - a);
    return JSON.parse(most[0]) as Span[];
  });
}
