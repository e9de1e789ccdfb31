import { IANAZone } from 'luxon';
import type { PlaceFault } from './places.errors';

/** Minutes of a day `[from, to)`: `from` below 1440, `to` up to a day after it, so that nights belong to the day they begin on. */
export type Span = readonly [from: number, to: number];

/** When a place is open, in the clock of its zone: by the day of the week, and on dates that differ from it. As it is stored. */
export interface OpeningHours {
  /** IANA time zone. */
  zone: string;
  /** Monday first. */
  week: Span[][];
  /** By date, `2026-12-25`; no spans are closed. */
  exceptions: Record<string, Span[]>;
  /** What it was read from, as OpenStreetMap writes it. */
  osm?: string;
  /** Last date that is written out, where the hours vary over the year: of later days nothing is known. */
  through?: string;
}

export const DAYS = ['mo', 'tu', 'we', 'th', 'fr', 'sa', 'su'] as const;
export type Day = (typeof DAYS)[number];

/** A span as it is sent: `to` at or before `from` is on the next day; `24:00` is the midnight that ends the day. */
export interface HoursSpan {
  from: string;
  to: string;
}

export interface HoursRequest {
  zone: string;
  week?: (HoursSpan & { day: Day })[];
  exceptions?: { date: string; hours: HoursSpan[] }[];
}

/** PostgreSQL reads abbreviations such as CET as fixed offsets, and offsets with the other sign. */
export const ZONE_NAME = /^(?:UTC|[A-Z][A-Za-z0-9_+-]*(?:\/[A-Za-z0-9_+-]+)+)$/;

const DAY = 1440;
const MINUTE_MS = 60_000;
const DAY_MS = DAY * MINUTE_MS;
/** Spans of one day, and dates that differ, at most. */
export const MOST_SPANS = 12;
export const MOST_EXCEPTIONS = 500;
/** How far ahead a change is looked for, in days. */
const HORIZON_DAYS = 370;
const PROBE_MS = 7 * DAY_MS;

const TIME = /^([01]\d|2[0-4]):([0-5]\d)$/;
const minutesOf = (text: string): number | null => {
  const match = TIME.exec(text);
  const minutes = match ? Number(match[1]) * 60 + Number(match[2]) : DAY + 1;
  return minutes <= DAY ? minutes : null;
};
export const clockText = (minutes: number): string => {
  const within = minutes > DAY ? minutes - DAY : minutes;
  return `${String(Math.floor(within / 60)).padStart(2, '0')}:${String(within % 60).padStart(2, '0')}`;
};

/** Days since 1970-01-01 of a calendar date, NaN for none. */
export function dayNumber(date: string): number {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(date)) return Number.NaN;
  const at = Date.parse(`${date}T00:00:00Z`);
  return Number.isNaN(at) || dateText(at / DAY_MS) !== date ? Number.NaN : at / DAY_MS;
}
export const dateText = (day: number): string => new Date(day * DAY_MS).toISOString().slice(0, 10);
/** Monday is 0; 1970-01-01 was a Thursday. */
export const weekdayOf = (day: number): number => (((day + 3) % 7) + 7) % 7;

function spanOf({ from, to }: HoursSpan, pointer: string): Span | PlaceFault {
  const [start, end] = [minutesOf(from), minutesOf(to)];
  if (start === null || end === null || start === DAY)
    return { pointer, code: 'time', detail: 'Times are written as 08:00, and 24:00 alone as an end.' };
  return [start, end > start ? end : end + DAY];
}

/** Spans of a day in order, or what is wrong with them: they overlap, or are too many. */
function dayOf(spans: readonly HoursSpan[], pointer: string): Span[] | PlaceFault {
  const read: Span[] = [];
  for (const span of spans) {
    const one = spanOf(span, pointer);
    if ('code' in one) return one;
    read.push(one);
  }
  if (read.length > MOST_SPANS) return { pointer, code: 'too-many', detail: `A day has at most ${MOST_SPANS} spans.` };
  read.sort((a, b) => a[0] - b[0]);
  const twin = read.find((span, i) => i > 0 && span[0] < read[i - 1][1]);
  if (twin)
    return { pointer, code: 'overlap', detail: `The span from ${clockText(twin[0])} begins before another ends.` };
  return read;
}

/** Reads hours as they are sent; what is wrong is said with its place. */
export function readHours({ zone, week = [], exceptions = [] }: HoursRequest): OpeningHours | PlaceFault {
  if (!IANAZone.isValidZone(zone))
    return { pointer: '/zone', code: 'zone', detail: `"${zone}" is no time zone such as Europe/Vienna.` };
  const days: Span[][] = [];
  for (const day of DAYS) {
    const spans = dayOf(
      week.filter((it) => it.day === day),
      '/week',
    );
    if ('code' in spans) return spans;
    days.push(spans);
  }
  if (exceptions.length > MOST_EXCEPTIONS)
    return { pointer: '/exceptions', code: 'too-many', detail: `At most ${MOST_EXCEPTIONS} dates may differ.` };
  const dates: Record<string, Span[]> = {};
  for (const [index, { date, hours }] of exceptions.entries()) {
    const pointer = `/exceptions/${index}`;
    if (Number.isNaN(dayNumber(date)))
      return { pointer, code: 'date', detail: `"${date}" is no day of the calendar such as 2026-12-25.` };
    if (Object.hasOwn(dates, date)) return { pointer, code: 'duplicate', detail: `${date} is there twice.` };
    const spans = dayOf(hours, pointer);
    if ('code' in spans) return spans;
    dates[date] = spans;
  }
  return { zone, week: days, exceptions: dates };
}

const spansOn = (hours: OpeningHours, day: number): readonly Span[] =>
  hours.exceptions[dateText(day)] ?? hours.week[weekdayOf(day)];

/** End of the span that holds a minute of the wall clock (minutes since 1970), or null. */
function openUntil(hours: OpeningHours, minute: number): number | null {
  const day = Math.floor(minute / DAY);
  for (const owner of [day, day - 1]) {
    const within = minute - owner * DAY;
    const span = spansOn(hours, owner).find(([from, to]) => from <= within && within < to);
    if (span) return owner * DAY + span[1];
  }
  return null;
}

/** The first minute of the wall clock behind `minute` at which open becomes closed, or closed open; null when none is near. */
function boundary(hours: OpeningHours, minute: number, open: boolean): number | null {
  const last = minute + HORIZON_DAYS * DAY;
  if (open) {
    let end = minute;
    for (let next = openUntil(hours, end); next !== null; next = openUntil(hours, end)) {
      end = next;
      if (end > last) return null;
    }
    return end;
  }
  for (let day = Math.floor(minute / DAY); day * DAY <= last; day++) {
    const span = spansOn(hours, day).find(([from]) => day * DAY + from > minute);
    if (span) return day * DAY + span[0];
  }
  return null;
}

const offsetMs = (zone: IANAZone, at: number): number => zone.offset(at) * MINUTE_MS;

/** The first instant in `(from, to]` at which the zone's clock is set; looked for in steps of a week. */
export function clockSet(zone: IANAZone, from: number, to: number): number | null {
  const before = offsetMs(zone, from);
  for (let low = from; low < to; low += PROBE_MS) {
    const high = Math.min(low + PROBE_MS, to);
    if (offsetMs(zone, high) === before) continue;
    let [unset, set] = [low, high];
    while (set - unset > 1) {
      const middle = Math.floor((unset + set) / 2);
      if (offsetMs(zone, middle) === before) unset = middle;
      else set = middle;
    }
    return set;
  }
  return null;
}

/**
 * Whether it is open at an instant; null where nothing is known of the day. What counts is the clock on the wall: an
 * hour that the clock shows twice is twice open, one that it leaps over is not. `openAtSql` says the same in SQL.
 */
export function isOpen(hours: OpeningHours, atMs: number): boolean | null {
  const local = atMs + offsetMs(IANAZone.create(hours.zone), atMs);
  if (hours.through && Math.floor(local / DAY_MS) > dayNumber(hours.through)) return null;
  return openUntil(hours, Math.floor(local / MINUTE_MS)) !== null;
}

/** The next instant at which it opens or closes (milliseconds since 1970); null when there is none within a year, or none is known. */
export function nextChange(hours: OpeningHours, atMs: number): number | null {
  const zone = IANAZone.create(hours.zone);
  const open = isOpen(hours, atMs);
  if (open === null) return null;
  const horizon = atMs + HORIZON_DAYS * DAY_MS;
  for (let from = atMs; from < horizon;) {
    const offset = offsetMs(zone, from);
    const minute = Math.floor((from + offset) / MINUTE_MS);
    // Where the clock was set onto the other state, that is the change.
    if ((openUntil(hours, minute) !== null) !== open) return known(hours, from);
    const next = boundary(hours, minute, open);
    const at = next === null ? horizon : next * MINUTE_MS - offset;
    const set = clockSet(zone, from, Math.min(at, horizon));
    if (set === null || set > at) return next === null ? null : known(hours, at);
    from = set;
  }
  return null;
}

const known = (hours: OpeningHours, atMs: number): number | null => (isOpen(hours, atMs) === null ? null : atMs);

/** SQL: whether hours (jsonb) hold an instant; null where nothing is known. */
export const openAtSql = (hours: string, at: string): string => `(select case
    when h.hours is null or l.day > (h.hours->>'through')::date then null
    else jsonb_path_exists(coalesce(h.hours->'exceptions'->to_char(l.day, 'YYYY-MM-DD'), h.hours->'week'->(extract(isodow from l.day)::int - 1)),
        'strict $[*] ? (@[0] <= $m && @[1] > $m)', jsonb_build_object('m', l.minute))
      or jsonb_path_exists(coalesce(h.hours->'exceptions'->to_char(l.day - 1, 'YYYY-MM-DD'), h.hours->'week'->(extract(isodow from l.day - 1)::int - 1)),
        'strict $[*] ? (@[0] <= $m && @[1] > $m)', jsonb_build_object('m', l.minute + 1440)) end
  from (select ${hours} as hours) h
  cross join lateral (select ${at} at time zone (h.hours->>'zone') as wall) w
  cross join lateral (select w.wall::date as day, (extract(hour from w.wall) * 60 + extract(minute from w.wall))::int as minute) l)`;

/** Hours as they are shown. */
export interface HoursView {
  zone: string;
  week: { day: Day; from: string; to: string }[];
  exceptions: { date: string; hours: HoursSpan[] }[];
  osm: string | null;
  through: string | null;
}

const shown = ([from, to]: Span): HoursSpan => ({ from: clockText(from), to: clockText(to) });

export const hoursView = ({ zone, week, exceptions, osm, through }: OpeningHours): HoursView => ({
  zone,
  week: week.flatMap((spans, i) => spans.map((span) => ({ day: DAYS[i], ...shown(span) }))),
  exceptions: Object.entries(exceptions)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([date, spans]) => ({ date, hours: spans.map(shown) })),
  osm: osm ?? null,
  through: through ?? null,
});
