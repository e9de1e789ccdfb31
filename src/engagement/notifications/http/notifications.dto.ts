import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform, Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  ArrayUnique,
  IsArray,
  IsBoolean,
  IsIn,
  IsObject,
  IsString,
  IsUUID,
  Length,
  Matches,
  MaxLength,
  ValidateNested,
} from 'class-validator';
import { MayBeAbsent } from '../../../kernel/http/may-be-absent';
import { AnyOf, IsTime, ListQuery } from '../../../kernel/http/pagination';
import { CHANNELS, MESSAGE_STATES, SUPPRESSION_CAUSES, type Channel, type MessageState } from '../contracts/channels';

const flag = ({ value }: { value: unknown }): unknown => (value === 'true' ? true : value === 'false' ? false : value);

export class InboxParams extends ListQuery {
  /** Only those that are unread, or only those that are read. */
  @ApiPropertyOptional({ type: Boolean })
  @MayBeAbsent()
  @Transform(flag)
  @IsBoolean()
  unread?: boolean;

  /** Those that were put away; without it both. */
  @ApiPropertyOptional({ type: Boolean })
  @MayBeAbsent()
  @Transform(flag)
  @IsBoolean()
  archived?: boolean;

  /** What they are about, such as `orders`. */
  @MayBeAbsent()
  @IsString()
  @MaxLength(40)
  category?: string;
}

/** A notification in its recipient's inbox. */
export class NotificationView {
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c */
  id: string;
  /** @example general */
  category: string;
  /** @example We moved */
  title: string;
  /** @example Our new shop is open. */
  body: string;
  /** A path under the public URL, or an address. */
  @ApiProperty({ type: String, nullable: true, example: '/news/moved' })
  link: string | null;
  /** Ids of what it is about, for programs that lead there: `roomId`, `messageId` and `seq` of a chat, `fileId` of a file. */
  @ApiProperty({ type: 'object', additionalProperties: { type: 'string' }, example: {} })
  about: Record<string, string>;
  /** @example false */
  critical: boolean;
  /** @example 2026-03-01T12:00:00.000Z */
  createdAt: string;
  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  readAt: string | null;
  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  archivedAt: string | null;
}

/** How much is unread; counted to 100. */
export class UnreadNotificationsView {
  /** @example 3 */
  unread: number;
}

export class MarkNotificationBody {
  /** @example true */
  @MayBeAbsent()
  @IsBoolean()
  read?: boolean;

  /**
   * Put away: it counts as unread no more.
   * @example false
   */
  @MayBeAbsent()
  @IsBoolean()
  archived?: boolean;
}

export class ReadAllBody {
  /**
   * Only what was there at this moment; default now.
   * @example 2030-03-01T12:00:00Z
   */
  @ApiPropertyOptional({ type: String, format: 'date-time' })
  @MayBeAbsent()
  @IsTime()
  until?: string;
}

export class ReadAllView {
  /** @example 3 */
  read: number;
}

/** Members of the organization. */
export class NotificationSegment {
  /**
   * Keys of roles; without them every active member.
   * @example ["staff"]
   */
  @MayBeAbsent()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(20)
  @ArrayUnique()
  @IsString({ each: true })
  @Length(1, 60, { each: true })
  roles?: string[];

  /** In place of roles: customers of this group who have an account. */
  @ApiPropertyOptional({ type: String, format: 'uuid' })
  @MayBeAbsent()
  @IsUUID()
  customerGroupId?: string;
}

export class NotifyBody {
  /** Members of the organization; either these or a segment. */
  @ApiPropertyOptional({ type: [String] })
  @MayBeAbsent()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(500)
  @IsUUID(undefined, { each: true })
  userIds?: string[];

  @ApiPropertyOptional({ type: NotificationSegment, example: { roles: ['owner', 'staff'] } })
  @MayBeAbsent()
  @IsObject()
  @ValidateNested()
  @Type(() => NotificationSegment)
  segment?: NotificationSegment;

  /**
   * Name of a template of the product or of the organization; `notice` says anything.
   * @example notice
   */
  @IsString()
  @Length(1, 60)
  template: string;

  /**
   * What it is about: people choose channels by it.
   * @example general
   */
  @MayBeAbsent()
  @Matches(/^[a-z][a-z0-9-]{0,39}$/, { message: 'category must be a word such as orders' })
  category?: string;

  /** What the template needs. */
  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: true,
    default: {},
    example: { title: 'We moved', body: 'Our new shop is open.', link: '/news/moved' },
  })
  @MayBeAbsent()
  @IsObject()
  data?: Record<string, unknown>;

  /** Only these; default every channel that the template has a part for and the recipient wants. */
  @ApiPropertyOptional({ enum: CHANNELS, isArray: true, example: ['email', 'in_app'] })
  @MayBeAbsent()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayUnique()
  @IsIn(CHANNELS, { each: true })
  channels?: Channel[];

  /** Not before this moment. */
  @ApiPropertyOptional({ type: String, format: 'date-time' })
  @MayBeAbsent()
  @IsTime()
  at?: string;

  /**
   * Not before this date and time on each recipient's own clock. One that clocks pass over is the next minute that exists,
   * one that they show twice the first of both.
   */
  @ApiPropertyOptional({ type: String })
  @MayBeAbsent()
  @Matches(/^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d$/, {
    message: 'localTime must be a date and time without zone, such as 2026-03-29T09:00',
  })
  localTime?: string;

  /** For whom the moment is past: notified at once, or left out. */
  @ApiPropertyOptional({ enum: ['send', 'skip'], default: 'send' })
  @MayBeAbsent()
  @IsIn(['send', 'skip'])
  past?: 'send' | 'skip';

  /** Whoever was notified with this key is not again. */
  @ApiPropertyOptional({ type: String, maxLength: 200 })
  @MayBeAbsent()
  @IsString()
  @Length(1, 200)
  dedupeKey?: string;
}

/** Messages of a request in one state. */
export class BatchMessagesView {
  @ApiProperty({ enum: CHANNELS, example: 'email' })
  channel: Channel;
  /** `sent` says that a provider took it, no more. */
  @ApiProperty({ enum: MESSAGE_STATES, example: 'queued' })
  state: MessageState;
  @ApiProperty({ type: String, enum: SUPPRESSION_CAUSES, nullable: true })
  suppressedFor: string | null;
  /** @example 2 */
  count: number;
}

/** A request to notify people. */
export class BatchView {
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c */
  id: string;
  @ApiProperty({ enum: ['running', 'done', 'cancelled'], example: 'done' })
  state: 'running' | 'done' | 'cancelled';
  /** @example notice */
  template: string;
  /** @example general */
  category: string;
  /**
   * People who were notified so far.
   * @example 2
   */
  recipients: number;
  /**
   * People whose moment was past.
   * @example 0
   */
  skipped: number;
  /** @example 2026-03-01T12:00:00.000Z */
  createdAt: string;
  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  finishedAt: string | null;
}

export class BatchDetailsView extends BatchView {
  @ApiProperty({ type: [BatchMessagesView] })
  messages: BatchMessagesView[];
}

const REASONS = ['bounce', 'complaint', 'unsubscribe', 'manual'] as const;

export class SuppressionParams extends ListQuery {
  @AnyOf(['email', 'sms', 'push'])
  channel?: string[];

  @AnyOf(REASONS)
  reason?: string[];

  /** Only those of this address. */
  @MayBeAbsent()
  @IsString()
  @Length(1, 320)
  address?: string;
}

export class AddSuppressionBody {
  @ApiProperty({ enum: ['email', 'sms'], example: 'email' })
  @IsIn(['email', 'sms'])
  channel: 'email' | 'sms';

  /**
   * Kept as a digest and a hint.
   * @example nobody@example.org
   */
  @IsString()
  @Length(3, 320)
  address: string;

  /**
   * Nothing about this; without it nothing at all but what is critical.
   * @example campaigns
   */
  @MayBeAbsent()
  @Matches(/^[a-z][a-z0-9-]{0,39}$/, { message: 'category must be a word such as orders' })
  category?: string;

  /** @example Asked by phone */
  @MayBeAbsent()
  @IsString()
  @Length(1, 500)
  note?: string;
}

export class AddedSuppressionView {
  /**
   * False: it was on the list.
   * @example true
   */
  added: boolean;
}

/** An address that gets nothing any more. */
export class SuppressionView {
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c */
  id: string;
  @ApiProperty({ enum: ['email', 'sms', 'push'], example: 'email' })
  channel: Channel;
  /** @example n•••@example.org */
  address: string;
  @ApiProperty({ type: String, nullable: true })
  category: string | null;
  @ApiProperty({ enum: REASONS, example: 'manual' })
  reason: (typeof REASONS)[number];
  @ApiProperty({ type: String, nullable: true })
  note: string | null;
  /** @example 2026-03-01T12:00:00.000Z */
  createdAt: string;
}
