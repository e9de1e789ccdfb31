import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsBoolean,
  IsOptional,
  IsString,
  IsUUID,
  Length,
  Matches,
  MaxLength,
} from 'class-validator';
import { MayBeAbsent } from '../../../kernel/http/may-be-absent';
import { ListQuery } from '../../../kernel/http/pagination';
import { EVENT_TYPES, MOST_BODY, MOST_FILES, MOST_MENTIONS, type RoomEventType } from '../domain/message';

/** A message to send. */
export class PostMessageBody {
  /** The sender's own name for it, such as a UUID: whoever is not sure that it arrived sends it again under the same one. @example m-0001 */
  @IsString()
  @Matches(/^[\x21-\x7e]{1,64}$/, { message: 'clientMessageId is 1 to 64 visible ASCII characters' })
  clientMessageId: string;

  /** @example Is the blue one back? */
  @IsString()
  @MaxLength(MOST_BODY)
  @Matches(/\S/, { message: 'body must say something' })
  body: string;

  /** The message that it answers, which makes it part of that one's thread. */
  @ApiPropertyOptional({ type: String, format: 'uuid', nullable: true })
  @IsOptional()
  @IsUUID()
  replyTo?: string | null;

  /** People of the room whom it mentions. */
  @ApiPropertyOptional({ type: [String], maxItems: MOST_MENTIONS })
  @MayBeAbsent()
  @IsArray()
  @ArrayMaxSize(MOST_MENTIONS)
  @IsUUID(undefined, { each: true })
  mentions?: string[];

  /** Files that the sender uploaded, ready or pending. */
  @ApiPropertyOptional({ type: [String], maxItems: MOST_FILES })
  @MayBeAbsent()
  @IsArray()
  @ArrayMaxSize(MOST_FILES)
  @IsUUID(undefined, { each: true })
  fileIds?: string[];
}

export class EditMessageBody {
  /** @example Is the dark blue one back? */
  @IsString()
  @MaxLength(MOST_BODY)
  @Matches(/\S/, { message: 'body must say something' })
  body: string;

  /** People of the room whom it mentions now. */
  @ApiPropertyOptional({ type: [String], maxItems: MOST_MENTIONS })
  @MayBeAbsent()
  @IsArray()
  @ArrayMaxSize(MOST_MENTIONS)
  @IsUUID(undefined, { each: true })
  mentions?: string[];
}

export class ReactBody {
  /** One emoji. @example 👍 */
  @IsString()
  @Length(1, 31)
  emoji: string;
}

export class ListMessagesParams extends ListQuery {
  /** Answers in this thread alone. */
  @ApiPropertyOptional({ type: String, format: 'uuid' })
  @MayBeAbsent()
  @IsUUID()
  threadId?: string;

  /** Only those that are pinned, or are not. */
  @ApiPropertyOptional({ type: Boolean })
  @MayBeAbsent()
  @Transform(({ value }: { value: unknown }) => (value === 'true' ? true : value === 'false' ? false : value))
  @IsBoolean()
  pinned?: boolean;
}

export class ReactionView {
  /** @example 👍 */
  emoji: string;
  /** @example 2 */
  count: number;
  /** The first twenty. */
  userIds: string[];
}

/** A message as it is now. */
export class ChatMessageView {
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6d */
  id: string;
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c */
  roomId: string;
  /** Its place in the room's log. @example 12 */
  seq: number;
  /** The latest event of the log that changed it. @example 12 */
  rev: number;
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6e */
  authorId: string;
  /** @example m-0001 */
  clientMessageId: string;
  /** Null once it was deleted, and while it is hidden. @example Is the blue one back? */
  body: string | null;
  replyTo: string | null;
  /** The first message of its thread. */
  threadId: string | null;
  mentions: string[];
  fileIds: string[];
  reactions: ReactionView[];
  /** How often its text was changed. @example 0 */
  edits: number;
  editedAt: string | null;
  deletedAt: string | null;
  /** A moderator hid it from the room. */
  hiddenAt: string | null;
  pinnedAt: string | null;
  /** @example 2026-03-01T12:00:00.000Z */
  createdAt: string;
}

/** One event of a room's log. */
export class RoomEventView {
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c */
  roomId: string;
  /** @example 12 */
  seq: number;
  @ApiProperty({ enum: EVENT_TYPES, example: 'message.created' })
  type: RoomEventType;
  /** @example 2026-03-01T12:00:00.000Z */
  at: string;
  actorId: string | null;
  messageId: string | null;
  /** The message that it is about, as that is now. */
  @ApiProperty({ type: ChatMessageView, nullable: true })
  message: ChatMessageView | null;
  /** Facts of the event, such as the emoji or the member. */
  @ApiProperty({ type: 'object', additionalProperties: true, example: {} })
  data: Record<string, unknown>;
}

/** What became of a message: its id, its place in the room's log and its time, and the whole event. */
export class PostedMessageView extends RoomEventView {
  /** The message's. @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6d */
  id: string;
}

export class FormerTextView {
  /** @example 0 */
  revision: number;
  /** @example Is the blue one back? */
  body: string;
  /** When it was replaced. @example 2026-03-01T12:00:00.000Z */
  replacedAt: string;
}

export class MessageHistoryView {
  /** The first text first; what it says now is not among them. */
  texts: FormerTextView[];
}
