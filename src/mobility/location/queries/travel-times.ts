import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Ways } from '../adapters/ways';
import { TravelTimesQuery, type TravelTimes } from '../contracts/travel-times';
import { routeQuestionInvalid } from '../domain/route.errors';
import { NONE } from '../domain/routing/graph';
import { MOST_DESTINATIONS } from '../domain/routing/limits';

const orNull = (values: Uint32Array): (number | null)[] =>
  Array.from(values, (value) => (value === NONE ? null : value));

@QueryHandler(TravelTimesQuery)
export class TravelTimesHandler implements IQueryHandler<TravelTimesQuery> {
  constructor(private readonly ways: Ways) {}

  async execute({ origin, destinations, objective }: TravelTimesQuery): Promise<TravelTimes> {
    if (destinations.length > MOST_DESTINATIONS)
      throw routeQuestionInvalid('/destinations', 'too-many', `At most ${MOST_DESTINATIONS} destinations.`);
    const prices = { perKm: 0, perHour: 0 };
    const { seconds, metres, source } = await this.ways.matrix({ origins: [origin], destinations, objective, prices });
    return { seconds: orNull(seconds), metres: orNull(metres), source };
  }
}
