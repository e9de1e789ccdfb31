import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { SESv2Client } from '@aws-sdk/client-sesv2';
import { Config } from '../../../../kernel/config/config';
import type { Letter } from '../../templates/renderer';
import { SendLater, SendRefused, type OutgoingMessage } from '../channel-sender';
import { bareAddress, HttpMail, mailbox, MAIL_TIMEOUT_MS } from './http-mail';

const WAIT_SECONDS = 30;
/** Quota of a day and what SES paused itself: no use to ask again soon (seconds). */
const LONG_WAIT_SECONDS = 900;

interface SesFault {
  name?: string;
  $metadata?: { httpStatusCode?: number };
}

/** Mail by Amazon SES v2, with its SDK; library and connections come with the first letter. */
@Injectable()
export class SesMail extends HttpMail implements OnApplicationShutdown {
  readonly provider = 'ses';
  private client: Promise<SESv2Client> | undefined;

  constructor(private readonly config: Config) {
    super();
  }

  get isConfigured(): boolean {
    return this.config.ses !== null;
  }

  async verify(): Promise<void> {
    const { GetAccountCommand } = await import('@aws-sdk/client-sesv2');
    let enabled: boolean | undefined;
    try {
      const client = await (this.client ??= this.open());
      ({ SendingEnabled: enabled } = await client.send(new GetAccountCommand({})));
    } catch (error) {
      throw new Error(`Amazon SES does not take our access key: ${(error as SesFault).name ?? 'no answer'}.`);
    }
    if (enabled === false) throw new Error('Amazon SES has paused our account.');
  }

  protected async post(message: OutgoingMessage, letter: Letter): Promise<{ providerId: string | null }> {
    const { SendEmailCommand } = await import('@aws-sdk/client-sesv2');
    const client = await (this.client ??= this.open());
    const { from, recipient } = message;
    const address = bareAddress(this.config.mailFrom);
    const headers = { 'Auto-Submitted': 'auto-generated', ...message.headers };
    const { configurationSet } = this.config.ses!;
    const part = (Data: string) => ({ Data, Charset: 'UTF-8' });
    try {
      const { MessageId } = await client.send(
        new SendEmailCommand({
          FromEmailAddress: mailbox(from.name, address),
          Destination: { ToAddresses: [recipient] },
          ...(from.replyTo ? { ReplyToAddresses: [from.replyTo] } : {}),
          Content: {
            Simple: {
              Subject: part(letter.subject),
              Body: { Text: part(letter.text), ...(letter.html ? { Html: part(letter.html) } : {}) },
              Headers: Object.entries(headers).map(([Name, Value]) => ({ Name, Value })),
              Attachments: letter.pictures?.map(({ contentId, name, mediaType, bytes }) => ({
                RawContent: bytes,
                ContentDisposition: 'INLINE' as const,
                ContentTransferEncoding: 'BASE64' as const,
                ContentId: contentId,
                ContentType: mediaType,
                FileName: name,
              })),
            },
          },
          // Come back with what SES tells of the letter.
          EmailTags: [
            { Name: 'mainstay_tenant', Value: message.tenantId },
            { Name: 'mainstay_message', Value: message.id },
          ],
          ...(configurationSet ? { ConfigurationSetName: configurationSet } : {}),
        }),
      );
      return { providerId: MessageId ?? null };
    } catch (error) {
      throw meaningOf(error as SesFault);
    }
  }

  async onApplicationShutdown(): Promise<void> {
    (await this.client)?.destroy();
  }

  private async open(): Promise<SESv2Client> {
    const { SESv2Client: Client } = await import('@aws-sdk/client-sesv2');
    const { region, accessKeyId, secretAccessKey, apiBase } = this.config.ses!;
    return new Client({
      region,
      credentials: { accessKeyId, secretAccessKey },
      ...(apiBase ? { endpoint: apiBase } : {}),
      // Tries are counted, noted and spaced out here.
      maxAttempts: 1,
      requestHandler: { requestTimeout: MAIL_TIMEOUT_MS, connectionTimeout: MAIL_TIMEOUT_MS },
    });
  }
}

/** What SES's faults mean (SendEmail, errors). Neither address nor letter is in what is told. */
function meaningOf({ name = 'no answer', $metadata }: SesFault): Error {
  const told = `Amazon SES answered ${name}.`;
  switch (name) {
    case 'TooManyRequestsException':
    case 'ThrottlingException':
      return new SendLater(told, WAIT_SECONDS);
    case 'LimitExceededException':
    case 'SendingPausedException':
    case 'AccountSuspendedException':
      return new SendLater(told, LONG_WAIT_SECONDS);
    case 'MessageRejected':
    case 'BadRequestException':
      return new SendRefused(told, { permanent: true });
    default:
      return new Error($metadata?.httpStatusCode ? `${told.slice(0, -1)} (${$metadata.httpStatusCode}).` : told);
  }
}
