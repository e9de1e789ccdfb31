import { Injectable } from '@nestjs/common';
import { clock } from '../../../../kernel/clock/clock';
import { Config } from '../../../../kernel/config/config';
import { retryAfterSeconds } from '../../domain/push';
import type { Letter } from '../../templates/renderer';
import { SendLater, SendRefused, type OutgoingMessage } from '../channel-sender';
import { bareAddress, HttpMail, MAIL_TIMEOUT_MS } from './http-mail';

const WAIT_SECONDS = 60;

/** Mail by SendGrid's API v3 (docs.sendgrid.com, "Mail Send"). Links are not rewritten and no pixel is added. */
@Injectable()
export class SendGridMail extends HttpMail {
  readonly provider = 'sendgrid';

  constructor(private readonly config: Config) {
    super();
  }

  get isConfigured(): boolean {
    return this.config.sendgrid !== null;
  }

  async verify(): Promise<void> {
    const answer = await this.call('GET', '/v3/scopes');
    if (answer.ok) {
      const { scopes } = (await answer.json()) as { scopes?: string[] };
      if (!scopes?.includes('mail.send')) throw new Error('The API key of SendGrid may not send mail.');
    } else {
      throw new Error(`SendGrid does not take our API key: ${answer.status}.`);
    }
  }

  protected async post(message: OutgoingMessage, letter: Letter): Promise<{ providerId: string | null }> {
    const { from, recipient } = message;
    const answer = await this.call('POST', '/v3/mail/send', {
      personalizations: [
        {
          to: [{ email: recipient }],
          custom_args: { mainstay_tenant: message.tenantId, mainstay_message: message.id },
        },
      ],
      from: { email: bareAddress(this.config.mailFrom), name: from.name },
      ...(from.replyTo ? { reply_to: { email: from.replyTo, name: from.name } } : {}),
      subject: letter.subject,
      content: [
        { type: 'text/plain', value: letter.text },
        ...(letter.html ? [{ type: 'text/html', value: letter.html }] : []),
      ],
      ...(letter.pictures
        ? {
            attachments: letter.pictures.map(({ contentId, name, mediaType, bytes }) => ({
              content: bytes.toString('base64'),
              type: mediaType,
              filename: name,
              disposition: 'inline',
              content_id: contentId,
            })),
          }
        : {}),
      headers: { 'Auto-Submitted': 'auto-generated', ...message.headers },
      tracking_settings: { click_tracking: { enable: false }, open_tracking: { enable: false } },
    });
    if (answer.ok) return { providerId: answer.headers.get('x-message-id') };
    const told = `SendGrid answered ${answer.status}.`;
    if (answer.status === 429) throw new SendLater(told, waitOf(answer.headers));
    const back = answer.status >= 500 ? retryAfterSeconds(answer.headers.get('retry-after'), clock.nowMs()) : null;
    if (back !== null) throw new SendLater(told, Math.max(1, back));
    if (answer.status === 400 || answer.status === 413) throw new SendRefused(told, { permanent: true });
    throw new Error(told);
  }

  private call(method: 'GET' | 'POST', path: string, body?: object): Promise<Response> {
    const { apiBase, apiKey } = this.config.sendgrid!;
    return fetch(`${apiBase}${path}`, {
      method,
      redirect: 'error',
      signal: AbortSignal.timeout(MAIL_TIMEOUT_MS),
      headers: { authorization: `Bearer ${apiKey}`, ...(body ? { 'content-type': 'application/json' } : {}) },
      body: body && JSON.stringify(body),
    });
  }
}

/** Retry-After, or X-RateLimit-Reset, which is a moment in seconds since 1970. */
function waitOf(headers: Headers): number {
  const now = clock.nowMs();
  const after = retryAfterSeconds(headers.get('retry-after'), now);
  if (after !== null) return Math.max(1, after);
  const reset = Number(headers.get('x-ratelimit-reset'));
  return Number.isFinite(reset) && reset > 0
    ? Math.min(3_600, Math.max(1, Math.ceil(reset - now / 1_000)))
    : WAIT_SECONDS;
}
