import { createHash } from 'node:crypto';
import { POSITIONS_KEPT_DAYS } from '../contracts/tracks';

/** A position as a device told it. Distances in metres, speeds in m/s, times in milliseconds since 1970. */
export interface Fix {
  trackerId: string;
  /** When the position was measured. */
  fixTime: number;
  /** When the device sent it, by its own clock. */
  deviceTime: number | null;
  receivedAt: number;
  lat: number;
  lng: number;
  altitude: number | null;
  speed: number | null;
  /** Degrees clockwise from north, 0 to below 360. */
  course: number | null;
  /** Radius of the error in metres. */
  accuracy: number | null;
  attributes: Record<string, string | number | boolean>;
}

/** Why a position is refused, and not kept. */
export const REJECTIONS = [
  'not-an-object',
  'tracker-unknown',
  'coordinates-invalid',
  'time-invalid',
  'time-in-future',
  'time-too-old',
  'value-invalid',
  'attributes-invalid',
] as const;
export type Rejection = (typeof REJECTIONS)[number];

/** Positions of one request or message at most, and bytes of it. */
export const MOST_POSITIONS = 12_000;
export const MOST_BATCH_BYTES = 2 * 1024 ** 2;
/** Positions that are handed to be written at once: as many as one commit takes, so that a long batch leaves room for others. */
export const PIECE = 500;
const DAY_MS = 86_400_000;
/** What is told of a later time than this is refused. */
const MOST_AHEAD_MS = DAY_MS;
/** Days for which positions are kept; older ones are refused. The partitions of the table go by the same number. */
export const KEPT_DAYS = POSITIONS_KEPT_DAYS;
/** A counter of GPS weeks of ten bits starts again after so long (IS-GPS-200, 20.3.3.3.1.1). */
const ROLLOVER_MS = 1024 * 7 * DAY_MS;
const MOST_ATTRIBUTES = 50;
const MOST_TEXT = 500;
/** Characters of all attributes of a position together: a history has tens of thousands of them. */
const MOST_ATTRIBUTES_TEXT = 2_000;

/** The time of a fix by a receiver whose week counter rolled over is moved on until it is no older than that period less 90 days. */
export function withoutRollover(fixTime: number, now: number): number {
  let time = fixTime;
  while (time < now - ROLLOVER_MS + 90 * DAY_MS) time += ROLLOVER_MS;
  return time;
}

/** Characters that the database keeps in no text. */
const NOT_TEXT = /\0|\p{Surrogate}/u;
const isText = (value: unknown): value is string =>
  typeof value === 'string' && value.length <= MOST_TEXT && !NOT_TEXT.test(value);

const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);
const isBetween = (value: unknown, low: number, high: number): boolean =>
  value === undefined || value === null || (isNumber(value) && value >= low && value <= high);
const orNull = (value: unknown): number | null => (isNumber(value) ? value : null);

/** ISO 8601 with offset, or seconds or milliseconds since 1970. @returns milliseconds, NaN for anything else */
export function timeOf(value: unknown): number {
  if (isNumber(value)) return Math.round(value < 1e11 ? value * 1000 : value);
  if (typeof value !== 'string' || !/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)$/.test(value))
    return NaN;
  return Date.parse(value);
}

/** Is it a time, before a rollover is looked for: one that ISO 8601 writes with four digits of a year (milliseconds)? */
export const isTime = (ms: number): boolean => ms >= 0 && ms <= 253_402_300_799_999;

function areAttributes(value: unknown): value is Fix['attributes'] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const keys = Object.keys(value);
  if (keys.length > MOST_ATTRIBUTES) return false;
  let sum = 0;
  for (const key of keys) {
    const held = (value as Record<string, unknown>)[key];
    if (key.length > 64 || key === '__proto__' || NOT_TEXT.test(key)) return false;
    if (isText(held)) sum += held.length;
    else if (typeof held === 'boolean' || isNumber(held)) sum += String(held).length;
    else return false;
    sum += key.length;
  }
  return sum <= MOST_ATTRIBUTES_TEXT;
}

/** Those of some attributes that a position can have, in their order: what is no attribute, or one too many or too long, is left out. */
export function attributesThatFit(said: Readonly<Record<string, unknown>>): Fix['attributes'] {
  const fit: [string, string | number | boolean][] = [];
  let sum = 0;
  for (const [key, value] of Object.entries(said)) {
    if (fit.length === MOST_ATTRIBUTES) break;
    if (typeof value !== 'string' && typeof value !== 'boolean' && !isNumber(value)) continue;
    const length = key.length + String(value).length;
    if (sum + length > MOST_ATTRIBUTES_TEXT || !areAttributes(Object.fromEntries([[key, value]]))) continue;
    sum += length;
    fit.push([key, value]);
  }
  return Object.fromEntries(fit);
}

/** Reads one position of a batch, which may be anything. @returns the fix, or why it is refused */
export function readFix(raw: unknown, trackerId: string | null, receivedAt: number): Fix | Rejection {
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) return 'not-an-object';
  const said = raw as Record<string, unknown>;
  if (trackerId === null) return 'tracker-unknown';
  const { lat, lng } = said;
  if (!isNumber(lat) || !isNumber(lng) || Math.abs(lat) > 90 || Math.abs(lng) > 180) return 'coordinates-invalid';
  const told = timeOf(said.fixTime);
  if (!isTime(told)) return 'time-invalid';
  if (told > receivedAt + MOST_AHEAD_MS) return 'time-in-future';
  const fixTime = withoutRollover(told, receivedAt);
  if (fixTime < receivedAt - KEPT_DAYS * DAY_MS) return 'time-too-old';
  const deviceTime = said.deviceTime === undefined || said.deviceTime === null ? null : timeOf(said.deviceTime);
  if (deviceTime !== null && !isTime(deviceTime)) return 'time-invalid';
  const fits =
    isBetween(said.speed, 0, 1_000) &&
    isBetween(said.course, 0, 360) &&
    isBetween(said.accuracy, 0, 1e6) &&
    isBetween(said.altitude, -12_000, 100_000);
  if (!fits) return 'value-invalid';
  const attributes = said.attributes ?? {};
  if (!areAttributes(attributes)) return 'attributes-invalid';
  return {
    trackerId,
    fixTime,
    deviceTime,
    receivedAt,
    lat,
    lng: lng === 180 ? -180 : lng,
    altitude: orNull(said.altitude),
    speed: orNull(said.speed),
    course: said.course === 360 ? 0 : orNull(said.course),
    accuracy: orNull(said.accuracy),
    attributes,
  };
}

/** All of a position's id but its time. */
function digestOf(trackerId: string): string {
  const digest = createHash('sha256').update(`position ${trackerId}`).digest('hex');
  return `7${digest.slice(0, 3)}-a${digest.slice(3, 6)}-${digest.slice(6, 18)}`;
}

function idOf(fixTime: number, digest: string): string {
  const time = fixTime.toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-${digest}`;
}

/**
 * The id of a position: a UUIDv7 of its fix time, whose other bits are a digest of the tracker. The same fix has the same
 * id however often it is sent, and ids sort by fix time, by which the table is partitioned.
 */
export const positionId = (trackerId: string, fixTime: number): string => idOf(fixTime, digestOf(trackerId));

/** The ids of many positions in bytes, 16 each, in order. */
export function positionIdBytes(fixes: readonly Pick<Fix, 'trackerId' | 'fixTime'>[]): Buffer {
  const digests = new Map<string, Buffer>();
  const ids = Buffer.allocUnsafe(16 * fixes.length);
  fixes.forEach(({ trackerId, fixTime }, i) => {
    let digest = digests.get(trackerId);
    if (!digest) digests.set(trackerId, (digest = Buffer.from(digestOf(trackerId).replaceAll('-', ''), 'hex')));
    ids.writeUIntBE(fixTime, 16 * i, 6);
    ids.set(digest, 16 * i + 6);
  });
  return ids;
}

/** The ids of many positions, in order; the digest of a tracker is made once. */
export function positionIds(fixes: readonly Pick<Fix, 'trackerId' | 'fixTime'>[]): string[] {
  const digests = new Map<string, string>();
  return fixes.map(({ trackerId, fixTime }) => {
    const digest = digests.get(trackerId) ?? digestOf(trackerId);
    digests.set(trackerId, digest);
    return idOf(fixTime, digest);
  });
}
