export type DisputeState =
  | 'warning_needs_response'
  | 'warning_under_review'
  | 'warning_closed'
  | 'needs_response'
  | 'under_review'
  | 'won'
  | 'lost';

/**
 * The one table of allowed edges of a dispute; a trigger holds the same ones, and a test tries every pair. A warning (an
 * inquiry, before money is taken) may become a dispute; what ended stays ended, so that a late answer of the provider
 * cannot open it again. Source: Stripe, "Dispute statuses"; PayPal, "Dispute life cycle".
 */
export const DISPUTE_EDGES: Readonly<Record<DisputeState, readonly DisputeState[]>> = {
  warning_needs_response: ['warning_under_review', 'warning_closed', 'needs_response', 'under_review', 'won', 'lost'],
  warning_under_review: ['warning_needs_response', 'warning_closed', 'needs_response', 'under_review', 'won', 'lost'],
  warning_closed: ['needs_response', 'under_review', 'won', 'lost'],
  needs_response: ['under_review', 'won', 'lost'],
  under_review: ['needs_response', 'won', 'lost'],
  won: [],
  lost: [],
};

export const DISPUTE_STATES = Object.keys(DISPUTE_EDGES) as DisputeState[];

/** Somebody has to answer. */
export const asksForAnswer = (state: DisputeState): boolean =>
  state === 'needs_response' || state === 'warning_needs_response';

export const isOver = (state: DisputeState): boolean => ['won', 'lost', 'warning_closed'].includes(state);

/** No refund goes out for a charge with such a dispute: the bank took the money, or may. An inquiry is best met by one. */
export const FORBIDS_REFUND: readonly DisputeState[] = ['needs_response', 'under_review', 'lost'];

/**
 * The state after the provider reports one. It goes back to an earlier step only with a later deadline, as a further
 * round has: without one the report is older than what is known. @returns null when the report is no news
 */
export function stateAfter(
  known: { state: DisputeState; evidenceDueAt: Date | null },
  reported: { state: DisputeState; evidenceDueAt: Date | null },
): DisputeState | null {
  if (known.state === reported.state || !DISPUTE_EDGES[known.state].includes(reported.state)) return null;
  const again =
    (known.state === 'under_review' && reported.state === 'needs_response') ||
    (known.state === 'warning_under_review' && reported.state === 'warning_needs_response');
  if (!again) return reported.state;
  const later = (reported.evidenceDueAt?.getTime() ?? 0) > (known.evidenceDueAt?.getTime() ?? 0);
  return later ? reported.state : null;
}

/** Hours before the deadline at which staff is told that nobody has answered yet. */
export const REMIND_BEFORE_HOURS = [72, 24] as const;

/** Parts of evidence, each a text; every provider takes those that it has a place for. */
export const EVIDENCE_FIELDS = [
  'accessActivityLog',
  'billingAddress',
  'cancellationPolicyDisclosure',
  'cancellationRebuttal',
  'customerEmailAddress',
  'customerName',
  'customerPurchaseIp',
  'duplicateChargeExplanation',
  'duplicateChargeId',
  'productDescription',
  'refundPolicyDisclosure',
  'refundRefusalExplanation',
  'serviceDate',
  'shippingAddress',
  'shippingCarrier',
  'shippingDate',
  'shippingTrackingNumber',
  'uncategorizedText',
] as const;
export type EvidenceField = (typeof EVIDENCE_FIELDS)[number];
export type DisputeEvidence = Partial<Record<EvidenceField, string>>;

/** Files that evidence may have, one of each kind; every provider takes those that it has a place for. */
export const EVIDENCE_FILE_KINDS = [
  'cancellationPolicy',
  'customerCommunication',
  'customerSignature',
  'duplicateChargeDocumentation',
  'receipt',
  'refundPolicy',
  'serviceDocumentation',
  'shippingDocumentation',
  'uncategorizedFile',
] as const;
export type EvidenceFileKind = (typeof EVIDENCE_FILE_KINDS)[number];
/** What every provider takes. */
export const EVIDENCE_FILE_TYPES: readonly string[] = ['application/pdf', 'image/jpeg', 'image/png'];
/** Of all files of a dispute together. Source: Stripe, "Dispute evidence": 4.5 MB in all. */
export const MOST_EVIDENCE_BYTES = 4_500_000;

/** A file as it is handed in. */
export interface EvidenceFile {
  kind: EvidenceFileKind;
  name: string;
  mediaType: string;
  bytes: Buffer;
}

/** Characters that one part may have, and all together. Source: Stripe, "Dispute evidence": 150,000 in all. */
export const MOST_EVIDENCE_CHARACTERS = { part: 20_000, all: 150_000 } as const;
