import { Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import { onCloseConnections } from '../../../kernel/lifecycle/connections';
import { Realtime } from '../../../kernel/realtime/realtime';
import { NAMESPACE, socketRoom } from './socket-room';

/** Receipts of a room wait so long for others (milliseconds). */
const WINDOW_MS = 200;
/** Readers of one push: it stays below what a notification of PostgreSQL holds. */
export const MOST_READERS = 50;

interface Gathered {
  tenantId: string;
  roomId: string;
  /** The last place of each, by user. */
  readers: Map<string, number>;
}

/**
 * Gathers what is shown of how far people have read, and tells each room once in a while as `room.receipts`: a hundred people who
 * open a room after one message are two pushes to each of them and not a hundred. What is gathered is in memory and already
 * committed: it goes out before anything else of the room does, and when the process ends.
 */
@Injectable()
export class ReadReceipts implements BeforeApplicationShutdown {
  private readonly rooms = new Map<string, Gathered>();
  private timer: NodeJS.Timeout | null = null;
  private ending = false;
  private readonly forget = onCloseConnections(() => this.end());

  constructor(private readonly realtime: Realtime) {}

  /** Somebody has read up to an event, and shows it: after the commit alone. The last one of a reader counts. */
  add(tenantId: string, roomId: string, userId: string, seq: number): void {
    const room = socketRoom(tenantId, roomId);
    const gathered = this.rooms.get(room) ?? { tenantId, roomId, readers: new Map<string, number>() };
    gathered.readers.set(userId, seq);
    this.rooms.set(room, gathered);
    if (this.ending || gathered.readers.size >= MOST_READERS) this.tell(tenantId, roomId);
    else this.timer ??= setTimeout(() => this.tellAll(), WINDOW_MS).unref();
  }

  /** Tells a room what was gathered for it, if anything was. */
  tell(tenantId: string, roomId: string): void {
    const room = socketRoom(tenantId, roomId);
    const gathered = this.rooms.get(room);
    if (!gathered) return;
    this.rooms.delete(room);
    const readers = [...gathered.readers].map(([userId, seq]) => ({ userId, seq }));
    this.realtime.toRoom(room, 'room.receipts', { roomId, readers }, NAMESPACE);
  }

  /** Tells all rooms; the timer does so. */
  tellAll(): void {
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
    for (const { tenantId, roomId } of [...this.rooms.values()]) this.tell(tenantId, roomId);
  }

  beforeApplicationShutdown(): void {
    this.end();
    this.forget();
  }

  /** What comes from now on waits for nothing. */
  private end(): void {
    this.ending = true;
    this.tellAll();
  }
}
