import type { Money } from '../../../kernel/money/money';

/** What the letters of organizations and of their corporate customers need. */
export interface OrganizationTemplateData {
  /** The link becomes `<public URL>/invitations/<token>`: a page that asks before it does anything. */
  invitation: {
    organization: string;
    /** Who invited; null when Mainstay itself did. */
    inviter: string | null;
    /** Key of the role. */
    role: string;
    token: string;
    /** Last day, `2026-03-01`. */
    until: string;
  };
  /** Somebody's approval is asked for. */
  'approval-requested': {
    name: string;
    requester: string;
    /** `Order 1004`, `Expense “Taxi”`. */
    subject: string;
    amount: Money;
    until: string;
  };
  /** What became of something that waited for approval. */
  'approval-decided': {
    name: string;
    subject: string;
    amount: Money;
    decision: 'approved' | 'rejected' | 'expired';
    comment: string | null;
    /** What the requester does next, or null. */
    next: string | null;
  };
}
