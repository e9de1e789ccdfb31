import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Clock } from '../../../kernel/clock/clock';
import { Ways } from '../adapters/ways';
import { TravelTimesQuery, type TravelTimes } from '../contracts/travel-times';
import { routeQuestionInvalid } from '../domain/route.errors';
import { NONE } from '../domain/routing/graph';
import { MOST_DESTINATIONS } from '../domain/routing/limits';
import { trafficOf } from './routes';
import { TrafficBook } from './traffic-book';

const orNull = (values: Uint32Array): (number | null)[] =>
  Array.from(values, (value) => (value === NONE ? null : value));

@QueryHandler(TravelTimesQuery)
export class TravelTimesHandler implements IQueryHandler<TravelTimesQuery> {
  constructor(
    private readonly ways: Ways,
    private readonly clock: Clock,
    private readonly book: TrafficBook,
  ) {}

  async execute({ origin, destinations, objective }: TravelTimesQuery): Promise<TravelTimes> {
    if (destinations.length > MOST_DESTINATIONS)
      throw routeQuestionInvalid('/destinations', 'too-many', `At most ${MOST_DESTINATIONS} destinations.`);
    const prices = { perKm: 0, perHour: 0 };
    const traffic = await trafficOf(undefined, this.clock.nowMs(), this.book);
    const question = { origins: [origin], destinations, objective, prices, traffic };
    const { seconds, metres, source } = await this.ways.matrix(question);
    return { seconds: orNull(seconds), metres: orNull(metres), source };
  }
}
