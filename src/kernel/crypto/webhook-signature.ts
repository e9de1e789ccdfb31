import { createHmac, randomBytes } from 'node:crypto';
import { safeEqual } from './hashing';

/** One message of Standard Webhooks 1.0.0; `body` is the raw text or bytes as sent, never re-serialised. */
export interface WebhookMessage {
  /** Constant over retries: the receiver's key for dropping duplicates. */
  id: string;
  /** Seconds since the epoch, of this attempt. */
  timestamp: number;
  body: string | Uint8Array;
}

/** Why a signature was refused; `ok` when it was not. */
export type WebhookVerdict = 'ok' | 'malformed' | 'too-old' | 'too-new' | 'mismatch';

/** Seconds that sender's and receiver's clocks may differ, in both directions. */
export const WEBHOOK_TOLERANCE_SECONDS = 300;

/** A new secret: `whsec_` and 32 random bytes in base64. */
export const newWebhookSecret = (): string => `whsec_${randomBytes(32).toString('base64')}`;

function mac(secret: string, message: WebhookMessage): Buffer {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  if (key.length < 16) throw new Error('A webhook secret has at least 16 bytes.');
  return createHmac('sha256', key).update(`${message.id}.${message.timestamp}.`).update(message.body).digest();
}

/** The `webhook-*` headers of a message; several secrets (rotation) give several signatures. */
export function webhookHeaders(message: WebhookMessage, ...secrets: [string, ...string[]]): Record<string, string> {
  if (message.id.includes('.') || !Number.isInteger(message.timestamp)) throw new Error('Malformed webhook message.');
  return {
    'webhook-id': message.id,
    'webhook-timestamp': String(message.timestamp),
    'webhook-signature': secrets.map((secret) => `v1,${mac(secret, message).toString('base64')}`).join(' '),
  };
}

/**
 * Checks the headers of a received message against the raw body, with any of the active secrets. Unknown signature
 * versions in the header are skipped.
 * @param nowMs kernel time in milliseconds
 */
export function verifyWebhook(
  headers: Readonly<Record<string, string | string[] | undefined>>,
  body: string | Uint8Array,
  secrets: readonly string[],
  nowMs: number,
  toleranceSeconds = WEBHOOK_TOLERANCE_SECONDS,
): WebhookVerdict {
  const [id, timestamp, signatures] = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((n) => headers[n]);
  if (typeof id !== 'string' || typeof timestamp !== 'string' || typeof signatures !== 'string') return 'malformed';
  if (id === '' || !/^\d{1,12}$/.test(timestamp)) return 'malformed';
  const given = signatures.split(' ').filter((part) => part.startsWith('v1,'));
  if (given.length === 0 || given.length > 20) return 'malformed';
  const seconds = Number(timestamp);
  const now = Math.floor(nowMs / 1000);
  if (seconds < now - toleranceSeconds) return 'too-old';
  if (seconds > now + toleranceSeconds) return 'too-new';
  const expected = secrets.map((secret) => mac(secret, { id, timestamp: seconds, body }));
  const matches = given.some((part) => {
    const signature = Buffer.from(part.slice(3), 'base64');
    return expected.some((one) => safeEqual(one, signature));
  });
  return matches ? 'ok' : 'mismatch';
}
