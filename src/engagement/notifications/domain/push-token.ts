import { malformedPushToken } from './notifications.errors';
import type { PushProvider } from './push';

/** A browser's subscription (W3C Push API, PushSubscription.toJSON). */
export interface WebSubscription {
  endpoint: string;
  keys: { p256dh: string; auth: string };
}

const FCM_TOKEN = /^[A-Za-z0-9_:.-]{20,4096}$/;
const APNS_TOKEN = /^(?:[0-9a-fA-F]{2}){32,100}$/;
/** An uncompressed P-256 point (65 bytes, the first 4) and 16 bytes, in base64url. */
const P256DH = /^B[A-Za-z0-9_-]{86}=?$/;
const AUTH = /^[A-Za-z0-9_-]{22}={0,2}$/;
const LONGEST_ENDPOINT = 2_048;

/**
 * The token in the form in which it is kept: one form for one device, so that a token is known again.
 * @throws AppError invalid `notifications.push-token-malformed`
 */
export function normalToken(provider: PushProvider, value: string): string {
  const text = value.trim();
  if (provider === 'apns') {
    if (!APNS_TOKEN.test(text)) throw malformedPushToken('A device token of Apple is hexadecimal.');
    return text.toLowerCase();
  }
  if (provider === 'fcm') {
    if (!FCM_TOKEN.test(text)) throw malformedPushToken('A token of FCM has letters, digits and -_:. alone.');
    return text;
  }
  const { endpoint, keys } = subscriptionIn(text);
  return JSON.stringify({ endpoint, keys: { p256dh: keys.p256dh, auth: keys.auth } });
}

/** What tells one device from another: of a subscription its endpoint, whose keys may change. */
export const identityOf = (provider: PushProvider, normal: string): string =>
  `${provider}:${provider === 'web_push' ? (JSON.parse(normal) as WebSubscription).endpoint : normal}`;

function subscriptionIn(text: string): WebSubscription {
  let read: Partial<WebSubscription> | null;
  try {
    read = JSON.parse(text) as Partial<WebSubscription> | null;
  } catch {
    read = null;
  }
  const { endpoint, keys } = read ?? {};
  if (typeof endpoint !== 'string' || typeof keys?.p256dh !== 'string' || typeof keys.auth !== 'string')
    throw malformedPushToken('Of a browser it is the JSON of its PushSubscription: endpoint, keys.p256dh, keys.auth.');
  if (endpoint.length > LONGEST_ENDPOINT || !URL.canParse(endpoint) || new URL(endpoint).protocol !== 'https:')
    throw malformedPushToken('The endpoint is no https:// URL.');
  const url = new URL(endpoint);
  if (url.username || url.password) throw malformedPushToken('The endpoint has a user in it.');
  if (!P256DH.test(keys.p256dh) || !AUTH.test(keys.auth))
    throw malformedPushToken('keys.p256dh is a point of P-256 and keys.auth 16 bytes, both in base64url.');
  return { endpoint: url.href, keys: { p256dh: keys.p256dh, auth: keys.auth } };
}

/** Whether a push service's host is on the list; `*.` stands for hosts below. */
export function isListedHost(endpoint: string, hosts: readonly string[]): boolean {
  const { hostname, host } = new URL(endpoint);
  return hosts.some((one) => (one.startsWith('*.') ? hostname.endsWith(one.slice(1)) : one === host));
}
