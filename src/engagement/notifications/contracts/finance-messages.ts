import type { Money } from '../../../kernel/money/money';

/** What the letters about an organization's money need. */
export interface FinanceTemplateData {
  /**
   * A report that is mailed by itself. `<public URL>/report-mails/files/<fileToken>` is the file,
   * `<public URL>/report-mails/unsubscribe/<unsubscribeToken>` a page that asks before it does anything.
   */
  'finance-report': {
    title: string;
    /** `2026-03-01` */
    firstDay: string;
    lastDay: string;
    format: 'csv' | 'pdf';
    fileToken: string;
    unsubscribeToken: string;
  };
  /** A gift card for its recipient. `expiresAt` is RFC 3339. */
  'gift-card': { code: string; amount: Money; message?: string; expiresAt?: string };
  /** The shop gave a customer credit. */
  'store-credit': { name: string; amount: Money; balance: Money };
  /** A gift card, or a customer's store credit, ends soon. `tail`: last letters of the card's code. `expiresAt` is RFC 3339. */
  'credit-ends': { kind: 'gift_card' | 'store_credit'; amount: Money; expiresAt: string; tail?: string };
}
