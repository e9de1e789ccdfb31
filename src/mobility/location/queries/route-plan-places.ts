import { QueryBus, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Database } from '../../../kernel/database/database';
import { RoutePlanPlacesQuery, type PlannedPlaces } from '../contracts/route-plan-places';
import { FindRouteJobQuery, type RouteJobFacts } from '../contracts/route-plans';
import type { LatLng } from '../contracts/travel-times';
import type { RequestedPlace, RouteRequest } from '../domain/optimization/request';

const onEarth = (place?: RequestedPlace): LatLng | null =>
  place?.lat !== undefined && place.lng !== undefined ? { lat: place.lat, lng: place.lng } : null;

@QueryHandler(RoutePlanPlacesQuery)
export class RoutePlanPlacesHandler implements IQueryHandler<RoutePlanPlacesQuery> {
  constructor(
    private readonly database: Database,
    private readonly queries: QueryBus,
  ) {}

  async execute({ request: { id } }: RoutePlanPlacesQuery): Promise<{ plan: RouteJobFacts; places: PlannedPlaces[] }> {
    const plan = await this.queries.execute(new FindRouteJobQuery({ id }));
    const [row] = await this.database.read<Pick<RouteRequest, 'stops' | 'shipments'>>(
      `select request->'stops' as stops, request->'shipments' as shipments from location.route_jobs
       where tenant_id = kernel.tenant_id() and id = $1`,
      [id],
    );
    const places = [
      ...(row?.stops ?? []).map(({ id: stopId, type, location }): PlannedPlaces => {
        const [delivery, pickup] = type === 'pickup' ? [null, onEarth(location)] : [onEarth(location), null];
        return { stopId, delivery, pickup };
      }),
      ...(row?.shipments ?? []).map(({ id: stopId, pickup, delivery }): PlannedPlaces => ({
        ...{ stopId, delivery: onEarth(delivery.location), pickup: onEarth(pickup.location) },
      })),
    ];
    return { plan, places };
  }
}
