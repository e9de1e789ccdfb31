import { Body, Controller, Get, HttpCode, Post } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiAcceptedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow } from '../../../kernel/auth/decorators';
import { IdParam, Idempotent, Problems, RateLimit } from '../../../kernel/http/decorators';
import { AskForRoutesCommand, CancelRouteJobCommand } from '../commands/ask-for-routes';
import { FindRouteJobQuery } from '../contracts/route-plans';
import { OptimizeRoutesBody, RouteJobAskedView, RouteJobView } from './routes.dto';

/** Plans of routes for a fleet. */
@ApiTags('routes')
@Controller('routes')
export class RoutesController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Post('optimize')
  @HttpCode(202)
  @Allow('routes:write')
  @Idempotent()
  @RateLimit('heavy')
  @Problems('location.route-request-invalid', { 'location.too-many-route-jobs': 429 })
  @ApiOperation({
    operationId: 'optimizeRoutes',
    summary: 'Plan routes',
    description:
      'Which vehicle visits which stops in what order: capacities, windows, skills, breaks, pickups, shipments, several trips and shifts. It is planned by a job; stops that fit nowhere are told with the reason.',
  })
  @ApiAcceptedResponse({ type: RouteJobAskedView })
  optimize(@Body() body: OptimizeRoutesBody): Promise<RouteJobAskedView> {
    return this.commands.execute(new AskForRoutesCommand(body));
  }

  @Get('jobs/:id')
  @Allow('routes:read')
  @Problems('location.route-job-not-found')
  @ApiOperation({ operationId: 'getRouteJob', summary: 'See how far a plan of routes is, and the plan' })
  @ApiOkResponse({ type: RouteJobView })
  get(@IdParam() id: string): Promise<RouteJobView> {
    return this.queries.execute(new FindRouteJobQuery({ id }));
  }

  @Post('jobs/:id/cancel')
  @HttpCode(200)
  @Allow('routes:write')
  @Idempotent()
  @Problems('location.route-job-not-found', 'location.route-job-ended')
  @ApiOperation({
    operationId: 'cancelRouteJob',
    summary: 'Stop planning routes',
    description: 'One that runs stops within a second or so, and keeps the best plan that it found.',
  })
  @ApiOkResponse({ type: RouteJobView })
  cancel(@IdParam() id: string): Promise<RouteJobView> {
    return this.commands.execute(new CancelRouteJobCommand(id));
  }
}
