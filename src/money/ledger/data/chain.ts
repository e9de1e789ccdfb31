import { createHash } from 'node:crypto';
import { canonicalJson } from '../../../kernel/http/canonical-json';

/** What a chain begins with. */
export const GENESIS = Buffer.alloc(32);
/** Purpose of the key that heads are authenticated with. */
export const HEAD_KEY = 'ledger head';

/** A journal with its postings as it is sealed: every column of both. Times are text in microseconds. */
export interface ChainedJournal {
  id: string;
  postings: object[];
  [column: string]: unknown;
}

/** `SHA-256(previous hash ‖ canonical JSON of the journal with tenant and sequence)`. */
export const journalHash = (previous: Buffer, tenantId: string, seq: number, journal: ChainedJournal): Buffer =>
  createHash('sha256')
    .update(previous)
    .update(canonicalJson({ v: 1, tenantId, seq, journal }))
    .digest();

/** What the code of a head is computed over. */
export const headText = (tenantId: string, seq: number, hash: Buffer): string =>
  `${tenantId}:${seq}:${hash.toString('hex')}`;
