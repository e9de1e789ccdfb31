import { Query } from '@nestjs/cqrs';
import type { RouteJobFacts } from './route-plans';
import type { LatLng } from './travel-times';

/** Where something of a plan is brought to, or fetched; null where that is not asked, or was told without coordinates. */
export interface PlannedPlaces {
  stopId: string;
  delivery: LatLng | null;
  pickup: LatLng | null;
}

/** A plan of routes with the places that it was asked for. @throws AppError not-found `location.route-job-not-found` */
export class RoutePlanPlacesQuery extends Query<{ plan: RouteJobFacts; places: PlannedPlaces[] }> {
  constructor(readonly request: { id: string }) {
    super();
  }
}
