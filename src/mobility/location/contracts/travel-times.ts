import { Query } from '@nestjs/cqrs';

/** Degrees, WGS 84. */
export interface LatLng {
  lat: number;
  lng: number;
}

/** Who measured: a provider, the road network that is loaded, or nobody (great circles with a detour, at a constant speed). */
export const TRAVEL_SOURCES = ['osrm', 'valhalla', 'road', 'great_circle'] as const;
export type TravelSource = (typeof TRAVEL_SOURCES)[number];

export interface TravelTimes {
  /** Seconds to each destination, in their order; null where no way leads there. */
  seconds: (number | null)[];
  metres: (number | null)[];
  source: TravelSource;
}

/** How long it takes by car from one place to each of up to 1,000 others. May call a configured provider: never ask inside a transaction. */
export class TravelTimesQuery extends Query<TravelTimes> {
  readonly origin: LatLng;
  readonly destinations: readonly LatLng[];
  /** What the ways chosen are least in; default: time. */
  readonly objective: 'time' | 'distance';

  constructor(asked: { origin: LatLng; destinations: readonly LatLng[]; objective?: 'time' | 'distance' }) {
    super();
    this.origin = asked.origin;
    this.destinations = asked.destinations;
    this.objective = asked.objective ?? 'time';
  }
}
