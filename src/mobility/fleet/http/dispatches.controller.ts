import { Body, Controller, Get, HttpCode, Post, Query } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow } from '../../../kernel/auth/decorators';
import { IdParam, Idempotent, Problems } from '../../../kernel/http/decorators';
import { pageOf, type Page } from '../../../kernel/http/pagination';
import { CancelDispatchCommand, DispatchPlanCommand } from '../commands/dispatch-plan';
import { MoveStopCommand } from '../commands/move-stop';
import {
  FindDispatchQuery,
  FindDispatchRouteQuery,
  ListDispatchesQuery,
  ListDispatchRoutesQuery,
} from '../queries/dispatches';
import {
  DispatchPlanBody,
  DispatchRouteView,
  DispatchView,
  ListDispatchesParams,
  ListDispatchRoutesParams,
  MoveStopBody,
} from './dispatches.dto';

/** Plans of routes that are driven. */
@ApiTags('dispatches')
@Controller('dispatches')
export class DispatchesController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Post()
  @Allow('fleet:write')
  @Idempotent()
  @Problems(
    'location.route-job-not-found',
    'fleet.vehicle-not-found',
    'fleet.driver-not-found',
    'fleet.dispatch-invalid',
    { 'fleet.dispatch-past': 400 },
    { 'fleet.plan-not-finished': 409, 'fleet.plan-empty': 409, 'fleet.plan-without-places': 409 },
    { 'fleet.plan-dispatched': 409, 'fleet.route-overlaps': 409, 'fleet.vehicle-unfit': 409 },
    'fleet.driver-inactive',
  )
  @ApiOperation({
    operationId: 'dispatchPlan',
    summary: 'Give the routes of a plan to drivers and vehicles',
    description:
      'A plan is driven once, and nobody drives two routes at a time. Drivers see their stops; times of arrival follow where the vehicle is.',
  })
  @ApiCreatedResponse({ type: DispatchView })
  dispatch(@Body() body: DispatchPlanBody): Promise<DispatchView> {
    const { planId, startsAt, proofRequired = false, routes } = body;
    return this.commands.execute(
      new DispatchPlanCommand({ planId, startsAt: new Date(startsAt), proofRequired, routes }),
    );
  }

  @Get()
  @Allow('fleet:read')
  @ApiOperation({ operationId: 'listDispatches', summary: 'List dispatches', description: 'Sorts: startsAt.' })
  @ApiOkResponse({ type: pageOf(DispatchView) })
  list(@Query() query: ListDispatchesParams): Promise<Page<DispatchView>> {
    return this.queries.execute(new ListDispatchesQuery(query));
  }

  @Get('routes')
  @Allow('fleet:read', 'fleet:read-own')
  @ApiOperation({
    operationId: 'listDispatchRoutes',
    summary: 'List routes that are driven, with their stops',
    description: 'A driver sees its own. Sorts: startsAt.',
  })
  @ApiOkResponse({ type: pageOf(DispatchRouteView) })
  routes(@Query() query: ListDispatchRoutesParams): Promise<Page<DispatchRouteView>> {
    return this.queries.execute(new ListDispatchRoutesQuery(query));
  }

  @Get('routes/:id')
  @Allow('fleet:read', 'fleet:read-own')
  @Problems('fleet.dispatch-route-not-found')
  @ApiOperation({ operationId: 'getDispatchRoute', summary: 'Read a route with its stops' })
  @ApiOkResponse({ type: DispatchRouteView })
  route(@IdParam() id: string): Promise<DispatchRouteView> {
    return this.queries.execute(new FindDispatchRouteQuery(id));
  }

  @Post('routes/:id/stops/:stopId/state')
  @Allow('fleet:write', 'fleet:write-own')
  @HttpCode(200)
  @Idempotent()
  @Problems(
    'fleet.dispatch-route-not-found',
    'fleet.dispatch-stop-not-found',
    'files.file-not-found',
    { 'fleet.failure-reason': 400, 'fleet.proof-required': 400, 'fleet.proof-not-wanted': 400 },
    { 'fleet.dispatch-stop-state': 409, 'fleet.dispatch-route-closed': 409 },
    'files.not-clean',
  )
  @ApiOperation({
    operationId: 'moveDispatchStop',
    summary: 'Say that a stop was reached, is done, or failed',
    description:
      'By the driver whose route it is, or who manages the fleet. What is done may be proven by who took it, a signature and pictures.',
  })
  @ApiOkResponse({ type: DispatchRouteView })
  moveStop(
    @IdParam() id: string,
    @IdParam('stopId') stopId: string,
    @Body() { state, reason = null, proof }: MoveStopBody,
  ): Promise<DispatchRouteView> {
    const shown = proof && {
      recipientName: proof.recipientName.trim(),
      signatureFileId: proof.signatureFileId ?? null,
      photoFileIds: proof.photoFileIds ?? [],
      note: proof.note ?? null,
    };
    return this.commands.execute(new MoveStopCommand(id, stopId, { state, reason, proof: shown ?? null }));
  }

  @Get(':id')
  @Allow('fleet:read')
  @Problems('fleet.dispatch-not-found')
  @ApiOperation({ operationId: 'getDispatch', summary: 'Read a dispatch' })
  @ApiOkResponse({ type: DispatchView })
  get(@IdParam() id: string): Promise<DispatchView> {
    return this.queries.execute(new FindDispatchQuery(id));
  }

  @Post(':id/cancel')
  @Allow('fleet:write')
  @HttpCode(200)
  @Idempotent()
  @Problems('fleet.dispatch-not-found', { 'fleet.dispatch-closed': 409 })
  @ApiOperation({
    operationId: 'cancelDispatch',
    summary: 'Call off what is not driven yet',
    description: 'Its plan may be dispatched again.',
  })
  @ApiOkResponse({ type: DispatchView })
  cancel(@IdParam() id: string): Promise<DispatchView> {
    return this.commands.execute(new CancelDispatchCommand(id));
  }
}
