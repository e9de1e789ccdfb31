import { Injectable } from '@nestjs/common';
import type { Twilio } from 'twilio';
import { Config } from '../../../kernel/config/config';
import type { Letter } from '../templates/renderer';
import { twilioCallbackUrl } from './callbacks/twilio-callbacks';
import { clock } from '../../../kernel/clock/clock';
import { retryAfterSeconds } from '../domain/push';
import { SendLater, type OutgoingMessage } from './channel-sender';
import { SmsRefused, SmsSender } from './sms-sender';

const TIMEOUT_MS = 15_000;
const API = 'https://api.twilio.com';
/** How long is waited where the provider has too much to do and does not say for how long (seconds). */
const WAIT_SECONDS = 30;

/** Text messages by Twilio's Programmable Messaging, with its SDK; library and connections come with the first one. */
@Injectable()
export class TwilioSms extends SmsSender {
  readonly provider = 'twilio';
  private client: Promise<Twilio> | undefined;

  constructor(private readonly config: Config) {
    super();
  }

  get isConfigured(): boolean {
    return this.config.twilio !== null;
  }

  async send(
    { id, tenantId, recipient: to }: OutgoingMessage,
    { text }: Letter,
  ): Promise<{ providerId: string | null }> {
    const { from } = this.config.twilio!;
    const client = await (this.client ??= this.open());
    // A messaging service chooses the sender by itself; else it is a number or a name.
    const sender = from.startsWith('MG') ? { messagingServiceSid: from } : { from };
    try {
      const statusCallback = this.callbackUrl(tenantId, id);
      const { sid } = await client.messages.create({ to, body: text, ...sender, ...statusCallback });
      return { providerId: sid ?? null };
    } catch (error) {
      if (error instanceof SendLater) throw error;
      const { status, code } = error as { status?: number; code?: number };
      if (status === 400) throw new SmsRefused(code);
      // Neither number nor text of the message is in what the log is told.
      throw new Error(`The text message was not sent: ${status ?? (error as { code?: string }).code ?? 'no answer'}.`);
    }
  }

  async verify(): Promise<void> {
    const client = await (this.client ??= this.open());
    let status: string;
    try {
      ({ status } = await client.api.v2010.accounts(this.config.twilio!.accountSid).fetch());
    } catch (error) {
      const told = (error as { status?: number }).status ?? (error as { code?: string }).code ?? 'no answer';
      throw new Error(`The provider of text messages does not take our account: ${told}.`);
    }
    if (status !== 'active') throw new Error(`Our account at the provider of text messages is ${status}.`);
  }

  /** Twilio reports to addresses alone that it can reach. */
  private callbackUrl(tenantId: string, messageId: string): { statusCallback?: string } {
    const { publicUrl } = this.config;
    return publicUrl.startsWith('https:') ? { statusCallback: twilioCallbackUrl(publicUrl, tenantId, messageId) } : {};
  }

  private async open(): Promise<Twilio> {
    const { Twilio: Client, RequestClient } = await import('twilio');
    const { accountSid, authToken, apiBase } = this.config.twilio!;
    const httpClient = new RequestClient({ timeout: TIMEOUT_MS });
    const request = httpClient.request.bind(httpClient);
    httpClient.request = async (options) => {
      const answer = await request({ ...options, uri: options.uri.replace(API, apiBase) });
      const { statusCode, headers } = answer as unknown as Answered;
      const wait = waitOf(statusCode, headers);
      if (wait !== null) throw new SendLater(`Twilio answered ${statusCode}.`, wait);
      return answer;
    };
    return new Client(accountSid, authToken, { httpClient, timeout: TIMEOUT_MS, env: {} });
  }
}

/** What the SDK's errors do not carry on: its headers. */
interface Answered {
  statusCode: number;
  headers?: Record<string, string | undefined>;
}

/** Seconds after which Twilio wants a message again: it has too many of ours, or says when it will be back; else null. */
function waitOf(status: number, headers: Answered['headers']): number | null {
  const said = retryAfterSeconds(headers?.['retry-after'], clock.nowMs());
  if (status === 429) return Math.max(1, said ?? WAIT_SECONDS);
  return status >= 500 && said !== null ? Math.max(1, said) : null;
}
