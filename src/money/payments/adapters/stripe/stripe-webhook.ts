import { createHmac } from 'node:crypto';
import { safeEqual } from '../../../../kernel/crypto/hashing';
import { WEBHOOK_TOLERANCE_SECONDS } from '../../../../kernel/crypto/webhook-signature';
import type { NoticeKind, ProviderNotice } from '../../domain/payment-gateway';
import { webhookRefused } from '../../domain/payments.errors';

/** Signatures in one header that are looked at; more than two are sent by nobody. */
const MOST_SIGNATURES = 10;

/**
 * Checks `Stripe-Signature` over the raw body: HMAC-SHA256 of `t.body`, any of the active secrets, at most five minutes
 * old and at most five ahead. The SDK's own check takes times of the future, and any age where its tolerance is 0.
 * Source: Stripe, "Check the webhook signatures manually".
 * @throws AppError invalid `payments.webhook-*`
 */
export function checkSignature(header: string | undefined, body: Buffer, secrets: string[], nowMs: number): void {
  const parts = (header ?? '').split(',').map((part) => part.split('=', 2) as [string, string?]);
  const time = parts.find(([name]) => name.trim() === 't')?.[1];
  const given = parts.filter(([name, value]) => name.trim() === 'v1' && value).map(([, value]) => value!);
  if (!time || !/^\d{1,12}$/.test(time) || given.length === 0 || given.length > MOST_SIGNATURES)
    throw webhookRefused('headers', 'The webhook carries no readable signature headers.');
  const age = Math.floor(nowMs / 1000) - Number(time);
  if (age > WEBHOOK_TOLERANCE_SECONDS) throw webhookRefused('too-old', 'The webhook was signed too long ago.');
  if (age < -WEBHOOK_TOLERANCE_SECONDS) throw webhookRefused('too-new', 'The webhook was signed in the future.');
  const fits = secrets.some((secret) => {
    const expected = createHmac('sha256', secret).update(`${time}.`).update(body).digest();
    return given.some((signature) => safeEqual(expected, Buffer.from(signature, 'hex')));
  });
  if (!fits) throw webhookRefused('signature', 'The signature does not fit the body.');
}

interface StripeObject {
  id?: unknown;
  object?: unknown;
  metadata?: { attempt_id?: unknown } | null;
  payment_intent?: unknown;
}

/** What the event is about. @throws AppError invalid `payments.webhook-malformed` */
export function noticeOf(body: Buffer): ProviderNotice {
  let event: { id?: unknown; type?: unknown; data?: { object?: StripeObject } };
  try {
    event = JSON.parse(body.toString('utf8')) as typeof event;
  } catch {
    throw webhookRefused('malformed', 'The webhook is not valid JSON.');
  }
  const object = event?.data?.object;
  if (typeof event?.id !== 'string' || typeof event.type !== 'string' || !object)
    throw webhookRefused('malformed', 'The webhook names no event.');
  const kind = kindOf(event.type);
  const id = text(object.id);
  const attemptId = text(object.metadata?.attempt_id);
  return {
    eventId: event.id,
    kind,
    type: event.type,
    objectId: kind === 'payment' ? null : id,
    attemptId,
    providerPaymentId: object.object === 'payment_intent' ? id : text(object.payment_intent),
    ...(event.type === 'payment_intent.succeeded' ? { says: 'charged' as const } : {}),
  };
}

const text = (value: unknown): string | null => (typeof value === 'string' ? value : null);

function kindOf(type: string): NoticeKind {
  if (type.startsWith('charge.dispute.')) return 'dispute';
  if (type.startsWith('refund.') || type === 'charge.refunded' || type.startsWith('charge.refund.')) return 'refund';
  if (type.startsWith('payout.')) return 'payout';
  if (type.startsWith('setup_intent.')) return 'setup';
  return type.startsWith('payment_intent.') || type.startsWith('charge.') ? 'payment' : 'other';
}
