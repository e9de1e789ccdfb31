import { randomBytes } from 'node:crypto';
import { v7 } from 'uuid';
import { clock } from '../clock/clock';

/** A new UUIDv7 (RFC 9562) by kernel time: sorts by creation, unique over processes; monotonic within one process. */
export const newId = (): string => (clock.offsetSeconds === 0 ? v7() : v7({ msecs: clock.nowMs() }));

/** An unguessable secret of `bytes` random bytes (default 24 = 192 bits), base64url. */
export const newSecret = (bytes = 24): string => randomBytes(bytes).toString('base64url');

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** True for a lower-case UUID in canonical form, the only form that reaches SQL text. */
export const isUuid = (value: unknown): value is string => typeof value === 'string' && UUID.test(value);
