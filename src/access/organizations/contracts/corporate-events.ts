import { DomainEvent } from '../../../kernel/messaging/domain-event';
import type { Money } from '../../../kernel/money/money';

interface ApprovalFacts {
  approvalId: string;
  accountId: string;
  subject: 'order' | 'expense';
  subjectId: string;
  /** `Order 1004`, `Expense “Taxi”`. */
  reference: string;
  amount: Money;
  requesterUserId: string;
}

/** People were asked to approve something; said for each step, and when it is escalated. Aggregate: the approval. */
export class ApprovalRequested extends DomainEvent<
  ApprovalFacts & { step: number; escalated: boolean; askedUserIds: string[]; expiresAt: string }
> {
  static override readonly type = 'organizations.approval-requested.v1';
}

/** An approval came to its end; said once. Aggregate: the approval. */
export class ApprovalDecided extends DomainEvent<
  ApprovalFacts & { decision: 'approved' | 'rejected' | 'expired' | 'cancelled'; comment: string | null }
> {
  static override readonly type = 'organizations.approval-decided.v1';
}
