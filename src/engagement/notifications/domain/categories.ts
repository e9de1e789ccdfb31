import type { TemplateName } from '../contracts/send-message';
import type { Channel } from '../contracts/channels';

/** What a notification is about, as people set it up. Further ones may be named by whoever notifies. */
export interface Category {
  says: string;
  /** Cannot be switched off, waits for no quiet hours and no digest. */
  critical?: boolean;
  /** Channels that are on unless somebody says otherwise; default email, push and in-app. */
  channels?: Partial<Record<Channel, boolean>>;
}

export const CATEGORIES = {
  security: { says: 'Sign-ins, passwords, second factors and the account itself.', critical: true },
  orders: { says: 'Orders, parcels, offers and returns.' },
  payments: { says: 'Payments that need somebody.' },
  stock: { says: 'Stock that runs low, expires or piles up.' },
  finance: { says: 'Financial reports.' },
  approvals: { says: 'What waits for an approval, and what became of it.' },
  invitations: { says: 'Invitations to organizations.' },
  tracking: { says: 'What happens at geofences that are followed.' },
  files: { says: 'Files that a virus was found in.' },
  chat: { says: 'Messages and mentions in chats.', channels: { email: false } },
  campaigns: { says: 'News and offers.' },
  general: { says: 'Everything else.' },
} as const satisfies Record<string, Category>;

export type CategoryName = keyof typeof CATEGORIES;

export const categoryNamed = (name: string): Category =>
  Object.hasOwn(CATEGORIES, name) ? CATEGORIES[name as CategoryName] : CATEGORIES.general;

/** Category of the mails that the product itself sends. */
export const CATEGORY_OF: Record<TemplateName, CategoryName> = {
  'verify-email': 'security',
  'already-registered': 'security',
  'new-device': 'security',
  'session-ended-for-safety': 'security',
  'reset-password': 'security',
  'account-created': 'security',
  'asked-to-join': 'security',
  'password-changed': 'security',
  'confirm-new-email': 'security',
  'email-changed': 'security',
  'account-disabled': 'security',
  'account-deletion': 'security',
  'account-deleted': 'security',
  'one-time-code': 'security',
  'factor-changed': 'security',
  'factor-recovery': 'security',
  invitation: 'invitations',
  'approval-requested': 'approvals',
  'approval-decided': 'approvals',
  'order-confirmation': 'orders',
  'order-cancelled': 'orders',
  'order-shipped': 'orders',
  'payment-reminder': 'orders',
  'order-lines-cancelled': 'orders',
  'backorder-allocated': 'orders',
  'order-added': 'orders',
  'return-exchanged': 'orders',
  quote: 'orders',
  'return-updated': 'orders',
  'confirm-payment': 'payments',
  dispute: 'payments',
  'payment-review': 'payments',
  'gift-card': 'orders',
  'store-credit': 'orders',
  'credit-ends': 'orders',
  'finance-report': 'finance',
  'low-stock': 'stock',
  'out-of-stock': 'stock',
  'expiring-stock': 'stock',
  'stock-digest': 'stock',
  overstock: 'stock',
  notice: 'general',
  digest: 'general',
  'chat-message': 'chat',
  'geofence-alert': 'tracking',
  'file-infected': 'files',
};
