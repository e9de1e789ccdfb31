import { ApiProperty } from '@nestjs/swagger';
import { IsIn, IsUUID } from 'class-validator';
import { AnyOfIds, IsTime, ListQuery, TimeRange, TimeRangeFilter } from '../../../kernel/http/pagination';
import { DRIVING_EVENTS, type DrivingEventKind } from '../domain/driving';

export class ListFleetTripsParams extends ListQuery {
  @AnyOfIds()
  vehicleId?: string[];

  @AnyOfIds()
  driverId?: string[];

  @TimeRangeFilter()
  startedAt?: TimeRange;
}

export class MakeTripsBody {
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6d */
  @IsUUID()
  vehicleId: string;

  /** @example 2026-03-01T00:00:00Z */
  @IsTime()
  from: string;

  /**
   * At most 7 days later.
   * @example 2026-03-02T00:00:00Z
   */
  @IsTime()
  to: string;
}

export class MadeTripsView {
  /**
   * Trips of the period.
   * @example 4
   */
  trips: number;
}

export class FleetPointView {
  /** @example 48.2 */
  lat: number;
  /** @example 16.37 */
  lng: number;
}

/** A way of a vehicle from one stop to the next. Metres, metres a second. */
export class FleetTripView {
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b70 */
  id: string;
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6d */
  vehicleId: string;
  trackerId: string;
  /** Who was with the vehicle when it began. */
  driverId: string | null;
  /** @example 2026-03-01T12:00:00.000Z */
  startedAt: string;
  /** @example 2026-03-01T12:30:00.000Z */
  endedAt: string;
  /** @example 1800 */
  durationSeconds: number;
  start: FleetPointView;
  end: FleetPointView;
  /** @example 24130.5 */
  distance: number;
  /** @example 13.4 */
  averageSpeed: number;
  /** @example 27.8 */
  maxSpeed: number;
  /** The device was silent on the way: only its ends are known. */
  gap: boolean;
  /** @example 0 */
  harshAcceleration: number;
  /** @example 1 */
  harshBraking: number;
  /** @example 0 */
  harshCornering: number;
  /** @example 40 */
  speedingSeconds: number;
  /** @example 0 */
  idleSeconds: number;
  /** @example 0 */
  nightSeconds: number;
  /** Positions came too seldom to tell harsh driving: that none is listed proves nothing. */
  lowResolution: boolean;
}

export class DrivingEventView {
  @ApiProperty({ enum: DRIVING_EVENTS, example: 'harsh_braking' })
  kind: DrivingEventKind;
  /** @example 2026-03-01T12:10:00.000Z */
  at: string;
  /** @example 2 */
  seconds: number;
  /**
   * g of harsh ones, metres a second of speeding, 0 of idling.
   * @example 0.5
   */
  peak: number;
  /** @example 48.2 */
  lat: number;
  /** @example 16.37 */
  lng: number;
}

export class FleetTripDetailsView extends FleetTripView {
  events: DrivingEventView[];
}

export class DrivingScoresParams {
  @ApiProperty({ enum: ['vehicle', 'driver'], example: 'vehicle' })
  @IsIn(['vehicle', 'driver'])
  by: 'vehicle' | 'driver';

  @ApiProperty({ type: String, format: 'date-time', example: '2026-03-01T00:00:00Z' })
  @IsTime()
  from: string;

  @ApiProperty({ type: String, format: 'date-time', example: '2026-04-01T00:00:00Z' })
  @IsTime()
  to: string;

  @AnyOfIds()
  fleetId?: string[];
}

/** How somebody or something was driven. */
export class DrivingScoreView {
  /** The vehicle or the driver; null: nobody was known to drive. */
  subjectId: string | null;
  /** @example Van 7 */
  name: string | null;
  /** @example 41 */
  trips: number;
  /** @example 812000 */
  metres: number;
  harshAcceleration: number;
  harshBraking: number;
  harshCornering: number;
  speedingSeconds: number;
  idleSeconds: number;
  nightSeconds: number;
  /**
   * 0 to 100; null below 50 km.
   * @example 91.4
   */
  score: number | null;
}

export class DrivingScoresView {
  data: DrivingScoreView[];
}
