import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { TravelTimesQuery, type TravelTimes } from '../contracts/travel-times';
import { guessedTimes } from '../domain/routing/great-circle';

@QueryHandler(TravelTimesQuery)
export class TravelTimesHandler implements IQueryHandler<TravelTimesQuery> {
  execute({ origin, destinations }: TravelTimesQuery): Promise<TravelTimes> {
    return Promise.resolve(guessedTimes(origin, destinations));
  }
}
