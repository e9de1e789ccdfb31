import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsBoolean, IsIn, IsInt, IsOptional, IsString, Length, Matches, Max, MaxLength, Min } from 'class-validator';
import { MayBeAbsent } from '../../../kernel/http/may-be-absent';
import { AnyOfIds, ListQuery, NumberRange, NumberRangeFilter } from '../../../kernel/http/pagination';
import { REPORT_REASONS, type ReportReason } from '../domain/review';
import type { ModeratedReview, PlaceReview } from '../queries/reviews';
import { ToBoolean } from './places.dto';

export class WritePlaceReviewBody {
  /** @example 4 */
  @IsInt()
  @Min(1)
  @Max(5)
  stars: number;

  /** @example "Quick, friendly, and the coffee is good." */
  @IsOptional()
  @IsString()
  @MaxLength(4_000)
  text?: string | null;

  /**
   * Name that it is signed with; without, nobody’s is shown.
   * @example "Ann D."
   */
  @IsOptional()
  @IsString()
  @Length(1, 60)
  byline?: string | null;
}

export class ReportPlaceReviewBody {
  @ApiProperty({ enum: REPORT_REASONS, example: 'spam' })
  @IsIn(REPORT_REASONS)
  reason: ReportReason;

  /** @example "The same text is under every station." */
  @IsOptional()
  @IsString()
  @MaxLength(1_000)
  note?: string | null;
}

export class HidePlaceReviewBody {
  /**
   * Told to the author.
   * @example "Names a person."
   */
  @IsString()
  @Length(1, 500)
  @Matches(/\S/, { message: 'reason must not be blank' })
  reason: string;
}

export class AnswerPlaceReviewBody {
  /** @example "Thank you, come again!" */
  @IsString()
  @Length(1, 4_000)
  @Matches(/\S/, { message: 'text must not be blank' })
  text: string;
}

export class ListPlaceReviewsParams extends ListQuery {
  @NumberRangeFilter()
  stars?: NumberRange;
}

export class ListModeratedPlaceReviewsParams extends ListQuery {
  @AnyOfIds()
  placeId?: string[];

  /** With reports that nobody decided yet. */
  @ApiPropertyOptional({ type: Boolean })
  @MayBeAbsent()
  @ToBoolean()
  @IsBoolean()
  reported?: boolean;

  @ApiPropertyOptional({ type: Boolean })
  @MayBeAbsent()
  @ToBoolean()
  @IsBoolean()
  hidden?: boolean;
}

export class PlaceReviewAnswerView {
  /** @example "Thank you, come again!" */
  text: string;
  /** @example "2026-03-01T12:00:00.000Z" */
  answeredAt: string;
}

export class PlaceReviewView implements PlaceReview {
  /** @example "019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c" */
  id: string;
  /** @example "019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6d" */
  placeId: string;
  /** @example 4 */
  stars: number;
  /** @example "Quick, friendly, and the coffee is good." */
  text: string | null;
  /** @example "Ann D." */
  byline: string | null;
  /** The caller wrote it. */
  own: boolean;
  /** Shown to its author alone, and not counted. */
  hidden: boolean;
  /** @example null */
  hiddenReason: string | null;
  @ApiProperty({ type: () => PlaceReviewAnswerView, nullable: true })
  answer: PlaceReviewAnswerView | null;
  /** @example "2026-03-01T12:00:00.000Z" */
  createdAt: string;
  @ApiProperty({ type: String, format: 'date-time', nullable: true, example: null })
  editedAt: string | null;
}

export class PlaceReviewReportView {
  @ApiProperty({ enum: REPORT_REASONS, example: 'spam' })
  reason: ReportReason;
  /** @example "The same text is under every station." */
  note: string | null;
  /** @example "2026-03-01T12:00:00.000Z" */
  reportedAt: string;
}

export class ModeratedPlaceReviewView extends PlaceReviewView implements ModeratedReview {
  /** Null once the account is gone. */
  @ApiProperty({ type: String, nullable: true, example: '019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6e' })
  userId: string | null;
  /** @example 1 */
  openReports: number;
  /** The latest 20 that nobody decided yet. */
  reports: PlaceReviewReportView[];
}
