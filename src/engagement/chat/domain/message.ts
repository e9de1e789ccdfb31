import type { SealPlace } from '../../../kernel/crypto/sealed';

/** Longest text of a message (characters). */
export const MOST_BODY = 8_000;
/** People that one message mentions. */
export const MOST_MENTIONS = 50;
/** Files of one message. */
export const MOST_FILES = 10;
/** What files are told that belong to a message. */
export const FILE_OWNER = 'chat-message';
/** Events of one room that one answer holds; who is further behind loads the room anew. */
export const MOST_EVENTS = 200;
/** Bytes of events in one answer: well below what a slow client may have waiting before it is cut. */
export const MOST_ANSWER = 512 * 1024;
/** Rooms that one synchronisation names. */
export const MOST_ROOMS = 100;

export const EVENT_TYPES = [
  'message.created',
  'message.edited',
  'message.deleted',
  'message.pinned',
  'message.unpinned',
  'message.hidden',
  'message.shown',
  'reaction.added',
  'reaction.removed',
  'member.joined',
  'member.left',
  'member.changed',
  'member.muted',
  'member.unmuted',
  'room.changed',
  'history.purged',
] as const;
export type RoomEventType = (typeof EVENT_TYPES)[number];

/** People who gave one sign to a message. */
export interface Reaction {
  emoji: string;
  count: number;
  /** The first twenty. */
  userIds: string[];
}

/** A message as it is now. Times are RFC 3339. */
export interface Message {
  id: string;
  roomId: string;
  /** Its place in the room's log. */
  seq: number;
  /** The latest event of the log that changed it. */
  rev: number;
  authorId: string;
  clientMessageId: string;
  /** Null once it was deleted, and while it is hidden. */
  body: string | null;
  /** The message that it answers. */
  replyTo: string | null;
  /** The first message of its thread. */
  threadId: string | null;
  mentions: string[];
  fileIds: string[];
  reactions: Reaction[];
  /** How often its text was changed. */
  edits: number;
  editedAt: string | null;
  deletedAt: string | null;
  /** A moderator hid it: text, files, mentions and reactions are shown to nobody in the room. */
  hiddenAt: string | null;
  pinnedAt: string | null;
  createdAt: string;
}

/** One event of a room's log, with the message that it is about as that is now: of many, the last one seen tells all. */
export interface RoomEvent {
  roomId: string;
  seq: number;
  type: RoomEventType;
  at: string;
  actorId: string | null;
  messageId: string | null;
  /** Null too where the message is kept no longer. */
  message: Message | null;
  /** Facts of the event, such as the emoji or the member. */
  data: Record<string, unknown>;
}

/** A message as the database answers it: its text is sealed. */
export type SealedMessage = Message & { bodyId: string | null };
export type SealedEvent = Omit<RoomEvent, 'message'> & { message: SealedMessage | null };

/** Where a text of a message is sealed: each text has a name of its own, so that no former one passes as the present. */
export const placeOfBody = (tenantId: string, messageId: string, bodyId: string): SealPlace => ({
  tenantId,
  table: 'chat.messages',
  column: 'body',
  rowId: `${messageId}:${bodyId}`,
});

/** A time of the database's JSON as it is on the wire. */
export const time = (at: string): string => new Date(at).toISOString();
export const timeOrNull = (at: string | null): string | null => (at === null ? null : time(at));

/** The message with its text opened. */
export function messageOf({ bodyId: _bodyId, ...sealed }: SealedMessage, body: string | null): Message {
  return {
    ...sealed,
    body,
    editedAt: timeOrNull(sealed.editedAt),
    deletedAt: timeOrNull(sealed.deletedAt),
    hiddenAt: timeOrNull(sealed.hiddenAt),
    pinnedAt: timeOrNull(sealed.pinnedAt),
    createdAt: time(sealed.createdAt),
  };
}

export const eventOf = (sealed: SealedEvent, message: Message | null): RoomEvent => ({
  ...sealed,
  at: time(sealed.at),
  message,
});

// The compiler's target does not know the flag yet; every Node.js that runs this does.
const EMOJI = new RegExp('^\\p{RGI_Emoji}$', 'v');

/** Exactly one emoji of Unicode, sequences (skin tones, flags, families) included, as it is stored; null for anything else. */
export function emojiOf(text: string): string | null {
  if (text.length === 0 || text.length > 31) return null;
  // Signs that are also text, such as the heart, become emojis by a selector that many keyboards leave out.
  return [text, `${text}\uFE0F`].find((one) => EMOJI.test(one)) ?? null;
}
