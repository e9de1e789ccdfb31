import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform, Type } from 'class-transformer';
import {
  IsDefined,
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
  ValidateBy,
  ValidateNested,
} from 'class-validator';
import { MayBeAbsent } from '../../../kernel/http/may-be-absent';
import { IsTime } from '../../../kernel/http/pagination';
import {
  METRICS,
  MOST_ITERATIONS,
  MOST_SECONDS,
  MOST_SHIPMENTS,
  MOST_STOPS,
  MOST_VEHICLES,
  type Metric,
} from '../domain/optimization/request';
import {
  MEASURES,
  PLANNERS,
  ROUTE_JOB_STATES,
  UNASSIGNED_REASONS,
  type Measure,
  type Planner,
  type RouteJobState,
  type UnassignedReason,
} from '../contracts/route-plans';

/** Amounts, metres and seconds are numbers up to here. */
const MOST = 1_000_000_000;
const PAIR = { type: 'array', items: { type: 'number', minimum: 0 }, minItems: 2, maxItems: 2 } as const;
const ROWS = { type: 'array', items: { type: 'array', items: { type: 'number', nullable: true } } } as const;

const isAmount = (value: unknown): boolean =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0 && value <= MOST;
const isWindow = (value: unknown): boolean => Array.isArray(value) && value.length === 2 && value.every(isAmount);
const isRow = (value: unknown, width: number): boolean =>
  Array.isArray(value) &&
  value.length <= width &&
  value.every((way) => way === null || (typeof way === 'number' && way >= -1 && way <= MOST));

const Checked = (name: string, message: string, validate: (value: unknown) => boolean): PropertyDecorator =>
  ValidateBy({ name, validator: { validate, defaultMessage: (about) => `${about?.property} ${message}` } });
const IsTimeWindow = (): PropertyDecorator =>
  Checked('isTimeWindow', 'must be two numbers of seconds: from, to', isWindow);
const AreTimeWindows = (): PropertyDecorator =>
  Checked(
    'areTimeWindows',
    'must be up to 20 pairs of seconds: [from, to]',
    (value) => Array.isArray(value) && value.length <= 20 && value.every(isWindow),
  );
const AreAmounts = (): PropertyDecorator =>
  Checked(
    'areAmounts',
    'must be up to 10 amounts from 0 on',
    (value) => Array.isArray(value) && value.length <= 10 && value.every(isAmount),
  );
const IsMatrix = (): PropertyDecorator =>
  Checked('isMatrix', 'must be rows of numbers from 0 on, or null where there is no way', (value) => {
    const most = MOST_STOPS + 2 * MOST_SHIPMENTS + 1;
    return Array.isArray(value) && value.length > 0 && value.length <= most && value.every((row) => isRow(row, most));
  });
const AreSkills = (): PropertyDecorator =>
  Checked(
    'areSkills',
    'must be up to 20 names of up to 50 characters',
    (value) =>
      Array.isArray(value) &&
      value.length <= 20 &&
      value.every((name) => typeof name === 'string' && name.length > 0 && name.length <= 50),
  );

/** GeoJSON writes a position as [lng, lat]. */
const asPlace = ({ value }: { value: unknown }): unknown =>
  Array.isArray(value) && value.length === 2 ? { lng: value[0] as unknown, lat: value[1] as unknown } : value;
const PlaceField = (): PropertyDecorator => (target, key) => {
  for (const decorate of [Transform(asPlace), ValidateNested(), Type(() => RoutePlaceBody)])
    decorate(target, key as string);
};

/** Where something is: `lat` and `lng` in degrees, `x` and `y` in the plane, or a row of `matrix`. */
export class RoutePlaceBody {
  /** @example 38.7169 */
  @MayBeAbsent()
  @IsNumber()
  @Min(-90)
  @Max(90)
  lat?: number;
  /** @example -9.1399 */
  @MayBeAbsent()
  @IsNumber()
  @Min(-180)
  @Max(180)
  lng?: number;
  @MayBeAbsent()
  @IsNumber()
  @Min(-MOST)
  @Max(MOST)
  x?: number;
  @MayBeAbsent()
  @IsNumber()
  @Min(-MOST)
  @Max(MOST)
  y?: number;
  @MayBeAbsent()
  @IsInt()
  @Min(0)
  @Max(MOST)
  index?: number;
}

/** Where and when something is done. */
export class RouteTaskBody {
  @MayBeAbsent()
  @PlaceField()
  location?: RoutePlaceBody;
  @MayBeAbsent()
  @IsNumber()
  @Min(-MOST)
  @Max(MOST)
  x?: number;
  @MayBeAbsent()
  @IsNumber()
  @Min(-MOST)
  @Max(MOST)
  y?: number;
  /** Row of `matrix`; default: row 0 is the depot, then the stops and shipments in order. */
  @MayBeAbsent()
  @IsInt()
  @Min(0)
  @Max(MOST)
  index?: number;
  /** Seconds from the beginning of the plan between which service begins. */
  @ApiPropertyOptional({ ...PAIR, example: [0, 14400] })
  @MayBeAbsent()
  @IsTimeWindow()
  timeWindow?: number[];
  /** Several of them. */
  @ApiPropertyOptional({ type: 'array', items: PAIR, maxItems: 20 })
  @MayBeAbsent()
  @AreTimeWindows()
  timeWindows?: number[][];
  /** @example 300 */
  @MayBeAbsent()
  @IsNumber()
  @Min(0)
  @Max(MOST)
  serviceSeconds?: number;
}

const UnitFields = {
  id: [IsString(), Length(1, 100)],
  demand: [ApiPropertyOptional({ type: [Number], maxItems: 10, example: [2] }), MayBeAbsent(), AreAmounts()],
  skills: [ApiPropertyOptional({ type: [String], maxItems: 20 }), MayBeAbsent(), AreSkills()],
  priority: [MayBeAbsent(), IsInt(), Min(0), Max(100)],
};
const Field =
  (name: keyof typeof UnitFields): PropertyDecorator =>
  (target, key) => {
    for (const decorate of UnitFields[name]) (decorate as PropertyDecorator)(target, key);
  };

/** One visit. */
export class RouteStopBody extends RouteTaskBody {
  /** @example alfama */
  @Field('id')
  id: string;
  /** Amounts, one for each dimension of the vehicles' capacities. */
  @Field('demand')
  demand?: number[];
  /** What a vehicle must be able to. */
  @Field('skills')
  skills?: string[];
  /** Where not all can be served, higher ones are. */
  @Field('priority')
  priority?: number;
  /** A pickup's goods stay on board to the end of the trip. */
  @ApiPropertyOptional({ enum: ['delivery', 'pickup'], default: 'delivery' })
  @MayBeAbsent()
  @IsIn(['delivery', 'pickup'])
  type?: 'delivery' | 'pickup';
}

/** Goods that one vehicle fetches at one place and brings to another. */
export class RouteShipmentBody {
  @Field('id')
  id: string;
  @Field('demand')
  demand?: number[];
  @Field('skills')
  skills?: string[];
  @Field('priority')
  priority?: number;
  @IsDefined()
  @ValidateNested()
  @Type(() => RouteTaskBody)
  pickup: RouteTaskBody;
  @IsDefined()
  @ValidateNested()
  @Type(() => RouteTaskBody)
  delivery: RouteTaskBody;
}

/** A rest, due when the route goes on past the end of its window. */
export class RouteBreakBody {
  /** Between which it begins. */
  @ApiProperty({ ...PAIR, example: [10800, 14400] })
  @IsTimeWindow()
  timeWindow: number[];
  /** @example 1800 */
  @IsNumber()
  @Min(0)
  @Max(MOST)
  seconds: number;
}

export class RouteVehicleBody {
  /** @example van-1 */
  @IsString()
  @Length(1, 100)
  id: string;
  /** What it can carry, in up to ten dimensions. */
  @ApiPropertyOptional({ type: [Number], maxItems: 10, example: [10] })
  @MayBeAbsent()
  @AreAmounts()
  capacity?: number[];
  /** Null: it begins at its first stop. */
  @ApiPropertyOptional({ type: RoutePlaceBody, nullable: true })
  @IsOptional()
  @PlaceField()
  start?: RoutePlaceBody | null;
  /** Default: where it starts. Null: it ends at its last stop. */
  @ApiPropertyOptional({ type: RoutePlaceBody, nullable: true })
  @IsOptional()
  @PlaceField()
  end?: RoutePlaceBody | null;
  /** Shifts, in seconds from the beginning of the plan; in each it may drive one route. */
  @ApiPropertyOptional({ type: 'array', items: PAIR, maxItems: 20, example: [[0, 28800]] })
  @MayBeAbsent()
  @AreTimeWindows()
  timeWindows?: number[][];
  @MayBeAbsent()
  @IsArray()
  @ArrayMaxSize(10)
  @ValidateNested({ each: true })
  @Type(() => RouteBreakBody)
  breaks?: RouteBreakBody[];
  @ApiPropertyOptional({ type: [String], maxItems: 20 })
  @MayBeAbsent()
  @AreSkills()
  skills?: string[];
  /** What using it costs, in units of the objective; in place of `options.fixedCostPerVehicle`. */
  @MayBeAbsent()
  @IsNumber()
  @Min(0)
  @Max(MOST)
  fixedCost?: number;
  /** How often it may leave its start loaded in one shift. */
  @MayBeAbsent()
  @IsInt()
  @Min(1)
  @Max(20)
  maxTrips?: number;
  @MayBeAbsent()
  @IsNumber()
  @Min(0)
  @Max(MOST)
  reloadSeconds?: number;
  @MayBeAbsent()
  @IsInt()
  @Min(1)
  @Max(MOST)
  maxStops?: number;
  /** Of one shift, in metres or the unit of `matrix`. */
  @MayBeAbsent()
  @IsNumber()
  @Min(0)
  @Max(MOST)
  maxDistance?: number;
  /** Of one shift, from leaving to the end. */
  @MayBeAbsent()
  @IsNumber()
  @Min(0)
  @Max(MOST)
  maxSeconds?: number;
}

/** Ways of a plan are measured as they are at one moment. */
export class PlanTrafficBody {
  /** When the plan begins; default: when it is made. @example 2026-03-02T08:15:00Z */
  @MayBeAbsent()
  @IsTime()
  departAt?: string;
  /** Name of a profile that the organization keeps; null: none. Default: the default one. */
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

export class RouteOptionsBody {
  /** How long to search; default 5, or until `iterations` are done. */
  @MayBeAbsent()
  @IsNumber()
  @Min(0.1)
  @Max(MOST_SECONDS)
  seconds?: number;
  /** Same request, same seed, same iterations: same plan. @example 200 */
  @MayBeAbsent()
  @IsInt()
  @Min(1)
  @Max(MOST_ITERATIONS)
  iterations?: number;
  /** @example 1 */
  @MayBeAbsent()
  @IsInt()
  @Min(0)
  @Max(4_294_967_295)
  seed?: number;
  /** How ways are measured where there is no `matrix`; default by the places. Without a road network `road` falls back to `great_circle` and the plan's notes say so. */
  @ApiPropertyOptional({ enum: METRICS })
  @MayBeAbsent()
  @IsIn(METRICS)
  metric?: Metric;
  @ApiPropertyOptional({ enum: ['distance', 'duration'], default: 'distance' })
  @MayBeAbsent()
  @IsIn(['distance', 'duration'])
  objective?: 'distance' | 'duration';
  /** What using a vehicle costs, in units of the objective. A large one makes few vehicles come first. */
  @MayBeAbsent()
  @IsNumber()
  @Min(0)
  @Max(MOST)
  fixedCostPerVehicle?: number;
  /** Speed on great circles; default 50. In the plane a unit takes a second. */
  @MayBeAbsent()
  @IsNumber()
  @Min(1)
  @Max(1_000)
  speedKmh?: number;
  /** How roads are when the plan begins; for ways over the roads that are loaded. */
  @MayBeAbsent()
  @ValidateNested()
  @Type(() => PlanTrafficBody)
  traffic?: PlanTrafficBody;
}

const EXAMPLE = {
  vehicles: [
    { id: 'van-1', capacity: [4], start: { lat: 38.7369, lng: -9.1427 }, timeWindows: [[0, 28800]] },
    { id: 'van-2', capacity: [4], start: { lat: 38.7369, lng: -9.1427 }, timeWindows: [[0, 28800]] },
  ],
  stops: [
    { id: 'alfama', location: { lat: 38.7139, lng: -9.1287 }, demand: [2], timeWindow: [0, 7200], serviceSeconds: 300 },
    { id: 'belem', location: { lat: 38.6972, lng: -9.2064 }, demand: [2], serviceSeconds: 300 },
    { id: 'benfica', location: { lat: 38.7506, lng: -9.2003 }, demand: [3], serviceSeconds: 300 },
  ],
  options: { iterations: 200, seed: 1 },
};

/** What is to be planned. Times are seconds from the beginning of the plan. */
export class OptimizeRoutesBody {
  @ApiProperty({ type: () => [RouteVehicleBody], minItems: 1, maxItems: MOST_VEHICLES, example: EXAMPLE.vehicles })
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(MOST_VEHICLES)
  @ValidateNested({ each: true })
  @Type(() => RouteVehicleBody)
  vehicles: RouteVehicleBody[];

  @ApiProperty({ type: () => [RouteStopBody], maxItems: MOST_STOPS, example: EXAMPLE.stops })
  @IsArray()
  @ArrayMaxSize(MOST_STOPS)
  @ValidateNested({ each: true })
  @Type(() => RouteStopBody)
  stops: RouteStopBody[];

  @ApiPropertyOptional({ type: () => [RouteShipmentBody], maxItems: MOST_SHIPMENTS })
  @MayBeAbsent()
  @IsArray()
  @ArrayMaxSize(MOST_SHIPMENTS)
  @ValidateNested({ each: true })
  @Type(() => RouteShipmentBody)
  shipments?: RouteShipmentBody[];

  /** Distances from each place (row) to each (column); null where there is no way. Also seconds, unless `durations` are given. */
  @ApiPropertyOptional(ROWS)
  @MayBeAbsent()
  @IsMatrix()
  matrix?: (number | null)[][];

  /** Seconds, as the matrix. */
  @ApiPropertyOptional(ROWS)
  @MayBeAbsent()
  @IsMatrix()
  durations?: (number | null)[][];

  @ApiPropertyOptional({ type: () => RouteOptionsBody, example: EXAMPLE.options })
  @MayBeAbsent()
  @ValidateNested()
  @Type(() => RouteOptionsBody)
  options?: RouteOptionsBody;
}

export class RouteJobAskedView {
  /** Where to look: GET /routes/jobs/{id}. @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c */
  jobId: string;
}

const STEPS = ['start', 'delivery', 'pickup', 'reload', 'break', 'end'] as const;

export class PlannedStepView {
  @ApiProperty({ enum: STEPS })
  type: (typeof STEPS)[number];
  stopId: string | null;
  arrival: number;
  /** When service begins. */
  start: number;
  departure: number;
}

export class PlannedRouteView {
  /** @example van-1 */
  vehicleId: string;
  /** Ids in order; a shipment's is there twice. @example ["alfama", "belem"] */
  stops: string[];
  /** The timetable, in seconds from the beginning of the plan. */
  @ApiProperty({ type: () => [PlannedStepView] })
  steps: PlannedStepView[];
  /** Metres, or the unit of the matrix. */
  distance: number;
  /** Seconds from leaving to the end. */
  duration: number;
}

export class UnassignedStopView {
  id: string;
  @ApiProperty({ enum: UNASSIGNED_REASONS })
  reason: UnassignedReason;
}

export class RouteSolutionView {
  @ApiProperty({ type: () => [PlannedRouteView] })
  routes: PlannedRouteView[];
  @ApiProperty({ type: () => [UnassignedStopView] })
  unassigned: UnassignedStopView[];
  distance: number;
  duration: number;
  iterations: number;
  /** By what ways were measured. */
  @ApiProperty({ enum: MEASURES })
  metric: Measure;
  /** Who put the stops in order; `vroom` is a server that is configured. */
  @ApiProperty({ enum: PLANNERS })
  plannedBy: Planner;
  /** What should be known about the plan. */
  notes: string[];
}

export class RouteJobView {
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c */
  id: string;
  @ApiProperty({ enum: ROUTE_JOB_STATES, example: 'completed' })
  state: RouteJobState;
  /** Percent of the budget that is spent. @example 100 */
  progress: number;
  /** The plan; of a cancelled search the best that was found. */
  @ApiProperty({ type: () => RouteSolutionView, nullable: true })
  solution: RouteSolutionView | null;
  /** Why it failed. */
  failure: string | null;
  /** @example 2026-03-01T12:00:00.000Z */
  createdAt: string;
  startedAt: string | null;
  finishedAt: string | null;
}
