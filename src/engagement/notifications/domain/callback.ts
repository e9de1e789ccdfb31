import { isUuid } from '../../../kernel/ids/ids';
import { AppError, invalid, notFound } from '../../../kernel/errors/app-error';

/** What providers tell of a message after they took it. */
export const CALLBACK_KINDS = [
  'delivered',
  'opened',
  'bounced',
  'complained',
  'failed',
  'unsubscribed',
  'other',
] as const;
export type CallbackKind = (typeof CALLBACK_KINDS)[number];

/** One thing that a provider told, checked to be from it. */
export interface ProviderCallback {
  tenantId: string;
  messageId: string;
  /** The provider's own id of the event, or what stands for it: the same event has the same one. */
  eventId: string;
  kind: CallbackKind;
  /** The provider's word. */
  type: string;
  /** Of bounces: the address will never take anything. */
  permanent: boolean;
  detail: string | null;
  at: Date;
}

/** A request as it came in. */
export interface CallbackRequest {
  headers: Record<string, string | undefined>;
  /** The bytes that JSON or text came as. */
  rawBody: Buffer;
  /** Members of a form. */
  form: Record<string, unknown>;
  /** What our own path says. */
  path: { tenantId?: string; messageId?: string };
}

/** Knows one provider's callbacks: whether they are from it, and what they say. */
export interface CallbackReader {
  readonly provider: string;
  /** False where what they are checked by is not set up. */
  readonly isConfigured: boolean;
  /** @throws AppError `notifications.callback-signature`, `notifications.callback-malformed` */
  read(request: CallbackRequest): Promise<ProviderCallback[]>;
}

export const callbackSignature = (detail = 'The signature is not the provider’s.'): AppError =>
  invalid('notifications.callback-signature', detail);

export const callbackMalformed = (detail: string): AppError => invalid('notifications.callback-malformed', detail);

export const callbackProviderNotFound = (): AppError =>
  notFound('notifications.callback-provider-not-found', 'No such provider tells anything here.');

/** Ids that came back from a provider, if they are ours; null for what was not sent by Mainstay. */
export function addresseeOf(tenantId: unknown, messageId: unknown): { tenantId: string; messageId: string } | null {
  return typeof tenantId === 'string' && typeof messageId === 'string' && isUuid(tenantId) && isUuid(messageId)
    ? { tenantId, messageId }
    : null;
}

/** Seconds or milliseconds since 1970, or RFC 3339; now where it is none of them, or lies ahead. */
export function momentOf(value: unknown, nowMs: number): Date {
  const number = typeof value === 'number' ? (value < 1e11 ? value * 1_000 : value) : Date.parse(String(value));
  return new Date(Number.isFinite(number) && number > 0 ? Math.min(number, nowMs) : nowMs);
}

/** One line of a provider's explanation. */
export const detailOf = (value: unknown): string | null =>
  typeof value === 'string' && value !== '' ? value.replaceAll(/[\0-\x1f\ud800-\udfff]/g, ' ').slice(0, 500) : null;
