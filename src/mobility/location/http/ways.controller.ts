import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow } from '../../../kernel/auth/decorators';
import { Problems, RateLimit } from '../../../kernel/http/decorators';
import { IsochronesQuery, PlanWayQuery, TravelMatrixQuery } from '../queries/routes';
import { IsochronesBody, IsochronesView } from './isochrones.dto';
import { PlanRouteBody, RouteView, TravelMatrixBody, TravelMatrixView } from './ways.dto';

/** Ways over roads. Questions are long, so they are posted; nothing is kept of them. */
@ApiTags('routes')
@Controller('routes')
export class WaysController {
  constructor(private readonly queries: QueryBus) {}

  @Post()
  @HttpCode(200)
  @Allow('routes:read')
  @RateLimit('heavy')
  @Problems('location.route-question-invalid', {
    'location.no-way': 422,
    'location.router-busy': 503,
    'location.router-gave-up': 503,
  })
  @ApiOperation({
    operationId: 'planRoute',
    summary: 'Find the way through waypoints',
    description:
      'By the servers that are configured (OSRM, Valhalla), else over the road network that is loaded (`mainstay roads:import`), with instructions for the driver. Without any it is guessed along great circles; `source` and `notes` say so. `traffic` tells how roads are by the hour and at present; it counts on the roads that are loaded.',
  })
  @ApiOkResponse({ type: RouteView })
  route(@Body() body: PlanRouteBody): Promise<RouteView> {
    return this.queries.execute(new PlanWayQuery(body));
  }

  @Post('matrix')
  @HttpCode(200)
  @Allow('routes:read')
  @RateLimit('heavy')
  @Problems('location.route-question-invalid', { 'location.router-busy': 503, 'location.router-gave-up': 503 })
  @ApiOperation({ operationId: 'planTravelMatrix', summary: 'See how long it takes between many places' })
  @ApiOkResponse({ type: TravelMatrixView })
  matrix(@Body() body: TravelMatrixBody): Promise<TravelMatrixView> {
    return this.queries.execute(new TravelMatrixQuery(body));
  }

  @Post('isochrones')
  @HttpCode(200)
  @Allow('routes:read')
  @RateLimit('heavy')
  @Problems('location.route-question-invalid', { 'location.router-busy': 503, 'location.router-gave-up': 503 })
  @ApiOperation({
    operationId: 'planIsochrones',
    summary: 'See how far one gets from a place',
    description:
      'GeoJSON: what is reached within each band of driving time or of metres of road, the narrowest first; each lies within the next. By Valhalla where it is configured, else over the road network that is loaded, by cells of at least 25 m and a 240th of the whole; without roads it is guessed along great circles, and `source` and `notes` say so.',
  })
  @ApiOkResponse({ type: IsochronesView })
  isochrones(@Body() body: IsochronesBody): Promise<IsochronesView> {
    return this.queries.execute(new IsochronesQuery(body));
  }
}
