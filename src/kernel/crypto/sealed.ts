import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

/** Where a sealed value lives. It is bound to the place: copied to another row, column or tenant it does not open. */
export interface SealPlace {
  tenantId: string;
  table: string;
  column: string;
  rowId: string;
}

/** A sealed value could not be opened: wrong key, wrong place, or changed bytes. Says nothing more on purpose. */
export class SealError extends Error {
  constructor(reason = 'The sealed value does not open here.') {
    super(reason);
    this.name = 'SealError';
  }
}

const FORMAT = /^v1\.([A-Za-z0-9_-]{1,40})\.([A-Za-z0-9_-]{16})\.([A-Za-z0-9_-]*)\.([A-Za-z0-9_-]{22})$/;

const aadOf = (place: SealPlace, keyId: string): Buffer => {
  const parts = [place.table, place.column, place.rowId, place.tenantId, keyId];
  if (parts.some((part) => part.includes('|'))) throw new Error('A part of a place must not contain "|".');
  return Buffer.from(parts.join('|'));
};

/** Seals with AES-256-GCM and a random 96-bit nonce: `v1.<key id>.<nonce>.<ciphertext>.<tag>`, base64url. */
export function sealWith(key: Buffer, keyId: string, place: SealPlace, plaintext: string | Uint8Array): string {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(aadOf(place, keyId));
  const bytes = Buffer.concat([cipher.update(plaintext as Uint8Array), cipher.final()]);
  return ['v1', keyId, ...[nonce, bytes, cipher.getAuthTag()].map((part) => part.toString('base64url'))].join('.');
}

/** Id of the key that sealed a value. @throws SealError when the text is no sealed value. */
export function keyIdOf(sealed: string): string {
  const match = FORMAT.exec(sealed);
  if (!match) throw new SealError('Not a sealed value.');
  return match[1];
}

/** Opens what `sealWith` sealed. @throws SealError */
export function openWith(key: Buffer, place: SealPlace, sealed: string): Buffer {
  const match = FORMAT.exec(sealed);
  if (!match) throw new SealError('Not a sealed value.');
  const [, keyId, nonce, bytes, tag] = match;
  const decipher = createDecipheriv('aes-256-gcm', key, Buffer.from(nonce, 'base64url'), { authTagLength: 16 });
  decipher.setAAD(aadOf(place, keyId)).setAuthTag(Buffer.from(tag, 'base64url'));
  try {
    return Buffer.concat([decipher.update(Buffer.from(bytes, 'base64url')), decipher.final()]);
  } catch {
    throw new SealError();
  }
}
