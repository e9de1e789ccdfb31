import ipaddr from 'ipaddr.js';
import { IANAZone } from 'luxon';

/** Days of the week as conditions name them. */
export const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
export type Day = (typeof DAYS)[number];

/**
 * A window of local time. `from` and `to` are `HH:MM`, `to` exclusive; a window that ends before it begins runs over
 * midnight and belongs to the day on which it begins. Without `days` every day, without times the whole day.
 */
export interface TimeWindow {
  /** IANA name, such as `Europe/Lisbon`. */
  zone: string;
  from?: string;
  to?: string;
  days?: Day[];
}

/**
 * When a grant holds: a tree of `all`, `any` and `not` over the attributes of a request and of the thing it is about.
 * Each node has exactly one member. It is data alone: nothing in it is ever executed.
 */
export type Condition =
  | { all: Condition[] }
  | { any: Condition[] }
  | { not: Condition }
  | { time: TimeWindow }
  /** The caller's address lies in one of these (addresses or CIDR ranges). */
  | { ip: string[] }
  /** ISO 3166-1 alpha-2 of the caller's address. */
  | { country: string[] }
  /** Authenticator assurance level, at least. */
  | { aal: 1 | 2 | 3 }
  /** Seconds since the caller proved who it is, at most. */
  | { auth_age: number }
  | { device_trusted: boolean }
  /** User ids; `self` is the caller. */
  | { 'resource.owner': string[] }
  | { 'resource.state': string[] };

/** The thing that a decision is about, as far as the asker knows it. */
export interface ResourceFacts {
  id?: string | null;
  /** User id of the one it belongs to. */
  owner?: string | null;
  state?: string | null;
}

/** What a decision is made from besides the grants. Null is "not known", which satisfies no allowing condition. */
export interface Circumstances {
  nowMs: number;
  userId: string | null;
  ip: string | null;
  country: string | null;
  aal: number | null;
  authTimeMs: number | null;
  deviceTrusted: boolean | null;
  resource?: ResourceFacts;
}

/** The answer of a condition: null where it cannot be told. */
export type Truth = boolean | null;

/**
 * A condition made ready to be asked many times. `assume` answers for the resource's attributes where no resource is
 * named yet: with true the answer is the best, with false the worst that any resource could give.
 */
export type Predicate = (circumstances: Circumstances, assume?: boolean) => Truth;

const MINUTE_MS = 60_000;
const DAY_MINUTES = 1_440;
/** Offsets of zones change at whole quarters of an hour. */
const QUARTER_MS = 900_000;

const offsets = new Map<string, { quarter: number; minutes: number }>();

/** Minutes that a zone is ahead of UTC at an instant. */
function offsetOf(zone: string, nowMs: number): number {
  const quarter = Math.floor(nowMs / QUARTER_MS);
  const known = offsets.get(zone);
  if (known?.quarter === quarter) return known.minutes;
  const minutes = IANAZone.create(zone).offset(nowMs);
  if (offsets.size > 1_000) offsets.clear();
  offsets.set(zone, { quarter, minutes });
  return minutes;
}

const minutesOf = (time: string): number => Number(time.slice(0, 2)) * 60 + Number(time.slice(3, 5));

/** Days since the epoch began on a Thursday. */
const dayOf = (days: number): Day => DAYS[(((days + 3) % 7) + 7) % 7];

function withinWindow({ zone, from, to, days }: TimeWindow): Predicate {
  const begin = from === undefined ? 0 : minutesOf(from);
  const end = to === undefined ? DAY_MINUTES : minutesOf(to);
  const on = days ? new Set<Day>(days) : null;
  return ({ nowMs }) => {
    const local = Math.floor(nowMs / MINUTE_MS) + offsetOf(zone, nowMs);
    const day = Math.floor(local / DAY_MINUTES);
    const minute = local - day * DAY_MINUTES;
    const holds = (which: number): boolean => on === null || on.has(dayOf(which));
    if (begin < end) return minute >= begin && minute < end && holds(day);
    return (minute >= begin && holds(day)) || (minute < end && holds(day - 1));
  };
}

let lastParsed: { text: string; address: ipaddr.IPv4 | ipaddr.IPv6 | null } | undefined;

/** The grants of one decision all ask about the same address. */
function addressOf(text: string): ipaddr.IPv4 | ipaddr.IPv6 | null {
  if (lastParsed?.text === text) return lastParsed.address;
  const address = ipaddr.isValid(text) ? ipaddr.process(text) : null;
  lastParsed = { text, address };
  return address;
}

function withinRanges(ranges: string[]): Predicate {
  const parsed = ranges.map((range) => parseRange(range)!);
  return ({ ip }) => {
    const address = ip === null ? null : addressOf(ip);
    if (address === null) return null;
    return parsed.some(([network, bits]) => network.kind() === address.kind() && address.match(network, bits));
  };
}

/** A network and its prefix length, or null for what is none; only the usual notations are understood. */
export function parseRange(range: string): [ipaddr.IPv4 | ipaddr.IPv6, number] | null {
  const [text, prefix, more] = range.split('/');
  const plain = text.includes(':')
    ? ipaddr.IPv6.isValid(text) && !text.includes('%')
    : ipaddr.IPv4.isValidFourPartDecimal(text);
  if (!plain || more !== undefined || (prefix !== undefined && !/^\d{1,3}$/.test(prefix))) return null;
  const address = ipaddr.parse(text);
  const most = address.kind() === 'ipv4' ? 32 : 128;
  const bits = prefix === undefined ? most : Number(prefix);
  if (bits > most) return null;
  // A range of mapped addresses is the IPv4 range it stands for: callers' addresses are unmapped too.
  if (address instanceof ipaddr.IPv6 && address.isIPv4MappedAddress() && bits >= 96) {
    return [address.toIPv4Address(), bits - 96];
  }
  return [address, bits];
}

const known = <T>(value: T | null | undefined, test: (value: T) => boolean): Truth =>
  value === null || value === undefined ? null : test(value);

function aboutResource(of: (resource: ResourceFacts) => string | null | undefined, values: string[]): Predicate {
  const wanted = new Set(values);
  return ({ resource, userId }, assume) => {
    if (resource === undefined && assume !== undefined) return assume;
    const value = resource && of(resource);
    if (value === null || value === undefined) return null;
    if (wanted.has(value)) return true;
    if (!wanted.has('self')) return false;
    return userId === null ? null : value === userId;
  };
}

/** Only things with this id. */
export const resourceIs = (id: string): Predicate => aboutResource((resource) => resource.id, [id]);

/** Kleene's conjunction: false when any is false, unknown when any is unknown. */
const allOf =
  (parts: Predicate[]): Predicate =>
  (circumstances, assume) => {
    let answer: Truth = true;
    for (const part of parts) {
      const one = part(circumstances, assume);
      if (one === false) return false;
      if (one === null) answer = null;
    }
    return answer;
  };

const anyOf =
  (parts: Predicate[]): Predicate =>
  (circumstances, assume) => {
    let answer: Truth = false;
    for (const part of parts) {
      const one = part(circumstances, assume);
      if (one === true) return true;
      if (one === null) answer = null;
    }
    return answer;
  };

const negated =
  (part: Predicate): Predicate =>
  (circumstances, assume) => {
    const one = part(circumstances, assume === undefined ? undefined : !assume);
    return one === null ? null : !one;
  };

export { allOf as everyPredicate };

/** Makes a checked condition ready to be asked; see `conditionFaults` for the check. */
export function predicateOf(condition: Condition): Predicate {
  if ('all' in condition) return allOf(condition.all.map(predicateOf));
  if ('any' in condition) return anyOf(condition.any.map(predicateOf));
  if ('not' in condition) return negated(predicateOf(condition.not));
  if ('time' in condition) return withinWindow(condition.time);
  if ('ip' in condition) return withinRanges(condition.ip);
  if ('country' in condition) {
    const countries = new Set(condition.country);
    return ({ country }) => known(country, (one) => countries.has(one));
  }
  if ('aal' in condition) return ({ aal }) => known(aal, (one) => one >= condition.aal);
  if ('auth_age' in condition) {
    return ({ authTimeMs, nowMs }) => known(authTimeMs, (at) => nowMs - at <= condition.auth_age * 1_000);
  }
  if ('device_trusted' in condition) {
    return ({ deviceTrusted }) => known(deviceTrusted, (one) => one === condition.device_trusted);
  }
  if ('resource.owner' in condition) return aboutResource((resource) => resource.owner, condition['resource.owner']);
  return aboutResource((resource) => resource.state, condition['resource.state']);
}
