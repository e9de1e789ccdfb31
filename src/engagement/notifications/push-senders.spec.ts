import { createDecipheriv, createECDH, hkdfSync, randomBytes, type ECDH } from 'node:crypto';
import webPush from 'web-push';
import { ApnsDouble, FcmDouble, fcmFault, WebPushDouble, type Reply } from '../../../test/doubles/push-doubles';
import { clock } from '../../kernel/clock/clock';
import { loadConfig, type Config } from '../../kernel/config/config';
import { ApnsSender } from './adapters/push/apns-sender';
import { FcmSender } from './adapters/push/fcm-sender';
import { WebPushSender } from './adapters/push/web-push-sender';
import type { PushAnswer, PushMessage } from './domain/push';

const ID = '019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c';
const message = (value: string, changes: Partial<PushMessage> = {}): PushMessage => ({
  id: ID,
  platform: 'android',
  value,
  content: { title: 'Hello', body: 'There', data: { link: '/orders/1' } },
  ttlSeconds: 600,
  urgent: true,
  ...changes,
});
const configured = (env: Record<string, string>): Config => loadConfig({ NODE_ENV: 'test', ...env });
const accepted = { kind: 'accepted', providerId: expect.any(String) as string };

describe('FCM', () => {
  const fcm = new FcmDouble();
  let sender: FcmSender;
  const answerTo = async (reply: Reply): Promise<PushAnswer> => {
    fcm.reply = () => reply;
    return sender.send(message('token-of-a-device-1')).finally(() => (fcm.reply = () => null));
  };

  beforeAll(async () => {
    await fcm.listen();
    sender = new FcmSender(configured({ FCM_SERVICE_ACCOUNT: fcm.serviceAccount, FCM_API_BASE: fcm.url }));
  });
  afterAll(() => fcm.close());
  afterEach(() => clock.setOffset(0));

  it('takes messages of one login, fetched once however many ask for it', async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, n) => sender.send(message(`token-of-a-device-${n}`))),
    );
    expect(answers).toEqual(answers.map(() => accepted));
    expect(fcm.logins).toBe(1);
    expect(fcm.messages[0]).toMatchObject({
      notification: { title: 'Hello', body: 'There' },
      data: { link: '/orders/1', messageId: ID },
      android: { ttl: '600s', priority: 'HIGH', notification: { tag: ID } },
      apns: { headers: { 'apns-collapse-id': ID, 'apns-priority': '10' } },
    });
  });

  it('logs in again when its login has ended, before its time too', async () => {
    const before = fcm.logins;
    clock.setOffset(3_500);
    expect(await sender.send(message('token-of-a-device-1'))).toEqual(accepted);
    expect(fcm.logins).toBe(before + 1);
    fcm.endLogin();
    expect(await sender.send(message('token-of-a-device-1'))).toEqual(accepted);
    expect(fcm.logins).toBe(before + 2);
  });

  it.each<[Reply, object]>([
    [fcmFault(404, 'NOT_FOUND', 'UNREGISTERED'), { kind: 'refused', code: 'UNREGISTERED', token: 'remove' }],
    [fcmFault(404, 'NOT_FOUND'), { kind: 'refused', code: 'NOT_FOUND', token: 'remove' }],
    [
      fcmFault(403, 'PERMISSION_DENIED', 'SENDER_ID_MISMATCH'),
      { kind: 'refused', token: 'deactivate', alarm: expect.stringContaining('another Firebase project') as string },
    ],
    [fcmFault(400, 'INVALID_ARGUMENT', 'INVALID_ARGUMENT'), { kind: 'refused', token: 'keep' }],
    [
      {
        status: 400,
        body: {
          error: {
            status: 'INVALID_ARGUMENT',
            details: [
              { '@type': 'type.googleapis.com/google.rpc.BadRequest', fieldViolations: [{ field: 'message.token' }] },
            ],
          },
        },
      },
      { kind: 'refused', code: 'INVALID_ARGUMENT', token: 'remove' },
    ],
    [fcmFault(503, 'UNAVAILABLE', 'UNAVAILABLE', '7'), { kind: 'later', code: 'UNAVAILABLE', retryAfterSeconds: 7 }],
    [fcmFault(500, 'INTERNAL', 'INTERNAL'), { kind: 'later', code: 'INTERNAL', retryAfterSeconds: null }],
    [fcmFault(429, 'RESOURCE_EXHAUSTED', 'QUOTA_EXCEEDED'), { kind: 'later', retryAfterSeconds: 60 }],
    [
      fcmFault(401, 'UNAUTHENTICATED', 'THIRD_PARTY_AUTH_ERROR'),
      { kind: 'later', shuts: { lane: 'fcm-ios', seconds: 900 }, alarm: expect.stringContaining('Apple') as string },
    ],
    [fcmFault(403, 'PERMISSION_DENIED'), { kind: 'later', shuts: { lane: 'fcm' } }],
    [{ status: 418 }, { kind: 'refused', code: 'HTTP_418', token: 'keep' }],
    [{ status: 302, headers: { location: 'http://169.254.169.254/' } }, { kind: 'later' }],
  ])('reads %j', async (reply, answer) => {
    expect(await answerTo(reply)).toMatchObject(answer);
  });

  it('obeys a Retry-After that is a date', async () => {
    const at = new Date(clock.nowMs() + 90_000).toUTCString();
    const answer = (await answerTo(fcmFault(503, 'UNAVAILABLE', 'UNAVAILABLE', at))) as { retryAfterSeconds: number };
    expect(answer.retryAfterSeconds).toBeGreaterThan(60);
    expect(answer.retryAfterSeconds).toBeLessThanOrEqual(90);
  });

  it('asks about a token without sending anything', async () => {
    const before = fcm.messages.length;
    expect(await sender.probe(message('token-of-a-device-1'))).toEqual(accepted);
    expect([fcm.messages.length, fcm.probes]).toEqual([before, 1]);
  });

  it('comes again later where nobody listens', async () => {
    const env = { FCM_SERVICE_ACCOUNT: fcm.serviceAccount, FCM_API_BASE: 'http://127.0.0.1:9' };
    expect(await new FcmSender(configured(env)).send(message('token-of-a-device-1'))).toMatchObject({ kind: 'later' });
  });
});

describe('APNs', () => {
  const apns = new ApnsDouble();
  const device = 'ab'.repeat(32);
  let sender: ApnsSender;

  beforeAll(async () => {
    await apns.listen();
    const env = {
      APNS_KEY: apns.key,
      APNS_KEY_ID: 'ABC1234DEF',
      APNS_TEAM_ID: 'DEF5678GHI',
      APNS_TOPIC: 'com.example.shop',
    };
    sender = new ApnsSender(configured({ ...env, APNS_API_BASE: apns.url, APNS_CA: apns.identity.cert }));
  });
  afterAll(async () => {
    sender.onApplicationShutdown();
    await apns.close();
  });

  it('takes many messages over one connection, signed with one token', async () => {
    const answers = await Promise.all(Array.from({ length: 50 }, () => sender.send(message(device))));
    expect(answers).toEqual(answers.map(() => ({ kind: 'accepted', providerId: ID })));
    expect(apns.sessions).toBe(1);
    expect(new Set(apns.received.map(({ headers }) => headers.authorization)).size).toBe(1);
    expect(apns.received[0]).toMatchObject({
      path: `/3/device/${device}`,
      headers: { 'apns-topic': 'com.example.shop', 'apns-push-type': 'alert', 'apns-collapse-id': ID },
      body: { aps: { alert: { title: 'Hello', body: 'There' } }, link: '/orders/1', messageId: ID },
    });
  });

  it.each<[Reply, object]>([
    [
      { status: 410, body: { reason: 'Unregistered', timestamp: 1_700_000_000_000 } },
      { kind: 'refused', token: 'remove', goneSinceMs: 1_700_000_000_000 },
    ],
    [
      { status: 400, body: { reason: 'BadDeviceToken' } },
      { kind: 'refused', token: 'remove' },
    ],
    [
      { status: 400, body: { reason: 'DeviceTokenNotForTopic' } },
      { kind: 'refused', token: 'deactivate' },
    ],
    [
      { status: 413, body: { reason: 'PayloadTooLarge' } },
      { kind: 'refused', token: 'keep' },
    ],
    [
      { status: 429, body: { reason: 'TooManyRequests' }, headers: { 'retry-after': '9' } },
      { kind: 'later', retryAfterSeconds: 9 },
    ],
    [
      { status: 503, body: { reason: 'ServiceUnavailable' } },
      { kind: 'later', retryAfterSeconds: null },
    ],
    [
      { status: 403, body: { reason: 'InvalidProviderToken' } },
      { kind: 'later', shuts: { lane: 'apns' } },
    ],
  ])('reads %j', async (reply, answer) => {
    apns.reply = () => reply;
    expect(await sender.send(message(device))).toMatchObject(answer);
    apns.reply = () => null;
  });

  it('makes a new token where the old one has expired, and a new connection where the old one was lost', async () => {
    const other = 'cd'.repeat(32);
    apns.reply = (_path, time) => (time === 1 ? { status: 403, body: { reason: 'ExpiredProviderToken' } } : null);
    expect(await sender.send(message(other))).toMatchObject({ kind: 'accepted' });
    apns.reply = () => 'hang-up';
    expect(await sender.send(message(device))).toMatchObject({ kind: 'later' });
    apns.reply = () => null;
    expect(await sender.send(message(device))).toMatchObject({ kind: 'accepted' });
    expect(apns.sessions).toBe(2);
  });
});

describe('Web Push', () => {
  const service = new WebPushDouble();
  const browser = createECDH('prime256v1');
  const auth = randomBytes(16);
  const vapid = webPush.generateVAPIDKeys();
  const env = { VAPID_PUBLIC_KEY: vapid.publicKey, VAPID_PRIVATE_KEY: vapid.privateKey };
  let sender: WebPushSender;
  const subscription = (endpoint: string) =>
    JSON.stringify({
      endpoint,
      keys: { p256dh: browser.getPublicKey('base64url'), auth: auth.toString('base64url') },
    });

  beforeAll(async () => {
    browser.generateKeys();
    await service.listen();
    const hosts = new URL(service.url).host;
    sender = new WebPushSender(configured({ ...env, WEB_PUSH_HOSTS: hosts, WEB_PUSH_CA: service.identity.cert }));
  });
  afterAll(async () => {
    sender.onApplicationShutdown();
    await service.close();
  });

  it('arrives so that the browser alone can read it', async () => {
    const answer = await sender.send(message(subscription(`${service.url}/push/1`)));
    expect(answer).toEqual({ kind: 'accepted', providerId: `${service.url}/message/1` });
    const { headers, body } = service.received[0];
    expect(headers).toMatchObject({ ttl: '600', urgency: 'high', 'content-encoding': 'aes128gcm' });
    expect(headers.authorization).toContain(vapid.publicKey);
    expect(headers.topic).toHaveLength(32);
    expect(decrypted(browser, auth, body)).toEqual({
      title: 'Hello',
      body: 'There',
      tag: ID,
      data: { link: '/orders/1', messageId: ID },
    });
  });

  it.each<[Reply, object]>([
    [{ status: 410 }, { kind: 'refused', token: 'remove' }],
    [{ status: 404 }, { kind: 'refused', token: 'remove' }],
    [{ status: 413 }, { kind: 'refused', token: 'keep' }],
    [{ status: 403 }, { kind: 'refused', token: 'deactivate', alarm: expect.stringContaining('VAPID') as string }],
    [
      { status: 429, headers: { 'retry-after': '30' } },
      { kind: 'later', retryAfterSeconds: 30 },
    ],
    [{ status: 502 }, { kind: 'later', retryAfterSeconds: null }],
  ])('reads %j', async (reply, answer) => {
    service.reply = () => reply;
    expect(await sender.send(message(subscription(`${service.url}/push/1`)))).toMatchObject(answer);
    service.reply = () => null;
  });

  it('goes to no host that is not listed, and to none that is at a private address', async () => {
    const before = service.received.length;
    const elsewhere = message(subscription('https://169.254.169.254/latest'));
    expect(await sender.send(elsewhere)).toMatchObject({
      kind: 'refused',
      code: 'HOST_NOT_LISTED',
      token: 'deactivate',
    });
    const hosts = new URL(service.url).host;
    const strict = new WebPushSender(configured({ ...env, WEB_PUSH_HOSTS: hosts }));
    expect(await strict.send(message(subscription(`${service.url}/push/1`)))).toMatchObject({
      code: 'PRIVATE_ADDRESS',
    });
    strict.onApplicationShutdown();
    expect(service.received).toHaveLength(before);
  });
});

/** What the browser makes of a message (RFC 8291, RFC 8188). */
function decrypted(browser: ECDH, auth: Buffer, body: Buffer): object {
  const [salt, keyLength] = [body.subarray(0, 16), body[20]];
  const sender = body.subarray(21, 21 + keyLength);
  const sealed = body.subarray(21 + keyLength);
  const info = Buffer.concat([Buffer.from('WebPush: info\0'), browser.getPublicKey(), sender]);
  const derive = (key: Uint8Array, by: Uint8Array, what: Uint8Array | string, length: number) =>
    Buffer.from(hkdfSync('sha256', key, by, what, length));
  const shared = derive(browser.computeSecret(sender), auth, info, 32);
  const key = derive(shared, salt, 'Content-Encoding: aes128gcm\0', 16);
  const nonce = derive(shared, salt, 'Content-Encoding: nonce\0', 12);
  const decipher = createDecipheriv('aes-128-gcm', key, nonce).setAuthTag(sealed.subarray(-16));
  const plain = Buffer.concat([decipher.update(sealed.subarray(0, -16)), decipher.final()]);
  return JSON.parse(plain.subarray(0, plain.lastIndexOf(2)).toString()) as object;
}
