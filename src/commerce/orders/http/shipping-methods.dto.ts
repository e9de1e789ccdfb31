import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsISO31661Alpha2,
  IsOptional,
  IsString,
  IsUUID,
  Length,
  Matches,
  Max,
  Min,
  ValidateNested,
} from 'class-validator';
import { MayBeAbsent } from '../../../kernel/http/may-be-absent';
import { IsCurrencyCode, Trim, Upper } from './fields';
import { OrderMoneyView } from './money.dto';

const MOST = 1_000_000_000_000;

export class ShippingRateBody {
  /**
   * Grams or minor units of the goods, see `rateBy`; the first rate of a zone is from 0.
   * @example 0
   */
  @IsInt()
  @Min(0)
  @Max(MOST)
  from: number;

  /** Minor units; null: it is not offered from there on. */
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(MOST)
  @ApiProperty({ type: 'integer', nullable: true, example: 495 })
  price: number | null;
}

export class ShippingZoneBody {
  /**
   * ISO 3166-1 alpha-2; none: every country.
   * @example ["PT"]
   */
  @IsArray()
  @ArrayMaxSize(250)
  @IsISO31661Alpha2({ each: true, message: 'countries are two-letter codes (ISO 3166-1) such as PT' })
  countries: string[];

  /** Regions as addresses name them; none: all. */
  @ApiPropertyOptional({ type: [String], example: [] })
  @MayBeAbsent()
  @IsArray()
  @ArrayMaxSize(250)
  @IsString({ each: true })
  @Length(1, 120, { each: true })
  regions?: string[];

  /** Beginnings of postal codes; none: all. */
  @ApiPropertyOptional({ type: [String], example: [] })
  @MayBeAbsent()
  @IsArray()
  @ArrayMaxSize(1_000)
  @Matches(/^[A-Za-z0-9][A-Za-z0-9 -]{0,19}$/, { each: true, message: 'postalPrefixes are beginnings of postal codes' })
  postalPrefixes?: string[];

  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(100)
  @ValidateNested({ each: true })
  @Type(() => ShippingRateBody)
  rates: ShippingRateBody[];

  /** From so much goods on, after discounts, it costs nothing; minor units, null: never. */
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(MOST)
  @ApiPropertyOptional({ type: 'integer', nullable: true, example: 5000 })
  freeFrom?: number | null;
}

export class CreateShippingMethodBody {
  /** @example "Parcel" */
  @Trim()
  @IsString()
  @Length(1, 120)
  name: string;

  /**
   * ISO 4217; offered to carts of this currency.
   * @example "EUR"
   */
  @Upper()
  @IsCurrencyCode()
  currency: string;

  /** What the rates go by: the weight in grams, or the goods in minor units. */
  @ApiProperty({ enum: ['weight', 'price'], example: 'weight' })
  @IsIn(['weight', 'price'])
  rateBy: 'weight' | 'price';

  /** The zone that names the destination most closely counts: by postal code, region, country, or everywhere. */
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(250)
  @ValidateNested({ each: true })
  @Type(() => ShippingZoneBody)
  zones: ShippingZoneBody[];

  /** Lower ones are offered first. */
  @ApiPropertyOptional({ type: 'integer', default: 0 })
  @MayBeAbsent()
  @IsInt()
  @Min(-1000)
  @Max(1000)
  position?: number;

  /** False takes it out of use. */
  @ApiPropertyOptional({ default: true })
  @MayBeAbsent()
  @IsBoolean()
  active?: boolean;
}

export class ChangeShippingMethodBody {
  /** @example "Parcel" */
  @MayBeAbsent()
  @Trim()
  @IsString()
  @Length(1, 120)
  name?: string;

  @ApiPropertyOptional({ enum: ['weight', 'price'] })
  @MayBeAbsent()
  @IsIn(['weight', 'price'])
  rateBy?: 'weight' | 'price';

  /** All zones, in the place of the present ones. */
  @MayBeAbsent()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(250)
  @ValidateNested({ each: true })
  @Type(() => ShippingZoneBody)
  zones?: ShippingZoneBody[];

  @MayBeAbsent()
  @IsInt()
  @Min(-1000)
  @Max(1000)
  position?: number;

  @MayBeAbsent()
  @IsBoolean()
  active?: boolean;
}

export class ShippingZoneView {
  countries: string[];
  regions: string[];
  postalPrefixes: string[];
  rates: ShippingRateBody[];
  @ApiProperty({ type: 'integer', nullable: true, example: 5000 })
  freeFrom: number | null;
}

export class ShippingMethodDetailsView {
  /** @example "019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c" */
  id: string;
  /** @example "Parcel" */
  name: string;
  active: boolean;
  position: number;
  /** @example "EUR" */
  currency: string;
  @ApiProperty({ enum: ['weight', 'price'], example: 'weight' })
  rateBy: 'weight' | 'price';
  @ApiProperty({ type: [ShippingZoneView] })
  zones: ShippingZoneView[];
  version: number;
  createdAt: string;
}

export class ShippingOfferView {
  id: string;
  /** @example "Parcel" */
  name: string;
  price: OrderMoneyView;
  chosen: boolean;
}

export class ShippingOfferListView {
  @ApiProperty({ type: [ShippingOfferView] })
  data: ShippingOfferView[];
}

export class ChooseShippingMethodBody {
  /** @example "019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c" */
  @IsUUID()
  methodId: string;
}
