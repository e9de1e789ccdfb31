import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform, Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  IsUUID,
  Length,
  Max,
  MaxLength,
  Min,
  ValidateBy,
  ValidateNested,
} from 'class-validator';
import { MayBeAbsent } from '../../../kernel/http/may-be-absent';
import { AnyOf, ListQuery, ToInt } from '../../../kernel/http/pagination';
import { isUuid } from '../../../kernel/ids/ids';
import { MOST_ROOMS } from '../domain/message';
import { ROOM_ROLES, ROOM_TYPES, type RoomRole, type RoomType } from '../domain/room';
import { ChatMessageView, RoomEventView } from './messages.dto';

const MOST_AT_ONCE = 250;

/** A room to open. */
export class OpenRoomBody {
  /** `direct`: you and one other; `group`: everybody may add people; `channel`: its owners and moderators alone. */
  @ApiProperty({ enum: ROOM_TYPES, example: 'group' })
  @IsIn(ROOM_TYPES)
  type: RoomType;

  /** The other people, members of the organization. */
  @ApiProperty({ type: [String], example: [], maxItems: MOST_AT_ONCE })
  @IsArray()
  @ArrayMaxSize(MOST_AT_ONCE)
  @IsUUID(undefined, { each: true })
  memberIds: string[];

  /** Of a channel always, of a group where it shall have one: else it is called by its members. Direct rooms have none. */
  @ApiPropertyOptional({ type: String, nullable: true, maxLength: 120, example: 'Spring collection' })
  @IsOptional()
  @IsString()
  @Length(1, 120)
  name?: string | null;

  @ApiPropertyOptional({ type: String, nullable: true, maxLength: 500 })
  @IsOptional()
  @IsString()
  @MaxLength(500)
  topic?: string | null;

  /** What is said in it is found by no search. */
  @ApiPropertyOptional({ type: Boolean, default: false })
  @MayBeAbsent()
  @IsBoolean()
  private?: boolean;
}

/** What is to change about a room. */
export class ChangeRoomBody {
  @ApiPropertyOptional({ type: String, maxLength: 120, example: 'Summer collection' })
  @MayBeAbsent()
  @IsString()
  @Length(1, 120)
  name?: string;

  @ApiPropertyOptional({ type: String, nullable: true, maxLength: 500 })
  @IsOptional()
  @IsString()
  @MaxLength(500)
  topic?: string | null;

  /** What is said in it is found by no search. */
  @ApiPropertyOptional({ type: Boolean })
  @MayBeAbsent()
  @IsBoolean()
  private?: boolean;

  /** It can be read, and nothing is said in it any more. */
  @ApiPropertyOptional({ type: Boolean })
  @MayBeAbsent()
  @IsBoolean()
  archived?: boolean;

  /** Days for which messages are kept; null as the organization says. */
  @ApiPropertyOptional({ type: 'integer', nullable: true, minimum: 1, maximum: 36500 })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(36_500)
  retentionDays?: number | null;
}

export class AddRoomMembersBody {
  @ApiProperty({ type: [String], format: 'uuid', minItems: 1, maxItems: MOST_AT_ONCE })
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(MOST_AT_ONCE)
  @IsUUID(undefined, { each: true })
  memberIds: string[];
}

export class ChangeRoomMemberBody {
  @ApiProperty({ enum: ROOM_ROLES, example: 'moderator' })
  @IsIn(ROOM_ROLES)
  role: RoomRole;
}

const ToBoolean = (): PropertyDecorator =>
  Transform(({ value }: { value: unknown }) => (value === 'true' ? true : value === 'false' ? false : value));

export class ListRoomsParams extends ListQuery {
  @AnyOf(ROOM_TYPES)
  type?: RoomType[];

  /** Only those that are archived, or are not. */
  @ApiPropertyOptional({ type: Boolean })
  @MayBeAbsent()
  @ToBoolean()
  @IsBoolean()
  archived?: boolean;
}

export class ListRoomMembersParams extends ListQuery {
  @AnyOf(ROOM_ROLES)
  role?: RoomRole[];
}

const READ_KINDS = ['public', 'private', 'unread'] as const;
type ReadKind = (typeof READ_KINDS)[number];

/** How far the caller has read. */
export class SetReadBody {
  /** The last event of the log that was read. @example 0 */
  @IsInt()
  @Min(0)
  @Max(Number.MAX_SAFE_INTEGER)
  seq: number;

  /** `public` shows it to the room, `private` to nobody, `unread` marks what follows as unread again. */
  @ApiPropertyOptional({ enum: READ_KINDS, default: 'public' })
  @MayBeAbsent()
  @IsIn(READ_KINDS)
  kind?: ReadKind;
}

/** How far the caller has read one of many rooms. */
export class RoomReadBody extends SetReadBody {
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c */
  @IsUUID()
  roomId: string;
}

/** How far the caller has read many rooms. */
export class SetReadsBody {
  /** Each room once; rooms that the caller is not in are left out. */
  @ApiProperty({ type: [RoomReadBody], maxItems: MOST_ROOMS, example: [] })
  @IsArray()
  @ArrayMaxSize(MOST_ROOMS)
  @ValidateNested({ each: true })
  @Type(() => RoomReadBody)
  rooms: RoomReadBody[];
}

/** What was said of each room, shown where nothing else was said. */
export const placesOf = (rooms: readonly RoomReadBody[]): Required<RoomReadBody>[] =>
  rooms.map(({ roomId, seq, kind = 'public' }) => ({ roomId, seq, kind }));

export class SetThreadReadBody {
  /** The last event of the room's log that was read of the thread. @example 0 */
  @IsInt()
  @Min(0)
  @Max(Number.MAX_SAFE_INTEGER)
  seq: number;
}

export class SilenceRoomBody {
  /** @example true */
  @IsBoolean()
  silent: boolean;
}

export class ChatFileParams {
  /** A smaller picture of it. */
  @ApiPropertyOptional({ enum: ['small', 'medium', 'large'] })
  @MayBeAbsent()
  @IsIn(['small', 'medium', 'large'])
  rendition?: 'small' | 'medium' | 'large';
}

export class ChatFileLinkView {
  /** @example /api/v1/files/content/abc */
  url: string;
  /** @example 2026-03-01T12:05:00.000Z */
  expiresAt: string;
}

export class SeenByParams {
  /** Number of the message in the log. */
  @ApiProperty({ type: 'integer', minimum: 1, example: 1 })
  @ToInt()
  @IsInt()
  @Min(1)
  @Max(Number.MAX_SAFE_INTEGER)
  seq: number;
}

export class RoomEventsParams {
  /** The last number that the client has seen; 0 for none. */
  @ApiProperty({ type: 'integer', minimum: 0, example: 0 })
  @ToInt()
  @IsInt()
  @Min(0)
  @Max(Number.MAX_SAFE_INTEGER)
  after: number;

  /** Goes on from there however much follows, page by page, in place of the latest events. */
  @ApiPropertyOptional({ type: Boolean, default: false })
  @MayBeAbsent()
  @ToBoolean()
  @IsBoolean()
  paged?: boolean;
}

/** An object of room ids with the last number seen of each. */
const IsCursors = (): PropertyDecorator =>
  ValidateBy({
    name: 'isCursors',
    validator: {
      validate: (value: unknown) =>
        typeof value === 'object' &&
        value !== null &&
        !Array.isArray(value) &&
        Object.keys(value).length <= MOST_ROOMS &&
        Object.entries(value).every(([id, seq]) => isUuid(id) && Number.isSafeInteger(seq) && (seq as number) >= 0),
      defaultMessage: (at) =>
        `${at?.property} must hold, by the id of each of at most ${MOST_ROOMS} rooms, the last number that was seen of it`,
    },
  });

/** What the client has seen of its rooms. */
export class SyncRoomsBody {
  /** By room, the last number that was seen of it; 0 for none. At most 100 rooms. */
  @ApiProperty({ type: 'object', additionalProperties: { type: 'integer', minimum: 0 }, example: {} })
  @IsCursors()
  cursors: Record<string, number>;
}

export class RoomMeView {
  @ApiProperty({ enum: ROOM_ROLES, example: 'owner' })
  role: RoomRole;
  /** How far the caller has read, as others see it. @example 12 */
  readSeq: number;
  /** How far, as nobody sees it. @example 12 */
  privateReadSeq: number;
  /** It is told of only where it mentions the caller. @example false */
  silent: boolean;
  /** Until when the caller reads and says nothing. */
  mutedUntil: string | null;
}

/** A room as the caller sees it. */
export class ChatRoomView {
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c */
  id: string;
  @ApiProperty({ enum: ROOM_TYPES, example: 'group' })
  type: RoomType;
  /** @example Spring collection */
  name: string | null;
  topic: string | null;
  /** @example false */
  private: boolean;
  archivedAt: string | null;
  /** Days for which messages are kept; null as the organization says. */
  @ApiProperty({ type: 'integer', nullable: true })
  retentionDays: number | null;
  /** @example 3 */
  memberCount: number;
  /** The other person of a direct room. */
  peerId: string | null;
  /** Latest number of the room's log. @example 12 */
  lastSeq: number;
  /** @example 2026-03-01T12:00:00.000Z */
  lastEventAt: string;
  /** @example 2026-03-01T12:00:00.000Z */
  createdAt: string;
  me: RoomMeView;
  /** Messages of others that the caller has not read; more than 100 are 100. @example 0 */
  unread: number;
  /** Of them those that mention the caller. @example 0 */
  mentions: number;
  @ApiProperty({ type: ChatMessageView, nullable: true })
  lastMessage: ChatMessageView | null;
}

export class ChatRoomMemberView {
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c */
  userId: string;
  @ApiProperty({ enum: ROOM_ROLES, example: 'member' })
  role: RoomRole;
  /** @example 2026-03-01T12:00:00.000Z */
  joinedAt: string;
  /** Until when it says nothing. */
  mutedUntil: string | null;
}

export class RoomChangesView {
  /** In the order of the log, without a gap. */
  events: RoomEventView[];
  /** These are the latest events alone: drop what is kept of the room and load its messages anew. @example false */
  limited: boolean;
  /** The number before the first of `events`. @example 0 */
  prevSeq: number;
  /** The latest number of the log. @example 12 */
  lastSeq: number;
}

export class SyncView {
  /** By room; those that the caller is not in are left out. */
  @ApiProperty({ type: 'object', additionalProperties: { $ref: '#/components/schemas/RoomChangesView' }, example: {} })
  rooms: Record<string, RoomChangesView>;
  /** Rooms of the caller that were not named, with the latest number of each. */
  @ApiProperty({ type: 'object', additionalProperties: { type: 'integer' }, example: {} })
  others: Record<string, number>;
}

export class ReadPlaceView {
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c */
  roomId: string;
  /** @example 12 */
  readSeq: number;
  /** @example 0 */
  privateReadSeq: number;
  /** @example 12 */
  lastSeq: number;
  /** @example 0 */
  unread: number;
  /** @example 0 */
  mentions: number;
}

export class ReadPlacesView {
  /** In no order; rooms that the caller is not in are left out. */
  rooms: ReadPlaceView[];
}

export class ThreadPlaceView {
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c */
  roomId: string;
  /** The first message of the thread. @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6d */
  threadId: string;
  /** The furthest of what was read of the thread and of its room. @example 12 */
  readSeq: number;
  /** Answers of others beyond; more than 100 are 100. @example 0 */
  unread: number;
}

export class ReaderView {
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c */
  userId: string;
  /** @example 12 */
  readSeq: number;
  readAt: string | null;
}

export class SeenByView {
  /** @example 1 */
  seq: number;
  /** Others who have read so far, by what they show of it. @example 2 */
  count: number;
  /** By name; null in rooms of more than 100 people. */
  @ApiProperty({ type: [ReaderView], nullable: true })
  readers: ReaderView[] | null;
}

export class UnreadView {
  /** Rooms with something unread. @example 1 */
  rooms: number;
  /** @example 3 */
  messages: number;
  /** @example 0 */
  mentions: number;
}
