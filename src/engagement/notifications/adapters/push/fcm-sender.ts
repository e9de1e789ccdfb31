import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { clock } from '../../../../kernel/clock/clock';
import { Config } from '../../../../kernel/config/config';
import { FCM_TO_APPLE, retryAfterSeconds, type PushAnswer, type PushMessage } from '../../domain/push';
import { GoogleLogin } from './google-login';
import { Http2Pool } from './http2-pool';
import { answerOfFault, PushSender } from './push-sender';

/** Minutes for which messages to devices of Apple wait when Apple refuses the key that Firebase has of us. */
const APPLE_SHUT_SECONDS = 15 * 60;
/** When FCM says that its quota is used up and not for how long: as its documentation asks. */
const QUOTA_SECONDS = 60;

interface FcmFault {
  error?: {
    code?: number;
    status?: string;
    details?: { '@type'?: string; errorCode?: string; fieldViolations?: { field?: string }[] }[];
  };
}

/**
 * Firebase Cloud Messaging, HTTP v1 (firebase.google.com/docs/reference/fcm/rest/v1/projects.messages). Spoken without
 * an SDK, over HTTP/2: the base URL can be a double's, and every code and Retry-After is seen.
 */
@Injectable()
export class FcmSender extends PushSender implements OnApplicationShutdown {
  readonly provider = 'fcm';
  private readonly login: GoogleLogin | null;
  private readonly pool: Http2Pool | null;

  constructor(private readonly config: Config) {
    super();
    this.login = config.fcm && new GoogleLogin(config.fcm.account);
    this.pool = config.fcm && new Http2Pool(config.fcm.apiBase, null);
  }

  get isConfigured(): boolean {
    return this.config.fcm !== null;
  }

  get perMinute(): number | null {
    return this.config.fcm?.messagesPerMinute ?? null;
  }

  async prepare(messages: number): Promise<void> {
    await this.login!.token();
    await this.pool!.ready(messages);
  }

  send(message: PushMessage): Promise<PushAnswer> {
    return this.call(message, false);
  }

  override probe(message: PushMessage): Promise<PushAnswer> {
    return this.call(message, true);
  }

  onApplicationShutdown(): void {
    this.pool?.close();
  }

  private async call(message: PushMessage, validateOnly: boolean): Promise<PushAnswer> {
    try {
      const body = JSON.stringify({ ...(validateOnly ? { validate_only: true } : {}), message: fcmMessage(message) });
      const answer = await this.post(body);
      if (answer.status !== 401 || isThirdParty(answer.fault)) return answer.meaning();
      // The login has ended before its time: once more with a new one.
      this.login!.forget();
      return (await this.post(body)).meaning();
    } catch (error) {
      return answerOfFault(error);
    }
  }

  private async post(body: string): Promise<{ status: number; fault: FcmFault; meaning: () => PushAnswer }> {
    const { account } = this.config.fcm!;
    const token = await this.login!.token();
    const path = `/v1/projects/${encodeURIComponent(account.projectId)}/messages:send`;
    const answer = await this.pool!.post(path, { authorization: `Bearer ${token}` }, body);
    const read = readJson(answer.body) as FcmFault & { name?: string };
    const retryAfter = retryAfterSeconds(answer.headers['retry-after']?.toString(), clock.nowMs());
    return {
      status: answer.status,
      fault: read,
      meaning: () =>
        answer.status === 200
          ? { kind: 'accepted', providerId: read.name ?? null }
          : meaningOf(answer.status, read, retryAfter),
    };
  }
}

/** The table of FCM's codes: what becomes of the message, its token and the way out. */
export function meaningOf(status: number, fault: FcmFault, retryAfter: number | null): PushAnswer {
  const code = codeOf(status, fault);
  switch (code) {
    case 'UNREGISTERED':
    case 'NOT_FOUND':
      return { kind: 'refused', code, token: 'remove' };
    case 'SENDER_ID_MISMATCH':
      return { kind: 'refused', code, token: 'deactivate', alarm: 'Tokens of another Firebase project arrive.' };
    case 'INVALID_ARGUMENT':
      // Only where FCM itself says that the token is what is wrong with it is the payload known to be good.
      return { kind: 'refused', code, token: blamesToken(fault) ? 'remove' : 'keep' };
    case 'THIRD_PARTY_AUTH_ERROR':
      return {
        kind: 'later',
        code,
        retryAfterSeconds: APPLE_SHUT_SECONDS,
        shuts: { lane: FCM_TO_APPLE, seconds: APPLE_SHUT_SECONDS },
        alarm: 'Apple refuses the key that Firebase has of us: nothing reaches devices of Apple.',
      };
    case 'QUOTA_EXCEEDED':
    case 'RESOURCE_EXHAUSTED':
      return { kind: 'later', code, retryAfterSeconds: retryAfter ?? QUOTA_SECONDS };
    case 'UNAUTHENTICATED':
    case 'PERMISSION_DENIED':
      return {
        kind: 'later',
        code,
        retryAfterSeconds: retryAfter ?? QUOTA_SECONDS,
        shuts: { lane: 'fcm', seconds: QUOTA_SECONDS },
        alarm: `FCM refuses our service account (${code}).`,
      };
    default:
      // No redirection is followed: whoever sends one is not FCM.
      return status >= 500 || status < 400 || status === 429 || status === 408
        ? { kind: 'later', code, retryAfterSeconds: retryAfter }
        : { kind: 'refused', code, token: 'keep' };
  }
}

const FCM_ERROR = 'type.googleapis.com/google.firebase.fcm.v1.FcmError';

function codeOf(status: number, fault: FcmFault): string {
  const details = Array.isArray(fault.error?.details) ? fault.error.details : [];
  const own = details.find((detail) => detail['@type'] === FCM_ERROR)?.errorCode;
  const code = own ?? fault.error?.status;
  return typeof code === 'string' && /^[A-Z_]{1,60}$/.test(code) ? code : `HTTP_${status}`;
}

const isThirdParty = (fault: FcmFault): boolean => codeOf(401, fault) === 'THIRD_PARTY_AUTH_ERROR';

const blamesToken = (fault: FcmFault): boolean =>
  (fault.error?.details ?? []).some((detail) =>
    (detail.fieldViolations ?? []).some(({ field }) => field === 'message.token'),
  );

/** A message as FCM takes it. The tag makes a message that was sent twice show once. */
function fcmMessage({ id, value, content, ttlSeconds, urgent }: PushMessage): object {
  const { title, body, data, collapseKey } = content;
  const tag = collapseKey ?? id;
  const expires = Math.floor(clock.nowMs() / 1_000) + ttlSeconds;
  return {
    token: value,
    notification: { title, body },
    data: { ...data, messageId: id },
    android: {
      ...(collapseKey ? { collapse_key: collapseKey.slice(0, 64) } : {}),
      priority: urgent ? 'HIGH' : 'NORMAL',
      ttl: `${ttlSeconds}s`,
      notification: { tag },
    },
    apns: {
      headers: {
        'apns-collapse-id': tag.slice(0, 64),
        'apns-expiration': String(expires),
        'apns-priority': urgent ? '10' : '5',
      },
    },
    webpush: { headers: { TTL: String(ttlSeconds), Urgency: urgent ? 'high' : 'normal' }, notification: { tag } },
  };
}

function readJson(text: string): object {
  try {
    const read: unknown = JSON.parse(text);
    return typeof read === 'object' && read !== null ? read : {};
  } catch {
    return {};
  }
}
