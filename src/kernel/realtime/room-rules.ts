import { Injectable } from '@nestjs/common';
import type { Principal } from '../auth/principal';
import { logger } from '../telemetry/logger';
import { roomsOf } from './rooms';
import type { IdentifiedSocket } from './socket-identity';

/** Says whether a principal may enter a room of its kind; `id` is what follows the kind. */
export type RoomRule = (principal: Principal, id: string) => boolean | Promise<boolean>;

/** The rooms that a principal is in from the moment it connects to a namespace. */
export type OwnRooms = (principal: Principal) => Promise<string[]>;

/** Who may enter which rooms. Deny by default: a kind that nobody declared has no rooms. */
@Injectable()
export class RoomRules {
  private readonly rules = new Map<string, RoomRule>();
  private readonly owns = new Map<string, OwnRooms>();
  private readonly entering = new WeakMap<IdentifiedSocket, Promise<void>>();

  /** Declares rooms `<kind>:<rest>` that clients ask to enter; contexts do so in `onModuleInit`. */
  declare(kind: string, rule: RoomRule): void {
    if (['tenant', 'staff', 'user'].includes(kind)) throw new Error(`Rooms "${kind}:" belong to the kernel.`);
    this.rules.set(kind, rule);
  }

  async mayEnter(principal: Principal, room: string): Promise<boolean> {
    if (roomsOf(principal).includes(room)) return true;
    const colon = room.indexOf(':');
    const rule = this.rules.get(room.slice(0, colon));
    return rule !== undefined && colon > 0 && (await rule(principal, room.slice(colon + 1)));
  }

  /** Whether a principal whose rights changed may stay in a room; of kinds that nobody declared nothing is said. */
  async mayStay(principal: Principal, room: string): Promise<boolean> {
    const colon = room.indexOf(':');
    const rule = colon > 0 ? this.rules.get(room.slice(0, colon)) : undefined;
    return rule === undefined || (await rule(principal, room.slice(colon + 1)));
  }

  /**
   * Says which rooms of a namespace everybody is in without asking, besides the kernel's. They are entered as soon as a
   * socket is connected, and the socket's first event waits for it, so that who asks for what it missed has already
   * begun to hear what is new. What changes later is told with `Realtime.join` and `leave`, also while they are loaded.
   */
  own(namespace: string, rooms: OwnRooms): void {
    this.owns.set(namespace, rooms);
  }

  /** Enters them; a failure closes the connection, whose client then tries again. */
  enterOwn(socket: IdentifiedSocket): void {
    const load = this.owns.get(socket.nsp.name);
    if (!load) return;
    // A room that is left while they are loaded must not be entered by what was true before.
    const left = new Set<string>();
    const leave = socket.leave.bind(socket);
    socket.leave = (room) => {
      left.add(room);
      return leave(room);
    };
    const entering = load(socket.data.principal)
      .then((rooms) => socket.join(rooms.filter((room) => !left.has(room))))
      .then(
        () => {
          delete (socket as { leave?: unknown }).leave;
          this.entering.delete(socket);
        },
        (error: unknown) => {
          logger.warn({ err: error, namespace: socket.nsp.name }, 'the rooms of a socket could not be loaded');
          socket.conn.close();
        },
      );
    this.entering.set(socket, entering);
  }

  /** Resolves once the socket is in its own rooms. */
  entered(socket: IdentifiedSocket): Promise<void> | undefined {
    return this.entering.get(socket);
  }
}
