/** Ways in which people are reached. */
export const CHANNELS = ['email', 'sms', 'push', 'in_app'] as const;
export type Channel = (typeof CHANNELS)[number];

/**
 * Where a message is: `queued`, perhaps until its time; `sent`, which is no more than that a provider took it; `delivered`
 * and `opened` where the provider or the recipient's device says so; `failed` and to be tried again; `dead`, given up;
 * `suppressed`, not sent on purpose; `unknown`, perhaps sent: nothing was heard after it had left.
 */
export const MESSAGE_STATES = [
  'queued',
  'sent',
  'delivered',
  'opened',
  'failed',
  'dead',
  'suppressed',
  'unknown',
] as const;
export type MessageState = (typeof MESSAGE_STATES)[number];

/** Why a message was not sent on purpose. */
export const SUPPRESSION_CAUSES = ['preference', 'quiet', 'cap', 'duplicate', 'suppression-list'] as const;
export type SuppressionCause = (typeof SUPPRESSION_CAUSES)[number];
