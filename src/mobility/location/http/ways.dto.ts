import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsNumber,
  IsOptional,
  IsString,
  Length,
  Max,
  Min,
  ValidateNested,
} from 'class-validator';
import { MayBeAbsent } from '../../../kernel/http/may-be-absent';
import { IsTime } from '../../../kernel/http/pagination';
import { OBJECTIVES, STEP_TYPES, TURNS, type Objective, type StepType, type Turn } from '../contracts/routes';
import { TRAVEL_SOURCES, type TravelSource } from '../contracts/travel-times';
import { MOST_ALTERNATIVES, MOST_DESTINATIONS, MOST_SLOW_ROADS, MOST_WAYPOINTS } from '../domain/routing/limits';
import { ROAD_CLASSES } from '../domain/routing/road-tags';
import { HOURS, MOST_FACTOR } from '../domain/routing/traffic';

const ROAD_KINDS = ['all', ...ROAD_CLASSES] as const;
type RoadKind = (typeof ROAD_KINDS)[number];

const POSITION = { type: 'array', items: { type: 'number' }, minItems: 2, maxItems: 2 } as const;
const NUMBERS = { type: 'array', items: { type: 'array', items: { type: 'number', nullable: true } } } as const;

/** A place, in degrees (WGS 84). */
export class WaypointBody {
  /** @example 38.7139 */
  @IsNumber()
  @Min(-90)
  @Max(90)
  lat: number;
  /** @example -9.1287 */
  @IsNumber()
  @Min(-180)
  @Max(180)
  lng: number;
}

/** What driving costs, in any unit of money; for the objective `cost`. */
export class PricesBody {
  /** @example 0.3 */
  @IsNumber()
  @Min(0)
  @Max(10_000)
  perKm: number;
  /** @example 25 */
  @IsNumber()
  @Min(0)
  @Max(10_000)
  perHour: number;
}

/** Of one kind of road. */
export class RoadFactorsBody {
  /** As OpenStreetMap names it; `all`: those that are not named. */
  @ApiProperty({ enum: ROAD_KINDS, example: 'all' })
  @IsIn(ROAD_KINDS)
  kind: RoadKind;
  /** From midnight on: how many times longer roads take than without traffic, 1 to 10. */
  @ApiProperty({
    type: 'array',
    items: { type: 'number', minimum: 1, maximum: MOST_FACTOR },
    minItems: HOURS,
    maxItems: HOURS,
    example: [1, 1, 1, 1, 1, 1, 1.1, 1.5, 1.8, 1.4, 1.2, 1.2, 1.3, 1.2, 1.2, 1.3, 1.5, 1.8, 1.7, 1.3, 1.1, 1, 1, 1],
  })
  @IsArray()
  @ArrayMinSize(HOURS)
  @ArrayMaxSize(HOURS)
  @IsNumber({}, { each: true })
  @Min(1, { each: true })
  @Max(MOST_FACTOR, { each: true })
  hours: number[];
}

/** The stretch of road at a place, both directions, as it is now. */
export class RoadNowBody extends WaypointBody {
  /** How many times longer it takes. @example 3 */
  @MayBeAbsent()
  @IsNumber()
  @Min(1)
  @Max(100)
  factor?: number;
  @MayBeAbsent()
  @IsBoolean()
  closed?: boolean;
}

/** How roads are when they are driven, on top of what the organization keeps. It counts on the roads that are loaded. */
export class TrafficBody {
  /** When one sets out; default: now. @example 2026-03-02T08:15:00Z */
  @MayBeAbsent()
  @IsTime()
  departAt?: string;
  /** Minutes that the clocks along the road are ahead of UTC. @example 60 */
  @MayBeAbsent()
  @IsInt()
  @Min(-840)
  @Max(840)
  utcOffsetMinutes?: number;
  @MayBeAbsent()
  @IsArray()
  @ArrayMaxSize(ROAD_KINDS.length)
  @ValidateNested({ each: true })
  @Type(() => RoadFactorsBody)
  factors?: RoadFactorsBody[];
  @MayBeAbsent()
  @IsArray()
  @ArrayMaxSize(MOST_SLOW_ROADS)
  @ValidateNested({ each: true })
  @Type(() => RoadNowBody)
  roads?: RoadNowBody[];
  /** Name of a profile that the organization keeps; null: none. Default: the default one, where no `factors` are told. */
  @ApiPropertyOptional({ type: String, nullable: true })
  @IsOptional()
  @IsString()
  @Length(1, 100)
  profile?: string | null;
  /** Do roads count that the organization keeps as slow or closed? */
  @ApiPropertyOptional({ type: Boolean, default: true })
  @MayBeAbsent()
  @IsBoolean()
  overrides?: boolean;
}

/** What is to be least, and how roads are. */
export class HowBody {
  /** What is to be least. */
  @ApiPropertyOptional({ enum: OBJECTIVES, default: 'time' })
  @MayBeAbsent()
  @IsIn(OBJECTIVES)
  objective?: Objective;
  @MayBeAbsent()
  @ValidateNested()
  @Type(() => PricesBody)
  prices?: PricesBody;
  @MayBeAbsent()
  @ValidateNested()
  @Type(() => TrafficBody)
  traffic?: TrafficBody;
}

export class PlanRouteBody extends HowBody {
  @ApiProperty({
    type: () => [WaypointBody],
    minItems: 2,
    maxItems: MOST_WAYPOINTS,
    example: [
      { lat: 38.7139, lng: -9.1287 },
      { lat: 38.6972, lng: -9.2064 },
    ],
  })
  @IsArray()
  @ArrayMinSize(2)
  @ArrayMaxSize(MOST_WAYPOINTS)
  @ValidateNested({ each: true })
  @Type(() => WaypointBody)
  waypoints: WaypointBody[];
  /** So many further routes, where there are any: at least 30 % different and at most 1.3 times as dear, judged from the first waypoint to the last. @example 1 */
  @MayBeAbsent()
  @IsInt()
  @Min(0)
  @Max(MOST_ALTERNATIVES)
  alternatives?: number;
}

export class TravelMatrixBody extends HowBody {
  @ApiProperty({
    type: () => [WaypointBody],
    minItems: 1,
    maxItems: MOST_DESTINATIONS,
    example: [
      { lat: 38.7139, lng: -9.1287 },
      { lat: 38.6972, lng: -9.2064 },
    ],
  })
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(MOST_DESTINATIONS)
  @ValidateNested({ each: true })
  @Type(() => WaypointBody)
  origins: WaypointBody[];
  /** Default: the origins. At most 10,000 pairs. */
  @ApiPropertyOptional({ type: () => [WaypointBody], minItems: 1, maxItems: MOST_DESTINATIONS })
  @MayBeAbsent()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(MOST_DESTINATIONS)
  @ValidateNested({ each: true })
  @Type(() => WaypointBody)
  destinations?: WaypointBody[];
}

export class RouteLineView {
  /** @example LineString */
  type: 'LineString';
  /** [lng, lat] in degrees. */
  @ApiProperty({
    type: 'array',
    items: POSITION,
    example: [
      [-9.1287, 38.7139],
      [-9.2064, 38.6972],
    ],
  })
  coordinates: [number, number][];
}

export class RouteStepView {
  @ApiProperty({ enum: STEP_TYPES })
  type: StepType;
  @ApiProperty({ enum: TURNS, nullable: true, type: String })
  turn: Turn | null;
  /** Exit of a roundabout, counted from 1. */
  exit: number | null;
  /** The road from here on. @example Rua da Prata */
  name: string;
  /** @example Turn left onto Rua da Prata */
  instruction: string;
  /** Of the road to the next step. */
  metres: number;
  seconds: number;
  /** [lng, lat] in degrees. */
  @ApiProperty({ ...POSITION, example: [-9.1287, 38.7139] })
  location: [number, number];
}

export class RouteLegView {
  metres: number;
  seconds: number;
  @ApiProperty({ type: () => [RouteStepView] })
  steps: RouteStepView[];
}

export class PlannedWayView {
  metres: number;
  seconds: number;
  /** Null where cost is not the objective. */
  cost: number | null;
  /** From each waypoint to the next. */
  @ApiProperty({ type: () => [RouteLegView] })
  legs: RouteLegView[];
  geometry: RouteLineView;
}

export class WaypointView {
  /** Where on the road it was put. */
  lat: number;
  lng: number;
  /** Null where no road is known. */
  metresFromRoad: number | null;
}

export class RouteView {
  /** Who measured: `osrm` and `valhalla` are servers that are configured, `road` is the network that is loaded; `great_circle` is a guess. */
  @ApiProperty({ enum: TRAVEL_SOURCES })
  source: TravelSource;
  /** The best one first. */
  @ApiProperty({ type: () => [PlannedWayView] })
  routes: PlannedWayView[];
  @ApiProperty({ type: () => [WaypointView] })
  waypoints: WaypointView[];
  /** What should be known about the answer. */
  notes: string[];
}

export class TravelMatrixView {
  /** Who measured: `osrm` and `valhalla` are servers that are configured, `road` is the network that is loaded; `great_circle` is a guess. */
  @ApiProperty({ enum: TRAVEL_SOURCES })
  source: TravelSource;
  /** By origin, then destination; null where no way leads. */
  @ApiProperty(NUMBERS)
  seconds: (number | null)[][];
  @ApiProperty(NUMBERS)
  metres: (number | null)[][];
  /** What should be known about the answer. */
  notes: string[];
}
