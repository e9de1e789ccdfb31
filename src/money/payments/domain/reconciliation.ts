export const RECONCILIATION_STATES = ['running', 'done', 'failed'] as const;
export type ReconciliationState = (typeof RECONCILIATION_STATES)[number];

/** `missing_here`: the provider reports what nobody here knows; `missing_there`: the provider does not report what is known. */
export const ROW_STATUSES = ['matched', 'missing_here', 'missing_there', 'amount_differs'] as const;
export type RowStatus = (typeof ROW_STATUSES)[number];
export type RowKind = 'charge' | 'refund' | 'dispute';

/** A line of the provider's report with what is known here of it; amounts in minor units, minus for money that went out. */
export interface MatchedEntry {
  entryId: string;
  kind: RowKind;
  objectId: string | null;
  reported: number;
  reportedFee: number;
  currency: string;
  at: Date;
  intentId: string | null;
  attemptId: string | null;
  expected: number | null;
  expectedCurrency: string | null;
  knownFee: number;
}

/** Something that is known here and that the provider does not report. */
export interface Unreported {
  kind: RowKind;
  id: string;
  intentId: string;
  objectId: string | null;
  expected: number;
  currency: string;
  at: Date;
}

/** A row of a reconciliation; the same thing always has the same key. */
export interface Compared {
  key: string;
  status: RowStatus;
  kind: RowKind;
  entryId: string | null;
  objectId: string | null;
  intentId: string | null;
  expected: number | null;
  reported: number | null;
  currency: string;
  at: Date;
}

/** What both sides say of a period, side by side. */
export function compare(entries: readonly MatchedEntry[], unreported: readonly Unreported[]): Compared[] {
  const reported = entries.map((entry): Compared => {
    const { kind, entryId, objectId, intentId, expected, currency, at } = entry;
    const same = expected === entry.reported && entry.expectedCurrency === currency;
    const status = expected === null ? 'missing_here' : same ? 'matched' : 'amount_differs';
    return {
      key: `there:${entryId}`,
      status,
      kind,
      entryId,
      objectId,
      intentId,
      expected,
      reported: entry.reported,
      currency,
      at,
    };
  });
  const missing = unreported.map(({ kind, id, intentId, objectId, expected, currency, at }): Compared => ({
    key: `here:${kind}:${id}`,
    status: 'missing_there',
    kind,
    entryId: null,
    objectId,
    intentId,
    expected,
    reported: null,
    currency,
    at,
  }));
  return [...reported, ...missing];
}
