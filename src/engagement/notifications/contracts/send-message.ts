import { Command } from '@nestjs/cqrs';
import type { Money } from '../../../kernel/money/money';
import type { AccountTemplateData } from './account-messages';
import type { FactorTemplateData } from './factor-messages';
import type { FileTemplateData } from './file-messages';
import type { FinanceTemplateData } from './finance-messages';
import type { NoticeTemplateData } from './notice-messages';
import type { OrderTemplateData } from './order-messages';
import type { OrganizationTemplateData } from './organization-messages';
import type { PaymentTemplateData } from './payment-messages';
import type { TrackingTemplateData } from './tracking-messages';

/** One bought line as mails show it. */
export interface MessageLine {
  sku: string;
  name: string;
  quantity: number;
  total: Money;
}

/** What each template needs. Every template also knows `publicUrl` (no trailing slash) and the sender's name. */
export interface TemplateData
  extends
    AccountTemplateData,
    FactorTemplateData,
    OrganizationTemplateData,
    OrderTemplateData,
    PaymentTemplateData,
    FileTemplateData,
    FinanceTemplateData,
    NoticeTemplateData,
    TrackingTemplateData {
  /** The link becomes `<public URL>/verify-email/<token>`: a page that posts, so that a scanner's GET consumes nothing. */
  'verify-email': { name: string; token: string };
  /** Sent instead of verify-email when the address already has an account: tells the owner, not the asker. */
  'already-registered': {
    name: string;
    /** Of a link for a new password: `<public URL>/reset-password/<token>`. */
    token?: string;
  };
  /** A sign-in from a device that was never seen with the account. `at` is RFC 3339. */
  'new-device': { name: string; device: string; place: string; at: string };
  /** A refresh token was used twice, so its session was ended. `at` is RFC 3339. */
  'session-ended-for-safety': { name: string; device: string; at: string };
  'order-confirmation': { number: string; orderId: string; lines: MessageLine[]; total: Money };
  'order-cancelled': { number: string; orderId: string; total: Money; reason?: string };
  'low-stock': {
    sku: string;
    name?: string;
    /** Units, not lots. */
    available: number;
    reorderLevel: number;
    locationName?: string;
  };
  'out-of-stock': { sku: string; name?: string; available: number; locationName?: string };
  /** `removeAt` is RFC 3339: from then on the lot is not given out. */
  'expiring-stock': {
    sku: string;
    name?: string;
    lotNumber?: string;
    onHand: number;
    removeAt: string;
    locationName?: string;
  };
  /** `day` is YYYY-MM-DD; numbers are open alerts; `more` of these are not named. */
  'stock-digest': {
    day: string;
    open: number;
    unacknowledged: number;
    low_stock: number;
    out_of_stock: number;
    expiring: number;
    overstock: number;
    more: number;
    alerts: {
      kind: 'low_stock' | 'out_of_stock' | 'expiring' | 'overstock';
      sku: string;
      locationName: string;
      lotNumber?: string;
      available: number;
      onHand?: number;
      removeAt?: string;
      acknowledged: boolean;
    }[];
    /** What is not given out any more within 30 days, at cost. */
    expiringValue: Money[];
  };
  overstock: { sku: string; name?: string; onHand: number; overstockLevel: number; locationName?: string };
}

export type TemplateName = keyof TemplateData;

/**
 * Asks for one message. Inserts the message and its job in the caller's transaction (`uow.run` is joined); nothing is
 * sent before that commits. The tenant is the transaction's; messages of the platform itself (verification of an owner
 * who has no shop yet) are sent in a transaction of `PLATFORM_TENANT`.
 *
 * `dedupeKey` is unique per tenant: asking again with the same key changes nothing and returns the first message's id.
 */
export class SendMessageCommand<T extends TemplateName = TemplateName> extends Command<{ messageId: string }> {
  constructor(
    readonly message: {
      /** E-mail address; with the channel `sms` a phone number in E.164 form. */
      to: string;
      /** Default `email`. Only some templates have a text message, see `templates/text-messages.ts`. */
      channel?: 'email' | 'sms';
      template: T;
      data: TemplateData[T];
      dedupeKey: string;
      /** The user whose address it is, where one is known: the letter follows their preferences and quiet hours. */
      userId?: string;
      /** It answers what its reader has just done: quiet hours do not hold it back. */
      prompt?: boolean;
    },
  ) {
    super();
  }
}
