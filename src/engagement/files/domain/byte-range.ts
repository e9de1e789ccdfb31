import { rangeUnsatisfiable } from './files.errors';

/** Bytes from `start` to `end`, both included. */
export interface ByteRange {
  start: number;
  end: number;
}

/**
 * The range that a request asks for (RFC 9110, 14.2). Null: everything is sent, as for several ranges at once, for other
 * units, and for what cannot be read, all of which a server may answer so.
 * @throws AppError range-not-satisfiable `files.range-unsatisfiable`
 */
export function byteRange(header: string | undefined, sizeBytes: number): ByteRange | null {
  const match = header && /^bytes\s*=\s*(\d{0,15})\s*-\s*(\d{0,15})\s*$/i.exec(header);
  if (!match) return null;
  const [, first, last] = match;
  if (first === '' && last === '') return null;
  if (first === '') {
    // A suffix: the last so many bytes.
    const length = Number(last);
    if (length === 0 || sizeBytes === 0) throw rangeUnsatisfiable(sizeBytes);
    return { start: Math.max(0, sizeBytes - length), end: sizeBytes - 1 };
  }
  const start = Number(first);
  const end = last === '' ? sizeBytes - 1 : Math.min(Number(last), sizeBytes - 1);
  if (last !== '' && Number(last) < start) return null;
  if (start >= sizeBytes) throw rangeUnsatisfiable(sizeBytes);
  return { start, end };
}

/** True when `If-None-Match` has this tag; weak comparison (RFC 9110, 13.1.2). */
export const noneMatchHas = (header: string | undefined, etag: string): boolean =>
  header !== undefined &&
  (header.trim() === '*' || header.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag));

/** True when `If-Range` lets the range be sent: without it, or when it has exactly this tag (RFC 9110, 13.1.5). */
export const rangeHolds = (ifRange: string | undefined, etag: string): boolean =>
  ifRange === undefined || ifRange.trim() === etag;
