import { Query } from '@nestjs/cqrs';

/**
 * What can be wrong: an entry `changed`, `missing`, `moved` or never queued for sealing (`unsealed`); the newest ones
 * `dropped`, or the whole trail `rewritten` against a signed head; a batch or removal whose `signature` is not ours.
 */
export type FaultKind = 'changed' | 'missing' | 'moved' | 'unsealed' | 'dropped' | 'rewritten' | 'signature';

export interface TrailFault {
  kind: FaultKind;
  /** Position in the chain. */
  seq: number | null;
  entryId: string | null;
  detail: string;
}

export interface TrailReport {
  ok: boolean;
  /** Entries whose hash was computed again. */
  entries: number;
  batches: number;
  /** Entries up to this position were removed by retention; 0 for none. */
  removedUpTo: number;
  /** Entries that wait for their seal. */
  waiting: number;
  head: { seq: number; hash: string } | null;
  /** The first thing that is wrong. */
  fault: TrailFault | null;
}

/** Called now and then while a long trail is checked: entries done, of how many. */
export type Progress = (done: number, of: number) => void;

/** Computes the trail of the context's tenant again and compares it with every seal, signature and copy. */
export class VerifyTrailQuery extends Query<TrailReport> {
  constructor(readonly progress?: Progress) {
    super();
  }
}

/** Tenants that have a sealed trail, the platform's own included. */
export class SealedTrailsQuery extends Query<string[]> {}
