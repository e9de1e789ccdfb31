import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { sign } from 'jsonwebtoken';
import { clock } from '../../../../kernel/clock/clock';
import { Config } from '../../../../kernel/config/config';
import { retryAfterSeconds, type PushAnswer, type PushMessage } from '../../domain/push';
import { Http2Pool, type Http2Reply } from './http2-pool';
import { answerOfFault, PushSender } from './push-sender';

/** Apple takes a provider token for an hour, and a new one at most every 20 minutes. */
const TOKEN_SECONDS = 50 * 60;
/** How long nothing is sent after Apple refused our key. */
const SHUT_SECONDS = 5 * 60;

/** Apple Push Notification service: HTTP/2 with provider tokens (developer.apple.com, "Sending notification requests to APNs"). */
@Injectable()
export class ApnsSender extends PushSender implements OnApplicationShutdown {
  readonly provider = 'apns';
  readonly perMinute = null;
  private readonly pool: Http2Pool | null;
  private token: { text: string; madeMs: number } | null = null;

  constructor(private readonly config: Config) {
    super();
    this.pool = config.apns && new Http2Pool(config.apns.apiBase, config.apns.ca);
  }

  get isConfigured(): boolean {
    return this.config.apns !== null;
  }

  prepare(messages: number): Promise<void> {
    return this.pool!.ready(messages);
  }

  async send(message: PushMessage): Promise<PushAnswer> {
    try {
      const reply = await this.post(message);
      if (reasonIn(reply) !== 'ExpiredProviderToken') return apnsMeaning(reply);
      this.token = null;
      return apnsMeaning(await this.post(message));
    } catch (error) {
      return answerOfFault(error);
    }
  }

  onApplicationShutdown(): void {
    this.pool?.close();
  }

  private post({ id, value, content, ttlSeconds, urgent }: PushMessage): Promise<Http2Reply> {
    const { topic } = this.config.apns!;
    const { title, body, data, collapseKey } = content;
    const payload = {
      aps: {
        alert: { title, body },
        sound: 'default',
        'mutable-content': 1,
        ...(collapseKey ? { 'thread-id': collapseKey } : {}),
      },
      ...data,
      messageId: id,
    };
    const headers = {
      authorization: `bearer ${this.providerToken()}`,
      'apns-id': id,
      'apns-topic': topic,
      'apns-push-type': 'alert',
      'apns-priority': urgent ? '10' : '5',
      'apns-expiration': String(Math.floor(clock.nowMs() / 1_000) + ttlSeconds),
      'apns-collapse-id': (collapseKey ?? id).slice(0, 64),
    };
    return this.pool!.post(`/3/device/${value}`, headers, JSON.stringify(payload));
  }

  private providerToken(): string {
    const { key, keyId, teamId } = this.config.apns!;
    if (!this.token || clock.nowMs() - this.token.madeMs > TOKEN_SECONDS * 1_000) {
      const iat = Math.floor(clock.nowMs() / 1_000);
      const text = sign({ iss: teamId, iat }, key, { algorithm: 'ES256', keyid: keyId });
      this.token = { text, madeMs: clock.nowMs() };
    }
    return this.token.text;
  }
}

/** Apple's reasons (developer.apple.com, "Handling notification responses from APNs"). */
function apnsMeaning(reply: Http2Reply): PushAnswer {
  const { status, headers } = reply;
  if (status === 200) return { kind: 'accepted', providerId: String(headers['apns-id'] ?? '') || null };
  const code = reasonIn(reply) ?? `HTTP_${status}`;
  const retryAfter = retryAfterSeconds(headers['retry-after']?.toString(), clock.nowMs());
  switch (code) {
    case 'Unregistered':
    case 'ExpiredToken':
      return { kind: 'refused', code, token: 'remove', goneSinceMs: timestampIn(reply) };
    case 'BadDeviceToken':
      return { kind: 'refused', code, token: 'remove' };
    case 'DeviceTokenNotForTopic':
      return { kind: 'refused', code, token: 'deactivate', alarm: 'Tokens of another app arrive: see APNS_TOPIC.' };
    case 'ExpiredProviderToken':
    case 'InvalidProviderToken':
    case 'MissingProviderToken':
    case 'TopicDisallowed':
    case 'BadCertificateEnvironment':
      return {
        kind: 'later',
        code,
        retryAfterSeconds: SHUT_SECONDS,
        shuts: { lane: 'apns', seconds: SHUT_SECONDS },
        alarm: `Apple refuses our key (${code}).`,
      };
    default:
      return status === 429 || status >= 500
        ? { kind: 'later', code, retryAfterSeconds: retryAfter }
        : { kind: 'refused', code, token: 'keep' };
  }
}

function bodyOf({ body }: Http2Reply): { reason?: unknown; timestamp?: unknown } {
  try {
    return (JSON.parse(body) as { reason?: unknown; timestamp?: unknown } | null) ?? {};
  } catch {
    return {};
  }
}

function reasonIn(reply: Http2Reply): string | undefined {
  const { reason } = bodyOf(reply);
  return typeof reason === 'string' && /^[A-Za-z]{1,60}$/.test(reason) ? reason : undefined;
}

/** Since when Apple knows that the token is gone (milliseconds since 1970). */
function timestampIn(reply: Http2Reply): number | undefined {
  const { timestamp } = bodyOf(reply);
  return typeof timestamp === 'number' && Number.isSafeInteger(timestamp) ? timestamp : undefined;
}
