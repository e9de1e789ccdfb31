import { createPublicKey, verify } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { clock } from '../../../../kernel/clock/clock';
import { Config } from '../../../../kernel/config/config';
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

const KINDS: Record<string, CallbackKind> = {
  delivered: 'delivered',
  open: 'opened',
  bounce: 'bounced',
  dropped: 'failed',
  spamreport: 'complained',
  unsubscribe: 'unsubscribed',
  group_unsubscribe: 'unsubscribed',
};
const MOST_EVENTS = 5_000;

/** SendGrid's Event Webhook, signed with ECDSA over its timestamp and the bytes of the body. */
@Injectable()
export class SendGridCallbacks implements CallbackReader {
  readonly provider = 'sendgrid';

  constructor(private readonly config: Config) {}

  get isConfigured(): boolean {
    return !!this.config.sendgrid?.webhookKey;
  }

  async read({ headers, rawBody }: CallbackRequest): Promise<ProviderCallback[]> {
    const signature = headers['x-twilio-email-event-webhook-signature'] ?? '';
    const timestamp = headers['x-twilio-email-event-webhook-timestamp'] ?? '';
    if (!this.isSigned(signature, timestamp, rawBody)) throw callbackSignature();
    const events = JSON.parse(rawBody.toString('utf8')) as unknown;
    if (!Array.isArray(events) || events.length > MOST_EVENTS) throw callbackMalformed('This is no list of events.');
    return events.flatMap((event) => this.callback(event as Record<string, unknown> | null) ?? []);
  }

  private isSigned(signature: string, timestamp: string, rawBody: Buffer): boolean {
    try {
      const key = createPublicKey({
        key: Buffer.from(this.config.sendgrid!.webhookKey!, 'base64'),
        format: 'der',
        type: 'spki',
      });
      return verify('sha256', Buffer.concat([Buffer.from(timestamp), rawBody]), key, Buffer.from(signature, 'base64'));
    } catch {
      return false;
    }
  }

  private callback(event: Record<string, unknown> | null): ProviderCallback | null {
    const to = addresseeOf(event?.mainstay_tenant, event?.mainstay_message);
    const { sg_event_id: eventId, event: type } = event ?? {};
    if (!to || typeof eventId !== 'string' || typeof type !== 'string') return null;
    const { reason, status } = event!;
    return {
      ...to,
      eventId: eventId.slice(0, 200),
      kind: KINDS[type] ?? 'other',
      type: type.slice(0, 60),
      // `blocked` is what may be taken another time.
      permanent: type === 'bounce' && event!.type !== 'blocked',
      detail: detailOf(reason) ?? detailOf(status),
      at: momentOf(event!.timestamp, clock.nowMs()),
    };
  }
}
