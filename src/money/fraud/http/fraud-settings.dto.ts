import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsBoolean, IsInt, IsOptional, Max, Min } from 'class-validator';
import { MayBeAbsent } from '../../../kernel/http/may-be-absent';
import { MOST_REVIEW_HOURS } from '../domain/review';

/** How strictly a shop judges. Scores run from 0 to 100; null is never. */
export class FraudSettingsBody {
  /**
   * False judges nothing, whatever rules and lists say.
   * @example true
   */
  @IsBoolean()
  enabled: boolean;

  /** Score from which on the shopper's bank is asked (3-D Secure), where the gateway can. */
  @ApiPropertyOptional({ type: 'integer', nullable: true, example: 30 })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(100)
  challengeAt?: number | null;

  /** Score from which on the money is only reserved, and a person decides. */
  @ApiPropertyOptional({ type: 'integer', nullable: true, example: 60 })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(100)
  reviewAt?: number | null;

  /** Score from which on the payment is refused. */
  @ApiPropertyOptional({ type: 'integer', nullable: true, example: 90 })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(100)
  blockAt?: number | null;

  /** Minutes within which a review should be decided. */
  @ApiPropertyOptional({ type: 'integer', default: 240, example: 240 })
  @MayBeAbsent()
  @IsInt()
  @Min(1)
  @Max(10_080)
  reviewDueMinutes?: number;

  /** Hours after which an open review is rejected by itself: before what is reserved lapses, which is after seven days. */
  @ApiPropertyOptional({ type: 'integer', default: 144, example: 144 })
  @MayBeAbsent()
  @IsInt()
  @Min(1)
  @Max(MOST_REVIEW_HOURS)
  rejectAfterHours?: number;
}

export class FraudSettingsView {
  /** @example true */
  enabled: boolean;
  /** @example 30 */
  challengeAt: number | null;
  /** @example 60 */
  reviewAt: number | null;
  /** @example 90 */
  blockAt: number | null;
  /** @example 240 */
  reviewDueMinutes: number;
  /** @example 144 */
  rejectAfterHours: number;
}
