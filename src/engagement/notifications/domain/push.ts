/** Services that carry push messages to devices. */
export const PUSH_PROVIDERS = ['fcm', 'apns', 'web_push'] as const;
export type PushProvider = (typeof PUSH_PROVIDERS)[number];

export const PLATFORMS = ['android', 'ios', 'web', 'unknown'] as const;
export type Platform = (typeof PLATFORMS)[number];

/** What a device shows, and what its app is told. */
export interface PushContent {
  title: string;
  body: string;
  /** Strings, for the app. */
  data?: Record<string, string>;
  /** Messages with the same key replace each other on a device; a thread of a chat, say. */
  collapseKey?: string;
}

/** One message to one device. */
export interface PushMessage {
  /** Of the message row: the app sends it back as a receipt. */
  id: string;
  platform: Platform;
  /** The token, or for Web Push the subscription as JSON. */
  value: string;
  content: PushContent;
  /** Seconds for which the provider keeps it for a device that is off; at most 28 days. */
  ttlSeconds: number;
  /** Wakes a sleeping device. */
  urgent: boolean;
}

/**
 * What a provider said of one message. `accepted` is no more than that it took it. `unknown`: nothing was heard after
 * the message had left, so that it may have been taken.
 */
export type PushAnswer =
  | { kind: 'accepted'; providerId: string | null }
  | {
      kind: 'refused';
      code: string;
      /** What becomes of the token: `remove` where its device has none any more. */
      token: 'keep' | 'remove' | 'deactivate';
      /** The provider knows so since then; a token that was seen later is another one (milliseconds since 1970). */
      goneSinceMs?: number;
      alarm?: string;
    }
  | {
      kind: 'later';
      code: string;
      /** As the provider said; null: not said. */
      retryAfterSeconds: number | null;
      /** The whole way out is shut for so long, not this message's alone. */
      shuts?: { lane: string; seconds: number };
      alarm?: string;
    }
  | { kind: 'unknown'; code: string };

/** Lane of what goes to devices of Apple by way of FCM: shut by itself when Apple refuses our key there. */
export const FCM_TO_APPLE = 'fcm-ios';

/** Lanes that a message goes through. */
export const lanesOf = (provider: PushProvider, platform: Platform): string[] =>
  provider === 'fcm' && platform === 'ios' ? ['fcm', FCM_TO_APPLE] : [provider];

/** Longest that FCM, APNs and push services keep a message (seconds): 28 days. */
export const LONGEST_TTL_SECONDS = 28 * 86_400;

/** Tokens of FCM for Android are no good after 270 days without a sign of the device. */
export const FCM_TOKEN_DAYS = 270;
/** A token that was not seen for so long is told to be stale. */
export const STALE_DAYS = 30;

/**
 * Seconds of a Retry-After header (RFC 9110, 10.2.3): seconds or a date.
 * @param nowMs milliseconds since 1970
 */
export function retryAfterSeconds(header: string | null | undefined, nowMs: number): number | null {
  const text = header?.trim();
  if (!text) return null;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  const at = Date.parse(text);
  return Number.isNaN(at) ? null : Math.max(0, Math.ceil((at - nowMs) / 1_000));
}
