import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsBoolean, IsOptional, IsString, IsUUID, Length, MaxLength, ValidateIf } from 'class-validator';
import { AnyOf, AnyOfIds, ListQuery } from '../../../kernel/http/pagination';
import { REVIEW_STATES, type ReviewState } from '../domain/review';
import { FraudMoneyView, FraudPayableView } from './fraud.dto';
import { MayBeAbsent } from '../../../kernel/http/may-be-absent';

export class ListFraudReviewsParams extends ListQuery {
  @AnyOf(REVIEW_STATES)
  status?: ReviewState[];

  @AnyOfIds()
  assigneeId?: string[];

  @AnyOfIds()
  paymentId?: string[];

  /** Those that were not decided in their time. */
  @ApiPropertyOptional({ type: Boolean })
  @MayBeAbsent()
  @Transform(({ value }: { value: unknown }) => (value === 'true' ? true : value === 'false' ? false : value))
  @IsBoolean()
  overdue?: boolean;

  /** Id of what was paid for, such as an order. */
  @MayBeAbsent()
  @IsString()
  @MaxLength(100)
  payableId?: string;
}

/** A decision about a review. */
export class DecideFraudReviewBody {
  @ApiPropertyOptional({ type: String, nullable: true, example: 'Called the customer' })
  @IsOptional()
  @IsString()
  @Length(1, 2_000)
  note?: string | null;
}

export class AssignFraudReviewBody {
  /** A member of the organization; null is nobody. */
  @ApiProperty({ type: String, format: 'uuid', nullable: true, example: null })
  @ValidateIf((_body, value: unknown) => value !== null)
  @IsUUID()
  userId: string | null;
}

export class NoteFraudReviewBody {
  /** @example The address is a forwarding agent's */
  @IsString()
  @Length(1, 4_000)
  text: string;
}

/** Reserved money that waits for a person, or did. */
export class FraudReviewView {
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c */
  id: string;
  /** `closed`: the money went its own way before anybody decided. */
  @ApiProperty({ enum: REVIEW_STATES, example: 'open' })
  status: ReviewState;
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6d */
  assessmentId: string;
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6e */
  paymentId: string;
  payable: FraudPayableView;
  amount: FraudMoneyView;
  /** @example 70 */
  score: number;
  /** @example ["Far from home: Network address in another country than the delivery"] */
  reasons: string[];
  email: string | null;
  assigneeId: string | null;
  /** @example 2026-03-01T12:00:00.000Z */
  openedAt: string;
  /**
   * When it should be decided by.
   * @example 2026-03-01T16:00:00.000Z
   */
  dueAt: string;
  /** @example false */
  overdue: boolean;
  /**
   * When it is rejected by itself.
   * @example 2026-03-07T12:00:00.000Z
   */
  rejectAt: string;
  decidedAt: string | null;
  decidedBy: string | null;
  @ApiProperty({ enum: ['person', 'time', 'payment'], nullable: true, example: 'person' })
  decidedHow: 'person' | 'time' | 'payment' | null;
  note: string | null;
}

export class FraudReviewNoteView {
  authorId: string | null;
  /** @example The address is a forwarding agent's */
  text: string;
  /** @example 2026-03-01T12:00:00.000Z */
  at: string;
}

export class FraudReviewDetailsView extends FraudReviewView {
  notes: FraudReviewNoteView[];
}
