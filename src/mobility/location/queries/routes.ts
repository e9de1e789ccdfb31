import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Ways } from '../adapters/ways';
import type { Objective, Prices, RouteAnswer } from '../contracts/routes';
import type { LatLng, TravelSource } from '../contracts/travel-times';
import { routeQuestionInvalid } from '../domain/route.errors';
import { NONE } from '../domain/routing/graph';
import { MOST_PAIRS } from '../domain/routing/limits';

/** Money for a kilometre and an hour, where nobody says: fuel and wear, and a driver. */
const PRICES: Prices = { perKm: 0.3, perHour: 25 };

/** A way through waypoints. @throws AppError invalid `location.route-question-invalid`, unprocessable `location.no-way` */
export class PlanWayQuery extends Query<RouteAnswer> {
  constructor(
    readonly asked: {
      waypoints: readonly LatLng[];
      objective?: Objective;
      alternatives?: number;
      prices?: Prices;
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
    },
  ) {
    super();
  }
}

@QueryHandler(PlanWayQuery)
export class PlanWayHandler implements IQueryHandler<PlanWayQuery> {
  constructor(private readonly ways: Ways) {}

  async execute({ asked }: PlanWayQuery): Promise<RouteAnswer> {
    const { waypoints, objective = 'time', alternatives = 0, prices = PRICES } = asked;
    if (alternatives > 0 && waypoints.length > 2)
      throw routeQuestionInvalid('/alternatives', 'two-waypoints', 'Alternatives are found between two waypoints.');
    return this.ways.route({ waypoints, objective, alternatives, prices });
  }
}

@QueryHandler(TravelMatrixQuery)
export class TravelMatrixHandler implements IQueryHandler<TravelMatrixQuery> {
  constructor(private readonly ways: Ways) {}

  async execute({ asked }: TravelMatrixQuery): Promise<TravelMatrix> {
    const { origins, destinations = origins, objective = 'time', prices = PRICES } = asked;
    if (origins.length * destinations.length > MOST_PAIRS)
      throw routeQuestionInvalid(
        '/destinations',
        'too-many',
        `At most ${MOST_PAIRS} pairs of an origin and a destination.`,
      );
    const { seconds, metres, source, notes } = await this.ways.matrix({ origins, destinations, objective, prices });
    const rows = (values: Uint32Array): (number | null)[][] =>
      origins.map((_, row) =>
        Array.from(values.subarray(row * destinations.length, (row + 1) * destinations.length), (value) =>
          value === NONE ? null : value,
        ),
      );
    return { source, seconds: rows(seconds), metres: rows(metres), notes };
  }
}
