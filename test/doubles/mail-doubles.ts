import { execFileSync } from 'node:child_process';
import { generateKeyPairSync, sign } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';

export interface MailReply {
  status: number;
  body?: string | object;
  headers?: Record<string, string>;
}

/** An HTTP server on loopback that notes what it is asked. */
abstract class HttpDouble {
  url = '';
  readonly asked: { method: string; path: string; headers: IncomingHttpHeaders; text: string }[] = [];
  /** Answers that are given before all others, in their order. */
  readonly replies: MailReply[] = [];
  private readonly server: Server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => {
      const asked = { method: request.method!, path: request.url!, headers: request.headers, text };
      this.asked.push(asked);
      const { status, body = '', headers = {} } = this.replies.shift() ?? this.reply(asked.path);
      response.writeHead(status, headers).end(typeof body === 'string' ? body : JSON.stringify(body));
    });
  });

  protected abstract reply(path: string): MailReply;

  async listen(): Promise<this> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    this.url = `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
    return this;
  }

  close(): Promise<void> {
    this.server.closeAllConnections();
    return new Promise((resolve) => this.server.close(() => resolve()));
  }
}

/** SendGrid's API and the key with which it signs its event webhook. */
export class SendGridDouble extends HttpDouble {
  readonly keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });

  get webhookKey(): string {
    return this.keys.publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
  }

  /** The headers with which it posts a body. */
  signed(body: string, timestamp = '1700000000'): Record<string, string> {
    return {
      'x-twilio-email-event-webhook-timestamp': timestamp,
      'x-twilio-email-event-webhook-signature': sign(
        'sha256',
        Buffer.from(timestamp + body),
        this.keys.privateKey,
      ).toString('base64'),
    };
  }

  protected reply(at: string): MailReply {
    return at === '/v3/scopes'
      ? { status: 200, body: { scopes: ['mail.send'] } }
      : { status: 202, headers: { 'x-message-id': `sg-${this.asked.length}` } };
  }
}

/** Amazon SES v2. */
export class SesDouble extends HttpDouble {
  protected reply(at: string): MailReply {
    const headers = { 'content-type': 'application/json' };
    return at === '/v2/email/account'
      ? { status: 200, headers, body: { SendingEnabled: true } }
      : { status: 200, headers, body: { MessageId: `ses-${this.asked.length}` } };
  }
}

/** Amazon SNS: the certificate it signs with, and confirmations. */
export class SnsDouble extends HttpDouble {
  readonly identity = rsaIdentity();

  /** A message of a topic, signed. */
  message(fields: Record<string, string>): Record<string, string> {
    const whole: Record<string, string> = {
      SignatureVersion: '2',
      SigningCertURL: 'https://sns.eu-central-1.amazonaws.com/cert.pem',
      Timestamp: '2026-01-05T09:00:00.000Z',
      ...fields,
    };
    const names =
      whole.Type === 'Notification'
        ? ['Message', 'MessageId', 'Subject', 'Timestamp', 'TopicArn', 'Type']
        : ['Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type'];
    const text = names
      .filter((name) => whole[name] !== undefined)
      .map((name) => `${name}\n${whole[name]}\n`)
      .join('');
    return { ...whole, Signature: sign('RSA-SHA256', Buffer.from(text), this.identity.key).toString('base64') };
  }

  protected reply(at: string): MailReply {
    return at === '/cert.pem' ? { status: 200, body: this.identity.cert } : { status: 200 };
  }
}

function rsaIdentity(): { cert: string; key: string } {
  const folder = mkdtempSync(path.join(tmpdir(), 'sns-'));
  try {
    const at = (file: string) => path.join(folder, file);
    const form = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=sns.amazonaws.com'];
    execFileSync('openssl', [...form, '-keyout', at('key'), '-out', at('cert')], { stdio: 'ignore' });
    return { cert: readFileSync(at('cert'), 'utf8'), key: readFileSync(at('key'), 'utf8') };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
