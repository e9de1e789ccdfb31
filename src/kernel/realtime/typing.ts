import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Clock } from '../clock/clock';
import { Realtime } from './realtime';
import { userRoom } from './rooms';
import type { IdentifiedSocket } from './socket-identity';

/** Who typed and says no more has stopped (milliseconds); clients repeat themselves every three seconds. */
export const TYPING_MS = 6_000;
/** Repetitions that come sooner only prolong (milliseconds). */
const REPEAT_MS = 2_500;
const LOOK_MS = 500;

interface Entry {
  socket: IdentifiedSocket;
  room: string;
  facts: object;
  until: number;
  toldAt: number;
}

/**
 * Who is typing where. Never stored: kept by the process of the typing socket, told to the room as `typing.changed`,
 * left out for clients that are slow, and over when it is not repeated or the socket goes.
 */
@Injectable()
export class Typing implements OnApplicationShutdown {
  private readonly entries = new Map<string, Entry>();
  private timer: NodeJS.Timeout | null = null;

  constructor(
    private readonly realtime: Realtime,
    private readonly clock: Clock,
  ) {}

  /**
   * The user of this socket types in a room, or has stopped. The caller has checked that it belongs there.
   * @param room where it is told, in the socket's namespace, to everybody but the user's own devices
   * @param facts go out beside `userId` and `typing`, such as the id of the room as clients know it
   */
  set(socket: IdentifiedSocket, room: string, facts: object, typing: boolean): void {
    const key = `${socket.id} ${room}`;
    const known = this.entries.get(key);
    if (!typing) return known && this.stop(key, known);
    const now = this.clock.nowMs();
    const entry = known ?? { socket, room, facts, until: 0, toldAt: -Infinity };
    entry.until = now + TYPING_MS;
    this.entries.set(key, entry);
    if (now - entry.toldAt >= REPEAT_MS) {
      entry.toldAt = now;
      this.tell(entry, true);
    }
    this.timer ??= setInterval(() => this.look(), LOOK_MS).unref();
  }

  onApplicationShutdown(): void {
    if (this.timer) clearInterval(this.timer);
  }

  private look(): void {
    const now = this.clock.nowMs();
    for (const [key, entry] of this.entries) if (entry.until <= now || !entry.socket.connected) this.stop(key, entry);
    if (this.entries.size > 0 || !this.timer) return;
    clearInterval(this.timer);
    this.timer = null;
  }

  private stop(key: string, entry: Entry): void {
    this.entries.delete(key);
    // Another device of the user may be typing there still.
    const { principal } = entry.socket.data;
    for (const { room, socket } of this.entries.values())
      if (room === entry.room && socket.data.principal.userId === principal.userId) return;
    this.tell(entry, false);
  }

  private tell({ socket, room, facts }: Entry, typing: boolean): void {
    const { tenantId, userId } = socket.data.principal;
    const payload = { ...facts, userId, typing };
    this.realtime.toRoomVolatile(room, 'typing.changed', payload, socket.nsp.name, [userRoom(tenantId, userId!)]);
  }
}
