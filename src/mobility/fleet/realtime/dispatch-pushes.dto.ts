import { ApiProperty } from '@nestjs/swagger';
import { ServerPush } from '../../../kernel/realtime/socket-events';
import {
  DISPATCH_ROUTE_STATES,
  DISPATCH_STOP_STATES,
  type DispatchRouteState,
  type DispatchStopState,
} from '../domain/dispatch';

const TO = 'Staff, and the driver whose route it is.';

/** A route was given to a driver, called off, or something happened at one of its stops. */
@ServerPush('fleet.route-changed', { to: TO })
export class RouteChangedPush {
  routeId: string;
  @ApiProperty({ enum: DISPATCH_ROUTE_STATES, example: 'under_way' })
  state: DispatchRouteState;
  /** Null where it is about the route as a whole. */
  stopId: string | null;
  @ApiProperty({ enum: DISPATCH_STOP_STATES, nullable: true, example: 'arrived' })
  stopState: DispatchStopState | null;
}

export class StopArrivalPush {
  stopId: string;
  /** @example "2026-03-01T16:00:00.000Z" */
  eta: string;
}

/** Where the vehicle is now tells when it reaches the stops that are left. */
@ServerPush('fleet.arrivals-changed', { to: TO })
export class ArrivalsChangedPush {
  routeId: string;
  stops: StopArrivalPush[];
}
