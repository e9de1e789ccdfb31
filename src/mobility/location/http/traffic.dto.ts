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
import { AnyOf, IsTime, ListQuery } from '../../../kernel/http/pagination';
import { MOST_NAMED_WAYS, MOST_OVERRIDE_WAYS, MOST_RULES } from '../domain/routing/limits';
import { ROAD_CLASSES, type RoadClass } from '../domain/routing/road-tags';
import { WEEK_HOURS } from '../domain/routing/stored-traffic';
import { HOURS, MOST_FACTOR } from '../domain/routing/traffic';
import { OVERRIDE_STATES, type OverrideState } from '../queries/traffic';

const FACTORS = { type: 'number', minimum: 1, maximum: MOST_FACTOR } as const;
const DAY = [1, 1, 1, 1, 1, 1, 1.1, 1.5, 1.8, 1.4, 1.2, 1.2, 1.3, 1.2, 1.2, 1.3, 1.5, 1.8, 1.7, 1.3, 1.1, 1, 1, 1];
const WEEK = Array.from({ length: 7 }, () => DAY).flat();
const AREA = { west: -9.15, south: 38.7, east: -9.13, north: 38.72 };
const WAY_ID = { type: 'integer', minimum: 1, maximum: Number.MAX_SAFE_INTEGER } as const;

/** A box of degrees (WGS 84); roads that touch it are meant. */
export class TrafficAreaBody {
  /** @example -9.15 */
  @IsNumber()
  @Min(-180)
  @Max(180)
  west: number;
  /** @example 38.7 */
  @IsNumber()
  @Min(-90)
  @Max(90)
  south: number;
  /** @example -9.13 */
  @IsNumber()
  @Min(-180)
  @Max(180)
  east: number;
  /** @example 38.72 */
  @IsNumber()
  @Min(-90)
  @Max(90)
  north: number;
}

/** What is told must fit together: kinds, ways and area. Without any, all roads are meant. */
export class TrafficRuleBody {
  /** As OpenStreetMap names them. */
  @ApiPropertyOptional({ enum: ROAD_CLASSES, isArray: true, minItems: 1, maxItems: ROAD_CLASSES.length })
  @MayBeAbsent()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(ROAD_CLASSES.length)
  @IsIn(ROAD_CLASSES, { each: true })
  kinds?: RoadClass[];
  /** Ids of OpenStreetMap ways; at most 1,000 in a profile. */
  @ApiPropertyOptional({ type: 'array', items: WAY_ID, minItems: 1, maxItems: MOST_NAMED_WAYS })
  @MayBeAbsent()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(MOST_NAMED_WAYS)
  @IsInt({ each: true })
  @Min(1, { each: true })
  @Max(Number.MAX_SAFE_INTEGER, { each: true })
  wayIds?: number[];
  @MayBeAbsent()
  @ValidateNested()
  @Type(() => TrafficAreaBody)
  area?: TrafficAreaBody;
  /** How many times longer roads take than without traffic: 24 factors for every day, or 168 from Monday midnight on. */
  @ApiProperty({ type: 'array', items: FACTORS, minItems: HOURS, maxItems: WEEK_HOURS, example: DAY })
  @IsArray()
  @ArrayMinSize(HOURS)
  @ArrayMaxSize(WEEK_HOURS)
  @IsNumber({}, { each: true })
  @Min(1, { each: true })
  @Max(MOST_FACTOR, { each: true })
  hours: number[];
}

export class CreateTrafficProfileBody {
  /** @example Workdays */
  @IsString()
  @Length(1, 100)
  name: string;
  /** IANA time zone of the hours. @example Europe/Lisbon */
  @IsString()
  @Length(1, 64)
  timeZone: string;
  /** Of those that fit a road the last one counts. */
  @ApiProperty({ type: () => [TrafficRuleBody], minItems: 1, maxItems: MOST_RULES, example: [{ hours: DAY }] })
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(MOST_RULES)
  @ValidateNested({ each: true })
  @Type(() => TrafficRuleBody)
  rules: TrafficRuleBody[];
  /** Counts where a question names none; there is one at most. @example true */
  @MayBeAbsent()
  @IsBoolean()
  isDefault?: boolean;
}

export class ChangeTrafficProfileBody {
  /** @example Workdays of summer */
  @MayBeAbsent()
  @IsString()
  @Length(1, 100)
  name?: string;
  @MayBeAbsent()
  @IsString()
  @Length(1, 64)
  timeZone?: string;
  /** All of them anew. */
  @ApiPropertyOptional({ type: () => [TrafficRuleBody], minItems: 1, maxItems: MOST_RULES })
  @MayBeAbsent()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(MOST_RULES)
  @ValidateNested({ each: true })
  @Type(() => TrafficRuleBody)
  rules?: TrafficRuleBody[];
  @MayBeAbsent()
  @IsBoolean()
  isDefault?: boolean;
}

export class TrafficRuleView {
  @ApiPropertyOptional({ enum: ROAD_CLASSES, isArray: true })
  kinds?: readonly string[];
  @ApiPropertyOptional({ type: 'array', items: WAY_ID })
  wayIds?: readonly number[];
  @ApiPropertyOptional({ type: () => TrafficAreaBody })
  area?: TrafficAreaBody;
  /** 168 factors from Monday midnight on. */
  @ApiProperty({ type: 'array', items: FACTORS, minItems: WEEK_HOURS, maxItems: WEEK_HOURS, example: WEEK })
  hours: readonly number[];
}

export class TrafficProfileView {
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c */
  id: string;
  /** @example Workdays */
  name: string;
  /** @example Europe/Lisbon */
  timeZone: string;
  @ApiProperty({ type: () => [TrafficRuleView] })
  rules: TrafficRuleView[];
  isDefault: boolean;
  /** Counts its changes. @example 1 */
  version: number;
  /** @example 2026-03-01T12:00:00.000Z */
  createdAt: string;
  updatedAt: string;
}

export class RoadOverrideFields {
  @ApiPropertyOptional({ enum: ROAD_CLASSES, isArray: true, minItems: 1, maxItems: ROAD_CLASSES.length })
  @MayBeAbsent()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(ROAD_CLASSES.length)
  @IsIn(ROAD_CLASSES, { each: true })
  kinds?: RoadClass[];
  /** Ids of OpenStreetMap ways. */
  @ApiPropertyOptional({ type: 'array', items: WAY_ID, minItems: 1, maxItems: MOST_OVERRIDE_WAYS })
  @MayBeAbsent()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(MOST_OVERRIDE_WAYS)
  @IsInt({ each: true })
  @Min(1, { each: true })
  @Max(Number.MAX_SAFE_INTEGER, { each: true })
  wayIds?: number[];
  @ApiPropertyOptional({ type: () => TrafficAreaBody, nullable: true, example: AREA })
  @IsOptional()
  @ValidateNested()
  @Type(() => TrafficAreaBody)
  area?: TrafficAreaBody | null;
  /** How many times longer it takes; not where it is closed. */
  @ApiPropertyOptional({ type: Number, minimum: 1, maximum: 100, example: 3 })
  @MayBeAbsent()
  @IsNumber()
  @Min(1)
  @Max(100)
  factor?: number;
  @MayBeAbsent()
  @IsBoolean()
  closed?: boolean;
  /** From when on; default: now. */
  @ApiPropertyOptional({ type: String, format: 'date-time' })
  @MayBeAbsent()
  @IsTime()
  from?: string;
  /** Until when; null or absent: no end is known. A road that opens within a day is waited for where no other way is quicker. */
  @ApiPropertyOptional({ type: String, format: 'date-time', nullable: true })
  @IsOptional()
  @IsTime()
  until?: string | null;
}

/** Roads that are slow or closed for a time: ways, an area, or kinds of road in it. */
export class CreateRoadOverrideBody extends RoadOverrideFields {
  /** @example Flooded underpass */
  @IsString()
  @Length(1, 200)
  reason: string;
}

export class ChangeRoadOverrideBody extends RoadOverrideFields {
  /** @example Pumped out, one lane */
  @MayBeAbsent()
  @IsString()
  @Length(1, 200)
  reason?: string;
}

export class ListRoadOverridesParams extends ListQuery {
  @AnyOf(OVERRIDE_STATES)
  state?: OverrideState[];
}

export class RoadOverrideView {
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c */
  id: string;
  @ApiProperty({ type: () => TrafficAreaBody, nullable: true })
  area: TrafficAreaBody | null;
  @ApiProperty({ type: 'array', items: WAY_ID, nullable: true })
  wayIds: number[] | null;
  @ApiProperty({ enum: ROAD_CLASSES, isArray: true, nullable: true })
  kinds: string[] | null;
  /** Null where it is closed. */
  factor: number | null;
  closed: boolean;
  /** @example Flooded underpass */
  reason: string;
  /** @example 2026-03-01T12:00:00.000Z */
  from: string;
  until: string | null;
  @ApiProperty({ enum: OVERRIDE_STATES, example: 'in_force' })
  state: OverrideState;
  /** Counts its changes. @example 1 */
  version: number;
  createdAt: string;
}
