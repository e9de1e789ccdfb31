import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsInt, IsString, IsUUID, Max, MaxLength, Min } from 'class-validator';
import { AnyOf, ListQuery, ToInt } from '../../../kernel/http/pagination';
import type { HappeningKind, HappeningView } from '../queries/customer-timeline';
import type { DuplicateReason, DuplicatesView } from '../queries/duplicates';
import { MayBeAbsent } from '../../../kernel/http/may-be-absent';

const REASONS = ['email', 'phone', 'name_address'] as const;
const KINDS = [
  'created',
  'consent-given',
  'consent-withdrawn',
  'merged',
  'order-placed',
  'order-paid',
  'order-fulfilled',
  'order-cancelled',
] as const;

export class MergeCustomersBody {
  /**
   * The customer that is no more afterwards.
   * @example "019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c"
   */
  @IsUUID()
  mergedId: string;
}

export class ListDuplicatesParams extends ListQuery {
  @AnyOf(REASONS)
  reason?: DuplicateReason[];
}

export class DuplicateCustomerView {
  /** @example "019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c" */
  id: string;
  /** @example "Ann Devon" */
  name: string;
  /** @example "ann@example.com" */
  email: string | null;
  /** @example "+44 171 5550297" */
  phone: string | null;
  /** @example null */
  userId: string | null;
  /** @example "2026-03-01T12:00:00.000Z" */
  createdAt: string;
}

export class CustomerDuplicatesView implements DuplicatesView {
  /** What they have in common. */
  @ApiProperty({ enum: REASONS, example: 'phone' })
  reason: DuplicateReason;
  /**
   * How many they are; at most 20 are shown.
   * @example 2
   */
  count: number;
  /** The oldest first. */
  customers: DuplicateCustomerView[];
}

export class TimelineParams {
  /** Rows of a page. */
  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: 100, default: 20, description: 'Rows of a page.' })
  @ToInt()
  @IsInt({ message: 'limit must be a whole number from 1 to 100' })
  @Min(1)
  @Max(100)
  limit: number = 20;

  /** `page.nextCursor` of the page before. */
  @ApiPropertyOptional({ description: '`page.nextCursor` of the page before.' })
  @MayBeAbsent()
  @IsString()
  @MaxLength(2048)
  cursor?: string;
}

export class HappeningTotalView {
  /**
   * Minor units.
   * @example 4590
   */
  amount: number;
  /** @example "EUR" */
  currency: string;
}

export class CustomerHappeningView implements HappeningView {
  @ApiProperty({ enum: KINDS, example: 'order-paid' })
  kind: HappeningKind;
  /** @example "2026-03-01T12:00:00.000000Z" */
  at: string;
  /**
   * The order, consent or merged customer that it is about.
   * @example "019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c"
   */
  subjectId: string | null;
  /**
   * Number of the order, purpose of the consent, name of the merged customer.
   * @example "1001"
   */
  label: string | null;
  /** Total of the order. */
  total: HappeningTotalView | null;
}
