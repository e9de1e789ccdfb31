import type { Keyring } from '../../../kernel/crypto/keyring';
import { linkExpired, linkNotFound } from '../domain/files.errors';
import { RENDITION_NAMES, type RenditionName, type RenditionType } from '../domain/stored-file';

/** What a link opens. */
export interface Link {
  tenantId: string;
  fileId: string;
  rendition: RenditionName | null;
  format: RenditionType;
  /** Seconds since 1970. */
  expires: number;
}

const PURPOSE = 'file links';
const BODY_BYTES = 16 + 16 + 1 + 6;
const MAC_BYTES = 32;

const idBytes = (id: string): Buffer => Buffer.from(id.replaceAll('-', ''), 'hex');
const idOf = (bytes: Buffer): string =>
  bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');

/** What a link opens and until when, signed (HMAC-SHA-256) with a key that is derived for links alone. */
export function linkToken(keyring: Keyring, link: Link): string {
  const body = Buffer.alloc(BODY_BYTES);
  idBytes(link.tenantId).copy(body, 0);
  idBytes(link.fileId).copy(body, 16);
  const size = link.rendition === null ? 0 : RENDITION_NAMES.indexOf(link.rendition) + 1;
  body.writeUInt8(size * 2 + (link.format === 'image/jpeg' ? 1 : 0), 32);
  body.writeUIntBE(link.expires, 33, 6);
  return Buffer.concat([body, keyring.hmac(PURPOSE, body)]).toString('base64url');
}

/**
 * @param nowMs milliseconds since 1970
 * @throws AppError not-found `files.link-not-found` for what was not signed here, gone `files.link-expired`
 */
export function openLink(keyring: Keyring, token: string, nowMs: number): Link {
  const bytes = Buffer.from(token, 'base64url');
  // The text must be the one way to write these bytes: another would be another address of the same thing.
  if (bytes.length !== BODY_BYTES + MAC_BYTES || bytes.toString('base64url') !== token) throw linkNotFound();
  const body = bytes.subarray(0, BODY_BYTES);
  if (!keyring.verifyHmac(PURPOSE, body, bytes.subarray(BODY_BYTES))) throw linkNotFound();
  const what = body.readUInt8(32);
  const expires = body.readUIntBE(33, 6);
  if (expires * 1_000 <= nowMs) throw linkExpired();
  return {
    tenantId: idOf(body.subarray(0, 16)),
    fileId: idOf(body.subarray(16, 32)),
    rendition: what < 2 ? null : RENDITION_NAMES[(what >> 1) - 1],
    format: what % 2 === 1 ? 'image/jpeg' : 'image/webp',
    expires,
  };
}
