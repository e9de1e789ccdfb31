import { Injectable } from '@nestjs/common';
import { Realtime } from '../../../kernel/realtime/realtime';
import type { DispatchRouteState, DispatchStopState } from '../domain/dispatch';

interface RouteChange {
  routeId: string;
  state: DispatchRouteState;
  stopId: string | null;
  stopState: DispatchStopState | null;
}

/** Tells staff, and the driver whose route it is, what happens on it; after the commit. Who misses something reads it. */
@Injectable()
export class DispatchChannel {
  constructor(private readonly realtime: Realtime) {}

  changed(tenantId: string, driverUserId: string | null, change: RouteChange): void {
    this.toCrew(tenantId, driverUserId, 'fleet.route-changed', change);
  }

  /** Tells a driver alone, whose route it is no more. */
  gone(tenantId: string, driverUserId: string | null, change: RouteChange): void {
    if (driverUserId) this.realtime.toUser(tenantId, driverUserId, 'fleet.route-changed', change);
  }

  arrivals(
    tenantId: string,
    driverUserId: string | null,
    routeId: string,
    stops: readonly { id: string; eta: Date }[],
  ): void {
    const told = stops.map(({ id, eta }) => ({ stopId: id, eta: eta.toISOString() }));
    this.toCrew(tenantId, driverUserId, 'fleet.arrivals-changed', { routeId, stops: told });
  }

  private toCrew(tenantId: string, driverUserId: string | null, event: string, payload: object): void {
    this.realtime.toStaff(tenantId, event, payload);
    if (driverUserId) this.realtime.toUser(tenantId, driverUserId, event, payload);
  }
}
