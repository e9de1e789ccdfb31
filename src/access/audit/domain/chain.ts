import { createHash } from 'node:crypto';
import { canonical } from './canonical';

/** What a chain begins with. */
export const GENESIS = Buffer.alloc(32);

/**
 * An entry as it is sealed: every column but the legacy address and the search digests, which may be forgotten. `at` is
 * text in microseconds, personal facts are ciphertext.
 */
export interface ChainedRow {
  id: string;
  at: string;
  [column: string]: unknown;
}

/** `SHA-256(previous hash ‖ canonical JSON of the row)`. */
export function entryHash(previous: Buffer, tenantId: string, seq: number, row: ChainedRow): Buffer {
  return createHash('sha256')
    .update(previous)
    .update(canonical({ ...row, v: 1, tenant_id: tenantId, seq }))
    .digest();
}

const node = (prefix: number, ...parts: Buffer[]): Buffer => {
  const hash = createHash('sha256').update(Buffer.of(prefix));
  for (const part of parts) hash.update(part);
  return hash.digest();
};

/**
 * Merkle root over the hashes of a batch, so that one entry can be proven without the others. Leaves and inner nodes are
 * hashed under different prefixes. Source: RFC 6962, section 2.1.
 */
export function merkleRoot(hashes: readonly Buffer[]): Buffer {
  if (hashes.length === 0) throw new Error('A batch has entries.');
  if (hashes.length === 1) return node(0, hashes[0]);
  let split = 1;
  while (split * 2 < hashes.length) split *= 2;
  return node(1, merkleRoot(hashes.slice(0, split)), merkleRoot(hashes.slice(split)));
}

/** What a signed head says of its batch. Hashes in hexadecimal. */
export interface HeadClaims {
  v: 1;
  trail: string;
  number: number;
  firstSeq: number;
  lastSeq: number;
  /** Merkle root of the batch. */
  root: string;
  /** Hash of the last entry. */
  head: string;
  /** Hash of the last entry before the batch. */
  previous: string;
  at: string;
}

/** What is signed when old entries are removed: from here on the chain is checked. */
export interface RemovalClaims {
  v: 1;
  trail: string;
  removedUpTo: number;
  head: string;
  at: string;
}

/** A head as it is kept outside of the database. */
export interface SignedHead {
  trail: string;
  claims: string;
  signature: Buffer;
  kid: string;
}
