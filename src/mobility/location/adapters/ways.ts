import { Injectable } from '@nestjs/common';
import type { RouteAnswer } from '../contracts/routes';
import type { TravelSource } from '../contracts/travel-times';
import { guessedMatrix, guessedRoute } from '../domain/routing/great-circle';
import type { MatrixAnswer, MatrixQuestion } from '../domain/routing/matrix';
import type { RouteQuestion } from '../domain/routing/route';
import { noWay } from '../domain/route.errors';
import { RoadRouter } from './road-router';

export const NO_ROADS = 'No road network is loaded: ways are great circles with a detour, driven at a constant speed.';
const OFF_ROAD =
  'Some places are not near any road that is loaded: ways are great circles with a detour, driven at a constant speed.';

/** Ways by the best source there is: a provider that is configured, the roads that are loaded, else great circles. */
@Injectable()
export class Ways {
  constructor(private readonly roads: RoadRouter) {}

  /** @throws AppError unprocessable `location.no-way`, unavailable `location.router-busy` */
  async route(question: RouteQuestion): Promise<RouteAnswer> {
    const answer = await this.roads.ask({ kind: 'route', question });
    if (!answer) return guessedRoute(question, NO_ROADS);
    if ('route' in answer) return answer.route;
    if ('offRoad' in answer) return guessedRoute(question, OFF_ROAD);
    if ('noWayFrom' in answer) throw noWay(answer.noWayFrom);
    throw new Error('error' in answer ? answer.error : 'the router answered something else');
  }

  /** Where a place is on no road, all ways are great circles: what is measured in two manners cannot be compared. */
  async matrix(question: MatrixQuestion): Promise<MatrixAnswer & { source: TravelSource; notes: string[] }> {
    const answer = await this.roads.ask({ kind: 'matrix', question });
    if (!answer) return { ...guessedMatrix(question), source: 'great_circle', notes: [NO_ROADS] };
    if (!('matrix' in answer)) throw new Error('error' in answer ? answer.error : 'the router answered something else');
    const { origins, destinations } = answer.matrix.offRoad;
    if (origins.length + destinations.length > 0)
      return { ...guessedMatrix(question), source: 'great_circle', notes: [OFF_ROAD] };
    return { ...answer.matrix, source: 'road', notes: [] };
  }
}
