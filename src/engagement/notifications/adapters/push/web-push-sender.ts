import { lookup as lookUp, type LookupAddress } from 'node:dns';
import { Agent } from 'node:https';
import type { LookupFunction } from 'node:net';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import ipaddr from 'ipaddr.js';
import type WebPush from 'web-push';
import { clock } from '../../../../kernel/clock/clock';
import { Config } from '../../../../kernel/config/config';
import { sha256 } from '../../../../kernel/crypto/hashing';
import { retryAfterSeconds, type PushAnswer, type PushMessage } from '../../domain/push';
import { isListedHost, type WebSubscription } from '../../domain/push-token';
import { answerOfFault, PUSH_TIMEOUT_MS, PushSender } from './push-sender';

const PRIVATE = 'EPRIVATE';

interface WebPushFault {
  statusCode?: number;
  headers?: Record<string, string | undefined>;
}

/**
 * Push to browsers (RFC 8030) by the library web-push: encryption of RFC 8291, signature of RFC 8292. The address comes
 * from the browser: only listed hosts are asked, and none that leads to a private address.
 */
@Injectable()
export class WebPushSender extends PushSender implements OnApplicationShutdown {
  readonly provider = 'web_push';
  readonly perMinute = null;
  private agent: Agent | null = null;
  private library: Promise<typeof WebPush> | null = null;

  constructor(private readonly config: Config) {
    super();
  }

  get isConfigured(): boolean {
    return this.config.webPush !== null;
  }

  async prepare(): Promise<void> {
    await (this.library ??= import('web-push').then((module) => module.default));
  }

  async send(message: PushMessage): Promise<PushAnswer> {
    const { publicKey, privateKey, subject, hosts, ca } = this.config.webPush!;
    const subscription = JSON.parse(message.value) as WebSubscription;
    if (!isListedHost(subscription.endpoint, hosts))
      return { kind: 'refused', code: 'HOST_NOT_LISTED', token: 'deactivate' };
    const { id, content, ttlSeconds, urgent } = message;
    const { title, body, data, collapseKey } = content;
    const tag = collapseKey ?? id;
    this.agent ??= new Agent({
      keepAlive: true,
      maxSockets: 50,
      ...(ca ? { ca } : { lookup: publicOnly }),
    });
    try {
      await this.prepare();
      const library = await this.library!;
      const reply = await library.sendNotification(
        subscription,
        JSON.stringify({ title, body, tag, data: { ...data, messageId: id } }),
        {
          vapidDetails: { publicKey, privateKey, subject },
          TTL: ttlSeconds,
          urgency: urgent ? 'high' : 'normal',
          // One that was sent twice replaces itself while the browser is away.
          topic: sha256(tag).toString('base64url').slice(0, 32),
          agent: this.agent,
          timeout: PUSH_TIMEOUT_MS,
        },
      );
      return { kind: 'accepted', providerId: (reply.headers as Record<string, string>).location ?? null };
    } catch (error) {
      const { statusCode, headers } = error as WebPushFault;
      if (statusCode !== undefined) return webPushMeaning(statusCode, headers ?? {});
      if ((error as Error).message === 'Socket timeout') return { kind: 'unknown', code: 'TIMEOUT' };
      if ((error as NodeJS.ErrnoException).code === PRIVATE)
        return { kind: 'refused', code: 'PRIVATE_ADDRESS', token: 'deactivate' };
      return answerOfFault(error);
    }
  }

  onApplicationShutdown(): void {
    this.agent?.destroy();
  }
}

/** What statuses of push services mean (RFC 8030, 5 to 8; RFC 8292, 4.2). */
function webPushMeaning(status: number, headers: Record<string, string | undefined>): PushAnswer {
  const code = `HTTP_${status}`;
  if (status === 404 || status === 410) return { kind: 'refused', code, token: 'remove' };
  if (status === 401 || status === 403)
    return {
      kind: 'refused',
      code,
      token: 'deactivate',
      alarm: 'A push service refuses our VAPID keys for subscriptions that were made with others.',
    };
  if (status === 429 || status >= 500)
    return { kind: 'later', code, retryAfterSeconds: retryAfterSeconds(headers['retry-after'], clock.nowMs()) };
  return { kind: 'refused', code, token: 'keep' };
}

/** Looks a name up, and takes none of its addresses when one of them is not public: the connection goes to what was looked at. */
const publicOnly: LookupFunction = (hostname, options, callback) => {
  lookUp(hostname, { ...options, all: true }, (error, addresses: LookupAddress[]) => {
    if (error) return callback(error, '', 0);
    if (addresses.length === 0 || !addresses.every(({ address }) => ipaddr.process(address).range() === 'unicast'))
      return callback(Object.assign(new Error('The push service is at a private address.'), { code: PRIVATE }), '', 0);
    if (options.all) return callback(null, addresses);
    callback(null, addresses[0].address, addresses[0].family);
  });
};
