import { ApiProperty } from '@nestjs/swagger';
import { ArrayMaxSize, IsArray, IsBoolean, IsIn, IsInt, IsUUID, Max, Min } from 'class-validator';
import { ServerPush } from '../../../kernel/realtime/socket-events';
import { EditMessageBody, PostMessageBody, ReactBody, RoomEventView } from '../http/messages.dto';
import { ReadPlacesView, ReadPlaceView, SetReadBody, ThreadPlaceView } from '../http/rooms.dto';

const ROOM_MEMBERS = 'Sockets of the room’s members.';
const OWN_DEVICES = 'The person’s own devices.';

/** A message to send. */
export class SendMessageEvent extends PostMessageBody {
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c */
  @IsUUID()
  roomId: string;
}

/** A message of a room. */
export class MessageEvent {
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c */
  @IsUUID()
  roomId: string;

  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6d */
  @IsUUID()
  messageId: string;
}

export class EditMessageEvent extends EditMessageBody {
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c */
  @IsUUID()
  roomId: string;

  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6d */
  @IsUUID()
  messageId: string;
}

export class ReactionEvent extends ReactBody {
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c */
  @IsUUID()
  roomId: string;

  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6d */
  @IsUUID()
  messageId: string;
}

export class PinEvent extends MessageEvent {
  /** @example true */
  @IsBoolean()
  pinned: boolean;
}

export class ReadEvent extends SetReadBody {
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c */
  @IsUUID()
  roomId: string;
}

export class TypingEvent {
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c */
  @IsUUID()
  roomId: string;

  /** @example true */
  @IsBoolean()
  typing: boolean;
}

export class PresenceEvent {
  /** People to ask about. */
  @ApiProperty({ type: [String], maxItems: 100, example: [] })
  @IsArray()
  @ArrayMaxSize(100)
  @IsUUID(undefined, { each: true })
  userIds: string[];
}

/** Events of a room from a number on, for whoever saw a hole. */
export class RoomEventsEvent {
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c */
  @IsUUID()
  roomId: string;

  /** @example 0 */
  @IsInt()
  @Min(0)
  @Max(Number.MAX_SAFE_INTEGER)
  after: number;
}

/** What became of a message. */
export class SentView {
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6d */
  id: string;
  /** Its place in the room's log. @example 12 */
  seq: number;
  /** @example 2026-03-01T12:00:00.000Z */
  at: string;
}

const STATES = ['online', 'away', 'offline'] as const;

export class PersonPresenceView {
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6e */
  userId: string;
  @ApiProperty({ enum: STATES, example: 'online' })
  @IsIn(STATES)
  state: (typeof STATES)[number];
}

/** Whether people are there. */
export class PeoplePresenceView {
  data: PersonPresenceView[];
}

/**
 * Something happened in a room, after its commit. Numbers follow each other: where one is missing, ask for what follows the
 * last one with `rooms.sync`.
 */
@ServerPush('room.event', { to: ROOM_MEMBERS, namespace: '/chat' })
export class RoomEventPush extends RoomEventView {}

export class RoomReaderView {
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6e */
  userId: string;
  /** The event up to which it has read. @example 12 */
  seq: number;
}

/**
 * People have read a room up to an event, each named once. Told together within a fifth of a second, and always before what
 * happens in the room afterwards. In rooms of more than 100 people nobody is told.
 */
@ServerPush('room.receipts', { to: ROOM_MEMBERS, namespace: '/chat' })
export class RoomReceiptsPush {
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c */
  roomId: string;
  /** At most 50. */
  readers: RoomReaderView[];
}

/** How far the person itself has read, on whichever device, and what is left. */
@ServerPush('room.read', { to: OWN_DEVICES, namespace: '/chat' })
export class RoomReadPush extends ReadPlaceView {}

/** The person is in a room from now on: its events follow. Load it. */
@ServerPush('room.joined', { to: OWN_DEVICES, namespace: '/chat' })
export class RoomJoinedPush {
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c */
  roomId: string;
}

/** The person is no longer in a room: drop what is kept of it. */
@ServerPush('room.left', { to: OWN_DEVICES, namespace: '/chat' })
export class RoomLeftPush {
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c */
  roomId: string;
}

/** Somebody types in a room, or has stopped. */
@ServerPush('typing.changed', { to: ROOM_MEMBERS, namespace: '/chat', volatile: true })
export class TypingPush {
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c */
  roomId: string;
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6e */
  userId: string;
  /** @example true */
  typing: boolean;
}

/** Somebody whom the person shares a room with came, went, or is away. */
@ServerPush('presence.changed', { to: 'Sockets of those who share a room with the person.', namespace: '/chat' })
export class PresencePush extends PersonPresenceView {}

/** A message that the person scheduled was refused at its time; it waits to be given another one, or cancelled. */
@ServerPush('scheduled.failed', { to: OWN_DEVICES, namespace: '/chat' })
export class ScheduledFailedPush {
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6d */
  id: string;
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c */
  roomId: string;
  /** Code of the problem. @example chat.room-archived */
  code: string;
}

/** How far the person itself has read many rooms at once. */
@ServerPush('rooms.read', { to: OWN_DEVICES, namespace: '/chat' })
export class RoomsReadPush extends ReadPlacesView {}

/** How far the person itself has read a thread. */
@ServerPush('thread.read', { to: OWN_DEVICES, namespace: '/chat' })
export class ThreadReadPush extends ThreadPlaceView {}
