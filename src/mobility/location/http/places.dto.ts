import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform, Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsBoolean,
  IsEmail,
  IsIn,
  IsISO31661Alpha2,
  IsNumber,
  IsOptional,
  IsString,
  IsUrl,
  Length,
  Matches,
  Max,
  MaxLength,
  Min,
  ValidateNested,
} from 'class-validator';
import { MayBeAbsent } from '../../../kernel/http/may-be-absent';
import { AnyOfNames, IsTime, ListQuery } from '../../../kernel/http/pagination';
import { DAYS, MOST_EXCEPTIONS, type Day } from '../domain/opening-hours';
import { KIND_PATTERN, NAME_PATTERN } from '../domain/place';
import type { PlaceAvailability, PlaceDetails, PlacePrice } from '../queries/place-view';

export const ToBoolean = (): PropertyDecorator =>
  Transform(({ value }: { value: unknown }) => (value === 'true' ? true : value === 'false' ? false : value));
/** Reads a decimal number of a query; anything else becomes NaN and fails the validation that follows. */
export const ToNumber = (): PropertyDecorator =>
  Transform(({ value }: { value: unknown }) =>
    typeof value === 'string' ? (/^-?\d{1,12}(?:\.\d{1,20})?$/.test(value) ? Number(value) : NaN) : value,
  );

export const TIME_OF_DAY = /^(?:[01]\d|2[0-3]):[0-5]\d$|^24:00$/;

/** From and to by the clock of the zone; `to` at or before `from` is on the next day, `24:00` ends the day. */
export class PlaceHoursBody {
  /** @example "08:00" */
  @Matches(TIME_OF_DAY)
  from: string;

  /** @example "18:00" */
  @Matches(TIME_OF_DAY)
  to: string;
}

export class PlaceWeekHoursBody extends PlaceHoursBody {
  @ApiProperty({ enum: DAYS, example: 'mo' })
  @IsIn(DAYS)
  day: Day;
}

/** A date on which other hours hold. */
export class PlaceDateHoursBody {
  /** @example "2026-12-24" */
  @Matches(/^\d{4}-\d{2}-\d{2}$/)
  date: string;

  /** None: closed. */
  @IsArray()
  @ArrayMaxSize(12)
  @ValidateNested({ each: true })
  @Type(() => PlaceHoursBody)
  hours: PlaceHoursBody[];
}

export class OpeningHoursBody {
  /**
   * IANA time zone.
   * @example "Europe/Vienna"
   */
  @IsString()
  @Length(3, 64)
  zone: string;

  @MayBeAbsent()
  @IsArray()
  @ArrayMaxSize(84)
  @ValidateNested({ each: true })
  @Type(() => PlaceWeekHoursBody)
  week?: PlaceWeekHoursBody[];

  /** Dates that differ. */
  @MayBeAbsent()
  @IsArray()
  @ArrayMaxSize(MOST_EXCEPTIONS)
  @ValidateNested({ each: true })
  @Type(() => PlaceDateHoursBody)
  exceptions?: PlaceDateHoursBody[];

  /** In place of `week`: hours as OpenStreetMap writes them, such as `Mo-Fr 08:00-18:00; PH off`. What varies over the year is written out for 400 days. */
  @ApiPropertyOptional({ maxLength: 500 })
  @MayBeAbsent()
  @IsString()
  @Length(1, 500)
  osm?: string;
}

export class PlaceAddressBody {
  /** @example "Hauptplatz 1" */
  @IsOptional()
  @IsString()
  @MaxLength(200)
  line1?: string | null;
  /** @example "Graz" */
  @IsOptional()
  @IsString()
  @MaxLength(120)
  city?: string | null;
  /** @example "8010" */
  @IsOptional()
  @IsString()
  @MaxLength(20)
  postalCode?: string | null;
  /** @example "Steiermark" */
  @IsOptional()
  @IsString()
  @MaxLength(120)
  region?: string | null;
  /**
   * ISO 3166-1 alpha-2.
   * @example "AT"
   */
  @IsOptional()
  @IsISO31661Alpha2()
  country?: string | null;
}

/** What a new and a changed place have in common. */
export abstract class PlaceFields {
  @MayBeAbsent()
  @ValidateNested()
  @Type(() => PlaceAddressBody)
  address?: PlaceAddressBody;

  /** @example "+43 316 555010" */
  @IsOptional()
  @IsString()
  @MaxLength(40)
  phone?: string | null;

  /** @example "station@example.com" */
  @IsOptional()
  @IsEmail()
  @MaxLength(254)
  email?: string | null;

  /** @example "https://station.example.com/" */
  @IsOptional()
  @IsUrl({ protocols: ['http', 'https'], require_protocol: true })
  @MaxLength(500)
  website?: string | null;

  @ApiPropertyOptional({ type: () => OpeningHoursBody, nullable: true })
  @IsOptional()
  @ValidateNested()
  @Type(() => OpeningHoursBody)
  openingHours?: OpeningHoursBody | null;

  /**
   * What there is: short names of one's own.
   * @example ["car_wash", "wc"]
   */
  @MayBeAbsent()
  @IsArray()
  @ArrayMaxSize(50)
  @Matches(NAME_PATTERN, { each: true, message: 'services must be names such as car_wash' })
  services?: string[];

  /** Shown to everybody of the organization, customers included; otherwise to those with `places:read`. */
  @ApiPropertyOptional({ type: Boolean, default: false, example: true })
  @MayBeAbsent()
  @IsBoolean()
  listed?: boolean;

  /**
   * Where the place is known from, with its id there: unique together.
   * @example "osm"
   */
  @IsOptional()
  @Matches(NAME_PATTERN)
  source?: string | null;

  /** @example "node/2487912" */
  @IsOptional()
  @IsString()
  @Length(1, 100)
  externalId?: string | null;
}

export class CreatePlaceBody extends PlaceFields {
  /** @example "Station Hauptplatz" */
  @IsString()
  @Length(1, 200)
  @Matches(/\S/, { message: 'name must not be blank' })
  name: string;

  /**
   * `fuel_station`, `charger`, `workshop`, `parking`, `depot`, `shop`, `customer_site`, or a kind of one’s own.
   * @example "fuel_station"
   */
  @Matches(KIND_PATTERN)
  kind: string;

  /** @example 47.0707 */
  @IsNumber()
  @Min(-90)
  @Max(90)
  lat: number;

  /** @example 15.4395 */
  @IsNumber()
  @Min(-180)
  @Max(180)
  lng: number;
}

export class ChangePlaceBody extends PlaceFields {
  /** @example "Station Hauptplatz, Graz" */
  @MayBeAbsent()
  @IsString()
  @Length(1, 200)
  @Matches(/\S/, { message: 'name must not be blank' })
  name?: string;

  @ApiPropertyOptional({ type: String })
  @MayBeAbsent()
  @Matches(KIND_PATTERN)
  kind?: string;

  @ApiPropertyOptional({ type: Number })
  @MayBeAbsent()
  @IsNumber()
  @Min(-90)
  @Max(90)
  lat?: number;

  @ApiPropertyOptional({ type: Number })
  @MayBeAbsent()
  @IsNumber()
  @Min(-180)
  @Max(180)
  lng?: number;
}

export class FindPlaceParams {
  /** Instant of `open` and `nextChange`; default now. */
  @ApiPropertyOptional({ type: String, format: 'date-time' })
  @MayBeAbsent()
  @IsTime()
  at?: string;
}

export class ListPlacesParams extends ListQuery {
  @AnyOfNames(KIND_PATTERN, 'charger')
  kind?: string[];

  @MayBeAbsent()
  @IsString()
  @MaxLength(40)
  source?: string;

  @MayBeAbsent()
  @IsString()
  @MaxLength(100)
  externalId?: string;

  @ApiPropertyOptional({ type: Boolean })
  @MayBeAbsent()
  @ToBoolean()
  @IsBoolean()
  listed?: boolean;
}

export class PlaceAddressView {
  /** @example "Hauptplatz 1" */
  line1: string | null;
  /** @example "Graz" */
  city: string | null;
  /** @example "8010" */
  postalCode: string | null;
  /** @example "Steiermark" */
  region: string | null;
  /** @example "AT" */
  country: string | null;
}

export class PlaceHoursView {
  /** @example "08:00" */
  from: string;
  /** @example "18:00" */
  to: string;
}

export class PlaceWeekHoursView extends PlaceHoursView {
  @ApiProperty({ enum: DAYS, example: 'mo' })
  day: Day;
}

export class PlaceDateHoursView {
  /** @example "2026-12-24" */
  date: string;
  hours: PlaceHoursView[];
}

export class OpeningHoursView {
  /** @example "Europe/Vienna" */
  zone: string;
  week: PlaceWeekHoursView[];
  exceptions: PlaceDateHoursView[];
  /** What they were read from. */
  @ApiProperty({ type: String, nullable: true })
  osm: string | null;
  /** Last date that is written out; of later ones nothing is known. */
  @ApiProperty({ type: String, nullable: true, example: null })
  through: string | null;
}

export class PlaceRatingView {
  /** Stars, of two decimals. */
  @ApiProperty({ type: Number, nullable: true, example: 4.25 })
  average: number | null;
  /** @example 8 */
  count: number;
}

export class PlaceMoneyView {
  /**
   * Integer minor units.
   * @example 1579
   */
  amount: number;
  /** @example "EUR" */
  currency: string;
}

export class PlacePriceView implements PlacePrice {
  /** @example "diesel" */
  product: string;
  /** @example "l" */
  unit: string;
  /**
   * Units that the price is for.
   * @example 10
   */
  quantity: number;
  price: PlaceMoneyView;
  /** @example "2026-03-01T12:00:00.000Z" */
  toldAt: string;
}

export class PlaceAvailabilityView implements PlaceAvailability {
  /** @example "ccs" */
  resource: string;
  /** @example 2 */
  free: number;
  @ApiProperty({ type: 'integer', nullable: true, example: 4 })
  total: number | null;
  /** @example "2026-03-01T12:00:00.000Z" */
  toldAt: string;
  /** @example "2026-03-01T12:15:00.000Z" */
  expiresAt: string;
  /** What was told holds no longer. */
  expired: boolean;
}

export class PlaceDetailsView implements PlaceDetails {
  /** @example "019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c" */
  id: string;
  /** @example "Station Hauptplatz" */
  name: string;
  /** @example "fuel_station" */
  kind: string;
  /** @example 47.0707 */
  lat: number;
  /** @example 15.4395 */
  lng: number;
  address: PlaceAddressView;
  /** @example "+43 316 555010" */
  phone: string | null;
  /** @example "station@example.com" */
  email: string | null;
  /** @example "https://station.example.com/" */
  website: string | null;
  @ApiProperty({ type: () => OpeningHoursView, nullable: true })
  openingHours: OpeningHoursView | null;
  /** Now, or at the time that is asked for; null where it is not known. */
  @ApiProperty({ type: Boolean, nullable: true, example: true })
  open: boolean | null;
  /** When it opens or closes next. */
  @ApiProperty({ type: String, format: 'date-time', nullable: true, example: '2026-03-02T17:00:00.000Z' })
  nextChange: string | null;
  /** @example ["car_wash", "wc"] */
  services: string[];
  listed: boolean;
  /** @example "osm" */
  source: string | null;
  /** @example "node/2487912" */
  externalId: string | null;
  rating: PlaceRatingView;
  /** The latest of each product and unit. */
  prices: PlacePriceView[];
  availability: PlaceAvailabilityView[];
  /** @example 1 */
  version: number;
  /** @example "2026-03-01T12:00:00.000Z" */
  createdAt: string;
  /** @example "2026-03-01T12:00:00.000Z" */
  updatedAt: string;
}
