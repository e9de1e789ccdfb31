import { Inject, Injectable, Optional, type OnApplicationShutdown } from '@nestjs/common';
import type { IncomingHttpHeaders, IncomingMessage, Server as HttpServer } from 'node:http';
import { Server, type Namespace } from 'socket.io';
import { clientAddress } from '../auth/address-list';
import { TOKEN_MAX_LENGTH } from '../auth/access-token';
import { tokenRefused } from '../auth/jwt.strategy';
import { AccessFacts } from '../auth/ports';
import { SessionCookies } from '../auth/session-cookies';
import { TokenVerifier, type Verified } from '../auth/token-verifier';
import { monotonicMs } from '../clock/monotonic';
import { Config } from '../config/config';
import { Keyring } from '../crypto/keyring';
import { AppError } from '../errors/app-error';
import { newId } from '../ids/ids';
import { problemOf, toAppError } from '../http/problem';
import { onCloseConnections } from '../lifecycle/connections';
import { logger } from '../telemetry/logger';
import { DeviceDoors, verifiedOf } from './device-doors';
import { drainConnections } from './drain';
import type { EngineConnection } from './engine';
import { openFanOut, type FanOut } from './fan-out';
import { LiveConnection, type SocketHub } from './live-connection';
import { LiveConnections } from './live-connections';
import { limitedParser, MOST_MESSAGE_BYTES } from './packet-decoder';
import { RealtimeMetrics } from './realtime-metrics';
import { roomsOf } from './rooms';
import { SlowConsumers, terminate } from './slow-consumers';
import type { IdentifiedSocket } from './socket-identity';

/** Characters that are kept of a client's description of itself. */
const MOST_OF_CLIENT = 200;
/** In place of a handshake's headers, token and query, which nobody needs once the holder is known. */
const HANDSHAKE = Object.freeze({ headers: {}, auth: {}, query: {} });

/** Between processes: the connection of this id is to end. */
const END = 'connection.end';
/** Between processes: asks for an answer. */
const PING = 'fan-out.ping';

const hubOf = (socket: { client: unknown }): SocketHub => socket.client as SocketHub;
const engineOf = (socket: { conn: unknown }): EngineConnection => socket.conn as EngineConnection;

/**
 * The Socket.IO server of this process. In a process without the realtime role it is attached to nothing and only
 * sends, through the adapter, to the sockets of other processes.
 */
@Injectable()
export class RealtimeServer implements OnApplicationShutdown {
  readonly io: Server;
  private readonly cookies: SessionCookies;
  private readonly fanOut: FanOut;
  private readonly slow = new SlowConsumers((conn) => this.cutSlow(conn));
  private closing: Promise<void> | null = null;
  private draining: Promise<void> | null = null;
  private readonly forget: () => void;

  constructor(
    private readonly config: Config,
    private readonly verifier: TokenVerifier,
    keyring: Keyring,
    private readonly connections: LiveConnections,
    private readonly metrics: RealtimeMetrics,
    private readonly doors: DeviceDoors,
    @Optional() @Inject(AccessFacts) private readonly facts?: AccessFacts,
  ) {
    this.cookies = new SessionCookies(config, keyring);
    this.fanOut = openFanOut(config);
    this.io = new Server({
      adapter: this.fanOut.adapter,
      parser: limitedParser,
      serveClient: false,
      maxHttpBufferSize: MOST_MESSAGE_BYTES,
      perMessageDeflate: false,
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
    this.io.on(END as never, (id: unknown) => this.endHere(id));
    this.io.on(PING as never, (answer: () => void) => answer());
    this.guard(this.io.of('/'));
    this.io.on('new_namespace', (namespace) => this.guard(namespace));
  }

  /** Serves sockets on this HTTP server (realtime role only). */
  attach(server: HttpServer): void {
    this.io.attach(server);
    this.io.engine.on('connection', (conn: EngineConnection) => {
      this.slow.watch(conn);
      conn.once('close', this.closed);
    });
  }

  /** Every namespace of this process. */
  namespaces(): Namespace[] {
    return [...this.io._nsps.values()];
  }

  /**
   * Ends a connection with all its sockets.
   * @param reason told to the client as `session.ended`; it does not come back by itself
   */
  end(connection: LiveConnection, reason: AppError): void {
    connection.endedFor = reason.code;
    const [socket] = connection.sockets();
    if (!socket) return connection.conn.close();
    socket.emit('session.ended', problemOf(reason, socket.nsp.name, newId()));
    socket.disconnect(true);
  }

  /** Ends a connection on whichever process it is, for a person who asked for it. */
  endAnywhere(id: string): void {
    this.endHere(id);
    this.io.serverSideEmit(END, id);
  }

  /**
   * How long it takes to all other processes and back (seconds); null where there are none.
   * @throws Error when one does not answer
   */
  async roundTrip(): Promise<number | null> {
    const from = monotonicMs();
    const answers = await (this.io.serverSideEmitWithAck as (event: string) => Promise<unknown[]>).call(this.io, PING);
    return answers.length === 0 ? null : (monotonicMs() - from) / 1_000;
  }

  private endHere(id: unknown): void {
    const connection = this.connections.find(String(id));
    if (connection)
      this.end(connection, new AppError('realtime.ended', 'forbidden', 'An administrator ended the connection.'));
  }

  /** Sends the clients of this process elsewhere, in waves, and takes no new ones; what still runs here can send to others. */
  drain(): Promise<void> {
    this.draining ??= drainConnections(this.io, this.connections, this.config.shutdownSeconds * 1_000);
    return this.draining;
  }

  close(): Promise<void> {
    this.closing ??= (async () => {
      await this.drain();
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

  private readonly closed = this.closedBy();

  /** One function for all connections: Engine.IO calls it on the connection. */
  private closedBy(): (this: EngineConnection, reason: string) => void {
    const closed = (conn: EngineConnection, reason: string): void => {
      const connection = this.connections.remove(conn);
      this.metrics.disconnected(connection?.endedFor ?? (connection ? reason.replaceAll(' ', '-') : 'unidentified'));
    };
    return function (reason) {
      closed(this, reason);
    };
  }

  private cutSlow(conn: EngineConnection): void {
    const connection = this.connections.of(conn);
    if (connection) connection.endedFor = 'slow-consumer';
    this.metrics.dropped('slow-consumer', conn.writeBuffer.length);
    logger.warn(
      { connectionId: connection?.id, queued: conn.writeBuffer.length },
      'a client that takes too little was cut',
    );
    terminate(conn);
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

  /** An origin that some organizations allow opens sockets for no other one. */
  private async assertOrigin(headers: IncomingHttpHeaders, tenantId: string | undefined): Promise<void> {
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
  private tokenInCookie(headers: IncomingHttpHeaders): string | null {
    const token = this.cookies.accessToken(headers);
    if (token === null) return null;
    if (headers.origin === undefined && headers['sec-fetch-site'] !== 'same-origin') return null;
    this.cookies.assertOrigin(headers);
    return token;
  }

  /** Verifies the holder of a connection with its first namespace; a further one is of the same holder, or refused. */
  private async identify(socket: IdentifiedSocket): Promise<void> {
    const conn = engineOf(socket);
    const given: unknown = socket.handshake.auth.token;
    const known = this.connections.of(conn);
    const key: unknown = socket.handshake.auth.key;
    const connection = known ? await this.again(known, given, socket, key) : await this.first(socket, given, key);
    socket.data = connection;
    // A token and all headers, kept for as long as the socket lives otherwise.
    (socket as { handshake: unknown }).handshake = HANDSHAKE;
    // A device is in no rooms: what is said to all of an organization is said to people.
    if (!connection.device) await socket.join(roomsOf(connection.principal));
  }

  private async first(socket: IdentifiedSocket, given: unknown, key: unknown): Promise<LiveConnection> {
    const conn = engineOf(socket);
    const { headers } = socket.request;
    const fromCookie = given === undefined || given === null ? this.tokenInCookie(headers) : null;
    // The client's address: behind trusted proxies what they say of it, as for requests.
    const address = clientAddress(socket.handshake.address, headers['x-forwarded-for'], this.config.trustedProxies);
    const verified =
      (await this.deviceOf(socket, key)) ?? (await this.verifier.verify(bearerOf(fromCookie ?? given), address));
    await this.assertOrigin(headers, verified.claims.tid);
    // Two namespaces at once: whoever was first stands.
    const known = this.connections.of(conn);
    if (known) return this.again(known, given, socket, key);
    if (conn.readyState !== 'open') throw new AppError('realtime.closed', 'gone', 'The connection has been closed.');
    const client = headers['user-agent']?.slice(0, MOST_OF_CLIENT) ?? null;
    const connection = new LiveConnection(conn, hubOf(socket), verified, {
      address,
      client,
      byCookie: fromCookie !== null,
    });
    this.assertRoom(connection);
    this.connections.add(connection);
    // The request of the handshake with its headers, several kilobytes of every connection.
    conn.request = null;
    return connection;
  }

  /** The device whose key the handshake shows, where the namespace takes devices; null where it shows none. */
  private async deviceOf(socket: IdentifiedSocket, key: unknown): Promise<Verified | null> {
    if (key === undefined || key === null) return null;
    const door = this.doors.of(socket.nsp.name);
    if (!door || typeof key !== 'string' || key.length > TOKEN_MAX_LENGTH)
      throw tokenRefused('auth.required', 'Connect with an access token in auth.token.');
    return verifiedOf(await door(key));
  }

  /** Browsers send no other cookies later, so what the first namespace proved stands for the next ones. */
  private async again(
    connection: LiveConnection,
    given: unknown,
    socket: IdentifiedSocket,
    key: unknown,
  ): Promise<LiveConnection> {
    const device = await this.deviceOf(socket, key);
    if (device || connection.device) {
      const isSame =
        device?.claims.sub === connection.device?.deviceId && device?.claims.tid === connection.device?.tenantId;
      // Another key of the same device is proven by a connection of its own.
      if (isSame && device?.device?.keyDigest.equals(connection.device!.keyDigest)) return connection;
      throw otherPrincipal();
    }
    if ((given === undefined || given === null) && connection.byCookie) return connection;
    const verified = await this.verifier.verify(bearerOf(given), connection.address);
    const { claims } = connection;
    if (verified.claims.sub !== claims.sub || verified.claims.tid !== claims.tid) throw otherPrincipal();
    if (verified.claims.exp > claims.exp) connection.adopt(verified);
    return connection;
  }

  /** Here and now; over all processes it is counted with the next beat (see Presence). */
  private assertRoom({ holder, principal }: LiveConnection): void {
    const { socketsPerUser, socketsPerTenant } = this.config;
    if (this.connections.countOf(holder) >= socketsPerUser) throw tooManyConnections('user', socketsPerUser);
    if (socketsPerTenant !== null && this.connections.countOfTenant(principal.tenantId) >= socketsPerTenant)
      throw tooManyConnections('organization', socketsPerTenant);
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
}

/** @throws AppError 401 for what is no token by its looks */
function bearerOf(token: unknown): string {
  if (typeof token === 'string' && token !== '' && token.length <= TOKEN_MAX_LENGTH)
    return token.replace(/^bearer +/i, '');
  throw tokenRefused('auth.required', 'Connect with an access token in auth.token.');
}

export const otherPrincipal = (): AppError =>
  new AppError('realtime.other-principal', 'forbidden', 'The token is of somebody else: connect anew.');

export const tooManyConnections = (of: 'user' | 'organization', limit: number): AppError =>
  new AppError('realtime.too-many-connections', 'too-many', `There are already ${limit} connections of this ${of}.`, {
    hint: 'Close what is no longer used; namespaces share one connection.',
    limit,
    retryAfterSeconds: 30,
  });

/** What a client sees as `connect_error`: the problem is in `data`. */
function refusal(error: unknown, namespace: string): Error {
  const known: AppError = toAppError(error);
  if (known.kind === 'internal') logger.error({ err: error }, 'a socket could not be identified');
  return Object.assign(new Error(known.code), { data: problemOf(known, namespace, newId()) });
}
