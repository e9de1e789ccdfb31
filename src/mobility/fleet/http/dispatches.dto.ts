import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  ArrayUnique,
  IsArray,
  IsBoolean,
  IsIn,
  IsOptional,
  IsString,
  IsUUID,
  Length,
  Matches,
  ValidateNested,
} from 'class-validator';
import { MayBeAbsent } from '../../../kernel/http/may-be-absent';
import { AnyOf, AnyOfIds, IsTime, ListQuery, TimeRange, TimeRangeFilter } from '../../../kernel/http/pagination';
import { TRAVEL_SOURCES, type TravelSource } from '../../location/contracts/travel-times';
import {
  DISPATCH_ROUTE_STATES,
  DISPATCH_STATES,
  DISPATCH_STOP_STATES,
  type DispatchRouteState,
  type DispatchState,
  type DispatchStopState,
} from '../domain/dispatch';

const STOP_MOVES = ['arrived', 'done', 'failed'] as const;
const UUID = '019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6d';

export class AssignedRouteBody {
  /**
   * The vehicle as the plan calls it; all its routes are given.
   * @example van-1
   */
  @IsString()
  @Length(1, 100)
  planVehicleId: string;

  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6d */
  @IsUUID()
  vehicleId: string;

  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c */
  @IsUUID()
  driverId: string;
}

export class DispatchPlanBody {
  /**
   * The job of `POST /routes/optimize`, which is completed.
   * @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6b
   */
  @IsUUID()
  planId: string;

  /**
   * Second 0 of the plan.
   * @example 2026-03-02T07:00:00Z
   */
  @IsTime()
  startsAt: string;

  /** A stop is done with the name of who took it, and a signature or picture; default false. */
  @MayBeAbsent()
  @IsBoolean()
  proofRequired?: boolean;

  /** Every vehicle that drives in the plan, once; where the plan was dispatched before, those that have stops left. */
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(200)
  @ValidateNested({ each: true })
  @Type(() => AssignedRouteBody)
  routes: AssignedRouteBody[];
}

export class GiveRouteBody {
  /**
   * Default: the vehicle that has it.
   * @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6d
   */
  @MayBeAbsent()
  @IsUUID()
  vehicleId?: string;

  /**
   * Default: the driver who has it.
   * @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c
   */
  @MayBeAbsent()
  @IsUUID()
  driverId?: string;
}

export class StopProofBody {
  /** @example Rita Silva */
  @IsString()
  @Length(1, 120)
  @Matches(/\S/, { message: 'recipientName must not be blank' })
  recipientName: string;

  /** A file that was uploaded: the signature. */
  @ApiPropertyOptional({ type: String, format: 'uuid', nullable: true })
  @IsOptional()
  @IsUUID()
  signatureFileId?: string | null;

  /** Files that were uploaded: pictures. */
  @MayBeAbsent()
  @IsArray()
  @ArrayMaxSize(10)
  @ArrayUnique()
  @IsUUID(undefined, { each: true })
  photoFileIds?: string[];

  @ApiPropertyOptional({ type: String, nullable: true, example: 'Left at the reception' })
  @IsOptional()
  @IsString()
  @Length(1, 1_000)
  note?: string | null;
}

export class MoveStopBody {
  @ApiProperty({ enum: STOP_MOVES, example: 'arrived' })
  @IsIn(STOP_MOVES)
  state: (typeof STOP_MOVES)[number];

  /** Why it failed. */
  @ApiPropertyOptional({ type: String, nullable: true })
  @IsOptional()
  @IsString()
  @Length(1, 500)
  @Matches(/\S/, { message: 'reason must not be blank' })
  reason?: string | null;

  /** Of what is done. */
  @ApiPropertyOptional({ type: StopProofBody, nullable: true })
  @IsOptional()
  @ValidateNested()
  @Type(() => StopProofBody)
  proof?: StopProofBody | null;
}

export class ListDispatchesParams extends ListQuery {
  @AnyOf(DISPATCH_STATES)
  state?: DispatchState[];

  @TimeRangeFilter()
  startsAt?: TimeRange;
}

export class ListDispatchRoutesParams extends ListQuery {
  @AnyOfIds()
  dispatchId?: string[];

  @AnyOfIds()
  vehicleId?: string[];

  @AnyOfIds()
  driverId?: string[];

  @AnyOf(DISPATCH_ROUTE_STATES)
  state?: DispatchRouteState[];

  @TimeRangeFilter()
  startsAt?: TimeRange;
}

export class UndispatchedStopView {
  /** @example belem */
  id: string;
  /** @example capacity */
  reason: string;
}

export class DispatchedRouteView {
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6e */
  id: string;
  vehicleId: string;
  driverId: string;
  @ApiProperty({ enum: DISPATCH_ROUTE_STATES, example: 'under_way' })
  state: DispatchRouteState;
  /** @example 12 */
  stops: number;
  /**
   * Those that are neither done nor failed.
   * @example 7
   */
  open: number;
}

/** A plan that is driven. */
export class DispatchView {
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6a */
  id: string;
  planId: string;
  @ApiProperty({ enum: DISPATCH_STATES, example: 'open' })
  state: DispatchState;
  /** @example 2026-03-02T07:00:00.000Z */
  startsAt: string;
  proofRequired: boolean;
  /** Stops that the plan left out, and why. */
  unassigned: UndispatchedStopView[];
  routes: DispatchedRouteView[];
  createdAt: string;
  closedAt: string | null;
}

export class StopProofView {
  /** @example Rita Silva */
  recipientName: string | null;
  signatureFileId: string | null;
  @ApiProperty({ type: [String], example: [UUID] })
  photoFileIds: string[];
  note: string | null;
}

export class DispatchStopView {
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6f */
  id: string;
  /** @example 1 */
  position: number;
  /**
   * What the plan calls it.
   * @example alfama
   */
  planStop: string;
  @ApiProperty({ enum: ['delivery', 'pickup'], example: 'delivery' })
  kind: 'delivery' | 'pickup';
  /** Null once it is forgotten, two years after the stop; so are name, reason and proof. */
  @ApiProperty({ type: Number, nullable: true, example: 38.7139 })
  lat: number | null;
  @ApiProperty({ type: Number, nullable: true, example: -9.1287 })
  lng: number | null;
  @ApiProperty({ enum: DISPATCH_STOP_STATES, example: 'pending' })
  state: DispatchStopState;
  /** As planned. */
  arriveAt: string;
  /** When service begins: later where the stop opens later. */
  beginAt: string;
  leaveAt: string;
  /** From where the vehicle was last; null where that is not known, or the stop was reached. */
  eta: string | null;
  arrivedAt: string | null;
  closedAt: string | null;
  /** Why it failed. */
  reason: string | null;
  @ApiProperty({ type: StopProofView, nullable: true })
  proof: StopProofView | null;
}

/** What one driver drives with one vehicle. */
export class DispatchRouteView {
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6e */
  id: string;
  dispatchId: string;
  /** @example van-1 */
  planVehicleId: string;
  vehicleId: string;
  /** @example Van 7 */
  vehicleName: string;
  driverId: string;
  /** @example Dora Driver */
  driverName: string;
  @ApiProperty({ enum: DISPATCH_ROUTE_STATES, example: 'assigned' })
  state: DispatchRouteState;
  startsAt: string;
  endsAt: string;
  /**
   * Metres, as planned.
   * @example 24100.5
   */
  distance: number;
  startedAt: string | null;
  finishedAt: string | null;
  /** When times of arrival were reckoned last. */
  etaAt: string | null;
  /** By roads, a provider, or great circles where there is neither. */
  @ApiProperty({ enum: TRAVEL_SOURCES, nullable: true, example: 'road' })
  etaSource: TravelSource | null;
  /** In the order of the plan. */
  stops: DispatchStopView[];
}
