import { ApiProperty } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsInt,
  IsOptional,
  IsString,
  Length,
  Max,
  Min,
  ValidateNested,
} from 'class-validator';
import { IsTime } from '../../../kernel/http/pagination';
import { MOST_PIECES } from './inventory.dto';

export class BackorderTermsBody {
  /** @example "TEA-100" */
  @IsString()
  @Length(1, 64)
  sku: string;

  /**
   * Most pieces that may be waited for at a time; null or absent: any number.
   * @example 50
   */
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(MOST_PIECES)
  mostBackordered?: number | null;

  /**
   * When pieces beyond the stock are promised; null or absent: nothing is said.
   * @example "2027-01-15T00:00:00Z"
   */
  @IsOptional()
  @IsTime()
  promisedAt?: string | null;
}

export class SaveBackorderTermsBody {
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(500)
  @ValidateNested({ each: true })
  @Type(() => BackorderTermsBody)
  terms: BackorderTermsBody[];
}

export class SavedBackorderTermsView {
  /** @example 1 */
  set: number;
}

export class BackorderView {
  /** @example "TEA-100" */
  sku: string;
  /** Null: any number. */
  @ApiProperty({ type: Number, nullable: true, example: 50 })
  mostBackordered: number | null;
  @ApiProperty({ type: String, nullable: true, example: '2027-01-15T00:00:00.000Z' })
  promisedAt: string | null;
  /**
   * Pieces that are promised and not here yet.
   * @example 12
   */
  backordered: number;
  /**
   * Pieces that are to come.
   * @example 24
   */
  incoming: number;
}
