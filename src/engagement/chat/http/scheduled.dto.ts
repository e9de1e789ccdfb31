import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { ArrayMaxSize, IsArray, IsString, IsUUID, Matches, MaxLength } from 'class-validator';
import { MayBeAbsent } from '../../../kernel/http/may-be-absent';
import { IsTime, ListQuery } from '../../../kernel/http/pagination';
import { MOST_BODY, MOST_MENTIONS } from '../domain/message';
import { PostMessageBody } from './messages.dto';

const STATES = ['waiting', 'failed'] as const;

/** A message to send later. */
export class ScheduleMessageBody extends PostMessageBody {
  /** When, at most 366 days ahead. */
  @ApiProperty({ type: String, format: 'date-time', example: '2026-12-24T08:00:00Z' })
  @IsTime()
  at: string;
}

/** What is to change about a message that waits. */
export class ChangeScheduledMessageBody {
  @ApiPropertyOptional({ type: String, maxLength: MOST_BODY, example: 'Good morning!' })
  @MayBeAbsent()
  @IsString()
  @MaxLength(MOST_BODY)
  @Matches(/\S/, { message: 'body must say something' })
  body?: string;

  /** People of the room whom it mentions. */
  @ApiPropertyOptional({ type: [String], maxItems: MOST_MENTIONS })
  @MayBeAbsent()
  @IsArray()
  @ArrayMaxSize(MOST_MENTIONS)
  @IsUUID(undefined, { each: true })
  mentions?: string[];

  @ApiPropertyOptional({ type: String, format: 'date-time' })
  @MayBeAbsent()
  @IsTime()
  at?: string;
}

export class ListScheduledParams extends ListQuery {
  /** Of this room alone. */
  @ApiPropertyOptional({ type: String, format: 'uuid' })
  @MayBeAbsent()
  @IsUUID()
  roomId?: string;
}

/** A message that waits for its time. */
export class ScheduledMessageView {
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b71 */
  id: string;
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c */
  roomId: string;
  /** Under which it will be sent. @example m-0001 */
  clientMessageId: string;
  /** @example 2026-12-24T08:00:00.000Z */
  at: string;
  /** @example Good morning! */
  body: string;
  replyTo: string | null;
  mentions: string[];
  fileIds: string[];
  /** `failed` where it was refused at its time: give it another one, or cancel it. */
  @ApiProperty({ enum: STATES, example: 'waiting' })
  state: (typeof STATES)[number];
  /** Code of the problem for which it was refused. */
  failure: string | null;
  /** @example 2026-03-01T12:00:00.000Z */
  createdAt: string;
}
