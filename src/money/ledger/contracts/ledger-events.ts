import { DomainEvent } from '../../../kernel/messaging/domain-event';

/** A journal was posted, or became pending, was resolved or reversed another one. Aggregate: the journal. */
export class JournalPosted extends DomainEvent<{
  journalId: string;
  kind: 'posted' | 'pending' | 'post' | 'void';
  purpose: string;
  source: { type: string; id: string };
  document: { type: string; id: string } | null;
  /** The pending journal that this one posts or voids. */
  resolvesId: string | null;
  reversesId: string | null;
}> {
  static override readonly type = 'ledger.journal-posted.v1';
}
