import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  IsUUID,
  Length,
  Matches,
  Max,
  MaxLength,
  Min,
  ValidateNested,
} from 'class-validator';
import { MayBeAbsent } from '../../../kernel/http/may-be-absent';
import { IsTime, ListQuery } from '../../../kernel/http/pagination';
import type { PromotionKind } from '../domain/promotions';
import { ToBoolean, Trim } from './fields';
import { AmountBody, OrderMoneyView } from './money.dto';

const KINDS: PromotionKind[] = ['percentage', 'amount', 'buy_x_get_y', 'free_shipping'];
const MOST_USES = 1_000_000_000;

/** What may be changed later, too. */
export class CouponTermsBody {
  /** First moment of validity; null: at once. */
  @ApiPropertyOptional({ type: String, nullable: true, example: '2026-01-01T00:00:00Z' })
  @IsOptional()
  @IsTime()
  startsAt?: string | null;

  /** First moment that it is not valid any more; null: for ever. */
  @ApiPropertyOptional({ type: String, nullable: true, example: null })
  @IsOptional()
  @IsTime()
  endsAt?: string | null;

  /** Orders that may use it in all; null: any number. */
  @ApiPropertyOptional({ type: 'integer', nullable: true, example: 100 })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(MOST_USES)
  usageLimit?: number | null;

  /** Orders of one customer that may use it; null: any number. */
  @ApiPropertyOptional({ type: 'integer', nullable: true, example: 1 })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(MOST_USES)
  customerLimit?: number | null;

  /** False: it applies alone, where that saves the shopper more than the others together. */
  @ApiPropertyOptional({ default: true })
  @MayBeAbsent()
  @IsBoolean()
  combinable?: boolean;

  /** Lower ones apply first; each takes its part of what those before it left. */
  @ApiPropertyOptional({ type: 'integer', default: 0 })
  @MayBeAbsent()
  @IsInt()
  @Min(-1000)
  @Max(1000)
  priority?: number;

  /** False takes it out of use. */
  @ApiPropertyOptional({ default: true })
  @MayBeAbsent()
  @IsBoolean()
  active?: boolean;
}

export class CreateCouponBody extends CouponTermsBody {
  /**
   * What shoppers are told that it is.
   * @example "Spring sale"
   */
  @Trim()
  @IsString()
  @Length(1, 120)
  name: string;

  /** What shoppers enter, in any case; absent: it applies to every cart by itself. */
  @ApiPropertyOptional({ type: String, nullable: true, example: 'SPRING-10' })
  @Trim()
  @IsOptional()
  @Matches(/^[A-Za-z0-9][A-Za-z0-9_-]{1,39}$/, { message: 'code must be 2 to 40 letters, digits, - or _' })
  code?: string | null;

  /** `buy_x_get_y`: of every so many pieces the cheapest ones are free, or cost less by `basisPoints`. */
  @ApiProperty({ enum: KINDS, example: 'percentage' })
  @IsIn(KINDS)
  kind: PromotionKind;

  /**
   * 1000 is 10 %.
   * @example 1000
   */
  @MayBeAbsent()
  @IsInt()
  @Min(1)
  @Max(10_000)
  basisPoints?: number;

  /** For kind `amount`. */
  @MayBeAbsent()
  @ValidateNested()
  @Type(() => AmountBody)
  amount?: AmountBody;

  @MayBeAbsent()
  @IsInt()
  @Min(1)
  @Max(1_000)
  buyQuantity?: number;

  @MayBeAbsent()
  @IsInt()
  @Min(1)
  @Max(1_000)
  getQuantity?: number;

  /** What price × quantity of the lines it is for must reach. */
  @MayBeAbsent()
  @ValidateNested()
  @Type(() => AmountBody)
  minimum?: AmountBody;

  /** The products it is for; none and no categories: all. */
  @MayBeAbsent()
  @IsArray()
  @ArrayMaxSize(500)
  @IsUUID(undefined, { each: true })
  productIds?: string[];

  /** The categories it is for. */
  @MayBeAbsent()
  @IsArray()
  @ArrayMaxSize(500)
  @IsUUID(undefined, { each: true })
  categoryIds?: string[];

  /** Only for signed-in customers in one of these groups; none: for everybody. */
  @MayBeAbsent()
  @IsArray()
  @ArrayMaxSize(100)
  @IsUUID(undefined, { each: true })
  customerGroupIds?: string[];

  /** Only for customers who ordered nothing before; each uses it once. */
  @ApiPropertyOptional({ default: false })
  @MayBeAbsent()
  @IsBoolean()
  firstOrder?: boolean;
}

export class ChangeCouponBody extends CouponTermsBody {
  /** @example "Spring sale" */
  @MayBeAbsent()
  @Trim()
  @IsString()
  @Length(1, 120)
  name?: string;
}

export class ListCouponsParams extends ListQuery {
  @ApiPropertyOptional({ example: 'SPRING-10' })
  @Trim()
  @MayBeAbsent()
  @IsString()
  @MaxLength(40)
  code?: string;

  @ApiPropertyOptional({ type: Boolean })
  @ToBoolean()
  @MayBeAbsent()
  @IsBoolean()
  active?: boolean;
}

export class CouponDetailsView {
  /** @example "019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c" */
  id: string;
  /** @example "Spring sale" */
  name: string;
  @ApiProperty({ type: String, nullable: true, example: 'SPRING-10' })
  code: string | null;
  @ApiProperty({ enum: KINDS, example: 'percentage' })
  kind: PromotionKind;
  @ApiProperty({ type: 'integer', nullable: true, example: 1000 })
  basisPoints: number | null;
  @ApiProperty({ type: OrderMoneyView, nullable: true })
  amount: OrderMoneyView | null;
  @ApiProperty({ type: 'integer', nullable: true, example: null })
  buyQuantity: number | null;
  @ApiProperty({ type: 'integer', nullable: true, example: null })
  getQuantity: number | null;
  @ApiProperty({ type: OrderMoneyView, nullable: true })
  minimum: OrderMoneyView | null;
  productIds: string[];
  categoryIds: string[];
  customerGroupIds: string[];
  firstOrder: boolean;
  combinable: boolean;
  priority: number;
  @ApiProperty({ type: String, nullable: true })
  startsAt: string | null;
  @ApiProperty({ type: String, nullable: true })
  endsAt: string | null;
  @ApiProperty({ type: 'integer', nullable: true, example: 100 })
  usageLimit: number | null;
  @ApiProperty({ type: 'integer', nullable: true, example: 1 })
  customerLimit: number | null;
  /**
   * Orders that use it; cancelled ones give their use back.
   * @example 0
   */
  used: number;
  active: boolean;
  version: number;
  createdAt: string;
}

export class AddCartCouponBody {
  /**
   * In any case.
   * @example "SPRING-10"
   */
  @IsString()
  @Length(1, 60)
  code: string;
}
