import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { Transporter } from 'nodemailer';
import { Config } from '../../../kernel/config/config';
import type { Letter } from '../templates/renderer';

/** Milliseconds: to connect, to be greeted, and between two answers. */
const TIMEOUTS = { connectionTimeout: 10_000, greetingTimeout: 10_000, socketTimeout: 20_000, dnsTimeout: 10_000 };

/** Sends letters by SMTP where `SMTP_URL` is set; the library and the connections come with the first letter. */
@Injectable()
export class Mailer implements OnApplicationShutdown {
  private transport: Promise<Transporter> | undefined;

  constructor(private readonly config: Config) {}

  get isConfigured(): boolean {
    return this.config.smtpUrl !== null;
  }

  /**
   * Sends one letter. Its Message-ID is made of `id`, so that a receiver recognises a letter that was sent again.
   * @param sender name in the From line; the address is the configured one
   * @param replyTo where answers go; default the address in the From line
   * @throws what nodemailer throws, see `isPermanent`
   */
  async send(id: string, sender: string, to: string, letter: Letter, replyTo?: string): Promise<void> {
    const address = /<([^>]+)>/.exec(this.config.mailFrom)?.[1] ?? this.config.mailFrom;
    await (
      await (this.transport ??= this.open())
    ).sendMail({
      from: { name: sender, address },
      to: { name: '', address: to },
      ...(replyTo ? { replyTo: { name: sender, address: replyTo } } : {}),
      subject: letter.subject,
      text: letter.text,
      html: letter.html,
      messageId: `<${id}@${address.slice(address.lastIndexOf('@') + 1)}>`,
      headers: { 'Auto-Submitted': 'auto-generated' },
      disableFileAccess: true,
      disableUrlAccess: true,
    });
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
