import type { Message, RoomEvent } from '../../src/engagement/chat/domain/message';
import type { RoomChanges } from '../../src/engagement/chat/queries/events';

/**
 * What a client keeps of one room: it takes events in the order of their numbers, puts the message of each in the place of
 * the former one, sees holes, and starts anew where it is too far behind.
 */
export class ChatFollower {
  readonly messages = new Map<string, Message>();
  cursor = 0;

  constructor(readonly roomId: string) {}

  /** @returns false where an event before it is missing: then nothing is taken */
  take(event: RoomEvent): boolean {
    if (event.seq <= this.cursor) return true;
    if (event.seq !== this.cursor + 1) return false;
    this.cursor = event.seq;
    if (event.message) this.messages.set(event.message.id, event.message);
    return true;
  }

  /** @returns false where the room is to be loaded anew, which `load` does */
  catchUp(changes: RoomChanges): boolean {
    if (changes.limited) return false;
    for (const event of changes.events) if (!this.take(event)) throw new Error(`A hole after ${this.cursor}.`);
    return true;
  }

  /** Forgets everything, and begins with what was read as of a number of the log or later. */
  load(messages: Message[], seq: number): void {
    this.messages.clear();
    for (const message of messages) this.messages.set(message.id, message);
    this.cursor = seq;
  }

  /** The newest messages, the newest first, as a list of the room shows them. */
  newest(most = 100): Message[] {
    return [...this.messages.values()].sort((a, b) => b.seq - a.seq).slice(0, most);
  }
}
