import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsBoolean, IsIn, IsInt, IsOptional, IsString, IsUUID, Length, Matches, Max, Min } from 'class-validator';
import { MayBeAbsent } from '../../../kernel/http/may-be-absent';
import { AnyOf, ListQuery } from '../../../kernel/http/pagination';
import {
  MOST_MINUTES,
  QUEUE_REASONS,
  REPORT_REASONS,
  REPORT_STATES,
  type QueueReason,
  type ReportReason,
  type ReportState,
} from '../domain/moderation';
import { WORD_ACTIONS, type WordAction } from '../domain/word-rules';

const DECISIONS = ['hide', 'dismiss'] as const;

/** What is wrong with a message. */
export class ReportMessageBody {
  @ApiProperty({ enum: REPORT_REASONS, example: 'spam' })
  @IsIn(REPORT_REASONS)
  reason: ReportReason;

  /** For the moderators. */
  @ApiPropertyOptional({ type: String, nullable: true, maxLength: 500, example: 'The third one today.' })
  @IsOptional()
  @IsString()
  @Length(1, 500)
  note?: string | null;
}

/** What the reporter is answered. */
export class ChatReportReceiptView {
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6f */
  id: string;
  @ApiProperty({ enum: REPORT_STATES, example: 'open' })
  state: ReportState;
  /** @example 2026-03-01T12:00:00.000Z */
  createdAt: string;
}

export class DecideReportBody {
  /** `hide` the message from its room, or `dismiss` the report: all that are open about the message are decided with it. */
  @ApiProperty({ enum: DECISIONS, example: 'hide' })
  @IsIn(DECISIONS)
  decision: (typeof DECISIONS)[number];
}

export class ListReportsParams extends ListQuery {
  @AnyOf(REPORT_STATES)
  state?: ReportState[];

  @AnyOf(QUEUE_REASONS)
  reason?: QueueReason[];

  /** Of this room alone. */
  @ApiPropertyOptional({ type: String, format: 'uuid' })
  @MayBeAbsent()
  @IsUUID()
  roomId?: string;
}

/** A report as moderators see it. */
export class ChatReportView {
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6f */
  id: string;
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c */
  roomId: string;
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6d */
  messageId: string;
  /** Place of the message in the room's log. @example 12 */
  seq: number;
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6e */
  authorId: string;
  /** Null where a rule of words flagged the message. */
  reporterId: string | null;
  @ApiProperty({ enum: QUEUE_REASONS, example: 'spam' })
  reason: QueueReason;
  note: string | null;
  /** What the message said when it was reported, though it was changed or deleted since; once that is decided, what it says now. @example Buy now */
  body: string | null;
  @ApiProperty({ enum: REPORT_STATES, example: 'open' })
  state: ReportState;
  /** @example 2026-03-01T12:00:00.000Z */
  createdAt: string;
  decidedAt: string | null;
  decidedBy: string | null;
  /** Since when the message is hidden. */
  hiddenAt: string | null;
  deletedAt: string | null;
}

export class MuteRoomMemberBody {
  /** For how long, from now. @example 60 */
  @IsInt()
  @Min(1)
  @Max(MOST_MINUTES)
  minutes: number;
}

export class MutedView {
  /** @example 2026-03-01T13:00:00.000Z */
  until: string;
}

export class BanFromRoomBody {
  /** For how long, from now. @example 1440 */
  @IsInt()
  @Min(1)
  @Max(MOST_MINUTES)
  minutes: number;

  /** For the other moderators. */
  @ApiPropertyOptional({ type: String, nullable: true, maxLength: 200 })
  @IsOptional()
  @IsString()
  @Length(1, 200)
  reason?: string | null;
}

export class ChatBanView {
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6e */
  userId: string;
  /** @example 2026-03-02T12:00:00.000Z */
  until: string;
  reason: string | null;
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6e */
  bannedBy: string;
  /** @example 2026-03-01T12:00:00.000Z */
  createdAt: string;
}

/** Words, and what becomes of messages that have them. */
export class AddWordRuleBody {
  /** Compared by NFKC and without regard to capitals; accents count. @example buy followers */
  @IsString()
  @Length(1, 100)
  @Matches(/\S/, { message: 'words must say something' })
  words: string;

  /** Found within longer words too, as scripts without spaces need it. */
  @ApiPropertyOptional({ type: Boolean, default: false })
  @MayBeAbsent()
  @IsBoolean()
  withinWords?: boolean;

  /** `block` refuses the message, `mask` covers the words, `flag` puts the message before the moderators. */
  @ApiProperty({ enum: WORD_ACTIONS, example: 'flag' })
  @IsIn(WORD_ACTIONS)
  action: WordAction;
}

export class ChangeWordRuleBody {
  @ApiProperty({ enum: WORD_ACTIONS, example: 'mask' })
  @IsIn(WORD_ACTIONS)
  action: WordAction;
}

export class ListWordRulesParams extends ListQuery {
  @AnyOf(WORD_ACTIONS)
  action?: WordAction[];
}

export class WordRuleView {
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b70 */
  id: string;
  /** @example buy followers */
  words: string;
  /** @example false */
  withinWords: boolean;
  @ApiProperty({ enum: WORD_ACTIONS, example: 'flag' })
  action: WordAction;
  /** @example 2026-03-01T12:00:00.000Z */
  createdAt: string;
  /** @example 2026-03-01T12:00:00.000Z */
  updatedAt: string;
}
