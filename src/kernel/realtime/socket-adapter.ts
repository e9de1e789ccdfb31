import type { INestApplicationContext, WsMessageHandler } from '@nestjs/common';
import { IoAdapter } from '@nestjs/platform-socket.io';
import { isObservable, lastValueFrom, type Observable } from 'rxjs';
import type { Server as HttpServer } from 'node:http';
import type { Server } from 'socket.io';
import { Config } from '../config/config';
import { enterContext } from '../context/request-context';
import { AppError } from '../errors/app-error';
import { newId } from '../ids/ids';
import { problemOf } from '../http/problem';
import { RealtimeServer } from './realtime-server';
import { identityOf, type IdentifiedSocket } from './socket-identity';

/** What an acknowledgement carries: the result, or the problem in the shape that HTTP has. */
export type Ack = (answer: { data: unknown } | { error: unknown }) => void;

/** Events that a socket may send at once, and how many more each second. */
const BURST = 60;
const PER_SECOND = 30;

/**
 * Puts Nest's gateways on the product's Socket.IO server. Each event runs in a context of its own with the socket's
 * principal and tenant, and each acknowledgement is answered: `{ data }` or `{ error: <problem> }`.
 */
export class SocketAdapter extends IoAdapter {
  private readonly server: RealtimeServer;
  private attached = false;

  constructor(private readonly app: INestApplicationContext) {
    super(app);
    this.server = app.get(RealtimeServer);
  }

  override createIOServer(): Server {
    if (!this.attached && this.app.get(Config).roles.has('realtime')) {
      this.server.attach(this.httpServer as HttpServer);
      this.attached = true;
    }
    return this.server.io;
  }

  override bindClientConnect(server: Server, callback: (socket: unknown) => void): void {
    server.on('connection', (socket) => {
      limitEvents(socket as unknown as IdentifiedSocket);
      callback(socket);
    });
  }

  override bindMessageHandlers(
    socket: never,
    handlers: WsMessageHandler[],
    transform: (data: unknown) => Observable<unknown>,
  ): void {
    const wrapped = handlers.map((handler) => ({
      ...handler,
      isAckHandledManually: true,
      callback: (data: unknown, ack?: Ack) => answer(socket, handler, data, ack),
    }));
    super.bindMessageHandlers(socket, wrapped as never, transform as never);
  }

  /** The server is closed by its owner, which knows what else uses it. */
  override async close(): Promise<void> {}
  override async dispose(): Promise<void> {}
}

async function answer(
  socket: IdentifiedSocket,
  handler: WsMessageHandler,
  data: unknown,
  ack: Ack | undefined,
): Promise<unknown> {
  const { principal } = identityOf(socket);
  let answered = false;
  const once: Ack = (reply) => {
    if (answered) return;
    answered = true;
    ack?.(reply);
  };
  const context = { requestId: newId(), tenantId: principal.tenantId, principal };
  // A handler that throws has been answered by the filter of its gateway.
  const result = await enterContext(context, async () => {
    const given = await (handler.callback as (...args: unknown[]) => unknown)(data, once);
    return isObservable(given) ? lastValueFrom(given, { defaultValue: undefined }) : given;
  });
  once({ data: result ?? null });
  return undefined;
}

/** A token bucket a socket; what is too much is refused and not run. Unknown events are answered too. */
function limitEvents(socket: IdentifiedSocket): void {
  if (limited.has(socket)) return;
  limited.add(socket);
  let tokens = BURST;
  let last = process.hrtime.bigint();
  socket.use(([event, ...args], next) => {
    const now = process.hrtime.bigint();
    tokens = Math.min(BURST, tokens + (Number(now - last) / 1e9) * PER_SECOND);
    last = now;
    const known = socket.listenerCount(event) > 0;
    if (tokens >= 1 && known) {
      tokens -= 1;
      return next();
    }
    const refused = known
      ? new AppError('realtime.too-many-events', 'too-many', 'Too many events; slow down.', { retryAfterSeconds: 1 })
      : new AppError('realtime.unknown-event', 'not-found', 'There is no such event here.');
    const ack: unknown = args.at(-1);
    const problem = problemOf(refused, event, newId());
    if (typeof ack === 'function') (ack as Ack)({ error: problem });
    else socket.emit('exception', problem);
  });
}
const limited = new WeakSet<object>();
