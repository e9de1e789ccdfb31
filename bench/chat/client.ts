import { io, type Socket } from 'socket.io-client';
import type { RoomEvent } from '../../src/engagement/chat/domain/message';
import type { RoomChanges, Sync } from '../../src/engagement/chat/queries/events';
import { newId } from '../../src/kernel/ids/ids';
import { ChatFollower } from './follower';

export interface Acknowledged {
  id: string;
  seq: number;
  at: string;
}

type Answer<T> = (T & { error?: undefined }) | { error: { code: string; status: number } };

/** A person's client that chats over a socket and keeps its rooms by what it is told. */
export class ChatClient {
  readonly rooms = new Map<string, ChatFollower>();
  /** Everything else that it was told, by event. */
  readonly heard: { event: string; payload: Record<string, unknown> }[] = [];
  socket!: Socket;
  private readonly catching = new Map<string, { running: Promise<void>; next?: Promise<void> }>();

  constructor(readonly token: string) {}

  /** Connects, and catches up with the rooms that it follows; what is pushed meanwhile waits. */
  async connect(url: string): Promise<this> {
    const socket = io(`${url}/chat`, {
      transports: ['websocket'],
      forceNew: true,
      reconnection: false,
      auth: { token: this.token },
    });
    this.socket = await new Promise<Socket>((resolve, reject) => {
      socket.once('connect', () => resolve(socket));
      socket.once('connect_error', (error) => {
        socket.close();
        reject(error);
      });
    });
    this.socket.on('room.event', (event: RoomEvent) => this.take(event));
    this.socket.onAny((event: string, payload: Record<string, unknown>) => {
      if (event !== 'room.event') this.heard.push({ event, payload });
    });
    await Promise.all([...this.rooms.keys()].map((id) => this.catchUp(id)));
    return this;
  }

  disconnect(): void {
    this.socket.disconnect();
  }

  async follow(roomId: string): Promise<ChatFollower> {
    if (!this.rooms.has(roomId)) this.rooms.set(roomId, new ChatFollower(roomId));
    await this.catchUp(roomId);
    return this.rooms.get(roomId)!;
  }

  /** The acknowledgement of an event. @throws Error whose message is the code of the refusal, or `timeout` */
  async ask<T>(event: string, payload: unknown, timeoutMs = 10_000): Promise<T> {
    const answer = (await this.socket
      .timeout(timeoutMs)
      .emitWithAck(event, payload)
      .catch(() => ({ error: { code: 'timeout', status: 0 } }))) as Answer<T>;
    if (answer.error) throw new Error(answer.error.code);
    return answer as T;
  }

  /** The code that an event is refused with, or `done`. */
  code(event: string, payload: unknown): Promise<string> {
    return this.ask(event, payload).then(
      () => 'done',
      (error: Error) => error.message,
    );
  }

  send(roomId: string, body: string, clientMessageId = newId(), timeoutMs?: number): Promise<Acknowledged> {
    return this.ask('message.send', { roomId, clientMessageId, body }, timeoutMs);
  }

  /**
   * Asks for what followed the last number that it saw of a room, once at a time. A question on its way may have been
   * answered before what the caller knows of: whoever asks meanwhile waits for the one after it.
   */
  catchUp(roomId: string): Promise<void> {
    const { running, next } = this.catching.get(roomId) ?? {};
    if (next) return next;
    const work = (running ?? Promise.resolve())
      .catch(() => undefined)
      .then(() => {
        this.catching.set(roomId, { running: work });
        // Whoever connects again catches up anyway; a question kept for later would only hold that up.
        if (!this.socket.connected) throw new Error('timeout');
        return this.ask<Sync>('rooms.sync', { cursors: { [roomId]: this.rooms.get(roomId)!.cursor } });
      })
      .then(({ rooms }) => {
        const changes: RoomChanges | undefined = rooms[roomId];
        if (changes && !this.rooms.get(roomId)!.catchUp(changes)) throw new Error('limited');
      })
      .finally(() => {
        const { running: latest, next: waiting } = this.catching.get(roomId) ?? {};
        if (latest === work && !waiting) this.catching.delete(roomId);
      });
    this.catching.set(roomId, running ? { running, next: work } : { running: work });
    return work;
  }

  private take(event: RoomEvent): void {
    const follower = this.rooms.get(event.roomId);
    // A hole: what is missing is asked for, this event with it.
    if (follower && !follower.take(event)) void this.catchUp(event.roomId).catch(() => undefined);
  }
}
