import { Query } from '@nestjs/cqrs';

/**
 * What can be wrong: a journal `changed`, `missing` or never queued for sealing (`unsealed`); a head that was not made
 * under our key (`head`); a journal whose debits and credits differ (`unbalanced`); a balance that is not the sum of its
 * postings (`balance`); totals of a day that are not those of its journals (`totals`).
 */
export type LedgerFaultKind = 'changed' | 'missing' | 'unsealed' | 'head' | 'unbalanced' | 'balance' | 'totals';

export interface LedgerFault {
  kind: LedgerFaultKind;
  /** Position in the chain. */
  seq: number | null;
  journalId: string | null;
  detail: string;
}

export interface LedgerReport {
  ok: boolean;
  /** Journals whose hash was computed again. */
  journals: number;
  /** Journals that wait for their seal. */
  waiting: number;
  accounts: number;
  head: { seq: number; hash: string } | null;
  /** The first thing that is wrong. */
  fault: LedgerFault | null;
}

/** Called now and then while a long ledger is checked: journals done, of how many. */
export type LedgerProgress = (done: number, of: number) => void;

/** Computes the chain and the balances of the context's tenant again and compares them with what is stored. */
export class VerifyLedgerQuery extends Query<LedgerReport> {
  constructor(readonly progress?: LedgerProgress) {
    super();
  }
}

/** Tenants that have a sealed ledger. */
export class SealedLedgersQuery extends Query<string[]> {}
