import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsDefined, ArrayMaxSize, ArrayMinSize, IsArray, IsNumber, Max, Min, ValidateNested } from 'class-validator';
import { MayBeAbsent } from '../../../kernel/http/may-be-absent';
import { TRAVEL_SOURCES, type TravelSource } from '../contracts/travel-times';
import { MOST_BANDS, MOST_REACH_METRES, MOST_REACH_MINUTES } from '../domain/routing/limits';
import { TrafficBody, WaypointBody, WaypointView } from './ways.dto';

const RINGS = {
  type: 'array',
  items: {
    type: 'array',
    items: { type: 'array', items: { type: 'array', items: { type: 'number' }, minItems: 2, maxItems: 2 } },
  },
} as const;

const EXAMPLE = [
  [
    [
      [-9.131, 38.712],
      [-9.126, 38.712],
      [-9.126, 38.716],
      [-9.131, 38.712],
    ],
  ],
];

/** Bands are told in minutes or in metres. */
export class IsochronesBody {
  @ApiProperty({ type: () => WaypointBody, example: { lat: 38.7139, lng: -9.1287 } })
  @IsDefined()
  @ValidateNested()
  @Type(() => WaypointBody)
  center: WaypointBody;
  /** Of driving. */
  @ApiPropertyOptional({
    type: 'array',
    items: { type: 'number', minimum: 1, maximum: MOST_REACH_MINUTES },
    minItems: 1,
    maxItems: MOST_BANDS,
    example: [5, 10, 15],
  })
  @MayBeAbsent()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(MOST_BANDS)
  @IsNumber({}, { each: true })
  @Min(1, { each: true })
  @Max(MOST_REACH_MINUTES, { each: true })
  minutes?: number[];
  /** Of road. */
  @ApiPropertyOptional({
    type: 'array',
    items: { type: 'number', minimum: 100, maximum: MOST_REACH_METRES },
    minItems: 1,
    maxItems: MOST_BANDS,
  })
  @MayBeAbsent()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(MOST_BANDS)
  @IsNumber({}, { each: true })
  @Min(100, { each: true })
  @Max(MOST_REACH_METRES, { each: true })
  metres?: number[];
  @MayBeAbsent()
  @ValidateNested()
  @Type(() => TrafficBody)
  traffic?: TrafficBody;
}

export class IsochroneGeometryView {
  /** @example MultiPolygon */
  type: 'MultiPolygon';
  /** Polygons of rings of [lng, lat]; exteriors counter-clockwise, then holes clockwise. */
  @ApiProperty({ ...RINGS, example: EXAMPLE })
  coordinates: [number, number][][][];
}

export class IsochronePropertiesView {
  /** Null where bands are in metres. @example 5 */
  minutes: number | null;
  /** Null where bands are in minutes. */
  metres: number | null;
}

export class IsochroneView {
  /** @example Feature */
  type: 'Feature';
  properties: IsochronePropertiesView;
  geometry: IsochroneGeometryView;
}

/** A GeoJSON FeatureCollection. */
export class IsochronesView {
  /** @example FeatureCollection */
  type: 'FeatureCollection';
  /** Who measured: `valhalla` is a server that is configured, `road` is the network that is loaded; `great_circle` is a guess. */
  @ApiProperty({ enum: TRAVEL_SOURCES })
  source: TravelSource;
  /** Where one sets out. */
  center: WaypointView;
  /** By band, the narrowest first. */
  @ApiProperty({ type: () => [IsochroneView] })
  features: IsochroneView[];
  /** What should be known about the answer. */
  notes: string[];
}
