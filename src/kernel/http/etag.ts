import { AppError } from '../errors/app-error';

/** ETag of a resource that counts its versions. */
export const etagOf = (version: number): string => `"${version}"`;

/**
 * The version that `If-Match` names, null without the field or for `*`. Weak tags never match (RFC 9110, 13.1.1).
 * @throws AppError precondition-failed for a tag that no version of ours has
 */
export function versionOfIfMatch(header: string | undefined): number | null {
  if (header === undefined || header.trim() === '' || header.trim() === '*') return null;
  const match = /^"(\d{1,9})"$/.exec(header.trim());
  if (match) return Number(match[1]);
  throw new AppError('http.etag-unknown', 'precondition-failed', 'If-Match names no version of this resource.', {
    hint: 'Send the ETag of the answer that you read, with its quotes.',
  });
}
