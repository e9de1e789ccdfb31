import { verify, X509Certificate } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Cache } from '../../../../kernel/cache/cache';
import { clock } from '../../../../kernel/clock/clock';
import { Config } from '../../../../kernel/config/config';
import { logger } from '../../../../kernel/telemetry/logger';
import {
  addresseeOf,
  callbackMalformed,
  callbackSignature,
  detailOf,
  momentOf,
  type CallbackKind,
  type CallbackReader,
  type CallbackRequest,
  type ProviderCallback,
} from '../../domain/callback';

const SNS_HOST = /^sns\.[a-z0-9-]{3,30}\.amazonaws\.com(?:\.cn)?$/;
const TIMEOUT_MS = 10_000;
/** What is signed, in this order (docs.aws.amazon.com, "Verifying the signatures of Amazon SNS messages"). */
const SIGNED: Record<string, string[]> = {
  Notification: ['Message', 'MessageId', 'Subject', 'Timestamp', 'TopicArn', 'Type'],
  SubscriptionConfirmation: ['Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type'],
};

interface SesEvent {
  eventType?: string;
  notificationType?: string;
  mail?: { tags?: Record<string, unknown> };
  bounce?: { bounceType?: string; timestamp?: string; bouncedRecipients?: { diagnosticCode?: string }[] };
  complaint?: { complaintFeedbackType?: string; timestamp?: string };
  delivery?: { timestamp?: string; smtpResponse?: string };
  open?: { timestamp?: string };
  reject?: { reason?: string };
}

/**
 * What Amazon SES publishes to its topic, as SNS posts it: checked by the certificate that SNS signs with, which is
 * fetched from Amazon alone, and by the topic. A subscription to that topic is confirmed by itself.
 */
@Injectable()
export class SesCallbacks implements CallbackReader {
  readonly provider = 'ses';
  private readonly certificates = new Cache<string>({
    name: 'notifications.sns-certificates',
    max: 10,
    ttlMs: 86_400_000,
  });

  constructor(private readonly config: Config) {}

  get isConfigured(): boolean {
    return !!this.config.ses?.topicArn;
  }

  async read({ rawBody }: CallbackRequest): Promise<ProviderCallback[]> {
    const message = readObject(rawBody.toString('utf8'));
    if (!message || typeof message.Type !== 'string' || !Object.hasOwn(SIGNED, message.Type))
      throw callbackMalformed('This is no message of SNS.');
    if (message.TopicArn !== this.config.ses!.topicArn) throw callbackSignature('This is not our topic.');
    if (!(await this.isSigned(message))) throw callbackSignature();
    if (message.Type === 'SubscriptionConfirmation') {
      await this.confirm(message.SubscribeURL);
      return [];
    }
    return callbackOf(message);
  }

  private async isSigned(message: Record<string, unknown>): Promise<boolean> {
    const { Type, Signature, SignatureVersion } = message;
    const algorithm = SignatureVersion === '2' ? 'RSA-SHA256' : SignatureVersion === '1' ? 'RSA-SHA1' : null;
    const url = this.atAmazon(message.SigningCertURL);
    if (!algorithm || !url || !url.pathname.endsWith('.pem') || typeof Signature !== 'string') return false;
    const text = SIGNED[Type as string]
      .filter((name) => typeof message[name] === 'string')
      .map((name) => `${name}\n${message[name] as string}\n`)
      .join('');
    try {
      const certificate = new X509Certificate(await this.certificate(url.href));
      if (Date.parse(certificate.validTo) < clock.nowMs()) return false;
      return verify(algorithm, Buffer.from(text), certificate.publicKey, Buffer.from(Signature, 'base64'));
    } catch (error) {
      logger.warn({ err: error }, 'a message of SNS could not be checked');
      return false;
    }
  }

  private async certificate(url: string): Promise<string> {
    const known = this.certificates.get(url);
    if (known) return known;
    const answer = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(TIMEOUT_MS) });
    if (!answer.ok) throw new Error(`The certificate of SNS was not there: ${answer.status}.`);
    const text = await answer.text();
    this.certificates.set(url, text);
    return text;
  }

  private async confirm(subscribeUrl: unknown): Promise<void> {
    const url = this.atAmazon(subscribeUrl);
    if (!url) throw callbackMalformed('The address for confirming is not one of SNS.');
    const answer = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(TIMEOUT_MS) });
    if (!answer.ok) throw callbackMalformed('SNS did not take the confirmation.');
    logger.info('the subscription to what Amazon SES tells is confirmed');
  }

  /** An address of SNS, or at what stands for it; null for every other. */
  private atAmazon(value: unknown): URL | null {
    if (typeof value !== 'string' || !URL.canParse(value)) return null;
    const url = new URL(value);
    if (url.protocol !== 'https:' || !SNS_HOST.test(url.host) || url.username || url.password) return null;
    const { snsApiBase } = this.config.ses!;
    return snsApiBase ? new URL(`${url.pathname}${url.search}`, snsApiBase) : url;
  }
}

function callbackOf({ Message, MessageId, Timestamp }: Record<string, unknown>): ProviderCallback[] {
  const event = (typeof Message === 'string' ? readObject(Message) : null) as SesEvent | null;
  const type = event?.eventType ?? event?.notificationType;
  const { mainstay_tenant: tenants, mainstay_message: messages } = event?.mail?.tags ?? {};
  const first = (value: unknown): unknown => (Array.isArray(value) ? value[0] : undefined);
  const to = addresseeOf(first(tenants), first(messages));
  if (!event || typeof type !== 'string' || !to || typeof MessageId !== 'string') return [];
  const { bounce, complaint, delivery, open, reject } = event;
  const kinds: Record<string, CallbackKind> = {
    Delivery: 'delivered',
    Open: 'opened',
    Bounce: 'bounced',
    Complaint: 'complained',
    Reject: 'failed',
  };
  const told = bounce?.bouncedRecipients?.[0]?.diagnosticCode ?? reject?.reason ?? complaint?.complaintFeedbackType;
  const at = bounce?.timestamp ?? complaint?.timestamp ?? delivery?.timestamp ?? open?.timestamp ?? Timestamp;
  return [
    {
      ...to,
      eventId: MessageId.slice(0, 200),
      kind: kinds[type] ?? 'other',
      type: type.slice(0, 60),
      permanent: bounce?.bounceType === 'Permanent',
      detail: detailOf(told),
      at: momentOf(at, clock.nowMs()),
    },
  ];
}

function readObject(text: string): Record<string, unknown> | null {
  try {
    const read: unknown = JSON.parse(text);
    return typeof read === 'object' && read !== null && !Array.isArray(read) ? (read as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
