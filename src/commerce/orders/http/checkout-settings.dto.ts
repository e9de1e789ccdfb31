import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsISO31661Alpha2,
  IsOptional,
  IsString,
  Length,
  Matches,
  Max,
  Min,
  ValidateNested,
} from 'class-validator';
import { ApiProperty } from '@nestjs/swagger';
import { Trim, Upper } from './fields';

const CATEGORY = /^[a-z0-9][a-z0-9_-]{0,39}$/;
const CATEGORY_SAID = { message: 'a tax category is a short name such as standard or books' };

export class TaxRateBody {
  /**
   * ISO 3166-1 alpha-2.
   * @example "PT"
   */
  @Upper()
  @IsISO31661Alpha2({ message: 'country must be a two-letter code (ISO 3166-1) such as PT' })
  country: string;

  /**
   * Tax category of the goods; what names none is `standard`.
   * @example "standard"
   */
  @Matches(CATEGORY, CATEGORY_SAID)
  category: string;

  /**
   * What the tax is called on a receipt; several of one category are all taken on the net.
   * @example "IVA"
   */
  @Trim()
  @IsString()
  @Length(1, 60)
  name: string;

  /**
   * 2300 is 23 %.
   * @example 2300
   */
  @IsInt()
  @Min(0)
  @Max(10_000)
  basisPoints: number;
}

export class SaveCheckoutSettingsBody {
  /**
   * True where the prices of the catalogue and of shipping hold their tax already.
   * @example false
   */
  @IsBoolean()
  pricesIncludeTax: boolean;

  /**
   * What is rounded where a price that holds its tax is taken apart: its net or its tax.
   * @example "net"
   */
  @IsIn(['net', 'tax'])
  @ApiProperty({ enum: ['net', 'tax'], example: 'net' })
  inclusiveRounding: 'net' | 'tax';

  /** @example "standard" */
  @Matches(CATEGORY, CATEGORY_SAID)
  shippingTaxCategory: string;

  /** Where a cart is assumed to go while it does not say; null: nowhere, so that it shows no tax. */
  @Upper()
  @IsOptional()
  @IsISO31661Alpha2({ message: 'defaultCountry must be a two-letter code (ISO 3166-1) such as PT' })
  @ApiProperty({ type: String, nullable: true, example: null })
  defaultCountry: string | null;

  /** All rates of the shop; a sale to a country without one is not taxed. */
  @IsArray()
  @ArrayMaxSize(1_000)
  @ValidateNested({ each: true })
  @Type(() => TaxRateBody)
  taxRates: TaxRateBody[];
}

export class CheckoutSettingsView extends SaveCheckoutSettingsBody {
  /**
   * Counts the changes.
   * @example 1
   */
  version: number;
}
