import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import {
  IsBoolean,
  IsIn,
  IsNumber,
  IsString,
  Length,
  Matches,
  Max,
  Min,
  ValidateBy,
  ValidateIf,
} from 'class-validator';
import { isCurrency } from '../../../kernel/money/money';
import { MayBeAbsent } from '../../../kernel/http/may-be-absent';
import { AnyOfNames, IsTime, ListQuery } from '../../../kernel/http/pagination';
import { TRAVEL_SOURCES, type TravelSource } from '../contracts/travel-times';
import { MOST_RADIUS } from '../domain/nearby';
import { KIND_PATTERN, NAME_PATTERN } from '../domain/place';
import type { NearbyPlace } from '../queries/nearby-places';
import { PlaceDetailsView, ToBoolean, ToNumber } from './places.dto';

export const IsCurrencyCode = (): PropertyDecorator =>
  ValidateBy({
    name: 'isCurrency',
    validator: { validate: isCurrency, defaultMessage: () => 'currency must be an ISO 4217 code such as EUR' },
  });

const SORTS = ['distance', 'driving-time'];

export class NearbyPlacesParams extends ListQuery {
  /** @example 47.07 */
  @ToNumber()
  @IsNumber({}, { message: 'lat must be degrees from -90 to 90' })
  @Min(-90)
  @Max(90)
  lat: number;

  /** @example 15.44 */
  @ToNumber()
  @IsNumber({}, { message: 'lng must be degrees from -180 to 180' })
  @Min(-180)
  @Max(180)
  lng: number;

  /** Metres. */
  @ApiPropertyOptional({ type: Number, minimum: 1, maximum: MOST_RADIUS, default: 5000, example: 5000 })
  @ToNumber()
  @IsNumber({}, { message: `radius must be metres from 1 to ${MOST_RADIUS}` })
  @Min(1)
  @Max(MOST_RADIUS)
  radius: number = 5_000;

  @ApiPropertyOptional({
    enum: SORTS,
    default: 'distance',
    example: 'distance',
    description:
      'The nearest first, as the crow flies or by the time that it takes to drive there: then out of the 100 nearest as the crow flies.',
  })
  @MayBeAbsent()
  @IsIn(SORTS, { message: 'sort must be distance or driving-time' })
  declare sort?: string;

  @AnyOfNames(KIND_PATTERN, 'charger')
  kind?: string[];

  /** Open now; places of which no hours are known are left out. */
  @ApiPropertyOptional({ type: Boolean })
  @MayBeAbsent()
  @ToBoolean()
  @IsBoolean()
  openNow?: boolean;

  /** Open at this instant, of which `open` and `nextChange` are told then. */
  @ApiPropertyOptional({ type: String, format: 'date-time' })
  @MayBeAbsent()
  @IsTime()
  openAt?: string;

  /** Stars on average, at least. */
  @ApiPropertyOptional({ type: Number, minimum: 1, maximum: 5 })
  @MayBeAbsent()
  @ToNumber()
  @IsNumber()
  @Min(1)
  @Max(5)
  minRating?: number;

  /** Sells this. Needed beside `maxPrice` and `currency`. */
  @ApiPropertyOptional({ type: String })
  @ValidateIf(({ product, maxPrice, currency }: NearbyPlacesParams) =>
    [product, maxPrice, currency].some((it) => it !== undefined),
  )
  @Matches(NAME_PATTERN, { message: 'product must be a name such as diesel' })
  product?: string;

  /** Minor units of `currency` for one unit of the product, at most. */
  @ApiPropertyOptional({ type: Number, minimum: 0 })
  @MayBeAbsent()
  @ToNumber()
  @IsNumber()
  @Min(0)
  @Max(1e12)
  maxPrice?: number;

  /** ISO 4217; needed beside `maxPrice`. */
  @ApiPropertyOptional({ type: String })
  @ValidateIf(({ maxPrice, currency }: NearbyPlacesParams) => maxPrice !== undefined || currency !== undefined)
  @IsCurrencyCode()
  currency?: string;

  /** Something of this, such as `ccs`, is told to be free. */
  @ApiPropertyOptional({ type: String })
  @MayBeAbsent()
  @Matches(NAME_PATTERN)
  available?: string;

  /** Has all of these. */
  @AnyOfNames(NAME_PATTERN, 'car_wash')
  services?: string[];

  /** Words that are all in the name, the address or the external id. */
  @ApiPropertyOptional({ type: String })
  @MayBeAbsent()
  @IsString()
  @Length(1, 100)
  q?: string;
}

export class PlaceDrivingView {
  /** Null where no way leads there. */
  @ApiProperty({ type: 'integer', nullable: true, example: 95 })
  seconds: number | null;
  @ApiProperty({ type: 'integer', nullable: true, example: 1240 })
  metres: number | null;
  /** Who measured: a server that is configured, the `road` network that is loaded; `great_circle`: nobody. */
  @ApiProperty({ enum: TRAVEL_SOURCES, example: 'road' })
  source: TravelSource;
}

export class NearbyPlaceView extends PlaceDetailsView implements NearbyPlace {
  /**
   * Metres as the crow flies.
   * @example 231.4
   */
  distance: number;
  /** Where it is sorted by driving time. */
  @ApiProperty({ type: () => PlaceDrivingView, nullable: true })
  driving: PlaceDrivingView | null;
}
