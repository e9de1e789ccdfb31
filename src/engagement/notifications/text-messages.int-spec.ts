import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Global, Module } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { Client } from 'pg';
import { asTenant, testApp, type TestApp } from '../../../test/support/app';
import { testDatabase } from '../../../test/support/cluster';
import { clock } from '../../kernel/clock/clock';
import { PLATFORM_TENANT } from '../../kernel/context/request-context';
import { newId } from '../../kernel/ids/ids';
import { NotYet } from '../../kernel/messaging/reaction';
import { Realtime } from '../../kernel/realtime/realtime';
import { DeliverMessageCommand } from './commands/deliver-message';
import { MessageChannelsQuery } from './contracts/message-channels';
import { SendMessageCommand } from './contracts/send-message';
import { SmsHealth } from './adapters/sms-health';
import { SmsSender } from './adapters/sms-sender';
import { NotificationsModule } from './notifications.module';

const ACCOUNT = `AC${'0'.repeat(31)}7`;
const TOKEN = 'an auth token of the double';

/** Twilio's Messages resource on loopback, asked by Twilio's own SDK. */
class TwilioDouble {
  readonly asked: { path: string; user: string; form: Record<string, string> }[] = [];
  readonly answers: { status: number; body: object; headers?: Record<string, string> }[] = [];
  private readonly server: Server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => {
      const user = Buffer.from((request.headers.authorization ?? '').replace('Basic ', ''), 'base64').toString();
      this.asked.push({ path: request.url!, user, form: Object.fromEntries(new URLSearchParams(text)) });
      const answer: (typeof this.answers)[number] = this.answers.shift() ?? {
        status: 201,
        body: { sid: `SM${'1'.repeat(32)}`, status: 'queued' },
      };
      response
        .writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers })
        .end(JSON.stringify(answer.body));
    });
  });

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  close(): Promise<void> {
    this.server.closeAllConnections();
    return new Promise((resolve) => this.server.close(() => resolve()));
  }
}

@Global()
@Module({ providers: [{ provide: Realtime, useValue: {} }], exports: [Realtime] })
class NoSockets {}

describe('text messages', () => {
  const twilio = new TwilioDouble();
  let app: TestApp;
  let sql: Client;

  const ask = (data: { code: string; minutesLeft?: number }, to = '+4915112345678') =>
    asTenant(PLATFORM_TENANT, () => {
      const expiresAt = new Date(clock.nowMs() + (data.minutesLeft ?? 10) * 60_000).toISOString();
      return app.get(CommandBus).execute(
        new SendMessageCommand({
          to,
          channel: 'sms',
          template: 'one-time-code',
          data: { code: data.code, minutes: 10, expiresAt },
          dedupeKey: newId(),
        }),
      );
    });
  const deliver = (messageId: string, last = false) =>
    asTenant(PLATFORM_TENANT, () => app.get(CommandBus).execute(new DeliverMessageCommand(messageId, last)));
  const row = async (id: string) =>
    (
      await sql.query<{ state: string; channel: string; data: object; text_body: string | null; last_error: string }>(
        'select state, channel, data, text_body, last_error from notifications.messages where id = $1',
        [id],
      )
    ).rows[0];

  beforeAll(async () => {
    const base = await twilio.listen();
    const env = {
      TWILIO_ACCOUNT_SID: ACCOUNT,
      TWILIO_AUTH_TOKEN: TOKEN,
      TWILIO_FROM: '+15005550006',
      TWILIO_API_BASE: base,
    };
    app = await testApp([NoSockets, NotificationsModule], { database: await testDatabase(), env });
    sql = new Client({ connectionString: app.database.superuserUrl });
    await sql.connect();
  });
  afterAll(async () => {
    await sql.end();
    await app.close();
    await twilio.close();
  });
  afterEach(() => clock.setOffset(0));

  it('go out by the SDK, once, and leave no code behind', async () => {
    const { messageId } = await ask({ code: '314159' });
    await deliver(messageId);
    await deliver(messageId);
    expect(twilio.asked).toHaveLength(1);
    expect(twilio.asked[0]).toMatchObject({
      path: `/2010-04-01/Accounts/${ACCOUNT}/Messages.json`,
      user: `${ACCOUNT}:${TOKEN}`,
      form: { To: '+4915112345678', From: '+15005550006' },
    });
    expect(twilio.asked[0].form.Body).toMatch(/^314159 is your Mainstay code\. It works for 10 minutes\./);
    expect(await row(messageId)).toMatchObject({ state: 'sent', channel: 'sms', data: {}, text_body: null });
  });

  it('are given up when the provider refuses the number, and tried again when it stumbles', async () => {
    twilio.answers.push({ status: 400, body: { code: 21211, message: "Invalid 'To' Phone Number", status: 400 } });
    const refused = await ask({ code: '271828' });
    await deliver(refused.messageId);
    expect(await row(refused.messageId)).toMatchObject({
      state: 'dead',
      last_error: expect.stringContaining('21211') as string,
    });

    twilio.answers.push({ status: 503, body: { code: 20503, message: 'Service unavailable', status: 503 } });
    const stumbled = await ask({ code: '161803' });
    await expect(deliver(stumbled.messageId)).rejects.toThrow('not sent: 503');
    const { state, last_error } = await row(stumbled.messageId);
    expect([state, last_error]).toEqual(['failed', 'The text message was not sent: 503.']);
    await deliver(stumbled.messageId);
    expect((await row(stumbled.messageId)).state).toBe('sent');
  });

  it.each([
    [429, {}, 30],
    [429, { 'retry-after': '120' }, 120],
    [503, { 'retry-after': '45' }, 45],
  ])('wait for as long as Twilio says (%i, %j), which counts as no try', async (status, headers, seconds) => {
    twilio.answers.push({ status, headers, body: { code: 20429, message: 'Too many requests', status } });
    const { messageId } = await ask({ code: '112358' });
    await deliver(messageId);
    const { rows } = await sql.query(
      `select state, attempts, last_error, round(extract(epoch from due_at - put_off_since))::int as wait from notifications.messages where id = $1`,
      [messageId],
    );
    expect(rows).toEqual([{ state: 'queued', attempts: 0, last_error: `Twilio answered ${status}.`, wait: seconds }]);
    const before = twilio.asked.length;
    await expect(deliver(messageId)).rejects.toBeInstanceOf(NotYet);
    expect(twilio.asked).toHaveLength(before);
    clock.setOffset(seconds + 1);
    await deliver(messageId);
    expect((await row(messageId)).state).toBe('sent');
  });

  it('show in the health of the installation whether the provider takes the account, asked once a minute', async () => {
    const before = twilio.asked.length;
    const fresh = () => new SmsHealth(app.get(SmsSender));
    twilio.answers.push({ status: 200, body: { sid: ACCOUNT, status: 'active' } });
    const health = fresh();
    expect(await health.check()).toEqual({ message: expect.stringContaining('takes our account') as string });
    await health.check();
    expect(twilio.asked.slice(before)).toMatchObject([{ path: `/2010-04-01/Accounts/${ACCOUNT}.json` }]);
    twilio.answers.push({ status: 200, body: { sid: ACCOUNT, status: 'suspended' } });
    expect(await fresh().check()).toMatchObject({
      status: 'degraded',
      message: expect.stringContaining('suspended') as string,
    });
    twilio.answers.push({ status: 401, body: { code: 20003, message: 'Authenticate', status: 401 } });
    expect(await fresh().check()).toMatchObject({
      status: 'degraded',
      message: expect.stringContaining('401') as string,
    });
  });

  it('with a code that has expired are not sent at all', async () => {
    const before = twilio.asked.length;
    const { messageId } = await ask({ code: '141421', minutesLeft: -1 });
    await deliver(messageId);
    expect(twilio.asked).toHaveLength(before);
    expect((await row(messageId)).state).toBe('dead');
  });

  it.each(['', '12345', 'ada@example.org', '+12', '+1234567890123456', '+4915112345678, +491511'])(
    'refuse %j as a number',
    async (to) => {
      await expect(ask({ code: '111111' }, to)).rejects.toThrow('notifications.recipient-invalid');
    },
  );

  it('are offered where they can be sent', async () => {
    expect(await asTenant(PLATFORM_TENANT, () => app.get(QueryBus).execute(new MessageChannelsQuery()))).toEqual({
      email: true,
      sms: true,
    });
  });
});
