import { Inject, Injectable, Optional, type OnApplicationShutdown } from '@nestjs/common';
import type { IncomingHttpHeaders, IncomingMessage, Server as HttpServer } from 'node:http';
import { Server, type Namespace } from 'socket.io';
import { clientAddress } from '../auth/address-list';
import { TOKEN_MAX_LENGTH } from '../auth/access-token';
import { tokenRefused } from '../auth/jwt.strategy';
import { AccessFacts } from '../auth/ports';
import { SessionCookies } from '../auth/session-cookies';
import { TokenVerifier } from '../auth/token-verifier';
import { Config } from '../config/config';
import { Keyring } from '../crypto/keyring';
import { AppError } from '../errors/app-error';
import { newId } from '../ids/ids';
import { problemOf, toAppError } from '../http/problem';
import { onCloseConnections } from '../lifecycle/connections';
import { logger } from '../telemetry/logger';
import { openFanOut, type FanOut } from './fan-out';
import { roomsOf } from './rooms';
import type { IdentifiedSocket } from './socket-identity';

/** Largest message that a client may send (bytes). */
const MAX_MESSAGE_BYTES = 64 * 1024;

/**
 * The Socket.IO server of this process. In a process without the realtime role it is attached to nothing and only
 * sends, through the adapter, to the sockets of other processes.
 */
@Injectable()
export class RealtimeServer implements OnApplicationShutdown {
  readonly io: Server;
  private readonly cookies: SessionCookies;
  private readonly fanOut: FanOut;
  private closing: Promise<void> | null = null;
  private draining = false;
  private readonly forget: () => void;

  constructor(
    private readonly config: Config,
    private readonly verifier: TokenVerifier,
    keyring: Keyring,
    @Optional() @Inject(AccessFacts) private readonly facts?: AccessFacts,
  ) {
    this.cookies = new SessionCookies(config, keyring);
    this.fanOut = openFanOut(config);
    this.io = new Server({
      adapter: this.fanOut.adapter,
      serveClient: false,
      maxHttpBufferSize: MAX_MESSAGE_BYTES,
      connectTimeout: 10_000,
      pingInterval: 20_000,
      pingTimeout: 20_000,
      cors: {
        origin: (origin, answer) => void this.allowsOrigin(origin, {}).then((allowed) => answer(null, allowed)),
        methods: ['GET', 'POST'],
        credentials: true,
      },
      allowRequest: (request, answer) =>
        void this.allows(request).then((allowed) => answer(allowed ? null : 'This origin may not connect.', allowed)),
    });
    this.forget = onCloseConnections(() => this.drain());
    this.guard(this.io.of('/'));
    this.io.on('new_namespace', (namespace) => this.guard(namespace));
  }

  /** Serves sockets on this HTTP server (realtime role only). */
  attach(server: HttpServer): void {
    this.io.attach(server);
  }

  /** Every namespace of this process. */
  namespaces(): Namespace[] {
    return [...this.io._nsps.values()];
  }

  /** The sockets of this process, of all namespaces. */
  *sockets(): Iterable<IdentifiedSocket> {
    for (const namespace of this.namespaces())
      for (const socket of namespace.sockets.values()) yield socket as unknown as IdentifiedSocket;
  }

  /** Sends the sockets of this process elsewhere and takes no new ones; what still runs here can send to others. */
  drain(): void {
    this.draining = true;
    this.io.local.disconnectSockets(true);
  }

  close(): Promise<void> {
    this.closing ??= (async () => {
      this.drain();
      this.forget();
      // Not io.close(): that would end the HTTP server, whose requests are drained by others.
      for (const namespace of this.namespaces()) await namespace.adapter.close();
      (this.io as { engine?: { close(): void } }).engine?.close();
      await this.fanOut.close();
    })();
    return this.closing;
  }

  async onApplicationShutdown(): Promise<void> {
    await this.close();
  }

  /** Browsers send their page's origin also where no CORS applies (WebSocket); other clients send none. */
  private allows({ headers }: IncomingMessage): Promise<boolean> {
    return this.draining ? Promise.resolve(false) : this.allowsOrigin(headers.origin, headers);
  }

  private async allowsOrigin(origin: string | undefined, headers: IncomingHttpHeaders): Promise<boolean> {
    if (origin === undefined || this.cookies.isOwn(origin, headers)) return true;
    try {
      return origin !== 'null' && ((await this.facts?.organizationsOfOrigin(origin)) ?? []).length > 0;
    } catch (error) {
      logger.warn({ err: error }, 'the origin of a socket could not be looked up');
      return false;
    }
  }

  /** Every namespace asks for an access token in `auth.token`; the holder's own rooms are joined at once. */
  private guard(namespace: Namespace): void {
    namespace.use((socket, next) => {
      this.identify(socket as unknown as IdentifiedSocket).then(
        () => next(),
        (error: unknown) => next(refusal(error, namespace.name)),
      );
    });
  }

  /** The client's address: behind trusted proxies what they say of it, as for requests. */
  private addressOf({ request, handshake }: IdentifiedSocket): string {
    return clientAddress(handshake.address, request.headers['x-forwarded-for'], this.config.trustedProxies);
  }

  /** An origin that some organizations allow opens sockets for no other one. */
  private async assertOrigin({ request: { headers } }: IdentifiedSocket, tenantId: string | undefined): Promise<void> {
    const { origin } = headers;
    if (origin === undefined || this.cookies.isOwn(origin, headers)) return;
    const organizations = (await this.facts?.organizationsOfOrigin(origin)) ?? [];
    if (tenantId === undefined || organizations.includes(tenantId)) return;
    throw new AppError(
      'auth.origin-not-allowed',
      'forbidden',
      'This organization does not let pages of this origin call it.',
    );
  }

  /** The token in a browser's cookies: only for pages that may use them, which a foreign one cannot pretend to be. */
  private tokenInCookie({ request }: IdentifiedSocket): string | null {
    const { headers } = request;
    const token = this.cookies.accessToken(headers);
    if (token === null) return null;
    if (headers.origin === undefined && headers['sec-fetch-site'] !== 'same-origin') return null;
    this.cookies.assertOrigin(headers);
    return token;
  }

  private async identify(socket: IdentifiedSocket): Promise<void> {
    const token: unknown = socket.handshake.auth.token ?? this.tokenInCookie(socket);
    if (typeof token !== 'string' || token === '' || token.length > TOKEN_MAX_LENGTH) {
      throw tokenRefused('auth.required', 'Connect with an access token in auth.token.');
    }
    const verified = await this.verifier.verify(token.replace(/^bearer +/i, ''), this.addressOf(socket));
    await this.assertOrigin(socket, verified.claims.tid);
    const { claims, principal, keys } = verified;
    Object.assign(socket.data, { claims, principal, keys });
    await socket.join(roomsOf(principal));
  }
}

/** What a client sees as `connect_error`: the problem is in `data`. */
function refusal(error: unknown, namespace: string): Error {
  const known: AppError = toAppError(error);
  if (known.kind === 'internal') logger.error({ err: error }, 'a socket could not be identified');
  return Object.assign(new Error(known.code), { data: problemOf(known, namespace, newId()) });
}
