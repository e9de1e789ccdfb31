import { SendGridDouble, SesDouble, SnsDouble, type MailReply } from '../../../test/doubles/mail-doubles';
import { loadConfig, type Config } from '../../kernel/config/config';
import { newId } from '../../kernel/ids/ids';
import { SesCallbacks } from './adapters/callbacks/ses-callbacks';
import { SendLater, type OutgoingMessage } from './adapters/channel-sender';
import { mailbox } from './adapters/mail/http-mail';
import { SendGridMail } from './adapters/mail/sendgrid-mail';
import { SesMail } from './adapters/mail/ses-mail';
import { MailHealth } from './adapters/mail-health';
import { Mailer } from './adapters/mailer';
import type { CallbackRequest } from './domain/callback';

const configured = (env: Record<string, string>): Config =>
  loadConfig({ NODE_ENV: 'test', MAINSTAY_MAIL_FROM: 'Shop <no-reply@example.org>', ...env });
const message: OutgoingMessage = {
  id: newId(),
  tenantId: newId(),
  channel: 'email',
  recipient: 'ada@example.org',
  userId: null,
  pushTokenId: null,
  category: 'orders',
  critical: false,
  template: 'order-confirmation',
  attempt: 1,
  from: { name: 'Zoë’s Shop', replyTo: 'shop@example.org' },
  headers: { 'List-Unsubscribe': '<https://example.org/u/1>' },
  expiresAt: null,
};
const picture = { contentId: '1@mainstay', name: 'hat.png', mediaType: 'image/png', bytes: Buffer.from([1, 2, 3]) };
const letter = { subject: 'Thank you', text: 'Thank you!', html: '<p>Thank you!</p>' };

describe('mail by SendGrid', () => {
  const double = new SendGridDouble();
  const sender = () =>
    new SendGridMail(configured({ SENDGRID_API_KEY: 'SG.0123456789abcdef', SENDGRID_API_BASE: double.url }));
  beforeAll(() => double.listen());
  afterAll(() => double.close());

  it('goes out with what comes back in its events, and no link is rewritten', async () => {
    expect(await sender().send(message, letter)).toEqual({ providerId: 'sg-1' });
    expect(double.asked[0].headers.authorization).toBe('Bearer SG.0123456789abcdef');
    expect(JSON.parse(double.asked[0].text)).toMatchObject({
      personalizations: [
        {
          to: [{ email: 'ada@example.org' }],
          custom_args: { mainstay_tenant: message.tenantId, mainstay_message: message.id },
        },
      ],
      from: { email: 'no-reply@example.org', name: 'Zoë’s Shop' },
      reply_to: { email: 'shop@example.org' },
      headers: { 'List-Unsubscribe': '<https://example.org/u/1>', 'Auto-Submitted': 'auto-generated' },
      tracking_settings: { click_tracking: { enable: false } },
    });
  });

  it('takes pictures within', async () => {
    await sender().send(message, { ...letter, pictures: [picture] });
    expect((JSON.parse(double.asked.at(-1)!.text) as { attachments: object[] }).attachments).toEqual([
      {
        content: 'AQID',
        type: 'image/png',
        filename: 'hat.png',
        disposition: 'inline',
        content_id: '1@mainstay',
      },
    ]);
  });

  it.each<[MailReply, object]>([
    [{ status: 400 }, { name: 'SendRefused', permanent: true }],
    [
      { status: 429, headers: { 'retry-after': '11' } },
      { name: 'SendLater', retryAfterSeconds: 11 },
    ],
    [{ status: 503 }, { message: 'SendGrid answered 503.' }],
    [
      { status: 503, headers: { 'retry-after': '90' } },
      { name: 'SendLater', retryAfterSeconds: 90 },
    ],
    [{ status: 302, headers: { location: 'http://169.254.169.254/' } }, { name: 'TypeError' }],
  ])('reads %j', async (reply, fault) => {
    double.replies.push(reply);
    await expect(sender().send(message, letter)).rejects.toMatchObject(fault);
  });

  it('waits with what comes after a letter that was put off', async () => {
    const one = sender();
    double.replies.push({ status: 429, headers: { 'retry-after': '30' } });
    await expect(one.send(message, letter)).rejects.toBeInstanceOf(SendLater);
    const before = double.asked.length;
    await expect(one.send(message, letter)).rejects.toBeInstanceOf(SendLater);
    expect(double.asked).toHaveLength(before);
  });

  it('shows in the health of the installation whether the key may send', async () => {
    const config = configured({ SENDGRID_API_KEY: 'SG.0123456789abcdef', SENDGRID_API_BASE: double.url });
    const health = () => new MailHealth(new Mailer(config), new SendGridMail(config), new SesMail(config), config);
    expect(await health().check()).toEqual({ message: expect.stringContaining('sendgrid') as string });
    double.replies.push({ status: 401 });
    expect(await health().check()).toMatchObject({
      status: 'degraded',
      message: expect.stringContaining('401') as string,
    });
  });
});

describe('mail by Amazon SES', () => {
  const double = new SesDouble();
  const sns = new SnsDouble();
  const topic = 'arn:aws:sns:eu-central-1:123456789012:mail';
  let config: Config;
  let sender: SesMail;
  beforeAll(async () => {
    await Promise.all([double.listen(), sns.listen()]);
    config = configured({
      SES_REGION: 'eu-central-1',
      SES_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
      SES_SECRET_ACCESS_KEY: 'wJalrXUtnFEMIK7MDENGbPxRfiCY',
      SES_API_BASE: double.url,
      SES_CONFIGURATION_SET: 'mainstay',
      SES_TOPIC_ARN: topic,
      SNS_API_BASE: sns.url,
    });
    sender = new SesMail(config);
  });
  afterAll(async () => {
    await sender.onApplicationShutdown();
    await Promise.all([double.close(), sns.close()]);
  });

  it('goes out signed (SigV4), with what comes back in its events', async () => {
    expect(await sender.send(message, letter)).toEqual({ providerId: 'ses-1' });
    const [asked] = double.asked;
    expect(asked.path).toBe('/v2/email/outbound-emails');
    expect(asked.headers.authorization).toMatch(
      /^AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE\/\d{8}\/eu-central-1\/ses\//,
    );
    expect(JSON.parse(asked.text)).toMatchObject({
      FromEmailAddress: '=?UTF-8?B?Wm/Dq+KAmXMgU2hvcA==?= <no-reply@example.org>',
      Destination: { ToAddresses: ['ada@example.org'] },
      ConfigurationSetName: 'mainstay',
      EmailTags: [
        { Name: 'mainstay_tenant', Value: message.tenantId },
        { Name: 'mainstay_message', Value: message.id },
      ],
    });
    await sender.verify();
  });

  it('takes pictures within', async () => {
    await sender.send(message, { ...letter, pictures: [picture] });
    const asked = JSON.parse(double.asked.at(-1)!.text) as { Content: { Simple: { Attachments: object[] } } };
    expect(asked.Content.Simple.Attachments).toEqual([
      {
        RawContent: 'AQID',
        ContentDisposition: 'INLINE',
        ContentTransferEncoding: 'BASE64',
        ContentId: '1@mainstay',
        ContentType: 'image/png',
        FileName: 'hat.png',
      },
    ]);
  });

  it.each<[string, number, object]>([
    ['MessageRejected', 400, { name: 'SendRefused', permanent: true }],
    ['TooManyRequestsException', 429, { name: 'SendLater', retryAfterSeconds: 30 }],
    ['SendingPausedException', 400, { name: 'SendLater', retryAfterSeconds: 900 }],
    ['InternalServiceErrorException', 500, { message: expect.stringContaining('500') as string }],
  ])('reads %s', async (name, status, fault) => {
    double.replies.push({
      status,
      headers: { 'x-amzn-errortype': name, 'content-type': 'application/json' },
      body: { message: 'No.' },
    });
    await expect(new SesMail(config).send(message, letter)).rejects.toMatchObject(fault);
  });

  it('tells by its topic what became of letters, and nobody else does', async () => {
    const callbacks = new SesCallbacks(config);
    const read = (fields: Record<string, string>, forged = false) => {
      const signed = sns.message({ TopicArn: topic, MessageId: 'm-1', ...fields });
      const body = forged ? { ...signed, MessageId: 'm-2' } : signed;
      const request: CallbackRequest = { headers: {}, form: {}, path: {}, rawBody: Buffer.from(JSON.stringify(body)) };
      return callbacks.read(request);
    };
    const tags = { mainstay_tenant: [message.tenantId], mainstay_message: [message.id] };
    const bounce = { bounceType: 'Permanent', bouncedRecipients: [{ diagnosticCode: 'smtp; 550 5.1.1 no such user' }] };
    const told = { Type: 'Notification', Message: JSON.stringify({ eventType: 'Bounce', mail: { tags }, bounce }) };
    expect(await read(told)).toMatchObject([
      { tenantId: message.tenantId, messageId: message.id, kind: 'bounced', permanent: true, eventId: 'm-1' },
    ]);
    await expect(read(told, true)).rejects.toThrow('notifications.callback-signature');
    await expect(read({ ...told, TopicArn: `${topic}-2` })).rejects.toThrow('notifications.callback-signature');
    await expect(read({ ...told, SigningCertURL: 'https://evil.example.org/cert.pem' })).rejects.toThrow(
      'notifications.callback-signature',
    );
    const fetched = sns.asked.length;
    const subscribe = 'https://sns.eu-central-1.amazonaws.com/?Action=ConfirmSubscription&Token=t';
    const confirm = { Type: 'SubscriptionConfirmation', Message: 'm', SubscribeURL: subscribe, Token: 't' };
    expect(await read(confirm)).toEqual([]);
    expect(sns.asked.slice(fetched).map(({ path }) => path)).toEqual(['/?Action=ConfirmSubscription&Token=t']);
    const elsewhere = { ...confirm, SubscribeURL: 'https://169.254.169.254/' };
    await expect(read(elsewhere)).rejects.toThrow('notifications.callback-malformed');
  });
});

it.each([
  ['Shop "7"', '"Shop \\"7\\"" <a@example.org>'],
  ['A\r\nBcc: x', '=?UTF-8?B?QSAgQmNjOiB4?= <a@example.org>'],
])('a sender called %j stays one header', (name, expected) => {
  expect(mailbox(name, 'a@example.org')).toBe(expected);
});
