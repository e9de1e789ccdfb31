import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import {
  createSecureServer,
  createServer as createHttp2Server,
  type Http2SecureServer,
  type Http2Server,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type ServerHttp2Stream,
} from 'node:http2';
import { createServer as createTlsServer } from 'node:https';
import { generateKeyPairSync } from 'node:crypto';
import type { AddressInfo, Server as NetServer, Socket } from 'node:net';
import { verify } from 'jsonwebtoken';
import { selfSigned } from './apple-pay-double';

/** What a double answers to one message. */
export interface Reply {
  status: number;
  body?: object;
  headers?: Record<string, string>;
}

const FCM_ERROR = 'type.googleapis.com/google.firebase.fcm.v1.FcmError';

/** Errors in the form in which FCM gives them. */
export const fcmFault = (status: number, word: string, code?: string, retryAfter?: string): Reply => ({
  status,
  headers: retryAfter === undefined ? {} : { 'retry-after': retryAfter },
  body: {
    error: {
      code: status,
      status: word,
      message: word,
      details: code === undefined ? [] : [{ '@type': FCM_ERROR, errorCode: code }],
    },
  },
});

export interface FcmMessage {
  token: string;
  notification: { title: string; body: string };
  data: Record<string, string>;
  android: { collapse_key?: string; priority: string; ttl: string; notification: { tag: string } };
  apns: { headers: Record<string, string> };
}

abstract class Double {
  url = '';
  protected abstract readonly server: NetServer;
  private readonly sockets = new Set<Socket>();

  async listen(port = 0): Promise<this> {
    this.server.on('connection', (socket: Socket) => {
      this.sockets.add(socket);
      socket.once('close', () => this.sockets.delete(socket));
    });
    await new Promise<void>((resolve) => this.server.listen(port, '127.0.0.1', resolve));
    const at = (this.server.address() as AddressInfo).port;
    this.url = `${this.scheme}://${this.host}:${at}`;
    return this;
  }

  protected get scheme(): string {
    return 'https';
  }

  protected get host(): string {
    return 'localhost';
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

/** Google's token endpoint and the FCM HTTP v1 API: checks the service account's signature and counts what it accepts. */
export class FcmDouble extends Double {
  readonly keys = generateKeyPairSync('rsa', { modulusLength: 2048 });
  /** How often each token got a message that was accepted. */
  readonly accepted = new Map<string, number>();
  readonly messages: FcmMessage[] = [];
  probes = 0;
  logins = 0;
  requests = 0;
  /** Called with every message before it is answered. */
  onMessage: (message: FcmMessage) => void = () => undefined;
  /** What is answered; null accepts. */
  reply: (message: FcmMessage, time: number) => Reply | null = () => null;
  private readonly times = new Map<string, number>();
  private readonly bearers = new Set<string>();
  protected readonly server: Http2Server = createHttp2Server((request, response) => {
    // A client that was killed while it sent.
    this.handle(request, response).catch(() => undefined);
  });
  private readonly tokens: Server = createServer((request, response) => void this.give(request, response));
  private tokenUri = '';

  /** The JSON of a service account key for this double. */
  get serviceAccount(): string {
    return JSON.stringify({
      type: 'service_account',
      project_id: 'mainstay-double',
      client_email: 'push@mainstay-double.iam.gserviceaccount.com',
      private_key_id: 'k1',
      private_key: this.keys.privateKey.export({ type: 'pkcs8', format: 'pem' }),
      token_uri: this.tokenUri,
    });
  }

  /** The logins that were given out are good for nothing any more. */
  endLogin(): void {
    this.bearers.clear();
  }

  protected override get scheme(): string {
    return 'http';
  }

  protected override get host(): string {
    return '127.0.0.1';
  }

  override async listen(port = 0): Promise<this> {
    await new Promise<void>((resolve) => this.tokens.listen(0, '127.0.0.1', resolve));
    this.tokenUri = `http://127.0.0.1:${(this.tokens.address() as AddressInfo).port}/token`;
    return super.listen(port);
  }

  override async close(): Promise<void> {
    this.tokens.closeAllConnections();
    this.tokens.close();
    await super.close();
  }

  private async give(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { status, body } = this.login(await textOf(request));
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  }

  private async handle(request: Http2ServerRequest, response: Http2ServerResponse): Promise<void> {
    const text = await textOf(request);
    const answer = ({ status, body = {}, headers = {} }: Reply): void => {
      response.writeHead(status, { 'content-type': 'application/json', ...headers });
      response.end(JSON.stringify(body));
    };
    if (request.url !== '/v1/projects/mainstay-double/messages:send') return answer({ status: 404 });
    this.requests += 1;
    if (!this.bearers.has(request.headers.authorization?.replace('Bearer ', '') ?? ''))
      return answer(fcmFault(401, 'UNAUTHENTICATED'));
    const { message, validate_only: dry } = JSON.parse(text) as { message: FcmMessage; validate_only?: boolean };
    const time = (this.times.get(message.token) ?? 0) + 1;
    if (dry) {
      this.probes += 1;
      return answer(
        this.reply(message, time) ?? { status: 200, body: { name: 'projects/mainstay-double/messages/fake' } },
      );
    }
    this.times.set(message.token, time);
    this.messages.push(message);
    const reply = this.reply(message, time);
    if (!reply) this.accepted.set(message.token, (this.accepted.get(message.token) ?? 0) + 1);
    this.onMessage(message);
    answer(reply ?? { status: 200, body: { name: `projects/mainstay-double/messages/${this.requests}` } });
  }

  private login(form: string): Reply {
    const { assertion, grant_type: grant } = Object.fromEntries(new URLSearchParams(form));
    try {
      const claims = verify(assertion, this.keys.publicKey.export({ type: 'spki', format: 'pem' }), {
        algorithms: ['RS256'],
        audience: this.tokenUri,
      }) as { scope: string };
      if (grant !== 'urn:ietf:params:oauth:grant-type:jwt-bearer' || !claims.scope.endsWith('/auth/firebase.messaging'))
        return { status: 400, body: { error: 'invalid_grant' } };
    } catch {
      return { status: 400, body: { error: 'invalid_grant' } };
    }
    this.logins += 1;
    const token = `bearer-${this.logins}`;
    this.bearers.add(token);
    return { status: 200, body: { access_token: token, expires_in: 3_600, token_type: 'Bearer' } };
  }
}

/** Apple's push service: HTTP/2 over TLS with a certificate of its own. */
export class ApnsDouble extends Double {
  readonly identity = selfSigned('localhost');
  readonly keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  readonly received: { path: string; headers: Record<string, string>; body: Record<string, unknown> }[] = [];
  sessions = 0;
  reply: (path: string, time: number) => Reply | 'hang-up' | null = () => null;
  protected readonly server: Http2SecureServer = createSecureServer(this.identity);

  constructor() {
    super();
    this.server.on('session', () => (this.sessions += 1));
    this.server.on('stream', (stream, headers) => {
      stream.on('error', () => undefined);
      let text = '';
      stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
      stream.on('end', () => this.answer(stream, headers as Record<string, string>, text));
    });
  }

  get key(): string {
    return this.keys.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  }

  private answer(stream: ServerHttp2Stream, headers: Record<string, string>, text: string): void {
    const path = headers[':path'];
    this.received.push({ path, headers, body: JSON.parse(text) as Record<string, unknown> });
    const reply = this.reply(path, this.received.filter((one) => one.path === path).length);
    if (reply === 'hang-up') return void stream.session!.destroy();
    const token = headers.authorization?.replace('bearer ', '') ?? '';
    let refused: Reply | null = null;
    try {
      verify(token, this.keys.publicKey.export({ type: 'spki', format: 'pem' }), { algorithms: ['ES256'] });
    } catch {
      refused = { status: 403, body: { reason: 'InvalidProviderToken' } };
    }
    const { status, body, headers: more = {} } = refused ?? reply ?? { status: 200 };
    stream.respond({ ':status': status, 'apns-id': headers['apns-id'], ...more });
    stream.end(body ? JSON.stringify(body) : undefined);
  }
}

/** A browser's push service by TLS, with subscriptions of a browser that can read what arrives. */
export class WebPushDouble extends Double {
  readonly identity = selfSigned('localhost');
  readonly received: { path: string; headers: IncomingMessage['headers']; body: Buffer }[] = [];
  reply: (path: string) => Reply | null = () => null;
  protected readonly server = createTlsServer(this.identity, (request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (chunk: Buffer) => parts.push(chunk));
    request.on('end', () => {
      this.received.push({ path: request.url!, headers: request.headers, body: Buffer.concat(parts) });
      const { status, headers = {} } = this.reply(request.url!) ?? {
        status: 201,
        headers: { location: `${this.url}/message/${this.received.length}` },
      };
      response.writeHead(status, headers).end();
    });
  });
}

async function textOf(request: IncomingMessage | Http2ServerRequest): Promise<string> {
  let text = '';
  for await (const chunk of request as AsyncIterable<Buffer>) text += chunk.toString();
  return text;
}
