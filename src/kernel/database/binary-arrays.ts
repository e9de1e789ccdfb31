/**
 * Arrays as PostgreSQL reads them in binary (`array_recv`): for statements of hundreds of rows, where writing numbers and
 * times as text here and reading them there costs more than the rows. A parameter that is a Buffer is sent as binary, so
 * its type must be said in the statement, as `$2::uuid[]`. Arrays of nothing but null are written empty: `unnest` fills up
 * the shorter ones with null.
 * Source: PostgreSQL, `src/backend/utils/adt/arrayfuncs.c` and the `*_recv` function of each type.
 */

/** Object ids of the types (`pg_type.dat`). */
const OID = { uuid: 2950, float8: 701, timestamptz: 1184, jsonb: 3802, text: 25 } as const;

/** Bytes before the first element of an array of one dimension. */
const HEAD = 20;
/** Milliseconds from 1970 to 2000, from which on PostgreSQL counts microseconds. */
const EPOCH_MS = 946_684_800_000;

function headed(bytes: number, oid: number, count: number, nulls: boolean): Buffer {
  const out = Buffer.allocUnsafe(bytes);
  out.writeInt32BE(1, 0);
  out.writeInt32BE(nulls ? 1 : 0, 4);
  out.writeInt32BE(oid, 8);
  out.writeInt32BE(count, 12);
  out.writeInt32BE(1, 16);
  return out;
}

function empty(oid: number): Buffer {
  const out = Buffer.alloc(12);
  out.writeInt32BE(oid, 8);
  return out;
}

/** Elements of so many bytes each, or null. */
function fixed<T>(
  oid: number,
  size: number,
  values: readonly (T | null)[],
  write: (out: Buffer, value: T, at: number) => unknown,
): Buffer {
  let nulls = 0;
  for (const value of values) if (value === null) nulls += 1;
  if (nulls === values.length) return empty(oid);
  const out = headed(HEAD + values.length * (4 + size) - nulls * size, oid, values.length, nulls > 0);
  let at = HEAD;
  for (const value of values) {
    at = out.writeInt32BE(value === null ? -1 : size, at);
    if (value === null) continue;
    write(out, value, at);
    at += size;
  }
  return out;
}

/** Texts after a first byte of their own, where there is one. */
function texts(oid: number, values: readonly (string | null)[], first: number | null): Buffer {
  const sizes = values.map((value) => (value === null ? -1 : Buffer.byteLength(value) + (first === null ? 0 : 1)));
  const nulls = sizes.some((size) => size < 0);
  if (sizes.every((size) => size < 0)) return empty(oid);
  const out = headed(
    sizes.reduce((sum, size) => sum + 4 + Math.max(0, size), HEAD),
    oid,
    values.length,
    nulls,
  );
  let at = HEAD;
  values.forEach((value, i) => {
    at = out.writeInt32BE(sizes[i], at);
    if (value === null) return;
    if (first !== null) at = out.writeUInt8(first, at);
    at += out.write(value, at);
  });
  return out;
}

/** The value of a hexadecimal digit by its code. */
const DIGITS = new Uint8Array(128);
for (let i = 0; i < 16; i++) {
  DIGITS[i.toString(16).charCodeAt(0)] = i;
  DIGITS[i.toString(16).toUpperCase().charCodeAt(0)] = i;
}
/** Where the bytes of a UUID stand in its text. */
const PLACES = [0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34] as const;

/** `uuid[]`. @param values in their canonical form of 36 characters */
export const uuids = (values: readonly string[]): Buffer =>
  fixed(OID.uuid, 16, values, (out, value, at) => {
    for (let i = 0; i < 16; i++)
      out[at + i] = (DIGITS[value.charCodeAt(PLACES[i])] << 4) | DIGITS[value.charCodeAt(PLACES[i] + 1)];
  });

/** `uuid[]` of ids that are bytes already, 16 each. */
export function uuidsOf(bytes: Buffer): Buffer {
  const count = bytes.length / 16;
  if (count === 0) return empty(OID.uuid);
  const out = headed(HEAD + 20 * count, OID.uuid, count, false);
  for (let i = 0; i < count; i++) {
    out.writeInt32BE(16, HEAD + 20 * i);
    bytes.copy(out, HEAD + 20 * i + 4, 16 * i, 16 * i + 16);
  }
  return out;
}

/** `float8[]`; a zero has no sign, as in the text of JavaScript. */
export const float8s = (values: readonly (number | null)[]): Buffer =>
  fixed(OID.float8, 8, values, (out, value, at) => out.writeDoubleBE(value + 0, at));

/** `timestamptz[]`. @param values milliseconds since 1970 */
export const timestamps = (values: readonly (number | null)[]): Buffer =>
  fixed(OID.timestamptz, 8, values, (out, value, at) => {
    const micros = (value - EPOCH_MS) * 1_000;
    if (!Number.isSafeInteger(micros)) return void out.writeBigInt64BE(BigInt(value - EPOCH_MS) * 1_000n, at);
    const high = Math.floor(micros / 2 ** 32);
    out.writeInt32BE(high, at);
    out.writeUInt32BE(micros - high * 2 ** 32, at + 4);
  });

/** `jsonb[]`. @param values JSON */
export const jsonbs = (values: readonly string[]): Buffer => texts(OID.jsonb, values, 1);

/** `text[]`. */
export const textArray = (values: readonly (string | null)[]): Buffer => texts(OID.text, values, null);
