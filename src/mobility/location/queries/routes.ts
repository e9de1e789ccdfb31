import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Clock } from '../../../kernel/clock/clock';
import { Ways } from '../adapters/ways';
import type { Objective, Prices, RoadTraffic, RouteAnswer } from '../contracts/routes';
import type { LatLng, TravelSource } from '../contracts/travel-times';
import { routeQuestionInvalid } from '../domain/route.errors';
import { NONE } from '../domain/routing/graph';
import type { Polygons } from '../domain/routing/contour';
import { MOST_PAIRS } from '../domain/routing/limits';
import { TrafficBook } from './traffic-book';

/** Money for a kilometre and an hour, where nobody says: fuel and wear, and a driver. */
const PRICES: Prices = { perKm: 0.3, perHour: 25 };

/** Traffic as it is told in a question. */
export interface TrafficTold {
  /** RFC 3339; default: now. */
  departAt?: string;
  utcOffsetMinutes?: number;
  factors?: readonly { kind: string; hours: readonly number[] }[];
  roads?: readonly (LatLng & { factor?: number; closed?: boolean })[];
  /** Name of a profile that is kept; null: none. Default: the default one, where no `factors` are told. */
  profile?: string | null;
  /** Do roads that are kept as slow or closed count? Default: yes. */
  overrides?: boolean;
}

/** How roads are for a question: as it tells, and as the organization keeps it. @throws AppError invalid `location.route-question-invalid` */
export async function trafficOf(
  told: TrafficTold | undefined,
  nowMs: number,
  book: TrafficBook,
): Promise<RoadTraffic | undefined> {
  const { departAt, utcOffsetMinutes = 0, factors = [], roads = [], overrides } = told ?? {};
  const profile = told?.profile === undefined && factors.length > 0 ? null : told?.profile;
  roads.forEach(({ factor, closed }, k) => {
    if (factor === undefined && !closed)
      throw routeQuestionInvalid(`/traffic/roads/${k}`, 'factor-missing', 'Tell its `factor`, or that it is `closed`.');
  });
  const departMs = departAt === undefined ? nowMs : Date.parse(departAt);
  // A search by a time that is none would never find that it is done.
  if (!Number.isFinite(departMs))
    throw routeQuestionInvalid('/traffic/departAt', 'time-invalid', 'Tell a time such as 2026-03-02T08:15:00Z.');
  const stored = await book.at(departMs, { profile, overrides });
  if (stored === 'unknown')
    throw routeQuestionInvalid('/traffic/profile', 'profile-unknown', 'No profile of traffic has this name.');
  if (!told && !stored) return undefined;
  return {
    stored,
    departMs,
    utcOffsetMinutes,
    factors: Object.fromEntries(factors.map(({ kind, hours }) => [kind, hours])),
    roads: roads.map(({ lat, lng, factor = 1, closed }) => ({ lat, lng, factor: closed ? Infinity : factor })),
  };
}

/** A way through waypoints. @throws AppError invalid `location.route-question-invalid`, unprocessable `location.no-way` */
export class PlanWayQuery extends Query<RouteAnswer> {
  constructor(
    readonly asked: {
      waypoints: readonly LatLng[];
      objective?: Objective;
      alternatives?: number;
      prices?: Prices;
      traffic?: TrafficTold;
    },
  ) {
    super();
  }
}

export interface TravelMatrix {
  source: TravelSource;
  /** By origin, then destination; null where no way leads. */
  seconds: (number | null)[][];
  metres: (number | null)[][];
  notes: string[];
}

/** How long it takes from each of some places to each of others. @throws AppError invalid `location.route-question-invalid` */
export class TravelMatrixQuery extends Query<TravelMatrix> {
  constructor(
    readonly asked: {
      origins: readonly LatLng[];
      destinations?: readonly LatLng[];
      objective?: Objective;
      prices?: Prices;
      traffic?: TrafficTold;
    },
  ) {
    super();
  }
}

/** What is reached from a place, as a GeoJSON FeatureCollection with a MultiPolygon for each band, the narrowest first. */
export interface Isochrones {
  type: 'FeatureCollection';
  source: TravelSource;
  center: LatLng & { metresFromRoad: number | null };
  features: {
    type: 'Feature';
    properties: { minutes: number | null; metres: number | null };
    geometry: { type: 'MultiPolygon'; coordinates: Polygons };
  }[];
  notes: string[];
}

/** How far one gets from a place. @throws AppError invalid `location.route-question-invalid` */
export class IsochronesQuery extends Query<Isochrones> {
  constructor(
    readonly asked: {
      center: LatLng;
      minutes?: readonly number[];
      metres?: readonly number[];
      traffic?: TrafficTold;
    },
  ) {
    super();
  }
}

@QueryHandler(PlanWayQuery)
export class PlanWayHandler implements IQueryHandler<PlanWayQuery> {
  constructor(
    private readonly ways: Ways,
    private readonly clock: Clock,
    private readonly book: TrafficBook,
  ) {}

  async execute({ asked }: PlanWayQuery): Promise<RouteAnswer> {
    const { waypoints, objective = 'time', alternatives = 0, prices = PRICES } = asked;
    const traffic = await trafficOf(asked.traffic, this.clock.nowMs(), this.book);
    return this.ways.route({ waypoints, objective, alternatives, prices, traffic });
  }
}

@QueryHandler(TravelMatrixQuery)
export class TravelMatrixHandler implements IQueryHandler<TravelMatrixQuery> {
  constructor(
    private readonly ways: Ways,
    private readonly clock: Clock,
    private readonly book: TrafficBook,
  ) {}

  async execute({ asked }: TravelMatrixQuery): Promise<TravelMatrix> {
    const { origins, destinations = origins, objective = 'time', prices = PRICES } = asked;
    if (origins.length * destinations.length > MOST_PAIRS)
      throw routeQuestionInvalid(
        '/destinations',
        'too-many',
        `At most ${MOST_PAIRS} pairs of an origin and a destination.`,
      );
    const traffic = await trafficOf(asked.traffic, this.clock.nowMs(), this.book);
    const question = { origins, destinations, objective, prices, traffic };
    const { seconds, metres, source, notes } = await this.ways.matrix(question);
    const rows = (values: Uint32Array): (number | null)[][] =>
      origins.map((_, row) =>
        Array.from(values.subarray(row * destinations.length, (row + 1) * destinations.length), (value) =>
          value === NONE ? null : value,
        ),
      );
    return { source, seconds: rows(seconds), metres: rows(metres), notes };
  }
}

@QueryHandler(IsochronesQuery)
export class IsochronesHandler implements IQueryHandler<IsochronesQuery> {
  constructor(
    private readonly ways: Ways,
    private readonly clock: Clock,
    private readonly book: TrafficBook,
  ) {}

  async execute({ asked: { center, minutes, metres, traffic } }: IsochronesQuery): Promise<Isochrones> {
    if ((minutes === undefined) === (metres === undefined))
      throw routeQuestionInvalid('/minutes', 'one-measure', 'Tell the bands in `minutes` or in `metres`.');
    const measure = minutes ? 'minutes' : 'metres';
    const bands = [...new Set(minutes ?? metres)].sort((a, b) => a - b);
    const told = await trafficOf(traffic, this.clock.nowMs(), this.book);
    const { source, center: on, grounds, notes } = await this.ways.reach({ center, measure, bands, traffic: told });
    const features = bands.map((band, k) => ({
      type: 'Feature' as const,
      properties: { minutes: minutes ? band : null, metres: metres ? band : null },
      geometry: { type: 'MultiPolygon' as const, coordinates: grounds[k] },
    }));
    return { type: 'FeatureCollection', source, center: on, features, notes };
  }
}
