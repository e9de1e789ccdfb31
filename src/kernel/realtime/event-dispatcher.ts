import { Injectable, type WsMessageHandler } from '@nestjs/common';
import { isObservable, lastValueFrom } from 'rxjs';
import type { Namespace } from 'socket.io';
import { samePolicy } from '../auth/policy';
import { hasPermission, type Principal } from '../auth/principal';
import { permissionMissing } from '../auth/require-permission';
import { TokenVerifier } from '../auth/token-verifier';
import { rightsChanged } from '../auth/versions';
import { enterContext, type RequestContext } from '../context/request-context';
import { AppError } from '../errors/app-error';
import { problemOf, toAppError } from '../http/problem';
import { newId } from '../ids/ids';
import { logger } from '../telemetry/logger';
import { ALL_EVENTS, EventLimits } from './event-limits';
import type { LiveConnection } from './live-connection';
import { LiveConnections } from './live-connections';
import { BINARY, MOST_EVENT_LENGTH, TOO_LARGE } from './packet-decoder';
import { RealtimeMetrics } from './realtime-metrics';
import { RoomRules } from './room-rules';
import type { DeclaredClientEvent } from './socket-events';
import type { IdentifiedSocket } from './socket-identity';

/** Answers an event: with what it asked for, which has no field `error`, or with `{ error }`, the problem in the shape that HTTP has. */
export type Ack = (answer: { error?: unknown }) => void;

/** Nest binds a gateway's handlers to a socket. */
export type NestConnects = (socket: unknown) => void;

type Handle = (data: unknown, ack: Ack) => unknown;

interface Served {
  connects: NestConnects[];
  events: Map<string, DeclaredClientEvent>;
}

const tooMany = (retryAfterSeconds: number): AppError =>
  new AppError('realtime.too-many-events', 'too-many', 'Too many events; slow down.', { retryAfterSeconds });
const unknownEvent = (): AppError =>
  new AppError('realtime.unknown-event', 'not-found', 'There is no such event here.', {
    hint: 'The events of each namespace are in /asyncapi.json.',
  });
const tooLarge = (): AppError =>
  new AppError('realtime.event-too-large', 'too-large', `An event has at most ${MOST_EVENT_LENGTH / 1024} KB.`);
const binary = (): AppError =>
  new AppError('realtime.binary-refused', 'unsupported-media-type', 'Events carry JSON alone.', {
    hint: 'Files are uploaded over HTTP.',
  });

/**
 * Takes each event of a client to its handler: known, not too much, allowed, in a context of its own with the socket's
 * principal and tenant. Each acknowledgement is answered once, with the answer itself (an object, `{}` where there is
 * nothing to say) or `{ error: <problem> }`; a client that asked for none gets the problem as event `exception`.
 */
@Injectable()
export class EventDispatcher {
  private readonly limits = new EventLimits();
  private readonly served = new Map<string, Served>();
  private readonly bound = new WeakMap<IdentifiedSocket, Map<string, Handle>>();

  constructor(
    private readonly connections: LiveConnections,
    private readonly rooms: RoomRules,
    private readonly metrics: RealtimeMetrics,
    private readonly verifier: TokenVerifier,
  ) {}

  /** Serves a namespace; called once for each gateway on it. */
  serve(namespace: Namespace, connects: NestConnects, events: Map<string, DeclaredClientEvent>): void {
    const known = this.served.get(namespace.name);
    if (known) return void known.connects.push(connects);
    this.served.set(namespace.name, { connects: [connects], events });
    const dispatch = (socket: IdentifiedSocket, args: unknown[]): void => void this.dispatch(socket, args);
    // One function for all sockets: Socket.IO calls it on the socket.
    const listener = function (this: IdentifiedSocket, ...args: unknown[]): void {
      dispatch(this, args);
    };
    namespace.on('connection', (connected) => {
      const socket = connected as unknown as IdentifiedSocket;
      socket.onAny(listener);
      this.rooms.enterOwn(socket);
    });
  }

  /** Remembers the handlers that Nest bound to a socket. */
  bind(socket: IdentifiedSocket, handlers: WsMessageHandler[]): void {
    const known = this.bound.get(socket) ?? new Map<string, Handle>();
    this.bound.set(socket, known);
    for (const { message, callback } of handlers) known.set(String(message), callback as Handle);
  }

  private handlersOf(socket: IdentifiedSocket, { connects }: Served): Map<string, Handle> {
    let handlers = this.bound.get(socket);
    if (!handlers) {
      for (const connect of connects) connect(socket);
      this.bound.set(socket, (handlers = this.bound.get(socket) ?? new Map()));
    }
    return handlers;
  }

  private async dispatch(socket: IdentifiedSocket, [event, ...args]: unknown[]): Promise<void> {
    const last = args.at(-1);
    const given = typeof last === 'function' ? (last as Ack) : undefined;
    if (given) args.pop();
    const requestId = newId();
    const name = typeof event === 'string' ? event : '';
    const label = this.served.get(socket.nsp.name)?.events.has(name) ? name : '_unknown';
    let open = true;
    const answer: Ack = (reply) => {
      if (!open) return;
      open = false;
      this.metrics.event(label, 'error' in reply ? 'refused' : 'done');
      if (given) given(reply);
      else if ('error' in reply) socket.emit('exception', reply.error);
    };
    try {
      const { declared, handle } = this.admit(socket, name, args);
      await this.rooms.entered(socket);
      const { principal, address } = socket.data;
      const renew = this.renewal(socket.data, declared);
      const context = { requestId, tenantId: principal.tenantId, principal, ip: address, renew };
      const result = await enterContext(context, async (): Promise<{ error?: unknown } | undefined> => {
        // A handler that throws is answered by the filter of its gateway.
        const returned = await handle(args.length > 1 ? args : args[0], answer);
        const answered = isObservable(returned) ? await lastValueFrom(returned, { defaultValue: undefined }) : returned;
        return answered as { error?: unknown } | undefined;
      });
      if (!declared.passive) this.connections.active(socket.data);
      answer(result ?? {});
    } catch (error) {
      if (!(error instanceof AppError)) logger.error({ err: error, event: name }, 'a socket event failed');
      answer({ error: problemOf(toAppError(error), name, requestId) });
    }
  }

  /** @throws AppError when the event is unknown, too much or not allowed */
  private admit(
    socket: IdentifiedSocket,
    name: string,
    args: unknown[],
  ): { declared: DeclaredClientEvent; handle: Handle } {
    const { holder, principal } = socket.data;
    const wait = this.limits.take(holder, ALL_EVENTS);
    if (wait > 0) throw tooMany(wait);
    const served = this.served.get(socket.nsp.name)!;
    const declared = served.events.get(name);
    const handle = declared && this.handlersOf(socket, served).get(name);
    if (!declared || !handle) throw unknownEvent();
    if (args[0] === TOO_LARGE) throw tooLarge();
    if (args[0] === BINARY) throw binary();
    if (declared.limit) {
      const pause = this.limits.take(`${holder} ${name}`, declared.limit);
      if (pause > 0) throw tooMany(pause);
    }
    assertMay(principal, declared);
    return { declared, handle };
  }

  /**
   * What `RequestContext.renew` does for an event: rights of the tenant changed, and the watch over sessions has not come
   * by yet. The connection itself, with its rooms, is left to the watch. A device has no rights that could change.
   */
  private renewal(
    { claims, principal, device }: LiveConnection,
    declared: DeclaredClientEvent,
  ): RequestContext['renew'] {
    if (device) return undefined;
    return async (ask) => {
      const present = await this.verifier.principalOf(claims, ask);
      assertMay(present, declared);
      // The handler may have decided by the old rights already.
      if (!samePolicy(principal.policy, present.policy)) throw rightsChanged();
      return present;
    };
  }
}

/** @throws AppError 403 unless the principal has one of the permissions that the event asks for */
function assertMay(principal: Principal, { permissions }: DeclaredClientEvent): void {
  if (permissions.length > 0 && !permissions.some((permission) => hasPermission(principal, permission)))
    throw permissionMissing(...permissions);
}
