import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { Transporter } from 'nodemailer';
import { Config } from '../../../kernel/config/config';
import { isPermanent } from '../domain/mail-failure';
import type { Letter } from '../templates/renderer';
import { ChannelSender, SendRefused, type OutgoingMessage } from './channel-sender';

/** Milliseconds: to connect, to be greeted, and between two answers. */
const TIMEOUTS = { connectionTimeout: 10_000, greetingTimeout: 10_000, socketTimeout: 20_000, dnsTimeout: 10_000 };

/** Sends letters by SMTP where `SMTP_URL` is set; the library and the connections come with the first letter. */
@Injectable()
export class Mailer extends ChannelSender implements OnApplicationShutdown {
  readonly channel = 'email';
  readonly provider = 'smtp';
  private transport: Promise<Transporter> | undefined;

  constructor(private readonly config: Config) {
    super();
  }

  get isConfigured(): boolean {
    return this.config.smtpUrl !== null;
  }

  /**
   * Sends one letter. Its Message-ID is made of the message's id, so that a receiver recognises a letter that was sent again.
   * @throws SendRefused where sending again cannot help, else what nodemailer throws
   */
  async send(message: OutgoingMessage, letter: Letter): Promise<{ providerId: string | null }> {
    const { id, from, recipient } = message;
    const address = /<([^>]+)>/.exec(this.config.mailFrom)?.[1] ?? this.config.mailFrom;
    const messageId = `<${id}@${address.slice(address.lastIndexOf('@') + 1)}>`;
    const transport = await (this.transport ??= this.open());
    try {
      await transport.sendMail({
        from: { name: from.name, address },
        to: { name: '', address: recipient },
        ...(from.replyTo ? { replyTo: { name: from.name, address: from.replyTo } } : {}),
        subject: letter.subject,
        text: letter.text,
        html: letter.html,
        attachments: letter.pictures?.map(({ contentId, name, mediaType, bytes }) => ({
          cid: contentId,
          filename: name,
          contentType: mediaType,
          content: bytes,
          contentDisposition: 'inline' as const,
        })),
        messageId,
        headers: { 'Auto-Submitted': 'auto-generated', ...message.headers },
        disableFileAccess: true,
        disableUrlAccess: true,
      });
      return { providerId: messageId };
    } catch (error) {
      if (!isPermanent(error)) throw error;
      throw new SendRefused((error as Error).message, { permanent: true, forgetTarget: isNobody(error) });
    }
  }

  /** Connects and signs in without sending. @throws what nodemailer throws, without credentials */
  async verify(): Promise<void> {
    await (await (this.transport ??= this.open())).verify();
  }

  async onApplicationShutdown(): Promise<void> {
    (await this.transport)?.close();
  }

  private async open(): Promise<Transporter> {
    const { createTransport } = await import('nodemailer');
    const url = new URL(this.config.smtpUrl!);
    const secure = url.protocol === 'smtps:';
    return createTransport({
      ...TIMEOUTS,
      pool: true,
      maxConnections: 3,
      host: url.hostname,
      port: url.port ? Number(url.port) : secure ? 465 : 587,
      secure,
      ...(url.username
        ? { auth: { user: decodeURIComponent(url.username), pass: decodeURIComponent(url.password) } }
        : {}),
    });
  }
}

/** The server of the recipient knows no such mailbox: 550, 551 and 553 to RCPT (RFC 5321 4.2.3). */
function isNobody(fault: unknown): boolean {
  const { command, responseCode } = fault as { command?: string; responseCode?: number };
  return command === 'RCPT TO' && [550, 551, 553].includes(responseCode ?? 0);
}
