import { verify, X509Certificate } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { Cache } from '../../../../kernel/cache/cache';
import { WEBHOOK_TOLERANCE_SECONDS } from '../../../../kernel/crypto/webhook-signature';
import { logger } from '../../../../kernel/telemetry/logger';
import type { NoticeKind, ProviderNotice } from '../../domain/payment-gateway';
import { gatewaySilent, webhookRefused } from '../../domain/payments.errors';

/** Hosts that PayPal's certificates come from; nothing is ever asked of another one that a header names. */
const CERTIFICATE_HOSTS = ['api.paypal.com', 'api.sandbox.paypal.com', 'api-m.paypal.com', 'api-m.sandbox.paypal.com'];
const CERTIFICATE_PATH = /^\/v1\/notifications\/certs\/[\w-]{1,100}$/;
const MOST_CERTIFICATE_BYTES = 20_000;
const SEND_AGAIN = 'The certificate could not be fetched; send the webhook again.';
/** PayPal repeats a webhook for three days under its first time; what comes again is known by its event id. */
const REPEATED_FOR_SECONDS = 3 * 86_400 + 3_600;

/**
 * Checks PayPal's signature: RSA with SHA-256 over `transmission id|time|webhook id|CRC-32 of the raw body`, by a certificate
 * of PayPal's own host. Source: PayPal, "Verify webhook signature manually".
 */
export class PayPalSignatures {
  private readonly certificates = new Cache<X509Certificate>({
    name: 'payments.paypal-certificates',
    max: 20,
    ttlMs: 12 * 3_600_000,
  });

  /** @param timeoutMs of fetching a certificate */
  constructor(private readonly timeoutMs = 5_000) {}

  /**
   * @param double origin of a double that stands in for PayPal, which then has the certificates too; null: PayPal itself
   * @throws AppError invalid `payments.webhook-*`; unavailable `payments.gateway-silent` where the certificate cannot be had
   *   just now: PayPal sends the webhook again
   */
  async check(
    headers: Record<string, string | undefined>,
    body: Buffer,
    webhookIds: string[],
    nowMs: number,
    double: string | null,
  ): Promise<void> {
    const [id, time, url, signature] = ['id', 'time', 'cert-url', 'sig'].map(
      (name) => headers[name === 'cert-url' ? 'paypal-cert-url' : `paypal-transmission-${name}`],
    );
    const sent = Date.parse(time ?? '');
    if (!id || !url || !signature || Number.isNaN(sent) || headers['paypal-auth-algo'] !== 'SHA256withRSA')
      throw webhookRefused('headers', 'The webhook carries no readable signature headers.');
    const age = (nowMs - sent) / 1000;
    if (age > REPEATED_FOR_SECONDS) throw webhookRefused('too-old', 'The webhook was signed too long ago.');
    if (age < -WEBHOOK_TOLERANCE_SECONDS) throw webhookRefused('too-new', 'The webhook was signed in the future.');
    const certificate = await this.certificate(url, nowMs, double);
    const sum = crc32(body);
    const bytes = Buffer.from(signature, 'base64');
    const fits = webhookIds.some((webhookId) =>
      verify('sha256', Buffer.from(`${id}|${time}|${webhookId}|${sum}`), certificate.publicKey, bytes),
    );
    if (!fits) throw webhookRefused('signature', 'The signature does not fit the body.');
  }

  private async certificate(address: string, nowMs: number, double: string | null): Promise<X509Certificate> {
    const url = URL.canParse(address) ? new URL(address) : null;
    const isTheirs = double
      ? url?.origin === double
      : url?.protocol === 'https:' && url.port === '' && CERTIFICATE_HOSTS.includes(url.hostname);
    if (!url || !isTheirs || !CERTIFICATE_PATH.test(url.pathname) || url.search || url.username)
      throw webhookRefused('certificate', 'The certificate is not one of the provider.');
    let certificate = this.certificates.get(url.href);
    if (!certificate) {
      certificate = parsed(await this.fetched(url));
      this.certificates.set(url.href, certificate);
    }
    if (Date.parse(certificate.validFrom) > nowMs || Date.parse(certificate.validTo) < nowMs)
      throw webhookRefused('certificate', 'The certificate is not valid now.');
    return certificate;
  }

  /** @throws AppError invalid `payments.webhook-certificate`, unavailable `payments.gateway-silent` */
  private async fetched(url: URL): Promise<string> {
    let status: number;
    let text: string;
    try {
      const answer = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(this.timeoutMs) });
      [status, text] = [answer.status, await answer.text()];
    } catch (error) {
      logger.warn({ err: error, url: url.href }, 'the certificate of a webhook could not be fetched');
      throw gatewaySilent(SEND_AGAIN);
    }
    if (status >= 500 || status === 429) throw gatewaySilent(SEND_AGAIN);
    if (status !== 200 || text.length > MOST_CERTIFICATE_BYTES) throw unreadable();
    return text;
  }
}

const unreadable = () => webhookRefused('certificate', 'The certificate could not be read.');

function parsed(text: string): X509Certificate {
  try {
    return new X509Certificate(text);
  } catch {
    throw unreadable();
  }
}

interface PayPalEvent {
  id?: unknown;
  event_type?: unknown;
  resource?: {
    id?: unknown;
    dispute_id?: unknown;
    custom_id?: unknown;
    supplementary_data?: { related_ids?: { order_id?: unknown } };
  };
}

/** What the event is about. @throws AppError invalid `payments.webhook-malformed` */
export function noticeOf(body: Buffer): ProviderNotice {
  let event: PayPalEvent;
  try {
    event = JSON.parse(body.toString('utf8')) as PayPalEvent;
  } catch {
    throw webhookRefused('malformed', 'The webhook is not valid JSON.');
  }
  const { id, event_type: type, resource } = event ?? {};
  if (typeof id !== 'string' || typeof type !== 'string' || !resource)
    throw webhookRefused('malformed', 'The webhook names no event.');
  const kind = kindOf(type);
  const order = type.startsWith('CHECKOUT.ORDER.')
    ? text(resource.id)
    : text(resource.supplementary_data?.related_ids?.order_id);
  return {
    eventId: id,
    kind,
    type,
    objectId: kind === 'payment' ? null : (text(resource.dispute_id) ?? text(resource.id)),
    attemptId: text(resource.custom_id)?.split('/')[0] ?? null,
    providerPaymentId: order,
  };
}

const text = (value: unknown): string | null => (typeof value === 'string' ? value : null);

function kindOf(type: string): NoticeKind {
  if (/^PAYMENT\.(?:REFUND\.|CAPTURE\.(?:REFUNDED|REVERSED)$)/.test(type)) return 'refund';
  if (/^(?:CHECKOUT\.ORDER|PAYMENT\.(?:CAPTURE|AUTHORIZATION))\./.test(type)) return 'payment';
  return type.startsWith('CUSTOMER.DISPUTE.') ? 'dispute' : 'other';
}
