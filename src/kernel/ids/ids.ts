import { randomBytes, randomFillSync } from 'node:crypto';
import { v5, v7 } from 'uuid';
import { clock } from '../clock/clock';

/** Namespace of ids that are derived from names. */
const NAMESPACE = '6d61696e-7374-4179-8000-000000000001';

let lastMs = 0;
let sequence = 0;

/** Random bytes are drawn for 256 ids at once: each draw is a call into the operating system's generator. */
const pool = Buffer.alloc(16 * 256);
let drawn = pool.length;

/** Sixteen random bytes, used once and overwritten with the next draw; the caller copies what it keeps. */
function sixteen(): Buffer {
  if (drawn === pool.length) {
    randomFillSync(pool);
    drawn = 0;
  }
  return pool.subarray(drawn, (drawn += 16));
}

const freshSequence = (): number => sixteen().readUInt32BE() >>> 1;

/**
 * A new UUIDv7 (RFC 9562) by kernel time: sorts by creation within one process, unique over processes. A clock that
 * was moved back on purpose (more than a second) is followed; small steps back are not.
 */
export function newId(): string {
  const now = clock.nowMs();
  if (now > lastMs || now < lastMs - 1000) {
    lastMs = now;
    sequence = freshSequence();
  } else if (sequence === 0xffffffff) {
    lastMs += 1;
    sequence = freshSequence();
  } else {
    sequence += 1;
  }
  return v7({ msecs: lastMs, seq: sequence, random: sixteen() });
}

/** The same id for the same names, always (UUIDv5): for work that must find its own earlier result again. */
export const derivedId = (...names: [string, ...string[]]): string => v5(JSON.stringify(names), NAMESPACE);

/** The moment at which a UUIDv7 was made, to the millisecond. */
export const timeOfId = (id: string): Date => new Date(parseInt(id.slice(0, 8) + id.slice(9, 13), 16));

/** The lowest id of a moment: `id >= idAt(from) and id < idAt(to)` selects rows by their time of creation. */
export function idAt(moment: Date): string {
  const digits = moment.getTime().toString(16).padStart(12, '0');
  return `${digits.slice(0, 8)}-${digits.slice(8)}-7000-8000-000000000000`;
}

/** An unguessable secret of `bytes` random bytes (default 24 = 192 bits), base64url. */
export const newSecret = (bytes = 24): string => randomBytes(bytes).toString('base64url');

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** True for a lower-case UUID in canonical form, the only form that reaches SQL text. */
export const isUuid = (value: unknown): value is string => typeof value === 'string' && UUID.test(value);
