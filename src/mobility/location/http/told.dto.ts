import { ApiPropertyOptional, ApiProperty } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  IsDefined,
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsInt,
  IsOptional,
  IsString,
  Length,
  Matches,
  Max,
  Min,
  ValidateNested,
} from 'class-validator';
import { MayBeAbsent } from '../../../kernel/http/may-be-absent';
import { AnyOfNames, IsTime, ListQuery, TimeRange, TimeRangeFilter } from '../../../kernel/http/pagination';
import { KIND_PATTERN, NAME_PATTERN, type PlaceKind } from '../domain/place';
import type { PastPrice } from '../queries/places';
import { IsCurrencyCode } from './nearby.dto';
import { PlaceMoneyView } from './places.dto';

export class PlaceMoneyBody {
  /**
   * Integer minor units.
   * @example 1579
   */
  @IsInt()
  @Min(0)
  @Max(1_000_000_000_000)
  amount: number;

  /**
   * ISO 4217.
   * @example "EUR"
   */
  @IsString()
  @IsCurrencyCode()
  currency: string;
}

export class TellPriceBody {
  /** @example "diesel" */
  @Matches(NAME_PATTERN)
  product: string;

  /** @example "l" */
  @Matches(NAME_PATTERN)
  unit: string;

  /** Units that the price is for: 1.579 a litre is 15.79 for 10. */
  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: 1_000_000, default: 1, example: 10 })
  @MayBeAbsent()
  @IsInt()
  @Min(1)
  @Max(1_000_000)
  quantity?: number;

  @IsDefined()
  @ValidateNested()
  @Type(() => PlaceMoneyBody)
  price: PlaceMoneyBody;
}

export class TellPricesBody {
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(100)
  @ValidateNested({ each: true })
  @Type(() => TellPriceBody)
  prices: TellPriceBody[];

  /** When they held; default now. Older news than what is known goes to the history alone. */
  @ApiPropertyOptional({ type: String, format: 'date-time' })
  @MayBeAbsent()
  @IsTime()
  toldAt?: string;
}

/** Which price of a place is meant. */
export class WithdrawPriceParams {
  /** @example "diesel" */
  @Matches(NAME_PATTERN)
  product: string;

  /** @example "l" */
  @Matches(NAME_PATTERN)
  unit: string;
}

/** Which resource of a place is meant. */
export class WithdrawAvailabilityParams {
  /** @example "ccs" */
  @Matches(NAME_PATTERN)
  resource: string;
}

export class TellResourceBody {
  /** @example "ccs" */
  @Matches(NAME_PATTERN)
  resource: string;

  /** @example 2 */
  @IsInt()
  @Min(0)
  @Max(1_000_000)
  free: number;

  @ApiPropertyOptional({ type: 'integer', minimum: 0, maximum: 1_000_000, nullable: true, example: 4 })
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(1_000_000)
  total?: number | null;
}

export class TellAvailabilityBody {
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(100)
  @ValidateNested({ each: true })
  @Type(() => TellResourceBody)
  resources: TellResourceBody[];

  /** How long it may be believed. */
  @ApiPropertyOptional({ type: 'integer', minimum: 10, maximum: 604_800, default: 900 })
  @MayBeAbsent()
  @IsInt()
  @Min(10)
  @Max(604_800)
  validSeconds?: number;

  /** When it was so; default now. Older news than what is known changes nothing. */
  @ApiPropertyOptional({ type: String, format: 'date-time' })
  @MayBeAbsent()
  @IsTime()
  toldAt?: string;
}

export class ListPlacePricesParams extends ListQuery {
  @AnyOfNames(NAME_PATTERN, 'diesel')
  product?: string[];

  @TimeRangeFilter()
  toldAt?: TimeRange;
}

export class PastPriceView implements PastPrice {
  /** @example "019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c" */
  id: string;
  /** @example "diesel" */
  product: string;
  /** @example "l" */
  unit: string;
  /** @example 10 */
  quantity: number;
  price: PlaceMoneyView;
  /** @example "2026-03-01T12:00:00.000Z" */
  toldAt: string;
}

export class CreatePlaceKindBody {
  /** @example "truck_wash" */
  @Matches(KIND_PATTERN)
  key: string;

  /** @example "Truck wash" */
  @IsString()
  @Length(1, 100)
  name: string;
}

export class PlaceKindView implements PlaceKind {
  /** Null of those that every organization has. */
  @ApiProperty({ type: String, nullable: true, example: '019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c' })
  id: string | null;
  /** @example "truck_wash" */
  key: string;
  /** @example "Truck wash" */
  name: string;
  /** One that every organization has. */
  builtIn: boolean;
}

export class CountedPlaceKindView extends PlaceKindView {
  /** Places of this kind. */
  @ApiProperty({ type: 'integer', example: 12 })
  places: number;
}

export class PlaceKindListView {
  data: CountedPlaceKindView[];
}
